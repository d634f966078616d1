"""What a feed shows: decided here once, written down by every format."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Protocol, TypeVar

from markupsafe import escape

from pressrun.model.moments import EPOCH
from pressrun.model.picture import Picture
from pressrun.model.publication import Author, FeedContent, Podcast, Publication
from pressrun.model.story import Enclosure, RenderedStory


@dataclass(frozen=True, slots=True)
class Feed:
    """One document of a feed: what people subscribe to, or one of its archives (RFC 5005).

    *url* is the document's own, *home* the page that it stands for. *previous* and *next* are the archive
    documents before and after it, *current* the document that people subscribe to, told by archives only.
    *hub* is the WebSub hub, *style_sheet* what a browser shows the document with.
    """

    id: str
    url: str
    home: str
    title: str
    subtitle: str | None = None
    previous: str | None = None
    next: str | None = None
    current: str | None = None
    hub: str | None = None
    style_sheet: str | None = None
    icon: str | None = None
    logo: Picture | None = None
    podcast: Podcast | None = None

    @property
    def is_archive(self) -> bool:
        """Whether this is an archive document."""
        return self.current is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """One story as a feed shows it (RFC 4287, section 4.1.2).

    *content* is HTML, every address in it absolute; None in a feed that carries summaries only.
    """

    id: str
    link: str
    title: str
    published: datetime
    updated: datetime
    authors: tuple[Author, ...]
    categories: tuple[str, ...]
    summary: str
    content: str | None
    language: str
    picture: Picture | None = None
    enclosure: Enclosure | None = None
    guid: str | None = None  # what RSS and JSON Feed say instead of the id, where that had to become an IRI for Atom


class Dated(Protocol):
    """What is put into order: a Story, a RenderedStory, an Entry, or whatever else knows its dates."""

    @property
    def id(self) -> str:
        """Its id (RFC 4287, section 4.2.6)."""

    @property
    def published(self) -> datetime:
        """When it came out."""

    @property
    def updated(self) -> datetime:
        """When it last changed."""


AnyDated = TypeVar("AnyDated", bound=Dated)
# Two dates of different zones ask both for their offsets whenever they are compared; spans are compared at once.


def latest(stories: Iterable[AnyDated], limit: int) -> list[AnyDated]:
    """The *limit* stories of which there is something new, in the order in which they came out, the newest first.

    A story that was corrected long after it came out is among them again, but not on top as if it were news.
    """

    def change(story: AnyDated) -> tuple[timedelta, timedelta, str]:
        return story.updated - EPOCH, story.published - EPOCH, story.id

    return in_order(nlargest(limit, stories, key=change))


def in_order(stories: Iterable[AnyDated]) -> list[AnyDated]:
    """*stories*, the newest first; those of one moment in the order of their ids."""
    return sorted(stories, key=lambda story: (story.published - EPOCH, story.id), reverse=True)


def entry_of(story: RenderedStory, content: FeedContent = FeedContent.FULL) -> Entry:
    """*story* as a feed shows it."""
    section = (story.section,) if story.section else ()
    return Entry(
        id=story.id,
        link=story.link,
        title=story.title,
        published=story.published,
        updated=story.updated,
        authors=story.authors,
        categories=tuple(dict.fromkeys((*section, *story.tags))),
        summary=story.summary,
        content=_content_of(story) if content is FeedContent.FULL else None,
        language=story.language,
        picture=story.picture,
        enclosure=story.enclosure,
        guid=story.guid,
    )


class EntryFacts(Protocol):
    """What the facts of a document are gathered from: an Entry, or the RenderedStory behind it."""

    @property
    def updated(self) -> datetime:
        """When it last changed."""

    @property
    def enclosure(self) -> Enclosure | None:
        """Its recording."""


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """All that a document says of its entries together: the newest change, None without any; if there are episodes."""

    newest: datetime | None = None
    has_episodes: bool = False

    def with_another(self, entry: EntryFacts) -> "FeedFacts":
        """The same with one more *entry*; of changes at one moment, the first tells the offset."""
        is_newest = self.newest is None or entry.updated > self.newest
        return FeedFacts(entry.updated if is_newest else self.newest, self.has_episodes or entry.enclosure is not None)


def facts_of(entries: Iterable[EntryFacts]) -> FeedFacts:
    """What a document with *entries* says of them together."""
    return functools.reduce(FeedFacts.with_another, entries, FeedFacts())


def newest_change(facts: FeedFacts, publication: Publication) -> datetime:
    """When the feed last changed; with no entries, the day that the publication's ids begin with. Never now."""
    if facts.newest is not None:
        return facts.newest
    year, month, day = (*publication.authority.rpartition(",")[2].split("-"), "1", "1")[:3]
    return datetime(int(year), int(month), int(day), tzinfo=UTC)


def _content_of(story: RenderedStory) -> str:
    """The full text, opened by the lead picture and the correction, as readers show nothing else of them."""
    parts = []
    if story.picture is not None and not story.opens_with_picture:
        size = f' width="{story.picture.width}" height="{story.picture.height}"' if story.picture.width else ""
        parts.append(f'<p><img src="{escape(story.picture.url)}" alt="{escape(story.picture.alt)}"{size}></p>\n')
    if story.correction:
        parts.append(f"<p><strong>Correction:</strong> {escape(story.correction)}</p>\n")
    html = "".join([*parts, str(story.html)])
    if story.direction == "rtl":
        # Readers set their own direction, and Atom has no attribute for it.
        html = f'<div dir="rtl" lang="{escape(story.language)}">\n{html}</div>\n'
    return html
