"""Which documents there are and what stands in them, told before one is written."""

import pickle
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from builders import a_publication, a_rendered_story, a_story
from pressrun.model.publication import Every, FeedContent, FeedSettings
from pressrun.model.story import RenderedStory, Story
from pressrun.press.feeds.choices import choices_of
from pressrun.press.feeds.documents import FORMATS, Desk, together
from pressrun.press.feeds.entries import Entry, FeedFacts, entry_of, facts_of

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


def a_desk() -> Desk:
    return Desk(PUBLICATION, lambda path: f"https://gazette.example{path}")


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
        """As another process would do it, which fetches stories one by one and knows frames already."""
        desk = a_desk()
        for choice in CHOICES:
            made: dict[str, bytes] = {}
            for documents in together(pickle.loads(pickle.dumps(desk.plan(choice, WRITTEN)))):
                fetched = (RENDERED[source] for source in documents[0].sources)
                made |= {each.path: data for each, data in desk.written(documents, fetched, desk.frame)}
            assert made == dict(desk.documents(choice, RENDERED))

    def test_the_formats_of_one_choice_share_their_stories(self) -> None:
        plan = a_desk().plan(CHOICES[0], WRITTEN)
        assert [[each.format.name for each in documents] for documents in together(plan)] == [list(FORMATS)] * 6
        assert [document for documents in together(plan) for document in documents] == plan

    def test_a_story_is_settled_once_for_all_formats(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settled = []

        def counted(story: RenderedStory, content: FeedContent) -> Entry:
            settled.append(story.id)
            return entry_of(story, content)

        monkeypatch.setattr("pressrun.press.feeds.documents.entry_of", counted)
        assert list(a_desk().documents(CHOICES[0], RENDERED))
        assert len(settled) == 3 + 12  # what people subscribe to, and the archives


class TestFacts:
    def test_of_changes_at_one_moment_the_first_tells_the_offset(self) -> None:
        moment = datetime(2026, 5, 12, 12, tzinfo=UTC)
        there = moment.astimezone(ZoneInfo("Asia/Tokyo"))
        stories = [a_rendered_story(updated=there), a_rendered_story(updated=moment)]
        assert facts_of(stories).newest is there

    def test_a_feed_without_stories_has_no_newest_change(self) -> None:
        assert facts_of([]) == FeedFacts(None, has_episodes=False)
