"""Entries and documents that are well-formed, and that feed readers would stumble over all the same."""

import pytest

from builders import an_entry
from pressrun.model.problems import Position, Severity
from pressrun.model.publication import FeedContent, FeedSettings
from pressrun.press.feeds.checks import (
    LARGEST,
    Weight,
    entry_findings,
    relative_reference,
    relative_references,
    weight_findings,
)
from pressrun.press.feeds.entries import Entry

HERE = Position("content/x.md", 2, 8)


def codes(entry: Entry) -> list[str]:
    return [problem.code for problem in entry_findings(entry, HERE)]


def test_an_entry_without_summary_and_content_is_told() -> None:
    assert codes(an_entry(summary="", content="<p> </p>\n")) == ["entry-empty"]
    assert codes(an_entry(summary="", content=None)) == ["entry-empty"]


@pytest.mark.parametrize(
    ("summary", "content"), [("", "<p>Snow.</p>"), ("Snow.", None), ("", '<p><img src="x" alt=""></p>'), ("…", "")]
)
def test_an_entry_that_shows_something_is_not_told(summary: str, content: str | None) -> None:
    assert codes(an_entry(summary=summary, content=content)) == []


@pytest.mark.parametrize("title", ["<br>", "&nbsp;", "<em></em>", "\u200b", "\u00ad\u2060", "&#8203;"])
def test_a_title_of_which_nothing_can_be_seen_is_told(title: str) -> None:
    assert codes(an_entry(title=title)) == ["title-empty"]


@pytest.mark.parametrize("title", ["?", "雪", "5 < 6", "😀", "<em>x</em>", "…"])
def test_a_title_of_which_anything_can_be_seen_is_not_told(title: str) -> None:
    assert codes(an_entry(title=title)) == []


@pytest.mark.parametrize("attribute", ["href", "src", "cite"])
@pytest.mark.parametrize(
    "address", ["page", "/page", "../a?b", "#part", "", "//x.example/", "https:/x.example/", "https:x"]
)
def test_an_address_that_is_not_whole_is_found(address: str, attribute: str) -> None:
    assert relative_references(an_entry(content=f'<a id="a" {attribute}="{address}">x</a>')) == [address]


@pytest.mark.parametrize(
    "address", ["https://x.example/", "http://x.example", "mailto:a@x.example", "tel:1", "magnet:?xt=1"]
)
def test_an_address_that_is_whole_is_not_found(address: str) -> None:
    assert relative_references(an_entry(content=f'<a href="{address}">x</a> href="page"')) == []


def test_it_is_found_as_it_was_written_and_once() -> None:
    assert relative_references(an_entry(content='<a href="https:a?b&amp;c">' * 2)) == ["https:a?b&c"]
    assert relative_reference("https:a", HERE).severity is Severity.ERROR


def told(**changes: object) -> list[tuple[str, str | None]]:
    weight = Weight(FeedSettings(**changes), "/atom.xml", LARGEST * 2, 20)  # type: ignore[arg-type]
    return [(problem.message, problem.hint) for problem in weight_findings([weight], HERE)]


def test_a_document_that_is_too_large_is_told_with_a_way_out() -> None:
    message = "/atom.xml has 1,024,000 bytes in 20 entries, fetched for every change"
    assert told() == [(message, "write limit: 10 or content: summary")]
    assert told(content=FeedContent.SUMMARY) == [(message, "write limit: 10")]


def test_a_document_at_the_limit_is_not_told() -> None:
    assert list(weight_findings([Weight(FeedSettings(), "/atom.xml", LARGEST, 20)], HERE)) == []
