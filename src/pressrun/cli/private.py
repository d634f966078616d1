"""Files that hold people: never where git would keep them, and nobody else reads them."""

import os
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
