"""Which documents there are and what stands in them, told before one is written; and entries, each written once."""

import pickle
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from builders import a_publication, a_rendered_story, a_story
from pressrun.feeds.choices import choices_of
from pressrun.feeds.documents import FORMATS, Desk, Memory
from pressrun.feeds.entries import Facts, facts_of
from pressrun.model.publication import Every, FeedContent, FeedSettings
from pressrun.model.story import RenderedStory, Story

START = datetime(2020, 1, 1, 12, tzinfo=UTC)
PUBLICATION = a_publication(
    feeds=(
        FeedSettings(limit=3),
        FeedSettings("tags", every=Every.TAG, limit=5),
        FeedSettings("short", content=FeedContent.SUMMARY),
    )
)
WRITTEN: Mapping[str, Story] = {
    f"stories/{number}.md": a_story(
        source=f"stories/{number}.md",
        id=f"tag:gazette.example,2020:stories/{number}",
        tags=("odd",) if number % 2 else ("even", "all"),
        published=START + timedelta(days=11 * number),
        updated=START + timedelta(days=1000 if number == 2 else 11 * number),
    )
    for number in range(12)
}
RENDERED: Mapping[str, RenderedStory] = {
    source: replace(
        a_rendered_story(number), id=story.id, published=story.published, updated=story.updated, tags=story.tags
    )
    for number, (source, story) in enumerate(WRITTEN.items())
}
CHOICES = choices_of(PUBLICATION, list(WRITTEN.values()))


def a_desk(memory: Memory | None = None) -> Desk:
    return Desk(PUBLICATION, lambda path: f"https://gazette.example{path}", memory=memory or Memory())


def numbers(sources: tuple[str, ...]) -> list[int]:
    return [int(source.removeprefix("stories/").removesuffix(".md")) for source in sources]


class TestPlan:
    def test_stories_need_not_be_rendered(self) -> None:
        for choice in CHOICES:
            assert a_desk().plan(choice, WRITTEN) == a_desk().plan(choice, RENDERED)

    def test_what_people_subscribe_to_has_what_is_new_in_the_order_in_which_it_came_out(self) -> None:
        site = a_desk().plan(CHOICES[0], WRITTEN)
        assert [document.path for document in site[:3]] == ["/atom.xml", "/rss.xml", "/feed.json"]
        assert [numbers(document.sources) for document in site[:3]] == [[11, 10, 2]] * 3

    def test_archives_have_every_story_once(self) -> None:
        archives = [each for each in a_desk().plan(CHOICES[0], WRITTEN) if each.feed.is_archive]
        for name in FORMATS:
            found = [numbers(document.sources) for document in archives if document.format.name == name]
            assert found == [[2, 1, 0], [5, 4, 3], [8, 7, 6], [10, 9], [11]]

    def test_other_feeds_have_no_archive(self) -> None:
        for choice in CHOICES[1:]:
            assert [each.path for each in a_desk().plan(choice, WRITTEN)] == [
                f"/{choice.folder}{each.file}" for each in FORMATS.values()
            ]

    def test_its_documents_put_together_by_somebody_else_are_the_same(self) -> None:
        """As whoever keeps entries, or writes them in another process, would do it."""
        desk = a_desk()
        for choice in CHOICES:
            made = {}
            for document in pickle.loads(pickle.dumps(desk.plan(choice, WRITTEN))):
                stories = [RENDERED[source] for source in document.sources]
                parts = [desk.part(document.format, document.content, story) for story in stories]
                made[document.path] = desk.frame(document, facts_of(stories)).around(parts)
            assert made == dict(desk.documents(choice, RENDERED))


class TestMemory:
    @pytest.fixture
    def counted(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
        asked: dict[str, int] = dict.fromkeys(FORMATS, 0)
        for name, each in FORMATS.items():
            monkeypatch.setattr(each, "entry", _counting(name, each.entry, asked), raising=False)
        return asked

    def test_an_entry_is_written_once_for_all_feeds_of_its_content(self, counted: dict[str, int]) -> None:
        desk = a_desk()
        for choice in CHOICES:
            assert list(desk.documents(choice, RENDERED))
        assert counted == dict.fromkeys(FORMATS, 12 + 12)  # with its text, and as a summary

    def test_a_story_that_changed_is_written_anew(self) -> None:
        desk = a_desk()
        list(desk.documents(CHOICES[0], RENDERED))
        changed = {source: replace(story, title="Mended") for source, story in RENDERED.items()}
        assert dict(desk.documents(CHOICES[0], changed)) == dict(a_desk().documents(CHOICES[0], changed))

    def test_it_has_an_end_and_nothing_depends_on_it(self) -> None:
        for most in (0, 1, 2000):
            desk = a_desk(Memory(most))
            for choice in CHOICES:
                assert dict(desk.documents(choice, RENDERED)) == dict(a_desk().documents(choice, RENDERED))
                assert desk.memory.size <= most

    def test_what_was_not_asked_for_long_goes_first(self) -> None:
        memory, asked = Memory(2), []

        def write(story: RenderedStory) -> bytes:
            asked.append(story.id)
            return b"x"

        stories = {name: a_rendered_story(number) for number, name in enumerate("abc")}
        for name in "abacab":
            memory.part("atom", name, stories[name], write)
        assert asked == [stories[name].id for name in "abcb"]


def _counting(name, entry, asked):  # type: ignore[no-untyped-def]
    def write(*arguments):  # type: ignore[no-untyped-def]
        asked[name] += 1
        return entry(*arguments)

    return write


class TestFacts:
    def test_of_changes_at_one_moment_the_first_tells_the_offset(self) -> None:
        moment = datetime(2026, 5, 12, 12, tzinfo=UTC)
        there = moment.astimezone(ZoneInfo("Asia/Tokyo"))
        stories = [a_rendered_story(updated=there), a_rendered_story(updated=moment)]
        assert facts_of(stories).newest is there

    def test_of_nothing(self) -> None:
        assert facts_of([]) == Facts(None, has_episodes=False)
