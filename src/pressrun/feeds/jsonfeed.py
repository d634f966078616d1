"""JSON Feed 1.1."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pressrun.feeds.entries import Entry, Feed
from pressrun.model.addresses import rfc3339
from pressrun.model.publication import Author, Publication

VERSION = "https://jsonfeed.org/version/1.1"


class JsonFeed:
    """The format that programs like to read."""

    name = "json"
    title = "JSON Feed"
    file = "feed.json"
    media_type = "application/feed+json"

    def serialise(self, publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
        """*feed* as a JSON document in UTF-8; `next_url` leads from it through its archives."""
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
        document["items"] = [_item(entry, publication) for entry in entries]
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _item(entry: Entry, publication: Publication) -> dict[str, Any]:
    return _without_gaps(
        {
            "id": entry.guid or entry.id,
            "url": entry.link,
            "title": entry.title,
            "content_html": entry.content,
            "content_text": (entry.summary or entry.title) if entry.content is None else None,
            "summary": entry.summary,
            "image": entry.picture.url if entry.picture else None,
            "date_published": rfc3339(entry.published).isoformat(),
            "date_modified": rfc3339(entry.updated).isoformat(),
            "authors": [_author(author) for author in entry.authors],
            "tags": list(entry.categories),
            "language": entry.language if entry.language != publication.language else None,
            "attachments": [_attachment(entry)] if entry.enclosure else None,
        }
    )


def _author(author: Author) -> dict[str, str]:
    # Mail addresses have no field of their own; the home page is what `url` is for.
    return {"name": author.name} | ({"url": author.uri} if author.uri else {})


def _attachment(entry: Entry) -> dict[str, Any]:
    recording = entry.enclosure
    assert recording is not None
    return _without_gaps(
        {
            "url": recording.url,
            "mime_type": recording.media_type,
            "title": entry.title,
            "size_in_bytes": recording.size or None,
            "duration_in_seconds": recording.duration,
        }
    )


def _without_gaps(fields: Mapping[str, Any]) -> dict[str, Any]:
    """*fields* without those that there is nothing to say of: no null stands for a text. Empty HTML is something."""
    return {
        name: value
        for name, value in fields.items()
        if value not in (None, [], "") or (name == "content_html" and value == "")
    }
