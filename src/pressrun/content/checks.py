"""What can be wrong between files: two that claim the same id or the same address."""

from collections.abc import Iterable, Sequence

from pressrun.model.edition import Edition
from pressrun.model.story import Story
from pressrun.problems import Position, Problem


def problems_between(stories: Sequence[Story], editions: Sequence[Edition]) -> list[Problem]:
    """Every id, and every slug of an edition, that is taken twice. The later file is told of the earlier."""
    return [
        *_repeated_ids([*stories, *editions]),
        *_repeated_slugs(editions),
    ]


def place_of(piece: Story | Edition, *names: str) -> Position:
    """Where the first of *names* that was written stands in *piece*'s file; else where its front matter begins."""
    for name in names:
        if name in piece.positions:
            return piece.positions[name]
    return Position(f"content/{piece.source}")


def _repeated_ids(pieces: Iterable[Story | Edition]) -> list[Problem]:
    first: dict[str, Story | Edition] = {}
    problems = []
    for piece in pieces:
        earlier = first.setdefault(piece.id, piece)
        if earlier is not piece and (piece.id_is_minted or earlier.id_is_minted):
            # Two that were only derived say nothing but that the addresses are the same, which is told as such.
            problems.append(
                Problem(
                    place_of(piece, "id", "slug", "title"),
                    code="duplicate-id",
                    message=f"content/{earlier.source} has the same id, {piece.id}",
                    hint="give the newer one an id of its own; the older keeps its readers' read marks",
                )
            )
    return problems


def _repeated_slugs(editions: Iterable[Edition]) -> list[Problem]:
    first: dict[str, Edition] = {}
    problems = []
    for edition in editions:
        # Some file systems do not tell small letters from capitals.
        earlier = first.setdefault(edition.slug.casefold(), edition)
        if earlier is not edition:
            problems.append(repeated_slug(edition, earlier.source))
    return problems


def twins(pieces: Iterable[Story | Edition], told: Sequence[Problem]) -> Iterable[Problem]:
    """A Problem for each of *pieces* that derives an earlier one's id, unless its place in the house is told anyway."""
    files = {problem.position.file for problem in told if problem.code in ("duplicate-slug", "duplicate-id")}
    first: dict[str, Story | Edition] = {}
    for piece in pieces:
        earlier = first.setdefault(piece.id, piece)
        place = place_of(piece, "slug", "title")
        if earlier is not piece and place.file not in files:
            yield Problem(
                place,
                code="duplicate-id",
                message=f"content/{earlier.source} has the same day and slug, so both get the id {piece.id}",
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
