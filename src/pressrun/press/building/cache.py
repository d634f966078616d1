"""What one run made and the next would make again: a folder of files, each named by all that it was made of.

It may be deleted at any time, and is never wrong: an entry counts only if it is whole and belongs to exactly
the key that is asked for. No clock has a say in it, and nothing that lies there is ever run.
"""

import contextlib
import functools
import hashlib
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pressrun import __version__

FOLDER = ".cache/pressrun"
USED = "used"
TEMPORARY = ".new-"
# The folder is nobody's work: git leaves it out, and so do backup programs that know https://bford.info/cachedir/.
FURNITURE = {
    ".gitignore": b"# Pressrun can make all of this again.\n*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# Pressrun can make all of this again.\n",
}
_KIND = re.compile(r"[a-z]+(?:-[a-z]+)*")
_ENTRY = re.compile(rf"({_KIND.pattern})/[0-9a-f]{{2}}/[0-9a-f]{{62}}")

Key = bytes | str | Sequence[bytes | str]


class Cache:
    """The entries below *folder*; with None there are none, and everything is made.

    As a context it forgets at the end what neither this run nor the one before has used.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._used: set[str] = set()

    def made(self, kind: str, key: Key, make: Callable[[], bytes]) -> bytes:
        """What *make* gives, or gave an earlier run for the same *kind* and *key*.

        *key* holds everything that *make* looks at, and the `versions` of the libraries that it calls; Pressrun
        and Python are seen to here. Where the folder cannot be read or written, *make* is called, and that is all.
        """
        if not _KIND.fullmatch(kind):
            raise ValueError(f"{kind!r} is no kind of entry: small letters, with hyphens between them")
        digest = _digest_of(kind, key)
        name = f"{kind}/{digest[:2]}/{digest[2:]}"
        self._used.add(name)
        kept = self._read(name, digest)
        if kept is not None:
            return kept
        content = make()
        self._keep(name, digest, content)
        return content

    def close(self) -> None:
        """Forget what neither this run nor the one before has used, of the kinds that this run asked for.

        A run that makes no letters says nothing about the letters of another.
        """
        if self._folder is None or not self._used:
            return
        kinds = {_kind_of(name) for name in self._used}
        before = _used_before(self._folder)
        after = self._used | {name for name in before if _kind_of(name) not in kinds}
        with contextlib.suppress(OSError):
            for name in _entries(self._folder):
                if _kind_of(name) in kinds and name not in self._used and name not in before:
                    (self._folder / name).unlink(missing_ok=True)
            for leftover in _leftovers(self._folder):
                leftover.unlink(missing_ok=True)
            if after != before:
                _write(self._folder / USED, "\n".join(sorted(after)).encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:  # a run that was cut short has not asked for all that it needs
            self.close()

    def _read(self, name: str, digest: str) -> bytes | None:
        """The content of the entry *name*, if it is whole and its key is that of *digest*."""
        if self._folder is None:
            return None
        try:
            entry = (self._folder / name).read_bytes()
        except OSError:
            return None
        seal, _, content = entry.partition(b"\n")
        return content if seal == _seal(digest, content) else None

    def _keep(self, name: str, digest: str, content: bytes) -> None:
        if self._folder is None:
            return
        # The disk is full or read-only, or a file lies where a folder belongs: then the next run makes it again.
        note(self._folder, name, _seal(digest, content) + b"\n" + content)


def noted(folder: Path, name: str) -> bytes | None:
    """What lies in *folder* as *name*: no entry, but a file that whoever wrote it knows to judge; None without it."""
    try:
        return (folder / name).read_bytes()
    except OSError:
        return None


def note(folder: Path, name: str, data: bytes) -> None:
    """Put *data* into *folder* as *name*, whole or not at all; where the disk says no, that is all."""
    with contextlib.suppress(OSError):
        _furnish(folder)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _write(folder / name, data)


def furnished(folder: Path) -> Path | None:
    """*folder*, with what tells git and backup programs to leave it alone; None where the disk says no."""
    try:
        _furnish(folder)
    except OSError:
        return None
    return folder


def _furnish(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for piece, content in FURNITURE.items():
        if not (folder / piece).exists():
            _write(folder / piece, content)


def versions(*names: str) -> str:
    """Which versions of the distributions *names* are installed, as a part of a key: another may make another thing."""
    return ", ".join(f"{name} {_version(name)}" for name in names)


@functools.cache
def _version(name: str) -> str:
    from importlib import metadata  # takes longer than most of what is kept here, so only where it is needed

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


@functools.cache
def _program() -> bytes:
    """What Pressrun itself is: its version, its very text, and the Python that runs it.

    The version alone would keep what a program made that was changed since, as it is while one works on it.
    """
    digest = hashlib.sha256(f"{__version__}\n{sys.version}\n".encode())
    for path in sorted(Path(__file__).parents[2].rglob("*.py")):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def _digest_of(kind: str, key: Key) -> str:
    """What *key* is known by. Every part has its length before it, so that no two keys run together into one."""
    digest = hashlib.sha256(_program())
    for part in (kind, *([key] if isinstance(key, bytes | str) else key)):
        data, sort = (part, b"b") if isinstance(part, bytes) else (part.encode("utf-8", "surrogatepass"), b"s")
        digest.update(sort + len(data).to_bytes(8) + data)
    return digest.hexdigest()


def _seal(digest: str, content: bytes) -> bytes:
    """What stands before *content*: a cut, a changed and a misplaced entry do not go with theirs."""
    return hashlib.sha256(bytes.fromhex(digest) + content).hexdigest().encode()


def _entries(folder: Path) -> Iterator[str]:
    """The names of all entries; what else lies in *folder* is none of our business."""
    names = [path.relative_to(folder).as_posix() for path in folder.glob("*/*/*")]
    return (name for name in names if _ENTRY.fullmatch(name))


def _leftovers(folder: Path) -> list[Path]:
    """What a run that was killed left half written, where this program writes and nowhere else."""
    places = (folder, *(path for path in folder.glob("*/[0-9a-f][0-9a-f]") if _KIND.fullmatch(path.parent.name)))
    return [path for place in places for path in place.glob(f"{TEMPORARY}*") if path.is_file()]


def _used_before(folder: Path) -> set[str]:
    """What the run before used; nothing where that cannot be known."""
    try:
        lines = (folder / USED).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    return {line for line in lines if _ENTRY.fullmatch(line)}


def _kind_of(name: str) -> str:
    return name.partition("/")[0]


def _write(path: Path, data: bytes) -> None:
    """Bring *data* to *path* whole or not at all, also where two runs do so at once."""
    handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
