"""From Stories and Editions as written to RenderedStories, and the words of an Edition."""

import posixpath
import re
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from pressrun.model.characters import CONTROL, MARK, brings_mark, control_in, refusal_of, without_controls
from pressrun.model.picture import Picture, picture_of
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Publication
from pressrun.model.scripts import beginning_of
from pressrun.model.slots import as_written, has_slots, without_slots
from pressrun.model.spans import COMMENTS, ByteOffsets, Covered, Spans
from pressrun.model.story import Enclosure, RenderedStory, Story, rendered_as
from pressrun.rendering.conflicts import conflicts_in
from pressrun.rendering.links import Broken, BrokenPicture, Resolver, Targets, is_web
from pressrun.rendering.markdown import FOOTNOTE, MOST_CELLS, Node, html_of, large_table
from pressrun.rendering.outline import Outline, SourceDocument
from pressrun.rendering.plainhtml import plain_words
from pressrun.rendering.sanitise import has_lost_address, is_allowed, removals, sanitised, text_of
from pressrun.rendering.text import cut_at_a_word

SUMMARY_LIMIT = 300
# libxml2, which inlining parses with, loses what is nested deeper than 255, and our own reading is recursive.
DEEPEST = 100
MORE = re.compile(r"<!--\s*more\s*-->", re.IGNORECASE)
_RAW_HTML = re.compile(r"<[a-zA-Z/!?]")
_HEADING_ATTRIBUTES = re.compile(r"\{[^{}\n.=]*[.=][^{}\n]*\}\s*$", re.MULTILINE)
# Hugo's and Zola's shortcodes, and the tags of Liquid and its kin, which stand in the text as they are.
_TEMPLATE_TAGS = Spans((r"\{\{[<%]", r"[>%]\}\}"), (r"\{%", r"%\}"))
_PICTURE = re.compile(r'<img\b((?:[^<>"]|"[^"]*")*+)>')
_NO_ALT = re.compile(r'<img(?![^<>]* alt="[^"]+")[ >]')
_PARAGRAPHS = Spans(("<p>", "</p>"))
_FOOTNOTE_MARKS = Spans(('<sup class="footnote-reference">', "</sup>"))
_HAS_ALT = re.compile(r"\balt\s*=", re.IGNORECASE)
_WRITTEN_ADDRESS = re.compile(r"""\b(?:href|src|cite|data)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)(?=[\s"'>]))""")
_PICTURES_OF_HTML = Spans((r"<img\b", ">"), ignore_case=True)
# CONTROL, but for the words of slots.
_NO_SLOT = re.compile(rf"{MARK}(?![0-9a-f]+q)|(?!{MARK})(?:{CONTROL.pattern})")


@dataclass(frozen=True, slots=True)
class Body:
    """A text rendered: its HTML, and what of the content folder it shows or links to."""

    html: Markup
    pictures: tuple[Picture, ...]
    files: tuple[str, ...]


def rendered_body(document: SourceDocument, resolver: Resolver) -> tuple[Body, list[Problem]]:
    """*document* as HTML that may stand anywhere, and all that is wrong in it, with its place."""
    if (line := large_table(document.body)) is not None:
        place = document.position(len("\n".join(document.body.split("\n")[:line]).encode()) + (line > 0), 0)
        message = f"with this row, the tables of this text have more than {MOST_CELLS:,} cells"
        return Body(Markup(""), (), ()), [Problem(place, "table-large", message, "link to a file that holds the table")]
    html = sanitised(html_of(document.body), resolver, resolver.prefix)
    if _depth(html) > DEEPEST:
        message = f"this text is nested more than {DEEPEST} deep"
        place = document.position(0, 0)
        return Body(Markup(""), (), ()), [Problem(place, "too-deep", message, "take quotes or lists apart")]
    problems: list[Problem] = []
    is_personal = has_slots(document.body)
    quiet = without_slots(html) if is_personal else html
    if control := control_in(quiet):
        # A character reference can name what the file itself may not hold.
        problems.append(
            _control_problem(document, control.group(), "slot-mark" if brings_mark(quiet) else "control-character")
        )
        html = Markup(_NO_SLOT.sub("", html) if is_personal else without_controls(html))
    problems += conflicts_in(document)
    # An address that went with its element harms nobody; the element is told.
    for url, stand_in in resolver.stand_ins.items():
        if stand_in not in unescape(html):
            del resolver.broken[url]
    # Finding places costs six times the rendering, so it is done only where something may be wrong.
    if (
        ("<" in document.body and _RAW_HTML.search(document.body))
        or (
            "{" in document.body
            and (
                _HEADING_ATTRIBUTES.search(document.body) or next(_TEMPLATE_TAGS.finditer_by_line(document.body), None)
            )
        )
        or resolver.broken
        or has_lost_address(html)
        or _NO_ALT.search(html)
    ):
        problems += _problems_in(Outline.of(document), resolver)
    return Body(
        _with_sizes(html, resolver.pictures), tuple(resolver.pictures.values()), tuple(resolver.files)
    ), problems


def rendered_story(
    story: Story, targets: Targets, publication: Publication, link: str, resolver: Resolver | None = None
) -> tuple[RenderedStory, list[Problem]]:
    """*story* as it is read at *link*, and all that is wrong in it; *resolver*, a fresh one, is asked if given."""
    resolver = resolver or resolver_of(story, targets, link)
    document = document_of(story.source, story.body, story.body_line)
    body, problems = rendered_body(document, resolver)
    picture, found = _lead_picture(story, resolver)
    problems += found
    enclosure, found = _enclosure(story, resolver)
    problems += found
    return rendered_as(
        story,
        publication,
        link=link,
        summary=_summary_of(story, body.html),
        html=body.html,
        picture=picture,
        pictures=tuple(shown for shown in (*body.pictures, *([picture] if picture else [])) if shown.source),
        files=tuple(resolver.files),
        enclosure=enclosure,
    ), problems


def resolver_of(story: Story, targets: Targets, link: str) -> Resolver:
    """What finds the addresses in the text of *story*, which is read at *link*."""
    return Resolver(targets, story.source, link, f"{story.slug}-")


def outline_of(document: SourceDocument, resolver: Resolver) -> Outline:
    """The Outline of *document* with every address absolute, for the plain text of a letter.

    It is empty where the text is nested too deep, which its rendering told.
    """
    outline = Outline.of(document)
    if _is_deeper(outline.tree, 2 * DEEPEST):  # a tree has more steps than what its HTML is measured by
        outline = Outline.of(replace(document, body=""))
    return outline.resolved_by(resolver)


def _is_deeper(tree: Node, limit: int) -> bool:
    level = [tree]
    for _ in range(limit):
        level = [child for node in level for child in node.children]
    return bool(level)


_DEEPENING = re.compile(r"<(/?)(?:blockquote|ul|ol|li|div|table|tbody|tr|td|em|strong|span|b|i|dl|dd)\b")


def _depth(html: str) -> int:
    """How deep elements of *html* stand inside of each other, at least; a glance where nothing can be deep."""
    if html.count("<") <= DEEPEST or html.count("</") <= DEEPEST:
        return 0
    deepest = depth = 0
    for tag in _DEEPENING.finditer(html):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _control_problem(document: SourceDocument, control: str, code: str) -> Problem:
    references = re.finditer(r"&#(?:x([0-9a-f]+)|([0-9]+));", document.body, re.IGNORECASE)
    found = next((each for each in references if _number_of(each) == ord(control[0])), None)
    start = len(document.body[: found.start()].encode()) if found else 0
    place = document.position(start, start + len(found.group()) if found else 0)
    return Problem(place, code, refusal_of(control), "delete it")


def _number_of(reference: re.Match[str]) -> int | None:
    """The number of the character that *reference* names; None where no character has one so long."""
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    digits = digits.lstrip("0")
    return int(digits or "0", base) if len(digits) <= 7 else None


def document_of(source: str, body: str, first_line: int) -> SourceDocument:
    """The Document that the file *source* of the content folder holds."""
    return SourceDocument(f"content/{source}", body, first_line)


def _summary_of(story: Story, html: str) -> str:
    """The author's own summary, else their description, else the text up to `<!--more-->`, else its beginning."""
    if story.summary is not None:  # an empty summary is a choice, not an omission
        return story.summary
    if story.description:
        return story.description
    if "<" in story.body and (teaser := MORE.search(story.body)):
        return text_of(html_of(story.body[: teaser.start()]))
    return _beginning_of(html)


def _beginning_of(html: str) -> str:
    """The text with which *html* begins, as far as a summary goes: paragraphs only, where there are any."""
    words: list[str] = []
    for paragraph in _PARAGRAPHS.finditer(html):
        more = plain_words(paragraph.inside)
        if more is None:
            break
        words += more
        if len(beginning := " ".join(words)) > SUMMARY_LIMIT:  # whatever follows is cut off
            before = html[: paragraph.end]
            if FOOTNOTE in before or "<sup " in before:
                break
            return cut_at_a_word(beginning, SUMMARY_LIMIT)
    text, _, _ = html.partition(FOOTNOTE)  # footnotes come last
    paragraphs = [paragraph.inside for paragraph in _PARAGRAPHS.finditer(_FOOTNOTE_MARKS.sub("", text))]
    return cut_at_a_word(text_of(" ".join(paragraphs) or text), SUMMARY_LIMIT)


def _lead_picture(story: Story, resolver: Resolver) -> tuple[Picture | None, list[Problem]]:
    if story.image is None:
        return None, []
    place = story.positions.get("image") or Position(f"content/{story.source}")
    try:
        picture = resolver.picture_at(story.image)
    except Broken as fault:
        # Themes of other tools complete such names with folders of their own; the story is whole without it.
        message = f"{fault.message}; the story has no lead picture"
        return None, [Problem(place, "picture-missing", message, fault.hint, Severity.WARNING)]
    problems = []
    if not story.image_alt:
        problems.append(
            Problem(
                place,
                code="picture-alt",
                message="this picture has no text for those who do not see it",
                hint="add a line image_alt: and say what the picture shows",
                severity=Severity.WARNING,
            )
        )
    return replace(picture, alt=story.image_alt or ""), problems


def _enclosure(story: Story, resolver: Resolver) -> tuple[Enclosure | None, list[Problem]]:
    """The recording of an episode, its size and type taken from the file where that is ours."""
    if (audio := story.audio) is None:
        return None, []
    place = story.positions.get("audio") or Position(f"content/{story.source}")
    try:
        if not is_web(audio.file):
            raise Broken(
                f"{beginning_of(audio.file, 40)} is not the address of a recording", "name a file, or http or https"
            )
        url = resolver.resolved(audio.file)
    except (Broken, ValueError) as fault:
        hint = fault.hint if isinstance(fault, Broken) else None
        return None, [Problem(place, "audio-missing", f"there is no recording {audio.file}", hint)]
    source = next((path for path, address in resolver.files.items() if address == url), None)
    media_type = audio.media_type or AUDIO_TYPES.get(_ending(url))
    if media_type is None or (source is None and not audio.size):
        hint = "write audio: {file: …, type: audio/mpeg, size: 12345678}"
        what = "type" if media_type is None else "size"
        return None, [Problem(place, "audio-missing", f"the {what} of this recording is not known", hint)]
    size = resolver.targets.file_size(source) if source else audio.size
    return (
        Enclosure(url, size, media_type, audio.duration, audio.episode, audio.season, audio.explicit),
        [],
    )


# Tables of our own: the system's differ from machine to machine, and the same input has to give the same bytes.
AUDIO_TYPES = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
}


def _ending(url: str) -> str:
    return posixpath.splitext(urlsplit(url).path)[1].lower()


def _with_sizes(html: Markup, pictures: dict[str, Picture]) -> Markup:
    """*html* with width and height on every picture whose size is known, so that text does not jump."""

    def sized(found: re.Match[str]) -> str:
        attributes = found[1]
        address = re.search(r' src="([^"]*)"', attributes)
        picture = picture_of(address[1].replace("&amp;", "&"), pictures) if address else None
        if picture is None or not picture.width or " width=" in attributes or " height=" in attributes:
            return found.group()
        return f'<img{attributes} width="{picture.width}" height="{picture.height}">'

    return Markup(_PICTURE.sub(sized, html)) if pictures else html


def _problems_in(outline: Outline, resolver: Resolver) -> list[Problem]:
    problems: list[Problem] = []
    told: set[str] = set()
    for node in outline.tree.walk():
        if node.kind in ("link", "picture"):
            problems += _problems_with_address(outline, node, resolver)
            told.add(node.url)
        if node.kind == "picture" and not node.plain().strip():
            problems.append(_without_alt(outline.position(node), "write it between the brackets: ![what it shows](…)"))
        if node.kind == "heading" and node.text:
            problems.append(
                _removed(outline.position(node), f"{node.text} of this heading is removed; only an id stays")
            )
    problems += _template_tags(outline)
    for start, html in outline.raw_html():
        problems += _problems_in_html(outline, start, html, resolver, told)
    # An address that Markdown changed on the way (entities, escapes) is told at the text's first line.
    first = outline.document.position(0, 0)
    problems += [_broken(first, fault) for url, fault in resolver.broken.items() if url not in told]
    return problems


def _template_tags(outline: Outline) -> list[Problem]:
    """A warning for every tag of another tool's templates, where it is not code that the text shows."""
    body = outline.document.body
    is_shown = Covered((node.start, node.end) for node in outline.tree.walk() if node.kind in ("code", "code-block"))
    bytes_in = ByteOffsets(body)
    problems = []
    for tag in _TEMPLATE_TAGS.finditer_by_line(body):
        start = bytes_in[tag.start]
        if start in is_shown:
            continue
        place = outline.document.position(start, bytes_in[tag.end])
        message = f"{beginning_of(tag.whole, 40)} is not run, and readers see it as it stands"
        hint = "say it in Markdown, or show it as code, between `"
        problems.append(Problem(place, "template-tag", message, hint, Severity.WARNING))
    return problems


def _problems_with_address(outline: Outline, node: Node, resolver: Resolver) -> list[Problem]:
    if fault := resolver.broken.get(node.url):
        return [_broken(outline.position(node), fault)]
    if not is_allowed(node.url):
        return [_removed(outline.position(node), f"the address {beginning_of(node.url, 40)} is removed")]
    alone = sanitised(f'<a href="{escape(node.url)}">x</a>', lambda url: url, "")
    if has_lost_address(alone):
        place = outline.position(node)
        return [
            _broken(place, Broken(f"{beginning_of(node.url, 40)} is not an address", "write it whole, without spaces"))
        ]
    return []


def _problems_in_html(outline: Outline, start: int, html: str, resolver: Resolver, told: set[str]) -> list[Problem]:
    bytes_in = ByteOffsets(html)

    def place(offset: int, width: int) -> Position:
        end = min(offset + width, len(html))
        return outline.document.position(start + bytes_in[offset], start + bytes_in[end])

    problems = [_removed(place(offset, width), sentence) for offset, width, sentence in removals(html)]
    quiet = COMMENTS.sub(lambda comment: " " * len(comment.whole), html)
    for tag in _PICTURES_OF_HTML.finditer(quiet):
        if not _HAS_ALT.search(tag.whole):
            hint = 'write alt="what it shows", or alt="" where it only decorates'
            problems.append(_without_alt(place(tag.start, tag.end - tag.start), hint))
    for found in _WRITTEN_ADDRESS.finditer(quiet):
        url = next(value for value in found.groups() if value is not None)
        if fault := resolver.broken.get(url):
            problems.append(_broken(place(found.start(found.lastindex or 0), len(url)), fault))
            told.add(url)
    return problems


def _broken(place: Position, fault: Broken) -> Problem:
    severity = Severity.ERROR if fault.certain else Severity.WARNING
    code = "picture-missing" if isinstance(fault, BrokenPicture) else "link-broken"
    return Problem(place, code, as_written(fault.message), fault.hint, severity)


def _removed(place: Position, sentence: str) -> Problem:
    return Problem(
        place,
        code="html-removed",
        message=sentence,
        hint="it is not safe or not shown in feeds and mail; say it in Markdown",
        severity=Severity.WARNING,
    )


def _without_alt(place: Position, hint: str) -> Problem:
    return Problem(
        place,
        code="picture-alt",
        message="this picture has no text for those who do not see it",
        hint=hint,
        severity=Severity.WARNING,
    )
