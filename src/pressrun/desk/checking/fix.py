"""What of a publication mends itself, decided before anything is written, and then written file by file."""

import difflib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pressrun.content.chains import Records
from pressrun.content.checks import place_of
from pressrun.content.freezing import evaluated, forgotten
from pressrun.content.load import CONTENT, Content, load, masthead_in
from pressrun.content.source.files import ContentFolder, content_folder, rewrite, source_file
from pressrun.desk.authoring.edits import lines_of, source_of
from pressrun.desk.authoring.fixes import (
    FileFields,
    Kind,
    Mended,
    Reader,
    as_it_is,
    mended,
    nothing_to_mend,
    offsets,
    reader_of,
    renames,
)
from pressrun.desk.authoring.ids import minted
from pressrun.desk.authoring.receiptlines import Entries, with_entries
from pressrun.model.edition import Edition
from pressrun.model.problems import Problem
from pressrun.model.publication import Masthead
from pressrun.model.story import Story
from pressrun.press.building.ignored import ignore_comments_in, ignored_problems
from pressrun.rendering.templates import Templates


@dataclass(frozen=True, slots=True)
class Fix:
    """A file that mends itself: its text as it lies on disk and as it should be, and in words what is *done* to it."""

    folder: ContentFolder
    path: str
    before: str
    after: str
    done: tuple[str, ...]

    @property
    def file(self) -> str:
        """The file as a person would name it."""
        return f"{self.folder.name}/{self.path}"

    def diff(self) -> str:
        """The change in the form that `git apply` and `patch -p1` take; of a link, what it leads to is changed."""
        target = self.folder.files[self.path].resolve().relative_to(self.folder.root.resolve())
        file = f"{self.folder.name}/{target.as_posix()}"
        lines = difflib.unified_diff(
            _shown_lines(self.before), _shown_lines(self.after), fromfile=f"a/{file}", tofile=f"b/{file}"
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Fixing:
    """All that can be mended, decided and not done yet; and the Problems of what cannot."""

    fixes: tuple[Fix, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def bytes_by_path(self) -> dict[str, bytes]:
        """The files that are mended, as they shall be, by their path below the content folder."""
        return {fix.path: fix.after.encode() for fix in self.fixes}


NO_FIXING = Fixing()


MENDED = frozenset({"near-miss", "id-not-minted", "carried-missing"})


@dataclass(frozen=True, slots=True)
class SendHistory:
    """What decides which editions went out: the moment *now*, and what the store knows (*records*)."""

    now: datetime
    records: Records = field(default_factory=dict)


def fixes_for(source: Path, asked: Container[str] = MENDED, past: SendHistory | None = None) -> Fixing:
    """All that mends itself in the publication in *source*; ids and names only where their codes are *asked* for.

    Names that are nearly right become right, times get their zone's offset, and every story and edition without an id
    gets the one that it has had so far; drafts, and what lies in the future, too. With *past*, editions that went out
    get the list of the stories that their rules found. Nothing is written: *mend* does
    that. A file that is read under two names is left alone, and so is what a file silences.
    """
    names = renames(Templates(source / "templates").words()) if "near-miss" in asked else nothing_to_mend
    first = list(_masthead_fixes(source, names))
    content, _ = load(source, instead=Fixing(tuple(first)).bytes_by_path)
    if content is None:
        return Fixing(tuple(first))
    texts = dict(_texts(content))
    masthead = Masthead(content.publication, {})  # before and after are read alike, whomever it knows
    kinds = (names, offsets(content.publication.timezone))
    readers = {path: _reader(path, content, masthead) for path in texts}
    files = {path: as_it_is(text, readers[path]) for path, text in texts.items()}
    problems: list[Problem] = []
    # Ids come first: a date or a slug that is put right must not move the id that readers know.
    if "id-not-minted" in asked:
        files, _ = _with_ids(files, content, masthead, readers)
    files = {path: mended(file, readers[path], kinds) for path, file in files.items()}
    if "id-not-minted" in asked:
        files, problems = _with_ids(files, content, masthead, readers)
    if "carried-missing" in asked and past is not None:
        files = _with_lists(files, content, masthead, readers, past)
    rest = [Fix(content.folder, path, texts[path], file.text, file.done) for path, file in files.items() if file.done]
    return Fixing((*first, *rest), tuple(problems))


def mend(fix: Fix) -> None:
    """Write what *fix* says, the file whole."""
    rewrite(fix.folder, fix.path, fix.after.encode())


def _masthead_fixes(source: Path, names: Kind) -> Iterator[Fix]:
    root = source / CONTENT
    path = masthead_in(root)
    if path is None:
        return
    folder, _ = content_folder(root, CONTENT)
    for text in _text(folder, path):
        read = _heeding(reader_of(path, f"{CONTENT}/{path}", None), path)
        after = mended(as_it_is(text, read), read, (names,))
        if after.done:
            yield Fix(folder, path, text, after.text, after.done)


def _texts(content: Content) -> Iterator[tuple[str, str]]:
    """The stories and editions, each with its text as it lies on disk, but for those that are read under two names."""
    folder = content.folder
    paths = [*folder.stories_below(content.folders.stories), *folder.stories_below(content.folders.editions)]
    shared = _shared(folder, paths)
    for path in paths:
        if path not in shared:
            yield from ((path, text) for text in _text(folder, path))


def _text(folder: ContentFolder, path: str) -> Iterator[str]:
    """The text at *path* with its own line ends; nothing where it cannot be read, or holds control characters."""
    if path in folder.files and not source_file(folder, path)[1]:
        yield folder.files[path].read_bytes().decode()


def _shared(folder: ContentFolder, paths: Iterable[str]) -> set[str]:
    places = {path: folder.files[path].resolve() for path in paths}
    names = Counter(places.values())
    return {path for path, place in places.items() if names[place] > 1}


def _reader(path: str, content: Content, masthead: Masthead) -> Reader:
    is_edition = path.startswith(f"{content.folders.editions}/")
    return _heeding(reader_of(path, f"{CONTENT}/{path}", masthead, is_edition=is_edition), path)


def _heeding(read: Reader, path: str) -> Reader:
    """What reads as *read* does, and does not tell what the file itself silences: that is as its writer wants it."""

    def heeded(text: str) -> FileFields | None:
        said = read(text)
        ignore_comments = ignore_comments_in(source_of(text, path, f"{CONTENT}/{path}"))
        return said and replace(said, problems=tuple(ignored_problems(said.problems, ignore_comments)))

    return heeded


def _with_ids(
    files: Mapping[str, Mended], content: Content, masthead: Masthead, readers: Mapping[str, Reader]
) -> tuple[dict[str, Mended], list[Problem]]:
    """*files* with an id in each that had none, and a Problem for each where that cannot be.

    Of two that would get one id neither gets it: a check tells of them.
    """
    read: list[Story | Edition] = [*content.stories, *content.editions]
    shared = [piece for piece in read if piece.source not in files]
    pieces = {path: file.said.piece for path, file in files.items() if file.said and file.said.piece}
    ids = Counter(piece.id for piece in (*pieces.values(), *shared))
    final = dict(files)
    problems = [_read_twice(piece) for piece in shared if not piece.id_is_minted and ids[piece.id] == 1]
    for path, piece in pieces.items():
        if piece.id_is_minted or ids[piece.id] > 1:
            continue
        after, found = minted(files[path].text, piece, masthead)
        problems += found
        if after is not None:
            final[path] = Mended(after, readers[path](after), (*files[path].done, f"id: {piece.id}"))
    return final, problems


def _with_lists(
    files: Mapping[str, Mended], content: Content, masthead: Masthead, readers: Mapping[str, Reader], past: SendHistory
) -> dict[str, Mended]:
    """*files* with a list of its stories in each edition that went out without one, and can have it."""
    final = dict(files)
    for each in forgotten(evaluated(content, past.now, past.records)):
        path = each.edition.source
        piece = files[path].said.piece if path in files and files[path].said else None  # type: ignore[union-attr]
        if not isinstance(piece, Edition):
            continue
        entries = Entries(carried=each.stories, begin=each.begin)
        after = with_entries(files[path].text, piece, entries, masthead)
        if after is not None:
            done = f"carried: {len(each.stories)} {'story' if len(each.stories) == 1 else 'stories'}"
            final[path] = Mended(after, readers[path](after), (*files[path].done, done))
    return final


def _read_twice(piece: Story | Edition) -> Problem:
    return Problem(
        place_of(piece, "title"),
        code="id-not-minted",
        message="this file is read under two names, and no two pieces can have one id",
        hint="put a copy where the link is, or delete the link",
    )


def _shown_lines(text: str) -> list[str]:
    return [f"{line[:-1]}\n" if line.endswith("\r") else line for line in lines_of(text)]
