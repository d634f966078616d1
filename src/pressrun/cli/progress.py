"""How far a run is, and how a person stops it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pressrun.cli.show import console, counted
from pressrun.delivery.pool import Pool
from pressrun.problems import shown


class Shown:
    """A bar on a terminal, and what is said above it."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("Sending", total=total, rate="")

    def advance(self, number: int) -> None:
        """So many letters more are settled."""
        self._bar.advance(self._task, number)
        speed = self._bar.tasks[0].speed
        if number:
            self._bar.update(self._task, description="Sending", rate=f"{speed:,.0f}/s" if speed else "")

    def pause(self, reason: str, seconds: float) -> None:
        """The run waits so many seconds, for *reason*."""
        pause = counted(round(seconds / 60), "minute")
        self._bar.console.print(shown(f"Waiting for {pause}, then one letter is tried: {reason}"))
        self._bar.update(self._task, description="Waiting", rate="")


@contextmanager
def shown_progress(total: int) -> Iterator[Shown]:
    """What tells how far a run is: on a terminal by a bar, with how fast it goes and how long it takes."""
    screen = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        yield Shown(bar, total)


@contextmanager
def stopped_by_signals(pool: Pool) -> Iterator[None]:
    """The first signal to stop lets letters on their way finish; the next one ends the program at once.

    Then nobody knows what became of those letters; a lost terminal is no reason for that.
    """

    def stop(number: int, frame: object) -> None:
        pool.stop("you stopped it; letters on their way were finished")
        for each in before:
            signal.signal(each, leave)

    def leave(number: int, frame: object) -> None:
        os._exit(128 + number)  # anything else would wait for the threads, and they for the server

    asked = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        asked.append(signal.SIGHUP)
    before = {each: signal.signal(each, stop) for each in asked}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
