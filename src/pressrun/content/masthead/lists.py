"""What people can subscribe to, as publication.yaml lists it; and the list that an edition is for."""

import difflib
import re
from typing import Annotated

from pydantic import PlainValidator

from pressrun.content.masthead.mail import ListId
from pressrun.content.source.fields import Field
from pressrun.content.source.forms import any_case, form, listed
from pressrun.content.source.groups import ReadFields
from pressrun.content.source.kinds import FilledLine, Line, Sender, Senders, Text
from pressrun.content.source.names import LIST_NAMES
from pressrun.content.source.shapes import Shape
from pressrun.content.source.values import line_from, words_from, wrong
from pressrun.model.problems import Position, Problem
from pressrun.model.publication import NOBODY, MailingList, Trace

DEFAULT = "newsletter"
LONGEST = 64


def _name_from(value: object) -> str:
    """The id of a list: it stands in links, in files and in commands."""
    text = line_from(value)
    if len(text) > LONGEST or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        wrong("bad-value", f'"{text}" is not an id of a list', "write small letters, digits and hyphens: weekly")
    return text


def _traces_from(value: object) -> tuple[Trace, ...]:
    words = [word.casefold() for word in words_from(value)]
    known = [trace.value for trace in Trace]
    if unknown := next((word for word in words if word not in known), None):
        wrong("bad-value", f'"{unknown}" cannot be kept', f"write {' or '.join(known)}, or both: [ip, agent]")
    return tuple(trace for trace in Trace if trace.value in words)


class ListFields(Shape):
    """One of `lists:`."""

    id: Annotated[
        str,
        PlainValidator(_name_from),
        form("string", "number", pattern="^[a-z0-9]+(-[a-z0-9]+)*$", examples=["weekly"]),
    ]
    title: FilledLine | None = None
    description: Line | None = None
    sender: Sender | None = None
    reply_to: Senders = NOBODY
    list_id: ListId | None = None
    wording: Text = ""
    keep: Annotated[
        tuple[Trace, ...], PlainValidator(_traces_from), listed(**any_case(trace.value for trace in Trace))
    ] = ()


def lists_from(reader: ReadFields, field: Field | None, title: str) -> tuple[MailingList, ...]:
    """The lists in the order that they were written; one of the publication's *title* where none is."""
    written = field.value if field is not None and isinstance(field.value, list) else [field] if field else []
    lists: dict[str, MailingList] = {}
    for each in written:
        fields = reader.group(each, LIST_NAMES)
        if fields is None:
            continue
        if "from" in fields:
            fields["sender"] = fields.pop("from")
        read = reader.read(ListFields, fields, each.position)
        if read is None:
            continue
        if read.id in lists:
            message = f'a list called "{read.id}" is here already'
            place = fields["id"].position
            reader.problems.append(Problem(place, "bad-value", message, "give it an id of its own"))
            continue
        name = read.title or title
        lists[read.id] = MailingList(
            id=read.id,
            title=name,
            description=read.description or None,
            sender=read.sender,
            reply_to=read.reply_to,
            list_id=read.list_id,
            wording=" ".join(read.wording.split()) or default_wording(name),
            keep=read.keep,
        )
    return tuple(lists.values()) or (MailingList(DEFAULT, title, wording=default_wording(title)),)


def default_wording(title: str) -> str:
    """What people agree to where publication.yaml says nothing."""
    return f"Yes, email me {title}. I can unsubscribe at any time."


def list_problem(name: str, lists: tuple[MailingList, ...], place: Position) -> Problem | None:
    """What is wrong with naming the list *name* at *place*; nothing where there is such a list among *lists*."""
    known = [each.id for each in lists]
    if not known or name in known:
        return None
    close = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}?" if close else f"the lists of publication.yaml are {', '.join(known)}"
    return Problem(place, "edition-list", f'there is no list "{name}"', hint)
