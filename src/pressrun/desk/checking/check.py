"""A check: all that is wrong with a publication, told before anything is written."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pressrun.desk.checking.fix import NO_FIXING, Fixing
from pressrun.desk.checking.rules import Look, findings, look_at
from pressrun.hosts.answers import OUTSIDE
from pressrun.manual.codes import pages
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.output import OutputFile
from pressrun.model.problems import ContentError, Problem, Severity, in_file_order
from pressrun.model.severities import Command, all_judged
from pressrun.press.building.ignored import of_no_use, without_ignored
from pressrun.press.building.press import Press
from pressrun.press.building.run import Run
from pressrun.press.output.write import clashes


@dataclass(frozen=True, slots=True)
class CodeSelection:
    """The codes that a check shall tell of: the *selected*, or all; but none of those *ignored*."""

    selected: frozenset[str] | None = None
    ignored: frozenset[str] = frozenset()

    def __contains__(self, code: object) -> bool:
        return code not in self.ignored and (self.selected is None or code in self.selected)


ALL = CodeSelection()


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found: how much there is of what is due, and every Problem that was asked for, in file order."""

    problems: tuple[Problem, ...]
    stories: int = 0
    editions: int = 0
    held_back: int = 0

    @property
    def counts(self) -> dict[Severity, int]:
        """How many of the Problems are of each severity."""
        found = Counter(problem.severity for problem in self.problems)
        return {severity: found[severity] for severity in Severity}


Beyond = Callable[[Press], Iterable[Problem]]


def nothing_beyond(_press: Press) -> Iterable[Problem]:
    """No Problem: nobody outside of the publication is asked."""
    return ()


def check(
    source: Path,
    build_request: BuildRequest,
    fixing: Fixing = NO_FIXING,
    asked: CodeSelection = ALL,
    *,
    beyond: Beyond = nothing_beyond,
) -> Findings:
    """All that is wrong with the publication in *source*, as a build would find it and beyond; nothing is written.

    What readers would see again as new is found by the last build, where one lies in *source*.

    It is checked as if *fixing* were done already, and what that tells better is told so. Left out are the codes
    that are not *asked* for, and what the files themselves silence. *beyond* is given the plan of the run, and
    finds what cannot be found in the publication alone.
    """
    try:
        run = Run.of(source, build_request, fixing.bytes_by_path)
    except ContentError as error:
        return Findings(tuple(problem for problem in error.problems if problem.code in asked))
    problems = found(run, run.files(), source, asked, beyond=beyond)
    better = {(problem.code, problem.position.file) for problem in fixing.problems}
    problems = [problem for problem in problems if (problem.code, problem.position.file) not in better]
    told = in_file_order([*problems, *fixing.problems])
    return Findings(
        problems=tuple(problem for problem in told if problem.code in asked),
        stories=len(run.press.stories),
        editions=len(run.press.editions),
        held_back=len(run.press.held_back),
    )


def found(
    run: Run,
    files: Sequence[OutputFile],
    built: Path,
    asked: CodeSelection = ALL,
    *,
    beyond: Beyond = nothing_beyond,
    look: Look = look_at,
) -> list[Problem]:
    """All that is wrong with what *run* has made, its *files*, but for what the publication's own files silence.

    *built* is where the last build lies. *look* looks at one story.
    """
    press = run.press
    problems = list(run.problems)
    if not any(problem.code == "duplicate-slug" for problem in problems):
        problems += clashes(files)
    # Of a last good version nobody wants advice.
    invalid = press.validity.invalid
    problems += [each for each in findings(run, files, built, look) if press.content.owner_of(each) not in invalid]
    problems += beyond(press)
    problems = all_judged(problems, Command.CHECK)
    # What other hosts say changes from day to day, and most checks do not ask them.
    unasked = {code for code in pages() if code not in asked} | OUTSIDE
    idle = of_no_use(press, problems, pages(), unasked, has_letters=bool(run.letters))
    return [*without_ignored(press, problems), *idle]
