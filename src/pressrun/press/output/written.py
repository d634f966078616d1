"""What became of the files of an output."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrittenOutput:
    """What happened to the output: paths below the destination, in order."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()  # stale, but somebody changed them by hand
