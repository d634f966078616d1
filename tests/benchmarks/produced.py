"""What a build produced, counted without parsing anything."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ENTRY = re.compile(rb"<(?:entry|item)[ >]")
ENTRY_IN_JSON = b'"content_html"'
# The root of a feed stands behind instructions, and a JSON Feed says first what it is.
BEGINNING = 1000
SIGNS = {".xml": (b"<feed", b"<rss"), ".json": (b"jsonfeed.org/version",)}


@dataclass(frozen=True, slots=True)
class Produced:
    """How many pages and letters a build wrote, feed documents and entries in these, and bytes in all files."""

    pages: int = 0
    letters: int = 0
    feeds: int = 0
    entries: int = 0
    bytes: int = 0


def produced_in(folders: Iterable[Path]) -> Produced:
    """What lies in *folders*; a folder that is not there holds nothing."""
    pages = letters = feeds = entries = size = 0
    for file in (file for folder in folders for file in folder.rglob("*")):
        # What a tool writes down for itself is hidden.
        if not file.is_file() or file.name.startswith("."):
            continue
        size += file.stat().st_size
        pages += file.suffix == ".html" and file.name != "newsletter.html"
        letters += file.name == "newsletter.html"
        if file.suffix in SIGNS:
            data = file.read_bytes()
            if any(sign in data[:BEGINNING] for sign in SIGNS[file.suffix]):
                feeds += 1
                entries += len(ENTRY.findall(data)) if file.suffix == ".xml" else data.count(ENTRY_IN_JSON)
    return Produced(pages, letters, feeds, entries, size)
