"""From a rendered edition to its Newsletter."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from markupsafe import Markup

from pressrun.model.edition import Layout, RenderedEdition
from pressrun.model.picture import Picture, guessed_type, picture_of
from pressrun.model.problems import ContentError, Problem
from pressrun.model.publication import Publication
from pressrun.model.slots import Slot, filled
from pressrun.press.newsletter.inline import Unreadable, inlined, style_element_faults, style_sheet_faults
from pressrun.press.newsletter.plaintext import WIDTH, NumberedLinks, plain_text, tidy, underlined
from pressrun.press.newsletter.size import Size, size_of
from pressrun.rendering.outline import Outline
from pressrun.rendering.templates import Templates

INLINED_SHEET, HEAD_SHEET = "newsletter.css", "newsletter-head.css"
LAYOUTS = {Layout.EDITION: "newsletter.html", Layout.DIGEST: "newsletter-digest.html"}

_HEADING = re.compile(r"<(/?)h([1-6])(?=[ >])")
_PICTURE = re.compile(r'<img\b((?:[^<>"]|"[^"]*")*+)>')
_TASK = re.compile(r'<input\b(?:[^<>"]|"[^"]*")*+>')
# Fills the inbox line behind the preheader, so that the letter's first words do not leak into it.
PADDING = Markup("&#847;&zwnj;&nbsp;" * 80)  # a constant

# Gives what an earlier run made of the same texts under the same name, or makes it.
Memo = Callable[[str, Sequence[str], Callable[[], bytes]], bytes]
# A picture as a letter shows it at a width in pixels; None where mail programs would not show it.
Scale = Callable[[Picture, int], Picture | None]


def make_anew(_kind: str, _key: Sequence[str], make: Callable[[], bytes]) -> bytes:
    """The Memo that remembers nothing."""
    return make()


@dataclass(frozen=True, slots=True)
class Words:
    """The Outlines of an edition's own words, and of a lead that is carried in full, for the plain text."""

    opening: Outline
    lead: Outline | None = None
    sections: Sequence[Outline] = ()


@dataclass(frozen=True, slots=True)
class Newsletter:
    """An edition as a letter, not yet addressed: *html* is inlined, *text* flows; slots in all four are words."""

    subject: str
    preheader: str
    html: str
    text: str

    @property
    def size(self) -> Size:
        """The bytes of the HTML as a mail program decodes it."""
        return size_of(self.html)

    def filled(self, values: Mapping[str, str]) -> "Newsletter":
        """The same with every slot filled by *values*, else by its fallback; escaped in the HTML."""
        return Newsletter(
            filled(self.subject, values),
            filled(self.preheader, values),
            filled(self.html, values, lambda value: escape(value, quote=True)),
            filled(self.text, values),
        )


@dataclass(frozen=True, slots=True)
class LetterSurroundings:
    """What a letter is made with, beside its edition.

    *feed_url* is where those are sent who would rather follow in a feed reader. *offered* are the slots
    for addresses that whoever posts the letter can fill. *list_title* names what readers subscribed to: the
    publication's title if it is empty.
    """

    templates: Templates
    feed_url: str
    offered: Collection[str] = ()
    logo: Picture | None = None
    scale: Scale = lambda picture, _width: picture
    memo: Memo = make_anew
    list_title: str = ""


def compose(publication: Publication, edition: RenderedEdition, words: Words, around: LetterSurroundings) -> Newsletter:
    """*edition* as a letter.

    Raises ContentError where a template or the style sheet is at fault.
    """
    in_full = edition.in_full
    pictures = {picture.url: picture for picture in (*edition.pictures, *(in_full.pictures if in_full else ()))}
    links = NumberedLinks(publication.mail.text_links)
    text_width = publication.look.text_width

    def fit(html: str, top_heading: int) -> Markup:
        return letter_html(html, top_heading=top_heading, text_width=text_width, pictures=pictures, scale=around.scale)

    values: dict[str, Any] = {
        "publication": publication,
        "edition": edition,
        "look": publication.look,
        "language": publication.language,
        "direction": publication.direction,
        "preheader_padding": PADDING,
        "opening": fit(edition.opening, 2),
        "lead_html": fit(in_full.html, 2) if in_full else "",
        "sections_html": [fit(section.text, 3 if section.title else 2) for section in edition.sections],
        "logo": around.logo,
        "letter_width": publication.look.width,
        "text_width": text_width,
        "scaled": around.scale,
        "slot": lambda name, fallback=None: Slot(name, fallback).word,
        "feed_url": around.feed_url,
        "list_title": around.list_title or publication.title,
        "browser_url": edition.link or _offered("browser_url", around),
        "unsubscribe_url": _offered("unsubscribe_url", around),
        "preferences_url": _offered("preferences_url", around),
        "opening_text": plain_text(words.opening, links),
        "lead_text": plain_text(words.lead, links) if words.lead else "",
        "sections_text": [plain_text(each, links) for each in words.sections],
        "text_columns": WIDTH,
        "underlined": underlined,
    }
    html, problems = _html(LAYOUTS[edition.layout], around, values)
    try:
        text = around.templates.fill("newsletter.txt", values)
    except ContentError as error:
        problems += error.problems
    if problems:
        raise ContentError(problems)
    return Newsletter(edition.subject, edition.preheader, html, tidy(text))


def _offered(name: str, around: LetterSurroundings) -> str:
    return Slot(name).word if name in around.offered else ""


def _html(name: str, around: LetterSurroundings, values: Mapping[str, Any]) -> tuple[str, list[Problem]]:
    """The letter's HTML from the template *name*, inlined; or what is wrong in it and in the style sheets."""
    templates = around.templates
    problems = style_sheet_problems(around, values)
    try:
        page = templates.fill(name, values)
    except ContentError as error:
        return "", [*problems, *error.problems]
    start = templates.place(name)
    if "<body" not in page:
        hint = 'a letter is a whole page; build on the packaged one with {% extends "default/newsletter.html" %}'
        return "", [*problems, Problem(start, "template-error", "this makes a letter without a <body>", hint)]
    if problems:
        return "", problems
    try:
        return around.memo("letter", [page], lambda: inlined(page).encode()).decode(), []
    except Unreadable as error:  # a style element of the template's own
        faults = style_element_faults(page)
        return "", _style_problems(templates, name, values, faults) or [Problem(start, "style-sheet", str(error))]


def style_sheet_problems(around: LetterSurroundings, values: Mapping[str, Any]) -> list[Problem]:
    """What does not parse in the letter's style sheets, at the line of the file that holds it."""
    templates = around.templates
    problems = []
    for name in (INLINED_SHEET, HEAD_SHEET):
        try:
            css = templates.fill(name, values)
        except ContentError as error:
            problems += error.problems
            continue
        problems += _style_problems(templates, name, values, _faults(css, name, around.memo))
    return problems


def _style_problems(
    templates: Templates, name: str, values: Mapping[str, Any], faults: Sequence[tuple[int, int, str]]
) -> list[Problem]:
    """*faults* of what the template *name* makes, each at the line of the template that made its line."""
    problems = []
    places = templates.places_in(name, values) if faults else []
    for line, column, message in faults:
        file, number = places[line - 1] or (None, line)
        position = templates.position(file, number, column) if file else templates.place(name, line)
        problems.append(Problem(position, "style-sheet", message, _style_hint(message)))
    return problems


def _faults(css: str, name: str, memo: Memo) -> list[tuple[int, int, str]]:
    def make() -> bytes:
        return json.dumps(style_sheet_faults(css, inlines=name == INLINED_SHEET)).encode()

    return [(line, column, message) for line, column, message in json.loads(memo("style-faults", [name, css], make))]


def _style_hint(message: str) -> str:
    if message.startswith("Selector"):
        return "this selector cannot be moved into elements; write a simpler one, or put the rule into the head sheet"
    return "mail programs drop the whole rule, or all rules after it"


def letter_html(
    html: str,
    *,
    top_heading: int,
    text_width: int,
    pictures: Mapping[str, Picture] | None = None,
    scale: Scale = lambda picture, _width: picture,
) -> Markup:
    """A story's HTML for a letter: headings in order below the letter's own, pictures that fit, boxes as signs.

    *pictures* are those that are known, by their address; *scale* gives what mail programs are shown of them.
    """
    html = with_headings_from(html, top_heading)
    html = _PICTURE.sub(lambda found: _fitted(found, text_width, pictures or {}, scale), html)
    return Markup(_TASK.sub(lambda box: "☑" if " checked" in box.group() else "☐", html))


def with_headings_from(html: str, top: int) -> str:
    """*html* with its headings moved so that the highest is *top*; none sinks below six."""
    levels = [int(found[2]) for found in _HEADING.finditer(html)]
    if not levels:
        return html
    shift = top - min(levels)
    return _HEADING.sub(lambda found: f"<{found[1]}h{min(int(found[2]) + shift, 6)}", html)


def _fitted(found: re.Match[str], text_width: int, pictures: Mapping[str, Picture], scale: Scale) -> str:
    """Return a picture no wider than the text, by its attributes alone: Outlook on Windows knows no max-width.

    One of which nothing is known, on another host, has the text's width there, and its own in all other programs.
    """
    attributes = found[1]
    address = re.search(r' src="([^"]*)"', attributes)
    width, height = (_pixels(name, attributes, text_width) for name in ("width", "height"))
    url = unescape(address[1]) if address else ""
    shown = min(width or text_width, text_width)
    known = picture_of(url, pictures) or Picture("", "", url, guessed_type(url), 0)
    picture = scale(known, shown) if url else None
    alt = re.search(r' alt="([^"]*)"', attributes)
    if picture is None:  # its words stand for it
        return f"[{alt[1]}]" if alt and alt[1] else ""
    kept = re.sub(r' (width|height|src)="[^"]*"', "", attributes)
    kept = f' src="{escape(picture.url)}"{kept} width="{shown}"'
    if width is None:
        return f'<img{kept} style="width:auto;max-width:100%;height:auto">'
    high = f' height="{max(1, round(height * shown / width))}"' if height else ""
    image = f'<img{kept}{high} style="width:100%;max-width:{shown}px;height:auto">'
    # Some programs force a width or a max-width of 100 % on pictures: then what is around it keeps a small one small.
    return image if shown == text_width else f'<span style="{SMALL}max-width:{shown}px">{image}</span>'


SMALL = "display:inline-block;width:100%;"


def _pixels(name: str, attributes: str, text_width: int) -> int | None:
    """Return the size *name* in pixels, as HTML reads attributes: 600, 600px, or a share of the text; else None."""
    written = re.search(rf' {name}="([^"]*)"', attributes)
    found = re.fullmatch(r"(\d{1,5})(?:\.\d*)?(px|%)?", "".join(written[1].split())) if written else None
    if found is None or not int(found[1]):
        return None
    if found[2] == "%":
        return max(1, text_width * int(found[1]) // 100) if name == "width" else None
    return int(found[1])
