"""The door to feedgen: a feed as its tree, with every choice that it would make for us made here."""

from collections.abc import Sequence
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator

from pressrun.feeds.entries import Entry, Feed, newest_change
from pressrun.model.addresses import rfc3339
from pressrun.model.publication import Author, Publication


class _Links(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Writes an entry's links with all their attributes: feedgen 1.0.0 writes the address alone."""

    def __init__(self) -> None:
        self.links: list[dict[str, str]] = []

    def add(self, **attributes: str) -> None:
        self.links.append(attributes)

    def extend_atom(self, entry: Any) -> Any:
        for bare, attributes in zip(entry.findall("link"), self.links, strict=True):
            bare.attrib.update(attributes)
        return entry


def feed_tree(publication: Publication, feed: Feed, entries: Sequence[Entry]) -> FeedGenerator:
    """Feedgen's view of *feed* with *entries* in their order."""
    tree = FeedGenerator()
    tree.load_extension("media")
    tree.register_extension("links", BaseExtension, _Links)
    tree.id(feed.id)
    tree.title(feed.title)
    if feed.subtitle:
        tree.subtitle(feed.subtitle)
    tree.language(publication.language)
    # An author for the entries that have none (RFC 4287, section 4.1.1), and for readers that look only here.
    tree.author([_person(author) for author in publication.authors])
    if publication.rights:
        tree.rights(publication.rights)
    # feedgen puts its own name here. No version: a new one would change every feed without a change in it.
    tree.generator("Pressrun", version="", uri="")
    # The last link becomes RSS's <link>, so the home page has to come last.
    tree.link(href=feed.url, rel="self", type="application/atom+xml")
    tree.link(href=publication.home, rel="alternate", type="text/html")
    # Both default to the time of the call, and the bytes would never be the same twice.
    changed = rfc3339(newest_change(entries, publication))
    tree.updated(changed)
    tree.lastBuildDate(changed)
    for entry in entries:
        # add_entry() puts the new one first unless told otherwise.
        _fill(tree.add_entry(order="append"), entry, publication)
    return tree


def _fill(element: FeedEntry, entry: Entry, publication: Publication) -> None:
    element.id(entry.id)
    element.title(entry.title)
    element.link(href=entry.link, rel="alternate")
    language = {"hreflang": entry.language} if entry.language != publication.language else {}
    element.links.add(href=entry.link, rel="alternate", type="text/html", **language)
    element.published(rfc3339(entry.published))
    element.updated(rfc3339(entry.updated))
    element.author([_person(author) for author in entry.authors])
    for category in entry.categories:
        element.category(term=category)
    if entry.summary:
        element.summary(entry.summary)
    # "CDATA" would be written as a type that Atom does not have.
    element.content(entry.content, type="html")
    if entry.picture is not None:
        picture = entry.picture
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
