"""The feeds that a whole build writes: as many as publication.yaml says, with pictures, recordings and archives."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from lxml import html as lxml_html

from builders import MASTHEAD, PNG, a_folder, a_story_file, build_request
from pressrun.model.problems import ContentError
from pressrun.press.building.build import build

STORIES: dict[str, str | bytes] = {
    "content/stories/a.md": a_story_file(id="tag:x,2020:a", date="2026-03-01", tags="[Asia, 日本]", section="World"),
    "content/stories/b.md": a_story_file(id="tag:x,2020:b", date="2026-04-01", tags="[Asia]", author="Ada"),
    "content/images/cover.png": PNG,
}


def public(tmp_path: Path, masthead: str = "", files: dict[str, str | bytes] | None = None) -> Path:
    a_folder(tmp_path, {"content/publication.yaml": MASTHEAD + masthead, **STORIES, **(files or {})})
    assert build(tmp_path, tmp_path, build_request()).problems == ()
    return tmp_path / "public"


def ids(path: Path) -> list[str]:
    return [entry.id for entry in feedparser.parse(path.read_bytes()).entries]


def test_the_three_formats_carry_the_same_entries(tmp_path: Path) -> None:
    folder = public(tmp_path)
    expected = ["tag:x,2020:b", "tag:x,2020:a"]
    assert ids(folder / "atom.xml") == expected
    assert ids(folder / "rss.xml") == expected
    assert [item["id"] for item in json.loads((folder / "feed.json").read_bytes())["items"]] == expected


def test_an_id_of_another_tool_that_atom_cannot_hold_is_kept_where_readers_know_it(tmp_path: Path) -> None:
    folder = public(tmp_path, files={"content/stories/c.md": a_story_file(id="123 at old.example", date="2026-05-01")})
    assert ids(folder / "rss.xml")[0] == "123 at old.example"
    assert json.loads((folder / "feed.json").read_bytes())["items"][0]["id"] == "123 at old.example"
    assert ids(folder / "atom.xml")[0] == "tag:gazette.example,2020:123-at-old-example"


def test_feeds_are_as_publication_yaml_says(tmp_path: Path) -> None:
    folder = public(
        tmp_path,
        "feeds:\n- {limit: 1, formats: atom}\n- {name: asia, title: Asia only, tags: [asia], content: summary}\n"
        "- every: tag\n- {every: author, formats: [rss, json]}\n",
    )
    assert ids(folder / "atom.xml") == ["tag:x,2020:b"]
    assert not (folder / "rss.xml").exists()
    asia = feedparser.parse((folder / "feeds/asia/atom.xml").read_bytes())
    assert asia.feed.title == "Asia only"
    assert not any("content" in entry for entry in asia.entries)
    assert ids(folder / "tags/日本/atom.xml") == ["tag:x,2020:a"]
    assert ids(folder / "authors/ada/rss.xml") == ["tag:x,2020:b"]
    assert not (folder / "authors/ada/atom.xml").exists()


def test_every_feed_is_in_the_list_and_on_the_page_with_its_address(tmp_path: Path) -> None:
    folder = public(tmp_path, "feeds:\n- every: tag\n")
    outlines = list(ElementTree.parse(folder / "feeds.opml").iter("outline"))
    assert [each.get("xmlUrl") for each in outlines] == [
        "https://gazette.example/atom.xml",
        "https://gazette.example/tags/asia/atom.xml",
        "https://gazette.example/tags/%E6%97%A5%E6%9C%AC/atom.xml",
    ]
    page = lxml_html.document_fromstring((folder / "subscribe/index.html").read_text("utf-8"))
    addresses = [field.get("value") for field in page.iter("input")]
    assert len(addresses) == 9
    assert set(addresses) == {link.get("href") for link in page.xpath("//p[@class='feed-link']/a")}


def test_pages_announce_the_site_s_feed_first_and_then_those_with_a_name(tmp_path: Path) -> None:
    folder = public(tmp_path, "feeds:\n- {name: asia, tags: asia}\n- every: tag\n")
    page = lxml_html.document_fromstring((folder / "stories/a/index.html").read_text("utf-8"))
    assert [link.get("href") for link in page.xpath("//link[@rel='alternate']")] == [
        "https://gazette.example/atom.xml",
        "https://gazette.example/feeds/asia/atom.xml",
    ]


def test_a_story_with_a_recording_is_an_episode(tmp_path: Path) -> None:
    recording = b"ID3" + b"\0" * 500
    story = a_story_file(id="tag:x,2020:c", audio="{file: ../audio/One.mp3, duration: '12:30', episode: 4}")
    folder = public(tmp_path, files={"content/stories/c.md": story, "content/audio/One.mp3": recording})
    for file in ("atom.xml", "rss.xml"):
        (enclosure,) = feedparser.parse((folder / file).read_bytes()).entries[0].enclosures
        assert (enclosure.length, enclosure.type) == (str(len(recording)), "audio/mpeg")
        path = folder / enclosure.href.removeprefix("https://gazette.example/")
        assert path.read_bytes() == recording
    assert feedparser.parse((folder / "rss.xml").read_bytes()).entries[0].itunes_duration == "750"


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        ("../audio/none.mp3", "there is no recording ../audio/none.mp3"),
        ("https://cdn.example/one.mp3", "the size of this recording is not known"),
        ("{file: 'https://cdn.example/one', size: 5}", "the type of this recording is not known"),
    ],
)
def test_a_recording_of_which_too_little_is_known_is_told(tmp_path: Path, audio: str, message: str) -> None:
    a_folder(tmp_path, {"content/stories/c.md": a_story_file(audio=audio)})
    report = build(tmp_path, tmp_path, build_request())
    assert [(problem.code, problem.message, problem.position.line) for problem in report.problems] == [
        ("audio-missing", message, 5)
    ]
    assert report.left_out == ("content/stories/c.md",)


def test_icon_logo_and_cover_are_published_and_named(tmp_path: Path) -> None:
    folder = public(
        tmp_path,
        "icon: images/cover.png\nlogo: images/cover.png\npodcast: {category: News, image: images/cover.png}\n",
    )
    (cover,) = (folder / "images").glob("cover-*.png")
    address = f"https://gazette.example/images/{cover.name}"
    feed = feedparser.parse((folder / "atom.xml").read_bytes()).feed
    assert (feed.icon, feed.logo) == (address, address)
    assert json.loads((folder / "feed.json").read_bytes())["icon"] == address


def test_a_picture_of_the_masthead_that_is_not_there_is_told(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/publication.yaml": MASTHEAD + "icon: images/none.png\n", **STORIES})
    with pytest.raises(ContentError) as caught:
        build(tmp_path, tmp_path, build_request())
    assert [problem.code for problem in caught.value.problems] == ["picture-missing"]


class TestWebSub:
    """A publisher advertises its hubs and one self link, in the document or in Link headers (WebSub, section 4)."""

    def test_every_format_and_the_link_header_name_the_hub(self, tmp_path: Path) -> None:
        folder = public(tmp_path, "hub: https://hub.example/\n")
        for file in ("atom.xml", "rss.xml"):
            assert 'href="https://hub.example/" rel="hub"' in (folder / file).read_text("utf-8")
        assert json.loads((folder / "feed.json").read_bytes())["hubs"] == [
            {"type": "WebSub", "url": "https://hub.example/"}
        ]
        assert '  Link: <https://hub.example/>; rel="hub"' in (folder / "_headers").read_text("utf-8").split("\n")


class TestAddresses:
    """Addresses are absolute and of ASCII characters (RSS Profile, section 3.4; RFC 4287, section 4.2.7.1)."""

    def test_every_address_in_a_feed_is_absolute_and_ascii(self, tmp_path: Path) -> None:
        story = a_story_file("[日](b.md) ![x](../images/cover.png)", id="tag:x,2020:c", tags="[日本]", slug="日本")
        folder = public(tmp_path, "feeds:\n- every: tag\n", {"content/stories/c.md": story})
        for path in [*folder.rglob("atom.xml"), *folder.rglob("rss.xml")]:
            text = path.read_text("utf-8")
            found = re.findall(r'(?:href|url|src)=(?:"|&quot;)([^"&]+)|<link>([^<]+)</link>|src="([^"]+)"', text)
            addresses = [address for group in found for address in group if address]
            assert len(addresses) > 3
            assert all(address.isascii() and address.startswith("https://gazette.example/") for address in addresses)


class TestIds:
    """No two entries of a feed have the same id (RFC 4287, section 4.1.1)."""

    def test_entries_of_one_feed_have_different_ids(self, tmp_path: Path) -> None:
        folder = public(tmp_path, "feeds:\n- every: tag\n- every: author\n")
        for path in folder.rglob("atom.xml"):
            found = ids(path)
            assert len(found) == len(set(found)) > 0


def test_headers_of_the_publisher_s_own_come_first(tmp_path: Path) -> None:
    folder = public(tmp_path, files={"content/static/_headers": "/*\n  X-Mine: yes\n"})
    assert (folder / "_headers").read_text("utf-8") == "/*\n  X-Mine: yes\n"


def test_a_browser_is_shown_how_a_feed_looks(tmp_path: Path) -> None:
    folder = public(tmp_path)
    for file in ("atom.xml", "rss.xml"):
        instruction = b'<?xml-stylesheet type="text/css" href="https://gazette.example/feed.css"?>'
        assert (folder / file).read_bytes().split(b"\n")[1] == instruction
    css = (folder / "feed.css").read_text("utf-8")
    assert css.count("{") == css.count("}") > 10
    assert "url(" not in css


@pytest.mark.slow
def test_ten_thousand_entries_one_of_them_a_megabyte(tmp_path: Path) -> None:
    from dataclasses import replace

    from builders import a_publication, a_rendered_story, a_story
    from pressrun.model.publication import FeedSettings
    from pressrun.press.feeds.choices import choices_of
    from pressrun.press.feeds.documents import Desk

    stories = {str(number): a_rendered_story(number % 9000) for number in range(10_000)}
    stories = {key: replace(story, id=f"tag:x,2020:{key}") for key, story in stories.items()}
    stories["0"] = replace(stories["0"], html="<p>" + "word " * 200_000 + "</p>")
    (choice,) = choices_of(
        a_publication(feeds=(FeedSettings(limit=10_000, formats=("atom", "json")),)),
        [a_story(source=key) for key in stories],
    )
    made = dict(Desk(a_publication(), lambda path: f"https://x.example{path}").documents(choice, stories))
    assert len(re.findall(rb"<entry>", made["/atom.xml"])) == 10_000
    assert len(json.loads(made["/feed.json"])["items"]) == 10_000
