"""Archived feeds (RFC 5005), over whole documents."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from builders import a_publication, a_rendered_story, a_story
from pressrun.model.publication import FeedSettings, Publication
from pressrun.model.story import RenderedStory
from pressrun.press.feeds.choices import choices_of
from pressrun.press.feeds.documents import Desk

HOME = "https://gazette.example"
A = "{http://www.w3.org/2005/Atom}"
FH = "{http://purl.org/syndication/history/1.0}"


def documents(stories: list[RenderedStory], publication: Publication | None = None) -> dict[str, bytes]:
    publication = publication or a_publication(feeds=(FeedSettings(limit=3),), hub="https://hub.example/")
    written = [a_story(source=story.slug, id=story.id) for story in stories]
    (choice,) = choices_of(publication, written)
    desk = Desk(publication, lambda path: HOME + path)
    return dict(desk.documents(choice, {story.slug: story for story in stories}))


def over_months(count: int) -> list[RenderedStory]:
    return [
        replace(a_rendered_story(number), published=moment, updated=moment)
        for number in range(count)
        for moment in [datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=11 * number)]
    ]


def link(document: etree._Element, rel: str) -> str | None:
    found = [each.get("href") for each in document.iter(f"{A}link") if each.get("rel") == rel]
    assert len(found) <= 1
    return str(found[0]) if found else None


def chain(made: dict[str, bytes], first: str) -> Iterator[tuple[str, etree._Element]]:
    path: str | None = first
    while path is not None:
        document = etree.fromstring(made[path])
        yield path, document
        before = link(document, "prev-archive")
        path = before.removeprefix(HOME) if before else None


class TestLinks:
    """Subscription and archive documents link to the archive before them, unless there is none (RFC 5005)."""

    def test_the_chain_leads_from_the_newest_month_to_the_oldest(self) -> None:
        made = documents(over_months(12))
        for file in ("atom.xml", "rss.xml"):
            assert [path for path, _ in chain(made, f"/{file}")] == [
                f"/{file}",
                *(f"/archive/2020/{month:02}/{file}" for month in (5, 4, 3, 2, 1)),
            ]

    def test_archives_name_the_one_after_them_and_the_current_document(self) -> None:
        made = documents(over_months(12))
        march = etree.fromstring(made["/archive/2020/03/atom.xml"])
        assert link(march, "next-archive") == f"{HOME}/archive/2020/04/atom.xml"
        assert link(march, "current") == f"{HOME}/atom.xml"
        assert link(etree.fromstring(made["/archive/2020/05/atom.xml"]), "next-archive") is None

    def test_archives_say_that_they_are(self) -> None:
        made = documents(over_months(12))
        for path, data in made.items():
            if path.endswith(".xml"):
                assert len(list(etree.fromstring(data).iter(f"{FH}archive"))) == ("/archive/" in path)

    def test_only_what_people_subscribe_to_names_the_hub(self) -> None:
        made = documents(over_months(12))
        assert link(etree.fromstring(made["/atom.xml"]), "hub") == "https://hub.example/"
        assert link(etree.fromstring(made["/rss.xml"]), "hub") == "https://hub.example/"
        assert link(etree.fromstring(made["/archive/2020/03/atom.xml"]), "hub") is None


class TestCompleteness:
    """Following prev-archive reaches every entry; every entry is in one archive only."""

    @given(st.lists(st.integers(min_value=0, max_value=2000), max_size=25, unique=True))
    def test_every_story_is_in_exactly_one_archive(self, days: list[int]) -> None:
        stories = [a_rendered_story(day) for day in days]
        made = documents(stories)
        archived = [
            each.text
            for path, document in chain(made, "/atom.xml")
            if path != "/atom.xml"
            for each in document.findall(f"{A}entry/{A}id")
        ]
        assert sorted(map(str, archived)) == sorted(story.id for story in stories)

    def test_json_pages_lead_through_all_of_them_and_never_back(self) -> None:
        made = documents(over_months(12))
        seen, path = [], "/feed.json"
        while path:
            assert path not in seen
            seen.append(path)
            path = json.loads(made[path]).get("next_url", "").removeprefix(HOME)
        assert len(seen) == 6


class TestStability:
    """An archive document does not change when something new comes out (RFC 5005, section 4)."""

    def test_a_past_month_keeps_its_bytes(self) -> None:
        before, after = documents(over_months(12)), documents(over_months(20))
        past = [path for path in before if "/archive/" in path and "/05/" not in path]
        assert len(past) == 12
        assert all(before[path] == after[path] for path in past)

    def test_it_does_change_when_a_story_of_it_is_corrected_and_that_shows_up_front(self) -> None:
        stories = over_months(12)
        corrected = [replace(stories[0], updated=datetime(2021, 1, 1, tzinfo=UTC)), *stories[1:]]
        before, after = documents(stories), documents(corrected)
        assert {path for path in before if before[path] != after[path]} == {
            *(f"/{file}" for file in ("atom.xml", "rss.xml", "feed.json")),
            *(f"/archive/2020/01/{file}" for file in ("atom.xml", "rss.xml", "feed.json")),
        }
        assert stories[0].id.encode() in after["/atom.xml"]


def test_without_stories_there_is_a_feed_and_no_archive() -> None:
    assert sorted(documents([])) == ["/atom.xml", "/feed.json", "/rss.xml"]
