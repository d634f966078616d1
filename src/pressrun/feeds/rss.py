"""RSS 2.0, with the RSS Advisory Board's Best Practices Profile."""

from collections.abc import Sequence

from pressrun.feeds.entries import Entry, Feed
from pressrun.model.publication import Publication


class Rss:
    """The format that podcast directories and old readers ask for."""

    name = "rss"
    title = "RSS"
    file = "rss.xml"
    media_type = "application/rss+xml"

    def serialise(self, publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
        """*feed* as an RSS document in UTF-8."""
        from pressrun.feeds.tree import rss_document

        return rss_document(publication, feed, entries, self.media_type)
