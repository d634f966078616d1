"""What a run is made of: the content folder, read once, of whose stories each is known by its bytes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pressrun.content.load import Content, Read, load, one_by_one, story_of
from pressrun.content.source.files import NOTHING_ELSE, ContentFolder
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.problems import ContentError, Problem
from pressrun.model.publication import Masthead
from pressrun.model.story import Story
from pressrun.press.building.memory import Memory


@dataclass(frozen=True, slots=True)
class Reading:
    """The *content* of the publication in *source*, and its problems.

    Where a memory is asked, *digests* have what each story is known by, by path, and *settings* stands for
    publication.yaml.
    """

    source: Path
    content: Content
    problems: list[Problem]
    digests: Mapping[str, bytes] = field(default_factory=dict)
    settings: str = ""

    @classmethod
    def of(
        cls, source: Path, build_request: BuildRequest, memory: Memory, instead: Mapping[str, bytes] = NOTHING_ELSE
    ) -> "Reading":
        """Read the publication in *source*; raises ContentError where there is none to be read.

        *instead* are bytes that stand in for those of files in the content folder, by path. A story whose bytes
        *memory* knows is not parsed again.
        """
        if not memory.remembers:
            content, problems = load(source, home=build_request.home, instead=instead, read=one_by_one)
            if content is None:
                raise ContentError(problems)
            return cls(source, content, problems)
        reader = _Reader(memory, dict(instead))
        content, problems = load(source, home=build_request.home, instead=reader.bytes_by_path, read=reader)
        if content is None:
            raise ContentError(problems)
        return cls(source, content, problems, reader.digests, reader.settings)


@dataclass(slots=True)
class _Reader:
    """Reads the stories of a content folder; one whose bytes are those of before is not read again.

    *bytes_by_path* are those that were read: whoever looks at a story later in a run finds the same.
    """

    memory: Memory
    bytes_by_path: dict[str, bytes]
    settings: str = ""
    digests: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, folder: ContentFolder, paths: Sequence[str], masthead: Masthead) -> Read:
        self.settings = repr(masthead)
        for path in paths:
            yield path, *self._read(folder, path, masthead)

    def _read(self, folder: ContentFolder, path: str, masthead: Masthead) -> tuple[Story | None, list[Problem]]:
        data = self.bytes_by_path[path] = folder.files[path].read_bytes()
        digest = self.digests[path] = hashlib.sha256(data).digest()
        return self.memory.made(
            ("story", path, digest, self.settings), lambda: story_of(path, data, masthead, folder.name)
        )
