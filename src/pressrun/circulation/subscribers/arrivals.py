"""From a row of another tool's export to somebody who arrives: their address, how they stand, and what proves it."""

import enum
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pressrun.circulation.subscribers.addresses import address_from, identity_of, plain_address
from pressrun.circulation.subscribers.cells import address_in, attributes_in
from pressrun.circulation.subscribers.columns import CONSENT, Column, Columns, Meaning, folded, meaning_of
from pressrun.circulation.subscribers.consentcells import (
    GONE,
    Kind,
    Knowing,
    Said,
    Undecided,
    cached,
    kind_of,
    said_by,
    strictest,
)
from pressrun.circulation.subscribers.consentwords import key_of, label_of, stated_by
from pressrun.circulation.subscribers.dates import DateReading
from pressrun.model.consent import EVERY_LIST, Reason
from pressrun.model.moments import ticks
from pressrun.model.personalnames import FIRST, LAST, given_name_in, joined_name, name_in, parts_in
from pressrun.model.subscriber import SubscriptionState

SUPPRESSES = {
    SubscriptionState.UNSUBSCRIBED: Reason.LEFT,
    SubscriptionState.BOUNCED: Reason.BOUNCED,
    SubscriptionState.COMPLAINED: Reason.COMPLAINED,
}


class Arrival(NamedTuple):
    """Somebody in a file. Moments are microseconds since 1970, None where the file does not tell.

    *tags* and *fields* are JSON, as the store keeps them. *mark* is that of the identity under a key of the store,
    where whoever read the file was told it. *unnamed* is what stands where their name should be, and is no name.
    """

    written: str
    identity: str
    state: SubscriptionState
    name: str = ""
    tags: str = "[]"
    fields: str = "{}"
    created: int | None = None
    asked: int | None = None
    asked_ip: str | None = None
    confirmed: int | None = None
    confirmed_ip: str | None = None
    left: int | None = None
    mark: bytes | None = None
    unnamed: str = ""


def suppressed_list(state: SubscriptionState, name: str) -> str:
    """The list on which somebody is suppressed who stands so: a dead mailbox is dead for all."""
    return name if state is SubscriptionState.UNSUBSCRIBED else EVERY_LIST


class Unspoken(ValueError):
    """A row that does not say for certain that somebody agreed: *said* tells what it says instead."""

    def __init__(self, said: Undecided) -> None:
        super().__init__("nobody knows whether they agreed to get emails")
        self.said = said


class NameOrder(enum.Enum):
    """In which order the words of whole names are, where somebody said so."""

    GIVEN_FIRST = "given-first"
    FAMILY_FIRST = "family-first"


@dataclass(frozen=True, slots=True)
class Stance:
    """How people stand of whom a row says nothing, None where nobody knows; *here* is what the file's name says."""

    default: SubscriptionState | None = None
    here: SubscriptionState | None = None


def reader_of(
    columns: Columns,
    default: SubscriptionState | Stance | None,
    knowing: Knowing | None = None,
    order: NameOrder | None = None,
) -> Callable[[Sequence[str]], Arrival]:
    """Return what makes an Arrival of a row with *columns*; *default* is how those stand of whom the row says nothing.

    It raises ValueError with a sentence where the row cannot be believed, and Unspoken where it says nothing for
    certain and no default answers for it. Without *order*, a whole name is cut only where it says itself which part is
    which.
    """
    knowing, place = knowing or Knowing(is_tool=columns.tool is not None), columns.place
    address_at, width = place(Meaning.ADDRESS), len(columns.columns)
    assert address_at is not None
    names_of = _names_reader(columns, order)
    state_of = _judge(columns, default if isinstance(default, Stance) else Stance(default), knowing)
    tags_at, attributes_at, fields = place(Meaning.TAGS), place(Meaning.ATTRIBUTES), columns.fields
    moments_of = _moments_reader(columns, knowing)
    asked_ip_at, confirmed_ip_at = place(Meaning.ASKED_IP), place(Meaning.CONFIRMED_IP)

    def read(row: Sequence[str]) -> Arrival:
        if len(row) != width:
            row = _fitted(row, width)
        written, beside = plain_address(row[address_at]), ""
        if written is None:
            written, beside = _written_in(row[address_at])
        created, asked, confirmed, left = moments_of(row)
        name, parts, unnamed = names_of(row, beside)
        attributes = {} if attributes_at is None else attributes_in(row[attributes_at])
        held = {**{label: row[at] for at, label in fields if row[at]}, **attributes, **parts}
        tags = "[]" if tags_at is None else _tags(row[tags_at])
        return Arrival(
            written,
            identity_of(written),
            state_of(row, tags, attributes),
            name,
            tags,
            json.dumps(held, ensure_ascii=False, separators=(",", ":")) if held else "{}",
            created,
            asked,
            None if asked_ip_at is None else row[asked_ip_at] or None,
            confirmed,
            None if confirmed_ip_at is None else row[confirmed_ip_at] or None,
            left,
            unnamed=unnamed,
        )

    return read


def _fitted(row: Sequence[str], width: int) -> Sequence[str]:
    if len(row) > width and any(row[width:]):
        raise ValueError(f"it has {len(row)} columns, and the first line names {width}")
    return [*row[:width], *[""] * (width - len(row))]


def _written_in(cell: str) -> tuple[str, str]:
    """The address in *cell*, as the store has it, and the name beside it."""
    text, beside = address_in(cell)
    return plain_address(text) or address_from(text).shown, beside


_ENDS = (Meaning.LEFT, Meaning.CLEANED, Meaning.DISABLED, Meaning.BOUNCED, Meaning.COMPLAINED)
_Parts = dict[str, str]


def _names_reader(columns: Columns, order: NameOrder | None) -> Callable[[Sequence[str], str], tuple[str, _Parts, str]]:
    """What tells of a row how somebody is called, the parts of that which are known, and what is no name."""
    first_at, last_at, whole_at = map(columns.place, (Meaning.FIRST_NAME, Meaning.LAST_NAME, Meaning.NAME))
    if first_at is last_at is whole_at is None:
        return lambda _, beside: (name_in(beside), {}, "")
    names, given_names = (
        functools.lru_cache(maxsize=10_000)(name_in),
        functools.lru_cache(maxsize=10_000)(given_name_in),
    )

    def whole_alone(row: Sequence[str], beside: str) -> tuple[str, _Parts, str]:
        cell = row[whole_at] if whole_at is not None else ""
        whole = names(cell)
        name = whole or name_in(beside)
        parts = parts_in(name, is_family_first=order is NameOrder.FAMILY_FIRST) if order is not None else None
        return name, {FIRST: parts[0], LAST: parts[1]} if parts else {}, "" if whole else cell

    def read(row: Sequence[str], beside: str) -> tuple[str, _Parts, str]:
        cells = [row[at] if at is not None else "" for at in (first_at, last_at, whole_at)]
        first, last, whole = given_names(cells[0]), names(cells[1]), names(cells[2])
        found = (first, last, whole)
        unnamed = next((cell for cell, name in zip(cells, found, strict=True) if cell and not name), "")
        first, last = _parted(first, last, whole, is_first_known=first_at is not None)
        parts_found = {key: part for key, part in ((FIRST, first), (LAST, last)) if part}
        if whole and _holds(whole, first) and _holds(whole, last):
            return whole, parts_found, unnamed
        return joined_name(first, last) or name_in(beside), parts_found, unnamed

    return whole_alone if first_at is last_at is None else read


def _parted(first: str, last: str, whole: str, *, is_first_known: bool) -> tuple[str, str]:
    """The given and the family name, where a table has one of them beside a column for *whole* names.

    "Name" beside "Surname" is the given one, or both; which it is, the family name within it tells.
    """
    if not whole or (first and last):
        return first, last
    if not is_first_known and last:
        if not _holds(whole, last):
            return whole, last
        return given_name_in(" ".join(whole.replace(",", " ").replace(last, " ", 1).split())), last
    if first and not _holds(whole, first):
        return first, whole
    return first, last


def _holds(whole: str, part: str) -> bool:
    return not part or f" {part} ".casefold() in f" {whole.replace(',', ' ')} ".casefold()


def state_reader(columns: Columns, stance: Stance, knowing: Knowing) -> Callable[[Sequence[str]], SubscriptionState]:
    """Return what tells how the person of a row stands, and raises as `reader_of` does."""
    judge = _judge(columns, stance, knowing)
    tags_at, attributes_at = columns.place(Meaning.TAGS), columns.place(Meaning.ATTRIBUTES)

    def read(row: Sequence[str]) -> SubscriptionState:
        tags = "[]" if tags_at is None else _tags(row[tags_at])
        return judge(row, tags, {} if attributes_at is None else attributes_in(row[attributes_at]))

    return read


def _judge(
    columns: Columns, stance: Stance, knowing: Knowing
) -> Callable[[Sequence[str], str, dict[str, str]], SubscriptionState]:
    """What tells how somebody stands: what says that they are gone counts more than what says that they are here."""
    sayings = [
        (at, cached(functools.partial(said_by, column, knowing=knowing, at=at)))
        for at, column in enumerate(columns.columns)
        if column.meaning in CONSENT
    ]
    before: list[Said] = [stance.here] if stance.here is not None else []
    before += [SubscriptionState.CONFIRMED] if columns.vouches else []
    tags_at, attributes_at = columns.place(Meaning.TAGS), columns.place(Meaning.ATTRIBUTES)
    judges_tags = tags_at is not None and not columns.columns[tags_at].is_told
    judges_fields = attributes_at is not None and not columns.columns[attributes_at].is_told

    def read(row: Sequence[str], tags: str, fields: dict[str, str]) -> SubscriptionState:
        said = [*before, *[say(row[at]) for at, say in sayings]]
        if judges_tags and tags != "[]" and (tagged := state_of_tags(tags)) is not None:
            said.append(tagged)
        if judges_fields and fields:
            said += _said_within(fields, knowing)
        if said and said.count(SubscriptionState.CONFIRMED) == len(said):
            return SubscriptionState.CONFIRMED  # most people, at a glance
        found = strictest(said)
        if Undecided.UNCLEAR in said:
            odd = next(row[at] for at, say in sayings if say(row[at]) is Undecided.UNCLEAR)
            raise ValueError(f'nobody knows what "{odd}" means')
        if isinstance(found, SubscriptionState):
            return found
        if found is None and stance.default is not None:
            return stance.default
        if stance.default not in (None, SubscriptionState.CONFIRMED):
            return stance.default
        raise Unspoken(found or Undecided.NOTHING)

    return read


def _said_within(fields: Mapping[str, str], knowing: Knowing) -> Iterator[Said]:
    """What attributes say against emails, but for those of which somebody says that they are about other things."""
    for name, text in fields.items():
        if knowing.fields and folded(name) in knowing.fields:
            continue
        told = knowing.statuses.get(key_of(text)) if knowing.statuses and label_of(name).topic is not None else None
        said = said_by_field(name, text) if told is None else told
        if isinstance(said, SubscriptionState) and said is not SubscriptionState.CONFIRMED:
            yield said


@functools.lru_cache(maxsize=10_000)
def state_of_tags(tags: str) -> SubscriptionState | None:
    """Return how somebody stands by their *tags*, a JSON list: "unsubscribed" is a no; None where none says no."""
    found = [stated for tag in json.loads(tags) if (stated := stated_by(tag)) is not None and stated.certain]
    gone = strictest(stated.state for stated in found if stated.state in GONE)
    return gone if isinstance(gone, SubscriptionState) else None


@functools.lru_cache(maxsize=10_000)
def said_by_field(name: str, text: str) -> SubscriptionState | None:
    """Return how somebody stands by a free field of theirs, such as `opt_out: yes`; None where it does not say no."""
    about = label_of(name)
    if about.topic is None or not about.certain or not about.clear:
        stated = stated_by(text) if kind_of(text) is Kind.TEXT else None
        return stated.state if stated is not None and stated.certain and stated.state in GONE else None
    meaning = meaning_of(about)
    if about.around and meaning in (Meaning.SUBSCRIBED, Meaning.CONFIRMED) and kind_of(text) is not Kind.FALSE:
        return None
    said = said_by(Column(name, meaning, about=about), text, Knowing())
    return said if isinstance(said, SubscriptionState) and said is not SubscriptionState.CONFIRMED else None


_Moments = tuple[int | None, int | None, int | None, int | None]


def _moments_reader(columns: Columns, knowing: Knowing) -> Callable[[Sequence[str]], _Moments]:
    """What tells of a row when they came, were asked, confirmed, and left; None where it does not say so."""
    created, asked, confirmed = [
        _moment_reader(columns, each, knowing) for each in (Meaning.CREATED, Meaning.ASKED, Meaning.CONFIRMED)
    ]
    ended = [_moment_reader(columns, each, knowing) for each in _ENDS if columns.place(each) is not None]

    def read(row: Sequence[str]) -> _Moments:
        left = next((end for moment in ended if (end := moment(row)) is not None), None)
        return created(row), asked(row), confirmed(row), left

    return read


def _moment_reader(columns: Columns, meaning: Meaning, knowing: Knowing) -> Callable[[Sequence[str]], int | None]:
    at = columns.place(meaning)
    if at is None:
        return lambda _: None
    place, reading, is_strict = at, knowing.readings.get(at, DateReading()), meaning is Meaning.CREATED

    def read(row: Sequence[str]) -> int | None:
        text = row[place]
        if not text:
            return None
        if text[4:5] != "-" and (kind := kind_of(text, reading)) is not Kind.DATE:
            # A flag where a moment could be says nothing of when.
            if kind is not Kind.NOTHING and is_strict:
                raise _no_date(text)
            return None
        moment = reading.moment(text)
        if moment is None:
            if kind_of(text, reading) is Kind.NOTHING:
                return None
            raise _no_date(text)
        return ticks(moment)

    return read


def _no_date(text: str) -> ValueError:
    return ValueError(
        f'"{text}" is no date; write 2026-05-12, or 2026-05-12T09:30:00Z, or name its format with --date-format'
    )


@functools.lru_cache(maxsize=10_000)
def _tags(text: str) -> str:
    """The tags in *text*, a JSON list or words between commas; Mailchimp puts each in quotes."""
    if not text:
        return "[]"
    words: list[str] = []
    if text.startswith("["):
        try:
            words = [str(word) for word in json.loads(text)]
        except ValueError:
            raise ValueError(f'"{text}" is no list of tags') from None
    words = words or text.replace(";", ",").split(",")
    tags = dict.fromkeys(" ".join(word.strip().strip('"').split()) for word in words)
    return json.dumps([tag for tag in tags if tag], ensure_ascii=False, separators=(",", ":"))
