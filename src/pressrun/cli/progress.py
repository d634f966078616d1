"""How far a run is, and how a person stops it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from pressrun.cli.show import console
from pressrun.delivery.pool import Pool


class _Rate(ProgressColumn):
    """How many letters go in a second; worked out when it is shown, for that takes longer than to count a letter."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def shown_progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, with how fast it goes and how long it takes; what is given is told how far it is."""
    screen = console(stderr=True)
    columns = (
        TextColumn("Sending"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda number: bar.advance(task, number)


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
