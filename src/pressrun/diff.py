"""What subscribers would notice between what was published and this build."""

import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pressrun.content.checks import place_of
from pressrun.feeds.snapshot import Seen, Snapshot, digest_of, is_own, joined, own_ids, own_snapshot, snapshot_of
from pressrun.model.addresses import is_iri
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.story import Story
from pressrun.press import Press
from pressrun.problems import ContentError, PressrunError, Problem, errors_in
from pressrun.wanted import Wanted

# What a feed's documents are called, the one that says most first.
NAMES = ("atom.xml", "rss.xml", "feed.json")
# Where the tools that people come from put the feed of the whole site.
USUAL_PLACES = (*NAMES, "feed.xml", "index.xml", "feed/index.xml", "feed/feed.xml", "index.rdf")
_ARCHIVE = re.compile(r"archive/\d{4}/\d{2}/")
_WORDLESS = digest_of("", "")


class NoBaseline(PressrunError):
    """There is nothing that this build could be compared with."""


class UnknownFeed(PressrunError):
    """This build makes no such feed."""


# Two snapshots


@dataclass(frozen=True, slots=True)
class Pair:
    """One story, as it was seen and as it would be seen."""

    before: Seen
    after: Seen


@dataclass(frozen=True, slots=True)
class Difference:
    """What a reader of a feed would notice. *again* is what it would show as new though it was seen before."""

    new: tuple[Seen, ...] = ()
    changed: tuple[Pair, ...] = ()
    gone: tuple[Seen, ...] = ()
    again: tuple[Pair, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nobody would notice anything."""
        return not (self.new or self.changed or self.gone or self.again)


def difference(before: Snapshot, after: Snapshot, *, is_whole: bool = False) -> Difference:
    """What changed from *before* to *after*: entries are the same by their id, then by their link, then by their words.

    Unless both are known to be whole, what is older than all of *after* is taken to have made room for newer entries,
    and not to be gone.
    """
    known, shown = before.by_id, after.by_id
    unknown = [seen for seen in shown.values() if seen.id not in known]
    missing = [seen for seen in known.values() if seen.id not in shown]
    again: dict[str, Seen] = {}
    for mark in (link_of, lambda seen: "" if seen.digest == _WORDLESS else seen.digest):
        again |= _matched(mark, known.values(), shown.values(), unknown, missing, again)
    seen_again = {seen.id for seen in again.values()}
    oldest = min((seen.moment for seen in shown.values() if seen.moment), default=None)

    def made_room(seen: Seen) -> bool:
        return not is_whole and oldest is not None and seen.moment is not None and seen.moment < oldest

    return Difference(
        new=tuple(seen for seen in unknown if seen.id not in again),
        changed=tuple(
            Pair(known[seen.id], seen)
            for seen in shown.values()
            if seen.id in known and _has_changed(known[seen.id], seen)
        ),
        gone=tuple(seen for seen in missing if seen.id not in seen_again and not made_room(seen)),
        again=tuple(Pair(again[seen.id], seen) for seen in unknown if seen.id in again),
    )


def _matched(
    mark: Callable[[Seen], str],
    known: Iterable[Seen],
    shown: Iterable[Seen],
    unknown: Iterable[Seen],
    missing: Iterable[Seen],
    again: Mapping[str, Seen],
) -> dict[str, Seen]:
    """The entries of *missing* by the ids of those in *unknown* that have the same *mark*.

    A mark that several entries of one side share, such as the home page as everybody's link, says nothing.
    """
    before, after = (Counter(mark(seen) for seen in side) for side in (known, shown))
    taken = {seen.id for seen in again.values()}
    by_mark = {mark(seen): seen for seen in missing if before[mark(seen)] == 1 and seen.id not in taken}
    return {
        seen.id: by_mark[mark(seen)]
        for seen in unknown
        if seen.id not in again and mark(seen) and after[mark(seen)] == 1 and mark(seen) in by_mark
    }


def link_of(seen: Seen) -> str:
    """The link of *seen* without what differs between two ways to write one address."""
    try:
        parts = urlsplit(seen.link)
    except ValueError:
        return seen.link
    path = unquote(parts.path).removesuffix("index.html").rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{path}{query}"


def _has_changed(before: Seen, after: Seen) -> bool:
    # RSS knows no date of a change, and a date that is not told has not changed.
    moved = bool(before.updated and after.updated and before.updated != after.updated)
    return moved or before.digest != after.digest


# A build and what was published


@dataclass(frozen=True, slots=True)
class Document:
    """A feed from somewhere else: what it is called when people are told of it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Comparison:
    """A feed of this build, by its path, and how it differs from *against*."""

    feed: str
    against: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Cure:
    """The *line* that gives the story in *file* its old id; None where that is no IRI, and no Atom feed can hold it."""

    file: str
    line: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What subscribers would notice, feed by feed.

    *new_feeds* were not there before; *lost_feeds* are not made any more. *cures* are by the id of today.
    """

    comparisons: tuple[Comparison, ...]
    new_feeds: tuple[str, ...] = ()
    lost_feeds: tuple[str, ...] = ()
    cures: Mapping[str, Cure] = field(default_factory=dict)

    @property
    def again(self) -> dict[str, Pair]:
        """Every story that would be shown again, in whatever feed, by its id of today."""
        return {pair.after.id: pair for each in self.comparisons for pair in each.difference.again}


def diff(source: Path, wanted: Wanted, against: Path | Document, feed: str | None = None) -> Report:
    """How this build of *source* differs from *against*: a folder that was published, or one feed. Nothing is written.

    *feed* names the one feed to compare. Raises ContentError where the content has errors, NoBaseline where there is
    nothing to compare with.
    """
    press = Press.of(source, wanted)
    files = press.run()
    if errors_in(press.problems):
        raise ContentError(press.problems)
    return compared(press, files, against, feed)


def compared(press: Press, files: Iterable[OutputFile], against: Path | Document, feed: str | None = None) -> Report:
    """How *files*, which *press* made, differ from *against*. Raises NoBaseline where there is nothing to compare with.

    *feed* names the one feed to compare.
    """
    made = _Made.of(files)
    if isinstance(against, Document):
        chosen = made.chosen(feed) if feed else made.like(made.site, against.data)
        report = Report((_with_document(made, chosen, against),))
    else:
        report = _Published.at(against).compared(made, feed)
    pairs = _stories(press, report.again.values())
    in_atom = {
        pair.after.id for each in report.comparisons if _name(each.feed) == NAMES[0] for pair in each.difference.again
    }
    cures = {pair.after.id: _cure(press, story, pair, in_atom=pair.after.id in in_atom) for story, pair in pairs}
    return replace(report, cures=cures)


@dataclass(frozen=True, slots=True)
class _Made:
    """The feed documents of this build, by their path below the public folder; *paths* are all files of it."""

    documents: Mapping[str, bytes]
    paths: frozenset[str]

    @classmethod
    def of(cls, files: Iterable[OutputFile]) -> "_Made":
        public = {file.path.removeprefix(f"{PUBLIC}/"): file for file in files if file.path.startswith(f"{PUBLIC}/")}
        documents = {
            path: file.content
            for path, file in public.items()
            # What lies in the content folder is copied, whatever it is called.
            if _name(path) in NAMES and isinstance(file.content, bytes) and not file.origin.startswith("content/")
        }
        return cls(documents, frozenset(public))

    @property
    def feeds(self) -> list[str]:
        """One document for every feed, the one that says most: the others carry the same entries."""
        subscribed = [path for path in self.documents if not _ARCHIVE.match(path)]
        best: dict[str, str] = {}
        for path in sorted(subscribed, key=lambda path: NAMES.index(_name(path))):
            best.setdefault(_folder(path), path)
        return [path for path in subscribed if path in best.values()]

    @property
    def site(self) -> str:
        """The feed of the whole site."""
        found = next((path for path in self.feeds if not _folder(path)), None)
        if found is None:
            raise NoBaseline("this build makes no feed of the whole site; name one of its feeds with --feed")
        return found

    def like(self, feed: str, data: bytes) -> str:
        """*feed* in the format of *data* where it is made in that: RSS and JSON keep ids that Atom cannot hold."""
        sign = "rss.xml" if b"<rss" in data[:2000] else "feed.json" if data.lstrip()[:1] == b"{" else "atom.xml"
        sibling = f"{_folder(feed)}{sign}"
        return sibling if sibling in self.documents else feed

    def chosen(self, feed: str) -> str:
        """The document that somebody means by *feed*: its path, or its folder."""
        wanted = feed.strip("/").removeprefix(f"{PUBLIC}/")
        if wanted in self.documents:
            return wanted
        found = next((path for path in self.feeds if _folder(path) == f"{wanted}/"), None)
        if found is None:
            raise UnknownFeed(f"this build makes no feed {feed}; it makes {', '.join(self.feeds) or 'none'}")
        return found

    def archives(self, feed: str) -> dict[str, bytes]:
        """The archive documents of *feed* (RFC 5005) by their path; only the site's has any."""
        return {path: self.documents[path] for path in self.documents if _is_archive_of(path, feed)}


@dataclass(frozen=True, slots=True)
class _Published:
    """A folder of what was published."""

    root: Path

    @classmethod
    def at(cls, folder: Path) -> "_Published":
        """The public folder *folder*, or the one in it."""
        if not folder.is_dir():
            raise NoBaseline(f"there is nothing to compare with: there is no folder {folder}")
        public = folder / PUBLIC
        return cls(public if public.is_dir() else folder)

    def compared(self, made: _Made, only: str | None) -> Report:
        """What became of every feed of this build, or of the one that *only* means."""
        comparisons, new, used = [], [], []
        for feed in [made.chosen(only)] if only else made.feeds:
            path = self._path(feed)
            if path is None:
                new.append(feed)
                continue
            used.append(path)
            comparisons.append(self._comparison(made, feed, path))
        if not comparisons:
            what = only or "feed"
            raise NoBaseline(
                f"there is nothing to compare with: no {what} lies in {self.root};"
                " build once, or say with --against what was published"
            )
        lost = [] if only else sorted({*used, *self._paths()} - made.paths)
        return Report(tuple(comparisons), tuple(new), tuple(lost))

    def _comparison(self, made: _Made, feed: str, path: str) -> Comparison:
        before = (self.root / path).read_bytes()
        if path != feed:
            feed = made.like(feed, before)
        after = made.documents[feed]
        place = self.root / path
        if path == feed and before == after and not made.archives(feed):
            return Comparison(feed, str(place), Difference())
        theirs, ours = self._archives(path) if path == feed else {}, made.archives(feed)
        if theirs and ours:
            befores = [_snapshot(self.root / each, data) for each, data in {path: before, **theirs}.items()]
            afters = [snapshot_of(data) for data in (after, *ours.values())]
            return Comparison(feed, str(place), difference(joined(befores), joined(afters), is_whole=True))
        return Comparison(feed, str(place), difference(_snapshot(place, before), snapshot_of(after)))

    def _path(self, feed: str) -> str | None:
        """What was published as *feed*: under the same name, else in another format; the site's also elsewhere."""
        siblings = [f"{_folder(feed)}{name}" for name in NAMES]
        for path in dict.fromkeys((feed, *siblings)):
            if (self.root / path).is_file():
                return path
        if _folder(feed):
            return None
        return next((path for path in USUAL_PLACES if self._is_feed(path)), None)

    def _is_feed(self, path: str) -> bool:
        place = self.root / path
        try:
            return place.is_file() and snapshot_of(place.read_bytes()) is not None
        except ValueError:
            return False

    def _paths(self) -> Iterator[str]:
        """Every feed document below the folder, archives left out."""
        for name in NAMES:
            for place in self.root.rglob(name):
                path = place.relative_to(self.root).as_posix()
                if not _ARCHIVE.match(path):
                    yield path

    def _archives(self, feed: str) -> dict[str, bytes]:
        if _folder(feed):
            return {}
        places = sorted(self.root.glob(f"archive/*/*/{_name(feed)}"), reverse=True)
        paths = [place.relative_to(self.root).as_posix() for place in places]
        return {path: (self.root / path).read_bytes() for path in paths if _is_archive_of(path, feed)}


def _with_document(made: _Made, feed: str, document: Document) -> Comparison:
    before = _snapshot(document.name, document.data)
    return Comparison(feed, document.name, difference(before, snapshot_of(made.documents[feed])))


def _snapshot(name: object, data: bytes) -> Snapshot:
    try:
        return snapshot_of(data)
    except ValueError as error:
        raise NoBaseline(f"{name} is no feed that could be compared with: {error}") from error


def _is_archive_of(path: str, feed: str) -> bool:
    return not _folder(feed) and _ARCHIVE.fullmatch(_folder(path)) is not None and _name(path) == _name(feed)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _folder(path: str) -> str:
    """The folder of *path*, with a slash at its end, or empty."""
    return path[: len(path) - len(_name(path))]


# What a build must not do


def refloods(press: Press, files: Iterable[OutputFile], destination: Path) -> list[Problem]:
    """A Problem for every story that readers of the site's feed in *destination* would be shown again as new.

    *files* are what takes its place. What lies there counts as far as Pressrun wrote it.
    """
    new = _site_documents(_Made.of(files).documents)
    old = _site_documents(_on_disk(destination / PUBLIC))
    # Mostly nothing changed, or one story did, and to read words takes longest: what is the same on both sides is left
    # out, and then all whose id is known. Only a suspicion is worth a look at everything.
    before = [data for path, data in old.items() if new.get(path) != data]
    after = [data for path, data in new.items() if old.get(path) != data] if before else []
    known, shown = (frozenset[str]().union(*map(_own_ids, side)) for side in (before, after))
    if not known - shown or not shown - known:
        return []
    if not difference(_own(before, known - shown), _own(after, shown - known)).again:
        return []
    again = difference(_own(old.values()), _own(new.values())).again
    return [_reflood(press, story, pair) for story, pair in _stories(press, again)]


def is_site_document(path: str) -> bool:
    """Whether the file *path* of the output is an Atom document of the site's feed, or one of its archives."""
    name = path.removeprefix(f"{PUBLIC}/")
    return name != path and (name == NAMES[0] or _is_archive_of(name, NAMES[0]))


def site_paths(destination: Path) -> list[str]:
    """The paths of the documents of the site's feed that lie in *destination*."""
    public = destination / PUBLIC
    places = [public / NAMES[0]]
    with contextlib.suppress(OSError):
        places += public.glob(f"archive/*/*/{NAMES[0]}")
    return [place.relative_to(destination).as_posix() for place in places if place.is_file()]


def _site_documents(documents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The site's feed among *documents*, and its archives."""
    site = NAMES[0]
    return {path: data for path, data in documents.items() if path == site or _is_archive_of(path, site)}


def _on_disk(public: Path) -> dict[str, bytes]:
    places, documents = [public / NAMES[0]], {}
    # What the disk has against reading it, whoever writes there will say.
    with contextlib.suppress(OSError):
        places += public.glob(f"archive/*/*/{NAMES[0]}")
    for place in places:
        with contextlib.suppress(OSError):
            documents[place.relative_to(public).as_posix()] = place.read_bytes()
    return documents


def _own(documents: Iterable[bytes], only: frozenset[str] | None = None) -> Snapshot:
    """The entries of those of *documents* that Pressrun wrote and nobody damaged, *only* of these ids."""
    snapshots = []
    for data in documents:
        with contextlib.suppress(ValueError):
            snapshots.append(own_snapshot(data, only) if is_own(data) else Snapshot())
    return joined(snapshots)


def _own_ids(data: bytes) -> frozenset[str]:
    try:
        return own_ids(data) if is_own(data) else frozenset()
    except ValueError:
        return frozenset()


def _reflood(press: Press, story: Story, pair: Pair) -> Problem:
    line = _cure(press, story, pair, in_atom=True).line
    write = f"write {line} here" if "id" in story.positions else f"add a line {line}"
    return Problem(
        place_of(story, "id", "title"),
        code="feed-reflood",
        message=f"readers know this as {pair.before.id}; as {pair.after.id} all of them would be shown it again",
        hint=f"{write}, or build with --allow-reflood to show it again" if line else "build with --allow-reflood",
    )


def _stories(press: Press, pairs: Iterable[Pair]) -> Iterator[tuple[Story, Pair]]:
    """The stories of *pairs*, each once."""
    stories = {known_by: story for story in press.stories.values() for known_by in (story.id, story.guid) if known_by}
    by_id = {pair.after.id: pair for pair in pairs}
    yield from ((stories[known_by], pair) for known_by, pair in by_id.items() if known_by in stories)


def _cure(press: Press, story: Story, pair: Pair, *, in_atom: bool) -> Cure:
    old = pair.before.id
    with press.content.folder.files[story.source].open("rb") as stream:
        is_toml = stream.read(6).removeprefix(b"\xef\xbb\xbf").startswith(b"+++")
    return Cure(f"content/{story.source}", _line(old, is_toml=is_toml) if is_iri(old) or not in_atom else None)


def _line(known_by: str, *, is_toml: bool) -> str:
    if is_toml:
        return f"id = {json.dumps(known_by, ensure_ascii=False)}"
    from pressrun.content.fields import quoted  # brings YAML along

    # A colon at the very end is the one thing in an IRI that YAML wants in quotes.
    plain = is_iri(known_by) and not known_by.endswith(":")
    return f"id: {known_by if plain else quoted(known_by)}"
