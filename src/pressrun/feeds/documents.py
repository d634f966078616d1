"""Every document of every feed: what people subscribe to, the archives, the list of them all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pressrun.feeds.archive import Month, months_of
from pressrun.feeds.atom import Atom
from pressrun.feeds.choices import Choice
from pressrun.feeds.entries import Entry, Feed, entry_of, in_order, latest
from pressrun.feeds.interface import FeedFormat
from pressrun.feeds.jsonfeed import JsonFeed
from pressrun.feeds.rss import Rss
from pressrun.model.picture import Picture
from pressrun.model.publication import Podcast, Publication
from pressrun.model.story import RenderedStory

FORMATS: Mapping[str, FeedFormat] = {each.name: each for each in (Atom(), Rss(), JsonFeed())}


@dataclass(frozen=True, slots=True)
class Dress:
    """What all feeds of a publication carry beside their entries, its pictures found."""

    style_sheet: str | None = None
    icon: str | None = None
    logo: Picture | None = None
    podcast: Podcast | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Writes the documents of the feeds of one publication; *url* gives the address of a public path."""

    publication: Publication
    url: Callable[[str], str]
    dress: Dress = Dress()

    def paths(self, choice: Choice) -> list[tuple[FeedFormat, str]]:
        """The formats of *choice*, the preferred one first, each with the path of what people subscribe to."""
        formats = [FORMATS[name] for name in choice.settings.formats]
        return [(each, f"/{choice.folder}{each.file}") for each in formats]

    def documents(self, choice: Choice, stories: Mapping[str, RenderedStory]) -> Iterator[tuple[str, bytes]]:
        """Every document of *choice* by its path; *stories* are all there are, by source."""
        chosen = [stories[source] for source in choice.sources]
        months = months_of(chosen, self.publication.timezone) if choice.is_site else []
        entries = self._entries(latest(chosen, choice.settings.limit), choice)
        archived = [(month, self._entries(month.stories, choice)) for month in months]
        for each, path in self.paths(choice):
            feed = self._feed(choice, path)
            newest = self.url(_archived(months[-1], each)) if months else None
            yield path, each.serialise(self.publication, replace(feed, previous=newest), entries)
            yield from self._archives(each, feed, archived)

    def _archives(
        self, each: FeedFormat, feed: Feed, archived: Sequence[tuple[Month, Sequence[Entry]]]
    ) -> Iterator[tuple[str, bytes]]:
        paths = [_archived(month, each) for month, _ in archived]
        for number, (_, entries) in enumerate(archived):
            document = replace(
                feed,
                url=self.url(paths[number]),
                current=feed.url,
                previous=self.url(paths[number - 1]) if number else None,
                next=self.url(paths[number + 1]) if number + 1 < len(paths) else None,
                hub=None,  # nobody is told of an archive
            )
            yield paths[number], each.serialise(self.publication, document, entries)

    def _entries(self, stories: Iterable[RenderedStory], choice: Choice) -> list[Entry]:
        return [entry_of(story, choice.settings.content) for story in in_order(stories)]

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


def _archived(month: Month, each: FeedFormat) -> str:
    return f"/{month.folder}{each.file}"
