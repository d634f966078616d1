"""What a build reports: what it made, what it kept, and what it left out."""

from collections.abc import Iterable, Sequence

from pressrun.content.load import CONTENT
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.edition import Edition
from pressrun.model.problems import Position, Problem, Severity, in_file_order
from pressrun.model.story import Story
from pressrun.press.building.earlier import Earlier
from pressrun.press.building.press import Press
from pressrun.press.building.report import BuildReport, MadeLetter
from pressrun.press.output.written import WrittenOutput


def report_of(
    press: Press,
    letters: Sequence[MadeLetter],
    written: WrittenOutput,
    problems: Sequence[Problem],
    earlier: Earlier,
    build_request: BuildRequest,
) -> BuildReport:
    """Return the report of a build of *press* that has *written* the output and made *letters*."""
    told = [*problems, *(_left_alone(path) for path in written.left_alone)]
    out = press.stories.keys() | press.editions.keys() | press.validity.found_editions.keys()
    left_out = press.validity.invalid - out - _not_out(press, build_request)
    return BuildReport(
        written=written,
        stories=len(press.stories),
        editions=len(press.editions),
        held_back=len(press.held_back),
        letters=tuple(letters),
        problems=tuple(in_file_order(told)),
        kept=_files(press.validity.invalid & out),
        left_out=_files(left_out),
        missing=_files(source for source in left_out if earlier.is_missing(source)),
    )


def _not_out(press: Press, build_request: BuildRequest) -> set[str]:
    """Return the sources of invalid pieces that nobody would see now if they were valid."""
    pieces: list[Story | Edition] = [*press.written.stories, *press.written.editions]
    invalid = press.validity.invalid
    return {piece.source for piece in pieces if piece.source in invalid and build_request.why_not(piece)}


def _files(sources: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{CONTENT}/{source}" for source in sorted(sources))


def _left_alone(path: str) -> Problem:
    return Problem(
        Position(path),
        code="output-changed",
        message="this belongs to an earlier build, but was changed since, and is left alone",
        hint="delete it if you do not need it",
        severity=Severity.WARNING,
    )
