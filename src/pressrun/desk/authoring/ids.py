"""Where an id goes into the text of a story or an edition, all else staying byte for byte."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from pressrun.content.checks import place_of
from pressrun.content.editions import read_edition
from pressrun.content.source.fields import quoted
from pressrun.content.source.frontmatter import page_of
from pressrun.content.storyfields import read_story
from pressrun.desk.authoring.edits import Edit, lines_of, source_of
from pressrun.model.edition import Edition, Section
from pressrun.model.problems import Position, Problem
from pressrun.model.publication import Masthead
from pressrun.model.story import Story

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
        build_request = replace(before, id_is_minted=True), told
        for edit in _ways(text, piece):
            after = edit.made_in(text)
            if _read(after, piece, masthead) == build_request:
                return after, []
    return None, [
        Problem(
            place_of(piece, "id", "title"),
            code="id-not-minted",
            message="an id cannot be written in here without changing something else",
            hint=f"add it by hand, as id: {quoted(piece.id)}",
        )
    ]


def placeless(piece: Story | Edition) -> Story | Edition:
    """*piece* as it is, wherever in its file it stands."""
    if isinstance(piece, Story):
        return replace(piece, body_line=1)
    nowhere = Position(piece.source)
    return replace(
        piece,
        body_line=1,
        lead=piece.lead and replace(piece.lead, position=nowhere),
        stories=tuple(replace(reference, position=nowhere) for reference in piece.stories),
        carried=piece.carried and tuple(replace(reference, position=nowhere) for reference in piece.carried),
        sections=tuple(_placeless(section, nowhere) for section in piece.sections),
    )


def _placeless(section: Section, nowhere: Position) -> Section:
    stories = tuple(replace(reference, position=nowhere) for reference in section.stories)
    return replace(section, text_line=1, stories=stories)


def _read(text: str, piece: Story | Edition, masthead: Masthead) -> tuple[Story | Edition | None, Counter[str]]:
    """What *text* says wherever in the file it does so, and the codes of what is wrong in it."""
    source = source_of(text, piece.source, f"content/{piece.source}")
    found, problems = read_story(source, masthead) if isinstance(piece, Story) else read_edition(source, masthead)
    return found and placeless(found), Counter(problem.code for problem in problems)


def _ways(text: str, piece: Story | Edition) -> Iterator[Edit]:
    """Every edit that may put the id into *text*, the best first."""
    source = source_of(text, piece.source, f"content/{piece.source}")
    fence, word = next((number, line) for number, line in enumerate(source.text.split("\n"), 1) if line.strip())
    line = lines_of(text)[fence - 1]
    end = line[len(line.rstrip("\r\n")) :]
    if word.startswith("+++"):
        yield Edit(fence + 1, 1, "", f'id = "{piece.id}"{end}')
        return
    # A derived id is percent-encoded, and its colons have no space behind them: YAML needs no quotes.
    if "id" in piece.positions:
        yield _filled(piece.positions["id"], piece.id)
    page, _ = page_of(source)
    assert page is not None  # a piece came from it
    indentation = " " * (page.fields.position.column - 1)
    yield Edit(fence + 1, 1, "", f"{indentation}id: {piece.id}{end}")


def _filled(place: Position, value: str) -> Edit:
    """*value* where nothing, or a sign for nothing, stands at *place*."""
    before, after = place.excerpt[: place.column - 1], place.excerpt[place.column - 1 :]
    nothing = _NOTHING.match(after)
    space = " " if before.endswith(":") else ""
    return Edit(place.line, place.column, nothing.group() if nothing else "", f"{space}{value}")
