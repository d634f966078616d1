"""Entries found in documents that Pressrun wrote: the very bytes of each, and what they say of the story."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pressrun.model.picture import Picture
from pressrun.model.publication import Author, FeedContent, Publication
from pressrun.model.story import Enclosure, RenderedStory
from pressrun.press.feeds.markup import text
from pressrun.press.feeds.snapshot import ATOM

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MEDIA = "{http://search.yahoo.com/mrss/}content"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_SPACES = (
    b'<x xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">',
    b'<x xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">',
)


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry in one format as it is in a document: its *data*, and how much of the story it has."""

    format: str
    content: str
    data: bytes


def found_in(name: str, data: bytes, known_by: str, link: str) -> FoundEntry | None:
    """Return the entry of the story *known_by* this id, which is read at *link*, in the document *data* called *name*.

    None where there is none, or the document is not one that Pressrun wrote.
    """
    if name == "atom.xml":
        mark = f"    <id>{text(known_by)}</id>\n"
        entry = _cut(data, b"  <entry", b"  </entry>\n", mark.encode())
        return FoundEntry("atom", _amount(b"    <content" in entry), entry) if entry else None
    if name == "rss.xml":
        for mark in (f">{text(known_by)}</guid>\n", f"      <link>{text(link)}</link>\n"):
            if item := _cut(data, b"    <item>\n", b"    </item>\n", mark.encode()):
                return FoundEntry("rss", _amount(_is_full_item(item)), item)
        return None
    for field, value in (("id", known_by), ("url", link)):
        mark = f'   "{field}": {json.dumps(value, ensure_ascii=False)},\n'
        if item := _cut(data, b"  {\n", b"\n  }", mark.encode()):
            return FoundEntry("json", _amount(b'   "content_html": "' in item), item)
    return None


def _amount(is_full: bool) -> str:
    return str((FeedContent.FULL if is_full else FeedContent.SUMMARY).value)


def _is_full_item(item: bytes) -> bool:
    # The text is HTML, whose tags are escaped; a summary is escaped twice.
    return b"      <content:encoded>" in item or b"<description>&lt;" in item


def _cut(data: bytes, begin: bytes, end: bytes, mark: bytes) -> bytes | None:
    """Return the piece of *data* from *begin* to *end* that has *mark*."""
    at = data.find(mark)
    start = data.rfind(begin, 0, at + 1) if at >= 0 else -1
    stop = data.find(end, at) if start >= 0 else -1
    return data[start : stop + len(end)] if stop >= 0 else None


def story_in(found: FoundEntry, publication: Publication, slug: str) -> RenderedStory | None:
    """Return the story of *found*, as far as its entry tells, with *slug*; None where it cannot be understood.

    Its HTML begins with the lead picture and the correction, as the entry does.
    """
    try:
        match found.format:
            case "atom":
                fields = dict(_of_atom(found.data, publication))
            case "rss":
                fields = dict(_of_rss(found.data, publication))
            case _:
                fields = dict(_of_json(found.data, publication))
        return RenderedStory(slug=slug, section=None, direction="ltr", **fields)
    except (ValueError, LookupError, TypeError, SyntaxError):  # somebody changed it by hand
        return None


Fields = Iterator[tuple[str, Any]]


def _of_atom(data: bytes, publication: Publication) -> Fields:
    entry = _element(_SPACES[0], data)
    links = {each.get("rel"): each for each in entry.iterfind(f"{ATOM}link")}
    yield "id", entry.findtext(f"{ATOM}id") or ""
    yield "link", links["alternate"].attrib["href"]
    yield "title", entry.findtext(f"{ATOM}title") or ""
    yield "updated", datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "")
    yield "published", datetime.fromisoformat(entry.findtext(f"{ATOM}published") or "")
    yield "authors", _authors(_atom_author(each) for each in entry.iterfind(f"{ATOM}author"))
    yield "tags", tuple(each.attrib["term"] for each in entry.iterfind(f"{ATOM}category"))
    yield "summary", entry.findtext(f"{ATOM}summary") or ""
    yield "html", Markup(entry.findtext(f"{ATOM}content") or "")
    yield "language", entry.get("{http://www.w3.org/XML/1998/namespace}lang", publication.language)
    yield "picture", _picture(entry.find(MEDIA), publication)
    if (recording := links.get("enclosure")) is not None:  # an element without children is false
        yield "enclosure", _enclosure(recording.attrib, "href")


def _of_rss(data: bytes, publication: Publication) -> Fields:
    item = _element(_SPACES[1], data)
    published = parsedate_to_datetime(item.findtext("pubDate") or "")
    full, short = item.findtext(_CONTENT), item.findtext("description") or ""
    guid = item.findtext("guid") or ""
    yield "id", guid
    yield "link", item.findtext("link") or ""
    yield "title", item.findtext("title") or ""
    yield "published", published
    yield "updated", published
    yield "authors", _authors(Author(each.text or "") for each in item.iterfind(_CREATOR)) or publication.authors
    yield "tags", tuple(each.text or "" for each in item.iterfind("category"))
    yield "summary", "" if full is None and short.startswith("<") else Markup(short).unescape()
    yield "html", Markup(short if full is None and short.startswith("<") else full or "")
    yield "language", publication.language
    yield "picture", _picture(item.find(MEDIA), publication)
    if (recording := item.find("enclosure")) is not None:
        yield "enclosure", _enclosure(recording.attrib, "url")


def _of_json(data: bytes, publication: Publication) -> Fields:
    item = json.loads(data)
    yield "id", item["id"]
    yield "link", item["url"]
    yield "title", item["title"]
    yield "published", datetime.fromisoformat(item["date_published"])
    yield "updated", datetime.fromisoformat(item["date_modified"])
    authors = (Author(each["name"], uri=each.get("url")) for each in item.get("authors", ()))
    yield "authors", _authors(authors) or publication.authors
    yield "tags", tuple(item.get("tags", ()))
    yield "summary", item.get("summary", "")
    yield "html", Markup(item.get("content_html", ""))
    yield "language", item.get("language", publication.language)
    yield "picture", Picture("", "", item["image"], "", 0) if "image" in item else None
    for each in item.get("attachments", ()):
        size, media_type = each.get("size_in_bytes", 0), each["mime_type"]
        yield "enclosure", Enclosure(each["url"], size, media_type, each.get("duration_in_seconds"))


def _element(spaces: bytes, data: bytes) -> "Element":
    from xml.etree import ElementTree

    return ElementTree.fromstring(b"".join((spaces, data, b"</x>")))[0]


def _authors(authors: Iterator[Author]) -> tuple[Author, ...]:
    return tuple(author for author in authors if author.name)


def _atom_author(element: "Element") -> Author:
    name, email, uri = (element.findtext(f"{ATOM}{each}") for each in ("name", "email", "uri"))
    return Author(name or "", email, uri)


def _picture(element: "Element | None", publication: Publication) -> Picture | None:
    if element is None:
        return None
    url = element.attrib["url"]
    size, width, height = (int(element.get(name, "0")) for name in ("fileSize", "width", "height"))
    path = url.removeprefix(publication.home) if url.startswith(publication.home) else ""
    return Picture("", path, url, element.get("type", ""), size, width, height)


def _enclosure(attributes: Mapping[str, str], name: str) -> Enclosure:
    return Enclosure(attributes[name], int(attributes.get("length", "0")), attributes["type"])
