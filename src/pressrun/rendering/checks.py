"""What readers of a text would stumble over: its links, headings, pictures' words, and gaps that nobody filled."""

import difflib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote, urlsplit

from pressrun.model.addresses import slug_of
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.scripts import beginning_of
from pressrun.model.spans import ByteOffsets, Covered, Spans
from pressrun.model.starter import EDITION_WORDS, STORY_WORDS
from pressrun.model.story import RenderedStory, Story
from pressrun.rendering.links import Resolver
from pressrun.rendering.markdown import Node
from pressrun.rendering.marks import Link, headings_in, links_in, pictures_in
from pressrun.rendering.outline import Outline
from pressrun.rendering.pieces import MORE
from pressrun.rendering.sanitise import text_of
from pressrun.rendering.text import cut_at_a_word
from pressrun.rendering.words import is_open, is_shortener, says_nothing, shows_nothing

LONGEST_ADDRESS = 60  # as the words of a link
LONGEST_ALT = 250
SHORTEST_SUMMARY = 40
_PLACEHOLDER = re.compile(
    r"(?=[*%{\[lLTFX])(?<!\\)(?:"  # the first sign alone rules most places out
    r"\*\|[A-Z][A-Z0-9_:]*\|\*"  # Mailchimp
    r"|%%[A-Za-z][\w ]{0,40}%%"  # Salesforce and others
    r"|(?<![\w%])%%[^%\n]{1,300}%%(?![\w%])|(?m:^%%$)"  # a comment of Obsidian
    r"|(?<![\w\]])\[\[[^\[\]\n]{1,200}\]\](?![(\[:])"  # a link of Obsidian and of wikis
    # Liquid, Handlebars, Jinja; behind a letter or a brace it is a formula.
    r"|(?<![\w}^_])\{\{-?[ ]*[A-Za-z_][\w.]+(?:[ ]*\|[^{}\n]{0,80})?[ ]*-?\}\}"
    r"|\[(?:(?:YOUR|FIRST|LAST|FULL|COMPANY|INSERT)[ _])?"
    r"(?:NAME|FIRSTNAME|LASTNAME|EMAIL|DATE|TITLE|LINK|URL|CITY|ADDRESS|COMPANY|NUMBER|PLACEHOLDER|TBD|TK|XXX)"
    r"(?:[ _]HERE)?\](?![\[(:])"
    r"|\blorem ipsum\b|\bLorem ipsum\b"
    r"|\b(?:TODO|FIXME|XXX):"
    r"|\b(?:TK){2,}\b"
    r")"
)
_SHOWN_AS_IT_IS = Spans(
    ("<!--", r"-->|\Z"),
    *((rf"<{name}\b", rf"</{name}\s*>") for name in ("pre", "code", "samp", "kbd")),
    (r"\{%-?\s*raw\s*-?%\}", "endraw"),
    ignore_case=True,
)
# What stands where the address of a link was to be written.
_NO_ADDRESS_YET = re.compile(
    r"(?:https?://)?#?(?:todo|tbd|tba|fixme|xxx|tk|tktk|placeholder"
    r"|(?:insert|your|add)[-_ ]?(?:link|url)(?:[-_ ]?here)?|(?:link|url)[-_ ]?(?:here|goes[-_ ]?here))/?",
    re.IGNORECASE,
)
_STARTER = frozenset({STORY_WORDS, EDITION_WORDS})
_DOUBLE_STAR = re.compile(r"(?<!\*)\*\*(?!\*)")
_ID = re.compile(r'\bid="([^"]*)"')
_FRAGMENT = re.compile(r'\bhref="([^"#]*)#([^"]+)"')


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, before it is known where."""

    code: str
    message: str
    hint: str
    severity: Severity = Severity.WARNING

    def at(self, place: Position) -> Problem:
        """The Problem that this is at *place*."""
        return Problem(place, self.code, self.message, self.hint, self.severity)


def text_findings(outline: Outline, language: str) -> Iterator[Problem]:
    """All that readers of *outline*, a text in *language*, would stumble over, but for what only other files tell."""
    yield from _links(outline, language)
    yield from _headings(outline)
    yield from _pictures(outline)
    yield from _placeholders(outline)
    yield from _emphasis_shown(outline)


def _emphasis_shown(outline: Outline) -> Iterator[Problem]:
    """Return a warning for the first pair of `**` in each paragraph that Markdown left as it is."""
    if outline.document.body.count("**") < 2:
        return
    for parent in outline.tree.walk():
        places = list(_double_stars(parent.children)) if parent.kind != "code-block" else ()
        if len(places) > 1:
            message = "** is shown as it is: beside a sign or a space, Markdown sees no emphasis here"
            hint = "put signs and spaces outside of it, as in **Note**: text, or write \\** where you mean the stars"
            place = outline.document.position(places[0][0], places[1][1])
            yield Problem(place, "emphasis-shown", message, hint, Severity.WARNING)


def _double_stars(nodes: Sequence[Node]) -> Iterator[tuple[int, int]]:
    """Return the bytes of each `**` among *nodes* that is text; what a backslash stands before is meant so."""
    stars = None
    for node in nodes:
        if node.kind == "text" and node.text == "*":
            if stars is not None and stars.end == node.start:
                yield stars.start, node.end
                stars = None
            else:
                stars = node
            continue
        stars = None
        if node.kind == "text" and node.text.isascii():  # then a character is a byte
            yield from ((node.start + at.start(), node.start + at.end()) for at in _DOUBLE_STAR.finditer(node.text))


# Links


def _links(outline: Outline, language: str) -> Iterator[Problem]:
    told: set[Fault] = set()
    for link in links_in(outline):
        faults = list(_words(link, language))
        # The tenth link to the same host tells nothing new.
        faults += [fault for fault in _address(link.url) if fault not in told]
        told.update(faults)
        for fault in faults:
            yield fault.at(outline.document.position(link.start, link.end))


def _words(link: Link, language: str) -> Iterator[Fault]:
    hint = "link the words that name what is there"
    if not link.words:
        if not link.shows:
            message = "this link has no words, so nobody can see it or follow it"
            yield Fault("link-empty", message, "write what it leads to between the brackets")
    elif says_nothing(link.words, language):
        yield Fault("link-text", f'"{link.words}" does not say where this link leads', hint)
    elif re.fullmatch(r"https?://\S+", link.words) and len(link.words) > LONGEST_ADDRESS:
        message = f"the words of this link are an address of {len(link.words)} characters"
        yield Fault("link-text", message, hint, Severity.HINT)


def address_findings(url: str, place: Position) -> Iterator[Problem]:
    """What is wrong with the address of a link as such, which stands at *place*."""
    yield from (fault.at(place) for fault in _address(url))


def _address(url: str) -> Iterator[Fault]:
    if _NO_ADDRESS_YET.fullmatch(unquote(url.strip())):
        yield Fault(
            "placeholder-left", f"{beginning_of(url, 40)} is no address yet", "write the address where this link leads"
        )
    if (host := _host(url, "http", "https")) and is_shortener(host):
        message = f"{host} hides where this link leads"
        yield Fault("link-shortener", message, "follow it, and write the address where you arrive")
    elif (host := _host(url, "http")) and is_open(host):
        message = f"what is read at http://{host} can be seen and changed on the way"
        yield Fault("link-insecure", message, f"write https://{host} if it answers there", Severity.HINT)


def _host(url: str, *schemes: str) -> str | None:
    try:
        parts = urlsplit(url.strip())
        return parts.hostname if parts.scheme.lower() in schemes else None
    except ValueError:  # brackets that are no IPv6 address: told as broken
        return None


def ids_in(html: str) -> frozenset[str]:
    """Every id that a link into *html* can name."""
    return frozenset(unescape(name) for name in _ID.findall(html))


def has_lost_fragment(html: str, ids: Mapping[str, Set[str]]) -> bool:
    """Whether a link in rendered *html* names a part of a page of ours which has no such part.

    *ids* are those of each page by its address, without a slash at its end.
    """
    # Most texts name no part of anything, which is found out much faster.
    return "#" in html and any(_is_lost(unescape(page), unescape(part), ids) for page, part in _FRAGMENT.findall(html))


def _is_lost(page: str, part: str, ids: Mapping[str, Set[str]]) -> bool:
    known = ids.get(page.rstrip("/"))
    return known is not None and not {part, unquote(part)} & known and ":~:" not in part


def fragment_findings(outline: Outline, resolver: Resolver, ids: Mapping[str, Set[str]]) -> Iterator[Problem]:
    """A warning for each link of *outline* that names a part of a page which the page does not have.

    *resolver* is the text's own, and *ids* are those of each page by its address.
    """
    headings = _headings_by_slug(outline)
    for link in links_in(outline):
        page, _, part = resolver(link.url).partition("#")
        if not part or not _is_lost(page, part, ids):
            continue
        written = unquote(urlsplit(link.url).fragment)
        own = [name.removeprefix(resolver.prefix) for name in ids[page.rstrip("/")] if page == resolver.link]
        if page == resolver.link and slug_of(written) in headings:
            hint = f"write the id behind the heading: {headings[slug_of(written)]} {{#{written}}}"
        elif close := difflib.get_close_matches(written, own, n=1):
            hint = f"did you mean #{close[0]}?"
        else:
            hint = f"write it behind a heading: ## Heading {{#{written}}}"
        message = f'nothing {"here" if page == resolver.link else "on that page"} has the id "{written}"'
        place = outline.document.position(link.start, link.end)
        yield Problem(place, "link-fragment", message, hint, Severity.WARNING)


def _headings_by_slug(outline: Outline) -> dict[str, str]:
    data = outline.document.body.encode()
    lines = (data[each.start : each.end].decode(errors="replace").split("\n")[0] for each in headings_in(outline))
    return {slug_of(line.lstrip("# ")): line.rstrip("# ") for line in lines}


# Headings


def _headings(outline: Outline) -> Iterator[Problem]:
    headings = headings_in(outline)
    first = [heading for heading in headings if heading.level == 1]
    if first:
        more = f" (and {len(first) - 1:,} more like it)" if len(first) > 1 else ""
        message = f"this heading is of level 1, as the story's title is{more}"
        place = outline.document.position(first[0].start, first[0].end)
        yield Problem(place, "heading-order", message, "begin with two signs: ## Heading", Severity.WARNING)
    level = 1  # the title's
    for heading in headings:
        if heading.level > level + 1:
            message = f"this heading is of level {heading.level}, below one of level {level}"
            place = outline.document.position(heading.start, heading.end)
            hint = f"write {'#' * (level + 1)} instead of {'#' * heading.level}"
            yield Problem(place, "heading-order", message, hint, Severity.WARNING)
            return
        level = heading.level


# Pictures


def _pictures(outline: Outline) -> Iterator[Problem]:
    for shown in pictures_in(outline):
        for fault in (*_alt(shown.alt or "", shown.url), *_origin(shown.url)):
            yield fault.at(outline.document.position(shown.start, shown.end))


def picture_findings(alt: str, url: str, place: Position) -> Iterator[Problem]:
    """What is wrong with the text *alt* and the address *url* of a lead picture, which stands at *place*."""
    yield from (fault.at(place) for fault in (*_alt(alt, url), *_origin(url)))


def _alt(alt: str, url: str) -> Iterator[Fault]:
    words = " ".join(alt.split())
    if not words:  # told as picture-alt, or meant so
        return
    if shows_nothing(words, posixpath.splitext(posixpath.basename(unquote(url)))[0]):
        message = f'"{beginning_of(words, 40)}" does not say what this picture shows'
        yield Fault("alt-meaningless", message, "say in a few words what is to be seen")
    elif len(words) > LONGEST_ALT:
        message = f"the text of this picture has {len(words)} characters, and listeners cannot skip in it"
        yield Fault("alt-long", message, "say the gist of it, and the rest in the story", Severity.HINT)


def _origin(url: str) -> Iterator[Fault]:
    if (host := _host(url, "http")) and is_open(host):
        message = f"pages on https do not show pictures of http://{host}"
        yield Fault("link-insecure", message, f"write https://{host} if it answers there, or keep a copy")


# What was left to be filled in


def _placeholders(outline: Outline) -> Iterator[Problem]:
    body = outline.document.body
    if any(words in body for words in _STARTER):
        yield from _starter_words(outline)
    if not _PLACEHOLDER.search(body):
        return
    nodes = list(outline.tree.walk())
    quiet = [(node.start, node.end) for node in nodes if node.kind in ("code", "code-block")]
    bytes_in = ByteOffsets(body)
    quiet += [(bytes_in[span.start], bytes_in[span.end]) for span in _SHOWN_AS_IT_IS.finditer(body)]
    is_quiet = Covered(quiet)
    is_linked = Covered((node.start, node.end) for node in nodes if node.kind == "link")
    for found in _PLACEHOLDER.finditer(body):
        start = bytes_in[found.start()]
        # What stands in brackets and is a link is no gap.
        if start in is_quiet or (found.group()[0] == "[" and start in is_linked):
            continue
        yield _left_over(found.group(), outline.document.position(start, bytes_in[found.end()]))


def _starter_words(outline: Outline) -> Iterator[Problem]:
    """Return a warning for each paragraph that is as `pressrun new` wrote it."""
    for node in outline.tree.walk():
        if node.kind == "paragraph" and node.plain().strip() in _STARTER:
            yield _left_over(node.plain().strip(), outline.position(node))


def placeholder_findings(outline: Outline) -> Iterator[Problem]:
    """Return a warning for everything in *outline*, its links included, that was left to be filled in."""
    yield from _placeholders(outline)
    for link in links_in(outline):
        for fault in _address(link.url):
            if fault.code == "placeholder-left":
                yield fault.at(outline.document.position(link.start, link.end))


def line_findings(lines: Iterable[tuple[str, Position]]) -> Iterator[Problem]:
    """A warning for each of *lines*, which stand at their places, that holds what was left to be filled in."""
    for line, place in lines:
        if found := _PLACEHOLDER.search(line):
            yield _left_over(found.group(), place)


def _left_over(text: str, place: Position) -> Problem:
    message = f"{beginning_of(text, 40)} was left to be filled in, and readers see it as it stands"
    return Problem(place, "placeholder-left", message, "write what is meant, or show it as code", Severity.WARNING)


# Summaries


def summary_findings(story: Story, rendered: RenderedStory, place: Position) -> Iterator[Problem]:
    """A hint where *story* has no summary of its own, and the one made of its text does not stand alone."""
    if story.summary is not None or story.description or MORE.search(story.body):
        return
    summary = rendered.summary
    is_cut_short = len(summary) < SHORTEST_SUMMARY and len(text_of(rendered.html)) > 3 * SHORTEST_SUMMARY
    if not is_cut_short and not summary.endswith((":", "：")):
        return
    said = f'only "{cut_at_a_word(summary, 60)}"' if summary else "nothing"
    message = f"lists of stories, feeds and inboxes show {said} of this story"
    yield Problem(place, "summary-poor", message, "add a line summary: and say what it is about", Severity.HINT)
