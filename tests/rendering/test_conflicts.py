"""A merge conflict is an error, wherever it is but in code."""

import pytest

from pressrun.rendering.conflicts import conflicts_in
from pressrun.rendering.outline import SourceDocument

TWO_SIDES = "<<<<<<< HEAD\n- nine\n=======\n- ten\n>>>>>>> origin/main\n"
THREE_SIDES = "<<<<<<< ours\nnine\n||||||| base\neight\n=======\nten\n>>>>>>> theirs\n"


def lines(body: str) -> list[int]:
    return [problem.position.line for problem in conflicts_in(SourceDocument("content/a.md", body, 5))]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (TWO_SIDES, [5]),
        (THREE_SIDES, [5]),
        (f"Above.\n\n{TWO_SIDES}\nBetween.\n\n{THREE_SIDES}", [7, 15]),
        (f"Above.\n{TWO_SIDES}", [6]),
        ("<<<<<<<\na\n=======\n>>>>>>>", [5]),
        (f"é: `<<<<<<<`\n\n{TWO_SIDES}", [7]),
    ],
)
def test_each_conflict_is_reported_where_it_begins(body: str, expected: list[int]) -> None:
    assert lines(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        f"```\n{TWO_SIDES}```\n",
        "".join(f"    {line}\n" for line in TWO_SIDES.splitlines()),
        f"<pre>\n{TWO_SIDES}</pre>\n",
        "<<<<<<< HEAD\nno middle\n>>>>>>> end",
        ">>>>>>> a\n=======\n<<<<<<< b\n",
        "<<<<<<<<<<\n=======\n>>>>>>>>>>\n",
        "Title\n=======\n\n>>>>>>> deep\n",
        "a <<<<<<< b\n=======\n>>>>>>> c",
    ],
)
def test_what_is_no_conflict_is_left_alone(body: str) -> None:
    assert lines(body) == []
