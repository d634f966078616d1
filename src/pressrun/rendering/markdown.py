"""The door to Markdown: CommonMark with GitHub's tables, strikethrough, task lists and alerts, and footnotes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

import pyromark

from pressrun.model.scripts import IS_SPACELESS, SPACELESS
from pressrun.model.spans import Spans

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
    | pyromark.Options.ENABLE_GFM
)
_MARKDOWN = pyromark.Markdown(options=_OPTIONS)
_WITHOUT_TABLES = pyromark.Markdown(options=_OPTIONS & ~pyromark.Options.ENABLE_TABLES)
# Every row has as many cells as the first, written or not: 9 KB can be millions of them.
MOST_CELLS = 20_000
_DIVISION = Spans((r"</?div\b", ">"))
# pulldown-cmark leaves the kind of an alert to the style sheet; mail has none that would say it.
_ALERT = re.compile(r'<blockquote class="markdown-alert-([a-z]+)">')
FOOTNOTE = '<div class="footnote-definition"'


def html_of(body: str) -> str:
    """*body* as HTML, not sanitised: raw HTML stands in it as it was written. Footnotes come last."""
    html = _with_lines_joined(_markdown_for(body).html(body))
    if "[" not in body and "<" not in body:  # then there are neither alerts nor footnotes
        return html
    html = _ALERT.sub(lambda found: f"{found.group()}\n<p><strong>{found[1].capitalize()}</strong></p>", html)
    return _footnotes_last(html) if FOOTNOTE in html else html


# A line end between two characters of Chinese or Japanese, and the tags of inline elements around it.
_INLINE_TAG = r"(?:em|strong|del|a|code|mark|span|b|i|u|s|sub|sup|ruby|rt|rp|small|kbd|q|cite)"
_SPACELESS_BREAK = re.compile(
    rf"(?<=[{SPACELESS}])((?:</{_INLINE_TAG}>)*)\n((?:<{_INLINE_TAG}(?: [^<>]*)?>)*)(?=[{SPACELESS}])"
)


def _with_lines_joined(html: str) -> str:
    """Return *html* without line ends between Chinese or Japanese characters, which programs show as spaces.

    CSS Text 3, section 4.1.3, drops them, but browsers and mail programs do not. Preformatted text stays.
    """
    if html.isascii() or _SPACELESS_BREAK.search(html) is None:
        return html
    pieces: list[str] = []
    place = 0
    while (start := html.find("<pre", place)) >= 0 and (end := html.find("</pre>", start)) >= 0:
        pieces += [_SPACELESS_BREAK.sub(r"\1\2", html[place:start]), html[start:end]]
        place = end
    pieces.append(_SPACELESS_BREAK.sub(r"\1\2", html[place:]))
    return "".join(pieces)


def large_table(body: str) -> int | None:
    """The number of the line, from 0, by which the tables of *body* may have more than MOST_CELLS cells; else None."""
    if body.count("|") * body.count("\n") <= MOST_CELLS:
        return None
    columns = cells = 0
    for number, line in enumerate(body.split("\n")):
        row = line.strip(" \t>")
        if not row:
            columns = 0
        elif "-" in row and not row.strip("|-: \t"):
            columns = max(columns, row.count("|") + 1)
        cells += columns
        if cells > MOST_CELLS:
            return number
    return None


def _markdown_for(body: str) -> pyromark.Markdown:
    return _MARKDOWN if large_table(body) is None else _WITHOUT_TABLES


def _footnotes_last(html: str) -> str:
    """pulldown-cmark leaves a footnote where it was defined; readers look for it at the end."""
    kept: list[str] = []
    notes: list[str] = []
    position = 0
    while (start := html.find(FOOTNOTE, position)) >= 0:
        depth = 0
        for division in _DIVISION.finditer(html, start):
            depth += -1 if division.opening.startswith("</") else 1
            if depth == 0:
                break
        else:  # a division of the author's own is never closed; then where the note ends is anybody's guess
            return html
        kept.append(html[position:start])
        notes.append(html[start : division.end])
        position = division.end
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
    events: Iterator[tuple[Any, Any]] = _markdown_for(body).events_with_range(body)
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
    if not body.isascii():
        _join_lines(root)
    return root


def _join_lines(root: Node) -> None:
    """Have line ends between two characters of Chinese or Japanese be no text, as in `html_of`."""
    leaves = [node for node in root.walk() if not node.children]
    for before, node, after in zip(leaves, leaves[1:], leaves[2:], strict=False):
        is_between_texts = node.kind == "soft-break" and {before.kind, after.kind} <= {"text", "code"}
        if is_between_texts and IS_SPACELESS.match(before.text[-1:]) and IS_SPACELESS.match(after.text):
            node.kind = "text"


_UNCLOSED = re.compile(r"[^>]+")
_LEADING = re.compile(r"<(?:a|iframe|video|audio|embed|object)\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(?:href|src|data)\s*=", re.IGNORECASE)
_VALUE = re.compile(r"""\s*["']?([^"'\s>]+)""")


def _addresses(html: str) -> Iterator[re.Match[str]]:
    """The last address of each tag of raw *html* that leads somewhere, or becomes a link."""
    for part in _UNCLOSED.finditer(html):
        if opening := _LEADING.search(html, part.start(), part.end()):
            names = [name.end() for name in _ATTRIBUTE.finditer(html, opening.end(), part.end())]
            values = (_VALUE.match(html, end, part.end()) for end in reversed(names))
            if value := next(filter(None, values), None):
                yield value


def address_in(html: str) -> str:
    """Where raw HTML leads, if it is a link or what becomes one."""
    found = next(_addresses(html), None)
    return unescape(found[1]) if found else ""


def with_addresses(html: str, resolve: Callable[[str], str]) -> str:
    """Raw *html* with the addresses of its links, and of what becomes one, as *resolve* has them."""
    pieces, start = [], 0
    for found in _addresses(html):
        pieces += [html[start : found.start(1)], escape(resolve(unescape(found[1])))]
        start = found.end(1)
    return "".join([*pieces, html[start:]])


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
