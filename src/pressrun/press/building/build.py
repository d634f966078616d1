"""A build: from the content folder to feeds, pages and letters on disk."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pressrun.content.load import CONTENT, Content, load
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.output import OUTBOX, PUBLIC, OutputFile
from pressrun.model.problems import ContentError, OutputError, Problem, errors_in
from pressrun.model.severities import Command, all_judged
from pressrun.press.building.buildstate import DAMAGED, NAME, BuildState, Spoilt, temporary_folder
from pressrun.press.building.cache import FOLDER, Cache, furnished
from pressrun.press.building.earlier import Earlier, published_by, remember
from pressrun.press.building.filestates import program, tick_of
from pressrun.press.building.kept import KeptOutput
from pressrun.press.building.outputs import Making
from pressrun.press.building.placed import Placed
from pressrun.press.building.press import Press
from pressrun.press.building.published import Output
from pressrun.press.building.refloods import known_otherwise, refloods, site_paths
from pressrun.press.building.report import FEEDS, PAGES, WHOLE, BuildReport
from pressrun.press.building.reporting import report_of
from pressrun.press.building.stories import FileChanged, StateReader
from pressrun.press.building.timing import Stages, untimed
from pressrun.press.building.touchup import NotMerely, touched_up
from pressrun.press.building.unchanged import (
    NOTHING_KNOWN,
    Call,
    InputFiles,
    UnchangedCheck,
    intact,
    look,
    templates_key,
    write_down,
)
from pressrun.press.building.validity import MoreInvalid, settled, stopping
from pressrun.press.building.workers import ALONE, Workers
from pressrun.press.output.manifest import NAME as MANIFEST
from pressrun.press.output.manifest import digest_of
from pressrun.press.output.stage import Stage, leads_out, state_of
from pressrun.press.output.write import are_apart, clashes, settle, staged
from pressrun.rendering.templates import Templates

ROOTS = (PUBLIC, OUTBOX)
PUBLISHING = frozenset({PAGES, FEEDS})


@dataclass(frozen=True, slots=True)
class How:
    """How a build goes about its work, which makes no difference to what comes of it.

    Unless *cached*, nothing of earlier builds is used, and nothing is kept for the next.
    """

    cached: bool = True
    workers: Workers = ALONE


AS_USUAL = How()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a build may write: a story that readers would see as new once more, and what is valid beside errors."""

    allow_reflood: bool = False
    all_or_nothing: bool = False


def build(
    source: Path,
    destination: Path,
    build_request: BuildRequest,
    *,
    allow_reflood: bool = False,
    all_or_nothing: bool = False,
    only: frozenset[str] = WHOLE,
    how: How = AS_USUAL,
) -> BuildReport:
    """Build the publication in *source* into *destination*: all of it, or *only* some of its PARTS.

    Stories and editions with errors are left out, or stay as they were in earlier output, and the report has their
    errors. Raises ContentError with every Problem where something else has an error, and with *all_or_nothing* where
    anything has; then nothing is written. It is an error if readers would be shown a story again as new, unless
    *allow_reflood* says that they shall be.
    """
    call = Call.of(source, destination, build_request, only)
    seen = look(call, build_request.now) if how.cached else NOTHING_KNOWN
    if seen.report is not None:
        return refused_in_part(seen.report) if all_or_nothing else seen.report
    terms = Terms(allow_reflood=allow_reflood, all_or_nothing=all_or_nothing)
    return make(call, build_request, seen, how=how, stages=untimed(), terms=terms)


def refused_in_part(report: BuildReport) -> BuildReport:
    """Return *report*; raises ContentError where it has errors, for whoever wants all or nothing."""
    if errors_in(report.problems):
        raise ContentError(report.problems)
    return report


def make(
    call: Call,
    build_request: BuildRequest,
    seen: UnchangedCheck,
    *,
    how: How,
    stages: Stages,
    terms: "Terms | None" = None,
) -> BuildReport:
    """The same where a look has *seen* that something may have changed; *stages* tell where the time went."""
    terms = terms or Terms()
    # Whoever is in the wrong folder by mistake shall not find anything new in it.
    is_there = (call.source / CONTENT).is_dir()
    folder = furnished(call.source / FOLDER) if how.cached and is_there else None
    for attempt in (seen, NOTHING_KNOWN):
        if folder is None:
            break
        try:
            with _opened(folder) as build_state:
                return _made(call, build_request, attempt, build_state, how, stages, terms)
        except DAMAGED:  # noticed on the way: once more, from nothing
            with contextlib.suppress(OSError):
                (folder / NAME).unlink(missing_ok=True)
        except Spoilt:
            break
    try:
        with temporary_folder() as elsewhere, _opened(elsewhere) as build_state:
            return _made(call, build_request, seen, build_state, how, stages, terms)
    except (*DAMAGED, Spoilt) as error:
        raise OutputError(f"there is no room for what a build keeps while it works: {error}") from error


def _made(
    call: Call,
    build_request: BuildRequest,
    seen: UnchangedCheck,
    build_state: BuildState,
    how: How,
    stages: Stages,
    terms: "Terms",
) -> BuildReport:
    if seen.seen is not None and seen.told is not None and build_state.said("report") == seen.said:
        try:
            return touched_up(call, build_request, seen.seen, seen.told, build_state, stages)
        except NotMerely:
            build_state.begin_again()
    return _Build(call, build_request, seen.seen, build_state, how, stages, terms).run()


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[BuildState]:
    build_state = BuildState(folder / NAME)
    build_state.open(program())
    try:
        yield build_state
    finally:
        build_state.leave()


@dataclass(slots=True)
class _Build:
    """One build from one *build_state*."""

    call: Call
    build_request: BuildRequest
    seen: InputFiles | None
    build_state: BuildState
    how: How
    stages: Stages
    terms: Terms
    remembered: set[str] = field(default_factory=set)  # the files of the last build, touched or not
    earlier: Earlier = field(init=False)

    def run(self) -> BuildReport:
        call, build_state, stages = self.call, self.build_state, self.stages
        build_state.retract("report")
        with stages.stage("reading"):
            seen = self.seen or InputFiles.of(call, tick_of(build_state.path))
            reader = StateReader(build_state, self.how.workers, seen)
            content, problems = load(call.source, home=self.build_request.home, read=reader, found=seen.folder)
            stages.note("reading", f"{reader.count:,} of {len(reader.digests):,} stories")
        if content is None:
            raise ContentError(problems)
        lying = self._lying()
        self.earlier = Earlier.of(build_state, Output(call.destination))
        report, _ = settled(
            content, problems, lambda invalid, told: self._attempt(content, reader, seen, lying, invalid, told)
        )
        return report

    def _attempt(
        self,
        content: Content,
        reader: StateReader,
        seen: InputFiles,
        lying: Mapping[str, KeptOutput],
        invalid: frozenset[str],
        told: list[Problem],
    ) -> BuildReport:
        """Build without the pieces *invalid*; *told* is all that is known to be wrong. Raises MoreInvalid."""
        call, build_state, stages = self.call, self.build_state, self.stages
        with stages.stage("planning"):
            templates = Templates(call.source / "templates")
            cache = Cache(call.source / FOLDER) if self.how.cached else Cache(None)
            validity = self.earlier.validity(content, invalid, reader)
            press = Press(content, templates, self.build_request, told, cache, whole=reader.whole, validity=validity)
        with staged(call.destination) as stage:
            making = self._making(press, reader, stage, lying)
            making.run()
            stages.note("rendering", f"{making.count:,} of {len(press.stories):,} stories")
            with stages.stage("judging"):
                problems = self._judged(press, making, stage)
            if self._is_stopped(problems, content):
                making.remember()
                build_state.commit()
                raise ContentError(problems)
            if templates_key(call.source) != making.templates:
                raise FileChanged("templates/")
            with stages.stage("writing"):
                published = published_by(press) if PUBLISHING & call.parts else None
                written = settle(
                    stage, making.placed.brought, ROOTS, making.placed.kept, is_whole=call.is_whole, published=published
                )
                if making.count == len(press.stories):  # who takes from the stock does not ask the cache
                    cache.close()
        with stages.stage("remembering"):
            report = report_of(press, making.placed.letters, written, problems, self.earlier, self.build_request)
            try:
                self._remember(press, making, report, seen)
            except (*DAMAGED, OSError):  # all is in its place, and the next build makes again what this one forgets
                build_state.discard()
        return report

    def _making(self, press: Press, reader: StateReader, stage: Stage, lying: Mapping[str, KeptOutput]) -> Making:
        call, output = self.call, self.earlier.output
        workers, templates = self.how.workers, templates_key(call.source)
        placed = Placed(stage, lying)
        return Making(press, reader, self.build_state, placed, workers, call.parts, self.stages, output, templates)

    def _is_stopped(self, problems: list[Problem], content: Content) -> bool:
        return bool(errors_in(problems) if self.terms.all_or_nothing else stopping(problems, content))

    def _lying(self) -> dict[str, KeptOutput]:
        """What the last build wrote to this destination, as far as nobody has touched it since."""
        if self.build_state.said("destination") != str(self.call.destination).encode():
            self.build_state.forget_all("outputs")
            self.build_state.retract("published")
            self.build_state.retract("editions")
            self.build_state.say("destination", str(self.call.destination).encode())
        kept = list(self.build_state.outputs())
        self.remembered = {each.path for each in kept}
        if any(leads_out(self.call.destination / root) for root in ROOTS):  # which the stage tells of
            return {}
        # What was written in the last moment of that build may have been changed since without showing it.
        tick = int(self.build_state.said("tick") or 0)
        return {
            path: each
            for path, each in intact(self.call.destination, kept).items()
            if each.mtime < tick or digest_of((self.call.destination / path).read_bytes()) == each.digest
        }

    def _found(self, making: Making) -> dict[str, KeptOutput]:
        """Return the files of last good versions that are kept as they were found, and that the state did not know."""
        return {
            path: KeptOutput(path, None, digest, *state_of(self.call.destination / path))
            for path, digest in making.placed.kept.items()
            if path not in making.placed.lying
        }

    def _manifests(self) -> dict[str, KeptOutput]:
        """The manifests, as they lie there now."""
        places = ((f"{root}/{MANIFEST}", self.call.destination / root / MANIFEST) for root in ROOTS)
        return {
            path: KeptOutput(path, None, digest_of(place.read_bytes()), *state_of(place))
            for path, place in places
            if place.is_file()
        }

    def _judged(self, press: Press, making: Making, stage: Stage) -> list[Problem]:
        """All that is wrong, what the files themselves silence left out. Raises MoreInvalid."""
        found = self._clashes(making)
        making.placed.problems += found
        making.heed()
        self._give_up(press, found)
        problems = all_judged(making.placed.problems, Command.BUILD)
        if not self.terms.allow_reflood:
            found = self._refloods(press, making, stage)
            # Which id to write is told once, and it is the old one.
            told = {problem.position for problem in found}
            problems = [each for each in problems if each.code != "id-not-minted" or each.position not in told] + found
        from pressrun.press.building.ignored import without_ignored  # brings YAML along

        return without_ignored(press, problems)

    def _give_up(self, press: Press, clashes: Iterable[Problem]) -> None:
        """Raise MoreInvalid where last good versions are in the way of what is valid: then they are left out."""
        kept = press.validity.stories.keys() | press.validity.editions.keys()
        found = (press.content.owner_of(problem) for problem in clashes)
        if in_the_way := {source for source in found if source in kept}:
            self.earlier.given_up |= in_the_way
            raise MoreInvalid(frozenset(), [])

    def _clashes(self, making: Making) -> list[Problem]:
        """Every path that two files claim: what lay side by side after a build of everything does not clash now."""
        paths = [*(each.path for each in making.placed.brought), *making.placed.kept]
        is_known = self.build_state.said("whole") == b"yes" and making.placed.lying.keys() >= set(paths)
        if len(set(paths)) == len(paths) and (is_known or are_apart(paths)):
            return []
        return clashes(making.claims())

    def _refloods(self, press: Press, making: Making, stage: Stage) -> list[Problem]:
        """What readers would see again as new. While no id is gone, nothing can come back under another."""
        again = known_otherwise(press, self.earlier.remembered_ids)
        paths = site_paths(self.call.destination)
        if again or not paths:
            return again
        ids = self.build_state.said("ids")
        if ids is not None and all(path in making.placed.lying for path in paths):
            known, shown = set(ids.decode().split("\n")), {story.id for story in press.stories.values()}
            if not known - shown or not shown - known:
                return []
        files = [OutputFile(path, stage.bytes_of(path), "a feed") for path in making.documents()]
        return refloods(press, files, self.call.destination)

    def _remembered_ids(self, press: Press) -> dict[str, str]:
        """Return the id of each story that was published, and that no feed holds, because it was invalid, by source."""
        return {
            source: each.id
            for source, each in self.earlier.stories.items()
            if source in press.validity.invalid and source not in press.stories
        }

    def _remember(self, press: Press, making: Making, report: BuildReport, seen: InputFiles) -> None:
        build_state = self.build_state
        making.remember()
        before = {path: each for path, each in making.placed.lying.items() if path in making.placed.kept}
        brought = {each.path: each for each in making.placed.outputs()}
        found = self._found(making)
        outputs = {**before, **brought, **found, **self._manifests()}
        if self.call.is_whole:
            build_state.forget("outputs", self.remembered - outputs.keys())
        else:  # there is more of the output than was asked for
            outputs = {**making.placed.lying, **outputs}
        build_state.keep_outputs([*brought.values(), *found.values()])
        if FEEDS in self.call.parts:  # or the feeds that lie there are older, and know other ids
            ids = [*(story.id for story in press.stories.values()), *self._remembered_ids(press).values()]
            build_state.say("ids", "\n".join(ids).encode())
        remember(press, build_state, self.earlier, making.digests.of)
        build_state.forget_good(press.validity.invalid)
        plan = making.plan().to_bytes() if self.call.is_whole else None
        if plan is None:
            build_state.retract("plan")
        else:
            build_state.say("plan", plan)
        moments = [story.published for story in press.content.stories]
        moments += [edition.date for edition in press.content.editions]
        build_state.say("whole", b"yes" if self.call.is_whole else b"no")
        after = tick_of(build_state.path)
        build_state.say("tick", str(after).encode())
        write_down(
            build_state,
            self.call,
            report,
            seen=seen,
            outputs=outputs,
            window=_window(moments, self.build_request.now),
            zone=press.content.publication.timezone.key,
            tick=after,
        )
        build_state.commit()


def _window(moments: list[datetime], now: datetime) -> tuple[datetime | None, datetime | None]:
    """The moments between which the same is out as *now*: from the first on, until before the second."""
    return (
        max((moment for moment in moments if moment <= now), default=None),
        min((moment for moment in moments if moment > now), default=None),
    )
