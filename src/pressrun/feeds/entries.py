"""What a feed shows: decided here once, written down by every format."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup, escape

from pressrun.model.picture import Picture
from pressrun.model.publication import Author, Publication
from pressrun.model.story import RenderedStory

LIMIT = 20


@dataclass(frozen=True, slots=True)
class Feed:
    """A named choice of stories, and the URL that people subscribe to."""

    id: str
    url: str
    title: str
    subtitle: str | None = None
    limit: int = LIMIT


@dataclass(frozen=True, slots=True)
class Entry:
    """One story as a feed shows it (RFC 4287, section 4.1.2). *content* is HTML, every address in it absolute."""

    id: str
    link: str
    title: str
    published: datetime
    updated: datetime
    authors: tuple[Author, ...]
    categories: tuple[str, ...]
    summary: str
    content: str
    language: str
    picture: Picture | None = None


def site_feed(publication: Publication, url: str) -> Feed:
    """The feed of everything; its id is as permanent as the stories' own."""
    return Feed(f"tag:{publication.authority}:feeds/site", url, publication.title, publication.subtitle)


def entries_of(stories: Iterable[RenderedStory], feed: Feed) -> list[Entry]:
    """The entries of *feed*: the newest of *stories* first, no more than its limit.

    A story corrected long ago keeps its place; `updated` tells readers of the correction.
    """
    newest_first = sorted(stories, key=lambda story: (story.published, story.id), reverse=True)
    return [entry_of(story) for story in newest_first[: feed.limit]]


def entry_of(story: RenderedStory) -> Entry:
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
        content=_content_of(story),
        language=story.language,
        picture=story.picture,
    )


def newest_change(entries: Sequence[Entry], publication: Publication) -> datetime:
    """When the feed last changed; with no entries, the day that the publication's ids begin with. Never now."""
    if entries:
        return max(entry.updated for entry in entries)
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
    return str(Markup(html))
