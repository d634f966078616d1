"""From an edition's file to an Edition."""

import pytest

from builders import a_masthead, a_source
from pressrun.content.editions import read_edition
from pressrun.model.edition import Content, Edition


def read(front_matter: str, path: str = "editions/2026-05-12-spring.md") -> Edition:
    edition, problems = read_edition(a_source(f"---\n{front_matter}\n---\nOpening.\n", path), a_masthead())
    assert [str(problem) for problem in problems] == []
    assert edition is not None
    return edition


def codes(front_matter: str) -> list[str]:
    source = a_source(f"---\n{front_matter}\n---\nOpening.\n", "editions/spring.md")
    return [problem.code for problem in read_edition(source, a_masthead())[1]]


def test_an_edition_names_its_stories_where_they_stand() -> None:
    edition = read("title: Spring\nlead: one\nstories:\n- two\n- three")

    assert edition.lead is not None
    assert (edition.lead.name, edition.lead.position.line) == ("one", 3)
    assert [(story.name, story.position.line) for story in edition.stories] == [("two", 5), ("three", 6)]


def test_what_is_not_written_has_a_sensible_value() -> None:
    edition = read("title: Spring")

    assert edition.subject == "Spring"
    assert edition.date.isoformat() == "2026-05-12T00:00:00-04:00"
    assert edition.slug == "spring"
    assert edition.id == "tag:gazette.example,2020:editions/2026-05-12/spring"
    assert not edition.id_is_minted
    assert (edition.stories_title, edition.content) == ("More Stories", Content.FULL)


def test_one_story_needs_no_list() -> None:
    assert [story.name for story in read("title: Spring\nstories: two").stories] == ["two"]


@pytest.mark.parametrize("written", ["draft: true", "status: draft", "published: false"])
def test_the_ways_to_hold_an_edition_back(written: str) -> None:
    assert read(f"title: Spring\n{written}").draft


def test_a_letter_can_carry_the_summary_of_its_lead() -> None:
    assert read("title: Spring\ncontent: summary").content is Content.SUMMARY


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("title: x", "missing-field"),
        ("date: 2026-05-12", "missing-field"),
        ("title: x\ndate: soon", "edition-date"),
        ("title: x\ndate: 2026-05-12\ncontent: some", "bad-value"),
        ("title: x\ndate: 2026-05-12\nstories: [[a]]", "wrong-type"),
        ("title: x\ndate: 2026-05-12\npreheder: y", "near-miss"),
        ("title: a: b", "yaml-syntax"),
    ],
)
def test_what_can_be_wrong_in_an_edition(written: str, code: str) -> None:
    assert codes(written) == [code]
