"""Whether anything has changed since the last build, told by file times and one row of the stock alone."""

import contextlib
import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pressrun.content.source.files import ContentFolder, content_folder
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.problems import Problem
from pressrun.press.building.buildstate import DAMAGED, NAME, BuildState
from pressrun.press.building.cache import FOLDER
from pressrun.press.building.filestates import (
    NO_STATE,
    FileState,
    digest_of_states,
    program,
    states_of,
    tick_of,
    zone_file,
)
from pressrun.press.building.kept import KeptOutput
from pressrun.press.building.problemforms import problem_form, problem_from
from pressrun.press.building.report import WHOLE, BuildReport, MadeLetter
from pressrun.press.newsletter.size import Size
from pressrun.press.output.manifest import NAME as MANIFEST
from pressrun.press.output.stage import INODE, FileIdentity, leftovers
from pressrun.press.output.written import WrittenOutput


@dataclass(frozen=True, slots=True)
class Call:
    """What a build was called with, the moment left out."""

    source: Path
    destination: Path
    wishes: tuple[Any, ...]
    parts: frozenset[str]

    @classmethod
    def of(cls, source: Path, destination: Path, build_request: BuildRequest, parts: frozenset[str]) -> "Call":
        """The call for *parts* of the publication in *source*, as *build_request*, into *destination*."""
        wishes = (
            build_request.drafts,
            build_request.future,
            build_request.home,
            build_request.slots,
            *sorted(build_request.besides),
        )
        return cls(source, Path(os.path.abspath(destination)), wishes, parts)

    @property
    def is_whole(self) -> bool:
        """Whether all of the output is asked for."""
        return self.parts == WHOLE

    def key(self) -> str:
        """What the call is known by."""
        return json.dumps([str(self.destination), self.wishes, sorted(self.parts)])


@dataclass(frozen=True, slots=True)
class InputFiles:
    """The files that a build may read, before it does: each one's state by its name.

    *fresh* are those that may change without showing it, each with what its bytes are known by. *folder* is the
    content folder, with all that is wrong in it; None where there is none. *tick* is the moment of the look.
    """

    folder: tuple[ContentFolder, list[Problem]] | None
    states: Mapping[str, FileState]
    fresh: Mapping[str, str]
    tick: int

    @classmethod
    def of(cls, call: Call, tick: int) -> "InputFiles":
        """What lies there for *call*, at *tick* by the clock of the file system."""
        root = call.source / "content"
        folder = content_folder(root, "content") if root.is_dir() else None
        places = {f"content/{path}": place for path, place in folder[0].files.places.items()} if folder else {}
        places |= template_places(call.source)
        states = states_of(places)
        fresh = {name: _digest_of(places[name]) or "" for name, state in states.items() if state.is_fresh(tick)}
        return cls(folder, states, fresh, tick)

    @property
    def content(self) -> dict[str, FileState]:
        """The states of what lies below the content folder, by path there."""
        return {name[8:]: state for name, state in self.states.items() if name.startswith("content/")}

    def digest(self, fresh: Collection[str]) -> str:
        """What all of it is known by, the bytes of *fresh* files left out."""
        return digest_of_states({name: NO_STATE if name in fresh else state for name, state in self.states.items()})


def template_places(source: Path) -> dict[str, str]:
    """Every file below the templates of the publication in *source*, by its name, and its place."""
    root = source / "templates"
    return {
        f"templates/{path.relative_to(root).as_posix()}": str(path)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def templates_key(source: Path) -> str:
    """What the templates of the publication in *source* are known by."""
    digest = hashlib.sha256()
    for name, place in template_places(source).items():
        digest.update(f"{name}\0{_digest_of(place)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class UnchangedCheck:
    """What a look at file times told: *report* where nothing has changed.

    *told* is what the last build left, where nothing but the files in *seen* may have changed; *said* is the same as
    it lies in the stock.
    """

    seen: InputFiles | None = None
    told: dict[str, Any] | None = None
    said: bytes = b""
    report: BuildReport | None = None


NOTHING_KNOWN = UnchangedCheck()


def look(call: Call, now: datetime) -> UnchangedCheck:
    """What the stock of the last build says about another of *call* at *now*."""
    place = call.source / FOLDER / NAME
    if not place.is_file():
        return NOTHING_KNOWN
    try:
        tick = tick_of(place)
        said = BuildState(place).last_word(program())
    except (*DAMAGED, OSError):
        return NOTHING_KNOWN
    if said is None:
        return NOTHING_KNOWN
    seen = InputFiles.of(call, tick)
    try:
        told = json.loads(said)
        if told["call"] != call.key() or not _holds(told, call, now):
            return UnchangedCheck(seen)
        return UnchangedCheck(seen, told, said, report_of(told) if _are_the_same(told, seen, call) else None)
    except (ValueError, LookupError, TypeError, AttributeError):
        return UnchangedCheck(seen)


def _holds(told: dict[str, Any], call: Call, now: datetime) -> bool:
    """Whether the same is due, and lies in its place."""
    since, until = told["window"]
    if (since and now < datetime.fromisoformat(since)) or (until and now >= datetime.fromisoformat(until)):
        return False
    if hashlib.sha256(zone_file(told["zone"][0])).hexdigest() != told["zone"][1]:
        return False
    return _lie_as_they_did(call.destination, told["outputs"], told["touched"])


def _are_the_same(told: dict[str, Any], seen: InputFiles, call: Call) -> bool:
    """Whether the sources are those of the last build, and the same is wrong with the folder."""
    if seen.folder is None or list(map(problem_form, seen.folder[1])) != [
        [tuple(place), *rest] for place, *rest in told["folder"]
    ]:
        return False
    if seen.digest(told["fresh"]) != told["sources"]:
        return False
    return all(_digest_of(str(call.source / name)) == digest for name, digest in told["fresh"].items())


def intact(destination: Path, outputs: Iterable[KeptOutput]) -> dict[str, KeptOutput]:
    """Those of *outputs*, by their path, that lie below *destination* as they were when they were last looked at."""
    found = {}
    for each in outputs:
        with contextlib.suppress(OSError):
            if FileIdentity.of(os.lstat(f"{destination}/{each.path}")) == each[3:]:
                found[each.path] = each
    return found


def _lie_as_they_did(destination: Path, outputs: Sequence[str], touched: Mapping[str, str]) -> bool:
    root, lstat = str(destination), os.lstat
    if any(os.path.islink(f"{root}/{each}") for each in (PUBLIC, OUTBOX)):  # a build looks where it leads
        return False
    if any(leftovers(f"{root}/{each}") for each in (PUBLIC, OUTBOX)):  # a build sweeps them away
        return False
    try:
        for line in outputs:
            path, _, state = line.partition("\0")
            there = lstat(f"{root}/{path}")
            if state != f"{there.st_size} {there.st_mtime_ns} {there.st_ino & INODE}":
                return False
    except OSError:
        return False
    return all(_digest_of(f"{root}/{path}") == digest for path, digest in touched.items())


def _digest_of(place: str) -> str | None:
    try:
        with open(place, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def write_down(
    build_state: BuildState,
    call: Call,
    report: BuildReport,
    *,
    seen: InputFiles,
    outputs: Mapping[str, KeptOutput],
    window: tuple[datetime | None, datetime | None],
    zone: str,
    tick: int,
) -> None:
    """Leave in *build_state* what the next build of *call* needs to know that it has nothing to do.

    *seen* are the sources before they were read, *outputs* what lies there now, and *tick* is the time after they were
    written: one of that very moment may have been changed again, and its bytes are asked.
    """
    told = {
        "call": call.key(),
        "window": [moment and moment.isoformat() for moment in window],
        "zone": [zone, hashlib.sha256(zone_file(zone)).hexdigest()],
        "fresh": seen.fresh,
        "sources": seen.digest(seen.fresh),
        "folder": list(map(problem_form, seen.folder[1])) if seen.folder else [],
        "outputs": [f"{each.path}\0{each.size} {each.mtime} {each.inode}" for each in outputs.values()],
        "touched": {each.path: each.digest for each in outputs.values() if each.mtime >= tick},
        "report": _report_form(report),
    }
    build_state.say("report", json.dumps(told).encode())


def write_again(
    build_state: BuildState,
    told: dict[str, Any],
    report: BuildReport,
    *,
    seen: InputFiles,
    outputs: Sequence[KeptOutput],
    root: Path,
    tick: int,
) -> None:
    """The same after a few of the *outputs* below *root*, of which the last build *told*, were written anew."""
    changed = {each.path: f"{each.size} {each.mtime} {each.inode}" for each in outputs}
    lines = []
    for line in told["outputs"]:
        path, _, state = line.partition("\0")
        if path.endswith(MANIFEST):
            there = os.lstat(root / path)
            state = f"{there.st_size} {there.st_mtime_ns} {there.st_ino & INODE}"
        lines.append(f"{path}\0{changed.get(path, state)}")
    again = {
        **told,
        "fresh": seen.fresh,
        "sources": seen.digest(seen.fresh),
        "outputs": lines,
        "touched": {each.path: each.digest for each in outputs if each.mtime >= tick},
        "report": _report_form(report),
    }
    build_state.say("report", json.dumps(again).encode())


def _report_form(report: BuildReport) -> list[Any]:
    written = report.written
    paths = sorted((*written.new, *written.changed, *written.unchanged))
    # What was left alone is not the last build's any more, and is not told again.
    problems = [problem_form(each) for each in report.problems if each.code != "output-changed"]
    letters = [[path, astuple(size)] for path, size in report.letters]
    invalid = [report.kept, report.left_out, report.missing]
    return [paths, report.stories, report.editions, report.held_back, letters, problems, invalid]


def report_of(told: dict[str, Any]) -> BuildReport:
    """What the last build told, with nothing done."""
    paths, stories, editions, held_back, letters, problems, invalid = told["report"]
    return BuildReport(
        WrittenOutput(unchanged=tuple(paths)),
        stories,
        editions,
        held_back,
        tuple(MadeLetter(path, Size(*size)) for path, size in letters),
        tuple(map(problem_from, problems)),
        *map(tuple, invalid),
    )
