"""RSS 2.0: under each sentence of the specification or the Best Practices Profile, the tests that prove it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import feedparser
from lxml import etree

from builders import NEW_YORK, a_feed, a_picture, a_publication, an_entry
from pressrun.model.publication import Author, Mailbox, Podcast, Publication
from pressrun.model.story import Enclosure
from pressrun.press.feeds.entries import Entry, Feed
from pressrun.press.feeds.rss import Rss

NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "fh": "http://purl.org/syndication/history/1.0",
}
EPISODE = Enclosure("https://gazette.example/files/one.mp3", 12345, "audio/mpeg", duration=750, episode=3, season=1)


def written(
    entries: Sequence[Entry] = (an_entry(),), feed: Feed | None = None, publication: Publication | None = None
) -> bytes:
    return Rss().serialise(publication or a_publication(), feed or a_feed(), entries)


def channel(*entries: Entry, feed: Feed | None = None) -> etree._Element:
    found = etree.fromstring(written(entries or (an_entry(),), feed)).find("channel")
    assert found is not None
    return found


def item(**changes: object) -> etree._Element:
    found = channel(an_entry(**changes)).find("item")
    assert found is not None
    return found


class TestChannel:
    """A channel has a title, a link and a description (RSS Profile, section 4.1.1)."""

    def test_a_channel_has_title_link_and_description(self) -> None:
        assert [channel().findtext(name) for name in ("title", "link", "description")] == [
            "The Gazette",
            "https://gazette.example/",
            "The Gazette",
        ]

    def test_items_come_after_everything_else(self) -> None:
        names = [each.tag for each in channel(an_entry(), an_entry(id="x:2"), feed=a_feed(hub="https://hub.example/"))]
        assert names.index("item") == len(names) - 2


class TestSelf:
    """The channel SHOULD have an atom:link with rel="self" and type application/rss+xml (section 5.1.1)."""

    def test_a_channel_links_to_itself_with_its_type(self) -> None:
        (link,) = channel().findall("atom:link[@rel='self']", NS)
        assert (link.get("href"), link.get("type")) == ("https://gazette.example/atom.xml", "application/rss+xml")


class TestItem:
    """An item has a title or a description; nothing but categories is there twice (section 4.1.1.20)."""

    def test_an_item_has_each_element_once_but_for_categories(self) -> None:
        names = [each.tag for each in item(categories=("a", "b"), picture=a_picture())]
        assert len({name for name in names if name != "category"}) == len(names) - 2


class TestDates:
    """Dates conform to RFC 822, with four digits of the year and "+0000" or "GMT" (section 3.2)."""

    def test_a_date_is_written_in_utc_with_four_digits_of_the_year(self) -> None:
        moment = datetime(2014, 1, 13, 20, 30, tzinfo=NEW_YORK)
        assert item(published=moment).findtext("pubDate") == "Tue, 14 Jan 2014 01:30:00 +0000"
        assert channel(an_entry(updated=moment)).findtext("lastBuildDate") == "Tue, 14 Jan 2014 01:30:00 +0000"

    def test_nothing_is_stamped_with_the_time_of_the_build(self) -> None:
        long_ago = datetime(2001, 1, 1, tzinfo=UTC)
        assert set(re.findall(rb" (\d{4}) \d\d:", written([an_entry(published=long_ago, updated=long_ago)]))) == {
            b"2001"
        }


class TestGuid:
    """isPermaLink is false unless the guid is the item's own address (section 4.1.1.20.6)."""

    def test_a_guid_is_a_permalink_where_it_is_the_address_of_the_item(self) -> None:
        guid = item().find("guid")
        assert guid is not None
        assert (guid.text, guid.get("isPermaLink")) == (an_entry().id, "false")
        own = item(id=an_entry().link).find("guid")
        assert own is not None
        assert own.get("isPermaLink") == "true"


class TestPlainText:
    """In plain text, & and < are written as &#x26; and &#x3C; (section 3.1)."""

    def test_signs_of_markup_in_plain_text_are_numeric_references(self) -> None:
        data = written([an_entry(title="R&B <b>", categories=("R&B",))])
        assert b"<title>R&#x26;B &#x3C;b&#x3E;</title>" in data
        assert b"<category>R&#x26;B</category>" in data

    def test_signs_of_markup_in_plain_text_come_back_as_they_were(self) -> None:
        assert item(title="R&B <b>").findtext("title") == "R&B <b>"


class TestDescription:
    """A summary stands in description, before the full text in content:encoded (section 5.2.1)."""

    def test_the_description_comes_before_the_full_text(self) -> None:
        names = [each.tag for each in item()]
        assert names.index("description") < names.index(f"{{{NS['content']}}}encoded")
        assert item().findtext("content:encoded", namespaces=NS) == "<p>We are moving house.</p>"

    def test_a_summary_is_text_to_readers_that_take_it_for_html(self) -> None:
        assert item(summary="a < b & c's").findtext("description") == "a &lt; b &amp; c's"

    def test_without_a_summary_the_full_text_is_the_description(self) -> None:
        element = item(summary="")
        assert element.findtext("description") == "<p>We are moving house.</p>"
        assert element.find("content:encoded", NS) is None

    def test_in_a_feed_of_summaries_it_stands_alone(self) -> None:
        element = item(content=None)
        assert element.findtext("description") == "We are moving."
        assert element.find("content:encoded", NS) is None

    def test_a_story_without_any_words_has_its_title(self) -> None:
        assert item(summary="", content="", title="A & B").findtext("description") == "A &amp; B"


class TestAuthor:
    """author is an address with a name; where no address shall be shown, dc:creator is used, and not both (5.3.1)."""

    def test_an_address_that_the_publisher_shows(self) -> None:
        element = item(authors=(Author("Ada", "ada@gazette.example"),))
        assert element.findtext("author") == "ada@gazette.example (Ada)"
        assert element.find("dc:creator", NS) is None

    def test_authors_without_a_public_address_are_creators(self) -> None:
        element = item(authors=(Author("Ada"), Author("Bob", "bob@gazette.example")))
        assert [each.text for each in element.findall("dc:creator", NS)] == ["Ada", "Bob"]
        assert element.find("author") is None


class TestEnclosure:
    """An enclosure has url, length and type, and there is one at most (section 4.1.1.20.5)."""

    def test_an_item_has_one_enclosure_with_url_length_and_type(self) -> None:
        (element,) = item(enclosure=EPISODE).findall("enclosure")
        assert dict(element.attrib) == {"url": EPISODE.url, "length": "12345", "type": "audio/mpeg"}


def test_an_episode_has_what_podcast_directories_ask_for() -> None:
    podcast = Podcast("News", "https://gazette.example/images/cover.png", owner=Mailbox("Ada", "ada@gazette.example"))
    feed = channel(an_entry(enclosure=EPISODE), feed=a_feed(podcast=podcast))
    category, image = feed.find("itunes:category", NS), feed.find("itunes:image", NS)
    assert category is not None
    assert image is not None
    assert (category.get("text"), image.get("href")) == ("News", podcast.image)
    assert feed.findtext("itunes:explicit", namespaces=NS) == "false"
    assert feed.findtext("itunes:owner/itunes:email", namespaces=NS) == "ada@gazette.example"
    episode = feed.find("item")
    assert episode is not None
    assert [episode.findtext(f"itunes:{name}", namespaces=NS) for name in ("duration", "episode", "season")] == [
        "750",
        "3",
        "1",
    ]


def test_a_feed_without_episodes_says_nothing_of_podcasts() -> None:
    assert b"itunes" not in written()


def test_a_small_logo_is_the_channel_s_image_and_a_large_one_is_not() -> None:
    small = channel(feed=a_feed(logo=a_picture(width=144, height=72))).find("image")
    assert small is not None
    assert [small.findtext(name) for name in ("url", "title", "link")] == [
        a_picture().url,
        "The Gazette",
        "https://gazette.example/",
    ]
    assert channel(feed=a_feed(logo=a_picture())).find("image") is None


def test_feedparser_reads_back_what_was_written() -> None:
    parsed = feedparser.parse(written([an_entry(title="R&B", enclosure=EPISODE, categories=("Köln",))]))
    assert not parsed.bozo
    assert parsed.version == "rss20"
    (entry,) = parsed.entries
    assert (entry.id, entry.title, entry.link) == (an_entry().id, "R&B", an_entry().link)
    assert entry.content[0].value == "<p>We are moving house.</p>"
    assert entry.enclosures[0].href == EPISODE.url
    assert [tag.term for tag in entry.tags] == ["Köln"]
