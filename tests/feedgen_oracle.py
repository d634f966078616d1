"""Feeds as feedgen, lxml and json.dumps write them with their entries: what ours are held against, byte for byte.

feedgen 1.0.0 writes an entry's links without `rel`, `type` and `hreflang` (a loop variable hides the link), so an
extension writes those attributes.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, cast

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from pressrun.model.addresses import rfc3339
from pressrun.model.picture import Picture
from pressrun.model.publication import Author, Publication
from pressrun.press.feeds.entries import Entry, Feed, facts_of, newest_change

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
# RSS's <image> has a width of its own time (RSS 2.0, "<image> sub-element").
RSS_IMAGE = (144, 400)
_ITUNES_IMAGES = (".png", ".jpg")


def atom_document(publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
    """*feed* with *entries* in their order as Atom."""
    tree = _tree(publication, feed, "application/atom+xml")
    tree.id(feed.id)
    # It defaults to the time of the call, and the bytes would never be the same twice. So does RSS's.
    tree.updated(rfc3339(newest_change(facts_of(entries), publication)))
    for rel, url in (("hub", feed.hub), *_archive_links(feed)):
        if url:
            tree.link(href=url, rel=rel)
    if feed.subtitle:
        tree.subtitle(feed.subtitle)
    # An author for the entries that have none (RFC 4287, section 4.1.1), and for readers that look only here.
    tree.author([_person(author) for author in publication.authors])
    if feed.icon:
        tree.icon(feed.icon)
    if feed.logo:
        tree.logo(feed.logo.url)
    for entry in entries:
        # add_entry() puts the new one first unless told otherwise.
        _fill_atom(tree.add_entry(order="append"), entry, publication)
    return _with_style_sheet(cast("bytes", tree.atom_str(pretty=True)), feed)


def rss_document(publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
    """*feed* with *entries* in their order as RSS 2.0."""
    tree = _tree(publication, feed, "application/rss+xml")
    tree.load_extension("dc", atom=False)
    tree.description(feed.subtitle or feed.title)
    tree.lastBuildDate(_in_utc(newest_change(facts_of(entries), publication)))
    # The last link becomes RSS's <link>, so the home page has to come last.
    tree.link(href=feed.home, rel="alternate")
    if feed.logo and (feed.logo.width or 999) <= RSS_IMAGE[0] and (feed.logo.height or 999) <= RSS_IMAGE[1]:
        size = {"width": str(feed.logo.width), "height": str(feed.logo.height)}
        tree.image(url=feed.logo.url, title=feed.title, link=feed.home, **size)
    has_episodes = any(entry.enclosure for entry in entries)
    if has_episodes:
        tree.load_extension("podcast", atom=False)
        _fill_podcast(tree, publication, feed)
    for entry in entries:
        _fill_rss(tree.add_entry(order="append"), entry, has_episodes=has_episodes)
    written = cast("bytes", tree.rss_str(pretty=True))
    # Apple's specification has true and false; feedgen knows the earlier words alone.
    for earlier, now in ((b"yes", b"true"), (b"no", b"false")):
        written = written.replace(b"<itunes:explicit>%s<" % earlier, b"<itunes:explicit>%s<" % now)
    return _with_style_sheet(_plain_text_safe(written), feed)


def _tree(publication: Publication, feed: Feed, media_type: str) -> FeedGenerator:
    tree = FeedGenerator()
    tree.load_extension("media")
    tree.register_extension("links", _FeedLinks, _EntryLinks)
    tree.links.feed = feed
    tree.title(feed.title)
    tree.language(publication.language)
    if publication.rights:
        tree.rights(publication.rights)
    # feedgen puts its own name here. No version: a new one would change every feed without a change in it.
    tree.generator("Pressrun", version="", uri="")
    tree.link(href=feed.url, rel="self", type=media_type)
    tree.link(href=feed.home, rel="alternate", type="text/html")
    return tree


class _FeedLinks(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Says of a document that it is an archive, and gives RSS the links that only Atom has words for."""

    def __init__(self) -> None:
        self.feed: Feed

    def extend_ns(self) -> dict[str, str]:
        return {"fh": HISTORY} if self.feed.is_archive else {}

    def extend_atom(self, root: Any) -> Any:
        if self.feed.is_archive:
            xml_elem(f"{{{HISTORY}}}archive", root)
        return root

    def extend_rss(self, root: Any) -> Any:
        channel = root.find("channel")
        for rel, url in (("hub", self.feed.hub), *_archive_links(self.feed)):
            if url:
                xml_elem(f"{{{ATOM}}}link", channel, href=url, rel=rel)
        return self.extend_atom(channel)


class _EntryLinks(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Writes an entry's links with all their attributes: feedgen 1.0.0 writes the address alone."""

    def __init__(self) -> None:
        self.links: list[dict[str, str]] = []
        self.language: str | None = None  # of the entry, where it is not the feed's

    def extend_atom(self, entry: Any) -> Any:
        for bare, attributes in zip(entry.findall("link"), self.links, strict=True):
            bare.attrib.update(attributes)
        if self.language:
            entry.set("{http://www.w3.org/XML/1998/namespace}lang", self.language)
        return entry

    def extend_rss(self, entry: Any) -> Any:
        return entry


def _archive_links(feed: Feed) -> tuple[tuple[str, str | None], ...]:
    return (("prev-archive", feed.previous), ("next-archive", feed.next), ("current", feed.current))


def _fill_atom(element: FeedEntry, entry: Entry, publication: Publication) -> None:
    element.id(entry.id)
    element.title(entry.title)
    language = {"hreflang": entry.language} if entry.language != publication.language else {}
    links = [{"href": entry.link, "rel": "alternate", "type": "text/html", **language}]
    if recording := entry.enclosure:
        size = {"length": str(recording.size)} if recording.size else {}
        links.append({"href": recording.url, "rel": "enclosure", "type": recording.media_type, **size})
    if language:
        element.links.language = entry.language
    for link in links:
        element.link(**link)
        element.links.links.append(link)
    element.published(rfc3339(entry.published))
    element.updated(rfc3339(entry.updated))
    element.author([_person(author) for author in entry.authors])
    for category in entry.categories:
        element.category(term=category)
    if entry.summary or entry.content is None:
        element.summary(entry.summary)
    if entry.content is not None:
        # "CDATA" would be written as a type that Atom does not have.
        element.content(entry.content, type="html")
    if entry.picture is not None:
        _add_picture(element, entry.picture)


def _fill_rss(element: FeedEntry, entry: Entry, *, has_episodes: bool) -> None:
    element.title(entry.title)
    element.link(href=entry.link)
    element.guid(entry.guid or entry.id, permalink=entry.id == entry.link)
    element.pubDate(_in_utc(entry.published))
    # A description is HTML to every reader. The summary stands before the full text, or alone, or not at all.
    if entry.summary or entry.content is None:
        element.description(escape(entry.summary or entry.title, quote=False))
    if entry.content:
        element.content(entry.content)
    elif not entry.summary and entry.content is not None:
        element.description(escape(entry.title, quote=False))
    for category in entry.categories:
        element.category(term=category)
    first = entry.authors[0]
    if len(entry.authors) == 1 and first.email:
        element.author(name=first.name, email=first.email)
    else:
        element.dc.dc_creator([author.name for author in entry.authors])
    if recording := entry.enclosure:
        element.enclosure(recording.url, str(recording.size), recording.media_type)
    if has_episodes:
        _fill_episode(element, entry)
    if entry.picture is not None:
        _add_picture(element, entry.picture)


def _fill_podcast(tree: FeedGenerator, publication: Publication, feed: Feed) -> None:
    tree.podcast.itunes_author(", ".join(author.name for author in publication.authors))
    tree.podcast.itunes_summary(feed.subtitle or feed.title)
    if (podcast := feed.podcast) is None:
        return
    tree.podcast.itunes_category(podcast.category)
    tree.podcast.itunes_explicit("yes" if podcast.explicit else "no")
    if podcast.image.lower().endswith(_ITUNES_IMAGES):
        tree.podcast.itunes_image(podcast.image)
    if podcast.owner:
        tree.podcast.itunes_owner(podcast.owner.name or publication.title, podcast.owner.address)


def _fill_episode(element: FeedEntry, entry: Entry) -> None:
    if (recording := entry.enclosure) is None:
        return
    episode = element.podcast
    episode.itunes_author(", ".join(author.name for author in entry.authors))
    if entry.summary:
        episode.itunes_summary(entry.summary)
    if recording.duration is not None:
        episode.itunes_duration(recording.duration)
    if recording.explicit is not None:
        episode.itunes_explicit("yes" if recording.explicit else "no")
    if recording.episode is not None:
        episode.itunes_episode(recording.episode)
    if recording.season is not None:
        episode.itunes_season(recording.season)
    if entry.picture is not None and entry.picture.url.lower().endswith(_ITUNES_IMAGES):
        episode.itunes_image(entry.picture.url)


def _add_picture(element: FeedEntry, picture: Picture) -> None:
    known = {"fileSize": picture.size, "width": picture.width, "height": picture.height}
    element.media.content(
        url=picture.url,
        type=picture.media_type,
        medium="image",
        group=None,
        **{name: str(value) for name, value in known.items() if value},
    )


def _person(author: Author) -> dict[str, str]:
    person = {"name": author.name}
    if author.email:
        person["email"] = author.email
    if author.uri:
        person["uri"] = author.uri
    return person


def _in_utc(moment: datetime) -> datetime:
    # "+0000" is the one zone that every reader of RFC 822 dates takes (RSS Best Practices, section 3.2).
    return moment.astimezone(UTC).replace(microsecond=0)


_PLAIN = re.compile(rb"<(title|category|copyright|dc:creator)>([^<]*)</\1>")


def _plain_text_safe(document: bytes) -> bytes:
    """*document* with `&` and `<` of plain text written so that readers that unescape twice still show them.

    RSS Best Practices, section 3.1.
    """
    return _PLAIN.sub(
        lambda found: (
            found.group().replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;").replace(b"&gt;", b"&#x3E;")
        ),
        document,
    )


def _with_style_sheet(document: bytes, feed: Feed) -> bytes:
    if feed.style_sheet is None:
        return document
    declaration, _, rest = document.partition(b"?>\n")
    instruction = f'<?xml-stylesheet type="text/css" href="{escape(feed.style_sheet)}"?>'
    return b"%s?>\n%s\n%s" % (declaration, instruction.encode(), rest)


def json_document(publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
    """*feed* with *entries* in their order as JSON Feed."""
    document = _without_gaps(
        {
            "version": "https://jsonfeed.org/version/1.1",  # first, so that a program knows what it reads
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
