"""A check: all that is wrong with a publication, told before anything is written."""

from dataclasses import dataclass, replace
from pathlib import Path

from pressrun.fix import NO_FIXING, Fixing
from pressrun.output.write import clashes
from pressrun.press import Press, Wanted
from pressrun.problems import ContentError, Problem, Severity, in_file_order
from pressrun.rules import findings

# What a build lets through with a warning, and a gate does not.
GRAVER = frozenset({"id-not-minted"})


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found: how much there is of what is due, and every Problem in file order."""

    problems: tuple[Problem, ...]
    stories: int = 0
    editions: int = 0
    held_back: int = 0


def check(source: Path, wanted: Wanted, fixing: Fixing = NO_FIXING) -> Findings:
    """All that is wrong with the publication in *source*, as a build would find it and beyond; nothing is written.

    What readers would see again as new is found by the last build, where one lies in *source*.

    It is checked as if *fixing* were done already; what that tells better is told so.
    """
    try:
        press = Press.of(source, wanted, fixing.bytes_by_path)
    except ContentError as error:
        return Findings(tuple(error.problems))
    files = press.run()
    problems = press.problems
    if not any(problem.code == "duplicate-slug" for problem in problems):
        problems += clashes(files)
    problems += findings(press, files, source)
    told = {(problem.code, problem.position.file) for problem in fixing.problems}
    problems = [problem for problem in problems if (problem.code, problem.position.file) not in told]
    return Findings(
        problems=tuple(in_file_order([*map(_as_grave_as_here, problems), *fixing.problems])),
        stories=len(press.stories),
        editions=len(press.editions),
        held_back=len(press.held_back),
    )


def _as_grave_as_here(problem: Problem) -> Problem:
    return replace(problem, severity=Severity.ERROR) if problem.code in GRAVER else problem
