"""Where the addresses in a text lead: every one made absolute, every one that leads nowhere found out."""

import contextlib
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from pressrun.model.addresses import SAFE_IN_PATH, Addresses, ascii_url
from pressrun.model.picture import Picture, guessed_type
from pressrun.model.scripts import beginning_of
from pressrun.rendering.nearest import Nearest


class Broken(Exception):
    """An address that leads nowhere: what is wrong with it, and what to do."""

    def __init__(self, message: str, hint: str | None = None, *, certain: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.certain = certain
        self.code = "link-broken"


class BrokenPicture(Broken):
    """A picture that is not there, or is none."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.code = "picture-missing"


@dataclass(frozen=True)
class Targets:
    """All that a link of this publication can lead to.

    *documents* are the paths at which stories and editions are read (or whole addresses, where they live
    elsewhere), by their file below the content folder. A file that is not out yet, and the path where it
    will be read, are in *held_back* with the reason. *prefixes* are what stands before the ids of the
    page at a path. *paths* are all paths that answer; *is_whole* says that nothing else lives below the
    home page. *picture* gives the Picture of a file below the content folder, or raises BrokenPicture; *file_path*
    and *file_size* tell of any other file where it is published, and how many bytes it has.
    """

    addresses: Addresses
    documents: Mapping[str, str]
    prefixes: Mapping[str, str]
    held_back: Mapping[str, str]
    files: Set[str]
    static: Set[str]
    paths: Set[str]
    picture: Callable[[str], Picture]
    file_path: Callable[[str], str]
    file_size: Callable[[str], int]
    is_whole: bool = True

    @cached_property
    def nearest(self) -> Nearest:
        """Return what finds the file whose name is nearest to one that leads nowhere."""
        return Nearest(self.files)


_PATH = re.compile(r"[A-Za-z0-9/._~-]+")  # and nothing else, so that nothing has to be taken apart
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".svgz", ".avif", ".bmp", ".tif", ".tiff", ".heic")


@dataclass(slots=True)
class Resolver:
    """Makes the addresses of one text absolute, and remembers what it met.

    *source* is the text's file below the content folder, *link* the URL of its page, *prefix* what
    stands before its ids. *broken* holds the addresses that lead nowhere, as written.
    """

    targets: Targets
    source: str
    link: str
    prefix: str
    pictures: dict[str, Picture] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # the public address, by the path below content/
    broken: dict[str, Broken] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)  # what was written instead of a broken address
    # Every address that was asked about, with the answer: the same text is the same HTML as long as they are the same.
    asked: dict[str, object] = field(default_factory=dict)

    def __call__(self, url: str) -> str:
        """*url*, absolute. One that leads nowhere is remembered, and left pointing below the home page."""
        try:
            return self.resolved(url)
        except Broken as fault:
            return self._stand_in(url, fault)
        except ValueError:
            return self._stand_in(url, Broken(f"{url} is not an address"))

    def _stand_in(self, url: str, fault: Broken) -> str:
        self.broken.setdefault(url, fault)
        if url not in self.stand_ins:
            self.stand_ins[url] = self._as_a_browser_would(url)
        return self.stand_ins[url]

    def _as_a_browser_would(self, url: str) -> str:
        """*url*, absolute, without asking what is there: seen from the page, or below the home page (RFC 3986, 5.2)."""
        try:
            parts = urlsplit(url)
        except ValueError:  # brackets that hold no address of a host
            return self.targets.addresses.url(url)
        if parts.scheme or parts.netloc:
            return self.targets.addresses.url(url)
        path, base = parts.path, urlsplit(self.targets.addresses.home).path
        if path.startswith("/"):
            below = path[len(base) :] if base != "/" and path.startswith(base) else path.lstrip("/")
            return self.targets.addresses.home + _quoted(below) + _tail(parts)
        return urljoin(self.link, f"./{_quoted(path)}") + _tail(parts)

    def resolved(self, url: str) -> str:
        """*url*, absolute; raises Broken where it leads nowhere, ValueError where it is no address."""
        try:
            answer = self._resolved(url)
        except Broken as fault:
            self.asked[url] = [fault.code, fault.message, fault.hint, fault.certain]
            raise
        except ValueError:
            self.asked[url] = None
            raise
        self.asked[url] = answer
        return answer

    def asked_again(self, urls: Iterable[str]) -> None:
        """Ask about each of *urls*, as a text did that was rendered before."""
        for url in urls:
            with contextlib.suppress(Broken, ValueError):
                self.resolved(url)

    def told(self) -> list[object]:
        """All that was asked, and all that came of it beside the answers, as JSON can hold it."""
        pictures = [astuple(picture) for picture in self.pictures.values()]
        return [list(self.asked.items()), pictures, list(self.files.items())]

    def _resolved(self, url: str) -> str:
        if url.startswith("//"):
            return ascii_url(f"https:{url}")
        if _PATH.fullmatch(url):
            return self._found(url)
        parts = urlsplit(url)
        if parts.scheme:
            return ascii_url(url) if parts.netloc else url
        if not parts.path:
            query = f"?{_quoted(parts.query)}" if parts.query else ""
            return self.link + query + (f"#{self.prefix}{parts.fragment}" if parts.fragment else "")
        found = self._found(unquote(parts.path), parts.path)
        page = (self.targets.addresses.path_of(found) or "") if parts.fragment else ""
        prefix = self.targets.prefixes.get(page) or self.targets.prefixes.get(f"{page}/", "")
        return found + _tail(parts, prefix)

    def picture_at(self, address: str) -> Picture:
        """The picture that a field names by *address*; raises Broken where that is none.

        Of one on another host nothing is known: building asks no network.
        """
        try:
            if not is_web(address):
                raise BrokenPicture(
                    f"{beginning_of(address, 40)} is not the address of a picture", "name a file, or http or https"
                )
            url = self.resolved(address)
            elsewhere = bool(urlsplit(address).netloc) or (address.startswith("/") and not self.targets.is_whole)
        except ValueError as error:
            raise BrokenPicture(f"{address} is not an address") from error
        if url not in self.pictures and not elsewhere:
            raise BrokenPicture(f"{address} is not a picture", "name a PNG, JPEG, GIF or WebP file")
        return self.pictures.get(url) or Picture("", "", url, guessed_type(url), 0)

    def _found(self, path: str, written: str | None = None) -> str:
        """The URL of *path*, which was *written* so, percent escapes and all; raises Broken where it leads nowhere."""
        return self._below_home(path, written) if path.startswith("/") else self._beside(path)

    def _beside(self, path: str) -> str:
        """What *path* means seen from the file, else seen from the page, as a browser resolves it (RFC 3986, 5.2)."""
        file = posixpath.normpath(posixpath.join(posixpath.dirname(self.source), path))
        is_inside = not file.startswith("..")
        for candidate in (file, f"{file}.md", f"{file}/index.md") if is_inside else ():
            if candidate in self.targets.documents:
                return self._document(candidate)
            if candidate in self.targets.held_back:
                raise Broken(f"{path} {self.targets.held_back[candidate]}", "link to it when it is out")
        if is_inside and file in self.targets.files:
            return self._file(file)
        if (seen := self._seen_from_page(path)) is not None and (url := self._known(seen)) is not None:
            return url
        if not is_inside:
            raise Broken(f"{path} leads out of the content folder", "link to what lies inside")
        if posixpath.splitext(path)[1].lower() in PICTURES:
            raise BrokenPicture(f"there is no picture {path}", self._nearest(path))
        raise Broken(f"nothing is at {path}", _whole_address(path) or self._nearest(path))

    def _seen_from_page(self, path: str) -> str | None:
        """The path that a browser makes of *path* on the page; None where that lies outside of the publication."""
        return self.targets.addresses.path_of(urljoin(self.link, f"./{quote(path)}"))

    def _below_home(self, path: str, written: str | None = None) -> str:
        targets = self.targets
        base = urlsplit(targets.addresses.home).path
        if base != "/" and path.startswith(base):
            path = path[len(base) - 1 :]
            written = written[len(base) - 1 :] if written and written.startswith(base) else None
        if (url := self._known(path)) is not None:
            return url
        if reason := targets.held_back.get(path) or targets.held_back.get(f"{path}/"):
            raise Broken(f"{path} {reason}", "link to it when it is out")
        if posixpath.splitext(path)[1].lower() in PICTURES and targets.is_whole:
            raise BrokenPicture(f"there is no picture {path}", f"put it at content/static{path}")
        if targets.is_whole:
            raise Broken(f"this publication has nothing at {path}", self._nearest(path), certain=False)
        return targets.addresses.home + _quoted((written or path).lstrip("/"))

    def _known(self, path: str) -> str | None:
        """The URL of what Pressrun publishes at *path*, below the home page; None where that is nothing."""
        targets = self.targets
        inside = posixpath.normpath(path).lstrip("/")
        if inside in targets.static and posixpath.splitext(path)[1].lower() in PICTURES:
            url = targets.addresses.url(path)
            # It is copied with the other static files, under the name that it has.
            self.pictures[url] = replace(targets.picture(f"static/{inside}"), source="", path=inside, url=url)
            return url
        if inside in targets.static or path in targets.paths or f"{path}/" in targets.paths:
            return targets.addresses.url(path)
        if inside in targets.files and not (targets.held_back.get(path) or targets.held_back.get(f"{path}/")):
            return self._document(inside) if inside in targets.documents else self._file(inside)
        return None

    def _document(self, source: str) -> str:
        path = self.targets.documents[source]
        return self.targets.addresses.url(path) if path.startswith("/") else path  # else it lives elsewhere

    def _file(self, source: str) -> str:
        if posixpath.splitext(source)[1].lower() in PICTURES:
            picture = self.targets.picture(source)
            self.pictures[picture.url] = picture
            return picture.url
        self.files[source] = self.targets.addresses.url(self.targets.file_path(source))
        return self.files[source]

    def _nearest(self, path: str) -> str | None:
        """A file of nearly this name, as a person would link it from here."""
        found = self.targets.nearest(re.sub(r"^.*/", "", path.rstrip("/")))
        if found is None:
            return None
        beside = posixpath.relpath(found, posixpath.dirname(self.source) or ".")
        return f"did you mean {beside}?"


def _tail(parts: SplitResult, prefix: str = "") -> str:
    """The query and the fragment of *parts*, as they stand behind a path; *prefix* comes before the fragment."""
    query = f"?{_quoted(parts.query)}" if parts.query else ""
    return query + (f"#{prefix}{_quoted(parts.fragment)}" if parts.fragment else "")


def _quoted(text: str) -> str:
    """*text*, a part of an address, with what no address may hold percent-encoded, and what is encoded left alone."""
    return _STRAY_PERCENT.sub("%25", quote(text, safe=SAFE_IN_PATH + "?%[]"))


def is_web(address: str) -> bool:
    """Whether *address* is a path, or one of the web."""
    scheme = re.match(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):", address)
    return scheme is None or scheme[1].lower() in ("http", "https")


def _whole_address(path: str) -> str | None:
    """What to write for an address whose beginning was left out."""
    if path.startswith("www."):
        return f"write https://{path}"
    if re.fullmatch(r"[^\s/@]+@[^\s/@]+\.[a-z]+", path):
        return f"write mailto:{path}"
    return None
