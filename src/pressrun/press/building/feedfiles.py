"""The documents of feeds, each written only where an entry or the feed has changed."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pressrun.model.output import PUBLIC, OutputFile
from pressrun.press.building.buildstate import BuildState
from pressrun.press.building.kept import KeptFrame, key_of
from pressrun.press.building.pagefiles import around_feeds
from pressrun.press.building.placed import Placed
from pressrun.press.building.press import Press
from pressrun.press.building.renderings import Rendered
from pressrun.press.building.timing import Stages
from pressrun.press.building.workers import ALONE, Workers
from pressrun.press.feeds.documents import Desk, FeedDocument, together
from pressrun.press.feeds.entries import FeedFacts
from pressrun.press.feeds.interface import Frame
from pressrun.press.output.stage import Brought

# A worker costs some 20 ms more where it has to import feedgen; so many entries, in all formats, are written in 20 ms.
MANY_ENTRIES = 2000


@dataclass(slots=True)
class FeedFiles:
    """Writes the documents of feeds. *made_of* gives what a rendered story is known by, *settings* what the
    publication is known by.
    """

    press: Press
    build_state: BuildState
    placed: Placed
    settings: bytes
    made_of: Callable[[str], bytes]

    def make(self, desk: Desk, rendered: Rendered, available: Workers, stages: Stages) -> list[list[FeedDocument]]:
        """Write all documents; return them, those of the same stories together."""
        press = self.press
        planned = [each for choice in press.choices for each in together(desk.plan(choice, press.stories))]
        tasks = [waiting for documents in planned if (waiting := self.to_be_written(documents))]
        # The largest first, or a worker would be busy with one when all others are done.
        tasks.sort(key=lambda documents: -len(documents) * len(documents[0].sources))
        entries = sum(len(documents) * len(documents[0].sources) for documents in tasks)
        workers = available if entries > MANY_ENTRIES else ALONE
        if workers.size > 1:
            self.build_state.commit(going_on=True)
        new: list[KeptFrame] = []
        for brought, frames in workers.work(functools.partial(self.written, desk, rendered), tasks, least=1, chunk=1):
            self.placed.brought += brought
            new += frames
        # Not before all have read what they need: a worker shares this process's locks, and would see half of it.
        self.build_state.keep_frames(new)
        stages.note("feeds", f"{sum(map(len, tasks)):,} of {sum(map(len, planned)):,} documents")
        around = around_feeds(press)
        self.placed.problems += around.problems
        for file in around.files:
            self.placed.brought.append(self.placed.stage.put(file))
            self.placed.feeds.append(replace(file, content=b""))
        return planned

    def to_be_written(self, documents: Sequence[FeedDocument]) -> list[FeedDocument]:
        """Those of *documents*, which are of the same stories, that are not up to date; the others are kept."""
        made = b"".join(self.made_of(source) for source in documents[0].sources)
        waiting = []
        for each in documents:
            path = f"{PUBLIC}{each.path}"
            key = key_of(self.settings, each.format.name, each.content.value, repr(each.feed), made)
            self.placed.feeds.append(OutputFile(path, b"", "a feed"))
            if self.placed.is_up_to_date(path, key):
                self.placed.keep(path)
            else:
                self.placed.keys[path] = key
                waiting.append(each)
        return waiting

    def written(
        self, desk: Desk, rendered: Rendered, documents: Sequence[FeedDocument]
    ) -> tuple[list[Brought], list[KeptFrame]]:
        """*documents*, which are of the same stories, brought to the stage, and the frames that were new."""
        new: list[KeptFrame] = []

        def frame(document: FeedDocument, facts: FeedFacts) -> Frame:
            """From the build state, for feedgen takes long to import; else it is told as new."""
            key = key_of(self.settings, document.format.name, repr(document.feed), repr(facts))
            if kept := self.build_state.frame(key):
                return Frame(*kept)
            made = desk.frame(document, facts)
            new.append(KeptFrame(key, document.path, made.before, made.after, made.between))
            return made

        stories = map(rendered.fetched, documents[0].sources)
        brought = [
            self.placed.stage.put(OutputFile(f"{PUBLIC}{document.path}", data, "a feed"))
            for document, data in desk.written(documents, stories, frame)
        ]
        return brought, new
