"""Atom 1.0 (RFC 4287)."""

from pressrun.model.publication import Publication
from pressrun.press.feeds.atomentry import atom_entry
from pressrun.press.feeds.entries import Entry, Feed, FeedFacts
from pressrun.press.feeds.interface import FeedFormat, Frame


class Atom(FeedFormat):
    """The format that the others are measured by."""

    name = "atom"
    title = "Atom"
    file = "atom.xml"
    media_type = "application/atom+xml"

    def entry(self, publication: Publication, entry: Entry) -> bytes:
        """*entry* as an `atom:entry` in UTF-8; it says of its language only what the feed does not."""
        return atom_entry(entry, publication.language)

    def frame(self, publication: Publication, feed: Feed, facts: FeedFacts) -> Frame:
        """The `atom:feed` around entries, with the metadata of *feed*."""
        from pressrun.press.feeds.tree import atom_frame

        return atom_frame(publication, feed, facts, self.media_type)
