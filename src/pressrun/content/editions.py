"""From an edition's file to an Edition."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from pressrun.content.masthead.lists import list_problem
from pressrun.content.source.fields import Field
from pressrun.content.source.filenames import FileName, is_held_back
from pressrun.content.source.files import SourceFile
from pressrun.content.source.forms import any_case, one_word
from pressrun.content.source.frontmatter import ParsedFile, page_of
from pressrun.content.source.groups import ReadFields
from pressrun.content.source.kinds import (
    A_DATE,
    Count,
    FilledLine,
    Flag,
    Line,
    Lines,
    Moment,
    Number,
    Slug,
    Text,
    WebAddress,
    Words,
)
from pressrun.content.source.moments import moment_written
from pressrun.content.source.names import (
    EDITION_NAMES,
    OUTSIDE_LINK_NAMES,
    RECEIPT_NAMES,
    SECTION_NAMES,
    Chosen,
    chosen,
)
from pressrun.content.source.shapes import Shape, shaped
from pressrun.content.source.values import (
    line_from,
    moment_from,
    one_of,
)
from pressrun.content.storyfields import DATE_HINT, wrong_date_in_name
from pressrun.model.addresses import derived_id
from pressrun.model.edition import Edition, Layout, LeadContent, OutsideLink, Receipt, Reference, Rule, Section
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Masthead, Publication

LAST_EDITION = "last-edition"


def _since_from(value: object, info: ValidationInfo[Any]) -> datetime | str:
    word = line_from(value)
    return word if word.replace("_", "-").casefold() == LAST_EDITION else moment_from(value, info)


class EditionFields(Shape):
    """The front matter of an edition (manual: editions)."""

    id: FilledLine | None = None
    title: FilledLine
    subject: FilledLine | None = None
    preheader: Line | None = None
    date: Moment | None = None
    list: FilledLine | None = None
    draft: Flag = False
    slug: Slug | None = None
    status: Line = ""
    published: Flag = True
    lead: FilledLine | None = None
    stories: Lines = ()
    stories_title: FilledLine = "More Stories"
    content: Annotated[LeadContent, PlainValidator(one_of(LeadContent)), one_word(LeadContent)] = LeadContent.FULL
    layout: Annotated[Layout, PlainValidator(one_of(Layout)), one_word(Layout)] = Layout.EDITION
    since: Annotated[
        datetime | str | None,
        PlainValidator(_since_from),
        WithJsonSchema({"anyOf": [A_DATE, any_case([LAST_EDITION])]}),
    ] = None
    tags: Words = ()
    section: FilledLine | None = None
    limit: Number = Rule().limit
    min_stories: Number = Rule().minimum
    skip_if_empty: Flag = False
    begin: Moment | None = None
    carried: Lines | None = None
    allow_clipping: Flag = False
    pressrun_ignore: Words = ()


class ReceiptFields(Shape):
    """`sent:`, which `pressrun send` writes."""

    id: FilledLine
    hash: FilledLine
    list: Words
    time: Moment
    attempts: Count | None = None
    nobody: Flag = False


class SectionFields(Shape):
    """One of `sections:`."""

    title: FilledLine | None = None
    text: Text = ""
    stories: Lines = ()


class OutsideLinkFields(Shape):
    """One of the `links:` of a section."""

    title: FilledLine
    url: WebAddress
    source: FilledLine | None = None
    comment: Line | None = None


def read_edition(source: SourceFile, masthead: Masthead) -> tuple[Edition | None, list[Problem]]:
    """The edition that *source* holds, and all that is wrong in it."""
    page, problems = page_of(source)
    if page is None:
        return None, problems
    fields, found = chosen(page.fields.value, EDITION_NAMES)  # type: ignore[arg-type]  # yaml_fields gives a mapping
    problems += found
    publication = masthead.publication
    start = source.position(1, 1, 3)
    context = {"zone": publication.timezone, "date_code": "edition-date"}
    name = FileName.of(source.path)
    known = {key: field for key, field in fields.known.items() if field.value is not None}
    if "date" not in known and name.date:
        if moment_written(name.date) is None:
            return None, [*problems, wrong_date_in_name(source, name.date, "edition-date")]
        known["date"] = Field(start, name.date)
    for apart in ("sections", "sent"):
        known.pop(apart, None)
    read, found = shaped(EditionFields, known, start, context=context)
    problems += found
    problems += _idle(fields.known)
    problems += _unknown_list(read, fields.known, publication)
    reading = ReadFields()
    sections = _sections(reading, fields.known.get("sections"), source)
    sent = _receipt(reading, fields.known.get("sent"), publication)
    problems += reading.problems
    if "date" not in known:
        problems.append(Problem(start, "missing-field", '"date" is missing', DATE_HINT))
    if read is None or read.date is None:
        return None, problems
    return replace(_edition(read, source, page, fields, masthead.publication, sections), sent=sent), problems


def _edition(
    read: EditionFields,
    source: SourceFile,
    page: ParsedFile,
    fields: Chosen,
    publication: Publication,
    sections: tuple[Section, ...],
) -> Edition:
    assert read.date is not None  # an edition without one is not read
    slug = read.slug or FileName.of(source.path).slug
    day = read.date.astimezone(publication.timezone).date()
    return Edition(
        source=source.path,
        id=read.id or derived_id(publication.authority, "editions", day, slug),
        id_is_minted=read.id is not None,
        title=read.title,
        slug=slug,
        date=read.date,
        subject=read.subject or read.title,
        preheader=read.preheader,
        list=read.list,
        draft=read.draft or not read.published or is_held_back(read.status, source.path),
        lead=_references([read.lead], fields.known.get("lead"))[0] if read.lead else None,
        stories=_references(read.stories, fields.known.get("stories")),
        stories_title=read.stories_title,
        content=read.content,
        layout=read.layout,
        sections=sections,
        rule=_rule(read),
        carried=_carried(read, fields.known.get("carried")),
        begin=read.begin,
        allow_clipping=read.allow_clipping,
        body=page.body,
        body_line=page.body_line,
        extra={name: field.native() for name, field in fields.extra.items()},
        positions={name: field.position for name, field in fields.known.items()},
    )


def _unknown_list(read: EditionFields | None, known: Mapping[str, Field], publication: Publication) -> list[Problem]:
    if read is None or read.list is None:
        return []
    found = list_problem(read.list, publication.lists, known["list"].position)
    return [found] if found else []


def _idle(known: Mapping[str, Field]) -> list[Problem]:
    """A warning for every field that goes with a rule, where nothing makes one."""
    if {"since", "tags", "section"} & known.keys():
        return []
    message = "this says nothing without since, tags or section beside it"
    return [
        Problem(known[name].key or known[name].position, "edition-limit", message, "add one of them", Severity.WARNING)
        for name in ("limit", "min_stories", "skip_if_empty", "begin", "carried")
        if name in known
    ]


def _rule(read: EditionFields) -> Rule | None:
    """The rule by which an edition finds stories; None where none of the fields that choose is written."""
    if read.since is None and not read.tags and read.section is None:
        return None
    return Rule(
        since=read.since if isinstance(read.since, datetime) else None,
        since_last=isinstance(read.since, str),
        tags=read.tags,
        section=read.section,
        limit=read.limit,
        minimum=read.min_stories,
        skip_if_empty=read.skip_if_empty,
    )


def _carried(read: EditionFields, field: Field | None) -> tuple[Reference, ...] | None:
    """The list of what the rule found; once every line of it is deleted, its name is left, and no story is in it."""
    if field is None:
        return None
    return _references(read.carried, field) if read.carried is not None else ()


def _receipt(reading: ReadFields, field: Field | None, publication: Publication) -> Receipt | None:
    """What says that the edition was sent; it is read with the rest, so that no half of one counts as none."""
    fields = reading.group(field, RECEIPT_NAMES)
    if field is None or fields is None:
        return None
    read, found = shaped(ReceiptFields, fields, field.position, context={"zone": publication.timezone})
    reading.problems += found
    return Receipt(read.id, read.hash, read.list, read.time, read.attempts, read.nobody) if read is not None else None


def _sections(reading: ReadFields, field: Field | None, source: SourceFile) -> tuple[Section, ...]:
    """The sections that *field* lists; one alone need not be a list."""
    if field is None or field.value is None:
        return ()
    written = field.value if isinstance(field.value, list) else [field]
    sections = []
    for each in written:
        fields = reading.group(each, SECTION_NAMES)
        if fields is None:
            continue
        links = fields.pop("links", None)
        read = reading.read(SectionFields, fields, each.position)
        if read is None:
            continue
        line, indent = _beginning(fields["text"].position, source) if "text" in fields else (1, 0)
        stories = _references(read.stories, fields.get("stories"))
        if read.text.strip() or stories or (links is not None and links.value):
            sections.append(Section(read.title, read.text, line, indent, stories, _outside_links(reading, links)))
        else:
            reading.problems.append(_empty_section(each.position))
    return tuple(sections)


def _empty_section(place: Position) -> Problem:
    message = "this section has no words, stories or links, so it is left out"
    hint = "write text:, stories: or links: below it, or delete it"
    return Problem(place, "edition-empty", message, hint, Severity.WARNING)


def _outside_links(reading: ReadFields, field: Field | None) -> tuple[OutsideLink, ...]:
    if field is None or field.value is None:
        return ()
    written = field.value if isinstance(field.value, list) else [field]
    links = []
    for each in written:
        fields = reading.group(each, OUTSIDE_LINK_NAMES)
        read = reading.read(OutsideLinkFields, fields, each.position) if fields is not None else None
        if read is not None:
            links.append(OutsideLink(read.title, read.url, read.source, read.comment))
    return tuple(links)


def _beginning(place: Position, source: SourceFile) -> tuple[int, int]:
    """The line and the indentation at which a text begins whose scalar begins at *place*: below a `|`, else there."""
    sign = place.excerpt[place.column - 1 : place.column]
    if sign not in ("|", ">"):
        return place.line, place.column - 1 + (sign in ("'", '"'))
    below = source.text.split("\n")[place.line :]
    indents = (len(line) - len(line.lstrip(" ")) for line in below if line.strip())
    return place.line + 1, next(indents, 0)


def _references(names: "tuple[str, ...] | list[str]", field: Field | None) -> tuple[Reference, ...]:
    if field is None:
        return ()
    written = field.value if isinstance(field.value, list) else [field]
    places = [each.position for each in written if each.value not in (None, "")]
    return tuple(Reference(name, place) for name, place in zip(names, places, strict=True))
