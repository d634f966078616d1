"""What a build did, as it is told; light, because a build with nothing to do loads little else."""

from dataclasses import dataclass
from typing import NamedTuple

from pressrun.newsletter.size import Size
from pressrun.output.written import Written
from pressrun.problems import Problem

PAGES, FEEDS, NEWSLETTER = "pages", "feeds", "newsletter"
PARTS = (PAGES, FEEDS, NEWSLETTER)
WHOLE = frozenset(PARTS)


class MadeLetter(NamedTuple):
    """A letter that lies in the outbox: its folder below the destination, and the size of its HTML."""

    path: str
    size: Size


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did. *problems* are warnings and hints only."""

    written: Written
    stories: int
    editions: int
    held_back: int
    letters: tuple[MadeLetter, ...]
    problems: tuple[Problem, ...]
