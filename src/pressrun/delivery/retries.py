"""When a deferred letter is tried again (RFC 5321, section 4.5.4.1), and when a run had better stop trying."""

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


class Breaker:
    """Tells when *limit* letters in a row were not accepted, for reasons that are nobody's address.

    A server that blocks a sender, or is going down, answers everybody alike, and each try makes it worse.
    """

    def __init__(self, limit: int = 20) -> None:
        self._limit = limit
        self._failures: list[Outcome] = []

    def hear(self, outcome: Outcome) -> None:
        """Count *outcome*. An address that does not exist (RFC 3463, x.1.x) says nothing of the server."""
        if outcome.verdict is Verdict.ACCEPTED:
            self._failures = []
        elif not (outcome.enhanced or "").startswith(("4.1.", "5.1.")):
            self._failures.append(outcome)

    def reset(self) -> None:
        """Count anew, after a pause."""
        self._failures = []

    @property
    def reason(self) -> str | None:
        """Why to stop, as a sentence; None while there is no reason."""
        if len(self._failures) < self._limit:
            return None
        return f"{len(self._failures):,} letters in a row were not accepted, the last {self._failures[-1]}"
