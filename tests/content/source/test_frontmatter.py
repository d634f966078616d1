"""Where front matter ends and the text begins."""

import pytest

from builders import a_source
from pressrun.content.source.frontmatter import page_of


def test_yaml_stands_between_lines_of_hyphens() -> None:
    page, problems = page_of(a_source("---\ntitle: x\n---\n\nText.\n"))

    assert problems == []
    assert page is not None
    assert page.fields.text_tree() == {"title": "x"}
    assert page.body == "\nText.\n"
    assert page.body_line == 4


def test_toml_stands_between_lines_of_plus_signs() -> None:
    page, _ = page_of(a_source('+++\ntitle = "x"\n+++\nText.\n'))

    assert page is not None
    assert page.fields.text_tree() == {"title": "x"}


def test_three_dots_end_yaml_too() -> None:
    page, _ = page_of(a_source("---\ntitle: x\n...\nText.\n"))
    assert page is not None
    assert page.body == "Text.\n"


def test_a_rule_in_the_text_is_no_front_matter() -> None:
    page, _ = page_of(a_source("---\ntitle: x\n---\nOne.\n\n---\n\nTwo.\n"))
    assert page is not None
    assert page.body == "One.\n\n---\n\nTwo.\n"


@pytest.mark.parametrize(
    ("text", "message"), [("Just text.\n", "missing"), ("", "missing"), ("---\ntitle: x\n", "no end")]
)
def test_front_matter_that_is_missing_or_open_is_told(text: str, message: str) -> None:
    page, problems = page_of(a_source(text))

    assert page is None
    assert [problem.code for problem in problems] == ["front-matter"]
    assert message in problems[0].message
