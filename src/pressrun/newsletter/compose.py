"""From a rendered edition to its Newsletter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pressrun.model.edition import Content, Layout, RenderedEdition
from pressrun.model.picture import Picture
from pressrun.model.publication import Publication
from pressrun.newsletter.inline import inlined, style_sheet_faults
from pressrun.newsletter.plaintext import WIDTH, plain_text, underlined
from pressrun.problems import ContentError, Position, Problem, Severity
from pressrun.rendering.outline import Outline
from pressrun.rendering.templates import Templates

# Gmail shows no more of a letter than this, and hides the rest, the way out included.
CLIPPED_AT = 102_000
WARNED_AT = CLIPPED_AT * 85 // 100
INLINED_SHEET, HEAD_SHEET = "newsletter.css", "newsletter-head.css"
LAYOUTS = {Layout.EDITION: "newsletter.html", Layout.DIGEST: "newsletter-digest.html"}

_HEADING = re.compile(r"<(/?)h([1-6])(?=[ >])")
_PICTURE = re.compile(r'<img\b((?:[^>"]|"[^"]*")*)>')
_TASK = re.compile(r"<input\b[^>]*>")
# Fills the inbox line behind the preheader, so that the letter's first words do not leak into it.
PADDING = Markup("&#847;&zwnj;&nbsp;" * 80)  # a constant


@dataclass(frozen=True, slots=True)
class Newsletter:
    """An edition as a letter, not yet addressed: *html* is inlined, *text* stands for itself."""

    subject: str
    preheader: str
    html: str
    text: str

    @property
    def size(self) -> int:
        """Bytes of the HTML as a mail program decodes it; Gmail clips at CLIPPED_AT."""
        return len(self.html.encode())


def compose(
    publication: Publication,
    edition: RenderedEdition,
    outlines: Mapping[str, Outline],
    templates: Templates,
    feed_url: str,
    logo: Picture | None = None,
) -> Newsletter:
    """*edition* as a letter, with *logo* in its masthead.

    *outlines* holds the Outline of the opening words, and of a lead story that is carried in full, by
    the edition's and the story's id. Raises ContentError where a template or the style sheet is at fault.
    """
    in_full = edition.lead if edition.content is Content.FULL and edition.layout is Layout.EDITION else None
    text_width = publication.look.text_width
    values: dict[str, Any] = {
        "publication": publication,
        "edition": edition,
        "look": publication.look,
        "language": publication.language,
        "direction": publication.direction,
        "preheader_padding": PADDING,
        "opening": letter_html(edition.opening, top_heading=2, text_width=text_width),
        "lead_html": letter_html(in_full.html, top_heading=2, text_width=text_width) if in_full else "",
        "section_texts": [
            letter_html(section.text, top_heading=3 if section.title else 2, text_width=text_width)
            for section in edition.sections
        ],
        "logo": logo,
        "letter_width": publication.look.width,
        "text_width": text_width,
        "feed_url": feed_url,
        "browser_url": edition.link or "",
        "preferences_url": "",
        "unsubscribe_url": publication.mail.unsubscribe or "",
        "opening_text": plain_text(outlines[edition.id]),
        "lead_text": plain_text(outlines[in_full.id]) if in_full else "",
        "text_columns": WIDTH,
        "underlined": underlined,
    }
    html, problems = _html(LAYOUTS[edition.layout], templates, values)
    try:
        text = templates.fill("newsletter.txt", values)
    except ContentError as error:
        problems += error.problems
    if problems:
        raise ContentError(problems)
    return Newsletter(edition.subject, edition.preheader, html, tidy(text))


def _html(name: str, templates: Templates, values: Mapping[str, Any]) -> tuple[str, list[Problem]]:
    """The letter's HTML from the template *name*, inlined; or what is wrong in it and in the style sheets."""
    problems = style_sheet_problems(templates, values)
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
        return inlined(page), []
    except ValueError as error:  # a style element of the template's own, with a value that cssutils cannot read
        return "", [Problem(start, "style-sheet", f"a style element cannot be read: {error}")]


def style_sheet_problems(templates: Templates, values: Mapping[str, Any]) -> list[Problem]:
    """What does not parse in the letter's style sheets, at the line of the file that holds it."""
    problems = []
    for name in (INLINED_SHEET, HEAD_SHEET):
        try:
            css = templates.fill(name, values)
        except ContentError as error:
            problems += error.problems
            continue
        faults = style_sheet_faults(css, inlines=name == INLINED_SHEET)
        places = templates.places_in(name, values) if faults else []
        for line, column, message in faults:
            file, number = places[line - 1] or (None, line)
            position = templates.position(file, number, column) if file else templates.place(name, line)
            problems.append(Problem(position, "style-sheet", message, _style_hint(message)))
    return problems


def _style_hint(message: str) -> str:
    if message.startswith("Selector"):
        return "this selector cannot be moved into elements; write a simpler one, or put the rule into the head sheet"
    return "mail programs drop the whole rule, or all rules after it"


def size_problem(newsletter: Newsletter, edition: str) -> Problem | None:
    """A warning where the letter comes near the size at which Gmail clips it; *edition* is the file to blame."""
    if newsletter.size <= WARNED_AT:
        return None
    return Problem(
        Position(edition),
        code="letter-size",
        message=f"this letter has {newsletter.size:,} bytes; Gmail cuts it off at {CLIPPED_AT:,}",
        hint="carry the lead as content: summary, or name fewer stories",
        severity=Severity.WARNING,
    )


def letter_html(html: str, *, top_heading: int, text_width: int) -> Markup:
    """A story's HTML for a letter: headings in order below the letter's own, pictures that fit, boxes as signs."""
    html = with_headings_from(html, top_heading)
    html = _PICTURE.sub(lambda found: _fitted(found, text_width), html)
    return Markup(_TASK.sub(lambda box: "☑" if " checked" in box.group() else "☐", html))


def with_headings_from(html: str, top: int) -> str:
    """*html* with its headings moved so that the highest is *top*; none sinks below six."""
    levels = [int(found[2]) for found in _HEADING.finditer(html)]
    if not levels:
        return html
    shift = top - min(levels)
    return _HEADING.sub(lambda found: f"<{found[1]}h{min(int(found[2]) + shift, 6)}", html)


def _fitted(found: re.Match[str], text_width: int) -> str:
    """A picture no wider than the text: mail programs that know no max-width go by its attributes."""
    attributes = found[1]
    width, height = (re.search(rf' {name}="(\d+)"', attributes) for name in ("width", "height"))
    kept = re.sub(r' (width|height)="[^"]*"', "", attributes)
    if width is None:  # a picture on another host, of which nothing is known
        return f'<img{kept} style="max-width:100%;height:auto">'
    shown = min(int(width[1]), text_width)
    high = f' height="{max(1, round(int(height[1]) * shown / int(width[1])))}"' if height else ""
    return f'<img{kept} width="{shown}"{high} style="width:100%;max-width:{shown}px;height:auto">'


def tidy(text: str) -> str:
    """*text* without white space at line ends, and with at most one empty line between two others."""
    lines = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"
