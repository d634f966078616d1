"""Letters before a reader's eyes: headless Chromium, which asks nothing of the network."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from letters import Letter

# Debian's name, and those of other systems.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",  # CI runs as root, where Chromium has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        sentence = "there is no Chromium to look at letters with: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


class Screen:
    """One page for all tests, which shows one letter after the other: opening pages is what takes time."""

    def __init__(self, browser: Browser) -> None:
        self.page = browser.new_page()
        self.page.route("**/*", self._answer)
        self.pictures: Mapping[str, bytes] = {}

    def _answer(self, route: Route) -> None:
        data = self.pictures.get(urlsplit(route.request.url).path)
        if data is None:
            route.abort()
        else:
            route.fulfill(body=data, content_type="image/png")

    def show(self, letter: Letter, *, scheme: str = "light", width: int = 700, pictures: bool = True) -> Page:
        """*letter* as it looks on a screen so wide, in *scheme*; with no *pictures* all of them are blocked."""
        self.pictures = letter.pictures if pictures else {}
        # From another page, so that nothing is left of the letter before, pictures in memory included.
        self.page.goto("about:blank")
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_content(letter.html)
        return self.page


@pytest.fixture(scope="session")
def screen(browser: Browser) -> Screen:
    return Screen(browser)


@pytest.fixture
def show(screen: Screen) -> Callable[..., Page]:
    return screen.show
