"""Pictures that are larger than any page needs."""

from collections.abc import Callable, Iterable, Iterator

from pressrun.model.picture import Picture
from pressrun.model.problems import Position, Problem, Severity

# On a slow telephone line a megabyte takes some ten seconds; no screen shows a column of 4,000 pixels.
HEAVIEST = 1_000_000
LARGEST = 4_000


def size_findings(shown: Iterable[tuple[Picture, Callable[[], Position]]]) -> Iterator[Problem]:
    """A warning for every picture that is too heavy or too large, at the first place of those that are *shown*.

    Pages and feeds carry a picture as it is; only for letters it is made smaller.
    """
    told: set[str] = set()
    for picture, place in shown:
        if picture.path in told or (message := _too_much(picture)) is None:
            continue
        told.add(picture.path)
        hint = f"scale it to about 2,000 pixels, or save it as JPEG, below {HEAVIEST:,} bytes"
        yield Problem(place(), "picture-oversized", message, hint, Severity.WARNING)


def _too_much(picture: Picture) -> str | None:
    width, height = picture.width or 0, picture.height or 0
    if picture.size > HEAVIEST:
        return f"this picture weighs {picture.size:,} bytes, and every reader of the page waits for them"
    if max(width, height) > LARGEST:
        return f"this picture is {width:,} by {height:,} pixels large, more than any page shows"
    return None
