"""The door to feedgen: a feed as its tree, with every choice that it would make for us made here."""

from collections.abc import Sequence

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from pressrun import __version__
from pressrun.feeds.entries import Entry, Feed, newest_change
from pressrun.model.addresses import rfc3339
from pressrun.model.publication import Author, Publication


def feed_tree(publication: Publication, feed: Feed, entries: Sequence[Entry]) -> FeedGenerator:
    """Feedgen's view of *feed* with *entries* in their order."""
    tree = FeedGenerator()
    tree.load_extension("media")
    tree.id(feed.id)
    tree.title(feed.title)
    if feed.subtitle:
        tree.subtitle(feed.subtitle)
    tree.language(publication.language)
    # An author for the entries that have none (RFC 4287, section 4.1.1), and for readers that look only here.
    tree.author([_person(author) for author in publication.authors])
    if publication.rights:
        tree.rights(publication.rights)
    # feedgen puts a name and an address of its own here.
    tree.generator("Pressrun", version=__version__)
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
    element.link(
        href=entry.link,
        rel="alternate",
        type="text/html",
        **({"hreflang": entry.language} if entry.language != publication.language else {}),
    )
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
