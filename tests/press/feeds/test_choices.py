"""Which feeds there are, and where they lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_publication, a_story
from pressrun.model.publication import Author, Every, FeedSettings
from pressrun.model.story import Story
from pressrun.press.feeds.choices import choices_of, key_of

STORIES = [
    a_story(source="a", tags=("Asia", "C++"), section="World", authors=(Author("Ada"),)),
    a_story(source="b", tags=("asia", "C"), section="Politics", authors=(Author("Bob"), Author("Ada"))),
    a_story(source="c", tags=("日本",), section="World", authors=(Author("Bob"),)),
]


def chosen(*settings: FeedSettings, stories: list[Story] = STORIES) -> dict[str, list[str]]:
    publication = a_publication(feeds=settings)
    return {choice.folder: sorted(choice.sources) for choice in choices_of(publication, stories)}


def test_the_site_s_feed_has_everything_and_lies_at_the_top() -> None:
    assert chosen(FeedSettings()) == {"": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("settings", "sources"),
    [
        (FeedSettings("x", tags=("ASIA",)), ["a", "b"]),
        (FeedSettings("x", tags=("c", "日本")), ["b", "c"]),
        (FeedSettings("x", section="world"), ["a", "c"]),
        (FeedSettings("x", author="Ada"), ["a", "b"]),
        (FeedSettings("x", author="Ada", section="World"), ["a"]),
        (FeedSettings("x", tags=("nothing",)), []),
    ],
)
def test_a_named_feed_has_what_matches_all_that_it_asks(settings: FeedSettings, sources: list[str]) -> None:
    assert chosen(settings) == {"feeds/x/": sources}


def test_every_tag_has_its_feed_and_capitals_make_no_difference() -> None:
    assert list(chosen(FeedSettings(every=Every.TAG))) == ["tags/asia/", "tags/c/", "tags/c-cedb1b/", "tags/日本/"]
    assert chosen(FeedSettings(every=Every.TAG))["tags/asia/"] == ["a", "b"]


def test_every_section_and_every_author_too() -> None:
    assert list(chosen(FeedSettings(every=Every.SECTION))) == ["sections/politics/", "sections/world/"]
    assert list(chosen(FeedSettings(every=Every.AUTHOR))) == ["authors/ada/", "authors/bob/"]


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("North Korea", "north-korea"),
        ("Kim Jong-un", "kim-jong-un"),
        ("Köln", "koln"),
        ("日本", "日本"),
        ("Российская", "российская"),
        ("العربية", "العربية"),
        ("U.S. politics", "u-s-politics"),
    ],
)
def test_the_path_of_a_tag_can_be_read(word: str, key: str) -> None:
    assert key_of(word) == key


def test_tags_that_only_signs_tell_apart_have_paths_of_their_own() -> None:
    assert len({key_of(word) for word in ("C", "C++", "C#", "++", "😀", "🎉")}) == 6


@given(st.text(min_size=1).filter(str.strip))
def test_the_path_of_a_tag_is_never_empty_and_never_leaves_its_folder(word: str) -> None:
    key = key_of(word)
    assert key
    assert "/" not in key
    assert key not in (".", "..")
    assert key_of(f" {word.upper().lower()} ") == key_of(word.upper().lower())
