"""Files that hold people: never where git would keep them, and nobody else reads them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from pressrun.cli.git import would_enter_git

MINE_ALONE = 0o600


def refuse_in_git(
    path: Path, what: str, instead: str, *, because: str = "names real people", told: Path | None = None
) -> None:
    """Raise a UsageError where git would keep *path*, which is *what*; *instead* says what else to do.

    *because* is why that must not be, as the end of a sentence. *told* is what a person sees in the place of *path*.
    """
    if would_enter_git(path, os.environ):
        raise click.UsageError(
            f"{told or path} lies in a git work tree and is not ignored there, and {what} {because}: {instead}."
        )


def private_file(path: Path) -> IO[str]:
    """*path*, made or emptied, for text in UTF-8; git has been asked already."""
    if path.parent.name == "var":
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), MINE_ALONE)
    if os.name == "posix":
        os.fchmod(place, MINE_ALONE)  # it may have been there already, for all to read
    return os.fdopen(place, "w", encoding="utf-8", newline="")


@contextmanager
def replaced_file(path: Path) -> Iterator[IO[str]]:
    """The same, but what was there stays until all is written: half an export is none."""
    beside = path.with_name(f".{path.name}.part")
    if (path.exists() and not path.is_file()) or would_enter_git(beside, os.environ):
        with private_file(path) as file:
            yield file
        return
    try:
        with private_file(beside) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
