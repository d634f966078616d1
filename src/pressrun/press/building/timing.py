"""Where the time of a run goes, by stage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stages:
    """The seconds that each stage took, in the order in which they began; *clock* is asked for the time.

    *notes* say how much there was to do.
    """

    clock: Callable[[], float]
    seconds: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """The time between begin and end is that of the stage *name*."""
        self.seconds.setdefault(name, 0.0)
        began = self.clock()
        try:
            yield
        finally:
            self.seconds[name] += self.clock() - began

    def note(self, name: str, note: str) -> None:
        """Say of the stage *name* how much there was to do."""
        self.notes[name] = note


def untimed() -> Stages:
    """Stages of a run whose time nobody wants to know."""
    return Stages(lambda: 0.0)
