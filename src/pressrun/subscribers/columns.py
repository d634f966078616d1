"""What the columns of other tools' exports mean: told by patterns, because their labels change often."""

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pressrun.subscribers.records import OURS


class Meaning(enum.Enum):
    """What stands in a column; the value is what a person calls it."""

    ADDRESS = "address"
    NAME = "name"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    STATUS = "status"
    SUBSCRIBED = "subscribed"  # true or false
    DISABLED = "disabled"  # true or false, the other way around
    RECEIVES = "receives"  # for which they get letters; empty where they get none
    CREATED = "created"
    ASKED = "asked"
    ASKED_IP = "asked ip"
    CONFIRMED = "confirmed"
    CONFIRMED_IP = "confirmed ip"
    LEFT = "left"
    CLEANED = "cleaned"
    TAGS = "tags"
    ATTRIBUTES = "attributes"  # a JSON object of free fields
    FIELD = "field"
    IGNORED = "ignored"


# The first that fits holds; what stands in a label is in small letters, with one space between its words.
PATTERNS: tuple[tuple[Meaning, str], ...] = (
    (Meaning.ADDRESS, r"(subscriber )?(e ?mail|mail)( ?address| id)?|address"),
    (Meaning.FIRST_NAME, r"(first|given) ?name|forename|fname"),
    (Meaning.LAST_NAME, r"(last|family) ?name|surname|lname"),
    (Meaning.NAME, r"(full |display |subscriber )?name"),
    (Meaning.SUBSCRIBED, r"subscribed( to emails)?|active subscription|(is )?(active|subscribed)"),
    (Meaning.DISABLED, r"email disabled|unsubscribed|blocked|opted out"),
    (Meaning.RECEIVES, r"receiving emails for"),
    (Meaning.STATUS, r"(subscription |subscriber |member )?status|state|subscriber type"),
    (Meaning.ASKED, r"opt ?in (time|date|at)|requested at"),
    (Meaning.ASKED_IP, r"(opt ?in |sign ?up )?ip( address)?"),
    (Meaning.CONFIRMED, r"confirm(ed|ation)? (time|date|at)|double opt ?in at"),
    (Meaning.CONFIRMED_IP, r"confirm(ed|ation)? ip( address)?"),
    (Meaning.LEFT, r"unsub(scri(bed|ption))? (time|date|at)|deleted at"),
    (Meaning.CLEANED, r"clean(ed)? (time|date|at)"),
    (
        Meaning.CREATED,
        r"(created|joined|inserted|subscribed|added)( at| on)?|(creation|subscription|sign ?up|join) date",
    ),
    (Meaning.TAGS, r"(tag|label|group)s?"),
    (Meaning.ATTRIBUTES, r"attrib(ute)?s|data|metadata|custom fields"),
)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool whose exports are known: *needs* are labels that no other tool's have together.

    *differs* says what a label means here and not elsewhere, *ignores* is a pattern of what is of no use elsewhere.
    """

    name: str
    needs: tuple[frozenset[str], ...]
    differs: Mapping[str, Meaning]
    ignores: str


def _needs(*ways: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(way.split(", ")) for way in ways)


TOOLS = (
    Tool(
        "Mailchimp",
        _needs("email address, euid", "email address, leid", "email address, member rating"),
        {"notes": Meaning.FIELD},
        r"member rating|latitude|longitude|gmtoff|dstoff|timezone|cc|region|last changed|leid|euid"
        r"|(unsub|clean) (campaign .*|reason.*)",
    ),
    Tool(
        "Ghost",
        _needs("email, subscribed to emails"),
        {},
        r"id|complimentary plan|stripe customer id|tiers|gift id",
    ),
    Tool("listmonk", _needs("uuid, email, attributes, status", "email, name, attributes"), {}, r"uuid|updated at"),
    Tool(
        "Buttondown",
        _needs("email address, creation date", "email, creation date", "email address, type"),
        {"type": Meaning.STATUS},
        r"id|secondary id|referrer url|source|utm .*|avatar url|stripe .*|ip address",
    ),
    Tool(
        "Substack",
        _needs("email, subscription type", "email, active subscription", "email, email disabled"),
        {"active subscription": Meaning.IGNORED},  # whether they pay; not whether they get letters
        r"(?!e ?mail$|name$|subscription date$|created at$|receiving emails for$|email disabled$).*",
    ),
    Tool("Keila", _needs("email, external id", "email, data, status", "email, first name, last name, data"), {}, r"id"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and what stands in it."""

    label: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file holds: whose export it is, None where it could be anybody's, and its columns in their order."""

    tool: str | None
    columns: tuple[Column, ...]

    def place(self, meaning: Meaning) -> int | None:
        """Which column has *meaning*, counted from 0."""
        return next((at for at, column in enumerate(self.columns) if column.meaning is meaning), None)

    @property
    def fields(self) -> list[tuple[int, str]]:
        """Where the free fields stand, and what each is called."""
        return [(at, column.label) for at, column in enumerate(self.columns) if column.meaning is Meaning.FIELD]


def folded(label: str) -> str:
    """*label* in small letters, with one space for whatever is not a letter or a digit."""
    return " ".join(re.split(r"[\W_]+", label.strip().casefold())).strip()


def columns_of(labels: Sequence[str], told: Mapping[str, Meaning] | None = None) -> Columns:
    """What the columns called *labels* hold; *told* is what somebody says of some of them, by their folded labels.

    Raises ValueError with a sentence where none holds an address, or one is told of that is not there.
    """
    told = told or {}
    names = [folded(label) for label in labels]
    if missing := next((label for label in told if label not in names), None):
        raise ValueError(f'there is no column "{missing}"; there are: {", ".join(labels)}')
    if set(OURS) <= set(names):
        # As a table of people it would bring back everybody who is in it, those who left among them.
        raise ValueError("this is an export of Pressrun's own that was saved in another encoding; save it as UTF-8")
    tool = next((tool for tool in TOOLS if any(way <= set(names) for way in tool.needs)), None)
    taken: set[Meaning] = {meaning for meaning in told.values() if meaning not in (Meaning.FIELD, Meaning.IGNORED)}
    columns = []
    for label, name in zip(labels, names, strict=True):
        meaning = told.get(name) or _meaning(name, tool)
        if name not in told and meaning in taken and meaning is not Meaning.IGNORED:
            meaning = Meaning.FIELD  # two columns that could mean the same: the first does
        if meaning not in (Meaning.FIELD, Meaning.IGNORED):
            taken.add(meaning)
        columns.append(Column(label.strip(), meaning))
    if Meaning.ADDRESS not in taken:
        raise ValueError(
            f"no column holds mail addresses; there are: {', '.join(labels) or 'none'}. "
            'Name one with --column "LABEL=address"'
        )
    return Columns(tool.name if tool else None, tuple(columns))


def _meaning(name: str, tool: Tool | None) -> Meaning:
    if not name:
        return Meaning.IGNORED
    if tool is not None:
        if name in tool.differs:
            return tool.differs[name]
        if re.fullmatch(tool.ignores, name):
            return Meaning.IGNORED
    return next((meaning for meaning, pattern in PATTERNS if re.fullmatch(pattern, name)), Meaning.FIELD)
