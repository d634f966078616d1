"""A build: from the content folder to feeds, pages and letters on disk."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pressrun.cache import FOLDER, Cache, furnished
from pressrun.content.load import CONTENT, load
from pressrun.crew import ALONE, Crew
from pressrun.diff import refloods, site_paths
from pressrun.making import Making
from pressrun.model.output import OUTBOX, PUBLIC, OutputFile
from pressrun.output.manifest import NAME as MANIFEST
from pressrun.output.manifest import digest_of
from pressrun.output.stage import Stage, leads_out, state_of
from pressrun.output.write import are_apart, clashes, settle, staged
from pressrun.press import Press
from pressrun.problems import ContentError, OutputError, Position, Problem, Severity, errors_in, in_file_order
from pressrun.reading import Moved, StockReader
from pressrun.rendering.templates import Templates
from pressrun.report import FEEDS, WHOLE, Report
from pressrun.stages import Stages, untimed
from pressrun.stock.glance import NOTHING_KNOWN, Call, Look, Seen, intact, look, templates_key, write_down
from pressrun.stock.index import DAMAGED, NAME, KeptOutput, Spoilt, Stock, temporary_folder
from pressrun.stock.states import program, tick_of
from pressrun.touch import NotMerely, touched_up
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
    seen = look(call, wanted.now) if how.cached else NOTHING_KNOWN
    return seen.report or make(call, wanted, seen, how=how, stages=untimed(), allow_reflood=allow_reflood)


def make(call: Call, wanted: Wanted, seen: Look, *, how: How, stages: Stages, allow_reflood: bool = False) -> Report:
    """The same where a look has *seen* that something may have changed; *stages* tell where the time went."""
    # Whoever is in the wrong folder by mistake shall not find anything new in it.
    is_there = (call.source / CONTENT).is_dir()
    folder = furnished(call.source / FOLDER) if how.cached and is_there else None
    for attempt in (seen, NOTHING_KNOWN):
        if folder is None:
            break
        try:
            with _opened(folder) as stock:
                return _made(call, wanted, attempt, stock, how, stages, allow_reflood=allow_reflood)
        except DAMAGED:  # noticed on the way: once more, from nothing
            with contextlib.suppress(OSError):
                (folder / NAME).unlink(missing_ok=True)
        except Spoilt:
            break
    try:
        with temporary_folder() as elsewhere, _opened(elsewhere) as stock:
            return _made(call, wanted, seen, stock, how, stages, allow_reflood=allow_reflood)
    except (*DAMAGED, Spoilt) as error:
        raise OutputError(f"there is no room for what a build keeps while it works: {error}") from error


def _made(
    call: Call, wanted: Wanted, seen: Look, stock: Stock, how: How, stages: Stages, *, allow_reflood: bool
) -> Report:
    if seen.seen is not None and seen.told is not None and stock.said("report") == seen.said:
        try:
            return touched_up(call, wanted, seen.seen, seen.told, stock, stages)
        except NotMerely:
            stock.begin_again()
    return _Build(call, wanted, seen.seen, stock, how, stages).run(allow_reflood=allow_reflood)


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
    seen: Seen | None
    stock: Stock
    how: How
    stages: Stages
    remembered: set[str] = field(default_factory=set)  # the files of the last build, touched or not

    def run(self, *, allow_reflood: bool) -> Report:
        call, stock, stages = self.call, self.stock, self.stages
        stock.retract("report")
        with stages.stage("reading"):
            seen = self.seen or Seen.of(call, tick_of(stock.path))
            reader = StockReader(stock, self.how.crew, seen)
            content, problems = load(call.source, home=self.wanted.home, read=reader, found=seen.folder)
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
                making.remember()
                stock.commit()
                raise ContentError(problems)
            if templates_key(call.source) != making.templates:
                raise Moved("templates/")
            with stages.stage("writing"):
                written = settle(stage, making.brought, ROOTS, making.kept, is_whole=call.is_whole)
                if making.count == len(press.stories):  # who takes from the stock does not ask the cache
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
                self._remember(press, making, report, seen)
            except (*DAMAGED, OSError):  # all is in its place, and the next build makes again what this one forgets
                stock.discard()
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
        from pressrun.silence import without_silenced  # brings YAML along

        return without_silenced(press, problems)

    def _clashes(self, making: Making) -> list[Problem]:
        """Every path that two files claim: what lay side by side after a build of everything does not clash now."""
        paths = [*(each.path for each in making.brought), *making.kept]
        is_known = self.stock.said("whole") == b"yes" and making.lying.keys() >= set(paths)
        if len(set(paths)) == len(paths) and (is_known or are_apart(paths)):
            return []
        return clashes(making.claims())

    def _refloods(self, press: Press, making: Making, stage: Stage) -> list[Problem]:
        """What readers would see again as new. While no id is gone, nothing can come back under another."""
        paths = site_paths(self.call.destination)
        if not paths:
            return []
        ids = self.stock.said("ids")
        if ids is not None and all(path in making.lying for path in paths):
            known, shown = set(ids.decode().split("\n")), {story.id for story in press.stories.values()}
            if not known - shown or not shown - known:
                return []
        files = [OutputFile(path, stage.bytes_of(path), "a feed") for path in making.documents()]
        return refloods(press, files, self.call.destination)

    def _remember(self, press: Press, making: Making, report: Report, seen: Seen) -> None:
        stock = self.stock
        making.remember()
        before = {path: each for path, each in making.lying.items() if path in making.kept}
        brought = {each.path: each for each in making.outputs()}
        outputs = {**before, **brought, **self._manifests()}
        if self.call.is_whole:
            stock.forget("outputs", self.remembered - outputs.keys())
        else:  # there is more of the output than was asked for
            outputs = {**making.lying, **outputs}
        stock.keep_outputs(brought.values())
        if FEEDS in self.call.parts:  # or the feeds that lie there are older, and know other ids
            stock.say("ids", "\n".join(story.id for story in press.stories.values()).encode())
        plan = making.plan().to_bytes() if self.call.is_whole else None
        if plan is None:
            stock.retract("plan")
        else:
            stock.say("plan", plan)
        moments = [story.published for story in press.content.stories]
        moments += [edition.date for edition in press.content.editions]
        stock.say("whole", b"yes" if self.call.is_whole else b"no")
        after = tick_of(stock.path)
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
