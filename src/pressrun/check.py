"""A check: all that is wrong with a publication, told before anything is written; and what of it mends itself."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pressrun.content.checks import place_of
from pressrun.content.files import ContentFolder, rewrite
from pressrun.content.load import load
from pressrun.content.masthead import Masthead
from pressrun.content.mint import minted
from pressrun.explain import pages
from pressrun.external.answers import OUTSIDE
from pressrun.model.edition import Edition
from pressrun.model.story import Story
from pressrun.output.write import clashes
from pressrun.press import Press, Wanted
from pressrun.problems import ContentError, Problem, Severity, in_file_order
from pressrun.rules import findings
from pressrun.silence import of_no_use, without_silenced

# What a build lets through with a warning, and a gate does not.
GRAVER = frozenset({"id-not-minted"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The codes that a check shall tell of: the *selected*, or all; but none of those *ignored*."""

    selected: frozenset[str] | None = None
    ignored: frozenset[str] = frozenset()

    def __contains__(self, code: str) -> bool:
        return code not in self.ignored and (self.selected is None or code in self.selected)


ALL = Asked()


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


@dataclass(frozen=True, slots=True)
class Fix:
    """A file that mends itself: its text as it lies on disk and as it should be, and in a word what is done."""

    folder: ContentFolder
    path: str
    before: str
    after: str
    what: str

    @property
    def file(self) -> str:
        """The file as a person would name it."""
        return f"{self.folder.name}/{self.path}"

    def diff(self) -> str:
        """The change in the form that `git apply` and `patch -p1` take."""
        lines = difflib.unified_diff(
            _lines(self.before), _lines(self.after), fromfile=f"a/{self.file}", tofile=f"b/{self.file}"
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Fixing:
    """All that can be mended, decided and not done yet; and the Problems of what cannot."""

    fixes: tuple[Fix, ...] = ()
    problems: tuple[Problem, ...] = ()


NO_FIXING = Fixing()


Beyond = Callable[[Press], Iterable[Problem]]


def nothing_beyond(_press: Press) -> Iterable[Problem]:
    """No Problem: nobody outside of the publication is asked."""
    return ()


def check(
    source: Path, wanted: Wanted, fixing: Fixing = NO_FIXING, asked: Asked = ALL, *, beyond: Beyond = nothing_beyond
) -> Findings:
    """All that is wrong with the publication in *source*, as a build would find it and beyond; nothing is written.

    What readers would see again as new is found by the last build, where one lies in *source*.

    What *fixing* mends, or tells better, is left out; and so are the codes that are not *asked* for, and what the
    files themselves silence. *beyond* is given the press after its run, and finds what cannot be found in the
    publication alone.
    """
    try:
        press = Press.of(source, wanted)
    except ContentError as error:
        return Findings(tuple(problem for problem in error.problems if problem.code in asked))
    files = press.run()
    problems = press.problems
    if not any(problem.code == "duplicate-slug" for problem in problems):
        problems += clashes(files)
    problems += findings(press, files, source)
    problems += beyond(press)
    problems = [_as_grave_as_here(problem) for problem in problems]
    # What other hosts say changes from day to day, and most checks do not ask them.
    unasked = {code for code in pages() if code not in asked} | OUTSIDE
    problems = [*without_silenced(press, problems), *of_no_use(press, problems, pages(), unasked)]
    settled = {fix.file for fix in fixing.fixes} | {problem.position.file for problem in fixing.problems}
    problems = [
        problem for problem in problems if problem.code != "id-not-minted" or problem.position.file not in settled
    ]
    told = in_file_order([*problems, *fixing.problems])
    return Findings(
        problems=tuple(problem for problem in told if problem.code in asked),
        stories=len(press.stories),
        editions=len(press.editions),
        held_back=len(press.held_back),
    )


def _as_grave_as_here(problem: Problem) -> Problem:
    return replace(problem, severity=Severity.ERROR) if problem.code in GRAVER else problem


def fixes_for(source: Path) -> Fixing:
    """All that mends itself in the publication in *source*: an id for every story and edition that has none.

    Drafts and what lies in the future get theirs too. Nothing is written: *mend* does that.
    """
    content, _ = load(source)
    if content is None:
        return NO_FIXING
    folder = content.folder
    pieces: list[Story | Edition] = [*content.stories, *content.editions]
    ids = Counter(piece.id for piece in pieces)
    places = Counter(folder.files[piece.source].resolve() for piece in pieces)
    # Before and after are read alike, so that it does not matter whom the masthead knows.
    masthead = Masthead(content.publication, {})
    fixes: list[Fix] = []
    problems: list[Problem] = []
    for piece in pieces:
        if piece.id_is_minted or ids[piece.id] > 1:
            continue  # two that would get one id: a check tells of them
        place = folder.files[piece.source]
        if places[place.resolve()] > 1:
            problems.append(_shared(piece))
            continue
        before = place.read_bytes().decode()
        after, found = minted(before, piece, masthead)
        problems += found
        if after is not None:
            fixes.append(Fix(folder, piece.source, before, after, f"id: {piece.id}"))
    return Fixing(tuple(fixes), tuple(problems))


def _shared(piece: Story | Edition) -> Problem:
    return Problem(
        place_of(piece, "title"),
        code="id-not-minted",
        message="this file is read under two names, and no two pieces can have one id",
        hint="put a copy where the link is, or delete the link",
    )


def mend(fix: Fix) -> None:
    """Write what *fix* says, the file whole."""
    rewrite(fix.folder, fix.path, fix.after.encode())


def _lines(text: str) -> list[str]:
    # Not splitlines(), which also ends lines at signs that no editor ends them at.
    lines: list[str] = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    return [f"{line[:-1]}\n" if line.endswith("\r") else line for line in lines]
