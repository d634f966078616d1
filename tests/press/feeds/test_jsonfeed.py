"""JSON Feed 1.1: under each sentence of its specification, the tests that prove it."""

import json
from typing import Any

from builders import a_feed, a_picture, a_publication, an_entry
from pressrun.model.publication import Author
from pressrun.model.story import Enclosure
from pressrun.press.feeds.entries import Entry
from pressrun.press.feeds.jsonfeed import JsonFeed


def written(*entries: Entry, **feed: Any) -> dict[str, Any]:
    data = JsonFeed().serialise(a_publication(), a_feed(**feed), entries)
    found = json.loads(data)
    assert isinstance(found, dict)
    return found


def item(**changes: Any) -> dict[str, Any]:
    (found,) = written(an_entry(**changes))["items"]
    assert isinstance(found, dict)
    return found


class TestTop:
    """version, title and items are required; home_page_url and feed_url are strongly recommended."""

    def test_they_are_there_and_version_comes_first(self) -> None:
        assert next(iter(written())) == "version"
        assert written() == {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "The Gazette",
            "home_page_url": "https://gazette.example/",
            "feed_url": "https://gazette.example/atom.xml",
            "authors": [{"name": "The Gazette"}],
            "language": "en",
            "items": [],
        }

    def test_icons_and_the_hub(self) -> None:
        feed = written(icon="https://x.example/i.png", logo=a_picture(), hub="https://hub.example/")
        assert (feed["favicon"], feed["icon"]) == ("https://x.example/i.png", a_picture().url)
        assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]


class TestItem:
    """An item has an id that is a string, and content_html or content_text."""

    def test_an_item_has_its_id_and_html_and_everything_else_of_its_entry(self) -> None:
        assert item(categories=("a",), picture=a_picture()) == {
            "id": an_entry().id,
            "url": an_entry().link,
            "title": "Moving house",
            "content_html": "<p>We are moving house.</p>",
            "summary": "We are moving.",
            "image": a_picture().url,
            "date_published": "2026-05-12T12:00:00+00:00",
            "date_modified": "2026-05-12T12:00:00+00:00",
            "authors": [{"name": "Ada"}],
            "tags": ["a"],
        }

    def test_a_feed_of_summaries_has_them_as_text(self) -> None:
        assert item(content=None)["content_text"] == "We are moving."
        assert "content_html" not in item(content=None)

    def test_a_story_without_words_still_has_content(self) -> None:
        assert item(content="")["content_html"] == ""
        assert item(content=None, summary="")["content_text"] == "Moving house"

    def test_a_language_of_its_own_is_told(self) -> None:
        assert item(language="de")["language"] == "de"


class TestAuthors:
    """Every author has at least one of name, url and avatar."""

    def test_an_author_has_a_name_and_a_url_and_never_an_email_address(self) -> None:
        authors = (Author("Ada", "ada@gazette.example", "https://ada.example/"), Author("Bob"))
        assert item(authors=authors)["authors"] == [{"name": "Ada", "url": "https://ada.example/"}, {"name": "Bob"}]


class TestAttachments:
    """An attachment has url and mime_type; size and duration are numbers."""

    def test_a_recording_is_an_attachment_with_url_type_size_and_duration(self) -> None:
        recording = Enclosure("https://x.example/one.mp3", 12345, "audio/mpeg", duration=750)
        assert item(enclosure=recording)["attachments"] == [
            {
                "url": "https://x.example/one.mp3",
                "mime_type": "audio/mpeg",
                "title": "Moving house",
                "size_in_bytes": 12345,
                "duration_in_seconds": 750,
            }
        ]


def test_text_of_every_script_stays_text() -> None:
    data = JsonFeed().serialise(a_publication(), a_feed(), [an_entry(title="日本 😀 ]]> \u2028")])
    assert "日本 😀 ]]>".encode() in data
    assert json.loads(data)["items"][0]["title"] == "日本 😀 ]]> \u2028"
