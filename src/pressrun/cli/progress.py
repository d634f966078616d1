"""How far a run is, and how a person stops it."""

import math
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.constrain import Constrain
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from pressrun.cli.show import console, counted
from pressrun.model.problems import shown

ROOM = 3


class ProgressBar(Progress):
    """A bar that leaves room for the ^C of a terminal: it would break the line, and the bar could not be wiped out."""

    def __init__(self, screen: Console, *columns: ProgressColumn) -> None:
        self._screen = screen  # what it is made of asks for what is shown before it has one itself
        super().__init__(*columns, console=screen, transient=True, disable=not screen.is_terminal)

    def get_renderable(self) -> RenderableType:
        """What is shown, within the terminal's present width."""
        return Constrain(super().get_renderable(), max(1, self._screen.width - ROOM))


class Left(TimeRemainingColumn):
    """How long it takes; while the run waits, how long that does."""

    max_refresh = 0.0  # what is shown changes at once when a wait begins

    def render(self, task: Task) -> Text:
        """It, as a clock has it."""
        until = task.fields["until"]
        if until is None:
            return super().render(task)
        minutes, seconds = divmod(math.ceil(max(0, until - task.get_time())), 60)
        return Text(f"one letter in {minutes}:{seconds:02}", style="progress.remaining")


class TerminalBar:
    """A bar on a terminal, and what is said above it."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._waits = False
        self._task = bar.add_task("Sending", total=total, until=None)

    def advance(self, number: int) -> None:
        """So many letters more are settled."""
        if number:
            self._bar.advance(self._task, number)
            if self._waits:
                self._waits = False
                self._bar.update(self._task, description="Sending", until=None)

    def pause(self, reason: str, seconds: float) -> None:
        """The run waits so many seconds, for *reason*."""
        minutes = counted(round(seconds / 60), "minute")
        self._bar.console.print(shown(f"Waiting for {minutes}, then one letter is tried: {reason}"))
        self._waits = True
        self._bar.update(self._task, description="Waiting", until=self._bar.get_time() + seconds)


class _Rate(ProgressColumn):
    """How many letters go in a second; worked out when it is shown, for that takes longer than to count a letter."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed and task.fields["until"] is None else "")


@contextmanager
def shown_progress(total: int, screen: Console | None = None) -> Iterator[TerminalBar]:
    """What tells how far a run is, on standard error unless a *screen* is given.

    On a terminal it is a bar, with how fast it goes and how long it takes.
    """
    screen = screen or console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        Left(table_column=Column(no_wrap=True)),
    )
    with ProgressBar(screen, *columns) as bar:
        yield TerminalBar(bar, total)


@contextmanager
def stopped_by_signals(stop: Callable[[str], None]) -> Iterator[None]:
    """Have the first signal to stop call *stop* with a reason, and the next one end the program at once.

    Then nobody knows what became of the emails on their way; a lost terminal is no reason for that.
    """

    def stop_once(number: int, frame: object) -> None:
        stop("you stopped it; emails on their way were finished")
        for each in before:
            signal.signal(each, leave)

    def leave(number: int, frame: object) -> None:
        os._exit(128 + number)  # anything else would wait for the threads, and they for the server

    asked = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        asked.append(signal.SIGHUP)
    before = {each: signal.signal(each, stop_once) for each in asked}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
