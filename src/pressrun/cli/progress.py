"""How far a run is, and how a person stops it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pressrun.cli.show import console
from pressrun.delivery.pool import Pool


@contextmanager
def shown_progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, with how fast it goes and how long it takes; what is given is told how far it is."""
    screen = console(stderr=True)
    columns = (
        TextColumn("Sending"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("", total=total, rate="")

        def advance(number: int) -> None:
            bar.advance(task, number)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance


@contextmanager
def stopped_by_signals(pool: Pool) -> Iterator[None]:
    """The first signal to stop lets letters on their way finish; the next one does not wait for them."""

    def stop(number: int, frame: object) -> None:
        pool.stop("you stopped it; letters on their way were finished")
        for each, handler in before.items():
            signal.signal(each, handler)

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
