"""The Outline: what a text's source contains, and where."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pressrun.model.slots import as_written
from pressrun.problems import Position
from pressrun.rendering.markdown import Node, tree_of, with_addresses


@dataclass(frozen=True, slots=True)
class Document:
    """Markdown in a file: *file* as a person names it, *body* beginning at its line *first_line*.

    Each line of the file has *indent* columns before those of the body. Slots in the body are words already.
    """

    file: str
    body: str
    first_line: int = 1
    indent: int = 0

    def position(self, start: int, end: int) -> Position:
        """The place of the bytes from *start* to *end* of the body's UTF-8."""
        data = self.body.encode()
        before = as_written(data[:start].decode(errors="ignore"))
        within = as_written(data[start:end].decode(errors="ignore").split("\n")[0])
        line = before.count("\n")
        column = len(before) - before.rfind("\n") + self.indent
        excerpt = " " * self.indent + as_written(self.body).split("\n")[line]
        return Position(self.file, self.first_line + line, column, max(len(within), 1), excerpt)


@dataclass(frozen=True, slots=True)
class Outline:
    """The pieces of *document* as a tree; every address in it is absolute once `resolved_by` was asked."""

    document: Document
    tree: Node

    @classmethod
    def of(cls, document: Document) -> "Outline":
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
