"""JSON Schema for editors: the models say what may be written, and the manual's tables say what it is."""

import json
import re
from collections.abc import Iterator
from importlib import resources

from pressrun.content.schema import WHOLE, schema

KINDS = tuple(WHOLE)
# Where the manual tells of a group's fields: page, heading, and the headings of the columns that hold name and words.
TABLES = {
    "story": ("stories.md", "The fields", "Field"),
    "audio": ("stories.md", "Episodes", "Field of a recording"),
    "edition": ("editions.md", "The fields", "Field"),
    "section": ("editions.md", "Sections", "Field of a section"),
    "link": ("editions.md", "Sections", "Field of a link"),
    "receipt": ("editions.md", "That it was sent", "Field of a receipt"),
    "publication": ("publication.md", "The fields", "Field"),
    "author": ("publication.md", "authors", "Field of an author"),
    "look": ("publication.md", "look", "Field"),
    "palette": ("publication.md", "look", "Colour"),
    "mail": ("publication.md", "mail", "Field"),
    "feed": ("feeds.md", "Which feeds there are", "Field"),
    "list": ("publication.md", "lists", "Field of a list"),
    "service": ("publication.md", "service", "Field of the service"),
    "podcast": ("feeds.md", "Episodes", "Field"),
}
WORDS = ("What you write", "What it does", "Where it is", "Without it")


def schema_text(kind: str) -> str:
    """The schema of a *kind* of file, one of KINDS, as JSON; the same bytes every time."""
    told = {(group, name): words for group, place in TABLES.items() for name, words in _told_in(*place)}
    return json.dumps(schema(kind, told), ensure_ascii=False, indent=2) + "\n"


def _told_in(page: str, heading: str, column: str) -> Iterator[tuple[str, str]]:
    """Each field that the table below *heading* names in its *column*, with what the table says of it."""
    for row in _rows(page, heading):
        cells = [_plain(row[name], name) for name in WORDS if row.get(name)]
        for name in re.findall(r"`([^`]+)`", row.get(column, "")):
            yield name, " ".join(cells)


def _rows(page: str, heading: str) -> Iterator[dict[str, str]]:
    """The rows of the tables below *heading*, each cell under the heading of its column."""
    text = (resources.files("pressrun") / "manual" / page).read_text(encoding="utf-8")
    below = re.split(rf"^## {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)[1]
    columns: list[str] = []
    for line in re.split(r"^## ", below, maxsplit=1, flags=re.MULTILINE)[0].split("\n"):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            columns = []
        elif not columns:
            columns = cells
        elif set(line) - set("|- "):
            yield dict(zip(columns, cells, strict=True))


def _plain(cell: str, column: str) -> str:
    """*cell* as a sentence without Markdown."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell).replace(r"\|", "|").replace("`", "")
    if text in ("an error", "needed"):
        return "Needed."
    text = f"Without it: {text}" if column == "Without it" else text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
