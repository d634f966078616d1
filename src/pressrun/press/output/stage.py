"""The stage: where files of the output wait, whole, until a build is known to be good and all take their places.

It lies inside of the output folder, so that putting a file in its place is a rename. Several processes may bring
files to one stage at the same time.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

try:
    import fcntl
except ImportError:  # on Windows; there two builds into one folder at a time are at their own risk
    fcntl = None  # type: ignore[assignment]

from pressrun.model.addresses import is_inside
from pressrun.model.output import OutputFile
from pressrun.model.problems import Position, Problem
from pressrun.press.output.manifest import NAME as MANIFEST

STAGE = ".pressrun-new-"
NEW, CHANGED, SAME, REFUSED = "new", "changed", "unchanged", "refused"
# Some file systems use all 64 bits, and SQLite has 63.
INODE = (1 << 63) - 1
_CHUNK = 1 << 20


class FileIdentity(NamedTuple):
    """What the system says of a file without opening it: while that is the same, so are its bytes."""

    size: int
    mtime: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> "FileIdentity":
        """The part of *found* that tells of the bytes."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ino & INODE)


class Brought(NamedTuple):
    """A file that was brought to the stage, or lay in its place already, with the same bytes.

    *fate* is NEW, CHANGED, SAME, or REFUSED where *problem* says what is in the way.
    """

    path: str
    origin: str
    digest: str
    state: FileIdentity | None
    fate: str
    problem: Problem | None = None


@dataclass(slots=True)
class _Root:
    name: str
    path: str
    real: str
    blocked: str | None  # what speaks against writing there, as the end of a sentence
    is_bare: bool  # nothing lies there yet, so that nothing can be in the way
    manifest: FileIdentity | None  # as it lay there when this build began
    stage: str | None = None  # made when the first file waits
    held: int | None = None  # what tells others that this build goes on
    made: tuple[str, ...] = ()  # folders that were not there before, the outermost first


class Stage:
    """The stage of one build into *destination*."""

    def __init__(self, destination: Path) -> None:
        self.destination = destination
        self._roots: dict[str, _Root] = {}
        self._seen: dict[str, str | None] = {}  # what speaks against a folder, where anything does

    def open(self, name: str) -> bool:
        """Make room for files below the root *name*, as has to be done before workers bring any.

        False where nothing is to be written there. Raises OSError where the disk does not play along.
        """
        root = self._root(name)
        if root.blocked:
            return False
        self._place(root)
        return True

    def _root(self, name: str) -> _Root:
        if name not in self._roots:
            path = self.destination / name
            blocked = None
            if leads_out(path):
                blocked = "is a link that leads out of the destination"
            elif path.exists() and not path.is_dir():
                blocked = "is a file where a folder belongs"
            is_bare = not blocked and (not path.exists() or not any(path.iterdir()))
            manifest = _state_there(path / MANIFEST)
            self._roots[name] = _Root(name, str(path), os.path.realpath(path), blocked, is_bare, manifest)
        return self._roots[name]

    def _place(self, root: _Root) -> str:
        """The folder where files below *root* wait."""
        if root.stage is None:
            import tempfile  # a build with nothing to do only looks for stages, and need not wait for it

            path = Path(root.path)
            root.made = tuple(str(each) for each in (*reversed(path.parents), path) if not each.exists())
            path.mkdir(parents=True, exist_ok=True)
            root.stage = tempfile.mkdtemp(prefix=STAGE, dir=path)
            root.held = _held(root.stage)
        return root.stage

    def put(self, file: OutputFile) -> Brought:
        """Bring *file* to the stage, unless its bytes lie in their place already."""
        name, _, rest = file.path.partition("/")
        root = self._root(name)
        if root.blocked:
            return self._refused(file, root.blocked, name)
        if not is_inside(file.path):  # told as a clash
            return Brought(file.path, file.origin, "", None, REFUSED)
        fate = NEW
        if not root.is_bare:
            target = f"{root.path}/{rest}"
            if what := self._in_the_way(root, target):
                return self._refused(file, what, file.path)
            if kept := _same(file.content, target):
                return Brought(file.path, file.origin, kept[0], kept[1], SAME)
            fate = CHANGED if os.path.lexists(target) else NEW
        try:
            digest, state = _laid(file.content, f"{self._place(root)}/{rest}")
        except (FileExistsError, IsADirectoryError, NotADirectoryError):  # a file and a folder of one name: a clash
            return Brought(file.path, file.origin, "", None, REFUSED)
        return Brought(file.path, file.origin, digest, state, fate)

    def _refused(self, file: OutputFile, what: str, path: str) -> Brought:
        return Brought(file.path, file.origin, "", None, REFUSED, in_the_way(path, file.origin, what))

    def _in_the_way(self, root: _Root, target: str) -> str | None:
        """What speaks against writing to *target*, as the end of a sentence."""
        folder = os.path.dirname(target)
        if folder not in self._seen:
            self._seen[folder] = _against_folder(root, folder)
        if what := self._seen[folder]:
            return what
        try:
            mode = os.lstat(target).st_mode
        except FileNotFoundError:
            return None
        if stat.S_ISLNK(mode):
            return "leads out of the output folder through a link"
        return "is a folder" if stat.S_ISDIR(mode) else None

    def bytes_of(self, path: str) -> bytes:
        """The bytes of the file *path* of the output: what waits on the stage, else what lies in its place."""
        name, _, rest = path.partition("/")
        root = self._root(name)
        for folder in (root.stage, root.path):
            with contextlib.suppress(FileNotFoundError):
                if folder is not None:
                    return Path(folder, rest).read_bytes()
        raise FileNotFoundError(errno.ENOENT, "it is neither on the stage nor in its place", path)

    def settle(self, name: str) -> None:
        """Put all files that wait below the root *name* in their places."""
        root = self._root(name)
        _merge(self._place(root), root.path)

    def put_manifest(self, name: str, data: bytes) -> None:
        """Give the manifest of the root *name* new bytes, whole or not at all."""
        root = self._root(name)
        place = f"{self._place(root)}/{MANIFEST}"
        _laid(data, place)
        os.replace(place, f"{root.path}/{MANIFEST}")

    def close(self) -> None:
        """Take the stage down, with what was not put in its place; folders that only it needed go too."""
        import shutil

        for root in self._roots.values():
            if root.stage:
                shutil.rmtree(root.stage, ignore_errors=True)
            if root.held is not None:
                os.close(root.held)
            for folder in reversed(root.made):
                try:
                    os.rmdir(folder)
                except OSError:  # it holds something
                    break
        self._roots.clear()

    def has_company(self, name: str) -> bool:
        """Whether another build has put its files in their places below the root *name* since this one began."""
        root = self._root(name)
        return _state_there(Path(root.path, MANIFEST)) != root.manifest

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Nobody else puts files in their places below the root *name* meanwhile; whoever wants to waits."""
        root = self._root(name)
        handle = None if root.blocked or not os.path.isdir(root.path) else _held(root.path, wait=True)
        try:
            yield
        finally:
            if handle is not None:
                os.close(handle)

    def sweep(self, name: str) -> None:
        """Delete what builds that were killed left of their stages below the root *name*."""
        root = self._root(name)
        if root.blocked:
            return
        import shutil

        for leftover in leftovers(root.path):
            if leftover == root.stage:
                continue
            handle = _held(leftover)
            if handle is None and fcntl is not None:  # that build goes on
                continue
            shutil.rmtree(leftover, ignore_errors=True)
            if handle is not None:
                os.close(handle)


def leftovers(root: str) -> list[str]:
    """The stages that lie in the folder *root*, of builds that were killed or go on."""
    try:
        with os.scandir(root) as found:
            return [entry.path for entry in found if entry.name.startswith(STAGE)]
    except OSError:
        return []


def named_below(root: Path, names: Collection[str]) -> Iterator[str]:
    """Return the path, with forward slashes, of every file below *root* that has one of *names*, in no order."""
    for folder, _, files in os.walk(root):
        for name in files:
            if name in names:
                yield Path(folder, name).relative_to(root).as_posix()


def _state_there(place: Path) -> FileIdentity | None:
    try:
        return FileIdentity.of(place.stat())
    except OSError:
        return None


def _held(folder: str, *, wait: bool = False) -> int | None:
    """A handle of *folder* that nobody else has before it is closed; None where somebody has it."""
    if fcntl is None:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:  # a file system without locks: as if nobody else were there
        pass
    return handle


def in_the_way(path: str, origin: str, what: str) -> Problem:
    """The place *path* is taken: it *what*."""
    return Problem(
        Position(path),
        code="output-foreign",
        message=f"{origin} belongs here, but this {what}",
        hint="move it away, or choose another --destination",
    )


def leads_out(path: Path) -> bool:
    """Whether *path* is a link that leads out of the folder that it lies in."""
    return path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve())


def state_of(place: Path) -> FileIdentity:
    """The state of the file at *place*."""
    return FileIdentity.of(place.stat())


def _against_folder(root: _Root, folder: str) -> str | None:
    while folder != root.path:
        try:
            mode = os.stat(folder).st_mode
        except (FileNotFoundError, NotADirectoryError):
            if os.path.lexists(folder):
                return "leads out of the output folder through a link"
            folder = os.path.dirname(folder)
            continue
        if not stat.S_ISDIR(mode):
            return "is a file where a folder belongs"
        real = os.path.realpath(folder)
        if real != root.real and not real.startswith(f"{root.real}{os.sep}"):
            return "leads out of the output folder through a link"
        return None
    return None


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(_CHUNK):
        yield piece


def _same(content: bytes | Path, target: str) -> tuple[str, FileIdentity] | None:
    """What the file *target* is known by, and its state, if it has the bytes of *content*."""
    try:
        with open(target, "rb") as there:
            found = os.fstat(there.fileno())
            if isinstance(content, bytes):
                if found.st_size != len(content) or there.read() != content:
                    return None
                return hashlib.sha256(content).hexdigest(), FileIdentity.of(found)
            if found.st_size != content.stat().st_size:
                return None
            digest = hashlib.sha256()
            with content.open("rb") as ours:
                for piece in _pieces(ours):
                    if there.read(len(piece)) != piece:
                        return None
                    digest.update(piece)
            return digest.hexdigest(), FileIdentity.of(found)
    except FileNotFoundError:
        return None


def _laid(content: bytes | Path, place: str) -> tuple[str, FileIdentity]:
    """Write *content* to the new file *place*; what it is known by, and its state."""
    try:
        stream = open(place, "xb", buffering=0)  # noqa: SIM115  # the folder is mostly there, and closing is below
    except FileNotFoundError:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        stream = open(place, "xb", buffering=0)  # noqa: SIM115
    except FileExistsError:  # two files claim one path, which is told before anything takes its place
        stream = open(place, "wb", buffering=0)  # noqa: SIM115
    with stream:
        if isinstance(content, bytes):
            _write_all(stream, content)
            return hashlib.sha256(content).hexdigest(), FileIdentity.of(os.fstat(stream.fileno()))
        digest = hashlib.sha256()
        with content.open("rb") as ours:
            for piece in _pieces(ours):
                digest.update(piece)
                _write_all(stream, piece)
        return digest.hexdigest(), FileIdentity.of(os.fstat(stream.fileno()))


def _write_all(stream: IO[bytes], data: bytes) -> None:
    written = stream.write(data)
    while written < len(data):  # a disk that is nearly full takes a part, and says so the next time
        written += stream.write(data[written:])


def _merge(folder: str, place: str) -> None:
    """Move all that lies in *folder* into *place*, each file in one step; a new folder goes as a whole."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        target = f"{place}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if not os.path.isdir(target):
                try:
                    os.rename(entry.path, target)
                    continue
                except OSError as error:
                    if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                        raise
            _merge(entry.path, target)
        else:
            os.replace(entry.path, target)
