"""Every document of every feed: what people subscribe to, the archives, the list of them all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from pressrun.model.picture import Picture
from pressrun.model.publication import FeedContent, Podcast, Publication
from pressrun.model.story import RenderedStory
from pressrun.press.feeds.archive import Month, months_of
from pressrun.press.feeds.atom import Atom
from pressrun.press.feeds.choices import PlannedFeed
from pressrun.press.feeds.entries import Dated, Feed, FeedFacts, entry_of, latest
from pressrun.press.feeds.interface import FeedFormat, Frame
from pressrun.press.feeds.jsonfeed import JsonFeed
from pressrun.press.feeds.rss import Rss

FORMATS: Mapping[str, FeedFormat] = {each.name: each for each in (Atom(), Rss(), JsonFeed())}


@dataclass(frozen=True, slots=True)
class Dress:
    """What all feeds of a publication carry beside their entries, its pictures found."""

    style_sheet: str | None = None
    icon: str | None = None
    logo: Picture | None = None
    podcast: Podcast | None = None


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """One document before it is written: where it lies, and of which stories, by source, its entries are."""

    path: str
    format: FeedFormat
    feed: Feed
    content: FeedContent
    sources: tuple[str, ...]


def together(plan: Iterable[FeedDocument]) -> Iterator[list[FeedDocument]]:
    """The documents of *plan* that differ in their format only and so can share the work, in its order."""
    for _, documents in groupby(plan, key=lambda document: (document.content, document.sources)):
        yield list(documents)


@dataclass(frozen=True, slots=True)
class Desk:
    """Writes the documents of the feeds of one publication; *url* gives the address of a public path.

    *verbatim* are entries that stay as earlier documents had them: by the id of their story, then by format and amount.
    """

    publication: Publication
    url: Callable[[str], str]
    dress: Dress = Dress()
    verbatim: Mapping[str, Mapping[tuple[str, str], bytes]] = field(default_factory=dict)

    def paths(self, choice: PlannedFeed) -> list[tuple[FeedFormat, str]]:
        """The formats of *choice*, the preferred one first, each with the path of what people subscribe to."""
        formats = [FORMATS[name] for name in choice.settings.formats]
        return [(each, f"/{choice.folder}{each.file}") for each in formats]

    def documents(self, choice: PlannedFeed, stories: Mapping[str, RenderedStory]) -> Iterator[tuple[str, bytes]]:
        """Every document of *choice* by its path; *stories* are all there are, by source."""
        for documents in together(self.plan(choice, stories)):
            written = self.written(documents, (stories[source] for source in documents[0].sources), self.frame)
            yield from ((document.path, data) for document, data in written)

    def plan(self, choice: PlannedFeed, stories: Mapping[str, Dated]) -> list[FeedDocument]:
        """The documents of *choice*, of which nothing is written: what people subscribe to, then the archives.

        *stories* are all there are, by source, rendered or not: their dates and ids are enough.
        """
        chosen = {source: stories[source] for source in choice.sources}
        # Stories are no keys, and a rendered one does not know its source.
        source_of = {id(story): source for source, story in chosen.items()}
        subscribed = tuple(source_of[id(story)] for story in latest(chosen.values(), choice.settings.limit))
        months = months_of(chosen.values(), self.publication.timezone) if choice.is_site else []
        plan: list[FeedDocument] = []
        for each, path in self.paths(choice):
            newest = self.url(_archived(months[-1], each)) if months else None
            feed = replace(self._feed(choice, path), previous=newest)
            plan.append(FeedDocument(path, each, feed, choice.settings.content, subscribed))
        for number, month in enumerate(months):
            sources = tuple(source_of[id(story)] for story in month.stories)
            for each, path in self.paths(choice):
                feed = self._archive(each, self._feed(choice, path), months, number)
                plan.append(FeedDocument(_archived(month, each), each, feed, choice.settings.content, sources))
        return plan

    def written(
        self,
        documents: Sequence[FeedDocument],
        stories: Iterable[RenderedStory],
        frame: Callable[[FeedDocument, FeedFacts], Frame],
    ) -> Iterator[tuple[FeedDocument, bytes]]:
        """Each of *documents*, which are of the same *stories*, as bytes, in the frame that *frame* gives for it.

        An entry is settled once for all of them, and no story is held longer than that takes.
        """
        parts: list[list[bytes]] = [[] for _ in documents]
        facts = FeedFacts()
        for story in stories:
            entry = entry_of(story, documents[0].content)
            facts = facts.with_another(entry)
            kept = self.verbatim.get(entry.id)
            for document, written in zip(documents, parts, strict=True):
                data = kept.get((document.format.name, document.content.value)) if kept else None
                written.append(data or document.format.entry(self.publication, entry))
        for document, written in zip(documents, parts, strict=True):
            yield document, frame(document, facts).around(written)
            written.clear()

    def frame(self, document: FeedDocument, facts: FeedFacts) -> Frame:
        """What stands around the entries of *document*, of which *facts* tells all that matters there."""
        return document.format.frame(self.publication, document.feed, facts)

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

    def _feed(self, choice: PlannedFeed, path: str) -> Feed:
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
