"""A tag that is nearly another is told; words that only look alike are not."""

from collections import Counter
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file, build_request
from pressrun.content.tags import near_tags
from pressrun.desk.checking.check import check


def told(**counts: int) -> list[tuple[str, str]]:
    return near_tags(Counter({name.replace("__", "-"): count for name, count in counts.items()}))


@pytest.mark.parametrize(
    ("rare", "often"),
    [("Weather", "weather"), ("open-source", "open source"), ("boat", "boats"), ("box sizes", "box-size"),
     ("city", "cities"), ("wether", "weather"), ("weahter", "weather"), ("weatherr", "weather"),
     ("weathor", "weather")],
)  # fmt: skip
def test_a_tag_that_is_nearly_another_is_told(rare: str, often: str) -> None:
    assert near_tags(Counter({rare: 1, often: 5})) == [(rare, often)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("new", "news"), ("house", "horse"), ("c", "c++"), ("2025", "2026"), ("python2.1", "python2.2"),
     ("leather", "weather"), ("art", "arts"), ("marketing", "markets"), ("plane", "planet"), ("sea", "seal"),
     ("release 10", "release 11")],
)  # fmt: skip
def test_words_that_only_look_alike_are_not_told(one: str, other: str) -> None:
    assert near_tags(Counter({one: 1, other: 5})) == []


def test_a_slip_is_told_only_beside_a_tag_that_is_used_often() -> None:
    assert told(wether=1, weather=2) == []
    assert told(wether=2, weather=9) == []


def test_the_rarer_one_is_told_however_often_it_is_used() -> None:
    assert told(books=20, book=15) == [("book", "books")]


def test_each_tag_is_told_of_once() -> None:
    assert told(Weather=1, weather=8, WEATHER=1) == [("Weather", "weather"), ("WEATHER", "weather")]


def findings(root: Path, tags: str, masthead: str = "") -> list[tuple[str, int, int, str | None]]:
    others = {f"content/stories/{n}.md": a_story_file(id=f"tag:x,2020:{n}", title=n, tags="weather") for n in "abc"}
    story = a_story_file(tags=tags, title="A wether, in bad weather")
    a_folder(root, {"content/publication.yaml": MASTHEAD + masthead, "content/stories/z.md": story, **others})
    problems = check(root, build_request()).problems
    return [(each.code, each.position.line, each.position.column, each.hint) for each in problems]


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [("[sheep, wether]", 5, 15), ("sheep, wether", 5, 14), ("\n- sheep\n- 'wether'", 7, 4), ('["we\\x74her"]', 5, 7)],
)
def test_the_place_is_the_tags_own(written: str, line: int, column: int, tmp_path: Path) -> None:
    hint = "write weather, if the same is meant"
    assert findings(tmp_path, written) == [("tag-near", line, column, hint)]


def test_where_the_masthead_names_tags_every_other_is_told(tmp_path: Path) -> None:
    assert findings(tmp_path, "[wether, snow]", "tags: [weather, rain]\n") == [
        ("tag-unknown", 5, 8, "did you mean weather?"),
        ("tag-unknown", 5, 16, "use one that is there, or add it to tags:"),
    ]


def test_tags_that_the_masthead_names_are_never_too_near(tmp_path: Path) -> None:
    assert findings(tmp_path, "[wether]", "tags: [weather, wether]\n") == []
