"""The door to the content folder: what lies in it, and the text of what is written there.

Nothing outside the folder is ever read: a link that leads out is a Problem.
"""

import os
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from pressrun.model.characters import CONTROL, MARK, brings_mark, refusal_of, without_controls
from pressrun.model.problems import ContentError, Position, Problem, Severity

STORY_ENDINGS = (".md", ".markdown")
# Texts of which Hugo, Jekyll, Eleventy, Astro, Pelican, Nikola and their kin make pages.
UNREAD_ENDINGS = frozenset(
    ".mdx .mdoc .mdown .mkd .mkdn .mkdown .markdn .rst .rest .adoc .asciidoc .asc .org .textile .ipynb .rmd .qmd .wiki "
    ".njk .liquid .pug .jade .haml .ejs .hbs .astro .svelte .vue .gmi .dj".split()
)
MAYBE_UNREAD_ENDINGS = frozenset({".html", ".htm", ".xhtml", ".txt", ".text"})
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# The part of CONTROL that is ASCII; taking all of it out of a text is five times faster than looking for one.
_ASCII_CONTROL = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_C1 = re.compile(b"\xc2[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A text file below the content folder: *path* there, *file* as a person would name it, and its text.

    Line ends are LF, a byte order mark is gone.
    """

    path: str
    file: str
    text: str

    def position(self, line: int = 1, column: int = 1, width: int = 1) -> Position:
        """The place at *line* and *column*, with its line as excerpt."""
        lines = _lines_of(self.text)[0]
        return Position(self.file, line, column, width, lines[line - 1] if line <= len(lines) else "")

    def position_at(self, offset: int, width: int = 1) -> Position:
        """The place *offset* characters into the text."""
        starts = _lines_of(self.text)[1]
        line = bisect_right(starts, offset)
        return self.position(line, offset - starts[line - 1] + 1, width)


@lru_cache(maxsize=4)  # thousands of places are asked for where a text is wrong all over
def _lines_of(text: str) -> tuple[list[str], list[int]]:
    """The lines of *text*, and where each begins."""
    lines = text.split("\n")
    return lines, [0, *accumulate(len(line) + 1 for line in lines)][:-1]


class Files(Mapping[str, Path]):
    """Every file of a folder by its path there, with forward slashes; *places* has them as the system names them.

    A large newsroom has tens of thousands, and a build opens few of them: a Path is made when somebody asks for it.
    """

    __slots__ = ("places",)

    def __init__(self, places: Mapping[str, str] | None = None) -> None:
        self.places = {} if places is None else dict(places)

    def __getitem__(self, path: str) -> Path:
        return Path(self.places[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __contains__(self, path: object) -> bool:
        return path in self.places


@dataclass(frozen=True, slots=True)
class ContentFolder:
    """What lies below the content folder: every file by its path there, with forward slashes.

    *root* is the folder, *name* what a person calls it ("content"). *instead* holds the bytes of files that are read
    as if they had been rewritten already.
    """

    root: Path
    name: str
    files: Files = field(default_factory=Files)
    instead: Mapping[str, bytes] = field(default_factory=dict)

    def below(self, folder: str) -> Iterator[str]:
        """The paths of the files below *folder*, in order."""
        return (path for path in self.files if path.startswith(f"{folder}/"))

    def data(self, path: str) -> bytes:
        """The bytes of the file at *path*."""
        return self.instead[path] if path in self.instead else self.files[path].read_bytes()

    def stories_below(self, folder: str) -> Iterator[str]:
        """The paths of the Markdown files below *folder*; Hugo's and Zola's `_index.md` are sections, not stories."""
        return (
            path
            for path in self.below(folder)
            if path.lower().endswith(STORY_ENDINGS) and not path.rpartition("/")[2].startswith("_index.")
        )

    def unread_below(self, folder: str) -> Iterator[str]:
        """Return the paths below *folder* of texts that other tools make pages of, and Pressrun does not read.

        HTML and plain text count where they begin with front matter: without it they are files to link to.
        """
        for path in self.below(folder):
            ending = path[path.rfind(".") :].lower()
            if ending in UNREAD_ENDINGS or (ending in MAYBE_UNREAD_ENDINGS and self._begins_with_front_matter(path)):
                yield path

    def _begins_with_front_matter(self, path: str) -> bool:
        with self.files[path].open("rb") as file:
            return file.read(16).removeprefix(BYTE_ORDER_MARK).split(b"\n")[0].rstrip() in (b"---", b"+++")


@dataclass(frozen=True, slots=True)
class Folders:
    """Where stories and editions lie below the content folder."""

    stories: str = "stories"
    editions: str = "editions"


NOTHING_ELSE: Mapping[str, bytes] = {}


def content_folder(
    root: Path, name: str, instead: Mapping[str, bytes] = NOTHING_ELSE
) -> tuple[ContentFolder, list[Problem]]:
    """What lies below *root*, in the order of names; *instead* of some files' bytes, others."""
    folder = ContentFolder(root, name, instead=instead)
    problems: list[Problem] = []
    _walk(str(root), "", folder, problems)
    return folder, problems


def _walk(directory: str, prefix: str, folder: ContentFolder, problems: list[Problem]) -> None:
    with os.scandir(directory) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if _is_nobodys(entry.name, prefix):
            continue
        # Some file systems take accents apart; a link that a person typed has them whole.
        path = prefix + (entry.name if entry.name.isascii() else unicodedata.normalize("NFC", entry.name))
        if not _is_speakable(path):
            problems.append(_unspeakable_name(path, folder))
        elif entry.is_symlink() and (problem := _problem_with_link(Path(entry.path), path, folder)):
            problems.append(problem)
        elif entry.is_dir():
            _walk(entry.path, path + "/", folder, problems)
        elif entry.is_file():
            folder.files.places[path] = entry.path


def _is_nobodys(name: str, prefix: str) -> bool:
    """Whether a file is an editor's or the system's; below static/ a dot may begin what a web server needs."""
    systems = (".DS_Store", ".gitignore", ".gitkeep", ".git", "Thumbs.db")
    if name in systems or name.startswith(".pressrun") or name.endswith((".swp", "~")):
        return True
    return name.startswith(".") and not f"{prefix}/".startswith("static/")


def _is_speakable(name: str) -> bool:
    """Whether *name* holds nothing that an address cannot; Persian and Indian spelling needs the two joiners."""
    return name.replace("\u200c", "").replace("\u200d", "").isprintable()


def _unspeakable_name(path: str, folder: ContentFolder) -> Problem:
    readable = "".join(character if _is_speakable(character) else "�" for character in path)
    culprit = next(character for character in path if not _is_speakable(character))
    return Problem(
        Position(f"{folder.name}/{readable}"),
        code="file-name",
        message=f"this file's name holds U+{ord(culprit):04X}, which is no letter, digit or sign",
        hint="rename it; letters, digits and hyphens work everywhere",
    )


def _problem_with_link(entry: Path, path: str, folder: ContentFolder) -> Problem | None:
    position = Position(f"{folder.name}/{path}")
    try:
        target = entry.resolve()
    except (OSError, RuntimeError):  # RuntimeError up to Python 3.12: a link that leads to itself
        target = entry
    if not target.is_relative_to(folder.root.resolve()):
        return Problem(
            position,
            code="path-outside",
            message=f"this link leads out of {folder.name}/",
            hint=f"put a copy of the file into {folder.name}/",
        )
    if target == entry or not target.exists():
        return Problem(position, code="path-outside", message="this link leads nowhere", hint="mend or delete it")
    if target.is_dir():
        return Problem(
            position,
            code="path-outside",
            message="a folder that is only a link is not read",
            hint="put the folder itself here",
            severity=Severity.WARNING,
        )
    return None


def bytes_and_state(place: str) -> tuple[bytes, os.stat_result]:
    """The bytes of the file at *place*, and what the system said of it before they were read."""
    # Half the time of open(), which asks the system three times as much; a build reads every story.
    handle = os.open(place, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    try:
        found = os.fstat(handle)
        data = os.read(handle, found.st_size + 1)
        while len(data) != found.st_size and (more := os.read(handle, 1 << 20)):  # it grew, or came in pieces
            data += more
        return data, found
    finally:
        os.close(handle)


def create(path: Path, data: bytes) -> None:
    """Put a new file at *path*, whole, with the folders above it; raises FileExistsError where there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)


def rewrite(folder: ContentFolder, path: str, data: bytes) -> None:
    """Give the file at *path* new bytes, whole or not at all; its mode stays.

    Where it is a link, what it leads to is rewritten. Raises ContentError where that lies outside the folder.
    """
    place = folder.files[path]
    if place.is_symlink() and (problem := _problem_with_link(place, path, folder)):
        raise ContentError([problem])
    import tempfile  # most runs rewrite nothing, and it takes long to import

    target = place.resolve()
    handle, name = tempfile.mkstemp(prefix=".pressrun-", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with open(handle, "wb") as file:
            file.write(data)
        temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def with_line_feeds(text: str) -> str:
    """*text* with every line end, of whatever system, as LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_below(text: str) -> tuple[str, int] | None:
    """Return what is below the front matter of *text*, and the line where it begins; None where none can be found."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    fence = lines[first].rstrip()
    ends = {"---": ("---", "..."), "+++": ("+++",)}.get(fence, ())
    end = next((number for number in range(first + 1, len(lines)) if lines[number].rstrip() in ends), None)
    return None if end is None else ("\n".join(lines[end + 1 :]), end + 2)


def packaged(path: str) -> SourceFile:
    """The text of the file *path* that comes with Pressrun itself."""
    from importlib import resources  # takes as long to import as reading a hundred stories

    text = (resources.files("pressrun") / path).read_text(encoding="utf-8")
    return SourceFile(path, f"pressrun/{path}", with_line_feeds(text))


def source_file(folder: ContentFolder, path: str) -> tuple[SourceFile | None, list[Problem]]:
    """Return the text at *path*, control characters dropped, with a Problem about them; None where it is not UTF-8."""
    return source_of(folder.name, path, folder.data(path))


def source_of(folder_name: str, path: str, data: bytes) -> tuple[SourceFile | None, list[Problem]]:
    """The same of *data*, the bytes of *path* in the folder called *folder_name*."""
    file = f"{folder_name}/{path}"
    data = data.removeprefix(BYTE_ORDER_MARK)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        found = SourceFile(path, file, before + "�")
        return None, [
            Problem(
                found.position_at(len(before)),
                code="file-encoding",
                message=f"the byte 0x{data[error.start]:02x} is not UTF-8",
                hint="save the file as UTF-8",
            )
        ]
    source = SourceFile(path, file, with_line_feeds(text) if b"\r" in data else text)
    if not _may_hold_controls(data):
        return source, []
    controls = CONTROL.findall(source.text)
    if not controls:
        return source, []
    others = f" (and {len(controls) - 1:,} more like it)" if len(controls) > 1 else ""
    problem = Problem(
        source.position_at(source.text.index(controls[0])),
        code="slot-mark" if brings_mark(source.text) else "control-character",
        message=f"{refusal_of(controls[0])}{others}",
        hint="delete it; it does not show in most editors",
    )
    # Nobody meant them, so that the text is read as if they were not there.
    return replace(source, text=without_controls(source.text)), [problem]


def readable(data: bytes, text: str) -> str:
    """Return *text*, which *data* holds, without the characters that no feed and no letter can hold."""
    return without_controls(text) if _may_hold_controls(data) else text


def _may_hold_controls(data: bytes) -> bool:
    """Whether it is worth looking for CONTROL in *data*, which is UTF-8; nearly always it is not."""
    if len(data.translate(None, _ASCII_CONTROL)) < len(data) or MARK.encode() in data:
        return True
    # In UTF-8 the C1 controls begin with C2, U+FFFE and U+FFFF with EF BF; surrogates are no UTF-8.
    return not data.isascii() and (_C1.search(data) is not None or b"\xef\xbf" in data)
