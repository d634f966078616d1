"""When a deferred letter is tried again (RFC 5321, section 4.5.4.1), and when a run had better wait, or stop trying."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pressrun.post.delivery.interface import DeliveryVerdict, Outcome


@dataclass(frozen=True, slots=True)
class Schedule:
    """Each time is *factor* times as long as the one before, up to *longest*, and some part of it more or less.

    After *age* no more is tried. That *first* is short is for servers that turn away whoever comes for the first time.
    """

    first: timedelta = timedelta(minutes=5)
    factor: float = 2
    longest: timedelta = timedelta(hours=4)
    age: timedelta = timedelta(days=2)
    jitter: float = 0.25

    def next_try(self, attempts: int, planned: datetime, now: datetime, chance: float) -> datetime | None:
        """When a letter is tried again that was planned at *planned* and deferred *attempts* times, last *now*.

        None where it is too old by then. *chance*, from 0 to 1, tells how much of the jitter it gets, so that not all
        come back at once.
        """
        # In seconds, for powers are soon longer than any time that a timedelta can tell.
        grown = self.first.total_seconds() * self.factor ** min(attempts - 1, 50)
        wait = timedelta(seconds=min(grown, self.longest.total_seconds()))
        again = now + wait * (1 + self.jitter * (2 * chance - 1))
        return again if again <= planned + self.age else None


class RetryOrder:
    """Decides whether deliveries that are due again go before new ones.

    They do: a server that greylists accepts those, and turns new ones away. But after one of them was turned away once
    more, a new one has its turn. So neither kind keeps the other waiting, whichever of them fails.
    """

    def __init__(self) -> None:
        self._was_turned_away = False
        self._soonest: datetime | None = None  # when the first is due again, as far as that is known
        self._is_known = False

    def retries_first(self, now: datetime, soonest: Callable[[], datetime | None]) -> bool:
        """Return whether they go first *now*; *soonest* looks up when the first is due, and is seldom called."""
        if not self._is_known:
            self._soonest, self._is_known = soonest(), True
        return self._soonest is not None and self._soonest <= now and not self._was_turned_away

    def forget(self) -> None:
        """Look up once more when the first is due: others were deferred, or are not anymore."""
        self._is_known = False

    def tell_claimed(self, *, any_retry: bool, any_new: bool) -> None:
        """Take note of what was claimed."""
        if any_retry:
            self.forget()
        if any_new:
            self._was_turned_away = False

    def tell_settled(self, *, is_retry: bool, is_accepted: bool, next_try: datetime | None) -> None:
        """Take note of what became of one; *next_try* is when it is due again."""
        if is_retry and not is_accepted:
            self._was_turned_away = True
        if next_try is not None and (self._soonest is None or next_try < self._soonest):
            self._soonest = next_try


@dataclass(frozen=True, slots=True)
class Pauses:
    """How many seconds a run waits after too many failures: each time *factor* times as long, up to *longest*.

    Where a pause would make it more than *total* in all, there is none.
    """

    first: float = 60
    factor: float = 2
    longest: float = 900
    total: float = 1800

    def after(self, number: int) -> float | None:
        """How long the pause is that comes after *number* others; None where it was waited long enough."""
        pauses = [min(self.first * self.factor**each, self.longest) for each in range(number + 1)]
        return pauses[-1] if sum(pauses) <= self.total else None


class Breaker:
    """Tells when *limit* letters in a row were not accepted, for reasons that are nobody's address, and how to go on.

    A server that blocks a sender, or is going down, answers everybody alike, and each try makes it worse. A letter
    that is accepted makes all well again.
    """

    def __init__(self, limit: int = 20, pauses: Pauses = Pauses()) -> None:
        self.limit = limit
        self._all_pauses = pauses
        self._failures: list[Outcome] = []
        self._pauses = 0

    def remember(self, outcomes: Iterable[Outcome]) -> None:
        """Count what an earlier run heard last."""
        for outcome in outcomes:
            self.hear(outcome)

    def hear(self, outcome: Outcome) -> bool:
        """Count *outcome*; whether it is a failure. What speaks of one recipient says nothing of the server."""
        if outcome.verdict is DeliveryVerdict.ACCEPTED:
            self._failures = []
            self._pauses = 0
        elif not outcome.speaks_of_the_recipient:
            self._failures.append(outcome)
            return True
        return False

    def pause(self) -> float | None:
        """How many seconds to wait now before one letter is tried; None where it was waited long enough."""
        seconds = self._all_pauses.after(self._pauses)
        self._pauses += 1
        return seconds

    @property
    def reason(self) -> str | None:
        """Why not to go on as before, as a sentence; None while there is no reason."""
        if len(self._failures) < self.limit:
            return None
        return f"{len(self._failures):,} letters in a row were not accepted, the last {self._failures[-1]}"
