"""The addresses that a text leads to or shows, each with its place, in Markdown and in raw HTML."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from pressrun.model.problems import Position
from pressrun.rendering.outline import Outline, SourceDocument
from pressrun.rendering.sanitise import EMBEDS

# What of an element readers can follow or see; embeds become links to what they would have shown.
_ADDRESSES = {"a": "href", "img": "src", "object": "data"} | dict.fromkeys(EMBEDS - {"object"}, "src")


def addresses_in(document: SourceDocument) -> Iterator[tuple[str, Position]]:
    """Every address in *document*, as written, and where, in no order; a comment and code hold none."""
    if "//" not in document.body:  # positions cost six times a rendering, and nothing here leads to another host
        return
    outline = Outline.of(document)
    for node in outline.tree.walk():
        if node.kind in ("link", "picture"):
            yield node.url, outline.position(node)
    for start, html in outline.raw_html():
        reader = _Elements(html)
        reader.feed(html)
        reader.close()
        for url, offset, width in reader.found:
            at = start + len(html[:offset].encode())
            yield url, document.position(at, at + len(html[offset : offset + width].encode()))


class _Elements(HTMLParser):
    """The addresses of raw HTML: each with the offset and the width of its element's beginning."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.starts = [0, *(end.end() for end in re.finditer("\n", html))]
        self.found: list[tuple[str, int, int]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        url = dict(reversed(attributes)).get(_ADDRESSES.get(tag, ""))
        if url:
            line, column = self.getpos()
            width = len(self.get_starttag_text() or "<")
            self.found.append((url.strip(), self.starts[line - 1] + column, width))
