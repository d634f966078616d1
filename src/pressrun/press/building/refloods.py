"""Stories that feed readers would show again as new, because their ids changed: found before anything is written."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pressrun.content.checks import place_of
from pressrun.model.addresses import is_iri
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.problems import Problem
from pressrun.model.story import Story
from pressrun.press.feeds.difference import Pair, difference
from pressrun.press.feeds.documentnames import NAMES, is_archive_of, name_of
from pressrun.press.feeds.snapshot import SeenEntry, Snapshot, is_own, joined, own_ids, own_snapshot

if TYPE_CHECKING:
    from pressrun.press.building.press import Press


@dataclass(frozen=True, slots=True)
class Cure:
    """The *line* that gives the story in *file* its old id; None where that is no IRI, and no Atom feed can hold it."""

    file: str
    line: str | None


def refloods(press: "Press", files: Iterable[OutputFile], destination: Path) -> list[Problem]:
    """A Problem for every story that readers of the site's feed in *destination* would be shown again as new.

    *files* are what takes its place. What lies there counts as far as Pressrun wrote it.
    """
    new = _site_documents(documents_of(files))
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
    return [_reflood(press, story, pair) for story, pair in stories_of(press, again)]


def known_otherwise(press: "Press", known: Mapping[str, str]) -> list[Problem]:
    """Return a Problem for every story that readers know under another id, which *known* has by its source.

    It is for stories that no feed holds now, because they were invalid; of the others the feeds tell.
    """
    ids = {story.id for story in press.stories.values()}
    return [
        _reflood(
            press, story, Pair(SeenEntry(known[source], "", story.title, ""), SeenEntry(story.id, "", story.title, ""))
        )
        for source, story in press.stories.items()
        if source in known and known[source] != story.id and known[source] not in ids
    ]


def documents_of(files: Iterable[OutputFile]) -> dict[str, bytes]:
    """Return the feed documents among *files*, by their path below the public folder."""
    public = {file.path.removeprefix(f"{PUBLIC}/"): file for file in files if file.path.startswith(f"{PUBLIC}/")}
    return {
        path: file.content
        for path, file in public.items()
        # Files of the content folder are copied, whatever they are called.
        if name_of(path) in NAMES and isinstance(file.content, bytes) and not file.origin.startswith("content/")
    }


def is_site_document(path: str) -> bool:
    """Whether the file *path* of the output is an Atom document of the site's feed, or one of its archives."""
    name = path.removeprefix(f"{PUBLIC}/")
    return name != path and (name == NAMES[0] or is_archive_of(name, NAMES[0]))


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
    return {path: data for path, data in documents.items() if path == site or is_archive_of(path, site)}


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


def _reflood(press: "Press", story: Story, pair: Pair) -> Problem:
    line = cure_of(press, story, pair, in_atom=True).line
    write = f"write {line} here" if "id" in story.positions else f"add a line {line}"
    return Problem(
        place_of(story, "id", "title"),
        code="feed-reflood",
        message=f"readers know this as {pair.before.id}; as {pair.after.id} all of them would be shown it again",
        hint=f"{write}, or build with --allow-reflood to show it again" if line else "build with --allow-reflood",
    )


def stories_of(press: "Press", pairs: Iterable[Pair]) -> Iterator[tuple[Story, Pair]]:
    """Yield the stories of *pairs*, each once, with its pair."""
    stories = {known_by: story for story in press.stories.values() for known_by in (story.id, story.guid) if known_by}
    by_id = {pair.after.id: pair for pair in pairs}
    yield from ((stories[known_by], pair) for known_by, pair in by_id.items() if known_by in stories)


def cure_of(press: "Press", story: Story, pair: Pair, *, in_atom: bool) -> Cure:
    """Return what gives *story* the id that it had before; *in_atom* says that an Atom feed has to hold it."""
    old = pair.before.id
    with press.content.folder.files[story.source].open("rb") as stream:
        is_toml = stream.read(6).removeprefix(b"\xef\xbb\xbf").startswith(b"+++")
    return Cure(f"content/{story.source}", _line(old, is_toml=is_toml) if is_iri(old) or not in_atom else None)


def _line(known_by: str, *, is_toml: bool) -> str:
    if is_toml:
        return f"id = {json.dumps(known_by, ensure_ascii=False)}"
    from pressrun.content.source.fields import quoted  # brings YAML along

    # A colon at the very end is the one thing in an IRI that YAML wants in quotes.
    plain = is_iri(known_by) and not known_by.endswith(":")
    return f"id: {known_by if plain else quoted(known_by)}"
