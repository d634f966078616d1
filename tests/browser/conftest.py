"""Letters before a reader's eyes: headless Chromium, which asks nothing of the network."""

import os
import shutil
from collections.abc import Callable, Iterator
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


@pytest.fixture
def show(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a letter: `show(letter, scheme="dark", width=320, pictures=False)`."""
    opened = []

    def page_with(letter: Letter, *, scheme: str = "light", width: int = 700, pictures: bool = True) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        opened.append(page)

        def answer(route: Route) -> None:
            data = letter.pictures.get(urlsplit(route.request.url).path) if pictures else None
            if data is None:
                route.abort()
            else:
                route.fulfill(body=data, content_type="image/png")

        page.route("**/*", answer)
        page.set_content(letter.html)
        return page

    yield page_with
    for page in opened:
        page.close()
