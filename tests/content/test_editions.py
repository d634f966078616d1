"""From an edition's file to an Edition."""

import pytest

from builders import a_masthead, a_source
from pressrun.content.editions import read_edition
from pressrun.model.edition import Edition, Layout, LeadContent, OutsideLink, Rule


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
    assert (edition.stories_title, edition.content) == ("More Stories", LeadContent.FULL)


def test_one_story_needs_no_list() -> None:
    assert [story.name for story in read("title: Spring\nstories: two").stories] == ["two"]


@pytest.mark.parametrize("written", ['""', "[]", '["", two, ]', "[~, two]"])
def test_stories_without_a_name_are_none(written: str) -> None:
    stories = read(f"title: Spring\nstories: {written}").stories
    assert [(story.name, story.position.width) for story in stories] == ([("two", 3)] if "two" in written else [])


@pytest.mark.parametrize("written", ["draft: true", "status: draft", "published: false"])
def test_the_ways_to_hold_an_edition_back(written: str) -> None:
    assert read(f"title: Spring\n{written}").draft


def test_a_letter_can_carry_the_summary_of_its_lead() -> None:
    assert read("title: Spring\ncontent: summary").content is LeadContent.SUMMARY


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


SECTIONS = """\
title: Spring
sections:
  - title: Near
    text: |
      Words, and
      *more*.
    stories: [one, two]
  - heading: Elsewhere
    text: "Short."
    links:
      - {title: Snow, url: "https://almanac.example/", source: The Almanac, note: Long}
      - title: Ice
        href: https://ice.example/
"""


def test_sections_hold_words_stories_and_links_to_what_others_wrote() -> None:
    near, elsewhere = read(SECTIONS.strip()).sections

    assert (near.title, near.text) == ("Near", "Words, and\n*more*.\n")
    assert [(story.name, story.position.line, story.position.column) for story in near.stories] == [
        ("one", 8, 15),
        ("two", 8, 20),
    ]
    assert (elsewhere.title, elsewhere.text) == ("Elsewhere", "Short.")
    assert elsewhere.links == (
        OutsideLink("Snow", "https://almanac.example/", "The Almanac", "Long"),
        OutsideLink("Ice", "https://ice.example/"),
    )


def test_the_words_of_a_section_know_where_they_stand() -> None:
    near, elsewhere = read(SECTIONS.strip()).sections

    assert (near.text_line, near.text_indent) == (6, 6)
    assert (elsewhere.text_line, elsewhere.text_indent) == (10, 11)


@pytest.mark.parametrize("written", ["sections: {title: One, text: y}", "sections:\n  title: One\n  text: y"])
def test_one_section_needs_no_list(written: str) -> None:
    assert [section.title for section in read(f"title: x\n{written}").sections] == ["One"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("sections: [Words]", "wrong-type"),
        ("sections: [{text: y, titel: x}]", "near-miss"),
        ("sections: [{text: y, colour: x}]", "unknown-field"),
        ("sections: [{links: [x]}]", "wrong-type"),
        ("sections: [{links: [{title: x}]}]", "missing-field"),
        ("sections: [{links: [{title: x, url: x}]}]", "bad-value"),
        ("layout: list", "bad-value"),
        ("since: always", "edition-date"),
        ("since: 2026-05-01\nlimit: 0", "wrong-type"),
        ("limit: 3", "edition-limit"),
        ("skip_if_empty: true", "edition-limit"),
    ],
)
def test_what_can_be_wrong_in_how_an_edition_is_put_together(written: str, code: str) -> None:
    assert codes(f"title: x\ndate: 2026-05-12\n{written}") == [code]


def test_an_edition_can_be_a_digest() -> None:
    assert read("title: x").layout is Layout.EDITION
    assert read("title: x\nlayout: digest").layout is Layout.DIGEST


def test_an_edition_has_a_rule_where_something_chooses() -> None:
    assert read("title: x").rule is None
    assert read("title: x\nsince: last_edition\nlimit: 3").rule == Rule(since_last=True, limit=3)
    assert read("title: x\ntag: a, b\nsection: c\nmin_stories: 2\nskip_if_empty: yes").rule == Rule(
        tags=("a", "b"), section="c", minimum=2, skip_if_empty=True
    )
    rule = read("title: x\nsince: 2026-05-01").rule
    assert rule is not None
    assert str(rule.since) == "2026-05-01 00:00:00-04:00"


def test_a_list_of_which_every_line_was_deleted_is_a_list() -> None:
    """Otherwise the rule would be evaluated again, and what was taken out would come back."""
    assert read("title: x\nsince: last-edition\ncarried:").carried == ()
    assert read("title: x\nsince: last-edition\ncarried: []").carried == ()
    assert read("title: x\nsince: last-edition").carried is None
