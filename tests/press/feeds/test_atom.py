"""Atom 1.0: under each sentence of RFC 4287, the tests that prove it of our feeds."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import feedparser
from lxml import etree

from builders import a_feed, a_picture, a_publication, an_entry
from pressrun.model.publication import Author, Publication
from pressrun.model.story import Enclosure
from pressrun.press.feeds.atom import Atom
from pressrun.press.feeds.entries import Entry

NS = {"a": "http://www.w3.org/2005/Atom", "media": "http://search.yahoo.com/mrss/"}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ENTRIES = [
    an_entry(),
    an_entry(
        id="tag:gazette.example,2020:2",
        title="Two & <three>",
        categories=("World", "Köln"),
        picture=a_picture(),
        language="de",
        authors=(Author("Ada", "ada@gazette.example", "https://ada.example/"), Author("Bob")),
    ),
]


def feed(entries: Sequence[Entry] = ENTRIES, publication: Publication | None = None) -> etree._Element:
    return etree.fromstring(Atom().serialise(publication or a_publication(), a_feed(), entries))


def texts(element: etree._Element, path: str) -> list[str]:
    return [each.text or "" for each in element.findall(path, NS)]


class TestRoot:
    """Atom documents MUST be well-formed XML; the document element is atom:feed (RFC 4287, sections 2 and 4.1.1)."""

    def test_the_root_element_is_feed(self) -> None:
        assert feed().tag == "{http://www.w3.org/2005/Atom}feed"

    def test_a_feed_without_entries_is_a_feed(self) -> None:
        assert feed([]).findall("a:entry", NS) == []


class TestFeedMetadata:
    """atom:feed elements MUST contain exactly one atom:id, one atom:title and one atom:updated (section 4.1.1)."""

    def test_a_feed_has_one_id_one_title_and_one_updated(self) -> None:
        for name in ("id", "title", "updated"):
            assert len(feed().findall(f"a:{name}", NS)) == 1

    def test_and_at_most_one_of_the_others(self) -> None:
        tree = feed(publication=a_publication(rights="Ours"))
        for name in ("generator", "icon", "logo", "rights", "subtitle"):
            assert len(tree.findall(f"a:{name}", NS)) <= 1

    def test_the_generator_is_pressrun(self) -> None:
        assert texts(feed(), "a:generator") == ["Pressrun"]


class TestAuthors:
    """atom:feed elements MUST contain one or more atom:author elements, unless all entries do (section 4.1.1)."""

    def test_the_feed_and_each_of_its_entries_have_an_author(self) -> None:
        assert texts(feed(), "a:author/a:name") == ["The Gazette"]
        assert all(entry.findall("a:author", NS) for entry in feed().findall("a:entry", NS))

    def test_a_person_has_one_name_and_may_have_mail_and_address(self) -> None:
        ada = feed().findall("a:entry", NS)[1].find("a:author", NS)
        assert ada is not None
        assert (texts(ada, "a:name"), texts(ada, "a:email"), texts(ada, "a:uri")) == (
            ["Ada"],
            ["ada@gazette.example"],
            ["https://ada.example/"],
        )


class TestLinks:
    """atom:feed elements SHOULD contain one atom:link element with a rel attribute value of "self" (section 4.1.1)."""

    def test_a_feed_links_to_itself_with_its_type(self) -> None:
        (link,) = feed().findall("a:link[@rel='self']", NS)
        assert link.get("href") == "https://gazette.example/atom.xml"
        assert link.get("type") == "application/atom+xml"

    def test_alternate_links_differ_in_type_or_language(self) -> None:
        for element in (feed(), *feed().findall("a:entry", NS)):
            links = [link for link in element.findall("a:link", NS) if link.get("rel", "alternate") == "alternate"]
            assert len(links) == 1
            assert str(links[0].get("href")).startswith("https://gazette.example/")

    def test_a_language_of_its_own_is_told_of_the_link(self) -> None:
        assert [entry.find("a:link", NS).get("hreflang") for entry in feed().findall("a:entry", NS)] == [None, "de"]


class TestEntryMetadata:
    """atom:entry elements MUST contain exactly one atom:id, one atom:title and one atom:updated (section 4.1.2)."""

    def test_an_entry_has_each_of_its_elements_once(self) -> None:
        for entry in feed().findall("a:entry", NS):
            for name in ("id", "title", "updated", "content", "published", "summary"):
                assert len(entry.findall(f"a:{name}", NS)) == 1

    def test_they_come_in_the_order_that_they_were_given(self) -> None:
        assert texts(feed(), "a:entry/a:id") == [entry.id for entry in ENTRIES]


class TestIds:
    """Its content MUST be an IRI, and must not change when the entry is moved or republished (section 4.2.6)."""

    def test_the_feed_s_own_id_does_not_follow_its_address(self) -> None:
        moved = Atom().serialise(a_publication(home="http://other.example/"), a_feed(url="http://other.example/f"), [])
        assert texts(etree.fromstring(moved), "a:id") == texts(feed(), "a:id")


class TestDates:
    """Date values MUST conform to RFC 3339, with "T" and "Z" or a numeric offset (section 3.3)."""

    def test_every_date_is_written_as_in_rfc_3339(self) -> None:
        for path in ("a:updated", "a:entry/a:updated", "a:entry/a:published"):
            assert all(RFC_3339.fullmatch(text) for text in texts(feed(), path))

    def test_they_keep_the_offset_that_was_meant(self) -> None:
        moment = datetime(2014, 1, 13, tzinfo=ZoneInfo("America/New_York"))
        tree = feed([an_entry(published=moment, updated=moment)])
        for path in ("a:updated", "a:entry/a:updated", "a:entry/a:published"):
            assert texts(tree, path) == ["2014-01-13T00:00:00-05:00"]

    def test_before_time_zones_were_whole_minutes_too(self) -> None:
        mean_solar_time = datetime(1880, 1, 1, tzinfo=ZoneInfo("America/New_York"))
        (text,) = texts(feed([an_entry(published=mean_solar_time)]), "a:entry/a:published")
        assert text == "1880-01-01T04:56:02+00:00"

    def test_fractions_of_a_second_and_far_offsets(self) -> None:
        moment = datetime(2020, 1, 1, 1, 2, 3, 999, tzinfo=timezone(timedelta(hours=14)))
        assert texts(feed([an_entry(updated=moment)]), "a:entry/a:updated") == ["2020-01-01T01:02:03+14:00"]

    def test_nothing_is_stamped_with_the_time_of_the_build(self) -> None:
        long_ago = datetime(2001, 1, 1, tzinfo=UTC)
        document = Atom().serialise(a_publication(), a_feed(), [an_entry(published=long_ago, updated=long_ago)])
        assert set(re.findall(rb">(\d{4})-", document)) == {b"2001"}


class TestTypes:
    """The value of "type" MUST be one of "text", "html" or "xhtml"; html has no child elements (section 3.1.1)."""

    def test_content_is_escaped_html(self) -> None:
        content = feed().find("a:entry/a:content", NS)
        assert content is not None
        assert (content.get("type"), len(content), content.text) == ("html", 0, "<p>We are moving house.</p>")

    def test_titles_and_summaries_are_plain_text(self) -> None:
        assert texts(feed(), "a:entry/a:title")[1] == "Two & <three>"
        for element in feed().iterfind(".//a:title", NS):
            assert element.get("type") in (None, "text")


class TestEntriesWithoutContent:
    """atom:entry elements that contain no child atom:content element MUST have an alternate link (section 4.1.2)."""

    def test_an_entry_without_content_has_an_alternate_link_and_a_summary(self) -> None:
        entry = feed([an_entry(content=None)]).find("a:entry", NS)
        assert entry is not None
        assert entry.find("a:content", NS) is None
        assert [link.get("rel") for link in entry.findall("a:link", NS)] == ["alternate"]
        assert texts(entry, "a:summary") == ["We are moving."]


class TestLanguage:
    """Any element may have an xml:lang attribute, which says in what language its text is (section 2)."""

    def test_the_feed_has_and_an_entry_in_another_language(self) -> None:
        name = "{http://www.w3.org/XML/1998/namespace}lang"
        assert feed().get(name) == "en"
        assert [entry.get(name) for entry in feed().findall("a:entry", NS)] == [None, "de"]


class TestEnclosures:
    """An enclosure is a link with rel="enclosure", and SHOULD say its length (section 4.2.7.2)."""

    def test_an_enclosure_has_its_length_and_type(self) -> None:
        recording = Enclosure("https://gazette.example/files/one.mp3", 12345, "audio/mpeg")
        (link,) = feed([an_entry(enclosure=recording)]).findall("a:entry/a:link[@rel='enclosure']", NS)
        assert (link.get("href"), link.get("length"), link.get("type")) == (recording.url, "12345", "audio/mpeg")


class TestCategories:
    """Category elements MUST have a "term" attribute (section 4.2.2)."""

    def test_a_category_has_its_name_as_term(self) -> None:
        assert [each.get("term") for each in feed().findall(".//a:category", NS)] == ["World", "Köln"]


def test_the_lead_picture_is_there_with_size_and_type() -> None:
    picture = feed().find("a:entry/media:content", NS)
    assert picture is not None
    assert dict(picture.attrib) == {
        "url": "https://gazette.example/images/house-0a1b2c3d.png",
        "type": "image/png",
        "medium": "image",
        "fileSize": "1234",
        "width": "1200",
        "height": "675",
    }


def test_feedparser_reads_back_what_was_written() -> None:
    parsed = feedparser.parse(
        Atom().serialise(a_publication(subtitle="All of it"), a_feed(subtitle="All of it"), ENTRIES)
    )

    assert not parsed.bozo
    assert parsed.version == "atom10"
    assert (parsed.feed.title, parsed.feed.subtitle) == ("The Gazette", "All of it")
    assert [(entry.id, entry.title, entry.link) for entry in parsed.entries] == [
        (entry.id, entry.title, entry.link) for entry in ENTRIES
    ]
    assert parsed.entries[0].content[0].value == "<p>We are moving house.</p>"
    assert [tag.term for tag in parsed.entries[1].tags] == ["World", "Köln"]
