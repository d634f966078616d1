"""The service in a browser, with scripts and without: what people see, and that it is for everybody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import create_store, place_from
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.subscriber import Confirmed, Pending, Unsubscribed
from serviceserver import ADA, House, house, text_of

pytestmark = pytest.mark.slow
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    store = create_store(place_from(str(tmp_path / "pressrun.db")))
    with house(store) as running:
        yield running
    store.close()


def standing(home: House, name: str = "weekly") -> object:
    person = find(home.store, address_from(ADA))
    return person.standing(name) if person else None


def leave_link(home: House) -> str:
    person = find(home.store, address_from(ADA))
    assert person is not None
    return home.links.leave(person.id, "weekly", home.clock.now)


def root(home: House) -> str:
    return home.service.pages.service.address


@pytest.fixture(params=[False, True], ids=["without scripts", "with scripts"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(java_script_enabled=request.param)
    yield opened
    assert opened.cookies() == []
    opened.close()


def fill_in(page: Page, home: House, button: str) -> None:
    home.clock.forward(seconds=5)
    page.fill("[name=email]", ADA)
    page.get_by_role("button", name=button, exact=True).click()


def test_a_person_comes_in_and_goes_out(home: House, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(root(home))
    page.locator("[name=list][value=weekly]").check()
    fill_in(page, home, "Subscribe")
    assert page.locator("h1").inner_text() == "Check your inbox"
    page.goto(home.link())
    assert isinstance(standing(home), Pending)
    page.get_by_role("button", name="Confirm").dblclick(no_wait_after=True)
    page.get_by_role("heading", name="You're subscribed").wait_for()
    assert isinstance(standing(home), Confirmed)
    page.goto(leave_link(home))
    assert isinstance(standing(home), Confirmed)
    page.get_by_role("button", name="Unsubscribe", exact=True).click()
    assert page.locator("h1").inner_text() == "You're unsubscribed from The Gazette"
    assert isinstance(standing(home), Unsubscribed)


def test_a_person_changes_what_they_get(home: House, context: BrowserContext) -> None:
    home.subscribed()
    page = context.new_page()
    page.goto(f"{root(home)}manage")
    fill_in(page, home, "Send me the link")
    page.goto(home.link(2))
    assert page.get_by_text(ADA).is_visible()
    page.get_by_role("checkbox", name="The Gazette, daily").check()
    page.get_by_label("Pause The Gazette until").fill("2026-06-01")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text() == "Your changes are saved."
    assert page.get_by_role("checkbox", name="The Gazette, daily").is_checked()
    assert page.get_by_label("Pause The Gazette until").input_value() == "2026-06-01"
    assert isinstance(standing(home, "daily"), Confirmed)


def test_a_form_on_another_site_works(home: House, context: BrowserContext) -> None:
    page = context.new_page()
    page.route("http://elsewhere.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    form = home.service.pages.snippet()
    page.goto("http://elsewhere.example/")
    page.locator("[name=list][value=weekly]").check()
    fill_in(page, home, "Subscribe")
    assert "select the button to continue" in page.get_by_role("alert").inner_text()
    home.clock.forward(seconds=5)
    page.get_by_role("button", name="Subscribe").click()
    assert page.locator("h1").inner_text() == "Check your inbox"
    assert home.link()


def test_what_looks_at_links_before_people_do_changes_nothing(home: House, browser: Browser) -> None:
    """A scanner that runs scripts, loads what a page loads, and follows every link that it finds, twice."""
    home.subscribed()
    home.subscribe(lists=("daily",))
    home.post("/manage", {"email": ADA, "kind": "manage", "stamp": home.stamp("/manage")})
    home.post("/manage", {"email": ADA, "kind": "data", "stamp": home.stamp("/manage")})
    before = [standing(home, name) for name in ("weekly", "daily")]
    asked: set[str] = set()
    with browser.new_context() as context:
        page = context.new_page()
        page.on("request", lambda request: asked.add(request.method))
        links = [leave_link(home), *(link for letter in home.letters(4) for link in links_in(text_of(letter)))]
        for link in links * 2:
            assert home.ask("HEAD", link).body == b""
            home.get(link, Sec_Purpose="prefetch")
            page.goto(link)
            page.wait_for_load_state("networkidle")
    assert asked == {"GET"}
    assert [standing(home, name) for name in ("weekly", "daily")] == before


def links_in(text: str) -> list[str]:
    return [word for word in text.split() if word.startswith("http://127.0.0.1")]


def violations(page: Page) -> list[Any]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_of_on_any_page(home: House, browser: Browser, scheme: Any) -> None:
    home.subscribed()
    home.post("/manage", {"email": ADA, "kind": "manage", "stamp": home.stamp("/manage")})
    home.post("/manage", {"email": ADA, "kind": "data", "stamp": home.stamp("/manage")})
    letters = home.letters(3)
    # axe is a script that we put in, which the policy of the pages would not let run.
    with browser.new_context(color_scheme=scheme, bypass_csp=True, viewport={"width": 320, "height": 800}) as context:
        page = context.new_page()
        links = [link for letter in letters for link in links_in(text_of(letter))]
        places = ["", "asked", "sent", "manage", "nothing", "confirm/x"]
        for place in (*(root(home) + place for place in places), leave_link(home), *links):
            page.goto(place)
            assert violations(page) == [], place
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width == 320, place
        page.goto(root(home))
        page.fill("[name=email]", "ada@nowhere")
        page.get_by_role("button", name="Subscribe").click()
        assert page.get_by_role("alert").is_visible()
        assert violations(page) == []
        for letter in letters:
            page.goto("about:blank")
            page.set_content(text_of(letter, "html"))
            found = [each for each in violations(page) if each[0] not in ("landmark-one-main", "region")]
            assert found == []


def test_a_browser_has_nothing_to_refuse(home: House, browser: Browser) -> None:
    """What the policy forbids is not asked for: a style that were blocked would be told on the console."""
    with browser.new_context() as context:
        page = context.new_page()
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        for place in ("", "manage", "asked", "nothing"):
            page.goto(root(home) + place)
            colour = page.locator("h1").evaluate("each => getComputedStyle(each).fontFamily")
            assert colour.startswith("Georgia")
    assert [each for each in told if "404" not in each] == []


def test_the_form_of_another_site_cannot_be_sent_for_somebody_unseen(home: House, browser: Browser) -> None:
    """What another page posts leads to a question, and no page of ours is shown inside of another."""
    with browser.new_context() as context:
        page = context.new_page()
        page.route(
            "http://elsewhere.example/",
            lambda route: route.fulfill(body=f'<iframe src="{root(home)}"></iframe>', content_type="text/html"),
        )
        page.goto("http://elsewhere.example/")
        page.wait_for_load_state("networkidle")
        assert all("Subscribe" not in frame.content() for frame in page.frames)
