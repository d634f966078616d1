"""What can be wrong between files, and what readers would stumble over in the lines of their front matter."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html.entities import html5
from typing import TypeAlias, TypeVar

from pressrun.content.source.files import ContentFolder, source_file
from pressrun.model.edition import Edition
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.scripts import beginning_of
from pressrun.model.story import Story

# Feeds have been there since 1999, the web since 1990; what is older is mostly a clock at nought.
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
FARTHEST = timedelta(days=366)
DATES = ("date", "publish_date", "published")
LINES = ("title", "subject", "preheader", "summary", "description", "correction", "image_alt")
_MARKUP = re.compile(
    r"<(?P<tag>a|abbr|b|big|cite|code|del|em|font|i|ins|mark|p|q|s|small|span|strike|strong|sub|sup|u)\b[^<>]*>"
    r".{0,300}?</(?P=tag)\s*>"
    r"|<br\s*/?>"
    r"|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|(?P<name>[a-zA-Z][a-zA-Z0-9]{1,30}));"
    r"|(?<![\w*])\*\*(?=\S)[^*]+(?<=\S)\*\*(?![\w*])"
    r"|(?<![\w*])\*(?=[^\s|])[^*]+(?<=\S)\*(?![\w*])"
    r"|\[[^\[\]]+\]\([^()\s]+\)",
    re.IGNORECASE | re.DOTALL,
)
_LOOSE_END = re.compile(r"(?:[:;,،、：；]|\s[-–—|/])$")


Piece: TypeAlias = Story | Edition
AnyPiece = TypeVar("AnyPiece", bound=Story | Edition)
Stays: TypeAlias = Callable[[Piece], tuple[bool, ...]]


def problems_between(stories: Sequence[Story], editions: Sequence[Edition], stays: Stays) -> list[Problem]:
    """Return a Problem for every id, and every slug of an edition, that is taken twice, at the piece that gives way.

    Of two pieces the one with the smaller *stays* keeps it; then the older one; then the first in the order of files.
    """
    return [
        *_repeated_ids([*stories, *editions], stays),
        *_repeated_slugs(editions, stays),
    ]


def in_order_of_staying(pieces: Iterable[AnyPiece], stays: Stays) -> list[AnyPiece]:
    """Return *pieces* in the order in which they keep an id or an address that several of them claim."""
    return sorted(pieces, key=lambda piece: (stays(piece), _moment(piece), piece.source))


def _moment(piece: Piece) -> datetime:
    return piece.published if isinstance(piece, Story) else piece.date


def claimants(pieces: Iterable[AnyPiece], claim: Callable[[AnyPiece], str], stays: Stays) -> Iterator[list[AnyPiece]]:
    """Return each group of *pieces* with one *claim*, if it has two or more, the one that keeps it first."""
    pieces = list(pieces)
    claims = [claim(piece) for piece in pieces]
    if len(set(claims)) == len(claims):  # nearly always
        return
    groups: dict[str, list[AnyPiece]] = {}
    for piece, claimed in zip(pieces, claims, strict=True):
        groups.setdefault(claimed, []).append(piece)
    for group in groups.values():
        if len(group) > 1:
            yield in_order_of_staying(group, stays)


def place_of(piece: Story | Edition, *names: str) -> Position:
    """Where the first of *names* that was written stands in *piece*'s file; else where its front matter begins."""
    for name in names:
        if name in piece.positions:
            return piece.positions[name]
    return Position(f"content/{piece.source}")


def _repeated_ids(pieces: Iterable[Piece], stays: Stays) -> Iterator[Problem]:
    for first, *others in claimants(pieces, lambda piece: piece.id, stays):
        for piece in others:
            # Two that were only derived say nothing but that the addresses are the same, which is told as such.
            if piece.id_is_minted or first.id_is_minted:
                yield Problem(
                    place_of(piece, "id", "slug", "title"),
                    code="duplicate-id",
                    message=f"content/{first.source} has the same id, {piece.id}",
                    hint="give the newer one an id of its own; the older keeps its readers' read marks",
                )


def _repeated_slugs(editions: Iterable[Edition], stays: Stays) -> Iterator[Problem]:
    # Some file systems do not tell small letters from capitals.
    for first, *others in claimants(editions, lambda edition: edition.slug.casefold(), stays):
        yield from (repeated_slug(edition, first.source) for edition in others)


def twins(pieces: Iterable[Piece], told: Sequence[Problem], stays: Stays) -> Iterable[Problem]:
    """A Problem for each of *pieces* that derives an earlier one's id, unless its place in the house is told anyway."""
    files = {problem.position.file for problem in told if problem.code in ("duplicate-slug", "duplicate-id")}
    for first, *others in claimants(pieces, lambda piece: piece.id, stays):
        for piece in others:
            if (place := place_of(piece, "slug", "title")).file not in files:
                yield Problem(
                    place,
                    code="duplicate-id",
                    message=f"content/{first.source} has the same day and slug, so both get the id {piece.id}",
                    hint="give one of the two another slug, or an id of its own",
                )


def repeated_slug(piece: Story | Edition, earlier: str) -> Problem:
    """*piece* would be read at the address of the file *earlier*."""
    return Problem(
        place_of(piece, "path", "slug", "title"),
        code="duplicate-slug",
        message=f"content/{earlier} has the same address",
        hint="give one of the two another slug (or path, where it names one)",
    )


# What readers would stumble over


def privacy_missing(place: Position) -> Problem:
    """A warning at *place* that forms ask for an address and do not say what happens to it."""
    return Problem(
        place,
        code="privacy-missing",
        message="forms and emails do not link to a privacy policy",
        hint="write privacy: https://example.org/privacy, or a path below the home page, such as privacy: /privacy/",
        severity=Severity.WARNING,
    )


def implausible_dates(pieces: Iterable[Story | Edition], now: datetime) -> Iterator[Problem]:
    """A warning for each of *pieces* that is dated long ago, or further ahead than anybody plans."""
    for piece in pieces:
        moment = piece.published if isinstance(piece, Story) else piece.date
        place = place_of(piece, *DATES)
        if moment < OLDEST:
            message = f"{moment.date()} is before there were feeds, and sorts this below everything else"
            yield _date_problem(place, message, "correct the year, or leave it where the piece is that old")
        elif moment > now + FARTHEST:
            message = f"{moment.date()} is more than a year ahead, and nobody sees this before"
            yield _date_problem(place, message, "correct the year, or write draft: true until it is time")
        elif isinstance(piece, Story) and moment <= now < piece.updated:
            message = f"{piece.updated.date()} is still to come, so feed readers may keep this on top until then"
            yield _date_problem(place_of(piece, "updated"), message, "write when the story was changed")


def _date_problem(place: Position, message: str, hint: str) -> Problem:
    return Problem(place, "date-implausible", message, hint, Severity.WARNING)


def written_lines(piece: Story | Edition) -> Iterator[tuple[str, Position]]:
    """The lines of *piece*'s front matter that readers get to see, each with its place."""
    for name in LINES:
        text = getattr(piece, name, None)
        if text and name in piece.positions:
            yield text, piece.positions[name]
    if piece.title and "title" not in piece.positions:
        yield piece.title, place_of(piece)


def shown_markup(pieces: Iterable[Story | Edition]) -> Iterator[Problem]:
    """A warning for every line of front matter in *pieces* that holds markup: it is shown as it stands."""
    for piece in pieces:
        for line, place in written_lines(piece):
            found = next((each for each in _MARKUP.finditer(line) if _is_markup(each)), None)
            if found:
                message = f"readers see {beginning_of(found.group(), 40)} as it stands, for this line is plain text"
                hint = "write the words and signs that are meant"
                yield Problem(place, "markup-shown", message, hint, Severity.WARNING)


def _is_markup(found: re.Match[str]) -> bool:
    return found["name"] is None or f"{found['name']};" in html5


def loose_titles(pieces: Iterable[Story | Edition]) -> Iterator[Problem]:
    """A warning for each of *pieces* whose title ends as if more were to come."""
    for piece in pieces:
        # A name such as &amp; ends in a semicolon of its own, and is told as markup.
        if found := _LOOSE_END.search(re.sub(r"&#?\w{1,30};$", "&", piece.title)):
            yield Problem(
                place_of(piece, "title"),
                code="title-unfinished",
                message=f'this title ends in "{found.group().strip()}", as if something were missing',
                hint="finish it, or delete the sign",
                severity=Severity.WARNING,
            )


def repeated_titles(stories: Iterable[Story]) -> Iterator[Problem]:
    """A hint for each pair of *stories* of one title and language; three and more are a series, and meant so."""
    by_title: dict[tuple[str, str | None], list[Story]] = {}
    for story in stories:
        by_title.setdefault((story.title.casefold(), story.language), []).append(story)
    for same in by_title.values():
        # Two of one slug are told already, and may be one file under two names.
        if len(same) == 2 and same[0].slug != same[1].slug:
            first, second = sorted(same, key=lambda story: (story.published, story.source))
            yield Problem(
                place_of(second, "title"),
                code="title-repeated",
                message=f"content/{first.source} has the same title, and lists of stories show nothing else",
                hint="say in one of the two what is different",
                severity=Severity.HINT,
            )


def place_of_text(text: str, path: str, folder: ContentFolder) -> Position:
    """Where *text* stands first in the file *path* of *folder*; its beginning where it does not."""
    source, _ = source_file(folder, path)
    offset = source.text.find(text) if source is not None and text else -1
    if source is None or offset < 0:
        return Position(f"{folder.name}/{path}")
    return source.position_at(offset, len(text))
