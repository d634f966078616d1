"""What a cell says of whether somebody gets emails, given what its column means.

A no counts wherever it is. What is empty where consent should be is unknown, which is never a yes.
"""

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pressrun.circulation.subscribers import vocabulary
from pressrun.circulation.subscribers.columns import Column, Meaning
from pressrun.circulation.subscribers.consentwords import Label, Topic, key_of, stated_by
from pressrun.circulation.subscribers.dates import DateReading, is_no_date, written_in
from pressrun.model.subscriber import SubscriptionState


class Undecided(enum.Enum):
    """Why a cell does not decide the state of a person."""

    NOTHING = "nothing"  # such as "no" in a column of complaints
    UNPROVEN = "unproven"  # no date of consent: another column may say yes
    UNKNOWN = "unknown"  # empty where a yes or a no should be
    UNCLEAR = "unclear"  # nobody knows what it means


Said: TypeAlias = SubscriptionState | Undecided
# What the strictest of several says counts.
_GONE = (SubscriptionState.COMPLAINED, SubscriptionState.BOUNCED, SubscriptionState.UNSUBSCRIBED)
GONE = frozenset(_GONE)
_ORDER: tuple[Said, ...] = (
    *_GONE,
    SubscriptionState.PENDING,
    Undecided.UNKNOWN,
    SubscriptionState.CONFIRMED,
    Undecided.UNPROVEN,
)


class Kind(enum.Enum):
    """What a cell is, whatever its column means."""

    NOTHING = "nothing"
    TRUE = "true"
    FALSE = "false"
    YES_MARK = "yes mark"
    NO_MARK = "no mark"
    MARK = "mark"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


_NUMBER = re.compile(r"[+-]?\d{1,8}(?:[.,]\d{1,6})?")
_MARKS = {
    **dict.fromkeys("✓✔☑○〇◯", Kind.YES_MARK),
    **dict.fromkeys("✗✘×☒", Kind.NO_MARK),
    **dict.fromkeys(("x", "X", "*", "+", "●"), Kind.MARK),
}


def kind_of(text: str, reading: DateReading | None = None) -> Kind:
    """Return what *text* is; *reading* is how dates are read where somebody named a pattern of theirs."""
    if text in _MARKS:
        return _MARKS[text]
    key = key_of(text)
    if key in vocabulary.NOTHING or is_no_date(text):
        return Kind.NOTHING
    if key in vocabulary.TRUE:
        return Kind.TRUE
    if key in vocabulary.FALSE:
        return Kind.FALSE
    if _NUMBER.fullmatch(text):
        return {0.0: Kind.FALSE, 1.0: Kind.TRUE}.get(float(text.replace(",", ".")), Kind.NUMBER)
    is_date = reading.moment(text) is not None if reading is not None and reading.pattern else written_in(text)
    return Kind.DATE if is_date else Kind.TEXT


@dataclass(frozen=True, slots=True)
class Knowing:
    """What is known beyond a cell: *statuses* is what somebody says of words, by their keys.

    *is_tool* where the words of known tools count; *readings* are those of dates, by the place of the column.
    """

    statuses: Mapping[str, Said] = field(default_factory=dict)
    is_tool: bool = False
    readings: Mapping[int, DateReading] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()  # attributes, folded, of which somebody says what they mean


_ENDS = {
    Meaning.DISABLED: SubscriptionState.UNSUBSCRIBED,
    Meaning.LEFT: SubscriptionState.UNSUBSCRIBED,
    Meaning.BOUNCED: SubscriptionState.BOUNCED,
    Meaning.CLEANED: SubscriptionState.BOUNCED,
    Meaning.COMPLAINED: SubscriptionState.COMPLAINED,
}


def said_by(column: Column, text: str, knowing: Knowing, at: int = -1) -> Said:
    """Return what a cell that holds *text* says in *column*, which is the one at the place *at*."""
    if knowing.statuses and (told := knowing.statuses.get(key_of(text))) is not None:
        return told
    kind, meaning, about = kind_of(text, knowing.readings.get(at)), column.meaning, column.about
    stated = stated_by(text, tool=knowing.is_tool) if kind is Kind.TEXT else None
    if meaning in _ENDS:
        return _ended(_ENDS[meaning], kind, text, about, stated.state if stated else None)
    if meaning is Meaning.RECEIVES and (stated is None or stated.state in (None, SubscriptionState.CONFIRMED)):
        return (
            SubscriptionState.UNSUBSCRIBED
            if kind in (Kind.NOTHING, Kind.FALSE, Kind.NO_MARK)
            else SubscriptionState.CONFIRMED
        )
    if stated is not None:
        return Undecided.UNCLEAR if stated.state is None else stated.state
    if meaning is Meaning.CREATED:
        return Undecided.NOTHING
    if meaning is Meaning.ASKED and about.topic is not Topic.CONSENT and kind is not Kind.FALSE:
        return Undecided.NOTHING  # it tells when they were asked, and not what they said
    return (
        _AGREED.get(meaning, {}).get(kind, Undecided.UNCLEAR) if not _is_odd_date(column, kind) else Undecided.UNCLEAR
    )


def _is_odd_date(column: Column, kind: Kind) -> bool:
    """Whether a date is in a column whose label asks for a yes or a no."""
    return kind is Kind.DATE and column.meaning is Meaning.SUBSCRIBED and not (column.about.dated or column.is_told)


_AGREED: Mapping[Meaning, Mapping[Kind, Said]] = {
    Meaning.STATUS: {Kind.NOTHING: Undecided.UNKNOWN},
    Meaning.SUBSCRIBED: {
        Kind.NOTHING: Undecided.UNKNOWN,
        Kind.TRUE: SubscriptionState.CONFIRMED,
        Kind.YES_MARK: SubscriptionState.CONFIRMED,
        Kind.DATE: SubscriptionState.CONFIRMED,
        Kind.FALSE: SubscriptionState.UNSUBSCRIBED,
        Kind.NO_MARK: SubscriptionState.UNSUBSCRIBED,
    },
    Meaning.CONFIRMED: {
        Kind.NOTHING: Undecided.UNPROVEN,
        Kind.TRUE: SubscriptionState.CONFIRMED,
        Kind.YES_MARK: SubscriptionState.CONFIRMED,
        Kind.DATE: SubscriptionState.CONFIRMED,
        Kind.FALSE: SubscriptionState.PENDING,
        Kind.NO_MARK: SubscriptionState.PENDING,
    },
    Meaning.ASKED: {
        Kind.NOTHING: Undecided.UNPROVEN,
        Kind.TRUE: SubscriptionState.CONFIRMED,
        Kind.YES_MARK: SubscriptionState.CONFIRMED,
        Kind.DATE: SubscriptionState.CONFIRMED,
        Kind.FALSE: SubscriptionState.UNSUBSCRIBED,
        Kind.NO_MARK: SubscriptionState.UNSUBSCRIBED,
    },
}


def _ended(state: SubscriptionState, kind: Kind, text: str, about: Label, stated: SubscriptionState | None) -> Said:
    """What is said in a column that says no, such as "bounced", where *stated* is what its words mean elsewhere."""
    match kind:
        case Kind.NOTHING | Kind.FALSE:
            return Undecided.NOTHING
        case Kind.TRUE | Kind.NUMBER if about.counted:
            return Undecided.UNCLEAR  # one email that came back is no bounce for good
        case Kind.TRUE | Kind.MARK | Kind.YES_MARK | Kind.NO_MARK | Kind.DATE:
            return state
    if stated in GONE:
        return strictest((state, stated)) or state
    if about.reasoned and stated is None and not stated_by(text):
        return state  # whoever gave a reason is gone
    return Undecided.UNCLEAR


def strictest(said: Iterable[Said]) -> Said | None:
    """Return what counts of all that was *said* of one person: a no before all else; None where nothing was."""
    found = set(said)
    return next((each for each in _ORDER if each in found), None)


def cached(say: Callable[[str], Said], most: int = 10_000) -> Callable[[str], Said]:
    """Return *say*, which remembers what it said: most columns hold the same few words again and again."""
    known: dict[str, Said] = {}

    def of(text: str) -> Said:
        found = known.get(text)
        if found is None:
            if len(known) > most:
                known.clear()
            found = known[text] = say(text)
        return found

    return of
