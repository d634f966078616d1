"""What a run that sends asks on the terminal, and what it shows there."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pressrun.cli.progress import TerminalBar, shown_progress, stopped_by_signals
from pressrun.cli.show import console, counted, show_tally
from pressrun.model.delivery import Mailing, Tally
from pressrun.model.problems import shown
from pressrun.post.sending.preflight import PreflightFinding

if TYPE_CHECKING:
    from pressrun.post.sending.dispatch import Status


class Terminal:
    """The person at the terminal, or a script that says *yes* beforehand; see `Operator`."""

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes

    def confirms(self, people: int) -> bool:
        """Return whether the person agrees; raises UsageError where nobody is there to be asked."""
        return self._yes or confirmed(f"Send it to {counted(people, 'person', 'people')}?")

    def show_audience(self, subject: str, mailing: Mailing, tally: Tally) -> None:
        """Print who would get *mailing*."""
        console().print(shown(f"{subject}, to {', '.join(mailing.lists)}:"))
        show_tally(tally)

    def show_findings(self, findings: Sequence[PreflightFinding]) -> None:
        """Print each with what to do about it."""
        for each in findings:
            console(stderr=True).print(shown(f"{each.check}: {each.message}; {each.hint}"))

    def show_status(self, status: "Status") -> None:
        """Print the numbers of *status*."""
        show_tally(status.tally, status.next_try, status.turned_away)

    def show_unknown(self, number: int) -> None:
        """Print how many emails an earlier run left."""
        words = counted(number, "email was", "emails were")
        console().print(f"{words} in hand when an earlier run ended, and nobody knows whether they went out.")

    def show_stopped(self, reason: str) -> None:
        """Print *reason*."""
        console(stderr=True).print(shown(f"Stopped: {reason}"))

    @contextmanager
    def watches(self, total: int) -> Iterator[TerminalBar]:
        """Show a bar on a terminal, and why the run waits."""
        with shown_progress(total) as progress:
            yield progress

    @contextmanager
    def may_stop(self, stop: Callable[[str], None]) -> Iterator[None]:
        """Have Ctrl-C and other signals call *stop*."""
        with stopped_by_signals(stop):
            yield


def confirmed(question: str) -> bool:
    """Ask *question*; raises UsageError where nobody is at the terminal."""
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is here to be asked: say --yes.")
    return click.confirm(question)
