"""The pages of the site, and the files around its feeds: each function returns files and problems."""

from collections.abc import Iterable, Mapping, Sequence

from pressrun.model.addresses import edition_path
from pressrun.model.edition import RenderedEdition
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.story import RenderedStory
from pressrun.press.building.madefiles import MadeFiles
from pressrun.press.building.press import HEADERS, OPML, STYLE, SUBSCRIBE, Press
from pressrun.press.building.sourcefiles import STATIC
from pressrun.press.feeds.headers import headers
from pressrun.press.feeds.opml import OpmlFeed as OpmlOutline
from pressrun.press.feeds.opml import opml
from pressrun.press.site.pages import SitePages


def around_feeds(press: Press) -> MadeFiles:
    """Return the list of all feeds, and what servers and browsers need for them."""
    return MadeFiles.from_template(_around_feeds(press))


def _around_feeds(press: Press) -> Iterable[OutputFile]:
    home = press.addresses.home
    feeds = press.feeds()
    outlines = [OpmlOutline(feed.title, feed.links[0].url, home, "rss") for feed in feeds if feed.links]
    yield OutputFile(f"{PUBLIC}{OPML}", opml(press.content.publication.title, outlines), "the list of feeds")
    if f"{STATIC}{HEADERS}" not in press.content.folder.files:  # the publisher's own comes first
        documents = (
            (f"/{link.url.removeprefix(home)}", link.url, link.media_type) for feed in feeds for link in feed.links
        )
        text = headers(documents, press.content.publication.hub)
        yield OutputFile(f"{PUBLIC}/{HEADERS}", text.encode(), "the headers of feeds")
    yield press.pages().style(STYLE)


def story_page(press: Press, pages: SitePages, source: str, story: RenderedStory) -> MadeFiles:
    """Return the page of *story*, which is the file *source*."""
    return MadeFiles.from_template(
        pages.story(story, press.targets.documents[source], f"content/{source}") for _ in (None,)
    )


def redirects(press: Press, pages: SitePages, source: str, link: str) -> MadeFiles:
    """Return what leads from the old paths of the story *source* to *link*."""
    return MadeFiles.from_template(
        pages.redirect(alias, link, f"content/{source}") for alias in press.old_paths(source)
    )


def edition_pages(pages: SitePages, editions: Mapping[str, RenderedEdition]) -> MadeFiles:
    """Return the pages of *editions*, by their source."""
    return MadeFiles.from_template(
        pages.edition(edition, edition_path(edition.slug), f"content/{source}") for source, edition in editions.items()
    )


def home_page(
    press: Press, pages: SitePages, newest_first: Sequence[RenderedStory], editions: Mapping[str, RenderedEdition]
) -> MadeFiles:
    """Return the home page."""
    listed = [*editions.values(), *(each.rendered for each in press.validity.found_editions.values())]
    latest = sorted(listed, key=lambda edition: (edition.date, edition.id), reverse=True)
    return MadeFiles.from_template(pages.home(newest_first, latest) for _ in (None,))


def subscribe_page(press: Press, pages: SitePages) -> MadeFiles:
    """Return the page that explains feeds."""
    opml_url = press.addresses.url(OPML)
    return MadeFiles.from_template(pages.subscribe(path, press.feeds(), opml_url) for path in (SUBSCRIBE,))
