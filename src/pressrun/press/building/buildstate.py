"""The file that holds it all, and its tables."""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pressrun.press.building.filestates import FileState
from pressrun.press.building.kept import (
    GoodStory,
    KeptFrame,
    KeptOutput,
    KeptRendering,
    KeptStory,
    made_of,
    seal_of,
    strong_seal_of,
)

NAME = "stock.sqlite"
# Another number, and what an older Pressrun kept is made again.
FORMAT = 3
_TABLES = """
CREATE TABLE said (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE stories (
  source TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, changed INTEGER, inode INTEGER,
  digest BLOB NOT NULL, form BLOB, problems BLOB, seal INTEGER NOT NULL
);
CREATE TABLE renderings (
  source TEXT PRIMARY KEY, digest BLOB NOT NULL, made BLOB NOT NULL, asked BLOB, carries BLOB, problems BLOB,
  seal INTEGER NOT NULL, form BLOB NOT NULL, html BLOB NOT NULL
);
CREATE TABLE outputs (
  path TEXT PRIMARY KEY, key BLOB, digest TEXT NOT NULL, size INTEGER, mtime INTEGER, inode INTEGER,
  seal INTEGER NOT NULL
);
CREATE TABLE files (
  path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, changed INTEGER, inode INTEGER, digest TEXT NOT NULL,
  seal INTEGER NOT NULL
);
CREATE TABLE frames (
  key BLOB PRIMARY KEY, path TEXT, above BLOB, below BLOB, amid BLOB, seal INTEGER NOT NULL
);
CREATE TABLE letters (source TEXT PRIMARY KEY, key BLOB NOT NULL, form BLOB NOT NULL, seal INTEGER NOT NULL);
CREATE TABLE good (
  source TEXT PRIMARY KEY, zone TEXT NOT NULL, story BLOB NOT NULL,
  digest BLOB NOT NULL, made BLOB NOT NULL, asked BLOB, carries BLOB,
  form BLOB NOT NULL, html BLOB NOT NULL, seal INTEGER NOT NULL
);
"""
_STORY = "source, size, mtime, changed, inode, digest, form, problems, seal"
_RENDERING = "source, digest, made, asked, carries, problems, seal"
_OUTPUT = "path, key, digest, size, mtime, inode, seal"
_INSERT = {
    "stories": "INSERT OR REPLACE INTO stories VALUES (?,?,?,?,?,?,?,?,?)",
    "renderings": "INSERT OR REPLACE INTO renderings VALUES (?,?,?,?,?,?,?,?,?)",
    "outputs": "INSERT OR REPLACE INTO outputs VALUES (?,?,?,?,?,?,?)",
    "files": "INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?,?)",
    "letters": "INSERT OR REPLACE INTO letters VALUES (?,?,?,?)",
    "frames": "INSERT OR REPLACE INTO frames VALUES (?,?,?,?,?,?)",
    # What is there is older, and what readers know.
    "good": "INSERT OR IGNORE INTO good VALUES (?,?,?,?,?,?,?,?,?,?)",
}
_DELETE = {
    "stories": "DELETE FROM stories WHERE source = ?",
    "renderings": "DELETE FROM renderings WHERE source = ?",
    "outputs": "DELETE FROM outputs WHERE path = ?",
    "files": "DELETE FROM files WHERE path = ?",
    "letters": "DELETE FROM letters WHERE source = ?",
    "frames": "DELETE FROM frames WHERE path = ?",
}


class Spoilt(Exception):
    """The file cannot be written, or is in use by another build: it is of no help to this one."""


class LostState(Exception):
    """Something is not there any more that was there a moment ago."""


# What shows in the middle of a build that the file is damaged; sqlite3 stumbles over its own words for it.
DAMAGED = (sqlite3.Error, UnicodeDecodeError, LostState)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the stock of one build alone, gone after it."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="pressrun-") as folder:
        yield Path(folder)


class _Line(sqlite3.Connection):
    """A connection whose every error is sqlite3's, also where a damaged file has made its words unreadable."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*arguments)
        except UnicodeDecodeError as error:
            raise sqlite3.DatabaseError("the file is damaged") from error


class BuildState:
    """The stock in the file *path*. One build at a time has it; to another it is Spoilt."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._line: sqlite3.Connection | None = None
        self._owner = os.getpid()
        self._inherited: sqlite3.Connection | None = None

    # Beginning and end

    def open(self, program: str) -> None:
        """Take hold of what *program* kept; what anybody else did is thrown away. Raises Spoilt where that fails."""
        for _ in range(2):
            try:
                if self._is_of(program):
                    return
            except sqlite3.OperationalError as error:
                self.leave()
                if "locked" in str(error):
                    raise Spoilt(str(error)) from error
            except DAMAGED:
                self.leave()
            self._begin(program)
        raise Spoilt(f"{self.path} cannot be written")

    def last_word(self, program: str) -> bytes | None:
        """What the last build of *program* said as its report, read without taking hold of the file."""
        self._line = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", timeout=0.2, uri=True, factory=_Line)
        try:
            if self.said("program") != f"{FORMAT} {program}".encode():
                return None
            return self.said("report")
        finally:
            self.leave()

    def _connect(self) -> sqlite3.Connection:
        # Committed by hand; nothing here is worth waiting for the disk, because all of it can be made again.
        line = sqlite3.connect(self.path, timeout=0.2, isolation_level=None, factory=_Line)
        line.execute("PRAGMA synchronous=OFF")
        line.execute("PRAGMA cache_size=-4000")
        return line

    def _is_of(self, program: str) -> bool:
        if not self.path.is_file():
            return False
        self._line = self._connect()
        self._line.execute("BEGIN IMMEDIATE")
        if self.said("program") != f"{FORMAT} {program}".encode():
            self.leave()
            return False
        return True

    def _begin(self, program: str) -> None:
        """A new file in the place of whatever lies there."""
        try:
            for name in (self.path, *(self.path.with_name(f"{self.path.name}{end}") for end in ("-journal", "-wal"))):
                name.unlink(missing_ok=True)
            self._line = self._connect()
            # Until it is whole it is nothing, so there is no need for a way back.
            self._line.execute("PRAGMA journal_mode=OFF")
            self._line.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._line.executescript(_TABLES)
            self.say("program", f"{FORMAT} {program}".encode())
            self._line.close()
            self._line = None
        except (sqlite3.Error, OSError) as error:
            self.leave()
            raise Spoilt(str(error)) from error

    def leave(self) -> None:
        """Let go of the file, what was not committed being lost."""
        if self._line is not None:
            with contextlib.suppress(sqlite3.Error):
                self._line.close()
            self._line = None

    def discard(self) -> None:
        """Let go of the file, and delete it if that can be done."""
        self.leave()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    @property
    def line(self) -> sqlite3.Connection:
        """The connection, which is open."""
        if self._owner != os.getpid():
            # A worker: what it took over is its parent's, and SQLite forbids to use it, even to close it.
            self._inherited, self._owner = self._line, os.getpid()
            self._line = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", timeout=5, uri=True, factory=_Line)
        assert self._line is not None
        return self._line

    def commit(self, *, going_on: bool = False) -> None:
        """Write down all that was kept, for workers to read as well; it is *going_on* where more is to be kept."""
        self.line.execute("COMMIT")
        if going_on:
            self.line.execute("BEGIN IMMEDIATE")

    def begin_again(self) -> None:
        """Forget what was kept since the file was opened, or since the last `commit`."""
        self.line.execute("ROLLBACK")
        self.line.execute("BEGIN IMMEDIATE")

    # What is said of the whole

    def said(self, name: str) -> bytes | None:
        """What was said under *name*, whole."""
        row = self.line.execute("SELECT value FROM said WHERE name = ?", (name,)).fetchone()
        if row is None or not isinstance(row[0], bytes):
            return None
        seal, content = row[0][:16], row[0][16:]
        return content if seal == strong_seal_of(name, content) else None

    def say(self, name: str, content: bytes) -> None:
        """Keep *content* under *name*."""
        value = strong_seal_of(name, content) + content
        self.line.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", (name, value))

    def retract(self, name: str) -> None:
        """Forget what was said under *name*."""
        self.line.execute("DELETE FROM said WHERE name = ?", (name,))

    # What is kept of each

    def stories(self) -> Iterator[KeptStory]:
        """Every story that was read."""
        for *row, seal in self.line.execute(f"SELECT {_STORY} FROM stories ORDER BY source"):
            if seal == seal_of(*row):
                yield KeptStory(row[0], FileState(*row[1:5]), *row[5:])

    def story(self, source: str) -> KeptStory:
        """The story *source* as it was read; raises Lost where it is not there whole."""
        row = self.line.execute(f"SELECT {_STORY} FROM stories WHERE source = ?", (source,)).fetchone()
        if row is None or row[0] != source or row[-1] != seal_of(*row[:-1]):
            raise LostState(source)
        return KeptStory(row[0], FileState(*row[1:5]), *row[5:-1])

    def states(self) -> Iterator[tuple[str, FileState]]:
        """The state of the file of every story when it was read."""
        for source, *state in self.line.execute("SELECT source, size, mtime, changed, inode FROM stories"):
            yield source, FileState(*state)

    def keep_stories(self, kept: Iterable[KeptStory]) -> None:
        """Remember each of *kept*, in the place of an earlier one."""
        rows = ((each.source, *each.state, each.digest, each.form, each.problems) for each in kept)
        self.line.executemany(_INSERT["stories"], ((*row, seal_of(*row)) for row in rows))

    def renderings(self) -> Iterator[KeptRendering]:
        """Every story that was rendered."""
        for *row, seal in self.line.execute(f"SELECT {_RENDERING} FROM renderings"):
            if seal == seal_of(*row):
                yield KeptRendering(*row)

    def keep_renderings(self, kept: Iterable[tuple[KeptRendering, bytes, bytes]]) -> None:
        """Remember each of *kept*, with its form and its HTML, in the place of an earlier one."""
        self.line.executemany(_INSERT["renderings"], ((*row, seal_of(*row), form, html) for row, form, html in kept))

    def made(self, source: str) -> KeptRendering:
        """What is known of the rendered story *source*; raises Lost where it is not there whole."""
        row = self.line.execute(f"SELECT {_RENDERING} FROM renderings WHERE source = ?", (source,)).fetchone()
        if row is None or row[0] != source or row[-1] != seal_of(*row[:-1]):
            raise LostState(source)
        return KeptRendering(*row[:-1])

    def rendering(self, source: str) -> tuple[bytes, bytes]:
        """The form and the HTML of the rendered story *source*; raises Lost where they are not whole."""
        query = f"SELECT {_RENDERING}, form, html FROM renderings WHERE source = ?"
        row = self.line.execute(query, (source,)).fetchone()
        # A damaged index leads from one name to another's row, which would be whole.
        if row is None or row[0] != source or row[6] != seal_of(*row[:6]):
            raise LostState(source)
        form, html = row[7:]
        if not isinstance(form, bytes) or not isinstance(html, bytes) or row[2] != made_of(form, html):
            raise LostState(source)
        return form, html

    def keep_good(self, kept: KeptStory, zone: str) -> None:
        """Remember *kept*, with its rendering, as the last good version, unless an older one is remembered as such.

        *zone* is the time zone that the publication was in.
        Nothing is remembered of a story that could not be read, or was not rendered.
        """
        if kept.form is None:
            return
        try:
            rendering = self.made(kept.source)
            if rendering.digest != kept.digest:
                return
            form, html = self.rendering(kept.source)
        except LostState:
            return
        row = (
            *(kept.source, zone, kept.form, kept.digest),
            rendering.made,
            rendering.asked,
            rendering.carries,
            form,
            html,
        )
        self.line.execute(_INSERT["good"], (*row, seal_of("good", *row)))

    def good(self, source: str) -> GoodStory | None:
        """Return the last good version of the story *source*; None where there is none."""
        query = "SELECT source, zone, story, digest, made, asked, carries, form, html, seal FROM good WHERE source = ?"
        row = self.line.execute(query, (source,)).fetchone()
        if row is None or row[0] != source or row[-1] != seal_of("good", *row[:-1]):
            return None
        _, zone, story, digest, made, asked, carries, form, html, _ = row
        return GoodStory(zone, story, KeptRendering(source, digest, made, asked, carries, None), form, html)

    def forget_good(self, besides: Iterable[str]) -> None:
        """Forget the last good versions of all stories *besides* these."""
        found = {source for (source,) in self.line.execute("SELECT source FROM good")}
        self.line.executemany("DELETE FROM good WHERE source = ?", ((source,) for source in found.difference(besides)))

    def outputs(self) -> Iterator[KeptOutput]:
        """Every file of the output."""
        # Their seals name the table, for a row of `files` has the same shape.
        for *row, seal in self.line.execute(f"SELECT {_OUTPUT} FROM outputs"):
            if seal == seal_of("outputs", *row):
                yield KeptOutput(*row)

    def output(self, path: str) -> KeptOutput | None:
        """The file *path* of the output, if it is known."""
        row = self.line.execute(f"SELECT {_OUTPUT} FROM outputs WHERE path = ?", (path,)).fetchone()
        if row is None or row[0] != path or row[-1] != seal_of("outputs", *row[:-1]):
            return None
        return KeptOutput(*row[:-1])

    def keep_outputs(self, kept: Iterable[KeptOutput]) -> None:
        """Remember each of *kept*, in the place of an earlier one."""
        self.line.executemany(_INSERT["outputs"], ((*row, seal_of("outputs", *row)) for row in kept))

    def files(self) -> Iterator[tuple[str, FileState, str]]:
        """Every other file whose bytes were read: its path, its state, and what its bytes are known by."""
        query = "SELECT path, size, mtime, changed, inode, digest, seal FROM files"
        for path, size, mtime, changed, inode, digest, seal in self.line.execute(query):
            if seal == seal_of("files", path, size, mtime, changed, inode, digest):
                yield path, FileState(size, mtime, changed, inode), digest

    def keep_files(self, kept: Iterable[tuple[str, FileState, str]]) -> None:
        """Remember each of *kept*, in the place of an earlier one."""
        rows = ((path, *state, digest) for path, state, digest in kept)
        self.line.executemany(_INSERT["files"], ((*row, seal_of("files", *row)) for row in rows))

    def letter(self, source: str) -> tuple[bytes, bytes] | None:
        """What the letter of the edition *source* was made of, and what came of it."""
        row = self.line.execute("SELECT key, form, seal FROM letters WHERE source = ?", (source,)).fetchone()
        return (row[0], row[1]) if row is not None and row[2] == seal_of(source, row[0], row[1]) else None

    def keep_letter(self, source: str, key: bytes, form: bytes) -> None:
        """Remember the letter of the edition *source*."""
        self.line.execute(_INSERT["letters"], (source, key, form, seal_of(source, key, form)))

    def frame(self, key: bytes) -> tuple[bytes, bytes, bytes] | None:
        """What stands before the entries of the feed document of *key*, after and between them."""
        query = "SELECT path, above, below, amid, seal FROM frames WHERE key = ?"
        row = self.line.execute(query, (key,)).fetchone()
        return row[1:4] if row is not None and row[4] == seal_of(key, *row[:4]) else None

    def keep_frames(self, kept: Iterable[KeptFrame]) -> None:
        """Remember each of *kept*, in the place of earlier ones of the same documents."""
        for each in kept:
            self.forget("frames", [each.path])
            self.line.execute(_INSERT["frames"], (*each, seal_of(*each)))

    def forget(self, table: str, names: Iterable[str]) -> None:
        """Forget what *table* has under *names*."""
        self.line.executemany(_DELETE[table], ((name,) for name in names))

    def forget_all(self, *tables: str) -> None:
        """Forget all that *tables* hold."""
        for table in tables:
            self.line.execute(f"DELETE FROM {table}")  # a name of our own
