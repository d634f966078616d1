"""What a feed format must do; `atom.py`, `rss.py` and `jsonfeed.py` are the three that do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pressrun.model.publication import Publication
from pressrun.press.feeds.entries import Entry, Feed, FeedFacts, facts_of


@dataclass(frozen=True, slots=True)
class Frame:
    """A document without its entries: what stands *before* the first, *between* two, and *after* the last."""

    before: bytes
    after: bytes
    between: bytes = b""

    def around(self, entries: Iterable[bytes]) -> bytes:
        """The document with *entries*, each as its format wrote it, in their order."""
        if self.between:
            return b"".join((self.before, self.between.join(entries), self.after))
        return b"".join((self.before, *entries, self.after))


class FeedFormat(Protocol):
    """One way to write a feed down: entries one by one, and the frame that they stand in.

    An entry is the same in every document of a publication, so whoever makes many documents writes it once.
    *name* is what `formats:` calls it, *title* what people do, *file* the name of its document in a folder.
    """

    name: str
    title: str
    file: str
    media_type: str

    def entry(self, publication: Publication, entry: Entry) -> bytes:
        """*entry* exactly as it stands in a document of *publication*; the same arguments give the same bytes.

        Raises ValueError of an entry that the format cannot hold: without an id or title, with a control character.
        """

    def frame(self, publication: Publication, feed: Feed, facts: FeedFacts) -> Frame:
        """What stands around the entries of *feed*, of which *facts* tells all that matters there."""

    def serialise(self, publication: Publication, feed: Feed, entries: Sequence[Entry]) -> bytes:
        """*feed* with exactly *entries*, in their order."""
        frame = self.frame(publication, feed, facts_of(entries))
        return frame.around(self.entry(publication, entry) for entry in entries)
