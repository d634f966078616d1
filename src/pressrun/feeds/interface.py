"""What a feed format must do; `atom.py`, `rss.py` and `jsonfeed.py` are the three that do."""

from collections.abc import Sequence
from typing import Protocol

from pressrun.feeds.entries import Entry, Feed
from pressrun.model.publication import Publication


class FeedFormat(Protocol):
    """One way to write a feed down.

    *name* is what `formats:` calls it, *title* what people do, *file* the name of its document in a folder.
    """

    name: str
    title: str
    file: str
    media_type: str

    def serialise(self, publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
        """*feed* with exactly *entries*, in their order; the same arguments give the same bytes."""
