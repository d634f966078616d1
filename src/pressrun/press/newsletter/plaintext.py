"""The plain text of a letter, made from the Markdown for people who read it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

from pressrun.model.publication import TextLinks
from pressrun.model.spans import Spans
from pressrun.model.widths import columns_of
from pressrun.rendering.markdown import Node, address_in
from pressrun.rendering.outline import Outline
from pressrun.rendering.sanitise import is_allowed
from pressrun.rendering.text import SOFT, flowing, wrapped

WIDTH = 72


@dataclass(slots=True)
class NumberedLinks:
    """The addresses that a letter's text leads to, and how it tells them; numbers go on from part to part."""

    style: TextLinks = TextLinks.NOTES
    numbers: dict[str, int] = field(default_factory=dict)

    def mark(self, url: str) -> str:
        """What stands behind the words of a link to *url*."""
        if self.style is TextLinks.INLINE:
            return f"<{url}>"
        return f"[{self.numbers.setdefault(url, len(self.numbers) + 1)}]"


def plain_text(outline: Outline, links: NumberedLinks | None = None, *, width: int = WIDTH) -> str:
    """*outline* as text in lines of at most *width* columns.

    Where links are numbered notes, the addresses of this text follow at its end. Lines that may flow end in SOFT.
    """
    writer = _Writer(links or NumberedLinks())
    blocks = writer.blocks(outline.tree, width)
    if writer.noted:
        blocks.append("\n".join(f"{mark} {url}" for url, mark in writer.noted.items()))
    return "\n\n".join(blocks)


def underlined(title: str, mark: str, width: int = WIDTH) -> str:
    """*title* with a line of *mark* under it, as wide as its longest line."""
    lines = wrapped(title, width).split("\n")
    return "\n".join([*lines, mark * max(map(columns_of, lines))])


def tidy(text: str) -> str:
    """*text* without white space at line ends, but where lines flow, and without two empty lines in a row."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        line = line.rstrip()
        kept = line.rstrip(SOFT).rstrip()
        if kept or (lines and lines[-1]):
            lines.append(f"{kept} " if kept != line and kept else kept)
    return "\n".join(lines) + "\n"


def settled(text: str) -> str:
    """*text* for a file: the same lines, none of which ends in a space."""
    return "\n".join(line.rstrip() for line in text.split("\n"))


@dataclass(slots=True)
class _Writer:
    links: NumberedLinks
    noted: dict[str, str] = field(default_factory=dict)
    open_links: list[str] = field(default_factory=list)  # of raw HTML

    def blocks(self, parent: Node, width: int) -> list[str]:
        """The blocks inside of *parent*; loose inline pieces (a tight list's item) count as a paragraph."""
        blocks: list[str] = []
        loose: list[Node] = []
        # Footnotes come last, as they do in HTML.
        for node in sorted(parent.children, key=lambda child: child.kind == "footnote"):
            if node.kind in _INLINE:
                loose.append(node)
                continue
            if loose:
                blocks.append(_flowing(self.inline(loose), width))
                loose = []
            blocks.append(self.block(node, width))
        if loose:
            blocks.append(_flowing(self.inline(loose), width))
        return [block for block in blocks if block.strip()]

    def block(self, node: Node, width: int) -> str:
        match node.kind:
            case "heading":
                words = self.inline(node.children)
                return underlined(words, "-", width) if (node.number or 1) <= 2 else wrapped(words, width)
            case "list":
                return self.listing(node, width)
            case "quote":
                kind = [f"*{node.text}*"] if node.text else []  # a note, a warning
                inner = "\n\n".join([*kind, *self.blocks(node, width - 2)])
                # Signs of one quote in another stand together (RFC 3676, section 4.5).
                return "\n".join(f">{'' if line.startswith('>') else ' '}{line}".rstrip() for line in inner.split("\n"))
            case "code-block":
                code = "".join(child.text for child in node.children).rstrip("\n")
                return "\n".join(f"    {line}".rstrip() for line in code.split("\n"))
            case "rule":
                return "* * *"
            case "table":
                return self.table(node, width)
            case "footnote":
                inner = "\n\n".join(self.blocks(node, width))
                return f"Note {node.text}: {inner}"
            case "html-block":
                return self.html_block("".join(child.text for child in node.children), width)
            case _:
                return _flowing(self.inline(node.children), width)

    def html_block(self, html: str, width: int) -> str:
        """What people see of *html*: its words, links with their marks, and the words of pictures."""
        words = "".join(self.html(piece) for piece in _pieces_of(_HIDDEN.sub("", html)))
        lines = (" ".join(line.split(" ")).strip() for line in re.sub(r"[ \t\n]+", " ", words).split(_NEW_LINE))
        return "\n".join(_flowing(line, width) for line in lines if line)

    def html(self, piece: str) -> str:
        """What stands for *piece*, a tag or the text between two."""
        if not piece.startswith("<"):
            return unescape(piece)
        name = (re.findall(r"[a-z0-9]+", piece.lower()) or [""])[0]
        if piece.startswith("</"):
            if name in EMBEDDED:
                return ""
            if name == "a" and self.open_links:
                mark = self.mark(self.open_links.pop())
                return f" {mark}" if mark else ""
        elif name == "img":
            alt = _ALT.search(piece)
            return f"[Picture: {unescape(next(filter(None, alt.groups()), ''))}]" if alt and any(alt.groups()) else ""
        elif name == "a":
            self.open_links.append(address_in(piece))
        elif name in EMBEDDED and (url := address_in(piece)):
            return self.mark(url)
        return _NEW_LINE if name in _ON_THEIR_OWN else ""

    def listing(self, node: Node, width: int) -> str:
        items = []
        tight = not any(child.kind == "paragraph" for item in node.children for child in item.children)
        for number, item in enumerate(node.children, node.number or 0):
            mark = "* " if node.number is None else f"{number}. "
            # Lines that hang below a mark do not flow: joined, they would keep their indentation in mid-line.
            inner = "\n\n".join(self.blocks(item, width - len(mark))).replace(SOFT, "")
            if tight:
                inner = inner.replace("\n\n", "\n")
            first, *others = inner.split("\n")
            items.append("\n".join([mark + first, *(f"{' ' * len(mark)}{line}".rstrip() for line in others)]))
        return ("\n" if tight else "\n\n").join(items)

    def table(self, node: Node, width: int) -> str:
        rows = [[self.inline(cell.children) for cell in row.children] for row in node.children]
        if not rows:
            return ""
        widths = [max(columns_of(row[column]) for row in rows if column < len(row)) for column in range(len(rows[0]))]
        if sum(widths) + 2 * (len(widths) - 1) > width:
            return self.tall_table(rows, width)
        lines = ["  ".join(_aligned(*cell) for cell in zip(row, widths, node.alignments, strict=False)) for row in rows]
        lines.insert(1, "  ".join("-" * each for each in widths))
        return "\n".join(line.rstrip() for line in lines)

    def tall_table(self, rows: list[list[str]], width: int) -> str:
        """A table too wide for a letter: each row as lines of its own, every cell with its column's name."""
        names, *others = rows
        return "\n\n".join(
            "\n".join(
                wrapped(f"{name}: {cell}" if name else cell, width, hanging="  ")
                for name, cell in zip(names, row, strict=False)
            )
            for row in others
        )

    def inline(self, nodes: Sequence[Node]) -> str:
        words, hidden = "", ""
        for node in nodes:
            if hidden:  # inside of an element of which people see nothing
                hidden = "" if node.text.lower().startswith(f"</{hidden}") else hidden
            elif node.kind == "html" and (found := _HIDING.match(node.text)):
                hidden = found[1].lower()
            else:
                words += self.piece(node)
        return words

    def piece(self, node: Node) -> str:
        match node.kind:
            case "text" | "code":
                return node.text
            case "soft-break":
                return " "
            case "hard-break":
                return "\n"
            case "emphasis":
                return f"_{self.inline(node.children)}_"
            case "strikethrough":
                return f"~~{self.inline(node.children)}~~"
            case "strong":
                return f"*{self.inline(node.children)}*"
            case "link":
                return self.link(node)
            case "picture":
                words = node.plain().strip()
                return f"[Picture: {words}]" if words else ""
            case "footnote-mark":
                return f" (note {node.text})"
            case "task":
                return "[x] " if node.number else "[ ] "
            case "html":
                return self.html(node.text).replace(_NEW_LINE, "\n" if node.text.lower().startswith("<br") else "")
            case _:
                return self.inline(node.children)

    def link(self, node: Node) -> str:
        words = self.inline(node.children)
        bare = node.url.removeprefix("mailto:")
        if words.rstrip("/") in (bare.rstrip("/"), bare.partition("://")[2].rstrip("/")):
            return bare
        return f"{words} {self.mark(node.url)}".rstrip()

    def mark(self, url: str) -> str:
        """What stands behind the words of a link; nothing for an address that the HTML does not have either."""
        if not url or not is_allowed(url):
            return ""
        mark = self.links.mark(url)
        if self.links.style is TextLinks.NOTES:
            self.noted[url] = mark
        return mark


_INLINE = frozenset(
    {
        "text",
        "code",
        "html",
        "soft-break",
        "hard-break",
        "emphasis",
        "strong",
        "strikethrough",
        "link",
        "picture",
        "footnote-mark",
        "task",
    }
)


def _flowing(text: str, width: int) -> str:
    """*text* in lines that flow; one that begins like a quote and is none has a space before it."""
    lines = flowing(text, width)
    return f" {lines}" if lines.startswith(">") else lines


_TAGS = Spans(("<", ">"))
_NEW_LINE = "\0"
_HIDDEN = Spans(
    ("<!--", "-->"),
    *((rf"<{name}\b", rf"</{name}\s*>|\Z") for name in ("script", "style", "template", "title")),
    ignore_case=True,
)
_HIDING = re.compile(r"<(script|style|template|title)\b", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
EMBEDDED = frozenset({"iframe", "video", "audio", "embed", "object"})
_ON_THEIR_OWN = frozenset(
    "address article aside blockquote br dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section summary table tbody thead tr ul".split()
)


def _pieces_of(html: str) -> Iterator[str]:
    """The tags of *html* and the texts between them; what begins none is left out."""
    start = 0
    for tag in _TAGS.finditer(html):
        yield from (html[start : tag.start], tag.whole)
        start = tag.end
    yield from html[start:].split("<")


def _aligned(cell: str, width: int, alignment: str) -> str:
    room = width - columns_of(cell)
    match alignment:
        case "Right":
            return " " * room + cell
        case "Center":
            return " " * (room // 2) + cell + " " * (room - room // 2)
        case _:
            return cell + " " * room
