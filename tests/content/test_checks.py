"""What readers would stumble over in front matter is told, and what is meant so is not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders import NOON, a_folder, a_story, a_story_file, build_request
from pressrun.content.checks import (
    implausible_dates,
    loose_titles,
    place_of_text,
    repeated_titles,
    shown_markup,
    written_lines,
)
from pressrun.content.source.files import content_folder
from pressrun.desk.checking.check import check
from pressrun.model.problems import Position, Severity
from pressrun.model.story import Story

HERE = Position("content/x.md", 2, 8, 5, "title: Title")


def titled(title: str, **changes: object) -> Story:
    return a_story(title=title, positions={"title": HERE}, **changes)


# Dates


@pytest.mark.parametrize("year", [1, 1970, 1989])
def test_a_date_before_there_were_feeds_is_told(year: int) -> None:
    (problem,) = implausible_dates([a_story(published=datetime(year, 6, 1, tzinfo=UTC))], NOON)

    assert problem.code == "date-implausible"
    assert problem.message.startswith(f"{year:04}-06-01 is before there were feeds")


@pytest.mark.parametrize("days", [-13_000, 0, 1, 300, 365])
def test_a_date_that_people_plan_for_is_not_told(days: int) -> None:
    moment = NOON + timedelta(days=days)
    assert list(implausible_dates([a_story(published=moment, updated=moment)], NOON)) == []


def test_a_date_further_ahead_than_a_year_is_told() -> None:
    moment = NOON + timedelta(days=367)
    assert len(list(implausible_dates([a_story(published=moment, updated=moment)], NOON))) == 1


def test_a_change_that_is_still_to_come_is_told() -> None:
    story = a_story(updated=NOON + timedelta(hours=1), positions={"updated": HERE})
    (problem,) = implausible_dates([story], NOON)

    assert problem.position == HERE
    assert list(implausible_dates([story], NOON + timedelta(hours=1))) == []


def test_drafts_are_asked_only_where_they_are_wanted(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(date="2062-01-01", draft="true")})

    assert check(tmp_path, build_request()).problems == ()
    assert [problem.code for problem in check(tmp_path, build_request(drafts=True)).problems] == ["date-implausible"]


# Lines


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("The <em>first</em> snow", "<em>first</em>"),
        ("Snow<br>and ice", "<br>"),
        ("Fish &amp; chips", "&amp;"),
        ("Fish &#38; chips", "&#38;"),
        ("Fish&nbsp;and chips", "&nbsp;"),
        ("A **very** long winter", "**very**"),
        ("A *very* long winter", "*very*"),
        ("Read [the log](https://log.example/)", "[the log](https://log.example/)"),
    ],
)
def test_markup_in_a_line_is_told(line: str, shown: str) -> None:
    (problem,) = shown_markup([titled(line)])

    assert problem.message == f"readers see {shown} as it stands, for this line is plain text"
    assert problem.position == HERE


@pytest.mark.parametrize(
    "line",
    [
        "R&D; and other three-letter words",
        "AT&T & friends",
        "Why 5 < 6 and 7 > 6",
        "2 * 3 * 4",
        "A five* hotel and a four* inn",
        "The <details> element",
        "snake_case and __init__",
        "C++ & C#, [sic] (really)",
        "The price is 5 &euro",
        "f**k and sh*t",
        "A letter for *|FNAME|* and *|LNAME|*",
    ],
)
def test_signs_that_are_meant_are_not_told(line: str) -> None:
    assert list(shown_markup([titled(line)])) == []


def test_every_line_that_readers_see_is_looked_at() -> None:
    names = ("summary", "description", "correction", "image_alt")
    story = a_story(**dict.fromkeys(names, "a line"), positions=dict.fromkeys(names, HERE))

    assert [line for line, _ in written_lines(story)] == ["a line"] * 4 + ["Moving house"]


@pytest.mark.parametrize("title", ["First snow:", "First snow,", "First snow;", "First snow -", "First snow —", "雪："])
def test_a_title_that_ends_as_if_more_came_is_told(title: str) -> None:
    assert [problem.code for problem in loose_titles([titled(title)])] == ["title-unfinished"]


@pytest.mark.parametrize(
    "title", ["First snow …", "First snow!", "Fish &amp;", "Why?", "A smile :-)", "Semi-", "Either/or"]
)
def test_a_title_that_ends_well_is_not_told(title: str) -> None:
    assert list(loose_titles([titled(title)])) == []


# Titles of several


def test_the_later_of_two_of_one_title_is_told() -> None:
    first = titled("Snow", slug="a", source="stories/b.md", published=NOON - timedelta(days=1))
    (problem,) = repeated_titles([titled("snow", slug="b", source="stories/a.md"), first])

    assert problem.severity is Severity.HINT
    assert "content/stories/b.md has the same title" in problem.message


def test_a_series_is_not_told() -> None:
    assert list(repeated_titles([titled("Notes", slug=str(number)) for number in range(3)])) == []


def test_one_title_in_two_languages_is_not_told() -> None:
    stories = [titled("Snow", slug="a", language="en"), titled("Snow", slug="b", language="de")]
    assert list(repeated_titles(stories)) == []


# Places


def test_a_text_is_found_where_it_stands_first(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file("a b b")})
    folder, _ = content_folder(tmp_path / "content", "content")

    place = place_of_text("b", "stories/thaw.md", folder)
    assert (place.line, place.column, place.width) == (6, 3, 1)
    assert place_of_text("nowhere", "stories/thaw.md", folder).line == 1
    assert place_of_text("", "stories/thaw.md", folder).excerpt == ""
