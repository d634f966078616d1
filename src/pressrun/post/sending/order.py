"""What a person asks of a run that sends an edition, and what the run asks and shows them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pressrun.model.delivery import DeliveryState, Mailing, Tally
from pressrun.post.delivery.rates import Clock, RateLimits
from pressrun.post.sending.preflight import PreflightFinding

if TYPE_CHECKING:
    from pressrun.post.sending.dispatch import Status

CONNECTIONS = 4
# What a person may have planned again: nothing else is ever sent to somebody for whom it was attempted before.
RETRIED = (DeliveryState.UNKNOWN, DeliveryState.REFUSED)


@dataclass(frozen=True, slots=True)
class SendOrder:
    """What a person asks of a run.

    *lists* are ids, instead of the list that the edition is for; of *tags* any one is enough. *corrects* is the id of
    the edition that this one corrects. With *resume*, nothing is begun; with *dry_run*, nothing is changed or sent.
    Deliveries in a state of *retry*, some of RETRIED, are planned again. The checks in *ignored* are not made. At most
    *limit* emails are attempted, over so many *connections*, no faster than *rates*.
    """

    lists: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    corrects: str | None = None
    resume: bool = False
    dry_run: bool = False
    retry: frozenset[DeliveryState] = frozenset()
    ignored: frozenset[str] = frozenset()
    limit: int | None = None
    connections: int = CONNECTIONS
    rates: RateLimits = field(default_factory=RateLimits)

    def __post_init__(self) -> None:
        if wrong := self.retry.difference(RETRIED):
            raise ValueError(f"a delivery that is {next(iter(wrong)).value} is never planned again")


@dataclass(frozen=True, slots=True)
class SendSurroundings:
    """Time and chance, as a run gets them from outside.

    *moment* is the time that a run works with, which a person may have written; *wall* is always the true time. *clock*
    measures waits. *chance* is a number from 0 to 1.
    """

    moment: Callable[[], datetime]
    wall: Callable[[], datetime]
    clock: Clock
    chance: Callable[[], float]


class Progress(Protocol):
    """Shows how far a run is."""

    def advance(self, number: int) -> None:
        """Count *number* more emails as settled."""

    def pause(self, reason: str, seconds: float) -> None:
        """Show that the run waits so many seconds, for *reason*."""


class Operator(Protocol):
    """The person who sends, behind a terminal or a script: what a run asks them, and what it shows them."""

    def confirms(self, people: int) -> bool:
        """Return whether the edition may go to *people* recipients; asked once, before anything is settled."""
        ...

    def show_audience(self, subject: str, mailing: Mailing, tally: Tally) -> None:
        """Show who would get *mailing*, with *subject*, if it began now."""

    def show_findings(self, findings: Sequence[PreflightFinding]) -> None:
        """Show what the checks before the first email found."""

    def show_status(self, status: "Status") -> None:
        """Show how far the sending is."""

    def show_unknown(self, number: int) -> None:
        """Show that an earlier run ended with *number* emails in hand, which are unknown now."""

    def show_stopped(self, reason: str) -> None:
        """Show why the run ended before all was done."""

    def watches(self, total: int) -> AbstractContextManager[Progress]:
        """Return what shows, as long as it is open, how far a run of *total* emails is."""
        ...

    def may_stop(self, stop: Callable[[str], None]) -> AbstractContextManager[None]:
        """Return what lets the operator end the run as long as it is open.

        *stop*, with a reason, lets emails on their way finish; a signal may call it.
        """
        ...
