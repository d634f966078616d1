"""What a reader has seen of a feed document, whatever its format and whoever made it."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_folder, a_story_file, build_request
from pressrun.press.building.run import Run
from pressrun.press.feeds.snapshot import SeenEntry, Snapshot, digest_of, joined, snapshot_of, words_of

ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://gazette.example/">
<title>The Gazette</title><generator>Something else</generator>
<entry><id>tag:gazette.example,2020:1</id><title type="html">Snow &amp;amp; &lt;em&gt;ice&lt;/em&gt;</title>
<link rel="alternate" href="https://gazette.example/snow/"/><published>2026-05-01T00:00:00Z</published>
<updated>2026-05-02T00:00:00+02:00</updated><summary>Short.</summary>
<content type="html">&lt;p onclick="x"&gt;It fell.&lt;/p&gt;&lt;p&gt;At night.&lt;/p&gt;</content></entry>
</feed>
"""
RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Gazette</title><link>https://gazette.example/</link><description/>
<item><guid isPermaLink="false">tag:gazette.example,2020:1</guid><title>Snow &amp; ice</title>
<link>https://gazette.example/snow/</link><pubDate>Fri, 01 May 2026 00:00:00 GMT</pubDate>
<description>Short.</description>
<content:encoded><![CDATA[<p>It fell.</p>

<script>count()</script><p>At <b>ni</b>ght.</p>]]></content:encoded></item>
</channel></rss>
"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "The Gazette",
    "items": [
        {
            "id": "tag:gazette.example,2020:1",
            "url": "https://gazette.example/snow/",
            "title": "Snow & ice",
            "content_html": "<p>It fell. At&nbsp;night.</p>",
            "summary": "Short.",
            "date_published": "2026-05-01T00:00:00Z",
        }
    ],
}
FORMATS = {"Atom": ATOM.encode(), "RSS": RSS.encode(), "JSON": json.dumps(JSON).encode()}


def in_json(*items: object) -> bytes:
    return json.dumps({**JSON, "items": items}).encode()


def only(data: bytes) -> SeenEntry:
    (seen,) = snapshot_of(data).entries
    return seen


@pytest.mark.parametrize("name", FORMATS)
def test_a_story_is_the_same_in_every_format(name: str) -> None:
    seen = only(FORMATS[name])

    assert (seen.id, seen.link, seen.title) == (
        "tag:gazette.example,2020:1",
        "https://gazette.example/snow/",
        "Snow & ice",
    )
    assert seen.digest == digest_of("Snow & ice", "It fell. At night.")
    assert seen.published == seen.moment == datetime(2026, 5, 1, tzinfo=UTC)


def test_a_change_is_dated_where_the_format_can_say_so() -> None:
    assert only(FORMATS["Atom"]).updated == datetime(2026, 5, 1, 22, tzinfo=UTC)
    assert only(FORMATS["RSS"]).updated is None


def test_without_a_full_text_the_summary_stands_for_it() -> None:
    short = RSS[: RSS.index("<content:")] + "</item></channel></rss>"
    assert only(short.encode()).digest == digest_of("Snow & ice", "Short.")
    assert only(in_json({"id": "1", "title": "T", "summary": "Short."})).digest == digest_of("T", "Short.")
    assert only(in_json({"id": "1", "title": "T", "content_text": "a  <b>"})).digest == digest_of("T", "a <b>")


def test_an_entry_without_an_id_is_known_by_its_link() -> None:
    without = RSS.replace('<guid isPermaLink="false">tag:gazette.example,2020:1</guid>', "")
    assert only(without.encode()).id == "https://gazette.example/snow/"
    assert only(in_json({"url": "https://gazette.example/snow/"})).id == "https://gazette.example/snow/"


def test_an_entry_with_neither_cannot_be_known() -> None:
    assert snapshot_of(in_json({"title": "Nobody"}, "no item", {"id": 0})).entries[0].id == "0"


def test_what_is_no_date_is_no_date() -> None:
    seen = only(in_json({"id": "1", "date_published": "12th May", "date_modified": "2026-05-12T09:30"}))
    assert seen.published is None
    assert seen.updated == seen.moment == datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
    assert only(RSS.replace("Fri, 01 May 2026 00:00:00 GMT", "soon").encode()).moment is None
    assert only(RSS.replace("01 May 2026", "01 May 1965").encode()).moment == datetime(1965, 5, 1, tzinfo=UTC)


def test_whatever_feedparser_stumbles_over_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*values: object, **options: object) -> None:
        raise LookupError("unknown encoding: klingon")

    monkeypatch.setattr(feedparser, "parse", stumble)
    with pytest.raises(ValueError, match=r"^it cannot be read \(unknown encoding: klingon\)$"):
        snapshot_of(FORMATS["RSS"])


def test_half_a_character_has_a_digest_too() -> None:
    assert only(b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "\\ud800"}]}').digest


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Not Found",
        b"<!doctype html><title>Gazette</title><p>Hello",
        b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>',
        b"/etc/passwd",
        b"{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"items": []}',
        b'{"version": "https://jsonfeed.org/version/1", "items": 3}',
        b"\xef\xbb\xbf{\xff}",
        b'<feed xmlns="http://www.w3.org/2005/Atom"><generator>Pressrun</generator><entry>',
    ],
)
def test_what_is_no_feed_is_told_in_a_sentence(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^it "):
        snapshot_of(data)


def test_bytes_are_never_taken_for_the_name_of_a_file(tmp_path: Path) -> None:
    feed = tmp_path / "feed"
    feed.write_bytes(FORMATS["RSS"])
    with pytest.raises(ValueError, match="neither Atom, RSS nor JSON Feed"):
        snapshot_of(bytes(feed))


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>a</p><p>b</p>", "a b"),
        ("<p>a\n  b</p>", "a b"),
        ("sn<em>ow</em>", "snow"),
        ("one<br>two<BR/>three", "one two three"),
        ("a<!-- b --> c <style>p > q {}</style>d<SCRIPT>x</script>e", "a c d e"),
        ("1 < 2 &amp;&lt;b&gt; &eacute;", "1 < 2 &<b> é"),
        ('<a title="a > b">c</a>', "c"),
        ("e\u0301", "é"),
        ("a<!-- no end", "a"),
        ("a<script>no end", "a"),
    ],
)
def test_words_are_what_is_read(markup: str, words: str) -> None:
    assert words_of(markup) == words


@pytest.mark.parametrize("piece", ["<!--", "<a ", '<a "', "<a '", "<", "<script>", "<!", "&"])
def test_no_text_takes_longer_than_its_length(piece: str) -> None:
    """A quadratic search would take minutes."""
    start = time.process_time()
    words_of(piece * 200_000)
    assert time.process_time() - start < 5


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_escaped_is_read_as_it_was_written(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert words_of(f"<p>{escaped}</p>") == words_of(escaped)
    assert words_of(words_of(escaped).replace("&", "&amp;").replace("<", "&lt;")) == words_of(escaped)


def test_of_two_entries_with_one_id_the_first_counts() -> None:
    first, second = SeenEntry("1", "", "First", "a"), SeenEntry("1", "", "Second", "b")
    assert joined([Snapshot((first,)), Snapshot((second,))]).by_id == {"1": first}


# Our own


def test_our_own_feeds_are_seen_alike_in_all_their_formats(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/a.md": a_story_file("It *fell*.\n\n- At `<night>`\n- & day", title='"Snow & <ice>"'),
            "content/stories/b.md": a_story_file("Short.", id="tag:x,2020:b", title="Ferry"),
        },
    )
    files = {file.path: file.content for file in Run.of(tmp_path, build_request()).files()}
    feeds = [files[f"public/{name}"] for name in ("atom.xml", "rss.xml", "feed.json")]
    seen = [[(each.id, each.link, each.digest) for each in snapshot_of(bytes(feed)).entries] for feed in feeds]
    assert len(seen[0]) == 2
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.slow
def test_reading_our_own_atom_needs_no_feedparser(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    data = next(file.content for file in Run.of(tmp_path, build_request()).files() if file.path == "public/atom.xml")
    assert isinstance(data, bytes)
    (tmp_path / "atom.xml").write_bytes(data)
    program = (
        "import sys; from pathlib import Path; from pressrun.press.feeds.snapshot import snapshot_of;"
        "print(len(snapshot_of(Path('atom.xml').read_bytes()).entries), 'feedparser' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "1 False\n"
