"""The Outline: what a text's source contains, and where."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pressrun.model.problems import Position
from pressrun.model.slots import as_written, has_slots
from pressrun.rendering.markdown import Node, tree_of, with_addresses


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """Markdown in a file: *file* as a person names it, *body* beginning at its line *first_line*.

    Each line of the file has *indent* columns before those of the body. Slots in the body are words already.
    """

    file: str
    body: str
    first_line: int = 1
    indent: int = 0

    def position(self, start: int, end: int) -> Position:
        """The place of the bytes from *start* to *end* of the body's UTF-8."""
        lines = _lines_of(self.body)
        number, before, within = lines.at(start, end)
        column = before + 1 + self.indent
        excerpt = lines.excerpt(number, self.indent)
        return Position(self.file, self.first_line + number, column, max(len(as_written(within)), 1), excerpt)


class _Lines:
    """The lines of a text by their bytes: thousands of places are asked for where a text is wrong all over."""

    def __init__(self, body: str) -> None:
        self.data = body.encode()
        self.has_slots = has_slots(body)
        self.starts = [0, *(end.end() for end in re.finditer(b"\n", self.data))]
        self.excerpts: dict[tuple[int, int], str] = {}
        self.counted = (0, 0)  # a byte, and how many characters are before it on its line

    def at(self, start: int, end: int) -> tuple[int, int, str]:
        """The number of the line of byte *start*, how many characters are before it there, and what is up to *end*."""
        number = bisect_right(self.starts, min(start, len(self.data))) - 1
        last = self.starts[number + 1] - 1 if number + 1 < len(self.starts) else len(self.data)
        # Places come in order, mostly, and a line may be as long as a book.
        begin, counted = self.counted if self.starts[number] <= self.counted[0] <= start else (self.starts[number], 0)
        if self.has_slots:
            begin, counted = self.starts[number], 0
        counted += len(as_written(self.data[begin:start].decode(errors="ignore")))
        self.counted = start, counted
        return number, counted, self.data[start : min(end, last)].decode(errors="ignore")

    def excerpt(self, number: int, indent: int) -> str:
        """The whole of a line, as it is written."""
        if (number, indent) not in self.excerpts:
            end = self.starts[number + 1] - 1 if number + 1 < len(self.starts) else len(self.data)
            line = self.data[self.starts[number] : end].decode(errors="ignore")
            self.excerpts[number, indent] = " " * indent + as_written(line)
        return self.excerpts[number, indent]


@lru_cache(maxsize=4)
def _lines_of(body: str) -> _Lines:
    return _Lines(body)


@dataclass(frozen=True, slots=True)
class Outline:
    """The pieces of *document* as a tree; every address in it is absolute once `resolved_by` was asked."""

    document: SourceDocument
    tree: Node

    @classmethod
    def of(cls, document: SourceDocument) -> "Outline":
        """The Outline of *document*, addresses as they were written."""
        return cls(document, tree_of(document.body))

    def resolved_by(self, resolve: Callable[[str], str]) -> "Outline":
        """The same with every address made absolute by *resolve*."""
        for node in self.tree.walk():
            if node.kind == "html-block" and node.children:
                # As a whole, for a tag may stand on several lines.
                html = with_addresses("".join(child.text for child in node.children), resolve)
                node.children = [Node("html", node.start, node.end, text=html)]
            elif node.kind == "html" and node.url:
                node.text = with_addresses(node.text, resolve)
            if node.url:
                node.url = resolve(node.url)
        return self

    def raw_html(self) -> Iterator[tuple[int, str]]:
        """Every stretch of raw HTML with the byte where it begins."""
        in_blocks: set[int] = set()
        for node in self.tree.walk():
            if node.kind == "html-block" and node.children:
                in_blocks.update(id(child) for child in node.children)
                yield node.children[0].start, "".join(child.text for child in node.children)
            elif node.kind == "html" and id(node) not in in_blocks:
                yield node.start, node.text

    def position(self, node: Node) -> Position:
        """Where *node* stands in the file."""
        return self.document.position(node.start, node.end)
