"""What feed readers would stumble over in entries and documents that are well-formed."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import FeedContent, FeedSettings
from pressrun.press.feeds.entries import Entry

# What some aggregators stop reading at, and what everybody fetches again for each new entry.
LARGEST = 512_000
_ADDRESS = re.compile(r'<[a-z][^<>]*?\s(?:href|src|cite)="([^"]*)"')
# "https:/there" names no host: browsers and readers look for it below whatever page they show.
_WHOLE = re.compile(r"(?!https?:(?!//[^/]))[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def entry_findings(entry: Entry, place: Position) -> Iterator[Problem]:
    """A warning where *entry* says nothing, in its title or at all; its story's title stands at *place*."""
    if not _shows_something(entry.title):
        message = "readers that take titles for HTML show nothing of this one"
        yield Problem(place, "title-empty", message, "write words", Severity.WARNING)
    if not _shows_something(entry.summary) and not _shows_something(entry.content or "", "img"):
        message = "feeds show nothing of this story but its title"
        yield Problem(place, "entry-empty", message, "write a text, or a line summary:", Severity.WARNING)


def _shows_something(html: str, besides: str = "title") -> bool:
    """Whether *html* has a sign that can be seen, or an element of the name *besides*."""
    text = unescape(_TAG.sub("", html))
    return f"<{besides}" in html or any(unicodedata.category(sign)[0] in "LNPS" for sign in text)


def relative_references(entry: Entry) -> list[str]:
    """The addresses in *entry*'s content that are not whole, and lead elsewhere in every reader (RFC 3986, 4.2)."""
    found = (unescape(address) for address in _ADDRESS.findall(entry.content or ""))
    return list(dict.fromkeys(address for address in found if not _WHOLE.match(address)))


def relative_reference(address: str, place: Position) -> Problem:
    """*address*, which a story's text has at *place*, is not whole."""
    message = f"{address[:60]} names no host, and leads to another place in every feed reader"
    return Problem(place, "relative-reference", message, "write it whole: https://example.org/page")


@dataclass(frozen=True, slots=True)
class Weight:
    """What a feed weighs: its largest document's *path* and bytes, and how many entries that holds."""

    settings: FeedSettings
    path: str
    size: int
    entries: int


def weight_findings(weights: Sequence[Weight], place: Position) -> Iterator[Problem]:
    """A warning for each feed whose largest document is too large; feeds are settled at *place*."""
    for weight in weights:
        if weight.size > LARGEST:
            limit = max(1, weight.entries * LARGEST // weight.size)
            message = f"{weight.path} has {weight.size:,} bytes in {weight.entries:,} entries, fetched for every change"
            shorter = " or content: summary" if weight.settings.content is FeedContent.FULL else ""
            yield Problem(place, "feed-size", message, f"write limit: {limit}{shorter}", Severity.WARNING)
