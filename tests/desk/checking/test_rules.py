"""The rules over a whole publication: the place is told in the source, whichever file names what is wrong."""

from pathlib import Path

import pytest

from builders import MASTHEAD, PNG, a_folder, a_story_file, build_request
from pressrun.desk.checking.check import check

HEAVY = PNG.ljust(1_000_001, b"\0")


def found(root: Path, files: dict[str, str | bytes]) -> list[tuple[str, str, int, int]]:
    """What a check finds, but for what it says of letters, which have tests of their own."""
    problems = [
        each for each in check(a_folder(root, files), build_request()).problems if not each.code.startswith("letter-")
    ]
    return [(each.code, each.position.file, each.position.line, each.position.column) for each in problems]


def an_edition(body: str = "Good morning.", more: str = "") -> str:
    return f"---\nid: tag:x,2020:e\ntitle: Spring\ndate: 2026-05-02\n{more}---\n{body}\n"


EDITION, STORY = "content/editions/spring.md", "content/stories/thaw.md"


def test_an_editions_own_words_are_looked_at_with_their_slots_as_written(tmp_path: Path) -> None:
    body = 'Dear {first_name, "reader"}, [here](https://x.example/) is [the sea](#sea), not [the quay](#quay).'
    body += "\n\n## The sea {#sea}"
    assert found(tmp_path, {EDITION: an_edition(body)}) == [
        ("link-text", EDITION, 6, 30),
        ("link-fragment", EDITION, 6, 81),
    ]


def test_a_section_of_an_edition_is_looked_at_and_its_links(tmp_path: Path) -> None:
    more = (
        "sections:\n- text: |\n    Read [more](https://x.example/).\n"
        "  links:\n  - {title: A, url: 'http://example.org/a'}\n"
    )
    assert found(tmp_path, {EDITION: an_edition(more=more)}) == [
        ("link-text", EDITION, 7, 10),
        ("link-insecure", EDITION, 9, 22),
    ]


def test_where_no_pages_are_written_nobody_knows_the_parts_of_pages(tmp_path: Path) -> None:
    files = {STORY: a_story_file("[a](#b)"), EDITION: an_edition("[a](#b)")}
    assert [code for code, *_ in found(tmp_path / "whole", files)] == ["link-fragment", "link-fragment"]

    masthead = {"content/publication.yaml": f"{MASTHEAD}pages: false\n"}
    assert found(tmp_path / "beside", {**files, **masthead}) == []


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({STORY: a_story_file("A\n\n![Snow](/snow.png)")}, (STORY, 8, 1)),
        ({STORY: a_story_file('<img src="/snow.png" alt="Snow">')}, (STORY, 6, 1)),
        ({STORY: a_story_file(image="/snow.png", image_alt="Snow")}, (STORY, 5, 8)),
        ({EDITION: an_edition("![Snow](/snow.png)")}, (EDITION, 6, 1)),
    ],
)
def test_a_heavy_picture_is_told_where_it_is_named(
    files: dict[str, str | bytes], place: tuple[str, int, int], tmp_path: Path
) -> None:
    assert found(tmp_path, {**files, "content/static/snow.png": HEAVY}) == [("picture-oversized", *place)]


def test_a_heavy_icon_is_told_in_the_masthead(tmp_path: Path) -> None:
    masthead = f"{MASTHEAD}icon: images/snow.png\n"
    files = {"content/publication.yaml": masthead, "content/images/snow.png": HEAVY, STORY: a_story_file()}
    assert found(tmp_path, files) == [("picture-oversized", "content/publication.yaml", 9, 7)]


def test_a_story_that_is_empty_in_a_feed_of_summaries_is_told(tmp_path: Path) -> None:
    story = a_story_file("Much of it.", summary='""')
    masthead = f"{MASTHEAD}feeds:\n- {{name: short, content: summary}}\n"
    assert found(tmp_path / "full", {STORY: story}) == []
    assert found(tmp_path / "short", {STORY: story, "content/publication.yaml": masthead}) == [
        ("entry-empty", STORY, 3, 8)
    ]


def test_an_address_without_a_host_that_no_link_has_is_told_at_the_text(tmp_path: Path) -> None:
    body = 'A\n\n<blockquote cite="https:a">B</blockquote>'
    assert found(tmp_path, {STORY: a_story_file(body)}) == [("relative-reference", STORY, 6, 1)]


def test_a_letter_of_a_text_that_is_nested_too_deep_is_told_and_no_traceback(tmp_path: Path) -> None:
    files = {STORY: a_story_file(">" * 4000 + " x"), EDITION: an_edition(more="lead: thaw\n")}
    assert ("too-deep", STORY, 6, 1) in found(tmp_path, files)
