"""A feed document as a feed reader shows it: every format shows the same."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders import a_folder, a_story_file, build_request
from pressrun.press.building.run import Run
from pressrun.press.feeds.reader import read

STORY = a_story_file("It *snowed*.", id="tag:x,2020:snow", title="Snow & ice", summary="Snow came.", tags="[winter]")


@pytest.fixture
def documents(tmp_path: Path) -> dict[str, bytes]:
    files = Run.of(a_folder(tmp_path, {"content/stories/snow.md": STORY}), build_request()).files()
    return {file.path.removeprefix("public/"): file.content for file in files if isinstance(file.content, bytes)}


@pytest.mark.parametrize("path", ["atom.xml", "rss.xml", "feed.json"])
def test_every_format_shows_an_entry_alike(path: str, documents: dict[str, bytes]) -> None:
    found = read(documents[path])
    (item,) = found.items
    assert found.title == "The Gazette"
    assert item.title == "Snow & ice"
    assert item.summary == "Snow came."
    assert item.content.strip() == "<p>It <em>snowed</em>.</p>"
    assert item.tags == ("winter",)
    assert item.moment is not None
    assert item.moment.astimezone(UTC) == datetime(2026, 5, 1, 4, tzinfo=UTC)


ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><id>x</id><updated>2026-05-01T00:00:00Z</updated>'
    "<entry><id>1</id><title>x</title><updated>2026-05-01T00:00:00Z</updated>{0}</entry></feed>"
)
JSON = '{{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{{"id": "1", {0}}}]}}'


@pytest.mark.parametrize(
    "document",
    [
        ATOM.format("<summary>If a &lt;b and c&gt; d</summary><content type='html'>&lt;p&gt;Long.&lt;/p&gt;</content>"),
        JSON.format('"summary": "If a <b and c> d", "content_html": "<p>Long.</p>"'),
    ],
)
def test_a_summary_of_text_stays_text(document: str) -> None:
    (item,) = read(document.encode()).items
    assert (item.summary, item.content) == ("If a <b and c> d", "<p>Long.</p>")


@pytest.mark.parametrize(
    "document", [ATOM.format("<summary>a &lt;b</summary>"), JSON.format('"content_text": "a <b", "summary": "a <b"')]
)
def test_where_there_is_text_alone_it_is_what_is_read(document: str) -> None:
    (item,) = read(document.encode()).items
    assert (item.summary, item.content) == ("", "a &lt;b")


def test_what_is_no_feed_is_refused() -> None:
    with pytest.raises(ValueError, match="neither Atom"):
        read(b"<html></html>")


def test_a_date_that_is_none_is_left_out() -> None:
    item = (
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{"id": "1", "date_published": "x"}]}'
    )
    assert read(item).items[0].moment is None
