"""Every public address of a publication, and where its file lies: pure text, no disk.

A *path* here begins with a slash, is relative to the publication's home, and is written in plain
Unicode; a *URL* is absolute and ASCII (RFC 3986), fit for feeds and mail.
"""

import functools
import hashlib
import posixpath
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from urllib.parse import quote, unquote, urlsplit

from pressrun.model.story import Story

# What RFC 3986 (section 3.3) lets stand in a path, and the percent sign of what is encoded already.
SAFE_IN_PATH = "/~-._!$&'()*+,;=:@"
_SAFE_IN_URL = SAFE_IN_PATH + "?#[]%"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/~._!$&'()*+,;=:@-]*")
# An empty query or fragment would be left out.
_PLAIN_URL = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9/~._!$&'()*+,;=:@%-]*)?"
    r"(?:\?[A-Za-z0-9/~._!$&'()*+,;=:@%?-]+)?(?:#[A-Za-z0-9/~._!$&'()*+,;=:@%?-]+)?"
)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Endings of what is a file by itself; "release-1.10" has none.
_FILES = frozenset({".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", ".xml", ".css", ".json", ".opml", ".txt"})
STORY_URL_WORDS = frozenset({"slug", "year", "month", "day", "section"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of a publication whose home is *home* (absolute, with a slash at its end)."""

    home: str
    story_pattern: str = "/stories/{slug}/"
    timezone: tzinfo = UTC  # whose days {year}, {month} and {day} are

    def url(self, path: str) -> str:
        """The absolute URL of *path*."""
        path = path.lstrip("/")
        return self.home + (path if _PLAIN_PATH.fullmatch(path) else quote(path, safe=SAFE_IN_PATH))

    def story_path(self, story: Story) -> str:
        """Where *story* is read: its own path where it has one, else as `story_url` says."""
        if story.path is not None:
            return story.path
        return _PLACEHOLDER.sub(lambda found: self._word(found.group(1), story), self.story_pattern)

    def _word(self, name: str, story: Story) -> str:
        """What stands in the path of *story* where its pattern has *name*, one of STORY_URL_WORDS."""
        if name == "slug":
            return story.slug
        if name == "section":
            return name_within(slug_of(story.section or "")) or "stories"
        day = story.published.astimezone(self.timezone)
        return {"year": f"{day.year:04}", "month": f"{day.month:02}", "day": f"{day.day:02}"}[name]

    def path_of(self, url: str) -> str | None:
        """The path that *url* names below the home; None where it leads elsewhere."""
        if url.startswith(self.home):
            return "/" + unquote(url[len(self.home) :])
        return None


def edition_path(slug: str) -> str:
    """Where the edition *slug* is read in a browser."""
    return f"/editions/{slug}/"


def file_of(path: str) -> str:
    """The file below the public folder that answers for *path*: a folder's is its index.html."""
    relative = path.lstrip("/")
    if not relative or relative.endswith("/"):
        return relative + "index.html"
    if posixpath.splitext(relative)[1].lower() in _FILES:
        return relative
    return relative + "/index.html"


def is_inside(path: str) -> bool:
    """Whether *path* stays below where it starts, on every file system."""
    parts = path.strip("/").split("/")
    return not any(
        part in ("", ".", "..") or "\\" in part or ":" in part or part.casefold().startswith(".pressrun")
        for part in parts
    )


def ascii_url(url: str) -> str:
    """*url*, absolute, with its host as IDNA and everything else percent-encoded: RFC 3987's IRI as a URI.

    Raises ValueError where the host cannot be written so.
    """
    if _PLAIN_URL.fullmatch(url):
        return url
    parts = urlsplit(url)
    netloc = parts.netloc
    if not netloc.isascii():
        person, at, place = netloc.rpartition("@")
        host, colon, port = place.partition(":")
        import idna  # few hosts need its tables, which take long to import

        try:
            # IDNA 2008, as browsers have it: by the standard library's IDNA 2003, straße would lead to strasse.
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError(f"{host} is not a host name") from error
        netloc = f"{quote(person, safe=_SAFE_IN_URL)}{at}{host}{colon}{port}"
    return quote(parts._replace(netloc=netloc).geturl(), safe=_SAFE_IN_URL)


@functools.lru_cache(maxsize=4096)  # tags and sections are few, and asked for again with every story
def slug_of(text: str) -> str:
    """*text* as a piece of an address: lower case, words joined by hyphens, in its own script.

    Latin letters lose their accents; quotes vanish; what is neither letter nor digit separates.
    Empty where nothing is left.
    """
    folded: list[str] = []
    for character in unicodedata.normalize("NFKD", text.casefold()):
        if unicodedata.combining(character) and folded and folded[-1].isascii():
            continue
        if character in "'’‘ʼ\"“”":
            continue
        kind = unicodedata.category(character)[0]
        folded.append(character if kind in "LN" or (kind == "M" and folded and folded[-1] != "-") else "-")
    return re.sub("-+", "-", unicodedata.normalize("NFC", "".join(folded))).strip("-")


# A file's name on every common file system has at most this many bytes (NAME_MAX), and a path somewhat more than that.
LONGEST_NAME, LONGEST_PATH = 255, 2_000
_ROOM_AFTER_CUT = 200


def name_within(text: str, room: int = LONGEST_NAME) -> str:
    """Return *text*, a piece of an address, cut where a file's name could not have its bytes and end in *room* of them.

    Where it is cut, a few digits of its digest end it, so that two long texts that begin alike stay two.
    """
    written = text.encode()
    if len(written) <= room:
        return text
    digest = hashlib.sha256(written).hexdigest()[:8]
    kept = written[: min(_ROOM_AFTER_CUT, room) - len(digest) - 1].decode(errors="ignore").rstrip("-")
    while kept and unicodedata.category(kept[-1])[0] == "M":  # a mark on its own would not stand on its letter
        kept = kept[:-1]
    return f"{kept}-{digest}"


def too_long(path: str) -> str | None:
    """Return the piece of *path* that is too long for a file name, or *path* where the whole is; None if all fits."""
    if len(path.encode()) > LONGEST_PATH:
        return path
    return next((piece for piece in path.split("/") if len(piece.encode()) > LONGEST_NAME), None)


def derived_id(authority: str, kind: str, published: date, slug: str) -> str:
    """The tag: URI (RFC 4151) of what came out on *published* as *slug*; *kind* is "stories" or "editions"."""
    return f"tag:{authority}:{kind}/{published.isoformat()}/{quote(slug, safe=SAFE_IN_PATH)}"


_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


def is_iri(text: str) -> bool:
    """Whether *text* can be the id of an Atom entry (RFC 4287, section 4.2.6)."""
    return _IRI.fullmatch(text) is not None


def permanent_id(authority: str, written: str) -> str:
    """*written* where it is an IRI, as Atom demands (RFC 4287, section 4.2.6); else a tag: URI that holds it."""
    return written if is_iri(written) else f"tag:{authority}:{slug_of(written) or 'id'}"


def rfc3339(moment: datetime) -> datetime:
    """*moment* in a form whose `isoformat()` RFC 3339 allows: whole seconds, an offset in whole minutes.

    Time zones were once mean solar time, with seconds in their offset; such a moment is told in UTC.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{moment} has no offset")
    whole = moment.replace(microsecond=0) if moment.microsecond else moment
    if offset.seconds % 60 or offset.microseconds:
        return whole.astimezone(UTC)
    return whole
