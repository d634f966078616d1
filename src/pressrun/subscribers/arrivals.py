"""From a row of another tool's export to somebody who arrives: their address, how they stand, and what proves it."""

import functools
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from pressrun.model.consent import EVERY_LIST, Reason
from pressrun.model.moments import ticks
from pressrun.model.subscriber import State
from pressrun.subscribers.addresses import address_from, identity_of, plain_address
from pressrun.subscribers.columns import Columns, Meaning

TRUE = frozenset(("true", "1", "yes", "y", "t", "on"))
FALSE = frozenset(("false", "0", "no", "n", "f", "off"))
# The words of all tools for how somebody stands, folded; one that two tools use means the same to both.
STATES = {
    **dict.fromkeys(
        "subscribed confirmed active enabled regular premium gifted trialed free paid comp granted".split(),
        State.CONFIRMED,
    ),
    **dict.fromkeys("pending unconfirmed unactivated inactive".split(), State.PENDING),
    **dict.fromkeys(
        "unsubscribed removed disabled blocked blocklisted blacklisted left deleted archived upcoming".split(),
        State.UNSUBSCRIBED,
    ),
    **dict.fromkeys("cleaned bounced unreachable undeliverable hardbounced".split(), State.BOUNCED),
    **dict.fromkeys("complained spammy complaint spam".split(), State.COMPLAINED),
}
SUPPRESSES = {
    State.UNSUBSCRIBED: Reason.LEFT,
    State.BOUNCED: Reason.BOUNCED,
    State.COMPLAINED: Reason.COMPLAINED,
}


class Arrival(NamedTuple):
    """Somebody in a file. Moments are microseconds since 1970, None where the file does not tell.

    *tags* and *fields* are JSON, as the store keeps them. *mark* is that of the identity under a key of the store,
    where whoever read the file was told it.
    """

    written: str
    identity: str
    state: State
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


def suppressed_list(state: State, name: str) -> str:
    """The list on which somebody is suppressed who stands so: a dead mailbox is dead for all."""
    return name if state is State.UNSUBSCRIBED else EVERY_LIST


def reader_of(columns: Columns, default: State) -> Callable[[Sequence[str]], Arrival]:
    """What makes an Arrival of a row with *columns*; *default* is how those stand of whom the row says nothing.

    It raises ValueError with a sentence where the row cannot be believed.
    """
    place = columns.place
    address_at = place(Meaning.ADDRESS)
    assert address_at is not None
    width = len(columns.columns)
    name_of = _name_reader(columns)
    state_of = _state_reader(columns, default)
    tags_at, attributes_at, fields = place(Meaning.TAGS), place(Meaning.ATTRIBUTES), columns.fields
    moments_at = [place(each) for each in (Meaning.CREATED, Meaning.ASKED, Meaning.CONFIRMED)]
    ended_at = [at for at in (place(Meaning.LEFT), place(Meaning.CLEANED)) if at is not None]
    asked_ip_at, confirmed_ip_at = place(Meaning.ASKED_IP), place(Meaning.CONFIRMED_IP)

    def read(row: Sequence[str]) -> Arrival:
        if len(row) != width:
            if len(row) > width and any(row[width:]):
                raise ValueError(f"it has {len(row)} columns, and the first line names {width}")
            row = [*row[:width], *[""] * (width - len(row))]
        written = plain_address(row[address_at]) or address_from(row[address_at]).written
        created, asked, confirmed = [None if at is None else _moment(row[at]) for at in moments_at]
        ends = [_moment(row[at]) for at in ended_at if row[at]]
        return Arrival(
            written,
            identity_of(written),
            state_of(row),
            name_of(row),
            "[]" if tags_at is None or not row[tags_at] else _tags(row[tags_at]),
            _fields(row, fields, attributes_at) if fields or attributes_at is not None else "{}",
            created,
            asked,
            None if asked_ip_at is None else row[asked_ip_at] or None,
            confirmed,
            None if confirmed_ip_at is None else row[confirmed_ip_at] or None,
            ends[0] if ends else None,
        )

    return read


def _name_reader(columns: Columns) -> Callable[[Sequence[str]], str]:
    places = [columns.place(each) for each in (Meaning.FIRST_NAME, Meaning.LAST_NAME)]
    parts = [at for at in places if at is not None]
    whole = columns.place(Meaning.NAME)

    def read(row: Sequence[str]) -> str:
        name = row[whole] if whole is not None else ""
        name = name or " ".join([row[at] for at in parts if row[at]])
        return " ".join(name.split()) if name and not name.isalnum() else name

    return read


def _state_reader(columns: Columns, default: State) -> Callable[[Sequence[str]], State]:
    """What tells how somebody stands: what says that they are gone counts more than what says that they are here."""
    place = columns.place
    status_at, subscribed_at, disabled_at = place(Meaning.STATUS), place(Meaning.SUBSCRIBED), place(Meaning.DISABLED)
    receives_at, left_at, cleaned_at = place(Meaning.RECEIVES), place(Meaning.LEFT), place(Meaning.CLEANED)

    def read(row: Sequence[str]) -> State:
        state = default
        if status_at is not None and row[status_at]:
            state = _state(row[status_at])
        if state not in (State.CONFIRMED, State.PENDING):
            return state
        if cleaned_at is not None and row[cleaned_at]:
            return State.BOUNCED
        if (
            (left_at is not None and row[left_at])
            or (subscribed_at is not None and row[subscribed_at] and not _flag(row[subscribed_at]))
            or (disabled_at is not None and row[disabled_at] and _flag(row[disabled_at]))
            or (receives_at is not None and not row[receives_at])
        ):
            return State.UNSUBSCRIBED
        return state

    return read


@functools.lru_cache(maxsize=1_000)
def _state(text: str) -> State:
    word = "".join(letter for letter in text.casefold() if letter.isalpha())
    if word not in STATES:
        raise ValueError(f'nobody knows what the status "{text}" means')
    return STATES[word]


@functools.lru_cache(maxsize=100)
def _flag(text: str) -> bool:
    word = text.strip().casefold()
    if word not in TRUE | FALSE:
        raise ValueError(f'"{text}" is neither true nor false')
    return word in TRUE


def _moment(text: str) -> int | None:
    """The moment that *text* tells; one without an offset is in UTC, as all these tools write it."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return ticks(moment)
    except (ValueError, OverflowError):
        raise ValueError(f'"{text}" is no date; write 2026-05-12, or 2026-05-12T09:30:00Z') from None


@functools.lru_cache(maxsize=10_000)
def _tags(text: str) -> str:
    """The tags in *text*, a JSON list or words between commas; Mailchimp puts each in quotes."""
    words: list[str] = []
    if text.startswith("["):
        try:
            words = [str(word) for word in json.loads(text)]
        except ValueError:
            raise ValueError(f'"{text}" is no list of tags') from None
    words = words or text.replace(";", ",").split(",")
    tags = dict.fromkeys(" ".join(word.strip().strip('"').split()) for word in words)
    return json.dumps([tag for tag in tags if tag], ensure_ascii=False, separators=(",", ":"))


def _fields(row: Sequence[str], places: Sequence[tuple[int, str]], attributes_at: int | None) -> str:
    fields = {label: row[at] for at, label in places if row[at]}
    if attributes_at is not None and row[attributes_at] not in ("", "{}"):
        try:
            attributes = json.loads(row[attributes_at])
        except ValueError:
            attributes = None
        if not isinstance(attributes, dict):
            raise ValueError(f'"{row[attributes_at]}" is no JSON object')
        fields |= {name: each if isinstance(each, str) else json.dumps(each) for name, each in attributes.items()}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) if fields else "{}"
