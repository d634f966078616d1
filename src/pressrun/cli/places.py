"""Where a file lies, as seen from where the command runs, or from the root of the repository."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from pressrun.model.problems import Problem
from pressrun.settings.git import work_tree_of

# The packaged templates lie in nobody's repository.
PACKAGED = "pressrun/"

Seen = Callable[[str], str]


def from_here(source: Path) -> Seen:
    """The path of each file of the publication in *source*, from the working directory where it lies below it."""
    here = Path.cwd()

    def seen(file: str) -> str:
        path = source / file
        return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()

    return _but_for_packaged(seen)


def from_the_root(source: Path) -> Seen:
    """The same from the root of the repository that *source* lies in, which need not be where the command runs."""
    root = work_tree_of(source)
    if root is None:
        return from_here(source)
    return _but_for_packaged(lambda file: (source.resolve() / file).relative_to(root).as_posix())


def seen(problems: Iterable[Problem], path_of: Seen) -> list[Problem]:
    """*problems*, each in the file that *path_of* gives for its own."""
    return [
        replace(problem, position=replace(problem.position, file=path_of(problem.position.file)))
        for problem in problems
    ]


def _but_for_packaged(path_of: Seen) -> Seen:
    return lambda file: file if file.startswith(PACKAGED) else path_of(file)
