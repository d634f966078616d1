"""Every letter as a browser shows it: for everybody, in light and dark, on any screen, and without style sheets."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from builders import PNG
from letters import LETTERS, Letter, letter_of
from pressrun.model.contrast import READABLE, contrast
from pressrun.press.newsletter.compose import letter_html

pytestmark = pytest.mark.slow
Show = Callable[..., Page]
SCHEMES = ("light", "dark")
each_letter = pytest.mark.parametrize("name", LETTERS)
in_both_schemes = pytest.mark.parametrize("scheme", SCHEMES)

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "rules": {
        # A letter is read inside of a mail program, whose page has these landmarks; a second "main" would mislead.
        "landmark-one-main": {"enabled": False},
        "region": {"enabled": False},
    },
}
# For each piece of text that is to be seen: its words, its colour, and the first ground behind it.
TEXTS = """() => {
  const ground = element => {
    for (; element; element = element.parentElement) {
      const style = getComputedStyle(element);
      if (style.backgroundImage !== "none") return style.backgroundImage;
      if (style.backgroundColor !== "rgba(0, 0, 0, 0)") return style.backgroundColor;
    }
    return "nothing";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node; (node = walker.nextNode());) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (node.data.trim() && box.width * box.height > 0)
      found.push([node.data.trim(), getComputedStyle(node.parentElement).color, ground(node.parentElement)]);
  }
  for (const picture of document.images)
    if (!picture.naturalWidth && picture.alt)
      found.push([picture.alt, getComputedStyle(picture).color, ground(picture)]);
  return found;
}"""
# What every element with text of its own, and every picture, looks like and where it stands.
LOOKS = """() => [...document.body.querySelectorAll("*")]
  .filter(each => each.tagName === "IMG" || each.tagName === "TD"
    || [...each.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()))
  .map(each => {
    const box = each.getBoundingClientRect(), style = getComputedStyle(each);
    return [each.tagName, each.textContent.trim().slice(0, 40), box.x, box.y, box.width, box.height,
      ...["color", "backgroundColor", "fontFamily", "fontSize", "fontWeight", "fontStyle", "lineHeight",
          "textAlign", "textDecoration", "borderTop", "borderBottom", "padding"].map(name => style[name])];
  })"""
BARE = """() => document.querySelectorAll("style").forEach(each => each.remove())"""


def hexadecimal(colour: str) -> str:
    """The opaque *colour* as #rrggbb; whatever else a browser may say is refused."""
    found = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    assert found, colour
    return "#" + "".join(f"{int(channel):02x}" for channel in found.groups())


def faint_texts(page: Page) -> list[tuple[Any, ...]]:
    """The texts of *page* that do not stand out from what is behind them."""
    texts = page.evaluate(TEXTS)
    assert texts
    measured = ((words, *map(hexadecimal, colours)) for words, *colours in texts)
    return [each for each in measured if contrast(each[1], each[2]) < READABLE]


@in_both_schemes
@each_letter
def test_axe_finds_nothing_to_complain_of(name: str, scheme: str, show: Show) -> None:
    found = Axe().run(show(letter_of(name), scheme=scheme), options=RULES)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found.response["violations"]] == []


@in_both_schemes
@each_letter
def test_every_text_stands_out_from_what_is_behind_it(name: str, scheme: str, show: Show) -> None:
    page = show(letter_of(name), scheme=scheme)
    assert faint_texts(page) == []
    page.evaluate(BARE)
    assert faint_texts(page) == []


@in_both_schemes
@each_letter
def test_where_pictures_are_blocked_their_words_are_read(name: str, scheme: str, show: Show) -> None:
    page = show(letter_of(name), scheme=scheme, pictures=False)
    assert faint_texts(page) == []
    described = page.locator('img:not([alt=""])')
    sizes = described.evaluate_all("all => all.map(each => [each.naturalWidth, each.width, each.height])")
    assert all(loaded == 0 and min(shown) >= 15 for loaded, *shown in sizes)


@each_letter
def test_nobody_has_to_scroll_sideways(name: str, show: Show) -> None:
    page = show(letter_of(name))
    for bare in (False, True):
        if bare:
            page.evaluate(BARE)
        for width in (320, 375, 600):
            page.set_viewport_size({"width": width, "height": 800})
            widths = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert widths == [width, width], (width, bare)


@each_letter
def test_the_look_is_the_same_without_any_style_sheet(name: str, show: Show) -> None:
    page = show(letter_of(name))
    before = page.evaluate(LOOKS)
    page.evaluate(BARE)
    assert page.evaluate(LOOKS) == before


@each_letter
def test_the_preheader_is_never_seen(name: str, show: Show) -> None:
    page = show(letter_of(name))
    for _ in range(2):
        assert page.locator("body > div:first-child").is_hidden()
        page.evaluate(BARE)


@each_letter
def test_there_is_one_headline_and_no_heading_leaves_out_a_level(name: str, show: Show) -> None:
    page = show(letter_of(name))
    levels = [
        int(tag[1]) for tag in page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map(h => h.tagName)")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


@each_letter
def test_every_picture_has_its_size_and_its_words_and_is_loaded(name: str, show: Show) -> None:
    told = "all => all.map(each => ['width', 'height', 'alt'].every(name => each.hasAttribute(name)))"
    pictures = show(letter_of(name)).locator("img")
    assert all(pictures.evaluate_all(told))
    assert all(pictures.evaluate_all("all => all.map(each => each.naturalWidth > 0)"))


def test_text_from_right_to_left_is_mirrored(show: Show) -> None:
    page = show(letter_of("right-to-left"))
    sides = page.locator(".item").evaluate_all(
        """items => items.map(item => {
          const [picture, text] = item.querySelectorAll("td");
          return [item.dir, picture.getBoundingClientRect().x > text.getBoundingClientRect().x];
        })"""
    )
    assert sides == [["rtl", True], ["rtl", True], ["ltr", False]]
    title, date = (page.locator(f".{name}").bounding_box() for name in ("wordmark", "dateline"))
    assert title is not None
    assert date is not None
    assert title["x"] > date["x"]


@in_both_schemes
@pytest.mark.parametrize("name", ["right-to-left", "wide"])
@pytest.mark.parametrize("width", [320, 375, 700])
def test_a_logo_or_a_long_title_leaves_the_words_beside_it_alone(
    name: str, width: int, scheme: str, show: Show
) -> None:
    page = show(letter_of(name), scheme=scheme, width=width)
    boxes = """() => [".logo, .wordmark-link", ".dateline a"].map(name => {
      const { left, right } = [...document.querySelectorAll(name)].at(-1).getBoundingClientRect();
      return [left, right];
    })"""
    title, link = page.evaluate(boxes)
    assert max(title[0] - link[1], link[0] - title[1]) >= 12


def test_a_picture_of_a_template_is_no_wider_than_it_says(show: Show) -> None:
    for width in (375, 700):
        pictures = show(letter_of("parts"), width=width).locator("img.picture[width='300']")
        assert pictures.evaluate_all("all => all.map(each => each.getBoundingClientRect().width)") == [300]


def test_a_picture_in_a_list_has_all_the_room_on_a_phone(show: Show) -> None:
    widths = "all => all.map(each => each.getBoundingClientRect().width)"
    page = show(letter_of("sections"), width=375)
    assert set(page.locator(".item-picture img").evaluate_all(widths)) == {335}


def test_a_button_keeps_away_from_the_quote_above_it(show: Show) -> None:
    boxes = """() => [document.querySelectorAll(".quote"), document.querySelectorAll(".button")]
      .map(all => [...all].at(-1).getBoundingClientRect()).map(box => [box.top, box.bottom])"""
    quote, button = show(letter_of("parts")).evaluate(boxes)
    assert button[0] - quote[1] >= 18


# What mail programs write over the sizes of pictures: Outlook's apps the first, some webmail the second.
FORCED = ["max-width: 100% !important", "width: 100% !important"]


@pytest.mark.parametrize("rule", FORCED)
@pytest.mark.parametrize("width", [360, 700])
def test_small_pictures_never_stretch_whatever_a_program_forces(rule: str, width: int, show: Show) -> None:
    small = letter_html(
        '<p><img src="https://x.example/a.png" alt="a" width="40" height="40"> b</p>', top_heading=2, text_width=536
    )
    wide = letter_html(
        '<img src="https://x.example/b.png" alt="b" width="900" height="90">', top_heading=2, text_width=536
    )
    page = f"""<style>img {{ {rule} }}</style><table style="table-layout:fixed;width:100%;max-width:600px">
        <tr><td style="padding:0 32px">{small}{wide}</td></tr></table>"""
    pictures = {"/a.png": PNG, "/b.png": PNG}
    shown = show(Letter(f"<!doctype html><body style='margin:0'>{page}", pictures), width=width)
    sizes = shown.evaluate("() => [...document.images].map(each => [each.clientWidth, each.clientHeight])")
    assert sizes[0][0] == 40
    assert sizes[1][0] <= width
    assert shown.evaluate("() => document.documentElement.scrollWidth") <= width
