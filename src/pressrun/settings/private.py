"""Files that hold people: never where git would keep them, and nobody else reads them."""

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pressrun.model.problems import SettingsError
from pressrun.settings.git import would_enter_git

MINE_ALONE = 0o600


def refuse_in_git(
    path: Path, what: str, instead: str, *, because: str = "names real people", told: Path | None = None
) -> None:
    """Raise SettingsError where git would keep *path*, which is *what*; *instead* says what else to do.

    *because* is why that must not be, as the end of a sentence. *told* is what a person sees in the place of *path*.
    """
    if would_enter_git(path, os.environ):
        raise SettingsError(
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


def replace_secret(path: Path, text: str) -> None:
    """Replace the content of *path*, or of the file that a link there names, with *text*, all at once or not at all.

    A new file is for its owner alone. One that is there keeps its owner and group, and its mode unless everybody could
    read it; then it is for its owner alone as well. Raises OSError if that cannot be.
    """
    place, beside = path.resolve(), secret_beside(path)
    before = place.stat() if place.exists() else None
    try:
        with private_file(beside) as file:
            file.write(text)
            file.flush()
            if before is not None and os.name == "posix":
                if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
                is_open = before.st_mode & (stat.S_IROTH | stat.S_IWOTH)
                os.fchmod(file.fileno(), MINE_ALONE if is_open else stat.S_IMODE(before.st_mode))
            os.fsync(file.fileno())
        os.replace(beside, place)
        _sync(place.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def secret_beside(path: Path) -> Path:
    """Return the file that takes the place of *path* once it is whole."""
    place = path.resolve()
    return place.with_name(f".{place.name}.part")


def _sync(folder: Path) -> None:
    """Have a renamed file survive a power cut, where a folder can be synced."""
    if os.name == "posix":
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


def read_private(path: Path, harm: str) -> bytes:
    """Return the content of *path*, a key; *harm* is what others could do who have it, such as "sign as you".

    Raises SettingsError if others can read the file (POSIX only), and OSError if it cannot be read.
    """
    with path.open("rb") as file:
        if os.name == "posix":
            found = os.fstat(file.fileno())
            # A file of another user may be ours by its group alone: systemd's credentials, or one of root's.
            theirs = stat.S_IROTH | (stat.S_IRGRP if found.st_uid == os.geteuid() else 0)
            if found.st_mode & theirs:
                raise SettingsError(
                    f"Others can read the key {path}, and could {harm}: chmod 600 {shlex.quote(str(path))}"
                )
        return file.read()
