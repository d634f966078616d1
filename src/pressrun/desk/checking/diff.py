"""What subscribers would notice between what was published and this build."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pressrun.model.buildrequest import BuildRequest
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.problems import ContentError, PressrunError, Problem, in_file_order
from pressrun.model.severities import Command, all_judged
from pressrun.press.building.refloods import Cure, cure_of, documents_of, stories_of
from pressrun.press.building.report import WHOLE
from pressrun.press.building.unchanged import Call, look
from pressrun.press.feeds.difference import Difference, Pair, difference
from pressrun.press.feeds.documentnames import ARCHIVE, NAMES, folder_of, is_archive_of, name_of
from pressrun.press.feeds.snapshot import Snapshot, joined, snapshot_of
from pressrun.press.output.stage import named_below

if TYPE_CHECKING:
    from pressrun.press.building.press import Press

# Where the tools that people come from put the feed of the whole site.
USUAL_PLACES = (*NAMES, "feed.xml", "index.xml", "feed/index.xml", "feed/feed.xml", "index.rdf")


class NoBaseline(PressrunError):
    """There is nothing that this build could be compared with."""


class UnknownFeed(PressrunError):
    """This build makes no such feed."""


@dataclass(frozen=True, slots=True)
class ExternalFeed:
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
class DiffReport:
    """What subscribers would notice, feed by feed.

    *new_feeds* were not there before; *lost_feeds* are not made any more. *cures* are by the id of today.
    *problems* are those that a build tells; errors are of stories and editions that it leaves out, or leaves as they
    are.
    """

    comparisons: tuple[Comparison, ...]
    new_feeds: tuple[str, ...] = ()
    lost_feeds: tuple[str, ...] = ()
    cures: Mapping[str, Cure] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def again(self) -> dict[str, Pair]:
        """Every story that would be shown again, in whatever feed, by its id of today."""
        return {pair.after.id: pair for each in self.comparisons for pair in each.difference.again}


def diff(
    source: Path, build_request: BuildRequest, against: Path | ExternalFeed, feed: str | None = None
) -> DiffReport:
    """How this build of *source* differs from *against*: a folder that was published, or one feed. Nothing is written.

    *feed* names the one feed to compare. Raises ContentError where a build would write nothing, NoBaseline where there
    is nothing to compare with.
    """
    if against == source / PUBLIC and feed is None and (report := _nothing_new(source, build_request)) is not None:
        return report
    # Where nothing has changed, importing these would take longest.
    from pressrun.press.building.memory import NoMemory
    from pressrun.press.building.published import Output
    from pressrun.press.building.reading import Reading
    from pressrun.press.building.run import settled_run
    from pressrun.press.building.validity import stopping

    memory, output = NoMemory.beside(source), Output(source)
    reading = Reading.of(source, build_request, memory)
    run, files = settled_run(reading, build_request, memory, lambda invalid: output.validity(reading.content, invalid))
    told = all_judged(run.problems, Command.BUILD)
    if stopping(told, reading.content):
        raise ContentError(told)
    return replace(compared(run.press, files, against, feed), problems=tuple(in_file_order(told)))


def _nothing_new(source: Path, build_request: BuildRequest) -> DiffReport | None:
    """Return how a build differs from the last one where nothing has changed since; None where something may have."""
    last = look(Call.of(source, source, build_request, WHOLE), build_request.now).report
    if last is None:
        return None
    public = (path.removeprefix(f"{PUBLIC}/") for path in last.written.unchanged if path.startswith(f"{PUBLIC}/"))
    paths = frozenset(public)
    feeds = (path for path in paths if name_of(path) in NAMES and not (source / "content" / "static" / path).exists())
    # The feeds of the site first, as where they are made.
    made = _Made(dict.fromkeys(sorted(feeds, key=lambda path: (folder_of(path) != "", path)), b""), paths)
    published = _Published.at(source / PUBLIC)
    comparisons = tuple(Comparison(path, str(published.root / path), Difference()) for path in made.feeds)
    lost = tuple(sorted({*published.paths()} - paths))
    return DiffReport(comparisons, lost_feeds=lost, problems=last.problems) if comparisons else None


def compared(
    press: "Press", files: Iterable[OutputFile], against: Path | ExternalFeed, feed: str | None = None
) -> DiffReport:
    """How *files*, which *press* made, differ from *against*. Raises NoBaseline where there is nothing to compare with.

    *feed* names the one feed to compare.
    """
    made = _Made.of(files)
    if isinstance(against, ExternalFeed):
        chosen = made.chosen(feed) if feed else made.like(made.site, against.data)
        report = DiffReport((_with_document(made, chosen, against),))
    else:
        report = _Published.at(against).compared(made, feed)
    pairs = stories_of(press, report.again.values())
    in_atom = {
        pair.after.id for each in report.comparisons if name_of(each.feed) == NAMES[0] for pair in each.difference.again
    }
    cures = {pair.after.id: cure_of(press, story, pair, in_atom=pair.after.id in in_atom) for story, pair in pairs}
    return replace(report, cures=cures)


@dataclass(frozen=True, slots=True)
class _Made:
    """The feed documents of this build, by their path below the public folder; *paths* are all files of it."""

    documents: Mapping[str, bytes]
    paths: frozenset[str]

    @classmethod
    def of(cls, files: Iterable[OutputFile]) -> "_Made":
        files = list(files)
        public = (file.path.removeprefix(f"{PUBLIC}/") for file in files if file.path.startswith(f"{PUBLIC}/"))
        return cls(documents_of(files), frozenset(public))

    @property
    def feeds(self) -> list[str]:
        """One document for every feed, the one that says most: the others carry the same entries."""
        subscribed = [path for path in self.documents if not ARCHIVE.match(path)]
        best: dict[str, str] = {}
        for path in sorted(subscribed, key=lambda path: NAMES.index(name_of(path))):
            best.setdefault(folder_of(path), path)
        return [path for path in subscribed if path in best.values()]

    @property
    def site(self) -> str:
        """The feed of the whole site."""
        found = next((path for path in self.feeds if not folder_of(path)), None)
        if found is None:
            raise NoBaseline("this build makes no feed of the whole site; name one of its feeds with --feed")
        return found

    def like(self, feed: str, data: bytes) -> str:
        """*feed* in the format of *data* where it is made in that: RSS and JSON keep ids that Atom cannot hold."""
        sign = "rss.xml" if b"<rss" in data[:2000] else "feed.json" if data.lstrip()[:1] == b"{" else "atom.xml"
        sibling = f"{folder_of(feed)}{sign}"
        return sibling if sibling in self.documents else feed

    def chosen(self, feed: str) -> str:
        """The document that somebody means by *feed*: its path, or its folder."""
        build_request = feed.strip("/").removeprefix(f"{PUBLIC}/")
        if build_request in self.documents:
            return build_request
        found = next((path for path in self.feeds if folder_of(path) == f"{build_request}/"), None)
        if found is None:
            raise UnknownFeed(f"this build makes no feed {feed}; it makes {', '.join(self.feeds) or 'none'}")
        return found

    def archives(self, feed: str) -> dict[str, bytes]:
        """The archive documents of *feed* (RFC 5005) by their path; only the site's has any."""
        return {path: self.documents[path] for path in self.documents if is_archive_of(path, feed)}


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

    def compared(self, made: _Made, only: str | None) -> DiffReport:
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
        lost = [] if only else sorted({*used, *self.paths()} - made.paths)
        return DiffReport(tuple(comparisons), tuple(new), tuple(lost))

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
        siblings = [f"{folder_of(feed)}{name}" for name in NAMES]
        for path in dict.fromkeys((feed, *siblings)):
            if (self.root / path).is_file():
                return path
        if folder_of(feed):
            return None
        return next((path for path in USUAL_PLACES if self._is_feed(path)), None)

    def _is_feed(self, path: str) -> bool:
        place = self.root / path
        try:
            return place.is_file() and snapshot_of(place.read_bytes()) is not None
        except ValueError:
            return False

    def paths(self) -> Iterator[str]:
        """Every feed document below the folder, archives left out."""
        return (path for path in named_below(self.root, NAMES) if not ARCHIVE.match(path))

    def _archives(self, feed: str) -> dict[str, bytes]:
        if folder_of(feed):
            return {}
        places = sorted(self.root.glob(f"archive/*/*/{name_of(feed)}"), reverse=True)
        paths = [place.relative_to(self.root).as_posix() for place in places]
        return {path: (self.root / path).read_bytes() for path in paths if is_archive_of(path, feed)}


def _with_document(made: _Made, feed: str, document: ExternalFeed) -> Comparison:
    before = _snapshot(document.name, document.data)
    return Comparison(feed, document.name, difference(before, snapshot_of(made.documents[feed])))


def _snapshot(name: object, data: bytes) -> Snapshot:
    try:
        return snapshot_of(data)
    except ValueError as error:
        raise NoBaseline(f"{name} is no feed that could be compared with: {error}") from error
