"""Atom 1.0 (RFC 4287)."""

from collections.abc import Sequence

from pressrun.feeds.entries import Entry, Feed
from pressrun.model.publication import Publication


class Atom:
    """The format that the others are measured by."""

    name = "atom"
    title = "Atom"
    file = "atom.xml"
    media_type = "application/atom+xml"

    def serialise(self, publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
        """*feed* as an Atom document in UTF-8."""
        from pressrun.feeds.tree import atom_document

        return atom_document(publication, feed, entries, self.media_type)
