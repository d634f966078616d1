"""A picture that is larger than any page needs is told once, where it is named first."""

import pytest

from builders import a_picture
from pressrun.model.picture import Picture
from pressrun.model.problems import Position
from pressrun.rendering.pictures.checks import HEAVIEST, LARGEST, size_findings

FIRST, SECOND = Position("content/a.md", 3), Position("content/b.md", 7)


def codes(picture: Picture) -> list[str]:
    return [problem.code for problem in size_findings([(picture, lambda: FIRST)])]


@pytest.mark.parametrize("changes", [{"size": HEAVIEST + 1}, {"width": LARGEST + 1}, {"height": LARGEST + 1}])
def test_a_picture_that_is_too_large_is_told(changes: dict[str, int]) -> None:
    assert codes(a_picture(**changes)) == ["picture-oversized"]


def test_a_picture_at_the_limit_or_of_no_known_size_is_not_told() -> None:
    assert codes(a_picture(size=HEAVIEST, width=LARGEST, height=LARGEST)) == []
    assert codes(a_picture(width=None, height=None)) == []


def test_it_is_told_where_it_is_named_first() -> None:
    heavy = a_picture(size=2_500_000)
    (problem,) = size_findings([(a_picture(path="x"), lambda: SECOND), (heavy, lambda: FIRST), (heavy, lambda: SECOND)])

    assert problem.position == FIRST
    assert "2,500,000 bytes" in problem.message
