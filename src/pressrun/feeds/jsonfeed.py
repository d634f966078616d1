"""JSON Feed 1.1."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pressrun.feeds.entries import Entry, Facts, Feed
from pressrun.feeds.interface import FeedFormat, Frame
from pressrun.model.addresses import rfc3339
from pressrun.model.publication import Author, Publication
from pressrun.model.story import Enclosure

VERSION = "https://jsonfeed.org/version/1.1"
# The standard library's writer in C knows no indentation, and the one that does takes four times as long. It is
# asked for each string by itself.
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class JsonFeed(FeedFormat):
    """The format that programs like to read."""

    name = "json"
    title = "JSON Feed"
    file = "feed.json"
    media_type = "application/feed+json"

    def entry(self, publication: Publication, entry: Entry) -> bytes:
        """*entry* as an item in UTF-8, without the comma behind it."""
        fields = ",\n".join(_fields(entry, publication.language))
        return f"  {{\n{fields}\n  }}".encode()

    def frame(self, publication: Publication, feed: Feed, facts: Facts) -> Frame:
        """The object around items; `next_url` leads from it through the archives of *feed*."""
        document = _without_gaps(
            {
                "version": VERSION,  # first, so that a program knows what it reads
                "title": feed.title,
                "home_page_url": feed.home,
                "feed_url": feed.url,
                "description": feed.subtitle,
                "next_url": feed.previous,
                "icon": feed.logo.url if feed.logo else feed.icon,
                "favicon": feed.icon,
                "authors": [_author(author) for author in publication.authors],
                "language": publication.language,
                "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else None,
            }
        )
        before = json.dumps(document | {"items": []}, ensure_ascii=False, indent=1).removesuffix("]\n}").encode()
        if facts.newest is None:
            return Frame(before, b"]\n}\n")
        return Frame(before + b"\n", b"\n ]\n}\n", between=b",\n")


def _fields(entry: Entry, language: str) -> Iterator[str]:
    """The fields of an item, each as its lines, without those that there is nothing to say of."""
    yield from _text("id", entry.guid or entry.id)
    yield from _text("url", entry.link)
    yield from _text("title", entry.title)
    if entry.content is None:
        yield from _text("content_text", entry.summary or entry.title)
    else:
        yield f'   "content_html": {_quoted(entry.content)}'  # empty HTML is something
    yield from _text("summary", entry.summary)
    if entry.picture:
        yield from _text("image", entry.picture.url)
    updated = rfc3339(entry.updated).isoformat()
    published = updated if entry.published is entry.updated else rfc3339(entry.published).isoformat()
    yield f'   "date_published": "{published}",\n   "date_modified": "{updated}"'
    if entry.authors:
        yield _list("authors", map(_written_author, entry.authors))
    if entry.categories:
        yield _list("tags", map(_quoted, entry.categories))
    if entry.language != language:
        yield from _text("language", entry.language)
    if entry.enclosure:
        attachment = json.dumps(_attachment(entry.enclosure, entry.title), ensure_ascii=False, indent=1)
        yield _list("attachments", [attachment.replace("\n", "\n    ")])


def _text(name: str, value: str) -> Iterable[str]:
    return (f'   "{name}": {_quoted(value)}',) if value else ()


def _list(name: str, items: Iterable[str]) -> str:
    lines = ",\n    ".join(items)
    return f'   "{name}": [\n    {lines}\n   ]'


def _written_author(author: Author) -> str:
    url = f',\n     "url": {_quoted(author.uri)}' if author.uri else ""
    return f'{{\n     "name": {_quoted(author.name)}{url}\n    }}'


def _author(author: Author) -> dict[str, str]:
    # Mail addresses have no field of their own; the home page is what `url` is for.
    return {"name": author.name} | ({"url": author.uri} if author.uri else {})


def _attachment(recording: Enclosure, title: str) -> dict[str, Any]:
    return _without_gaps(
        {
            "url": recording.url,
            "mime_type": recording.media_type,
            "title": title,
            "size_in_bytes": recording.size or None,
            "duration_in_seconds": recording.duration,
        }
    )


def _without_gaps(fields: Mapping[str, Any]) -> dict[str, Any]:
    """*fields* without those that there is nothing to say of: no null stands for a text."""
    return {name: value for name, value in fields.items() if value not in (None, [], "")}
