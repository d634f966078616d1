"""The nearest name among many: few are held against it, and it is looked for once."""

import difflib
from unittest.mock import patch

import pytest

from pressrun.rendering.nearest import CANDIDATES, Nearest

FILES = (
    "stories/2026-05-01-first-snow.md",
    "stories/2026-05-02-ferry.md",
    "images/snow.png",
    "files/plan.pdf",
    *(f"stories/2020-01-{number:03}-release-number-{number}.md" for number in range(400)),
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2026-05-01-frist-snow.md", "stories/2026-05-01-first-snow.md"),
        ("2026-05-02-fery.md", "stories/2026-05-02-ferry.md"),
        ("2026-05-02-ferry", "stories/2026-05-02-ferry.md"),
        ("snwo.png", "images/snow.png"),
        ("Plan.pdf", "files/plan.pdf"),
        ("entirely-different.html", None),
        ("", None),
        ("x", None),
    ],
)
def test_a_slip_is_recognised(name: str, found: str | None) -> None:
    assert Nearest(FILES)(name) == found


def test_among_names_that_are_much_alike_one_that_is_close_is_found() -> None:
    assert str(Nearest(FILES)("release-number-377")).startswith("stories/2020-01-")


def test_one_name_is_looked_for_once_and_held_against_few() -> None:
    nearest = Nearest(FILES)
    with patch("difflib.get_close_matches", wraps=difflib.get_close_matches) as asked:
        for _ in range(10):
            nearest("release-number-377x")
    (call,) = asked.call_args_list
    assert len(call.args[1]) <= CANDIDATES


def test_what_is_found_hangs_on_no_order() -> None:
    for name in ("2020-01-377-relaese-number-377.md", "ferry.md"):
        assert Nearest(FILES)(name) == Nearest(tuple(reversed(FILES)))(name)
