"""What the templates of a publication made of a letter: its two parts, its headings, its links, its words."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape

from pressrun.content.checks import place_of
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Publication
from pressrun.model.slots import as_written, slots_in
from pressrun.model.spans import Spans
from pressrun.press.newsletter.inboxline import FOREIGN_TAG, Made
from pressrun.press.newsletter.markup import tags_of, without_jinja
from pressrun.rendering.sanitise import text_of
from pressrun.rendering.templates import OwnTemplate

MOST_LINKS = 100
MOST_OF_ONE = 5
# A text part with so few of the words that the HTML has was lost on the way.
_FEWEST_WORDS = 0.2

_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+")
_HEADING = Spans(*((rf"<h{level}\b", ">", f"</h{level}>") for level in range(1, 7)))
_UNFILLED = re.compile(r"qslotq[0-9a-f]*", re.IGNORECASE)
_PRINTED = Spans((r"\{\{", r"\}\}"))
# What is HTML among what templates are given.
_IS_HTML = re.compile(
    r"\b(?:lead_html|sections_html|striptags|(?:story|lead)\.html|edition\.opening|opening(?!_text))\b"
)


def template_findings(templates: Sequence[OwnTemplate]) -> Iterator[Problem]:
    """What is wrong in the publication's own *templates* of letters, whatever the letter."""
    for template in templates:
        if template.name.endswith(".txt"):
            for printed in _PRINTED.finditer(template.text):
                if found := _IS_HTML.search(printed.whole):
                    place = template.position_at(printed.start + found.start(), len(found.group()))
                    message = f"{found.group()} is HTML, which reads badly as plain text"
                    hint = "print opening_text, lead_text or sections_text, which are made for it"
                    yield Problem(place, "letter-text", message, hint, Severity.WARNING)
        elif template.name.endswith(".html") and (found := FOREIGN_TAG.search(without_jinja(template.text))):
            place = template.position_at(found.start(), len(found.group()))
            message = f"{found.group()} is another tool's, and goes out as it stands"
            hint = (
                "write {{ slot(…) }}, or {{ unsubscribe_url }}; pressrun build --slots puts the tool's own tags there"
            )
            yield Problem(place, "letter-leftover", message, hint, Severity.WARNING)


def letter_findings(made: Made, publication: Publication, templates: Sequence[OwnTemplate]) -> Iterator[Problem]:
    """What is wrong with *made* as it was made. *templates* are the publication's own that made it: where there is
    none, what a template would be at fault for is not looked for.
    """
    yield from _links(made)
    yield from _no_words(made, templates)
    pages = [template for template in templates if template.name.endswith(".html")]
    texts = [template for template in templates if template.name.endswith(".txt")]
    if pages:
        yield from _lost(made, publication, pages)
        yield from _headings(made, pages)
    if texts:
        yield from _few_words(made, texts[0])
    if pages or texts:
        yield from _different_links(made, publication, pages, texts)
        yield from _unfilled(made, [*pages, *texts])


def _begins(template: OwnTemplate) -> Position:
    return Position(template.file)


# The two parts


def _different_links(
    made: Made, publication: Publication, pages: Sequence[OwnTemplate], texts: Sequence[OwnTemplate]
) -> Iterator[Problem]:
    newsletter = made.newsletter
    html = unescape(newsletter.html)
    in_html = [tag.get("href") for tag in tags_of(newsletter.html) if tag.name == "a" and "href" in tag.attributes]
    # The home page is at the head of every letter; a place within a page counts as the page (footnotes have one).
    told = [url.partition("#")[0] for url in in_html]
    told = [url for url in told if url not in ("", publication.home)]
    lost = [url for url in dict.fromkeys(told) if url.removeprefix("mailto:").rstrip("/") not in newsletter.text]
    if lost:
        yield _differs(lost, "the plain text has no link to", "newsletter.txt", _where(lost, texts, pages))
    in_text = dict.fromkeys(url.rstrip(".,;:!?)]'") for url in _ADDRESS.findall(newsletter.text))
    lost = [url for url in in_text if url.removeprefix("mailto:").rstrip("/") not in html]
    if lost:
        yield _differs(lost, "the HTML has no link to", "newsletter.html", _where(lost, pages, texts))


def _where(lost: Sequence[str], losing: Sequence[OwnTemplate], having: Sequence[OwnTemplate]) -> Position:
    """The template at fault: one that writes the first lost address itself, else the one that should have it."""
    for template in having:
        if (at := template.text.find(lost[0])) >= 0:
            return template.position_at(at, len(lost[0]))
    return _begins([*losing, *having][0])


def _differs(lost: Sequence[str], what: str, where: str, place: Position) -> Problem:
    others = f", nor to {len(lost) - 1} more that the other part has" if len(lost) > 1 else ", which the other part has"
    message = f"{what} {as_written(lost[0]).removeprefix('https://slot.invalid/')}{others}"
    hint = f"put it into {where}, too; those who read that part alone would never see it"
    return Problem(place, "letter-parts-differ", message, hint, Severity.WARNING)


def _few_words(made: Made, template: OwnTemplate) -> Iterator[Problem]:
    spoken, written = (len(re.findall(r"\w+", text)) for text in (made.newsletter.text, _body_text(made)))
    if spoken < written * _FEWEST_WORDS:
        message = f"the plain text has {spoken} words, and the HTML has {written}"
        hint = 'build on the packaged one: {% extends "default/newsletter.txt" %}'
        yield Problem(_begins(template), "letter-text", message, hint, Severity.WARNING)


def _body_text(made: Made) -> str:
    body = made.newsletter.html.partition("<body")[2]
    return text_of(f"<body{body}") if body else ""


# What is lost


def _lost(made: Made, publication: Publication, pages: Sequence[OwnTemplate]) -> Iterator[Problem]:
    """What the publication has said, and its templates show nowhere."""
    html = made.newsletter.html
    way_out = publication.way_out
    slots = {slot.name for slot in slots_in(html)}
    if way_out and "unsubscribe_url" not in slots and way_out not in unescape(html):
        message = "this letter shows no way out, because the packaged footer is not in it"
        hint = 'put it back: <a href="{{ unsubscribe_url }}">Unsubscribe</a>'
        yield Problem(_footer(pages), "letter-way-out", message, hint, Severity.WARNING)
    lines = (publication.mail.postal_address or "").split("\n")
    if lines[0].strip() and lines[0].strip() not in unescape(html):
        message = "this letter shows no postal address, because the packaged footer is not in it"
        hint = "put it back: {{ publication.mail.postal_address }}"
        yield Problem(_footer(pages), "letter-postal-address", message, hint, Severity.WARNING)


def _footer(pages: Sequence[OwnTemplate]) -> Position:
    """Where one of *pages* has a footer of its own; else where the first begins."""
    for template in pages:
        if found := re.search(r"\{%-?\s*block footer\b[^{\n]*?%\}", template.text):
            return template.position_at(found.start(), len(found.group()))
    return _begins(pages[0])


def _unfilled(made: Made, templates: Sequence[OwnTemplate]) -> Iterator[Problem]:
    """A slot that a template took apart, so that nobody can fill it."""
    shown = made.newsletter.filled({})
    for part, ending in ((shown.html, ".html"), (shown.text, ".txt")):
        if _UNFILLED.search(part):
            template = next((each for each in templates if each.name.endswith(ending)), templates[0])
            message = "this changes a personal field, such as {first_name}, so that it cannot be filled"
            hint = "print it as it is; filters such as upper, truncate or title take it apart"
            yield Problem(_begins(template), "letter-leftover", message, hint, Severity.WARNING)


def _no_words(made: Made, templates: Sequence[OwnTemplate]) -> Iterator[Problem]:
    """A letter that is pictures only: of all that its edition says, nothing can be read in it."""
    if "<img" not in made.newsletter.html:
        return
    edition = made.rendered
    stories = [*([edition.lead] if edition.lead else []), *edition.stories]
    stories += [story for section in edition.sections for story in section.stories]
    said = [text_of(edition.opening), *(text_of(section.text) for section in edition.sections)]
    said += [words for story in stories for words in (story.title, story.summary)]
    said += [link.title for section in edition.sections for link in section.links]
    shown = _body_text(made)
    pieces = [" ".join(words.split()[:3]) for words in said if re.search(r"\w", words)]
    if any(piece in shown for piece in pieces):
        return
    pages = [template for template in templates if template.name.endswith(".html")]
    yield Problem(
        _begins(pages[0]) if pages and pieces else place_of(made.edition, "title"),
        code="letter-words",
        message="this letter has pictures, and no words of its own",
        hint="say in words what the pictures say; many see no pictures, and filters trust no letter of pictures alone",
        severity=Severity.WARNING,
    )


# Headings and links


def _headings(made: Made, pages: Sequence[OwnTemplate]) -> Iterator[Problem]:
    """Headings of the templates that are out of order; what stories say under each other is their own affair."""
    edition = made.rendered
    written = [edition.opening, *(section.text for section in edition.sections)]
    written += [edition.in_full.html] if edition.in_full else []
    of_stories = Counter(text_of(found.inside) for html in written for found in _HEADING.finditer(html))
    before = 0
    for found in _HEADING.finditer(made.newsletter.html):
        level, words = found.kind + 1, text_of(found.inside)
        is_of_story = of_stories[words] > 0
        of_stories[words] -= is_of_story
        if not is_of_story and (level > before + 1 or (level == 1 and before)):
            said = "comes first" if not before else "is a second headline" if level == 1 else f"follows an h{before}"
            yield Problem(
                _heading_in(pages, level),
                code="letter-headings",
                message=f'"{words}" is an h{level} and {said}',
                hint="begin with one h1, and go down by one; how large a heading looks is the style sheet's affair",
                severity=Severity.WARNING,
            )
            return
        before = level


def _heading_in(pages: Sequence[OwnTemplate], level: int) -> Position:
    for template in pages:
        for tag in tags_of(without_jinja(template.text)):
            if tag.name == f"h{level}" and not tag.closes:
                return template.position_at(tag.start, tag.end - tag.start)
    return _begins(pages[0])


def _links(made: Made) -> Iterator[Problem]:
    urls = [tag.get("href") for tag in tags_of(made.newsletter.html) if tag.name == "a" and "href" in tag.attributes]
    place = place_of(made.edition, "title")
    if len(urls) > MOST_LINKS:
        message = f"this letter has {len(urls)} links, and filters take more than {MOST_LINKS} for an advertisement"
        yield Problem(place, "letter-links-many", message, "name fewer stories, or link less", Severity.HINT)
    for url, times in Counter(url for url in urls if not slots_in(url)).items():
        if times > MOST_OF_ONE:
            message = f"this letter leads {times} times to {url}"
            yield Problem(place, "letter-link-repeated", message, "once or twice is enough", Severity.HINT)
