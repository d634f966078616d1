"""The preview as a writer uses it: a real browser beside a real editor, which saves files."""

import email
import email.policy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from builders import PNG, a_folder, a_story_file
from mailserver import HOST, Mailroom, mail_server
from previewserver import Server, preview

pytestmark = pytest.mark.slow

SNOW = a_story_file(
    "It snowed.\n\n" + "The harbour lay still. " * 400 + "\n\n![A dot](../images/dot.png)",
    id="tag:x,2020:snow",
    title="Snow",
    summary="All about snow.",
)
EDITION = (
    "---\nid: tag:x,2020:editions/1\ntitle: Cold\ndate: 2026-05-08\nlead: snow\npreheader: And more\n---\n"
    'Good morning, {first_name, "friend"}.\n'
)
NEXT = "---\nid: tag:x,2020:editions/2\ntitle: Next\ndate: 2026-06-08\nlead: snow\n---\nRead more [here](https://x.example/).\n"
FILES: dict[str, str | bytes] = {
    "content/stories/snow.md": SNOW,
    "content/stories/draft.md": a_story_file("Soon.", id="tag:x,2020:d", title="A draft", draft="true"),
    "content/editions/cold.md": EDITION,
    "content/editions/next.md": NEXT,
    "content/images/dot.png": PNG,
}
ADA = "ada@reader.example"
LETTER = "letters/cold/"
PAGES = (
    *("", "findings/", LETTER, f"{LETTER}?scheme=dark&pictures=blocked&styles=inline", f"{LETTER}looks"),
    *(f"{LETTER}inbox", f"{LETTER}text", f"{LETTER}source", f"{LETTER}compare", "letters/next/"),
    *("feed/?entry=0", "feed/source", "feed/changes", "files/content/editions/next.md", "codes/link-text", "nowhere"),
)
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


class Desk:
    """A publication that is previewed in a browser: what a writer does with it."""

    def __init__(self, root: Path, server: Server, page: Page, room: Mailroom) -> None:
        self.root, self.server, self.page, self.room = root, server, page, room
        self.asked: list[str] = []
        page.on("requestfinished", lambda request: self.asked.append(request.url))

    def open(self, path: str = "") -> Page:
        self.page.goto(self.server.address + path)
        self.page.wait_for_selector("body[data-shown]")
        # It is lost when a page is loaded anew.
        self.page.evaluate("window.isTheSamePage = true")
        return self.page

    def save(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def is_the_same_page(self) -> bool:
        return bool(self.page.evaluate("window.isTheSamePage === true"))


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    with mail_server() as room:
        settings = {"SMTP_HOST": HOST, "SMTP_PORT": str(room.port), "SMTP_TLS": "none"}
        with preview(a_folder(tmp_path, FILES), PRESSRUN_TEST_RECIPIENTS=ADA, **settings) as server:
            page = browser.new_page()
            yield Desk(tmp_path, server, page, room)
            page.close()


class TestSaves:
    def test_a_saved_story_is_seen_in_letter_and_feed_where_one_is(self, desk: Desk) -> None:
        page = desk.open(LETTER)
        frame = page.frame_locator("#phone")
        expect(frame.get_by_text("It snowed.")).to_be_visible()
        page.wait_for_function("document.getElementById('phone').offsetHeight > 1500")
        page.evaluate("window.scrollTo(0, 1200)")
        desk.save("content/stories/snow.md", SNOW.replace("It snowed.", "It snowed all night."))
        expect(frame.get_by_text("It snowed all night.")).to_be_visible()
        expect(page.locator("#latest")).to_contain_text("Saved content/stories/snow.md")
        expect(page.locator("#latest")).to_contain_text("“Snow” in the feed · the letter “Cold”")
        assert page.evaluate("window.scrollY") == pytest.approx(1200, abs=60)  # the line about the save is new
        assert desk.is_the_same_page()

        page = desk.open("feed/?entry=0")
        article = page.frame_locator("#opened")
        expect(article.get_by_text("It snowed all night.")).to_be_visible()
        desk.save(
            "content/stories/snow.md", SNOW.replace("It snowed.", "It thawed.").replace("title: Snow", "title: Thaw")
        )
        expect(article.get_by_text("It thawed.")).to_be_visible()
        expect(page.locator(".card").first).to_contain_text("Thaw")
        assert desk.is_the_same_page()

    def test_what_a_person_typed_and_opened_stays(self, desk: Desk) -> None:
        page = desk.open()
        page.get_by_label("Find a story").fill("half a wo")
        desk.save("content/stories/third.md", a_story_file("Third.", id="tag:x,2020:3", title="The third"))
        expect(page.get_by_role("link", name="The third", exact=True)).to_be_visible()
        assert page.get_by_label("Find a story").input_value() == "half a wo"
        expect(page.get_by_label("Find a story")).to_be_focused()

    def test_a_broken_save_is_told_over_the_last_good_state_until_it_is_mended(self, desk: Desk) -> None:
        page = desk.open(LETTER)
        desk.save("content/stories/snow.md", SNOW.replace("date: ", "date: 12th of "))
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("Stories or editions have errors")
        expect(alert.locator("pre", has_text="date: 12th of 2026-05-01")).to_be_visible()
        expect(page.frame_locator("#phone").get_by_text("It snowed.")).to_be_visible()
        expect(page.get_by_role("button", name="Send a test")).to_be_disabled()

        desk.save("content/stories/snow.md", SNOW)
        expect(alert).to_have_count(0)
        expect(page.get_by_role("button", name="Send a test")).to_be_enabled()
        assert desk.is_the_same_page()

    def test_findings_come_and_go_and_lead_to_their_line(self, desk: Desk) -> None:
        page = desk.open(LETTER)
        expect(page.locator("#found-here summary")).to_have_text("No findings in this letter")
        desk.save("content/editions/cold.md", EDITION + "\nRead more [here](https://x.example/).\n")
        expect(page.locator("#found-here summary")).to_have_text("1 finding in this letter")
        expect(page.locator("#found-here .finding")).to_be_visible()
        page.locator("#found-here summary").click()
        expect(page.locator("#found-here .finding")).to_be_hidden()
        desk.save(
            "content/editions/cold.md",
            EDITION + "\nRead [here](https://x.example/), again [here](https://x.example/).\n",
        )
        expect(page.locator("#found-here summary")).to_have_text("2 findings in this letter")
        expect(page.locator("#found-here .finding").first).to_be_hidden()  # as it was left
        page.locator("#found-here summary").click()
        page.get_by_role("link", name="content/editions/cold.md:10:6").click()
        expect(page.locator("li:target")).to_contain_text("Read [here]")
        expect(page.locator("li:target .note").first).to_contain_text("does not say where this link leads")

    def test_templates_styles_and_the_table_of_mail_programs_are_followed(self, desk: Desk) -> None:
        page = desk.open(LETTER)
        paper = page.frame_locator("#phone").locator(".paper").first
        desk.save(
            "templates/newsletter.css",
            '{% include "default/newsletter.css" %}\n.paper { border-left: 7px solid #123456; }\n',
        )
        expect(paper).to_have_css("border-left-color", "rgb(18, 52, 86)")
        desk.save(
            "templates/newsletter.css",
            '{% include "default/newsletter.css" %}\n.paper { border-left: 7px solid #654321; }\n',
        )
        expect(paper).to_have_css("border-left-color", "rgb(101, 67, 33)")
        desk.save("content/clients.yaml", "clients: [\n")
        expect(page.locator("#found-here")).to_contain_text("content/clients.yaml")
        (desk.root / "content/clients.yaml").unlink()
        desk.save(
            "templates/newsletter.html",
            '{% extends "default/newsletter.html" %}\n{% block footer %}{{ nobody }}{% endblock %}\n',
        )
        alert = page.get_by_role("alert")
        expect(alert.get_by_role("link", name="templates/newsletter.html:2:1")).to_be_visible()
        expect(alert).to_contain_text("{{ nobody }}")
        expect(paper).to_have_css("border-left-color", "rgb(101, 67, 33)")

    def test_the_page_says_when_the_preview_has_ended(self, desk: Desk) -> None:
        page = desk.open()
        desk.server.process.terminate()
        expect(page.locator("#line")).to_have_text("The preview has ended; start it again")


class TestViews:
    def test_every_look_shows_the_letter_as_it_says(self, desk: Desk) -> None:
        page = desk.open(f"{LETTER}looks")
        canvas = {
            name: page.frame_locator(f"#{name}")
            .locator("body")
            .evaluate("body => getComputedStyle(body).backgroundColor")
            for name in ("phone-light", "phone-dark", "desktop-light", "desktop-dark")
        }
        assert canvas["phone-light"] == canvas["desktop-light"] != canvas["phone-dark"] == canvas["desktop-dark"]
        for name, loaded in (("phone-light", True), ("phone-blocked", False), ("desktop-blocked", False)):
            picture = page.frame_locator(f"#{name}").locator("img").first
            assert picture.evaluate("picture => picture.decode().then(() => true, () => false)") is loaded
        assert page.frame_locator("#phone-bare").locator("style").count() == 0
        assert page.frame_locator("#phone-light").locator("style").count() > 0
        expect(page.locator("#plain")).to_contain_text("It snowed.")
        assert page.locator("#phone-light").evaluate("frame => frame.clientWidth") == pytest.approx(375, abs=3)

    def test_a_dark_letter_is_dark_on_a_light_desk_and_the_other_way_round(self, desk: Desk) -> None:
        grounds = []
        for scheme in ("light", "dark"):
            desk.page.emulate_media(color_scheme=scheme)
            for choice in ("light", "dark"):
                body = desk.open(f"{LETTER}?scheme={choice}").frame_locator("#phone").locator("body")
                grounds.append(body.evaluate("body => getComputedStyle(body).backgroundColor"))
        assert grounds[:2] == grounds[2:]
        assert grounds[0] != grounds[1]

    def test_choices_are_made_from_the_keyboard_and_keep_the_place(self, desk: Desk) -> None:
        page = desk.open(LETTER)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        unnamed = page.get_by_role("link", name="No name known")
        unnamed.focus()
        page.keyboard.press("Enter")
        expect(page.frame_locator("#phone").get_by_text("Good morning, friend.")).to_be_visible()
        expect(unnamed).to_have_attribute("aria-current", "true")
        expect(unnamed).to_be_focused()
        page.go_back()
        expect(page.frame_locator("#phone").get_by_text("Good morning, Robin.")).to_be_visible()
        assert desk.is_the_same_page()

    def test_a_page_that_a_browser_kept_and_brings_back_follows_again(self, desk: Desk) -> None:
        """Told to the page as browsers tell it: the one that is driven here keeps no pages."""
        page = desk.open(LETTER)
        page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
        desk.save("content/stories/snow.md", SNOW.replace("It snowed.", "It thawed."))
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
        expect(page.frame_locator("#phone").get_by_text("It thawed.").first).to_be_visible()
        assert desk.is_the_same_page()

    def test_inbox_text_source_and_comparison_show_the_letter(self, desk: Desk) -> None:
        page = desk.open(f"{LETTER}inbox")
        expect(page.locator(".inbox.phone")).to_contain_text("Cold")
        expect(page.locator(".inbox.gmail")).to_contain_text("The Gazette")
        expect(desk.open(f"{LETTER}text").locator("#plain")).to_contain_text("Good morning, Robin.")
        page = desk.open(f"{LETTER}source")
        expect(page.locator("#html")).to_contain_text("<!DOCTYPE html>")
        expect(page.locator("#message")).to_contain_text("Subject: Cold")
        expect(desk.open(f"{LETTER}compare").locator("#changes")).to_contain_text("pressrun build")

    def test_what_changed_since_the_last_build_is_shown(self, desk: Desk, pressrun: Callable[..., object]) -> None:
        pressrun("build", "--now", "2026-05-12T12:00Z")
        page = desk.open(f"{LETTER}compare")
        expect(page.locator("#changes")).to_contain_text("Words and links are those of the last build.")
        desk.save("content/stories/snow.md", SNOW.replace("It snowed.", "It [thawed](https://thaw.example/)."))
        expect(page.locator("ins").first).to_have_text("thawed [1].")
        expect(page.locator("del").first).to_have_text("snowed.")
        expect(page.locator("#changes")).to_contain_text("https://thaw.example/")
        expect(desk.open("feed/changes").locator("#changes")).to_contain_text("changed Snow")

    @pytest.mark.parametrize("path", ["atom.xml", "rss.xml", "feed.json"])
    def test_each_format_shows_its_entries_and_its_source(self, path: str, desk: Desk) -> None:
        page = desk.open()
        page.get_by_role("link", name="Feed", exact=True).click()
        page.get_by_label("Document").select_option(path)
        page.get_by_role("button", name="Show").click()
        page.get_by_role("link", name="Snow").click()
        expect(page.frame_locator("#opened").get_by_text("It snowed.")).to_be_visible()
        page.get_by_role("link", name="Source").click()
        expect(page.locator("#source")).to_contain_text("It snowed.")

    def test_a_letter_that_is_not_out_says_so(self, desk: Desk) -> None:
        page = desk.open()
        page.get_by_role("link", name="Next", exact=True).click()
        expect(page.locator("#why-not")).to_contain_text("is not out until 2026-06-08")
        expect(page.frame_locator("#desktop").get_by_text("Read more")).to_be_visible()


class TestSafety:
    def test_no_script_of_a_template_runs_and_nothing_outside_is_asked(self, desk: Desk) -> None:
        script = (
            '{% extends "default/newsletter.html" %}{% block footer %}<script>document.title = "run"</script>'
            '<img src="https://outside.example/x.png" onerror="document.title = 1" alt=""><p id="end">End</p>'
            "{% endblock %}"
        )
        desk.save("templates/newsletter.html", script)
        page = desk.open(LETTER)
        frame = page.frame_locator("#phone")
        expect(frame.locator("#end")).to_be_visible()
        expect(frame.locator("script")).to_have_count(1)
        assert frame.locator("html").evaluate("html => html.ownerDocument.title") == "Cold"
        desk.open("feed/?entry=0")
        assert {url.partition("//")[2].partition("/")[0] for url in desk.asked} == {desk.server.host}

    def test_a_link_of_a_letter_leads_nowhere(self, desk: Desk) -> None:
        desk.save("content/editions/cold.md", EDITION + "\nA [report](https://report.example/) on snow.\n")
        page = desk.open(LETTER)
        page.frame_locator("#phone").get_by_role("link", name="report").click()
        assert page.url == desk.server.address + LETTER


class TestSending:
    def test_a_test_goes_out_through_a_real_server_as_it_is_shown(self, desk: Desk) -> None:
        page = desk.open(LETTER)
        page.get_by_role("button", name="Send a test").click()
        expect(page.locator(".told")).to_have_text(f"{ADA}: accepted (250 2.0.0 Ok: queued as 1A2B)")
        (envelope,) = desk.room.letters
        assert envelope.rcpt_tos == [ADA]
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.SMTP.clone(raise_on_defect=True))
        assert (letter["Subject"], letter["To"]) == ("[TEST] Cold", ADA)
        assert "Good morning, friend." in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Page]]:
    """One preview for every look at it, with a broken save on top."""
    root = a_folder(tmp_path_factory.mktemp("looks"), FILES)
    with preview(root) as server:
        page = browser.new_page()
        page.goto(server.address)
        (root / "content/stories/snow.md").write_text(SNOW.replace("date: ", "date: 12th of "), encoding="utf-8")
        expect(page.get_by_role("alert")).to_be_visible()
        yield server.address, page
        page.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_and_nobody_scrolls_sideways(
    path: str, scheme: str, width: int, opened: tuple[str, Page]
) -> None:
    address, page = opened
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(address + path)
    page.wait_for_selector("body[data-shown]")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
