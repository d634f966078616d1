"""What a build keeps for the next one: values, what they are known by, and what shows that they are whole."""

import hashlib
import zlib
from typing import Any, NamedTuple

from pressrun.press.building.filestates import FileState


class KeptStory(NamedTuple):
    """A story as it was read: *form* is None where it could not be, and *problems* tell why."""

    source: str
    state: FileState
    digest: bytes
    form: bytes | None
    problems: bytes | None


class KeptRendering(NamedTuple):
    """What is known of a rendered story without its text.

    *digest* is of the file's name and bytes, *made* of what came of it, *asked* what it asked of the rest of the
    publication, and what it was told, *carries* the files that it shows or links to.
    """

    source: str
    digest: bytes
    made: bytes
    asked: bytes | None
    carries: bytes | None
    problems: bytes | None


class GoodStory(NamedTuple):
    """The last good version of a story: its form as it was read, and its rendering with its form and its HTML.

    *zone* is the time zone that the publication was in.
    """

    zone: str
    story: bytes
    rendering: KeptRendering
    form: bytes
    html: bytes


class KeptOutput(NamedTuple):
    """A file of the output: what it was made of, what it is known by, and its state after it was written."""

    path: str
    key: bytes | None
    digest: str
    size: int
    mtime: int
    inode: int


class KeptFrame(NamedTuple):
    """What stands *above* the entries of the feed document *path*, *below* and *amid* them, and what it was made of."""

    key: bytes
    path: str
    above: bytes
    below: bytes
    amid: bytes


def made_of(form: bytes, html: bytes) -> bytes:
    """What a rendered story is known by."""
    digest = hashlib.sha256(len(form).to_bytes(8) + form)
    digest.update(html)
    return digest.digest()[:16]


def key_of(*parts: bytes | str) -> bytes:
    """What all of *parts* are known by; no two run together, for each has its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.digest()[:16]


def seal_of(*row: Any) -> int:
    """What a row is held against: a disk can lose a page, and SQLite would not know."""
    seal = 0
    said = []
    for part in row:
        if type(part) is bytes:
            seal = zlib.crc32(part, seal)
            part = (len(part),)  # which no value of SQLite looks like
        said.append(part)
    return zlib.crc32(repr(said).encode("utf-8", "surrogatepass"), seal)


def strong_seal_of(name: str, content: bytes) -> bytes:
    """What *content* is held against that was said under *name*: nothing else has the same."""
    return hashlib.sha256(name.encode() + b"\0" + content).digest()[:16]
