"""The door to Markdown: CommonMark with GitHub's tables, strikethrough, task lists and alerts, and footnotes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

import pyromark

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
    | pyromark.Options.ENABLE_GFM
)
_MARKDOWN = pyromark.Markdown(options=_OPTIONS)
_DIVISION = re.compile(r"<(/?)div\b[^>]*>")
# pulldown-cmark leaves the kind of an alert to the style sheet; mail has none that would say it.
_ALERT = re.compile(r'<blockquote class="markdown-alert-([a-z]+)">')
FOOTNOTE = '<div class="footnote-definition"'


def html_of(body: str) -> str:
    """*body* as HTML, not sanitised: raw HTML stands in it as it was written. Footnotes come last."""
    html = _MARKDOWN.html(body)
    if "[" not in body and "<" not in body:  # then there are neither alerts nor footnotes
        return html
    html = _ALERT.sub(lambda found: f"{found.group()}\n<p><strong>{found[1].capitalize()}</strong></p>", html)
    return _footnotes_last(html) if FOOTNOTE in html else html


def _footnotes_last(html: str) -> str:
    """pulldown-cmark leaves a footnote where it was defined; readers look for it at the end."""
    kept: list[str] = []
    notes: list[str] = []
    position = 0
    while (start := html.find(FOOTNOTE, position)) >= 0:
        depth = 0
        for division in _DIVISION.finditer(html, start):
            depth += -1 if division[1] else 1
            if depth == 0:
                break
        else:  # a division of the author's own is never closed; then where the note ends is anybody's guess
            return html
        kept.append(html[position:start])
        notes.append(html[start : division.end()])
        position = division.end()
    kept.append(html[position:].rstrip("\n"))
    return "".join(kept) + "\n" + "\n".join(notes) + "\n"


@dataclass(slots=True)
class Node:
    """A piece of a parsed text: *kind* names it, *start* and *end* are its bytes in the UTF-8 of the source.

    *text* is what a leaf says (of a heading, the classes and attributes that it cannot keep); *url* where
    a link, a picture or raw HTML leads; *number* a heading's level or an ordered list's first number (None where a
    list has bullets); *alignments* are a table's columns.
    """

    kind: str
    start: int
    end: int
    text: str = ""
    url: str = ""
    number: int | None = None
    alignments: tuple[str, ...] = ()
    children: list["Node"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        """This piece and all inside of it, in the order of the text."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)

    def plain(self) -> str:
        """The words inside, without their form."""
        said = {"soft-break": " ", "hard-break": " "}
        return "".join(said.get(node.kind, node.text) for node in self.walk() if node.kind not in ("html", "heading"))


_BLOCKS = {
    "Paragraph": "paragraph",
    "HtmlBlock": "html-block",
    "Item": "item",
    "TableHead": "table-head",
    "TableRow": "table-row",
    "TableCell": "table-cell",
    "Emphasis": "emphasis",
    "Strong": "strong",
    "Strikethrough": "strikethrough",
}
_LEAVES = {
    "Text": "text",
    "Code": "code",
    "Html": "html",
    "InlineHtml": "html",
    "FootnoteReference": "footnote-mark",
}


def tree_of(body: str) -> Node:
    """*body* as a tree of its pieces, each with its place."""
    root = Node("document", 0, len(body.encode()))
    open_nodes = [root]
    # The types of pyromark's events are unions of dictionaries that mirror Rust's enums.
    events: Iterator[tuple[Any, Any]] = _MARKDOWN.events_with_range(body)
    for event, place in events:
        start, end = place["start"], place["end"]
        if isinstance(event, str):
            kind = {"SoftBreak": "soft-break", "HardBreak": "hard-break", "Rule": "rule"}[event]
            open_nodes[-1].children.append(Node(kind, start, end))
            continue
        name, value = next(iter(event.items()))
        if name == "Start":
            node = _opened(value, start, end)
            open_nodes[-1].children.append(node)
            open_nodes.append(node)
        elif name == "End":
            open_nodes.pop()
        elif name == "TaskListMarker":
            open_nodes[-1].children.append(Node("task", start, end, number=int(value)))
        else:
            url = address_in(value) if _LEAVES[name] == "html" else ""
            open_nodes[-1].children.append(Node(_LEAVES[name], start, end, text=value, url=url))
    return root


_ADDRESS = re.compile(
    r"""<(?:a|iframe|video|audio|embed|object)\b[^>]*\b(?:href|src|data)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE
)


def address_in(html: str) -> str:
    """Where raw HTML leads, if it is a link or what becomes one."""
    found = _ADDRESS.search(html)
    return unescape(found[1]) if found else ""


def with_addresses(html: str, resolve: Callable[[str], str]) -> str:
    """Raw *html* with the addresses of its links, and of what becomes one, as *resolve* has them."""

    def resolved(found: re.Match[str]) -> str:
        start, end = found.start(1) - found.start(), found.end(1) - found.start()
        return f"{found.group()[:start]}{escape(resolve(unescape(found[1])))}{found.group()[end:]}"

    return _ADDRESS.sub(resolved, html)


def _opened(tag: Any, start: int, end: int) -> Node:
    if isinstance(tag, str):
        return Node(_BLOCKS[tag], start, end)
    name, value = next(iter(tag.items()))
    match name:
        case "Heading":
            lost = " ".join((*value["classes"], *(name for name, _ in value["attrs"])))
            return Node("heading", start, end, text=lost, number=int(value["level"][1]))
        case "List":
            return Node("list", start, end, number=value)
        case "BlockQuote":
            return Node("quote", start, end, text=value or "")
        case "CodeBlock":
            return Node("code-block", start, end)
        case "FootnoteDefinition":
            return Node("footnote", start, end, text=value)
        case "Table":
            return Node("table", start, end, alignments=tuple(value))
        case "Link" | "Image":
            url = value["dest_url"]
            if value["link_type"] == "Email":
                url = f"mailto:{url}"
            return Node("link" if name == "Link" else "picture", start, end, url=url)
    raise ValueError(f"pyromark names something new: {name}")
