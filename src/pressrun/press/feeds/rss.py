"""RSS 2.0, with the RSS Advisory Board's Best Practices Profile."""

from pressrun.model.publication import Publication
from pressrun.press.feeds.entries import Entry, Feed, FeedFacts
from pressrun.press.feeds.interface import FeedFormat, Frame
from pressrun.press.feeds.rssentry import rss_item


class Rss(FeedFormat):
    """The format that podcast directories and old readers ask for."""

    name = "rss"
    title = "RSS"
    file = "rss.xml"
    media_type = "application/rss+xml"

    def entry(self, publication: Publication, entry: Entry) -> bytes:  # noqa: ARG002  # other formats ask it for more
        """*entry* as an `item` in UTF-8."""
        return rss_item(entry)

    def frame(self, publication: Publication, feed: Feed, facts: FeedFacts) -> Frame:
        """The `channel` around items; with episodes, it says what podcast directories ask for."""
        from pressrun.press.feeds.tree import rss_frame

        return rss_frame(publication, feed, facts, self.media_type)
