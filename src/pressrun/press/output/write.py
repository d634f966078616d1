"""Output files brought to disk: each whole or not at all, unchanged ones untouched, stale ones gone."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol

from pressrun.model.addresses import is_inside
from pressrun.model.output import OutputFile
from pressrun.model.problems import ContentError, OutputError, Position, Problem
from pressrun.press.output.manifest import Manifest, digest_of
from pressrun.press.output.stage import CHANGED, NEW, SAME, Brought, Stage, in_the_way
from pressrun.press.output.written import WrittenOutput


class PublishedFiles(NamedTuple):
    """What a manifest says of stories and editions, by their files in content."""

    stories: Mapping[str, tuple[str, ...]]
    editions: Mapping[str, tuple[str, ...]]


NOTHING_KEPT: Mapping[str, str] = MappingProxyType({})


class Claim(Protocol):
    """What wants to lie at *path* of the output, and what it was made of."""

    @property
    def path(self) -> str: ...
    @property
    def origin(self) -> str: ...


def clashes(files: Iterable[Claim]) -> list[Problem]:
    """Every path that two of *files* claim, small letters and capitals being one, and every file in a file's way."""
    first: dict[str, Claim] = {}
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


def are_apart(paths: Collection[str]) -> bool:
    """Whether no two of *paths* clash; much sooner known than which ones do."""
    folded = {path.casefold() for path in paths}
    if len(folded) < len(paths) or not all(map(is_inside, paths)):
        return False
    folders = {path.rpartition("/")[0] for path in folded}
    above = set(folders)
    for folder in folders:
        while (folder := folder.rpartition("/")[0]) and folder not in above:
            above.add(folder)
    return above.isdisjoint(folded)


def _outside(file: Claim) -> Problem:
    return Problem(
        Position(file.origin),
        code="output-clash",
        message=f"{file.path} would lie outside of the output, or over what Pressrun keeps there",
        hint="give it another address",
    )


def _clash(file: Claim, earlier: Claim, how: str = "is also made by") -> Problem:
    # What a person wrote is to blame, not the home page or the feed.
    if not file.origin.startswith("content/"):
        file, earlier = earlier, file
    return Problem(
        Position(file.origin),
        code="output-clash",
        message=f"{file.path} {how} {earlier.origin}",
        hint="give one of the two another address",
    )


def write(files: Iterable[OutputFile], destination: Path, roots: Sequence[str]) -> WrittenOutput:
    """Make *destination* hold *files*, all of which lie below one of *roots*.

    Raises ContentError before the first byte where that would overwrite what Pressrun did not write,
    OutputError where the disk does not play along.
    """
    with staged(destination) as stage:
        brought = [stage.put(file) for file in files]
        return settle(stage, brought, roots)


@contextlib.contextmanager
def staged(destination: Path) -> Iterator[Stage]:
    """A stage for a build into *destination*, which is taken down at the end, whatever happens.

    Raises OutputError where the disk does not play along.
    """
    stage = Stage(destination)
    try:
        yield stage
    except OSError as error:
        raise OutputError(f"cannot write {error.filename or destination}: {error.strerror or error}") from error
    finally:
        stage.close()


def settle(
    stage: Stage,
    brought: Iterable[Brought],
    roots: Sequence[str],
    kept: Mapping[str, str] = NOTHING_KEPT,
    *,
    is_whole: bool = True,
    published: PublishedFiles | None = None,
) -> WrittenOutput:
    """Put what was *brought* to *stage* in its place below *roots*, and delete what earlier builds left there.

    *kept* are files that lie in their places already, as they shall, each with its digest. Unless the output
    *is_whole*, there is more of it, and nothing is deleted. *published* is what the manifest of the first root says of
    stories and editions from now on; without it, it says what it said. Raises ContentError before the first file moves
    where one would overwrite what Pressrun did not write.
    """
    by_root: dict[str, list[Brought]] = {root: [] for root in roots}
    for each in brought:
        by_root[each.path.partition("/")[0]].append(each)
    kept_by_root: dict[str, dict[str, str]] = {root: {} for root in roots}
    for path, digest in kept.items():
        root, _, rest = path.partition("/")
        kept_by_root[root][rest] = digest
    with contextlib.ExitStack() as held:
        for root in roots:
            held.enter_context(stage.alone(root))
        folders = [_Folder(stage, root, each, kept_by_root[root], is_whole=is_whole) for root, each in by_root.items()]
        folders[0].published = published
        problems = [problem for folder in folders for problem in folder.foreign()]
        if problems:
            raise ContentError(problems)
        for folder in folders:
            folder.settle()
    outcome: Mapping[str, list[str]] = defaultdict(list)
    for folder in folders:
        for kind, paths in folder.outcome.items():
            outcome[kind].extend(paths)
    return WrittenOutput(**{kind: tuple(sorted(paths)) for kind, paths in outcome.items()})


class _Folder:
    """One root of the output, with the manifest that lies in it."""

    def __init__(
        self, stage: Stage, name: str, brought: Sequence[Brought], kept: Mapping[str, str], *, is_whole: bool
    ) -> None:
        self.stage = stage
        self.name = name
        self.path = stage.destination / name
        self.brought = brought
        self.kept = kept
        self.is_whole = is_whole
        self.before = Manifest.read(self.path)
        self.published: PublishedFiles | None = None
        self.outcome: dict[str, list[str]] = defaultdict(list)
        self.real = self.path.resolve()

    def foreign(self) -> list[Problem]:
        """A Problem for every file that is in the way and not Pressrun's."""
        problems = []
        for each in self.brought:
            if each.problem:
                problems.append(each.problem)
            elif each.fate == CHANGED and not self._is_ours(each.path.partition("/")[2]):
                problems.append(in_the_way(each.path, each.origin, "is there, and Pressrun did not write it"))
        return list(dict.fromkeys(problems))

    def _is_ours(self, path: str) -> bool:
        # Where it is gone, it was another build's that went on at the same time.
        return path in self.before.files or not os.path.lexists(self.path / path)

    def _look_again(self) -> None:
        """Raises OutputError where another build took away what this one had counted on."""
        counted = {each.path.partition("/")[2]: each.digest for each in self.brought if each.fate == SAME}
        for path, digest in {**counted, **self.kept}.items():
            place = self.path / path
            if not place.is_file() or digest_of(place.read_bytes()) != digest:
                raise OutputError(f"another build has just changed {self.name}/{path}; build again")

    def settle(self) -> None:
        """Bring the folder to its new state; a stop at any moment leaves every file whole, and the manifest true."""
        self.stage.sweep(self.name)
        if self.stage.has_company(self.name):
            self._look_again()
        if not self.brought and not self.kept and not self.before.files:
            return
        digests = {rest: (digest,) for rest, digest in self.kept.items()}
        digests |= {each.path.partition("/")[2]: (each.digest,) for each in self.brought}
        published = self.published or PublishedFiles(self.before.stories, self.before.editions)
        after = Manifest(digests if self.is_whole else {**self.before.files, **digests}, *published)
        has_changed = after != self.before
        if has_changed and not self.stage.open(self.name):
            return
        if has_changed:
            self._replace(self.before.joined(after).to_bytes())
        if any(each.fate in (NEW, CHANGED) for each in self.brought):
            self.stage.settle(self.name)
        for each in self.brought:
            self.outcome[each.fate].append(each.path)
        self.outcome[SAME] += [f"{self.name}/{rest}" for rest in self.kept]
        for path in sorted(set(self.before.files) - set(after.files)):
            self._remove(path)
        if has_changed:
            self._replace(after.to_bytes())

    def _replace(self, manifest: bytes) -> None:
        """Give the folder's manifest new bytes, whole or not at all."""
        self.stage.put_manifest(self.name, manifest)

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
