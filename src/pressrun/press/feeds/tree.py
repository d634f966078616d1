"""The door to feedgen: a feed's metadata as its tree, with every choice that it would make for us made here.

What feedgen cannot say (archives, hubs in RSS) comes through its extension interface; the style sheet's
instruction, for which it has no place, is put before the root. Entries, which come last in both formats, are
written by `atomentry.py` and `rssentry.py`: the document is made without any, and cut where they belong.
"""

import re
from datetime import UTC, datetime
from html import escape
from typing import Any, cast

from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from pressrun.model.addresses import rfc3339
from pressrun.model.publication import Author, Publication
from pressrun.press.feeds.entries import Feed, FeedFacts, newest_change
from pressrun.press.feeds.interface import Frame
from pressrun.press.feeds.rssentry import ITUNES_IMAGES

ATOM = "http://www.w3.org/2005/Atom"
# Apple's specification has true and false; feedgen knows the earlier words alone.
EXPLICIT = (
    (b"<itunes:explicit>yes<", b"<itunes:explicit>true<"),
    (b"<itunes:explicit>no<", b"<itunes:explicit>false<"),
)
HISTORY = "http://purl.org/syndication/history/1.0"
# RSS's <image> has a width of its own time (RSS 2.0, "<image> sub-element").
RSS_IMAGE = (144, 400)


def atom_frame(publication: Publication, feed: Feed, facts: FeedFacts, media_type: str) -> Frame:
    """What stands around the entries of *feed* in Atom."""
    tree = _tree(publication, feed, media_type)
    tree.id(feed.id)
    # It defaults to the time of the call, and the bytes would never be the same twice. So does RSS's.
    tree.updated(rfc3339(newest_change(facts, publication)))
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
    return _cut(_with_style_sheet(cast("bytes", tree.atom_str(pretty=True)), feed), b"</feed>\n")


def rss_frame(publication: Publication, feed: Feed, facts: FeedFacts, media_type: str) -> Frame:
    """What stands around the items of *feed* in RSS 2.0."""
    tree = _tree(publication, feed, media_type)
    tree.load_extension("dc", atom=False)
    tree.description(feed.subtitle or feed.title)
    tree.lastBuildDate(_in_utc(newest_change(facts, publication)))
    # The last link becomes RSS's <link>, so the home page has to come last.
    tree.link(href=feed.home, rel="alternate")
    if feed.logo and (feed.logo.width or 999) <= RSS_IMAGE[0] and (feed.logo.height or 999) <= RSS_IMAGE[1]:
        size = {"width": str(feed.logo.width), "height": str(feed.logo.height)}
        tree.image(url=feed.logo.url, title=feed.title, link=feed.home, **size)
    if facts.has_episodes:
        tree.load_extension("podcast", atom=False)
        _fill_podcast(tree, publication, feed)
    document = _with_style_sheet(_plain_text_safe(cast("bytes", tree.rss_str(pretty=True))), feed)
    for earlier, now in EXPLICIT:
        document = document.replace(earlier, now)
    return _cut(document, b"  </channel>\n</rss>\n")


def _cut(document: bytes, after: bytes) -> Frame:
    """*document*, which has no entries, as the frame of some; *after* is what closes it."""
    before = document.removesuffix(after)
    assert before != document, "the document ends otherwise than it was thought to"
    return Frame(before, after)


def _tree(publication: Publication, feed: Feed, media_type: str) -> FeedGenerator:
    tree = FeedGenerator()
    tree.load_extension("media")
    tree.register_extension("links", _FeedLinks)
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


def _archive_links(feed: Feed) -> tuple[tuple[str, str | None], ...]:
    return (("prev-archive", feed.previous), ("next-archive", feed.next), ("current", feed.current))


def _fill_podcast(tree: FeedGenerator, publication: Publication, feed: Feed) -> None:
    tree.podcast.itunes_author(", ".join(author.name for author in publication.authors))
    tree.podcast.itunes_summary(feed.subtitle or feed.title)
    if (podcast := feed.podcast) is None:
        return
    tree.podcast.itunes_category(podcast.category)
    tree.podcast.itunes_explicit("yes" if podcast.explicit else "no")
    if podcast.image.lower().endswith(ITUNES_IMAGES):
        tree.podcast.itunes_image(podcast.image)
    if podcast.owner:
        tree.podcast.itunes_owner(podcast.owner.name or publication.title, podcast.owner.address)


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


_PLAIN = re.compile(rb"<(title|copyright)>([^<]*)</\1>")


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
