"""What of a content file mends itself: names nearly right, and times without their zone.

Each mend is an edit of the text, and is taken only where the file then says what is meant, all else as before,
and nothing new is wrong with it.
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from itertools import chain
from typing import TypeAlias

from pressrun.content.editions import read_edition
from pressrun.content.masthead.publication import read_masthead
from pressrun.content.source.fields import Field, yaml_fields
from pressrun.content.source.files import SourceFile
from pressrun.content.source.frontmatter import page_of
from pressrun.content.source.moments import moment_written, with_offset
from pressrun.content.storyfields import read_story
from pressrun.desk.authoring.edits import Edit, source_of
from pressrun.desk.authoring.ids import placeless
from pressrun.model.edition import Edition
from pressrun.model.problems import Position, Problem
from pressrun.model.publication import Masthead
from pressrun.model.story import Story

# The fields of stories and editions that hold a date.
DATES = ("date", "publish_date", "published", "updated", "since")
# In YAML a value's place is its own; in TOML it is that of its name.
_TIME = re.compile(
    r"""(?:[^=]*=[ \t]*)??["']?(?P<time>\d{4}-\d{1,2}-\d{1,2}[Tt ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)"""
)


@dataclass(frozen=True, slots=True)
class FileFields:
    """What a file says: its *fields*, the *body* below, what it is read as, and what is wrong in it."""

    fields: Field
    body: str
    piece: Story | Edition | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Mend:
    """One *edit*, in words *what* it does, and what may come of it.

    *is_meant* is asked of the one name or value that reads otherwise, as it was and as it is. *keeps_the_piece*
    says that the file must be read as what it was before, each moment with its offset.
    """

    edit: Edit
    what: str
    is_meant: Callable[[str, str], bool]
    keeps_the_piece: bool = False


Reader: TypeAlias = Callable[[str], FileFields | None]
Kind: TypeAlias = Callable[[FileFields], Iterable[Mend]]


@dataclass(frozen=True, slots=True)
class Mended:
    """A file's *text*, what it says (None if it cannot be read), and in words what was *done* to it so far."""

    text: str
    said: FileFields | None
    done: tuple[str, ...] = ()


def as_it_is(text: str, read: Reader) -> Mended:
    """The file whose whole text on disk is *text*, nothing done to it yet."""
    return Mended(text, read(text))


def mended(file: Mended, read: Reader, kinds: Sequence[Kind]) -> Mended:
    """*file* with all mends of *kinds* that can be proved, kind after kind."""
    for kind in kinds:
        tried: set[Edit] = set()
        while file.said and (mend := next((each for each in kind(file.said) if each.edit not in tried), None)):
            tried.add(mend.edit)
            text = mend.edit.made_in(file.text)
            said = read(text)
            if said is not None and _is_proved(mend, file.said, said):
                file = Mended(text, said, (*file.done, mend.what))
                tried.clear()  # what could not be proved beside this fault may be proved without it
    return file


# Kinds of mends


def nothing_to_mend(_said: FileFields) -> Iterable[Mend]:
    """No mend, whatever a file says."""
    return ()


def renames(kept: Container[str]) -> Kind:
    """A mend for each name that is nearly right, unless it is one of those *kept*."""

    def found(said: FileFields) -> Iterator[Mend]:
        for problem in said.problems:
            if problem.instead is not None and (name := _name_at(problem.position)) not in kept:
                yield _rename(problem.position, name, problem.instead)

    return found


def _rename(place: Position, name: str, meant: str) -> Mend:
    column = place.column + (place.excerpt[place.column - 1 :][:1] in ("'", '"'))
    return Mend(
        Edit(place.line, column, name, meant),
        f"{name} is now {meant}",
        lambda was, now: (was, now) == (name, meant),
    )


def _name_at(place: Position) -> str:
    text = place.excerpt[place.column - 1 :]
    if text[:1] in ("'", '"'):
        return text[1:].partition(text[0])[0]
    return text[: place.width]


def offsets(zone: tzinfo) -> Kind:
    """A mend for each date with a time that has no offset: the one that *zone* has then."""

    def means_the_same(was: str, now: str) -> bool:
        moments = [moment_written(" ".join(text.split()), zone) for text in (was, now)]
        before, after = (moment and moment.isoformat() for moment in moments)
        return before == after

    def found(said: FileFields) -> Iterator[Mend]:
        places = said.piece.positions if said.piece else {}
        for name in DATES:
            place = places.get(name)
            written = place and _TIME.match(place.excerpt, place.column - 1)
            if place is None or not written:
                continue
            whole = with_offset(written["time"], zone)
            if whole is not None:
                edit = Edit(place.line, written.start("time") + 1, written["time"], whole)
                yield Mend(edit, f"{name}: {whole}", means_the_same, keeps_the_piece=True)

    return found


# Reading back


def reader_of(path: str, file: str, masthead: Masthead | None, *, is_edition: bool = False) -> Reader:
    """What reads the text of *file*: a story or an edition, or the masthead itself where there is none yet."""
    if masthead is None:
        return lambda text: _masthead_said(source_of(text, path, file))
    return lambda text: _piece_said(source_of(text, path, file), masthead, is_edition)


def _masthead_said(source: SourceFile) -> FileFields | None:
    tree, _ = yaml_fields(source)
    return None if tree is None else FileFields(tree, "", None, tuple(read_masthead(source)[2]))


def _piece_said(source: SourceFile, masthead: Masthead, is_edition: bool) -> FileFields | None:
    page, _ = page_of(source)
    if page is None:
        return None
    piece, problems = read_edition(source, masthead) if is_edition else read_story(source, masthead)
    return FileFields(page.fields, page.body, piece, tuple(problems))


def _is_proved(mend: Mend, before: FileFields, after: FileFields) -> bool:
    """Whether *after* says nothing else than *before*, but for what *mend* means to change."""
    changes = list(_differences(before.fields, after.fields))
    return (
        len(changes) == 1
        and mend.is_meant(*changes[0])
        and after.body == before.body
        and not _told(after) - _told(before)
        and (not mend.keeps_the_piece or _as_read(before) == _as_read(after))
        and not _moves_the_id(before, after)
    )


def _moves_the_id(before: FileFields, after: FileFields) -> bool:
    """Whether readers would see the piece again, because its id is made of what reads otherwise now."""
    return bool(before.piece and after.piece and before.piece.id != after.piece.id)


def _differences(before: Field, after: Field) -> Iterator[tuple[str, str]]:
    """Each name and each value that reads otherwise, as it was and as it is; empty words for more than that."""
    match before.value, after.value:
        case dict() as old, dict() as new if len(old) == len(new):
            yield from (names for names in zip(old, new, strict=True) if names[0] != names[1])
            yield from chain.from_iterable(map(_differences, old.values(), new.values()))
        case list() as olds, list() as news if len(olds) == len(news):
            yield from chain.from_iterable(map(_differences, olds, news))
        case str(was), str(now) if before.plain == after.plain:
            if was != now:
                yield was, now
        case None, None:
            pass
        case _:
            yield "", ""


def _told(said: FileFields) -> Counter[tuple[str, str]]:
    return Counter((problem.code, problem.message) for problem in said.problems)


def _as_read(said: FileFields) -> dict[str, object]:
    """The piece wherever in its file it stands, and each moment as text: one told twice by the clocks equals none."""
    assert said.piece is not None  # what keeps a piece was found in one
    piece = placeless(said.piece)
    values = ((field.name, getattr(piece, field.name)) for field in fields(piece) if field.compare)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}
