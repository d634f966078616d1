"""Every document of every feed: what people subscribe to, the archives, the list of them all."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pressrun.feeds.archive import Month, months_of
from pressrun.feeds.atom import Atom
from pressrun.feeds.choices import Choice
from pressrun.feeds.entries import Dated, Facts, Feed, entry_of, facts_of, latest
from pressrun.feeds.interface import FeedFormat, Frame
from pressrun.feeds.jsonfeed import JsonFeed
from pressrun.feeds.rss import Rss
from pressrun.model.picture import Picture
from pressrun.model.publication import FeedContent, Podcast, Publication
from pressrun.model.story import RenderedStory

FORMATS: Mapping[str, FeedFormat] = {each.name: each for each in (Atom(), Rss(), JsonFeed())}
# What a desk remembers of entries that it wrote: some four thousand in all formats, and never all of a large archive.
MOST_REMEMBERED = 64_000_000


@dataclass(frozen=True, slots=True)
class Dress:
    """What all feeds of a publication carry beside their entries, its pictures found."""

    style_sheet: str | None = None
    icon: str | None = None
    logo: Picture | None = None
    podcast: Podcast | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One document before it is written: where it lies, and of which stories, by source, its entries are."""

    path: str
    format: FeedFormat
    feed: Feed
    content: FeedContent
    sources: tuple[str, ...]


class Memory:
    """Entries that were written and may stand in another document, too; what was not asked for long goes first."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        """Remember no more than *most* bytes."""
        self.most = most
        self.size = 0
        self._parts: OrderedDict[tuple[str, str], tuple[RenderedStory, bytes]] = OrderedDict()

    def part(self, kind: str, source: str, story: RenderedStory, write: Callable[[RenderedStory], bytes]) -> bytes:
        """*story*, which has *source*, as *write* writes it; all that writes alike goes by the name of one *kind*."""
        place = kind, source
        known, part = self._parts.pop(place, (None, b""))
        self.size -= len(part)
        if known is not story:
            part = write(story)
        self._parts[place] = story, part
        self.size += len(part)
        while self.size > self.most:
            _, (_, forgotten) = self._parts.popitem(last=False)
            self.size -= len(forgotten)
        return part


@dataclass(frozen=True, slots=True)
class Desk:
    """Writes the documents of the feeds of one publication; *url* gives the address of a public path."""

    publication: Publication
    url: Callable[[str], str]
    dress: Dress = Dress()
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    def paths(self, choice: Choice) -> list[tuple[FeedFormat, str]]:
        """The formats of *choice*, the preferred one first, each with the path of what people subscribe to."""
        formats = [FORMATS[name] for name in choice.settings.formats]
        return [(each, f"/{choice.folder}{each.file}") for each in formats]

    def documents(self, choice: Choice, stories: Mapping[str, RenderedStory]) -> Iterator[tuple[str, bytes]]:
        """Every document of *choice* by its path; *stories* are all there are, by source."""
        for document in self.plan(choice, stories):
            frame = self.frame(document, facts_of([stories[source] for source in document.sources]))
            yield document.path, frame.around(self._parts(document, stories))

    def plan(self, choice: Choice, stories: Mapping[str, Dated]) -> list[Document]:
        """The documents of *choice*, of which nothing is written: what people subscribe to, then the archives.

        *stories* are all there are, by source, rendered or not: their dates and ids are enough.
        """
        chosen = {source: stories[source] for source in choice.sources}
        # Stories are no keys, and a rendered one does not know its source.
        source_of = {id(story): source for source, story in chosen.items()}
        subscribed = tuple(source_of[id(story)] for story in latest(chosen.values(), choice.settings.limit))
        months = months_of(chosen.values(), self.publication.timezone) if choice.is_site else []
        plan: list[Document] = []
        for each, path in self.paths(choice):
            newest = self.url(_archived(months[-1], each)) if months else None
            feed = replace(self._feed(choice, path), previous=newest)
            plan.append(Document(path, each, feed, choice.settings.content, subscribed))
        for number, month in enumerate(months):
            sources = tuple(source_of[id(story)] for story in month.stories)
            for each, path in self.paths(choice):
                feed = self._archive(each, self._feed(choice, path), months, number)
                plan.append(Document(_archived(month, each), each, feed, choice.settings.content, sources))
        return plan

    def part(self, each: FeedFormat, content: FeedContent, story: RenderedStory) -> bytes:
        """*story* as an entry of any document in the format *each* and with *content*."""
        return each.entry(self.publication, entry_of(story, content))

    def frame(self, document: Document, facts: Facts) -> Frame:
        """What stands around the entries of *document*, of which *facts* tells all that matters there."""
        return document.format.frame(self.publication, document.feed, facts)

    def _parts(self, document: Document, stories: Mapping[str, RenderedStory]) -> Iterator[bytes]:
        def write(story: RenderedStory) -> bytes:
            return self.part(document.format, document.content, story)

        kind = f"{document.format.name} {document.content.value}"
        for source in document.sources:
            yield self.memory.part(kind, source, stories[source], write)

    def _archive(self, each: FeedFormat, feed: Feed, months: Sequence[Month[Dated]], number: int) -> Feed:
        """The archive document of the month *number* of what people subscribe to as *feed*."""
        return replace(
            feed,
            url=self.url(_archived(months[number], each)),
            current=feed.url,
            previous=self.url(_archived(months[number - 1], each)) if number else None,
            next=self.url(_archived(months[number + 1], each)) if number + 1 < len(months) else None,
            hub=None,  # nobody is told of an archive
        )

    def _feed(self, choice: Choice, path: str) -> Feed:
        return Feed(
            id=choice.id,
            url=self.url(path),
            home=self.publication.home,
            title=choice.title,
            subtitle=self.publication.subtitle,
            hub=self.publication.hub,
            style_sheet=self.dress.style_sheet,
            icon=self.dress.icon,
            logo=self.dress.logo,
            podcast=self.dress.podcast,
        )


def _archived(month: Month[Dated], each: FeedFormat) -> str:
    return f"/{month.folder}{each.file}"
