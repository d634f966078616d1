"""What a feed shows, decided once for every format."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from builders import a_picture, a_publication, a_rendered_story
from pressrun.model.publication import FeedContent
from pressrun.press.feeds.entries import entry_of, facts_of, latest, newest_change


def test_the_newest_stories_come_first_and_no_more_than_the_limit() -> None:
    stories = [a_rendered_story(number) for number in (2, 0, 4, 1, 3)]
    titles = [story.title for story in latest(stories, 3)]
    assert titles == ["Story 4", "Story 3", "Story 2"]


def test_stories_of_one_moment_keep_one_order() -> None:
    stories = [replace(a_rendered_story(), id=f"tag:x,2020:{number}") for number in (2, 0, 1)]
    assert latest(stories, 2) == latest(reversed(stories), 2)


def test_a_story_keeps_its_id_when_its_title_and_link_change() -> None:
    before = a_rendered_story()
    after = replace(before, title="We have moved", link="http://elsewhere.example/x")
    assert entry_of(after).id == entry_of(before).id


def test_the_section_is_the_first_category_and_none_is_there_twice() -> None:
    entry = entry_of(a_rendered_story(section="World", tags=("a", "World", "b")))
    assert entry.categories == ("World", "a", "b")


def test_the_lead_picture_opens_the_text_where_the_text_does_not_show_it() -> None:
    picture = a_picture(alt='The "house"')
    content = entry_of(a_rendered_story(picture=picture)).content

    assert content.startswith(f'<p><img src="{picture.url}" alt="The &#34;house&#34;" width="1200" height="675"></p>')
    shown = a_rendered_story(picture=picture, html=f'<img src="{picture.url}">')
    assert entry_of(shown).content.count(picture.url) == 1


def test_a_correction_opens_the_text() -> None:
    content = entry_of(a_rendered_story(correction="It was <Bob>.")).content
    assert content.startswith("<p><strong>Correction:</strong> It was &lt;Bob&gt;.</p>")


def test_text_that_runs_from_right_to_left_says_so_itself() -> None:
    content = entry_of(a_rendered_story(language="ar", direction="rtl")).content
    assert content.startswith('<div dir="rtl" lang="ar">')


def test_a_feed_last_changed_when_its_newest_change_was_made() -> None:
    old = entry_of(a_rendered_story(0))
    corrected = replace(old, updated=old.updated + timedelta(days=900))
    newer = entry_of(a_rendered_story(5))
    assert newest_change(facts_of([newer, corrected]), a_publication()) == corrected.updated


def test_a_feed_without_entries_never_says_now() -> None:
    assert newest_change(facts_of([]), a_publication(authority="x.example,2014-05")) == datetime(2014, 5, 1, tzinfo=UTC)


def test_a_correction_brings_an_old_story_back_but_not_on_top() -> None:
    stories = [a_rendered_story(number) for number in range(5)]
    stories[0] = replace(stories[0], updated=stories[4].updated + timedelta(days=1))
    assert [story.title for story in latest(stories, 3)] == ["Story 4", "Story 3", "Story 0"]


def test_a_feed_of_summaries_has_no_content() -> None:
    entry = entry_of(a_rendered_story(), FeedContent.SUMMARY)
    assert (entry.content, entry.summary) == (None, "What story 0 is about.")
