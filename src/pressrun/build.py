"""A build: from the content folder to feeds, pages and letters on disk."""

from dataclasses import dataclass
from pathlib import Path

from pressrun.diff import refloods
from pressrun.letters import Letter
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.output.write import Written, clashes, write
from pressrun.press import Press, Wanted
from pressrun.problems import ContentError, Position, Problem, Severity, errors_in, in_file_order
from pressrun.silence import without_silenced


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did. *problems* are warnings and hints only."""

    written: Written
    stories: int
    editions: int
    held_back: int
    letters: tuple[Letter, ...]
    problems: tuple[Problem, ...]


def build(source: Path, destination: Path, wanted: Wanted, *, allow_reflood: bool = False) -> Report:
    """Build the publication in *source* into *destination*.

    Raises ContentError with every Problem when there is an error, and then writes nothing. It is an error
    if readers would be shown a story again as new, unless *allow_reflood* says that they shall be.
    """
    press = Press.of(source, wanted)
    files = press.run()
    problems = press.problems
    if not any(problem.code == "duplicate-slug" for problem in problems):
        problems += clashes(files)
    if not allow_reflood:
        found = refloods(press, files, destination)
        # Which id to write is told once, and it is the old one.
        told = {problem.position for problem in found}
        problems = [each for each in problems if each.code != "id-not-minted" or each.position not in told] + found
    problems = without_silenced(press, problems)
    if errors_in(problems):
        raise ContentError(problems)
    written = write(files, destination, (PUBLIC, OUTBOX))
    problems += [_left_alone(path) for path in written.left_alone]
    return Report(
        written=written,
        stories=len(press.stories),
        editions=len(press.editions),
        held_back=len(press.held_back),
        letters=tuple(press.letters.values()),
        problems=tuple(in_file_order(problems)),
    )


def _left_alone(path: str) -> Problem:
    return Problem(
        Position(path),
        code="output-changed",
        message="this belongs to an earlier build, but was changed since, and is left alone",
        hint="delete it if you do not need it",
        severity=Severity.WARNING,
    )
