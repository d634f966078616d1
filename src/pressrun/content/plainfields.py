"""Front matter as nearly everybody writes it, read without YAML.

What is read here gives exactly the Story that YAML and all our types would give, without any Problem.
Everything that could mean something else is left to them: comments, anchors, tags, escapes, nested
fields, text over several lines, repeated or nearly right names, and values that no field takes.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, TypeAlias

from pressrun.content.source.files import SourceFile
from pressrun.content.source.moments import moment_written
from pressrun.content.source.names import IGNORED, STORY_NAMES, sure_name
from pressrun.content.source.scalars import FALSE, NOTHING, SEPARATOR, TRUE, core_schema
from pressrun.content.stories import LeadPicture, Text, WrittenFields, story_from
from pressrun.model.addresses import too_long
from pressrun.model.characters import MARK
from pressrun.model.problems import Position
from pressrun.model.publication import Author, Masthead
from pressrun.model.story import Audio, Story

# What YAML does not take as text, or takes as the end of a line (YAML 1.1, section 5.1), and line ends.
_UNSAFE = r"\x00-\x1f\x7f-\x9f"
# Looked for by itself: in every pattern, these would make them ten times slower to compile.
_RARELY_UNSAFE = re.compile(r"[\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# No first character of text without quotes: what begins something else in YAML, and white space.
_FIRST = rf"[^{_UNSAFE}\x20\xa0?:,\[\]{{}}#&*!|>'\"%@`~-]"
_PLAIN = rf"{_FIRST}[^{_UNSAFE}:#]*(?::(?=[^\s:])[^{_UNSAFE}:#]*)*"
_PLAIN_IN_BRACKETS = rf"{_FIRST}[^{_UNSAFE}:#,?\[\]{{}}]*"
_SINGLE = rf"'([^{_UNSAFE}']+)'"
_DOUBLE = rf'"([^{_UNSAFE}"\\]+)"'
_ITEM = rf"(?:({_PLAIN})|{_SINGLE} *|{_DOUBLE} *)"
_ITEM_IN_BRACKETS = rf"(?:({_PLAIN_IN_BRACKETS})|{_SINGLE} *|{_DOUBLE} *)"


def _without_groups(pattern: str) -> str:
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)


_IN_BRACKETS = _without_groups(_ITEM_IN_BRACKETS)
_ON_A_LINE = _without_groups(_ITEM)
# YAML takes no name of more than 1,024 characters; nobody writes a long one.
_FIELD = re.compile(
    r"([A-Za-z_][A-Za-z0-9_-]{0,63}):"
    rf"(?: +(?:({_PLAIN})|{_SINGLE} *|{_DOUBLE} *|\[ *((?:{_IN_BRACKETS}(?:, *{_IN_BRACKETS})*)?)\] *)"
    rf"| *(\n( *)- +{_ON_A_LINE}(?:\n\7- +{_ON_A_LINE})*))\n+"
)
_NAME, _PLAIN_VALUE, _SINGLE_VALUE, _DOUBLE_VALUE, _BRACKETS, _DASHES, _INDENT = range(1, 8)
_ITEMS = {_BRACKETS: re.compile(_ITEM_IN_BRACKETS), _DASHES: re.compile(rf"\n *- +{_ITEM}")}

_UNDERSTOOD = STORY_NAMES.by_folded()

_SLUG = re.compile(r"[\w-]+")
_PATH = re.compile(r"/?[\w-][\w.-]*(?:/[\w-][\w.-]*)*/?")
_ADDRESS = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:/[A-Za-z0-9._~-]+)*/?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def plain_story(source: SourceFile, masthead: Masthead) -> Story | None:
    """The story that *source* holds; None where somebody has to decide who knows all of YAML."""
    text = source.text
    end = text.find("\n---", 3)
    if not text.startswith("---\n") or end < 0 or text[end + 4 : end + 5] not in ("\n", ""):
        return None
    block = text[4 : end + 1]
    publication = masthead.publication
    read = _fields(block, publication.timezone)
    if read is None:
        return None
    values, extra = read
    said = WrittenFields(**values)
    published = said.moment(source.path, publication)
    if published is None or said.is_updated_before(published):
        return None
    rest = Text(text[end + 5 :], block.count("\n") + 3, extra, FieldPlaces(source.file, block))
    return story_from(said, source.path, rest, published, masthead)


def _fields(block: str, zone: tzinfo) -> tuple[dict[str, Any], dict[str, object]] | None:
    """The values of the known fields by their canonical names, and the others as templates see them."""
    if MARK in block or (not block.isascii() and _RARELY_UNSAFE.search(block)):
        return None
    values: dict[str, Any] = {}
    extra: dict[str, object] = {}
    place = 0
    while place < len(block):
        found = _FIELD.match(block, place)
        if found is None:
            return None
        place = found.end()
        name = found[_NAME]
        canonical = _meaning(name)
        written = _written(found)
        if canonical is None or written is None or canonical in values or name in extra:
            return None
        if not canonical:
            extra[name] = _native(found)
            continue
        value = _READERS[canonical](written, zone)
        if value is None:
            return None
        values[canonical] = value
    return (values, extra) if "title" in values else None


@lru_cache(maxsize=4096)  # a name that is nobody's is held against all that there are, which takes a millisecond
def _meaning(name: str) -> str | None:
    """The canonical name of *name*, "" where it is nobody's; None where YAML or a person may mean something else."""
    return None if name in NOTHING else sure_name(name, _UNDERSTOOD)


def _written(found: re.Match[str]) -> str | list[str] | None:
    """The text or the texts of a field; None where one of them stands for nothing."""
    kind = found.lastindex
    if kind == _PLAIN_VALUE:
        text = found[_PLAIN_VALUE].rstrip(" ")
        return None if text in NOTHING else text
    if kind not in _ITEMS:
        return found[kind or 0]
    texts = []
    for plain, single, double in _ITEMS[kind].findall(found[kind]):
        text = plain.rstrip(" ")
        if text in NOTHING and plain:
            return None
        texts.append(text or single or double)
    return texts


def _native(found: re.Match[str]) -> object:
    """A field as templates see it: truth values and numbers where no quotes say that they are text."""
    kind = found.lastindex
    if kind == _PLAIN_VALUE:
        return core_schema(found[_PLAIN_VALUE].rstrip(" "))
    if kind not in _ITEMS:
        return found[kind or 0]
    items = _ITEMS[kind].findall(found[kind])
    return [core_schema(plain.rstrip(" ")) if plain else single or double for plain, single, double in items]


# A reader is given a field's text or texts; None says that the full way has to decide.
Written: TypeAlias = "str | list[str]"
Reader: TypeAlias = Callable[[Written, tzinfo], object]


def _line(written: Written, _: tzinfo) -> str | None:
    return _one_line(written) if isinstance(written, str) else None


def _one_line(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def _filled_line(written: Written, _: tzinfo) -> str | None:
    return (_one_line(written) if isinstance(written, str) else None) or None


def _lines(written: Written) -> list[str] | None:
    """The lines of a list, or of one text alone; None where one of them is empty."""
    lines = [_one_line(text) for text in ([written] if isinstance(written, str) else written)]
    return lines if all(lines) else None


def _words(written: Written, _: tzinfo) -> tuple[str, ...]:
    texts = SEPARATOR.split(written) if isinstance(written, str) else written
    return tuple(dict.fromkeys([word for text in texts if (word := _one_line(text))]))


def _moment(written: Written, zone: tzinfo) -> datetime | None:
    return moment_written(_one_line(written), zone) if isinstance(written, str) else None


def _flag(written: Written, _: tzinfo) -> bool | None:
    word = _one_line(written).casefold() if isinstance(written, str) else ""
    return True if word in TRUE else False if word in FALSE else None


def _flag_or_moment(written: Written, zone: tzinfo) -> bool | datetime | None:
    flag = _flag(written, zone)
    return _moment(written, zone) if flag is None else flag


def _authors(written: Written, _: tzinfo) -> tuple[Author, ...] | None:
    lines = _lines(written)
    return None if lines is None else tuple([Author(line) for line in lines])


def _path(line: str) -> str | None:
    return "/" + line.lstrip("/") if _PATH.fullmatch(line) and not too_long(line) else None


def _paths(written: Written, _: tzinfo) -> tuple[str, ...] | None:
    lines = _lines(written)
    paths = None if lines is None else tuple([path for line in lines if (path := _path(line))])
    return None if lines is None or paths is None or len(paths) < len(lines) else paths


def _matching(pattern: re.Pattern[str]) -> Reader:
    """A reader of what *pattern* matches, which stays as it is."""

    def read(written: Written, _: tzinfo) -> str | None:
        line = _one_line(written) if isinstance(written, str) else ""
        return line if pattern.fullmatch(line) else None

    return read


def _slug(written: Written, _: tzinfo) -> str | None:
    line = _one_line(written) if isinstance(written, str) else ""
    return line if _SLUG.fullmatch(line) and not too_long(line) else None


def _path_or_address(written: Written, _: tzinfo) -> str | None:
    line = _one_line(written) if isinstance(written, str) else ""
    if line.casefold() == "false":  # no page at all
        return None
    return line if _ADDRESS.fullmatch(line) else _path(line)


def _picture(written: Written, zone: tzinfo) -> LeadPicture | None:
    first = written if isinstance(written, str) else next(iter(written), "")
    path = _filled_line(first, zone)
    return LeadPicture(path) if path else None


def _audio(written: Written, zone: tzinfo) -> Audio | None:
    file = _filled_line(written, zone)
    return Audio(file) if file else None


def _nested(_: Written, __: tzinfo) -> None:
    """What is never plain."""


_READERS: dict[str, Reader] = {
    "title": _filled_line,
    "date": _moment,
    "publish_date": _moment,
    "updated": _moment,
    "draft": _flag,
    "status": _line,
    "published": _flag_or_moment,
    "tags": _words,
    "section": _filled_line,
    "categories": _words,
    "taxonomies": _nested,
    "summary": _line,
    "description": _line,
    "authors": _authors,
    "slug": _slug,
    "aliases": _paths,
    "canonical_url": _matching(_ADDRESS),
    "path": _path_or_address,
    "image": _picture,
    "image_alt": _line,
    "lang": _matching(_LANGUAGE),
    "audio": _audio,
    "correction": _line,
    "id": _filled_line,
    IGNORED: _words,
}


class FieldPlaces(Mapping[str, Position]):
    """Where the known fields of a front matter stand, by canonical name; worked out when somebody asks, as few do.

    *block* is what stands between the two `---` lines of *file*, as `plain_story` can read it.
    """

    __slots__ = ("_positions", "block", "file")

    def __init__(self, file: str, block: str) -> None:
        self.file = file
        self.block = block
        self._positions: dict[str, Position] | None = None

    def __getitem__(self, name: str) -> Position:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __reduce__(self) -> tuple[type["FieldPlaces"], tuple[str, str]]:
        return FieldPlaces, (self.file, self.block)

    def _all(self) -> dict[str, Position]:
        if self._positions is None:
            positions = {}
            place, line = 0, 2  # below the line that opens the front matter
            # One behind the other, as they were read.
            while found := _FIELD.match(self.block, place):
                if name := _meaning(found[_NAME]):
                    positions[name] = self._position(found, line)
                place, line = found.end(), line + found.group().count("\n")
            self._positions = positions
        return self._positions

    def _position(self, found: re.Match[str], line: int) -> Position:
        kind = found.lastindex or 0
        place, width = found.start(kind), 1  # a list is known by its first sign
        if kind == _BRACKETS:
            place = self.block.index("[", found.end(_NAME))
        elif kind == _DASHES:
            place = self.block.index("-", place)
        elif kind == _PLAIN_VALUE:
            width = max(len(found[kind].rstrip()), 1)
        else:
            place, width = place - 1, len(found[kind]) + 2  # with its quotes
        begin = self.block.rfind("\n", 0, place) + 1
        excerpt = self.block[begin : self.block.index("\n", place)]
        line += self.block.count("\n", found.start(), place)
        return Position(self.file, line, place - begin + 1, width, excerpt)
