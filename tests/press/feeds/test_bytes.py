"""What our own writers of entries give is what feedgen, lxml and json.dumps gave: no reader sees a feed change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

import feedgen_oracle
from builders import a_feed, a_picture, a_publication, an_entry
from pressrun.model.picture import Picture
from pressrun.model.publication import Author, Mailbox, Podcast, Publication
from pressrun.model.story import Enclosure
from pressrun.press.feeds.documents import FORMATS
from pressrun.press.feeds.entries import Entry, Feed, facts_of

ORACLES = {
    "atom": feedgen_oracle.atom_document,
    "rss": feedgen_oracle.rss_document,
    "json": feedgen_oracle.json_document,
}

# Every kind of character that a text can hold: markup, white space, other scripts, C1 controls, beyond the BMP.
SIGNS = st.one_of(
    st.sampled_from("&<>\"'\n\r\t ]é日\u0085\u2028\ufffd\u200f🎉"),
    st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff").filter(
        lambda sign: sign >= " " or sign in "\n\r\t"
    ),
)
MAYBE_EMPTY = st.one_of(
    st.sampled_from(["", " ", "&amp;", "]]>", "<title>a & b</title>", "a\r\nb"]), st.text(SIGNS, max_size=12)
)
TEXT = MAYBE_EMPTY.filter(bool)
ZONES = st.one_of(
    st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Europe/Dublin")]),
    st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
# Before the year 1000, feedgen leaves zeros out in RSS, where a year has four digits.
MOMENTS = st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001
AUTHORS = st.builds(Author, MAYBE_EMPTY, st.none() | MAYBE_EMPTY, st.none() | MAYBE_EMPTY)
NUMBERS = st.none() | st.integers(0, 10**12)
# feedgen raises an error of endings in capitals.
ADDRESSES = st.builds(
    lambda address, ending: address + ending, TEXT, st.sampled_from(["", ".jpg", ".png", ".gif"])
).filter(lambda address: address.endswith((".jpg", ".png")) or not address.lower().endswith((".jpg", ".png")))
PICTURES = st.builds(
    Picture,
    st.just("a"),
    st.just("b"),
    ADDRESSES,
    MAYBE_EMPTY,
    st.integers(0, 10**9),
    width=NUMBERS,
    height=NUMBERS,
    alt=MAYBE_EMPTY,
)
ENCLOSURES = st.builds(
    Enclosure,
    MAYBE_EMPTY,
    st.integers(0, 10**12),
    MAYBE_EMPTY,
    duration=NUMBERS,
    episode=NUMBERS,
    season=NUMBERS,
    explicit=st.none() | st.booleans(),
)
ENTRIES = st.builds(
    Entry,
    id=TEXT,
    link=MAYBE_EMPTY,
    title=TEXT,
    published=MOMENTS,
    updated=MOMENTS,
    authors=st.lists(AUTHORS, min_size=1, max_size=3).map(tuple),
    categories=st.lists(st.one_of(st.sampled_from(["a", " a", "a  b", "a b", ""]), TEXT), max_size=4).map(tuple),
    summary=MAYBE_EMPTY,
    content=st.none() | MAYBE_EMPTY,
    language=st.sampled_from(["en", "de", "ar", "zh-Hans", ""]),
    picture=st.none() | PICTURES,
    enclosure=st.none() | ENCLOSURES,
    guid=st.none() | MAYBE_EMPTY,
)
ADDRESS = st.none() | st.sampled_from(["https://x.example/?a=b&c=\"d'", "https://y.example/ü"])
FEEDS = st.builds(
    Feed,
    id=TEXT,
    url=TEXT,
    home=TEXT,
    title=TEXT,
    subtitle=st.none() | MAYBE_EMPTY,
    previous=ADDRESS,
    next=ADDRESS,
    current=ADDRESS,
    hub=ADDRESS,
    style_sheet=ADDRESS,
    icon=ADDRESS,
    logo=st.none() | PICTURES | st.just(a_picture(width=100, height=100)),
    podcast=st.none()
    | st.builds(
        Podcast,
        category=st.just("News"),
        image=st.sampled_from(["https://x.example/a.png", "https://x.example/a"]),
        explicit=st.booleans(),
        owner=st.none() | st.builds(Mailbox, MAYBE_EMPTY, st.just("ada@x.example")),
    ),
)
PUBLICATIONS = st.builds(
    a_publication,
    title=TEXT,
    language=st.sampled_from(["en", "de"]),
    rights=st.none() | MAYBE_EMPTY,
    authors=st.lists(AUTHORS, min_size=1, max_size=2).map(tuple),
    authority=st.sampled_from(["x.example,2014", "x.example,2014-05", "x.example,2014-05-06"]),
)


def is_the_same(name: str, publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bool:
    return FORMATS[name].serialise(publication, feed, entries) == ORACLES[name](publication, feed, entries)


@pytest.mark.parametrize("name", FORMATS)
class TestDocuments:
    @given(entry=ENTRIES, publication=st.builds(a_publication, language=st.sampled_from(["en", "de"])))
    def test_an_entry_is_the_same(self, name: str, entry: Entry, publication: Publication) -> None:
        assert is_the_same(name, publication, a_feed(), [entry])

    @given(entries=st.lists(ENTRIES, max_size=4), feed=FEEDS, publication=PUBLICATIONS)
    def test_a_document_is_the_same(
        self, name: str, entries: list[Entry], feed: Feed, publication: Publication
    ) -> None:
        assert is_the_same(name, publication, feed, entries)

    def test_a_long_document_is_the_same(self, name: str) -> None:
        html = '<p>Ämter & <em>"Würden"</em> &amp;c.\r\n 日本 🎉</p>\n' * 1000
        entries = [
            an_entry(id=f"tag:x.example,2014:{number}", content=html, picture=a_picture()) for number in range(50)
        ]
        assert is_the_same(name, a_publication(), a_feed(), entries)

    @given(entries=st.lists(ENTRIES, max_size=3))
    def test_it_is_its_frame_around_its_entries(self, name: str, entries: list[Entry]) -> None:
        each, publication = FORMATS[name], a_publication()
        frame = each.frame(publication, a_feed(), facts_of(entries))
        document = frame.around(each.entry(publication, entry) for entry in entries)
        assert document == each.serialise(publication, a_feed(), entries)

    def test_markup_is_taken_for_the_text_that_it_is(self, name: str) -> None:
        entry = an_entry(title=Markup("a &amp; <b>"), content=Markup("<p>a &amp; b</p>"), summary=Markup("&lt;"))
        assert is_the_same(name, a_publication(), a_feed(), [entry])


@pytest.mark.parametrize("sign", ["\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
@pytest.mark.parametrize("field", ["title", "summary", "content", "link"])
@pytest.mark.parametrize("name", ["atom", "rss"])
def test_what_no_xml_can_hold_is_an_error(name: str, field: str, sign: str) -> None:
    """The content room refuses such characters; if one came through, no feed would be better than a broken one."""
    entry = replace(an_entry(), **{field: f"a{sign}b"})
    for write in (FORMATS[name].serialise, ORACLES[name]):
        with pytest.raises(ValueError):  # noqa: PT011  # lxml and codecs say it in words of their own
            write(a_publication(), a_feed(), [entry])


def test_json_can_hold_every_character() -> None:
    entry = an_entry(title='\x00\x1f"\\', content='\x00\x08\x0b\x0c\x1f\x7f"\\\uffff')
    assert is_the_same("json", a_publication(), a_feed(), [entry])


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("atom", {"title": ""}),
        ("atom", {"id": ""}),
        ("rss", {"title": "", "summary": "", "content": None}),
        ("rss", {"enclosure": Enclosure("https://x.example/a.mp3", 1, "audio/mpeg", duration=-1)}),
    ],
)
def test_what_feedgen_refuses_is_refused(name: str, changes: dict[str, object]) -> None:
    entry = replace(an_entry(), **changes)  # type: ignore[arg-type]
    for write in (FORMATS[name].serialise, ORACLES[name]):
        with pytest.raises(ValueError):  # noqa: PT011
            write(a_publication(), a_feed(), [entry])


def test_a_title_alone_is_enough_of_an_item_and_so_is_a_text() -> None:
    for changes in ({"title": ""}, {"title": "", "summary": ""}, {"summary": "", "content": ""}):
        assert is_the_same("rss", a_publication(), a_feed(), [replace(an_entry(), **changes)])
