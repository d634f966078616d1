"""A run of the press that remembers the one before, in memory alone: what is made of the same things is not made again.

Nothing of it is kept on the disk, and no clock has a say in it.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pressrun.cache import Cache, Key
from pressrun.content.files import ContentFolder
from pressrun.content.load import Content, Read, load, story_of
from pressrun.feeds.documents import Document, together
from pressrun.feeds.entries import Facts, in_order
from pressrun.feeds.interface import Frame
from pressrun.letters import Letter, Letters
from pressrun.model.edition import RenderedEdition
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.publication import Masthead
from pressrun.model.story import RenderedStory, Story
from pressrun.press import Press
from pressrun.problems import ContentError, Problem
from pressrun.rendering.pieces import resolver_of
from pressrun.rendering.templates import Templates
from pressrun.rules import Looked, look_at
from pressrun.site.pages import Pages
from pressrun.wanted import Wanted

Anything = TypeVar("Anything")


class Memory:
    """Things by what they were made of; what two turns in a row did not ask for is forgotten."""

    def __init__(self) -> None:
        self._now: dict[Hashable, Any] = {}
        self._before: dict[Hashable, Any] = {}

    def made(self, key: Hashable, make: Callable[[], Anything]) -> Anything:
        """What is remembered by *key*, else what *make* gives."""
        if key in self._now:
            kept: Anything = self._now[key]
            return kept
        thing: Anything = self._before[key] if key in self._before else make()
        self._now[key] = thing
        return thing

    def found(self, key: Hashable) -> Any:
        """What is remembered by *key*; None where nothing is."""
        return self._now.get(key, self._before.get(key))

    def keep(self, key: Hashable, thing: object) -> None:
        """Remember *thing* by *key*."""
        self._now[key] = thing

    def turn(self) -> None:
        """End a turn."""
        self._before, self._now = self._now, {}

    def __len__(self) -> int:
        return len(self._now.keys() | self._before.keys())


class MemoryCache(Cache):
    """A Cache without a folder, whose entries are in *memory*."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(None)
        self._memory = memory

    def made(self, kind: str, key: Key, make: Callable[[], bytes]) -> bytes:
        """What *make* gives, or gave before for the same *kind* and *key*."""
        return self._memory.made(("cache", kind, key if isinstance(key, str | bytes) else tuple(key)), make)


class Rendering(NamedTuple):
    """A story rendered, and what it asked of the publication; *number* is its own among all that were ever made."""

    number: int
    story: RenderedStory
    problems: tuple[Problem, ...]
    asked: tuple[str, ...]
    told: str


class Proofed(NamedTuple):
    """An edition rendered and its letter, its files, the pictures that were made for it, and what is wrong in it."""

    edition: RenderedEdition
    letter: Letter | None
    files: tuple[OutputFile, ...]
    pictures: tuple[OutputFile, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class Reader:
    """Reads the stories of a content folder; one whose bytes are those of before is not read again.

    *bytes_by_path* are those that were read: whoever looks at a story later in a run finds the same.
    """

    memory: Memory
    bytes_by_path: dict[str, bytes] = field(default_factory=dict)
    settings: str = ""
    digests: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, folder: ContentFolder, paths: Sequence[str], masthead: Masthead) -> Read:
        """The story in each of *paths* of *folder*, None where it cannot be read, and all that is wrong in it."""
        self.settings = repr(masthead)
        for path in paths:
            yield path, *self._read(folder, path, masthead)

    def _read(self, folder: ContentFolder, path: str, masthead: Masthead) -> tuple[Story | None, list[Problem]]:
        data = self.bytes_by_path[path] = folder.files[path].read_bytes()
        digest = self.digests[path] = hashlib.sha256(data).digest()
        return self.memory.made(
            ("story", path, digest, self.settings), lambda: story_of(path, data, masthead, folder.name)
        )


class Recall:
    """Runs of the press for the publication in *source*, one after the other."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.memory = Memory()
        self._count = 0

    def press(self, wanted: Wanted) -> "Rerun":
        """A run for which everything was read; raises ContentError where there is nothing to read."""
        reader = Reader(self.memory)
        content, problems = load(self.source, home=wanted.home, instead=reader.bytes_by_path, read=reader)
        if content is None:
            raise ContentError(problems)
        return self._rerun(content, problems, wanted, reader, "out")

    def ahead(self, run: "Rerun", wanted: Wanted) -> "Rerun":
        """A run of what *run* has read, for what else is *wanted*; it remembers renderings of its own."""
        return self._rerun(run.press.content, [], wanted, run.reader, "ahead")

    def _rerun(self, content: Content, problems: list[Problem], wanted: Wanted, reader: Reader, name: str) -> "Rerun":
        templates = Templates(self.source / "templates")
        known_by = _digest_of(templates)
        # Reading a template takes longer than filling it.
        templates = self.memory.made(("templates", known_by), lambda: templates)
        press = Press(content, templates, wanted, problems, MemoryCache(self.memory))
        rerun = Rerun(self, press, name, reader, look=(reader.settings, known_by, repr(press.announced())))
        press.digest_of = rerun.digest_of
        return rerun

    def next_number(self) -> int:
        """A number that nothing else has."""
        self._count += 1
        return self._count


@dataclass(slots=True)
class Rerun:
    """One run of *press*."""

    recall: Recall
    press: Press
    name: str
    reader: Reader
    numbers: dict[str, int] = field(default_factory=dict)  # of each rendered story, by source
    proofs: dict[str, Proofed] = field(default_factory=dict)  # by the edition's source
    look: Hashable = ""  # what pages and letters depend on beside what they show

    def run(self) -> list[OutputFile]:
        """Every file that a build would write, pages without their bytes; what is wrong is in the press's problems."""
        press = self.press
        press.look_over()
        press.rendered = {source: self.rendered(source) for source in press.stories}
        self.make_letters(press.editions)
        editions = {source: proof.edition for source, proof in self.proofs.items()}
        files = [*self._documents(), *press.around_feeds(), *self._pages(editions)]
        files += [file for proof in self.proofs.values() for file in proof.files]
        files += {file.path: file for proof in self.proofs.values() for file in proof.pictures}.values()
        shown = {each.path: each.source for story in press.rendered.values() for each in story.pictures}
        linked = {file for story in press.rendered.values() for file in story.files}
        return [*files, *press.static(), *press.copies(shown, linked, editions.values())]

    def make_letters(self, sources: Iterable[str]) -> None:
        """Make the letters of the editions *sources*, of stories that are rendered."""
        press = self.press
        letters = press.letters_of_run()
        if press.editions:
            letters.tell_of_sender()
        targets = self._targets()
        for source in sources:
            carried = press.carried[source]
            shape = (carried.lead and carried.lead.source, *(len(section) for section in carried.sections))
            numbers = tuple(self.numbers[story.source] for story in carried.all_stories)
            key = ("letter", self.name, source, self.digest_of(source), self.look, targets, shape, numbers)
            proof = self.recall.memory.made(key, partial(self._proofed, letters, source))
            self.proofs[source] = proof
            press.problems += proof.problems
            if proof.letter is not None:
                letters.made[source] = proof.letter
        press.letters = letters.made

    def _proofed(self, letters: Letters, source: str) -> Proofed:
        press = self.press
        before = len(press.problems)
        # Every letter is remembered with all the pictures that it needs, those of other letters among them.
        letters.pictures.clear()
        letters.variants.clear()
        edition = press.editions[source]
        rendered = letters.rendered(edition, press.carried[source], press.rendered)
        files = tuple(letters.outbox(source, edition, rendered))
        problems = tuple(press.problems[before:])
        del press.problems[before:]
        return Proofed(rendered, letters.made.get(source), files, tuple(letters.pictures.values()), problems)

    def pictures(self) -> list[OutputFile]:
        """The pictures that the stories and letters of this run show."""
        proofs, stories = self.proofs.values(), self.press.rendered.values()
        shown = {each.path: each.source for story in stories for each in story.pictures if each.source}
        made = [file for proof in proofs for file in proof.pictures]
        return [*made, *self.press.copies(shown, (), [proof.edition for proof in proofs])]

    def rendered(self, source: str) -> RenderedStory:
        """The story *source* rendered; what is wrong in it is told."""
        press, memory = self.press, self.recall.memory
        story = press.stories[source]
        key = ("rendering", self.name, source, self.reader.digests[source], self.reader.settings)
        kept: Rendering | None = memory.found(key)
        if kept is None or kept.told != self._told(story, kept.asked):
            resolver = resolver_of(story, press.targets, press.link_of(story))
            rendered, problems = press.render(story, resolver)
            told = repr([resolver.link, resolver.told()])
            kept = Rendering(self.recall.next_number(), rendered, tuple(problems), tuple(resolver.asked), told)
        memory.keep(key, kept)
        self.numbers[source] = kept.number
        press.problems += kept.problems
        return kept.story

    def _told(self, story: Story, asked: Sequence[str]) -> str:
        resolver = resolver_of(story, self.press.targets, self.press.link_of(story))
        resolver.asked_again(asked)
        return repr([resolver.link, resolver.told()])

    def words_of(self, story: Story) -> int:
        """How many words *story* has as written."""
        return self.recall.memory.made(("words", self.reader.digests[story.source]), lambda: len(story.body.split()))

    def looked_at(self, press: Press, source: str) -> Looked:
        """What is seen of the story *source* of *press*, remembered."""
        return self.recall.memory.made(("look", self.numbers[source]), lambda: look_at(press, source))

    def digest_of(self, path: str) -> str:
        """What the bytes of *path* below the content folder are known by; a file that looks the same is not read."""
        place = self.press.content.folder.files[path]
        state = place.stat()
        key = ("digest", path, state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
        return self.recall.memory.made(key, lambda: hashlib.sha256(place.read_bytes()).hexdigest())

    def _targets(self) -> str:
        """What all that a link can lead to is known by."""
        targets, folder = self.press.targets, self.press.content.folder
        others = ((path, folder.files[path].stat()) for path in folder.files if path not in self.reader.digests)
        states = [(path, state.st_mtime_ns, state.st_ctime_ns, state.st_size) for path, state in others]
        held = sorted(targets.held_back.items())
        known = repr([targets.documents, targets.prefixes, held, sorted(targets.paths), states])
        return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()

    # Feeds

    def _documents(self) -> Iterable[OutputFile]:
        press, memory = self.press, self.recall.memory
        desk = press.desk()
        found: dict[str, bytes] = {}
        for choice in press.choices:
            for documents in together(desk.plan(choice, press.stories)):
                numbers = tuple(self.numbers[source] for source in documents[0].sources)
                keys = {each.path: self._key_of(each, numbers) for each in documents}
                new = [each for each in documents if memory.found(keys[each.path]) is None]
                stories = (press.rendered[source] for source in documents[0].sources) if new else ()
                for document, data in desk.written(new, stories, self._frame) if new else ():
                    memory.keep(keys[document.path], data)
                for each in documents:
                    found[each.path] = memory.found(keys[each.path])
                    memory.keep(keys[each.path], found[each.path])
        return [OutputFile(f"{PUBLIC}{path}", data, "a feed") for path, data in found.items()]

    def _key_of(self, document: Document, numbers: tuple[int, ...]) -> Hashable:
        content = document.content.value
        return "document", document.path, repr(document.feed), content, self.reader.settings, numbers

    def _frame(self, document: Document, facts: Facts) -> Frame:
        key = ("frame", document.format.name, repr(document.feed), repr(facts), self.reader.settings)
        return self.recall.memory.made(key, lambda: self.press.desk().frame(document, facts))

    # Pages

    def _pages(self, editions: Mapping[str, RenderedEdition]) -> Iterable[OutputFile]:
        """All pages without their bytes; the first failure of a template is told."""
        press = self.press
        if not press.content.publication.pages:
            return
        pages = press.pages()
        told: tuple[Problem, ...] = ()
        for source, story in press.rendered.items():
            key = ("page", source, self.numbers[source], self.look, tuple(press.old_paths(source)))
            files, problems = self.recall.memory.made(key, partial(_pages_of, press, pages, source, story))
            yield from files
            told = told or problems
        press.problems += told
        yield from press.edition_pages(pages, editions)
        yield from press.home_page(pages, in_order(press.rendered.values()), editions)
        yield from press.subscribe_page(pages)


def _pages_of(
    press: Press, pages: Pages, source: str, story: RenderedStory
) -> tuple[list[OutputFile], tuple[Problem, ...]]:
    """The pages of *story* without their bytes, and what their templates run into."""
    files: list[OutputFile] = []
    try:
        files += press.story_pages(pages, source, story)
        files += press.redirects(pages, source, story.link)
    except ContentError as error:
        return [], tuple(error.problems)
    return [OutputFile(file.path, b"", file.origin) for file in files], ()


def _digest_of(templates: Templates) -> str:
    """What the publication's own *templates* are known by."""
    digest = hashlib.sha256()
    for name, place in templates.own_files().items():
        digest.update(f"{name}\0{hashlib.sha256(place.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
