"""What a reader has seen of a feed document: its entries, each with a digest of its words. The door to feedparser."""

import hashlib
import html
import json
import re
import unicodedata
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pressrun.model.moments import EPOCH

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ATOM = "{http://www.w3.org/2005/Atom}"
NO_FEED = "it is neither Atom, RSS nor JSON Feed"

_ROOT = re.compile(rb"<feed\s[^<>]*+>")
_OWN = re.compile(rb"<generator[^<>]*+>Pressrun</generator>")
# Elements that stand within a word or a line; every other one parts what is before it from what is behind it.
_INLINE = frozenset(
    "a abbr b bdi bdo cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt"
    " u var wbr".split()
)
# Possessive, and to the end where nothing closes: no text of others can make it look twice at the same place.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<hidden>script|style)\b.*?(?:</(?P=hidden)\s*>|\Z)"
    r"""|</?(?P<name>[a-z][^\s/<>"']*+)(?:"[^"]*"|'[^']*'|[^'"<>])*+>"""
    r"|<[!?][^<>]*+>",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """One entry as a reader knows it. *digest* stands for its title and its words, whatever their markup."""

    id: str
    link: str
    title: str
    digest: str
    updated: datetime | None = None
    published: datetime | None = None

    @property
    def moment(self) -> datetime | None:
        """When it came out, as far as the feed tells."""
        return self.published or self.updated


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The entries of a feed in its order; where two have one id, the first is the one that counts."""

    entries: tuple[SeenEntry, ...] = ()

    @property
    def by_id(self) -> dict[str, SeenEntry]:
        """Every entry by its id."""
        found: dict[str, SeenEntry] = {}
        for seen in self.entries:
            found.setdefault(seen.id, seen)
        return found


def joined(snapshots: Iterable[Snapshot]) -> Snapshot:
    """All entries of *snapshots*, such as a feed and its archives; the first of an id counts."""
    return Snapshot(tuple(seen for snapshot in snapshots for seen in snapshot.entries))


def snapshot_of(data: bytes) -> Snapshot:
    """The entries of *data*: Atom, RSS or JSON Feed, of whatever tool. An entry without an id is known by its link.

    Raises ValueError where *data* is no feed.
    """
    if is_own(data):
        return own_snapshot(data)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return _json_snapshot(data)
    return _parsed_snapshot(data)


def digest_of(title: str, words: str) -> str:
    """What an entry with this *title* and these *words* is known by where its id and its link have changed."""
    text = unicodedata.normalize("NFC", f"{_folded(title)}\n{words}")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()  # JSON can hold half a character


def words_of(markup: str) -> str:
    """The words of *markup* as they are read: no tags, entities resolved, white space folded."""
    return _folded(html.unescape(_TAG.sub(_gap, markup)))


def _gap(tag: re.Match[str]) -> str:
    return "" if (tag["name"] or "").lower() in _INLINE else " "


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _seen(
    *, known_by: object, link: object, title: str, words: str, updated: datetime | None, published: datetime | None
) -> Iterable[SeenEntry]:
    """The entry, unless nothing tells it from others."""
    link = _folded(str(link or ""))
    name = _folded(str(known_by if known_by is not None else "")) or link
    if name:
        yield SeenEntry(name, link, _folded(title), digest_of(title, words), updated, published)


# Atom of our own


def is_own(data: bytes) -> bool:
    """Whether *data* is an Atom document that Pressrun wrote."""
    head = data.partition(b"<entry")[0]
    root = _ROOT.search(head)
    return root is not None and b"http://www.w3.org/2005/Atom" in root[0] and _OWN.search(head) is not None


def own_snapshot(data: bytes, only: frozenset[str] | None = None) -> Snapshot:
    """The entries of *data*, an Atom document that Pressrun wrote; *only* those of these ids.

    Read by the standard library: feedparser's import alone takes longer. Raises ValueError where it is not well-formed.
    """
    chosen = (entry for entry in _own_entries(data) if only is None or _id(entry) in only)
    return Snapshot(tuple(seen for entry in chosen for seen in _atom_entry(entry)))


def own_ids(data: bytes) -> frozenset[str]:
    """The ids of the entries of *data*, an Atom document that Pressrun wrote; much faster than all there is to them.

    Raises ValueError where it is not well-formed.
    """
    return frozenset(map(_id, _own_entries(data)))


def _own_entries(data: bytes) -> "Iterator[Element]":
    from xml.etree import ElementTree

    try:
        return ElementTree.fromstring(data).iterfind(f"{ATOM}entry")
    except ElementTree.ParseError as error:
        raise ValueError(f"it is not well-formed XML ({error})") from error


def _id(entry: "Element") -> str:
    return _folded(entry.findtext(f"{ATOM}id") or "")


def _atom_entry(entry: "Element") -> Iterable[SeenEntry]:
    links = [
        link.get("href", "") for link in entry.iterfind(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"
    ]
    return _seen(
        known_by=_id(entry),
        link=next(iter(links), ""),
        title=_atom_text(entry, "title"),
        words=_atom_text(entry, "content") or _atom_text(entry, "summary"),
        updated=_moment(entry.findtext(f"{ATOM}updated")),
        published=_moment(entry.findtext(f"{ATOM}published")),
    )


def _atom_text(entry: "Element", name: str) -> str:
    text = entry.findtext(f"{ATOM}{name}") or ""
    found = entry.find(f"{ATOM}{name}")
    is_markup = found is not None and found.get("type") == "html"
    return words_of(text) if is_markup else _folded(text)


def _moment(written: object) -> datetime | None:
    """The date that *written* is (RFC 3339); None for anything else."""
    try:
        moment = datetime.fromisoformat(str(written).strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# JSON Feed


def _json_snapshot(data: bytes) -> Snapshot:
    try:
        feed = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError("it begins as JSON does, and is not JSON") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(feed.get("version")):
        raise ValueError(NO_FEED)
    return Snapshot(tuple(seen for item in items if isinstance(item, dict) for seen in _json_item(item)))


def _json_item(item: Mapping[str, object]) -> Iterable[SeenEntry]:
    def text(name: str) -> str:
        value = item.get(name)
        return value if isinstance(value, str) else ""

    return _seen(
        known_by=item.get("id"),
        link=text("url") or text("external_url"),
        title=text("title"),
        words=words_of(text("content_html")) or _folded(text("content_text")) or _folded(text("summary")),
        updated=_moment(item.get("date_modified")),
        published=_moment(item.get("date_published")),
    )


# Everything else


def _parsed_snapshot(data: bytes) -> Snapshot:
    return Snapshot(tuple(seen for entry in parsed(data).entries for seen in _parsed_entry(entry)))


def parsed(data: bytes) -> Any:
    """What feedparser reads in *data*, Atom or RSS; raises ValueError where it is neither."""
    import io

    import feedparser

    try:
        # A stream, because feedparser takes bytes for the name of a file first, and opens it. Neither sanitised nor
        # resolved, so that the words are those of the source.
        found = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # on some damaged input it ends in whatever error its own code runs into
        raise ValueError(f"it cannot be read ({error})") from error
    if not found.get("version"):  # it says nothing at all of no bytes
        raise ValueError(NO_FEED)
    return found


def _parsed_entry(entry: dict[str, Any]) -> Iterable[SeenEntry]:
    def field(name: str) -> Any:
        # Its own get() gives the published date for an updated one that is not there.
        return dict.get(entry, name)

    def text(detail: Mapping[str, str] | None) -> str:
        value = (detail or {}).get("value") or ""
        return words_of(value) if "html" in (detail or {}).get("type", "") else _folded(value)

    return _seen(
        known_by=field("id"),
        link=field("link"),
        title=text(field("title_detail")),
        words=next((words for each in field("content") or () if (words := text(each))), "")
        or text(field("summary_detail")),
        updated=_time(field("updated_parsed")),
        published=_time(field("published_parsed")),
    )


def _time(parsed: tuple[int, ...] | None) -> datetime | None:
    """*parsed*, feedparser's time in UTC; None where there is none in the calendar."""
    try:
        return EPOCH + timedelta(seconds=timegm(parsed)) if parsed else None
    except (ValueError, OverflowError):  # no date in the calendar
        return None
