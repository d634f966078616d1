"""What is kept comes back as it was."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from builders import a_publication, a_story
from pressrun.content.load import body_of, story_of
from pressrun.model.picture import Picture
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Author, Mailbox, Masthead, Podcast, direction_of
from pressrun.model.story import Audio, Enclosure, RenderedStory, Story
from pressrun.press.building.forms import (
    feed_form,
    feed_from,
    from_bytes,
    rendered_form,
    rendered_from,
    story_form,
    story_from,
    to_bytes,
)
from pressrun.press.building.problemforms import problem_form, problem_from
from pressrun.press.feeds.entries import Feed

ZONE = ZoneInfo("America/New_York")
# Half characters as well: a template tag can spell one out.
TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(["\ud83d", "\udc00", "*", "\u2028", "\x00"])
NUMBERS = st.integers(0, 2**40)
EXTRA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST = datetime(1000, 1, 3, tzinfo=UTC)
MOMENTS = st.integers(0, 280_000_000_000).map(lambda seconds: FIRST + timedelta(seconds=seconds))


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """As `moment_written` gives them: with an offset, or one of the zone that was asked through UTC."""
    moment = draw(MOMENTS | folds())
    return draw(st.sampled_from([moment, moment.replace(tzinfo=draw(OFFSETS)), moment.astimezone(ZONE)]))


def folds() -> st.SearchStrategy[datetime]:
    """Around the hours that the clocks of New York show twice, or skip."""
    edges = st.sampled_from(
        [
            datetime(2026, 11, 1, 6, tzinfo=UTC),
            datetime(2026, 3, 8, 7, tzinfo=UTC),
            datetime(1883, 11, 18, 17, tzinfo=UTC),
        ]
    )
    return st.builds(lambda edge, seconds: edge + timedelta(seconds=seconds), edges, st.integers(-7200, 7200))


PICTURES = st.builds(Picture, TEXT, TEXT, TEXT, TEXT, NUMBERS, optional(NUMBERS), optional(NUMBERS), TEXT)
AUTHORS = st.lists(st.builds(Author, TEXT, optional(TEXT), optional(TEXT)), max_size=3).map(tuple)
RECORDING = (NUMBERS, optional(TEXT), optional(NUMBERS), optional(NUMBERS), optional(NUMBERS), optional(st.booleans()))
WORDS = st.lists(TEXT, max_size=3).map(tuple)
STORIES = st.builds(
    Story,
    source=TEXT,
    id=TEXT,
    id_is_minted=st.booleans(),
    title=TEXT,
    slug=TEXT,
    published=moments(),
    updated=moments(),
    authors=AUTHORS,
    body=st.just(""),
    guid=optional(TEXT),
    body_line=NUMBERS,
    draft=st.booleans(),
    tags=WORDS,
    section=optional(TEXT),
    summary=optional(TEXT),
    description=optional(TEXT),
    language=optional(TEXT),
    image=optional(TEXT),
    image_alt=optional(TEXT),
    path=optional(TEXT),
    canonical_url=optional(TEXT),
    aliases=WORDS,
    correction=optional(TEXT),
    audio=optional(st.builds(Audio, TEXT, *RECORDING)),
    extra=st.dictionaries(TEXT, EXTRA, max_size=3),
)


def kept(story: Story) -> Story:
    return story_from(story.source, from_bytes(to_bytes(story_form(story, ZONE))), {}, ZONE)


@given(story=STORIES)
def test_a_story_comes_back_as_it_was(story: Story) -> None:
    again = kept(story)
    assert again == story
    assert repr(again) == repr(story)


@given(moment=moments())
def test_a_moment_keeps_the_name_of_its_time(moment: datetime) -> None:
    again = kept(a_story(published=moment, updated=moment, body="")).published
    assert again.isoformat() == moment.isoformat()
    assert (again.tzname(), again.fold, again.utcoffset()) == (moment.tzname(), moment.fold, moment.utcoffset())
    assert (again.tzinfo is ZONE) == (moment.tzinfo is ZONE)


def test_no_field_of_a_story_is_forgotten() -> None:
    """Whoever adds one to Story adds it to its form, and to the stories above."""
    assert {each.name for each in fields(Story)} - {"source", "body", "positions"} == {
        *("id", "id_is_minted", "title", "slug", "published", "updated", "authors", "guid", "body_line", "draft"),
        *("tags", "section", "summary", "description", "language", "image", "image_alt", "path", "canonical_url"),
        *("aliases", "correction", "audio", "extra"),
    }
    assert len(story_form(a_story(), ZONE)) == len(fields(Story)) - 3


def test_a_form_is_told_from_every_other() -> None:
    """Two stories that differ in anything have two forms."""
    story = a_story(published=datetime(2026, 11, 1, 1, 30, tzinfo=ZONE))
    others = [
        replace(story, published=story.published.replace(fold=1)),
        replace(story, published=story.published.astimezone(timezone(timedelta(hours=-4)))),
        replace(story, summary=""),
        replace(story, tags=("",)),
        replace(story, extra={"a": None}),
        replace(story, extra={"a": "None"}),
        replace(story, extra={"a": 1}),
        replace(story, extra={"a": True}),
        replace(story, extra={"a": 1.0}),
    ]
    forms = [to_bytes(story_form(each, ZONE)) for each in (story, *others)]
    assert len(set(forms)) == len(forms)


@given(
    story=STORIES,
    html=TEXT,
    link=TEXT,
    summary=TEXT,
    picture=optional(PICTURES),
    pictures=st.lists(PICTURES, max_size=2).map(tuple),
    files=WORDS,
    enclosure=optional(st.builds(Enclosure, TEXT, NUMBERS, TEXT, *RECORDING[2:])),
)
def test_a_rendered_story_comes_back_as_it_was(story: Story, html: str, **values: Any) -> None:
    publication = a_publication()
    language = story.language or publication.language
    same = {each.name: getattr(story, each.name) for each in fields(RenderedStory) if hasattr(story, each.name)}
    same |= {"language": language, "direction": direction_of(language), "html": Markup(html), **values}
    rendered = RenderedStory(**same)

    again = rendered_from(story, publication, from_bytes(to_bytes(rendered_form(rendered))), html)

    assert again == rendered
    assert repr(again) == repr(rendered)


@given(
    problem=st.builds(
        Problem,
        st.builds(Position, TEXT, NUMBERS, NUMBERS, NUMBERS, TEXT),
        TEXT,
        TEXT,
        optional(TEXT),
        st.sampled_from(Severity),
        optional(TEXT),
    )
)
def test_a_problem_comes_back_as_it_was(problem: Problem) -> None:
    assert problem_from(from_bytes(to_bytes(problem_form(problem)))) == problem


@given(
    feed=st.builds(
        Feed,
        **dict.fromkeys(("id", "url", "home", "title"), TEXT),
        **{name: optional(TEXT) for name in ("subtitle", "hub", "style_sheet", "icon", "current", "previous", "next")},
        logo=optional(PICTURES),
        podcast=optional(st.builds(Podcast, TEXT, TEXT, st.booleans(), optional(st.builds(Mailbox, TEXT, TEXT)))),
    )
)
def test_a_feed_comes_back_as_it_was(feed: Feed) -> None:
    assert feed_from(from_bytes(to_bytes(feed_form(feed)))) == feed


FENCES = st.sampled_from(
    [
        "---\ntitle: A\ndate: 2026-05-01\n---",
        "---\ntitle: A # B\ndate: 2026-05-01\n\n\n---",
        "---\ntitle: >\n  A\n  ---\ndate: 2026-05-01\n---  ",
        "\n\n---\ntitle: A\ndate: 2026-05-01\n---",
        "\ufeff---\ntitle: A\ndate: 2026-05-01\n---",
        "+++\ntitle = 'A'\ndate = 2026-05-01\n+++",
        "---\ntitle: A\ndate: 2026-05-01\n...",
        "---\ntitle: A\u0085B\ndate: 2026-05-01\n---",
    ]
)
LINES = st.lists(st.sampled_from(["", "---", "+++", "...", "Text.", "a: b", "\u2028", "\x0b", " ", "é"]), max_size=6)


@given(above=FENCES, lines=LINES, end=st.sampled_from(["\n", "\r\n", "\r"]), last=st.sampled_from(["", "\n", "\n\n"]))
def test_the_body_of_a_story_that_was_read_before_is_the_one_that_it_has(
    above: str, lines: list[str], end: str, last: str
) -> None:
    data = "\n".join([above, *lines, last]).replace("\n", end).encode()
    story, _ = story_of("stories/a.md", data, Masthead(a_publication(), {}))
    if story is not None:
        assert body_of(data, story.body_line) == story.body


@pytest.mark.parametrize("data", [b"---\ntitle: A\ndate: 2026-05-01\n---", b"---\ntitle: A\ndate: 2026-05-01\n---\n"])
def test_a_story_without_a_text_has_none(data: bytes) -> None:
    story, _ = story_of("stories/a.md", data, Masthead(a_publication(), {}))
    assert story is not None
    assert body_of(data, story.body_line) == story.body == ""
