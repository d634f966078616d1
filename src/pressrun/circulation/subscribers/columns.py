"""What the columns of other tools' exports mean: told by patterns and words, because their labels change often."""

import enum
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pressrun.circulation.subscribers.consentwords import Label, Topic, label_of, without_accents
from pressrun.circulation.subscribers.records import OURS


class Meaning(enum.Enum):
    """What stands in a column; the value is what a person calls it."""

    ADDRESS = "address"
    NAME = "name"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    STATUS = "status"
    SUBSCRIBED = "subscribed"  # true or false
    DISABLED = "disabled"  # true or false, the other way around
    BOUNCED = "bounced"  # true or false, or a date
    COMPLAINED = "complained"  # true or false, or a date
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


# Columns that say whether somebody gets emails: there may be several, and none is ignored.
CONSENT = frozenset(
    (
        *(Meaning.STATUS, Meaning.SUBSCRIBED, Meaning.DISABLED, Meaning.BOUNCED, Meaning.COMPLAINED),
        *(Meaning.RECEIVES, Meaning.ASKED, Meaning.CONFIRMED, Meaning.LEFT, Meaning.CLEANED),
    )
)
# Columns that hold dates, or may.
DATES = frozenset((Meaning.CREATED, Meaning.ASKED, Meaning.CONFIRMED, Meaning.LEFT, Meaning.CLEANED))

# The labels of addresses: the first that a table has counts, and the others are free fields.
ADDRESSES = (
    r"(subscriber |contact |primary |your )?(e ?mail|mail) ?(address|adress)e?s?",
    r"(subscriber )?e ?mails?( id)?",
    r"(e ?)?mail ?adressen?|(e ?)?mailanschrift|adresse (e ?mail|mail|electronique|courriel)|courriel|mel",
    r"(direccion (de )?)?(correo( electronico)?|e ?mail)|direccion de correo electronico",
    r"(indirizzo )?((di )?posta elettronica|e ?mail)|(endereco (de )?)(e ?mail|correio eletronico)|correio eletronico",
    r"(e ?mail|mail) ?adres(sen)?",
    r"(e ?)?メール( ?アドレス)?|電子メール(アドレス)?|メアド",
    r"mail( id)?",
    r"address",
)
FIRST_NAMES = (
    r"(first|given|fore) ?names?|fname|vornamen?|rufname|prenoms?|nombre de pila|primer nombre|nome proprio"
    r"|primeiro nome|voornaam|roepnaam|名|下の名前|ファースト ?ネーム"
)
LAST_NAMES = (
    r"(last|family|sur) ?names?|lname|nachnamen?|familienname|zuname|nom de famille|apellidos?|cognome|sobrenome"
    r"|apelidos?|achternaam|familienaam|姓|苗字|名字|ラスト ?ネーム"
)
NAMES = (
    r"((full|display|subscriber|contact|complete|your) )?name|nom( complet)?|nombre( completo)?|nome( completo)?"
    r"|vollstandiger name|naam|volledige naam|氏名|姓名|お?名前"
)
# The first that fits holds; what stands in a label is in small letters, with one space between its words.
PATTERNS: tuple[tuple[Meaning, str], ...] = (
    (Meaning.FIRST_NAME, FIRST_NAMES),
    (Meaning.LAST_NAME, LAST_NAMES),
    (Meaning.NAME, NAMES),
    (Meaning.RECEIVES, r"receiving emails for"),
    (Meaning.ASKED, r"opt ?in (time|date|at)|requested at"),
    (Meaning.ASKED_IP, r"(opt ?in |sign ?up |consent )?ip( address)?"),
    (Meaning.CONFIRMED, r"confirm(ed|ation)? (time|date|at)|double opt ?in (time|date|at)"),
    (Meaning.CONFIRMED_IP, r"(confirm(ed|ation)?|double opt ?in) ip( address)?"),
    (Meaning.LEFT, r"unsub(scri(bed|ption))? (time|date|at)|deleted at"),
    (Meaning.CLEANED, r"clean(ed)? (time|date|at)"),
    (
        Meaning.CREATED,
        r"(created|joined|inserted|subscribed|added)( at| on)|created|joined|inserted|added"
        r"|(creation|subscription|sign ?up|join|registration) date",
    ),
    (Meaning.TAGS, r"(tag|label|group)s?"),
    (Meaning.ATTRIBUTES, r"attrib(ute)?s|data|metadata|custom fields"),
)


@dataclass(frozen=True, slots=True)
class ExportTool:
    """A tool whose exports are known: *needs* are labels that no other tool's have together.

    *differs* says what a label means here and not elsewhere, *ignores* is a pattern of what is of no use elsewhere.
    Whoever is in a table with one of *vouches* agreed, unless a column says otherwise.
    """

    name: str
    needs: tuple[frozenset[str], ...]
    differs: Mapping[str, Meaning]
    ignores: str
    vouches: frozenset[str] = frozenset()


def _needs(*ways: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(way.split(", ")) for way in ways)


TOOLS = (
    ExportTool(
        "Mailchimp",
        _needs("email address, euid", "email address, leid", "email address, member rating"),
        {"notes": Meaning.FIELD},
        r"member rating|latitude|longitude|gmtoff|dstoff|timezone|cc|region|last changed|leid|euid"
        r"|(unsub|clean) (campaign .*|reason.*)",
    ),
    ExportTool(
        "Ghost",
        _needs("email, subscribed to emails"),
        {},
        r"id|complimentary plan|stripe customer id|tiers|gift id",
    ),
    ExportTool(
        "listmonk", _needs("uuid, email, attributes, status", "email, name, attributes"), {}, r"uuid|updated at"
    ),
    ExportTool(
        "Buttondown",
        _needs("email address, creation date", "email, creation date", "email address, type"),
        {"type": Meaning.STATUS},
        r"id|secondary id|referrer url|source|utm .*|avatar url|stripe .*|ip address",
    ),
    ExportTool(
        "Substack",
        _needs("email, subscription type", "email, active subscription", "email, email disabled"),
        {"active subscription": Meaning.IGNORED},  # whether they pay; not whether they get letters
        r"(?!e ?mail$|name$|subscription date$|created at$|receiving emails for$|email disabled$).*",
        frozenset(("email disabled",)),
    ),
    ExportTool(
        "Keila", _needs("email, external id", "email, data, status", "email, first name, last name, data"), {}, r"id"
    ),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and what stands in it; *is_told* where somebody said so. *about* is what its label says."""

    label: str
    meaning: Meaning
    is_told: bool = False
    about: Label = field(default_factory=Label)


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file holds: whose export it is, None where it could be anybody's, and its columns in their order.

    Where it *vouches*, whoever is in it agreed, unless a column says otherwise.
    """

    tool: str | None
    columns: tuple[Column, ...]
    vouches: bool = False

    def place(self, meaning: Meaning) -> int | None:
        """Return which column has *meaning*, counted from 0: the first of several."""
        return next((at for at, column in enumerate(self.columns) if column.meaning is meaning), None)

    @property
    def fields(self) -> list[tuple[int, str]]:
        """Where the free fields stand, and what each is called."""
        return [(at, column.label) for at, column in enumerate(self.columns) if column.meaning is Meaning.FIELD]


def folded(label: str) -> str:
    """Return *label* in small letters, with one space for whatever is not a letter or a digit."""
    return " ".join(re.split(r"[\W_]+", without_accents(label).casefold())).strip()


def is_labels(row: Sequence[str], told: Collection[str] = ()) -> bool:
    """Whether *row* is one of labels for certain: one is that of addresses, or one of those that somebody *told* of."""
    names = [_bare(cell) for cell in row]
    if any(re.fullmatch(pattern, name) for pattern in ADDRESSES for name in names):
        return True
    return bool({folded(cell) for cell in row} & {*told})


def _bare(label: str) -> str:
    """*label* folded, without what is in parentheses: "Email (required)"."""
    return folded(_IN_PARENTHESES.sub("", label)) or folded(label)


_IN_PARENTHESES = re.compile(r"[(\[（][^()\[\]（）]{0,100}[)\]）]")


def columns_of(
    labels: Sequence[str],
    told: Mapping[str, Meaning] | None = None,
    address_at: int | None = None,
    holding: Sequence[str] = (),
) -> Columns:
    """Return what the columns called *labels* hold, by their labels alone.

    *told* is what somebody says of some of them, by their folded labels; *address_at* is the column of addresses in a
    table without labels, *holding* are the columns in which there are addresses. Raises ValueError with a sentence
    where none is one of addresses, or one is told of that is not there.
    """
    told = told or {}
    names = [folded(label) for label in labels]
    # What is within a column of JSON objects is told of by the label and the name.
    within = tuple(f"{name} " for name, label in zip(names, labels, strict=True) if _is_object(name, label, told))
    if missing := next((label for label in told if label not in names and not label.startswith(within)), None):
        raise ValueError(f'there is no column "{missing}"; there are: {", ".join(labels)}')
    if set(OURS) <= set(names):
        # As a table of people it would bring back everybody who is in it, those who left among them.
        raise ValueError("this is an export of Pressrun's own that was saved in another encoding; save it as UTF-8")
    tool = next((tool for tool in TOOLS if any(way <= set(names) for way in tool.needs)), None)
    if address_at is None:
        address_at = _address_among(labels, told, tool)
    meanings = [
        told.get(name) or (Meaning.ADDRESS if at == address_at else _meaning(name, label, tool))
        for at, (label, name) in enumerate(zip(labels, names, strict=True))
    ]
    columns = []
    taken = {meaning for name, meaning in zip(names, meanings, strict=True) if name in told}
    for label, name, meaning in zip(labels, names, _in_company(names, meanings), strict=True):
        if name not in told and meaning in taken and meaning not in CONSENT | {Meaning.IGNORED}:
            meaning = Meaning.FIELD  # two columns that could mean the same: the first does
        taken.add(meaning)
        columns.append(Column(label.strip(), meaning, name in told, _about(label, meaning)))
    if Meaning.ADDRESS not in taken:
        raise ValueError(_no_addresses(labels, holding))
    vouches = tool is not None and bool(tool.vouches & set(names))
    return Columns(tool.name if tool else None, tuple(columns), vouches)


def _is_object(name: str, label: str, told: Mapping[str, Meaning]) -> bool:
    return told.get(name, _meaning(name, label, None)) is Meaning.ATTRIBUTES


def _about(label: str, meaning: Meaning) -> Label:
    """What *label* says; where a known label has *meaning*, there is no doubt about it."""
    about = label_of(label)
    if meaning in (meaning_of(about), Meaning.FIELD, Meaning.IGNORED):
        return about
    return replace(about, certain=True, clear=True, around=False)


def _no_addresses(labels: Sequence[str], holding: Sequence[str]) -> str:
    known = ", ".join(labels) or "none"
    if holding:
        ways = " or ".join(f'--column "{label}=address"' for label in holding)
        return f"no label says which column holds email addresses; there are: {known}. Say so with {ways}"
    return (
        f'no column holds email addresses; there are: {known}. Name one with --column "LABEL=address". If the cells '
        "are not separated as they should be, name what separates them with --separator; if lines are above the "
        "labels, say how many with --skip"
    )


def _address_among(labels: Sequence[str], told: Mapping[str, Meaning], tool: ExportTool | None) -> int | None:
    """Which of *labels* is that of addresses: the one that says so best, wherever it is."""
    if Meaning.ADDRESS in told.values():
        return None
    differs = tool.differs if tool is not None else {}
    for pattern in ADDRESSES:
        for at, label in enumerate(labels):
            name = folded(label)
            if name not in told and name not in differs and re.fullmatch(pattern, _bare(label)):
                return at
    return None


def _in_company(names: Sequence[str], meanings: Sequence[Meaning]) -> list[Meaning]:
    """*meanings* with those of names as they are beside each other: French calls a last name "nom", and a whole one."""
    has_first, has_last = Meaning.FIRST_NAME in meanings, Meaning.LAST_NAME in meanings
    changed = list(meanings)
    for at, name in enumerate(names):
        if meanings[at] is Meaning.NAME and name == "nom" and has_first and not has_last:
            changed[at] = Meaning.LAST_NAME
        if meanings[at] is Meaning.NAME and name in ("nombre", "nome") and has_last and not has_first:
            changed[at] = Meaning.FIRST_NAME
    return changed


def _meaning(name: str, label: str, tool: ExportTool | None) -> Meaning:
    if not name:
        return Meaning.IGNORED
    if tool is not None:
        if name in tool.differs:
            return tool.differs[name]
        if re.fullmatch(tool.ignores, name):
            return Meaning.IGNORED
    bare = _bare(label)
    found = next((meaning for meaning, pattern in PATTERNS if re.fullmatch(pattern, bare)), None)
    return found or meaning_of(label_of(label))


def meaning_of(about: Label) -> Meaning:
    """Return what a column is taken for whose label says *about*, before anybody has looked at its cells."""
    return _MEANINGS.get(about.topic, Meaning.FIELD)


_MEANINGS: Mapping[Topic | None, Meaning] = {
    Topic.LEFT: Meaning.DISABLED,
    Topic.BOUNCED: Meaning.BOUNCED,
    Topic.COMPLAINED: Meaning.COMPLAINED,
    Topic.CONSENT: Meaning.SUBSCRIBED,
    Topic.CONFIRMED: Meaning.CONFIRMED,
    Topic.STATUS: Meaning.STATUS,
}
