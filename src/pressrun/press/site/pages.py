"""Every page of the site, filled from its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from pressrun.model.addresses import file_of
from pressrun.model.edition import RenderedEdition
from pressrun.model.output import OutputFile
from pressrun.model.publication import Publication
from pressrun.model.slots import filled
from pressrun.model.story import RenderedStory
from pressrun.rendering.templates import Templates

# The home page shows this many stories with their summaries, and then titles only.
NEWEST = 10
LISTED = 200


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed as a page's head announces it (standards: autodiscovery)."""

    title: str
    url: str
    media_type: str
    format: str = "Atom"


@dataclass(frozen=True, slots=True)
class FeedGroup:
    """One feed in all its formats, the preferred one first; *is_named* unless it is one of many alike."""

    title: str
    is_site: bool
    is_named: bool
    links: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True)
class SitePages:
    """Makes the pages of one publication from its *templates*."""

    publication: Publication
    templates: Templates
    feeds: Sequence[FeedLink]
    subscribe_url: str

    def story(self, story: RenderedStory, path: str, origin: str) -> OutputFile:
        """The page of *story* at *path*."""
        return self._page("story.html", path, origin, story.canonical_url or story.link, {"story": story})

    def edition(self, edition: RenderedEdition, path: str, origin: str) -> OutputFile:
        """What "view in browser" opens: *edition* with the words of its letter, as nobody in particular gets it."""
        page = self._page("edition.html", path, origin, edition.link or "", {"edition": edition})
        way_out = filled(self.publication.way_out or "", {})
        home = self.publication.home
        manage = self.publication.manage_page or home
        values = {"browser_url": edition.link or home, "unsubscribe_url": way_out or home, "preferences_url": manage}
        html = filled(bytes(page.content).decode(), values, lambda value: escape(value, quote=True))
        return replace(page, content=html.encode())

    def home(self, stories: Sequence[RenderedStory], editions: Sequence[RenderedEdition]) -> OutputFile:
        """The front page: the newest of *stories*, which come newest first, then titles, then *editions*."""
        values = {
            "newest": stories[:NEWEST],
            "older": stories[NEWEST:LISTED],
            "editions": editions[:LISTED],
        }
        return self._page("index.html", "/", "the home page", self.publication.home, values)

    def subscribe(self, path: str, groups: Sequence[FeedGroup], opml_url: str) -> OutputFile:
        """The page that explains feeds and lists all of *groups*."""
        values = {"groups": groups, "opml_url": opml_url}
        return self._page("subscribe.html", path, "the page on feeds", self.subscribe_url, values)

    def style(self, path: str) -> OutputFile:
        """The style sheet that a browser shows feeds with."""
        css = self.templates.filled_bytes("feed.css", {"publication": self.publication, "look": self.publication.look})
        return OutputFile(f"public/{file_of(path)}", css, "the style of feeds")

    def redirect(self, path: str, target: str, origin: str) -> OutputFile:
        """A page at an old *path* that leads to *target*."""
        return self._page("redirect.html", path, origin, target, {"target": target})

    def _page(self, name: str, path: str, origin: str, canonical: str, values: Mapping[str, Any]) -> OutputFile:
        html = self.templates.filled_bytes(
            name,
            {
                "publication": self.publication,
                "look": self.publication.look,
                "language": self.publication.language,
                "direction": self.publication.direction,
                "feeds": self.feeds,
                "subscribe_url": self.subscribe_url,
                "canonical": canonical,
                **values,
            },
        )
        return OutputFile(f"public/{file_of(path)}", html, origin)
