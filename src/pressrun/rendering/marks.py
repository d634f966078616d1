"""The links, pictures and headings of a text with their places, whether Markdown or raw HTML says them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from pressrun.model.spans import ByteOffsets, Spans
from pressrun.rendering.markdown import Node
from pressrun.rendering.outline import Outline

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINK = Spans((r"<a\b[^<>]*>", r"</a\s*>"), ignore_case=True)
_LINK_START = re.compile(r"<a\b(?P<attributes>[^<>]*)>", re.IGNORECASE)
_LINK_END = re.compile(r"</a\s*>", re.IGNORECASE)
_PICTURE = re.compile(r"<img\b(?P<attributes>[^<>]*)>", re.IGNORECASE)
_HEADING = re.compile(r"<h([1-6])\b[^<>]*>", re.IGNORECASE)
_SHOWN = re.compile(r"<(?:img|svg|picture|iframe|video|audio|object|embed)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Link:
    """A link: its address as written, its *words*, whether it shows a picture, and its bytes in the text."""

    url: str
    words: str
    shows: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture that a text shows: its address as written, its text (None where it has none), and its bytes."""

    url: str
    alt: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level from 1 to 6, and its bytes in the text."""

    level: int
    start: int
    end: int


def links_in(outline: Outline) -> Iterator[Link]:
    """Every link of *outline* that leads somewhere."""
    for node in outline.tree.walk():
        if node.kind == "link":
            shows = any(_shows(inner) for inner in node.walk())
            yield Link(node.url, " ".join(node.plain().split()), shows, node.start, node.end)
        yield from _links_among(node.children)
    for start, html in _written(outline):
        bytes_in = ByteOffsets(html)
        for link in _LINK.finditer(html):
            if url := _value(link.opening[2:-1], "href"):
                words = " ".join(unescape(_TAG.sub(" ", link.inside)).split())
                place = start + bytes_in[link.start], start + bytes_in[link.end]
                yield Link(url, words, bool(_SHOWN.search(link.inside)), *place)


def _links_among(nodes: list[Node]) -> Iterator[Link]:
    """Links whose beginning and end are raw HTML, and what is between them Markdown."""
    opened: tuple[str, Node] | None = None
    inside: list[Node] = []
    for node in nodes:
        if node.kind == "html" and (found := _LINK_START.fullmatch(node.text)):
            url = _value(found["attributes"], "href")
            opened, inside = (url, node) if url else None, []
        elif node.kind == "html" and opened and _LINK_END.fullmatch(node.text):
            url, first = opened
            words = " ".join("".join(Node("part", 0, 0, children=inside).plain()).split())
            yield Link(url, words, any(_shows(each) for node in inside for each in node.walk()), first.start, node.end)
            opened = None
        else:
            inside.append(node)


def _shows(node: Node) -> bool:
    return node.kind == "picture" or (node.kind == "html" and bool(_SHOWN.search(node.text)))


def pictures_in(outline: Outline) -> Iterator[ShownPicture]:
    """Every picture that *outline* shows."""
    for node in outline.tree.walk():
        if node.kind == "picture":
            yield ShownPicture(node.url, node.plain(), node.start, node.end)
    for start, html in _written(outline):
        bytes_in = ByteOffsets(html)
        for found in _PICTURE.finditer(html):
            if url := _value(found["attributes"], "src"):
                place = start + bytes_in[found.start()], start + bytes_in[found.end()]
                yield ShownPicture(url, _value(found["attributes"], "alt"), *place)


def headings_in(outline: Outline) -> list[Heading]:
    """Every heading of *outline*, in the order of the text."""
    headings = [
        Heading(node.number or 1, node.start, node.end) for node in outline.tree.walk() if node.kind == "heading"
    ]
    for start, html in _written(outline):
        bytes_in = ByteOffsets(html)
        headings += [
            Heading(int(found[1]), start + bytes_in[found.start()], start + bytes_in[found.end()])
            for found in _HEADING.finditer(html)
        ]
    return sorted(headings, key=lambda heading: heading.start)


def _written(outline: Outline) -> Iterator[tuple[int, str]]:
    """The raw HTML of *outline*, its comments blank, with the byte where each stretch begins."""
    for start, html in outline.raw_html():
        # As many bytes as before, so that places stay true.
        yield start, _COMMENT.sub(lambda comment: " " * len(comment.group().encode()), html)


def _value(attributes: str, name: str) -> str | None:
    found = re.search(rf"""(?:^|\s){name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", attributes, re.IGNORECASE)
    return unescape(next((text for text in found.groups() if text is not None), "")) if found else None
