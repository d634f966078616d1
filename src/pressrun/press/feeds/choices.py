"""Which feeds there are: the site's, those that publication.yaml names, and one for every tag, section or author."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pressrun.model.addresses import name_within, slug_of
from pressrun.model.publication import Every, FeedSettings, Publication
from pressrun.model.story import Story

FOLDERS = {Every.TAG: "tags", Every.SECTION: "sections", Every.AUTHOR: "authors"}
SITE = "site"
# How many words' keys are remembered: many stories share few words, and to make a key takes as long as an entry.
WORDS = 65_536


@dataclass(frozen=True, slots=True)
class PlannedFeed:
    """A feed before it is written: its *settings*, what it is called, and the stories in it by their source.

    *folder* is where its documents lie below the public folder, with a slash at its end, or empty.
    """

    settings: FeedSettings
    title: str
    folder: str
    id: str
    sources: frozenset[str]

    @property
    def is_site(self) -> bool:
        """Whether this is the feed of everything."""
        return self.settings.name == SITE


def choices_of(publication: Publication, stories: Sequence[Story]) -> list[PlannedFeed]:
    """Every feed of *publication* over *stories*, the site's first, then as publication.yaml has them."""
    choices: list[PlannedFeed] = []
    for settings in publication.feeds:
        if settings.every is None:
            choices.append(_named(publication, settings, stories))
        else:
            choices += _each(publication, settings, settings.every, stories)
    return choices


def _named(publication: Publication, settings: FeedSettings, stories: Iterable[Story]) -> PlannedFeed:
    is_site = settings.name == SITE
    return PlannedFeed(
        settings,
        title=settings.title or (publication.title if is_site else f"{publication.title}: {settings.name}"),
        folder="" if is_site else f"feeds/{settings.name}/",
        id=f"tag:{publication.authority}:feeds/{settings.name}",
        sources=frozenset(_chosen(settings, stories)),
    )


def _chosen(settings: FeedSettings, stories: Iterable[Story]) -> Iterator[str]:
    tags = {key_of(tag) for tag in settings.tags}
    section = key_of(settings.section) if settings.section else None
    author = key_of(settings.author) if settings.author else None
    for story in stories:
        if tags and tags.isdisjoint(map(key_of, story.tags)):
            continue
        if section and (story.section is None or section != key_of(story.section)):
            continue
        if author is None or any(author == key_of(each.name) for each in story.authors):
            yield story.source


def _each(
    publication: Publication, settings: FeedSettings, every: Every, stories: Iterable[Story]
) -> Iterator[PlannedFeed]:
    words: dict[str, str] = {}
    sources: dict[str, set[str]] = {}
    for story in stories:
        for word in _words_of(story, every):
            key = key_of(word)
            words.setdefault(key, word)
            sources.setdefault(key, set()).add(story.source)
    for key in sorted(words):
        folder = f"{FOLDERS[every]}/{key}/"
        yield PlannedFeed(
            settings,
            title=f"{publication.title}: {words[key]}",
            folder=folder,
            id=f"tag:{publication.authority}:feeds/{folder}",
            sources=frozenset(sources[key]),
        )


def _words_of(story: Story, every: Every) -> Iterable[str]:
    match every:
        case Every.TAG:
            return story.tags
        case Every.SECTION:
            return (story.section,) if story.section else ()
        case Every.AUTHOR:
            return (author.name for author in story.authors)


@lru_cache(maxsize=WORDS)
def key_of(word: str) -> str:
    """The piece of an address that stands for *word*: readable, the same on every build, whatever else there is.

    Words that differ in capitals or in accents on Latin letters share one; where signs would be lost that tell
    two words apart (C, C++), a few digits of the word's own digest stand behind it.
    """
    plain = unicodedata.normalize("NFC", " ".join(word.split()))
    slug = slug_of(plain)
    if slug and not re.search(r"[^\w\s'’‘ʼ\"“”.,:;!?()\-–—/]", plain):
        return name_within(slug)
    digest = hashlib.sha256(plain.casefold().encode()).hexdigest()[:6]
    return name_within(f"{slug}-{digest}") if slug else digest
