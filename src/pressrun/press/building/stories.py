"""The stories of a publication, read: those that have not changed since the last build from the stock."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from pressrun.content.load import Read, body_of, story_of
from pressrun.content.source.files import ContentFolder, bytes_and_state
from pressrun.model.problems import Position, PressrunError, Problem
from pressrun.model.publication import Masthead
from pressrun.model.story import Story
from pressrun.press.building.buildstate import BuildState
from pressrun.press.building.filestates import NO_STATE, FileState, zone_file
from pressrun.press.building.forms import from_bytes, rendered_form, story_form, story_from, to_bytes
from pressrun.press.building.kept import KeptRendering, KeptStory, key_of, made_of
from pressrun.press.building.problemforms import problem_form, problem_from
from pressrun.press.building.unchanged import InputFiles
from pressrun.press.building.validity import FoundStory
from pressrun.press.building.workers import Workers

# The places of fields that stand in no file any more.
NOWHERE: Mapping[str, Position] = {}
# What depends on the settings of publication.yaml.
_SETTLED = ("stories", "renderings", "letters")


class FileChanged(PressrunError):
    """The file *path* was written while a build read it."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} was changed while it was read; build again")

    def __reduce__(self) -> tuple[type["FileChanged"], tuple[str]]:
        return type(self), (self.path,)


class StoryPlaces(Mapping[str, Position]):
    """Where the fields of the story *path* stand: looked for when somebody asks, which only a Problem does."""

    __slots__ = ("_found", "_path", "_reader")

    def __init__(self, reader: "StateReader", path: str) -> None:
        self._reader = reader
        self._path = path
        self._found: Mapping[str, Position] | None = None

    def _places(self) -> Mapping[str, Position]:
        if self._found is None:
            self._found = self._reader.places_in(self._path)
        return self._found

    def __getitem__(self, name: str) -> Position:
        return self._places()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places())

    def __len__(self) -> int:
        return len(self._places())


@dataclass(slots=True)
class StateReader:
    """Reads stories without their bodies, from *build_state* where their files are as when they were *seen*."""

    build_state: BuildState
    workers: Workers
    seen: InputFiles
    settings: bytes = b""
    digests: dict[str, bytes] = field(default_factory=dict)  # what each story is made of
    count: int = 0  # of files that had to be read
    _folder: ContentFolder | None = None
    _masthead: Masthead | None = None

    def __call__(self, folder: ContentFolder, paths: Sequence[str], masthead: Masthead) -> Read:
        """The story in each of *paths* of *folder*, None where it cannot be read, and all that is wrong in it."""
        self.begin(folder, masthead)
        if self.build_state.said("settings") != self.settings:
            if (zone := self.build_state.said("zone")) is not None:
                for kept in list(self.build_state.stories()):
                    self.build_state.keep_good(kept, zone.decode())
            self.build_state.forget_all(*_SETTLED)
            self.build_state.say("settings", self.settings)
            self.build_state.say("zone", masthead.publication.timezone.key.encode())
        build_request = dict.fromkeys(paths)
        states = self.seen.content
        found: dict[str, tuple[Story | None, list[Problem]]] = {}
        gone: list[str] = []
        touched: dict[str, KeptStory] = {}
        for kept in self.build_state.stories():
            if kept.source not in build_request:
                gone.append(kept.source)
            elif kept.state == states.get(kept.source):
                found[kept.source] = self.restored(kept)
            else:
                touched[kept.source] = kept
        self.build_state.forget("stories", gone)
        self.build_state.forget("renderings", gone)
        waiting = [path for path in paths if path not in found]
        self.count = len(waiting)
        read = functools.partial(self.read, touched)
        batch: list[KeptStory] = []
        for kept in self.workers.work(read, waiting):
            found[kept.source] = self.restored(kept)
            before = touched.get(kept.source)
            if before is not None and before.digest != kept.digest:
                self.keep_good(before)
            batch.append(self.as_kept(kept))
            if len(batch) >= 500:
                self.build_state.keep_stories(batch)
                batch.clear()
        self.build_state.keep_stories(batch)
        for path in paths:
            yield path, *found.pop(path)

    def begin(self, folder: ContentFolder, masthead: Masthead) -> None:
        """Read from *folder*, for the publication of *masthead*."""
        self._folder, self._masthead = folder, masthead
        self.settings = key_of(repr(masthead), zone_file(masthead.publication.timezone.key))

    @property
    def masthead(self) -> Masthead:
        """The masthead of the publication that is read."""
        assert self._masthead is not None
        return self._masthead

    def as_kept(self, kept: KeptStory) -> KeptStory:
        """*kept* for the stock: a file that may change without showing it is looked at again by the next build."""
        return kept._replace(state=NO_STATE) if kept.state.is_fresh(self.seen.tick) else kept

    def restored(self, kept: KeptStory) -> tuple[Story | None, list[Problem]]:
        """The story that was *kept*, None where it could not be read, and all that was wrong in it."""
        assert self._masthead is not None
        self.digests[kept.source] = kept.digest
        problems = [problem_from(form) for form in from_bytes(kept.problems)] if kept.problems else []
        if kept.form is None:
            return None, problems
        zone = self._masthead.publication.timezone
        return story_from(kept.source, from_bytes(kept.form), StoryPlaces(self, kept.source), zone), problems

    def read(self, touched: Mapping[str, KeptStory], path: str) -> KeptStory:
        """The story *path*, read; as it was if it is among those that were only *touched*."""
        assert self._folder is not None
        assert self._masthead is not None
        data, state = self._data(path)
        digest = _digest_of(path, data)
        before = touched.get(path)
        if before is not None and before.digest == digest:
            return before._replace(state=state)
        story, problems = story_of(path, data, self._masthead, self._folder.name)
        form = to_bytes(story_form(story, self._masthead.publication.timezone)) if story else None
        told = to_bytes([problem_form(problem) for problem in problems]) if problems else None
        return KeptStory(path, state, digest, form, told)

    def _data(self, path: str) -> tuple[bytes, FileState]:
        """The bytes of the file *path*, and its state before they were read. Raises Moved where it is gone."""
        assert self._folder is not None
        try:
            data, state = bytes_and_state(self._folder.files.places[path])
        except FileNotFoundError as error:
            raise FileChanged(f"content/{path}") from error
        return data, FileState.of(state)

    def keep_good(self, kept: KeptStory) -> None:
        """Remember *kept*, which is in the stock, as the last good version of its story."""
        self.build_state.keep_good(kept, self.masthead.publication.timezone.key)

    def last_good(self, source: str) -> Story | None:
        """Return the last good version of the story *source*, without its body, and go on with it; None without one."""
        good = self.build_state.good(source)
        if good is None:
            return None
        self.build_state.keep_renderings([(good.rendering, good.form, good.html)])
        self.digests[source] = good.rendering.digest
        return story_from(source, from_bytes(good.story), NOWHERE, ZoneInfo(good.zone))

    def go_on_with(self, found: FoundStory) -> None:
        """Take *found*, which is known from the output alone, for the rendering of its story."""
        source = found.story.source
        form, html = to_bytes(rendered_form(found.rendered)), str(found.rendered.html).encode()
        digest = key_of(*(part for key, data in sorted(found.verbatim.items()) for part in (*key, data)))
        self.build_state.keep_renderings(
            [(KeptRendering(source, digest, made_of(form, html), None, None, None), form, html)]
        )
        self.digests[source] = digest

    def whole(self, story: Story) -> Story:
        """*story* with its body. Raises Moved where its file has changed since it was read."""
        data, _ = self._data(story.source)
        if _digest_of(story.source, data) != self.digests[story.source]:
            raise FileChanged(f"content/{story.source}")
        return replace(story, body=body_of(data, story.body_line))

    def places_in(self, path: str) -> Mapping[str, Position]:
        """Where the fields of the story *path* stand."""
        assert self._folder is not None
        assert self._masthead is not None
        data, _ = self._data(path)
        story, _ = story_of(path, data, self._masthead, self._folder.name)
        return story.positions if story else {}


def _digest_of(path: str, data: bytes) -> bytes:
    """What the story is known by that *data*, the bytes of *path*, makes: a name tells a date and a slug, too."""
    return key_of(path, data)
