"""Runs of the press one after the other, in a memory of this process alone: what is made of the same is not made again.

Nothing of it is kept on the disk, and no clock has a say in it.
"""

from dataclasses import replace
from pathlib import Path

from pressrun.desk.checking.rules import Looked, look_at
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.output import OutputFile
from pressrun.model.story import Story
from pressrun.press.building.memory import DictionaryMemory
from pressrun.press.building.published import Output
from pressrun.press.building.reading import Reading
from pressrun.press.building.run import Run, settled_run
from pressrun.press.building.validity import FoundStory, PublishedPiece, Validity


class Recall:
    """Runs of the press for the publication in *source*, one after the other."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.memory = DictionaryMemory()
        self._shown: dict[str, FoundStory] = {}  # every story as it was shown last, by source

    def settled(self, build_request: BuildRequest, output: Output) -> tuple[Run, list[OutputFile]]:
        """Return a run of what is valid, and the files that it made; raises ContentError where nothing can be read.

        For what is invalid stand the versions of earlier runs, else those in *output*.
        """
        reading = Reading.of(self.source, build_request, self.memory)

        def validity(invalid: frozenset[str]) -> Validity:
            known = output.validity(reading.content, invalid)
            shown = {source: each for source, each in self._shown.items() if source in invalid}
            found = {**known.found, **shown}
            stories = {source: each.story for source, each in found.items()}
            before = {source: PublishedPiece(each.story.id, each.path) for source, each in self._shown.items()}
            return replace(known, found=found, stories=stories, known={**before, **known.known})

        run, files = settled_run(reading, build_request, self.memory, validity, has_page_bytes=False)
        press = run.press
        self._shown |= {
            source: FoundStory(story, run.rendered[source], {}, {}, (), press.addresses.story_path(story))
            for source, story in press.stories.items()
            if source not in press.validity.invalid
        }
        return run, files

    def ahead(self, run: Run, build_request: BuildRequest) -> Run:
        """Return a run of what *run* has read, for what else is *build_request*; it remembers renderings of its own."""
        press = run.press
        validity = replace(press.validity, is_heeded=False)
        return Run.planned(
            run.reading,
            build_request,
            self.memory,
            content=press.written,
            problems=(),
            validity=validity,
            name="ahead",
            has_page_bytes=False,
        )

    def words_of(self, run: Run, story: Story) -> int:
        """Return how many words *story* has as written."""
        return self.memory.made(("words", run.reading.digests[story.source]), lambda: len(story.body.split()))

    def looked_at(self, run: Run, source: str) -> Looked:
        """Return what is seen of the story *source* of *run*, remembered."""
        return self.memory.made(("look", run.numbers[source]), lambda: look_at(run, source))
