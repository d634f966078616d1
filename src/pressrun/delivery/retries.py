"""When a deferred letter is tried again (RFC 5321, section 4.5.4.1), and when a run had better wait, or stop trying."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pressrun.delivery.interface import Outcome, Verdict


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
        if outcome.verdict is Verdict.ACCEPTED:
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
