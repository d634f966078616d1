"""What a build did, as it is told; light, because a build with nothing to do loads little else."""

from dataclasses import dataclass
from typing import NamedTuple

from pressrun.model.problems import Problem
from pressrun.press.newsletter.size import Size
from pressrun.press.output.written import WrittenOutput

PAGES, FEEDS, NEWSLETTER = "pages", "feeds", "newsletter"
PARTS = (PAGES, FEEDS, NEWSLETTER)
WHOLE = frozenset(PARTS)


class MadeLetter(NamedTuple):
    """A letter that lies in the outbox: its folder below the destination, and the size of its HTML."""

    path: str
    size: Size


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did, and all the *problems* that it found; errors are those of invalid stories and editions.

    Of the files of these, *kept* are in the output in their last good version, and *left_out* are not; *missing* are
    those of the latter that may have been published before.
    """

    written: WrittenOutput
    stories: int
    editions: int
    held_back: int
    letters: tuple[MadeLetter, ...]
    problems: tuple[Problem, ...]
    kept: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
