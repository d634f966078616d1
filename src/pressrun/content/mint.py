"""Where an id goes into the text of a story or an edition, all else staying byte for byte."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from pressrun.content.checks import place_of
from pressrun.content.editions import read_edition
from pressrun.content.fields import quoted
from pressrun.content.files import SourceFile, with_line_feeds
from pressrun.content.frontmatter import page_of
from pressrun.content.masthead import Masthead
from pressrun.content.stories import read_story
from pressrun.model.edition import Edition
from pressrun.model.story import Story
from pressrun.problems import Position, Problem

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# What stands where a value should, and means that there is none.
_NOTHING = re.compile(r"(?:~|null|Null|NULL|\[ *\])(?![^\s,}])")


def minted(text: str, piece: Story | Edition, masthead: Masthead) -> tuple[str | None, list[Problem]]:
    """*text*, the whole of *piece*'s file as it lies on disk, with the id that *piece* has so far written into it.

    The id stands in the first line of the front matter, or behind an `id:` that had no value. None with
    the Problem where that would change anything else: every way is read back before it is taken.
    """
    if piece.id_is_minted:
        return text, []
    before, told = _read(text, piece, masthead)
    if told["repeated-key"]:
        return None, []  # which of the two holds decides about the id, too; the Problem is told by whoever reads
    if before is not None and before.id == piece.id:
        wanted = replace(before, id_is_minted=True), told
        for way in _ways(text, piece):
            if _read(way, piece, masthead) == wanted:
                return way, []
    return None, [
        Problem(
            place_of(piece, "id", "title"),
            code="id-not-minted",
            message="an id cannot be written in here without changing something else",
            hint=f"add it by hand, as id: {quoted(piece.id)}",
        )
    ]


def _read(text: str, piece: Story | Edition, masthead: Masthead) -> tuple[Story | Edition | None, Counter[str]]:
    """What *text* says wherever in the file it does so, and the codes of what is wrong in it."""
    source = _source(text, piece)
    if isinstance(piece, Story):
        story, problems = read_story(source, masthead)
        return story and replace(story, body_line=1), Counter(problem.code for problem in problems)
    edition, problems = read_edition(source, masthead)
    return edition and _placeless(edition), Counter(problem.code for problem in problems)


def _placeless(edition: Edition) -> Edition:
    nowhere = Position(edition.source)
    return replace(
        edition,
        body_line=1,
        lead=edition.lead and replace(edition.lead, position=nowhere),
        stories=tuple(replace(reference, position=nowhere) for reference in edition.stories),
    )


def _source(text: str, piece: Story | Edition) -> SourceFile:
    return SourceFile(piece.source, f"content/{piece.source}", with_line_feeds(text.removeprefix("\ufeff")))


def _ways(text: str, piece: Story | Edition) -> Iterator[str]:
    """Every text that may be *text* with the id in it, the best first."""
    lines = _LINE.findall(text)
    source = _source(text, piece)
    fence, word = next((number, line) for number, line in enumerate(source.text.split("\n")) if line.strip())
    end = lines[fence][len(lines[fence].rstrip("\r\n")) :]
    if word.startswith("+++"):
        yield "".join([*lines[: fence + 1], f'id = "{piece.id}"{end}', *lines[fence + 1 :]])
        return
    # A derived id is percent-encoded, and its colons have no space behind them: YAML needs no quotes.
    if "id" in piece.positions:
        place = piece.positions["id"]
        filled = _filled(lines[place.line - 1], place.column - 1, piece.id)
        yield "".join([*lines[: place.line - 1], filled, *lines[place.line :]])
    page, _ = page_of(source)
    assert page is not None  # a piece came from it
    indentation = " " * (page.fields.position.column - 1)
    yield "".join([*lines[: fence + 1], f"{indentation}id: {piece.id}{end}", *lines[fence + 1 :]])


def _filled(line: str, column: int, value: str) -> str:
    """*line* with *value* where nothing, or a sign for nothing, stands at *column*."""
    before, after = line[:column], line[column:]
    if nothing := _NOTHING.match(after):
        after = after[nothing.end() :]
    space = " " if before.endswith(":") else ""
    return f"{before}{space}{value}{after}"
