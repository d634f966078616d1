"""Output files brought to disk: each whole or not at all, unchanged ones untouched, stale ones gone."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pressrun.model.addresses import is_inside
from pressrun.model.output import OutputFile
from pressrun.output.manifest import NAME, Manifest, digest_of
from pressrun.problems import ContentError, OutputError, Position, Problem

TEMPORARY = ".pressrun-"


@dataclass(frozen=True, slots=True)
class Written:
    """What happened to the output: paths below the destination, in order."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()  # stale, but somebody changed them by hand


def clashes(files: Iterable[OutputFile]) -> list[Problem]:
    """Every path that two of *files* claim, small letters and capitals being one, and every file in a file's way."""
    first: dict[str, OutputFile] = {}
    problems = []
    for file in files:
        if not is_inside(file.path):
            problems.append(_outside(file))
        earlier = first.setdefault(file.path.casefold(), file)
        if earlier is not file:
            problems.append(_clash(file, earlier))
    for file in first.values():
        parts = file.path.casefold().split("/")
        for depth in range(1, len(parts)):
            in_the_way = first.get("/".join(parts[:depth]))
            if in_the_way is not None:
                problems.append(_clash(file, in_the_way, "needs a folder where a file stands, made by"))
    return problems


def _outside(file: OutputFile) -> Problem:
    return Problem(
        Position(file.origin),
        code="output-clash",
        message=f"{file.path} would lie outside of the output, or over what Pressrun keeps there",
        hint="give it another address",
    )


def _clash(file: OutputFile, earlier: OutputFile, how: str = "is also made by") -> Problem:
    # What a person wrote is to blame, not the home page or the feed.
    if not file.origin.startswith("content/"):
        file, earlier = earlier, file
    return Problem(
        Position(file.origin),
        code="output-clash",
        message=f"{file.path} {how} {earlier.origin}",
        hint="give one of the two another address",
    )


def write(files: Iterable[OutputFile], destination: Path, roots: Iterable[str]) -> Written:
    """Make *destination* hold *files*, all of which lie below one of *roots*.

    Raises ContentError before the first byte where that would overwrite what Pressrun did not write,
    OutputError where the disk does not play along.
    """
    by_root: dict[str, list[OutputFile]] = {root: [] for root in roots}
    for file in files:
        by_root[file.path.partition("/")[0]].append(file)
    folders = [_Folder(destination / root, root, files) for root, files in by_root.items()]
    try:
        problems = [problem for folder in folders for problem in folder.foreign()]
        if problems:
            raise ContentError(problems)
        for folder in folders:
            folder.write()
    except OSError as error:
        raise OutputError(f"cannot write {error.filename or destination}: {error.strerror or error}") from error
    outcome: Mapping[str, list[str]] = defaultdict(list)
    for folder in folders:
        for kind, paths in folder.outcome.items():
            outcome[kind].extend(paths)
    return Written(**{kind: tuple(sorted(paths)) for kind, paths in outcome.items()})


class _Folder:
    """One root of the output, with the manifest that lies in it."""

    def __init__(self, path: Path, name: str, files: Iterable[OutputFile]) -> None:
        self.path = path
        self.name = name
        self.files = {file.path.partition("/")[2]: file for file in files}
        self.before = Manifest.read(path)
        self.outcome: dict[str, list[str]] = defaultdict(list)
        self.real = path.resolve()

    def foreign(self) -> list[Problem]:
        """A Problem for every file that is in the way and not Pressrun's."""
        problems = []
        if self.path.is_symlink() and not self.real.is_relative_to(self.path.parent.resolve()) and self.files:
            first = next(iter(self.files.values()))
            return [self._in_the_way("", first, "is a link that leads out of the destination")]
        for path, file in self.files.items():
            target = self.path / path
            if not target.parent.resolve().is_relative_to(self.real) or target.is_symlink():
                problems.append(self._in_the_way(path, file, "leads out of the output folder through a link"))
            elif target.is_dir():
                problems.append(self._in_the_way(path, file, "is a folder"))
            elif any(above.is_file() for above in target.parents if above.is_relative_to(self.path)):
                problems.append(self._in_the_way(path, file, "is a file where a folder belongs"))
            elif path not in self.before.files and target.exists() and target.read_bytes() != _bytes_of(file):
                problems.append(self._in_the_way(path, file, "is there, and Pressrun did not write it"))
        return problems

    def _in_the_way(self, path: str, file: OutputFile, what: str) -> Problem:
        return Problem(
            Position(f"{self.name}/{path}".rstrip("/")),
            code="output-foreign",
            message=f"{file.origin} belongs here, but this {what}",
            hint="move it away, or choose another --destination",
        )

    def write(self) -> None:
        """Bring the folder to its new state; a stop at any moment leaves every file whole, and the manifest true."""
        if not self.files and not self.before.files:
            return
        digests = {path: (digest_of(_bytes_of(file)),) for path, file in self.files.items()}
        after = Manifest(digests)
        self.path.mkdir(parents=True, exist_ok=True)
        if after != self.before:
            self._replace(NAME, self.before.joined(after).to_bytes())
            self._sweep()
        for path, file in sorted(self.files.items()):
            self._bring(path, _bytes_of(file))
        for path in sorted(set(self.before.files) - set(self.files)):
            self._remove(path)
        if after != self.before:
            self._replace(NAME, after.to_bytes())

    def _bring(self, path: str, data: bytes) -> None:
        target = self.path / path
        shown = f"{self.name}/{path}"
        try:
            if target.stat().st_size == len(data) and target.read_bytes() == data:
                self.outcome["unchanged"].append(shown)
                return
            self.outcome["changed"].append(shown)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            self.outcome["new"].append(shown)
        self._replace(path, data)

    def _replace(self, path: str, data: bytes) -> None:
        target = self.path / path
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, suffix=".tmp", dir=target.parent)
        try:
            with open(handle, "wb") as stream:
                stream.write(data)
            # mkstemp makes private files; what is published takes the mode that any new file gets.
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _remove(self, path: str) -> None:
        target = self.path / path
        shown = f"{self.name}/{path}"
        if target.is_symlink() or not target.is_file() or not target.resolve().is_relative_to(self.real):
            return
        if digest_of(target.read_bytes()) not in self.before.files[path]:
            self.outcome["left_alone"].append(shown)
            return
        target.unlink()
        self.outcome["removed"].append(shown)
        folder = target.parent
        while folder != self.path and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def _sweep(self) -> None:
        """Delete temporary files that an interrupted build left behind."""
        for folder in {(self.path / path).parent for path in (*self.before.files, *self.files)}:
            for leftover in folder.glob(f"{TEMPORARY}*.tmp"):
                leftover.unlink(missing_ok=True)


def _bytes_of(file: OutputFile) -> bytes:
    return file.content if isinstance(file.content, bytes) else file.content.read_bytes()


def _umask() -> int:
    # The only way to read it is to set it; nothing else runs in this process meanwhile.
    current = os.umask(0)
    os.umask(current)
    return current
