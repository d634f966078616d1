"""What the system says of files without opening them, and what a program and its libraries are known by."""

import functools
import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pressrun
from pressrun.press.output.stage import INODE

# What the output depends on beside Pressrun itself, as the folders of installed distributions are named.
LIBRARIES = frozenset(
    "cssselect cssutils feedgen idna jinja2 lxml markupsafe nh3 pillow premailer pydantic pydantic_core pyromark"
    " python_dateutil pyyaml tzdata".split()
)
_PARTS = (".py", ".html", ".css", ".txt", ".yaml")


class FileState(NamedTuple):
    """While this is the same, so are the file's bytes: any way to change them moves one of the four.

    But for one: who changes a file again within the same tick of the clock that it was read in. Such a file is told
    by `is_fresh`.
    """

    size: int
    mtime: int
    changed: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> "FileState":
        """The part of *found* that tells of the bytes."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino & INODE)

    def is_fresh(self, tick: int) -> bool:
        """Whether the file was written at *tick* or later: a change after it was read may not show."""
        return max(self.mtime, self.changed) >= tick


# Of no file: whoever compares with it looks again.
NO_STATE = FileState(-1, -1, -1, -1)


def states_of(places: Mapping[str, str]) -> dict[str, FileState]:
    """The state of each file of *places*, by the same name; one that is gone meanwhile is left out."""
    stat = os.stat
    found = {}
    for path, place in places.items():
        try:
            found[path] = FileState.of(stat(place))
        except OSError:
            continue
    return found


def digest_of_states(states: Mapping[str, FileState]) -> str:
    """What all of *states* together are known by, in their order."""
    lines = (f"{path}\0{state[0]} {state[1]} {state[2]} {state[3]}" for path, state in states.items())
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def tick_of(place: Path) -> int:
    """The time now by the clock of the file system that the file at *place* is on; its own times stay as they are.

    The beginning of all time where that cannot be known, so that every file counts as written since.
    """
    try:
        before = os.stat(place)
        os.utime(place)
        now = os.stat(place).st_mtime_ns
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    except OSError:  # such as of a file that somebody else owns
        return 0
    return now


@functools.cache
def program() -> str:
    """What Pressrun, its libraries and the Python that runs them are known by.

    Pressrun by its very text: the version alone would keep what a program made that was changed since, as it is while
    one works on it.
    """
    digest = hashlib.sha256(f"{pressrun.__version__}\n{sys.version}\n".encode())
    for place in _parts(os.path.dirname(os.path.abspath(pressrun.__file__))):
        with open(place, "rb") as stream:
            digest.update(hashlib.sha256(stream.read()).digest())
    for name in sorted(_distributions()):
        digest.update(f"{name}\n".encode())
    return digest.hexdigest()


def _parts(folder: str) -> Iterable[str]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            if entry.name not in ("__pycache__", "manual"):
                yield from _parts(entry.path)
        elif entry.name.endswith(_PARTS):
            yield entry.path


def _distributions() -> set[str]:
    """The names and versions of the libraries, by the folders that tell of them; importlib's own way takes 30 ms."""
    found = set()
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                library = name.partition("-")[0].lower().replace(".", "_")
                if library in LIBRARIES:
                    found.add(name.lower())
    return found


def zone_file(name: str) -> bytes:
    """The bytes of the time zone *name*, as zoneinfo would find them; empty where it has none."""
    import zoneinfo

    for folder in zoneinfo.TZPATH:
        place = os.path.join(folder, *name.split("/"))
        if os.path.isfile(place):
            with open(place, "rb") as stream:
                return stream.read()
    try:
        from importlib import resources

        return resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()
    except (ImportError, OSError):
        return b""
