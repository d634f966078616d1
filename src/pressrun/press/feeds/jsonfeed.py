"""JSON Feed 1.1."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pressrun.model.addresses import rfc3339
from pressrun.model.publication import Author, Publication
from pressrun.press.feeds.entries import Entry, Feed, FeedFacts
from pressrun.press.feeds.interface import FeedFormat, Frame

VERSION = "https://jsonfeed.org/version/1.1"
# The standard library's writer in C knows no indentation, so it is asked for each string by itself.
_quoted = json.JSONEncoder(ensure_ascii=False).encode
_CONTROLS = bytes(range(32))
_CONTENT, _END_OF_CONTENT = '   "content_html": "', '",\n'


class JsonFeed(FeedFormat):
    """The format that programs like to read."""

    name = "json"
    title = "JSON Feed"
    file = "feed.json"
    media_type = "application/feed+json"

    def entry(self, publication: Publication, entry: Entry) -> bytes:
        """*entry* as an item in UTF-8, without the comma behind it."""
        updated = rfc3339(entry.updated).isoformat()
        published = updated if entry.published is entry.updated else rfc3339(entry.published).isoformat()
        before = (
            "  {\n"
            f"{_field('id', entry.guid or entry.id)}"
            f"{_field('url', entry.link)}"
            f"{_field('title', entry.title)}"
            f"{_field('content_text', entry.summary or entry.title) if entry.content is None else _CONTENT}"
        )
        after = (
            f"{'' if entry.content is None else _END_OF_CONTENT}"
            f"{_field('summary', entry.summary)}"
            f"{_field('image', entry.picture.url) if entry.picture else ''}"
            f'   "date_published": "{published}",\n'
            f'   "date_modified": "{updated}"'
            f"{_list('authors', map(_written_author, entry.authors))}"
            f"{_list('tags', map(_quoted, entry.categories))}"
            f"{_language(entry.language) if entry.language != publication.language else ''}"
            f"{_list('attachments', map(_attachment, (entry,))) if entry.enclosure else ''}"
            "\n  }"
        )
        # One join, because each copy of a long text costs as much as quoting it.
        return b"".join((before.encode(), _long_text(entry.content or ""), after.encode()))

    def frame(self, publication: Publication, feed: Feed, facts: FeedFacts) -> Frame:
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


# What stands before the dates, which every item has, ends with a comma; what stands behind them begins with one.


def _field(name: str, value: str) -> str:
    return f'   "{name}": {_quoted(value)},\n' if value else ""


def _long_text(content: str) -> bytes:
    # Replacing takes half the time of quoting, and HTML has little that is quoted.
    data = content.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    data = data.replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\t", b"\\t")
    if len(data.translate(None, _CONTROLS)) != len(data):
        data = _quoted(content).encode()[1:-1]
    return data


def _language(language: str) -> str:
    return f',\n   "language": {_quoted(language)}' if language else ""


def _list(name: str, items: Iterable[str]) -> str:
    lines = ",\n    ".join(items)
    return f',\n   "{name}": [\n    {lines}\n   ]' if lines else ""


def _written_author(author: Author) -> str:
    url = f',\n     "url": {_quoted(author.uri)}' if author.uri else ""
    return f'{{\n     "name": {_quoted(author.name)}{url}\n    }}'


def _attachment(entry: Entry) -> str:
    recording = entry.enclosure
    assert recording is not None
    fields = _without_gaps(
        {
            "url": recording.url,
            "mime_type": recording.media_type,
            "title": entry.title,
            "size_in_bytes": recording.size or None,
            "duration_in_seconds": recording.duration,
        }
    )
    return json.dumps(fields, ensure_ascii=False, indent=1).replace("\n", "\n    ")


def _author(author: Author) -> dict[str, str]:
    # Mail addresses have no field of their own; the home page is what `url` is for.
    return {"name": author.name} | ({"url": author.uri} if author.uri else {})


def _without_gaps(fields: Mapping[str, Any]) -> dict[str, Any]:
    """*fields* without those that there is nothing to say of: no null stands for a text."""
    return {name: value for name, value in fields.items() if value not in (None, [], "")}
