"""A build: from the content folder to feeds, pages and letters on disk."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pressrun.cache import FOLDER, Cache, furnished
from pressrun.content.load import load
from pressrun.crew import ALONE, Crew
from pressrun.diff import refloods, site_paths
from pressrun.making import Making
from pressrun.model.output import OUTBOX, PUBLIC, OutputFile
from pressrun.output.manifest import NAME as MANIFEST
from pressrun.output.manifest import digest_of
from pressrun.output.stage import Stage, intact, leads_out, state_of
from pressrun.output.write import clashes, settle, staged
from pressrun.press import Press
from pressrun.problems import ContentError, Position, Problem, Severity, errors_in, in_file_order
from pressrun.reading import StockReader
from pressrun.rendering.templates import Templates
from pressrun.report import FEEDS, WHOLE, Report
from pressrun.silence import without_silenced
from pressrun.stages import Stages, untimed
from pressrun.stock.glance import Call, Seen, templates_key, unchanged, write_down
from pressrun.stock.index import DAMAGED, NAME, KeptOutput, Spoilt, Stock, temporary_folder
from pressrun.stock.states import program, tick_in
from pressrun.wanted import Wanted

ROOTS = (PUBLIC, OUTBOX)


@dataclass(frozen=True, slots=True)
class How:
    """How a build goes about its work, which makes no difference to what comes of it.

    Unless *cached*, nothing of earlier builds is used, and nothing is kept for the next.
    """

    cached: bool = True
    crew: Crew = ALONE


AS_USUAL = How()


def build(
    source: Path,
    destination: Path,
    wanted: Wanted,
    *,
    allow_reflood: bool = False,
    only: frozenset[str] = WHOLE,
    how: How = AS_USUAL,
) -> Report:
    """Build the publication in *source* into *destination*: all of it, or *only* some of its PARTS.

    Raises ContentError with every Problem when there is an error, and then writes nothing. It is an error
    if readers would be shown a story again as new, unless *allow_reflood* says that they shall be.
    """
    call = Call.of(source, destination, wanted, only)
    report = unchanged(call, wanted.now) if how.cached else None
    return report or make(call, wanted, how=how, stages=untimed(), allow_reflood=allow_reflood)


def make(call: Call, wanted: Wanted, *, how: How, stages: Stages, allow_reflood: bool = False) -> Report:
    """The same where something has changed, or may have; *stages* tell where the time went."""
    folder = furnished(call.source / FOLDER) if how.cached else None
    for _ in range(2):
        if folder is None:
            break
        try:
            with _opened(folder) as stock:
                return _Build(call, wanted, stock, how, stages).run(allow_reflood=allow_reflood)
        except DAMAGED:  # noticed on the way: once more, from nothing
            (folder / NAME).unlink(missing_ok=True)
        except Spoilt:
            break
    with temporary_folder() as elsewhere, _opened(elsewhere) as stock:
        return _Build(call, wanted, stock, how, stages).run(allow_reflood=allow_reflood)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Stock]:
    stock = Stock(folder / NAME)
    stock.open(program())
    try:
        yield stock
    finally:
        stock.leave()


@dataclass(slots=True)
class _Build:
    """One build from one *stock*."""

    call: Call
    wanted: Wanted
    stock: Stock
    how: How
    stages: Stages
    remembered: set[str] = field(default_factory=set)  # the files of the last build, touched or not

    def run(self, *, allow_reflood: bool) -> Report:
        call, stock, stages = self.call, self.stock, self.stages
        stock.retract("report")
        tick = tick_in(stock.path.parent)
        with stages.stage("reading"):
            seen = Seen.of(call, tick)
            reader = StockReader(stock, self.how.crew, seen.content, tick)
            content, problems = load(call.source, home=self.wanted.home, read=reader)
            stages.note("reading", f"{reader.count:,} of {len(reader.digests):,} stories")
        if content is None:
            raise ContentError(problems)
        with stages.stage("planning"):
            templates = Templates(call.source / "templates")
            cache = Cache(call.source / FOLDER) if self.how.cached else Cache(None)
            press = Press(content, templates, self.wanted, problems, cache, whole=reader.whole)
            lying = self._lying()
        with staged(call.destination) as stage:
            making = Making(
                press, reader, stock, stage, self.how.crew, lying, call.parts, stages, templates_key(call.source)
            )
            making.run()
            stages.note("rendering", f"{making.count:,} of {len(press.stories):,} stories")
            with stages.stage("judging"):
                problems = self._judged(press, making, stage, allow_reflood=allow_reflood)
            if errors_in(problems):
                making.remember(tick)
                stock.commit()
                raise ContentError(problems)
            with stages.stage("writing"):
                written = settle(stage, making.brought, ROOTS, making.kept, is_whole=call.is_whole)
                cache.close()
        with stages.stage("remembering"):
            told = [*problems, *(_left_alone(path) for path in written.left_alone)]
            report = Report(
                written=written,
                stories=len(press.stories),
                editions=len(press.editions),
                held_back=len(press.held_back),
                letters=tuple(making.letters),
                problems=tuple(in_file_order(told)),
            )
            try:
                self._remember(press, making, report, seen, tick)
            except DAMAGED:  # what is built is built, and told; only the next build begins anew
                stock.leave()
                stock.path.unlink(missing_ok=True)
        return report

    def _lying(self) -> dict[str, KeptOutput]:
        """What the last build wrote to this destination, as far as nobody has touched it since."""
        if self.stock.said("destination") != str(self.call.destination).encode():
            self.stock.forget_all("outputs")
            self.stock.say("destination", str(self.call.destination).encode())
        kept = list(self.stock.outputs())
        self.remembered = {each.path for each in kept}
        if any(leads_out(self.call.destination / root) for root in ROOTS):  # which the stage tells of
            return {}
        # What was written in the last moment of that build may have been changed since without showing it.
        tick = int(self.stock.said("tick") or 0)
        return {
            path: each
            for path, each in intact(self.call.destination, kept).items()
            if each.mtime < tick or digest_of((self.call.destination / path).read_bytes()) == each.digest
        }

    def _manifests(self) -> dict[str, KeptOutput]:
        """The manifests, as they lie there now."""
        places = ((f"{root}/{MANIFEST}", self.call.destination / root / MANIFEST) for root in ROOTS)
        return {
            path: KeptOutput(path, None, digest_of(place.read_bytes()), *state_of(place))
            for path, place in places
            if place.is_file()
        }

    def _judged(self, press: Press, making: Making, stage: Stage, *, allow_reflood: bool) -> list[Problem]:
        """All that is wrong, what the files themselves silence left out."""
        problems = press.problems
        if not any(problem.code == "duplicate-slug" for problem in problems):
            problems += self._clashes(making)
        if not allow_reflood:
            found = self._refloods(press, making, stage)
            # Which id to write is told once, and it is the old one.
            told = {problem.position for problem in found}
            problems = [each for each in problems if each.code != "id-not-minted" or each.position not in told] + found
        return without_silenced(press, problems)

    def _clashes(self, making: Making) -> list[Problem]:
        """Every path that two files claim: what lay side by side after a build of everything does not clash now."""
        paths = [*(each.path for each in making.brought), *making.kept]
        is_known = self.stock.said("whole") == b"yes" and making.lying.keys() >= set(paths)
        if is_known and len(set(paths)) == len(paths):
            return []
        return clashes(making.claims())

    def _refloods(self, press: Press, making: Making, stage: Stage) -> list[Problem]:
        """What readers would see again as new. While no id is gone, nothing can come back under another."""
        ids = self.stock.said("ids")
        paths = [path for path in site_paths(self.call.destination) if path in making.lying]
        is_known = ids is not None and len(paths) == len(site_paths(self.call.destination))
        if is_known and ids is not None:
            known, shown = set(ids.decode().split("\n")), {story.id for story in press.stories.values()}
            if not known - shown or not shown - known:
                return []
        documents = making.documents()
        files = [OutputFile(path, stage.bytes_of(path), "a feed") for path in documents]
        return refloods(press, files, self.call.destination)

    def _remember(self, press: Press, making: Making, report: Report, seen: Seen, tick: int) -> None:
        stock = self.stock
        making.remember(tick)
        before = {path: each for path, each in making.lying.items() if path in making.kept}
        brought = {
            each.path: KeptOutput(each.path, making.keys.get(each.path), each.digest, *each.state)
            for each in making.brought
            if each.state is not None
        }
        outputs = {**before, **brought, **self._manifests()}
        if self.call.is_whole:
            stock.forget("outputs", self.remembered - outputs.keys())
        else:  # there is more of the output than was asked for
            outputs = {**making.lying, **outputs}
        stock.keep_outputs(brought.values())
        if FEEDS in self.call.parts:  # or the feeds that lie there are older, and know other ids
            stock.say("ids", "\n".join(story.id for story in press.stories.values()).encode())
        moments = [story.published for story in press.content.stories]
        moments += [edition.date for edition in press.content.editions]
        stock.say("whole", b"yes" if self.call.is_whole else b"no")
        after = tick_in(stock.path.parent)
        stock.say("tick", str(after).encode())
        write_down(
            stock,
            self.call,
            report,
            seen=seen,
            outputs=outputs,
            window=_window(moments, self.wanted.now),
            zone=press.content.publication.timezone.key,
            tick=after,
        )
        stock.commit()


def _window(moments: list[datetime], now: datetime) -> tuple[datetime | None, datetime | None]:
    """The moments between which the same is out as *now*: from the first on, until before the second."""
    return (
        max((moment for moment in moments if moment <= now), default=None),
        min((moment for moment in moments if moment > now), default=None),
    )


def _left_alone(path: str) -> Problem:
    return Problem(
        Position(path),
        code="output-changed",
        message="this belongs to an earlier build, but was changed since, and is left alone",
        hint="delete it if you do not need it",
        severity=Severity.WARNING,
    )
