"""A feed document as a feed reader shows it: its entries, read back from its bytes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from html import escape
from typing import Any

from pressrun.press.feeds.snapshot import parsed, words_of


@dataclass(frozen=True, slots=True)
class Item:
    """One entry as a reader shows it; *content* is HTML, *moment* when it came out.

    *summary* is text, and empty where the content says the same.
    """

    title: str
    moment: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    summary: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was read: what it is called, and its entries."""

    title: str
    subtitle: str
    items: tuple[Item, ...]


def read(data: bytes) -> Read:
    """*data*, Atom, RSS or JSON Feed, as a reader shows it. Raises ValueError where it is none of these."""
    if data.lstrip()[:1] == b"{":
        feed = json.loads(data)
        return Read(feed.get("title", ""), feed.get("description", ""), tuple(_json_items(feed)))
    found = parsed(data)
    items = tuple(_item(entry) for entry in found.entries)
    return Read(found.feed.get("title", ""), found.feed.get("subtitle", ""), items)


def _json_items(feed: Mapping[str, Any]) -> Iterator[Item]:
    for item in feed["items"]:
        summary = item.get("summary", "")
        content = item.get("content_html") or escape(item.get("content_text") or summary)
        yield Item(
            item.get("title", ""),
            _moment(item.get("date_published", "")),
            tuple(author.get("name", "") for author in item.get("authors", ())),
            tuple(item.get("tags", ())),
            _summary(summary, content),
            content,
        )


def _item(entry: Mapping[str, Any]) -> Item:
    details = [entry["summary_detail"]] if entry.get("summary") else []
    summary = "".join(words_of(_html(each)) for each in details)
    content = next((_html(each) for each in (*entry.get("content", ()), *details) if each.value), "")
    return Item(
        entry.get("title", ""),
        _moment(entry.get("published", "")),
        tuple(author["name"] for author in entry.get("authors", ()) if author.get("name")),
        tuple(tag.term for tag in entry.get("tags", ())),
        _summary(summary, content),
        content,
    )


def _html(detail: Any) -> str:
    """What a document says of an entry, as HTML: text is escaped, or what looks like a tag in it would be lost."""
    return str(detail.value) if "html" in detail.type else escape(detail.value)


def _summary(text: str, content: str) -> str:
    return "" if words_of(content) == " ".join(text.split()) else text


def _moment(written: str) -> datetime | None:
    """The date that *written* is, as Atom and JSON Feed (RFC 3339) or RSS (RFC 2822) write it; else None."""
    for read_moment in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read_moment(written)
        except ValueError:
            continue
    return None
