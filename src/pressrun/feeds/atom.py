"""Atom 1.0 (RFC 4287)."""

from collections.abc import Sequence
from typing import cast

from pressrun.feeds.entries import Entry, Feed
from pressrun.model.publication import Publication


class Atom:
    """The format that the others are measured by."""

    name = "atom"
    media_type = "application/atom+xml"

    def serialise(self, publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
        """*feed* as an Atom document in UTF-8."""
        from pressrun.feeds.tree import feed_tree

        return cast("bytes", feed_tree(publication, feed, entries).atom_str(pretty=True))
