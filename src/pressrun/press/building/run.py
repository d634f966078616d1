"""One run of the press in memory: from a plan to every file of the output, or to one newsletter.

Check, diff, preview, and send make it, each with a Memory of its own. Nothing is written.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pressrun.content.chains import NO_RECORDS, Records
from pressrun.content.load import Content
from pressrun.content.source.files import NOTHING_ELSE
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.edition import RenderedEdition
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.picture import Picture
from pressrun.model.problems import Problem
from pressrun.model.story import RenderedStory, Story
from pressrun.press.building.letters import Composed, Letters, WrittenLetter, missing_pictures
from pressrun.press.building.madefiles import MadeFiles
from pressrun.press.building.memory import Memory, NoMemory
from pressrun.press.building.pagefiles import (
    around_feeds,
    edition_pages,
    home_page,
    redirects,
    story_page,
    subscribe_page,
)
from pressrun.press.building.press import NamedPictures, Press
from pressrun.press.building.reading import Reading
from pressrun.press.building.validity import ALL_VALID, Validity, heed, settled
from pressrun.press.feeds.documents import Desk, FeedDocument, together
from pressrun.press.feeds.entries import FeedFacts, in_order
from pressrun.press.feeds.interface import Frame
from pressrun.press.output.write import clashes
from pressrun.press.site.pages import SitePages
from pressrun.rendering.pieces import resolver_of
from pressrun.rendering.templates import Templates


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
    letter: WrittenLetter | None
    files: tuple[OutputFile, ...]
    pictures: tuple[OutputFile, ...]
    problems: tuple[Problem, ...]


class PagesOfStory(NamedTuple):
    """The page of a story, and what leads to it from its old paths."""

    page: MadeFiles
    redirects: MadeFiles


@dataclass(slots=True)
class Run:
    """One run of *press*, which was planned from *reading*. Nobody but the run adds to its *problems*.

    What is remembered under one *name* has nothing to do with what is remembered under another. *look* stands for what
    pages and newsletters depend on beside what they show. The bytes of pages are left out unless they are wanted.
    """

    press: Press
    reading: Reading
    memory: Memory
    name: str
    look: Hashable
    has_page_bytes: bool
    problems: list[Problem]
    rendered: dict[str, RenderedStory] = field(default_factory=dict)  # by source
    numbers: dict[str, int] = field(default_factory=dict)  # of each rendered story, by source
    proofs: dict[str, Proofed] = field(default_factory=dict)  # by the edition's source
    masthead_pictures: list[Picture] = field(default_factory=list)

    @classmethod
    def planned(
        cls,
        reading: Reading,
        build_request: BuildRequest,
        memory: Memory,
        *,
        content: Content | None = None,
        problems: Sequence[Problem] | None = None,
        validity: Validity = ALL_VALID,
        records: Records = NO_RECORDS,
        name: str = "out",
        has_page_bytes: bool = True,
    ) -> "Run":
        """Plan a run of what was read, or of *content* in its place.

        *problems* are all that are known, else those of the reading. *records* are what the store knows of editions
        that were sent, by their ids.
        """
        templates = Templates(reading.source / "templates")
        known_by = _digest_of(templates)
        # Reading a template takes longer than filling it.
        templates = memory.made(("templates", known_by), lambda: templates)
        known = list(reading.problems if problems is None else problems)
        press = Press(
            content or reading.content,
            templates,
            build_request,
            known,
            memory.cache,
            records=records,
            validity=validity,
        )
        look = (reading.settings, known_by, repr(press.announced()))
        run = cls(press, reading, memory, name, look, has_page_bytes, list(press.problems))
        if memory.remembers:
            press.files.known_digest = run.digest_of
        return run

    @classmethod
    def of(cls, source: Path, build_request: BuildRequest, instead: Mapping[str, bytes] = NOTHING_ELSE) -> "Run":
        """Plan a run of all that is in *source*, valid or not, without a memory. Raises ContentError as `Reading.of`.

        *instead* are bytes that stand in for those of files in the content folder, by path.
        """
        memory = NoMemory.beside(source)
        return cls.planned(Reading.of(source, build_request, memory, instead), build_request, memory)

    @property
    def letters(self) -> dict[str, WrittenLetter]:
        """The newsletters that were made, by the edition's source."""
        return {source: proof.letter for source, proof in self.proofs.items() if proof.letter is not None}

    def heed(self) -> None:
        """Raise MoreInvalid where errors are heeded, and there are some that make a further piece invalid."""
        heed(self.problems, self.press.content, self.press.validity)

    def files(self) -> list[OutputFile]:
        """Make every file of the output."""
        press = self.press
        self.problems += press.looked_over()
        self.heed()
        for source in press.stories:
            self.render(source)
        self.heed()
        self.make_letters(press.editions)
        self.heed()
        editions = {source: proof.edition for source, proof in self.proofs.items()}
        files = [*self._documents(), *self._collected(around_feeds(press)), *self._site(editions)]
        files += [file for proof in self.proofs.values() for file in proof.files]
        files += {file.path: file for proof in self.proofs.values() for file in proof.pictures}.values()
        shown = {each.path: each.source for story in self.rendered.values() for each in story.pictures}
        linked = {file for story in self.rendered.values() for file in story.files}
        files += self._collected(press.files.static())
        files += self._collected(press.files.copies(shown, linked, editions.values(), self.masthead_pictures))
        self.heed()
        self.memory.cache.close()
        return files

    def letter(self, source: str) -> tuple[RenderedEdition, Composed]:
        """Make the newsletter of the edition *source*, and nothing else. Raises MoreInvalid where errors are heeded.

        Of the stories, only those that it carries are rendered.
        """
        self.heed()
        press = self.press
        for story in press.carried[source].all_stories:
            self.render(story.source)
        self.heed()
        letters = press.letters(self._named(press.pictures_of_letters()))
        edition, found = letters.rendered(press.editions[source], press.carried[source], self.rendered)
        self.problems += found
        made = letters.newsletter(press.editions[source], edition, missing_pictures(self.problems))
        self.problems += made.problems
        return edition, made

    def _collected(self, made: MadeFiles) -> tuple[OutputFile, ...]:
        self.problems += made.problems
        return made.files

    def _named(self, found: NamedPictures) -> Mapping[str, Picture]:
        self.masthead_pictures += found.pictures.values()
        self.problems += found.problems
        return found.pictures

    # Stories

    def render(self, source: str) -> None:
        """Render the story *source*, unless the memory has it as it would be."""
        press, memory = self.press, self.memory
        story = press.stories[source]
        if source in press.validity.found:
            found = replace(press.validity.found[source].rendered, link=press.link_of(story))
            self.numbers[source] = memory.made(("last good", source, repr(found)), memory.next_number)
            self.rendered[source] = found
            return
        kept = self._remembered(source, story) if memory.remembers else self._rendering(story)
        self.numbers[source] = kept.number
        self.problems += kept.problems
        self.rendered[source] = kept.story

    def _remembered(self, source: str, story: Story) -> Rendering:
        key = ("rendering", self.name, source, self.reading.digests[source], self.reading.settings)
        kept: Rendering | None = self.memory.found(key)
        if kept is None or kept.told != self._told(story, kept.asked):
            kept = self._rendering(story)
        self.memory.keep(key, kept)
        return kept

    def _rendering(self, story: Story) -> Rendering:
        press, memory = self.press, self.memory
        resolver = resolver_of(story, press.targets, press.link_of(story))
        rendered, problems = press.render(story, resolver)
        told = repr([resolver.link, resolver.told()]) if memory.remembers else ""
        return Rendering(memory.next_number(), rendered, tuple(problems), tuple(resolver.asked), told)

    def _told(self, story: Story, asked: Sequence[str]) -> str:
        resolver = resolver_of(story, self.press.targets, self.press.link_of(story))
        resolver.asked_again(asked)
        return repr([resolver.link, resolver.told()])

    # Newsletters

    def make_letters(self, sources: Iterable[str]) -> None:
        """Make the newsletters of the editions *sources*, of stories that are rendered."""
        press, memory = self.press, self.memory
        letters = press.letters(self._named(press.pictures_of_letters()))
        if press.editions:
            self.problems += letters.without_sender()
        targets = self._targets() if memory.remembers else ""
        for source in sources:
            make = partial(self._proofed, letters, source)
            proof = memory.made(self._letter_key(source, targets), make) if memory.remembers else make()
            self.proofs[source] = proof
            self.problems += proof.problems

    def _letter_key(self, source: str, targets: str) -> Hashable:
        carried = self.press.carried[source]
        sizes = (*(len(section) for section in carried.sections), len(carried.also))
        shape = (carried.lead and carried.lead.source, *sizes)
        numbers = tuple(self.numbers[story.source] for story in carried.all_stories)
        return "letter", self.name, source, self.digest_of(source), self.look, targets, shape, numbers

    def _proofed(self, letters: Letters, source: str) -> Proofed:
        edition = self.press.editions[source]
        rendered, problems = letters.rendered(edition, self.press.carried[source], self.rendered)
        made = letters.outbox(edition, rendered, missing_pictures([*self.problems, *problems]))
        return Proofed(rendered, made.letter, made.files, made.pictures, (*problems, *made.problems))

    def pictures(self) -> list[OutputFile]:
        """Return the pictures that the stories and newsletters of this run show."""
        proofs, stories = self.proofs.values(), self.rendered.values()
        shown = {each.path: each.source for story in stories for each in story.pictures if each.source}
        made = [file for proof in proofs for file in proof.pictures]
        editions = [proof.edition for proof in proofs]
        return [*made, *self._collected(self.press.files.copies(shown, (), editions, self.masthead_pictures))]

    def digest_of(self, path: str) -> str:
        """Return the SHA-256 of the file *path* below the content folder; one that looks the same is not read again."""
        place = self.press.content.folder.files[path]
        state = place.stat()
        key = ("digest", path, state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
        return self.memory.made(key, lambda: hashlib.sha256(place.read_bytes()).hexdigest())

    def _targets(self) -> str:
        """What all that a link can lead to is known by."""
        targets, folder = self.press.targets, self.press.content.folder
        others = ((path, folder.files[path].stat()) for path in folder.files if path not in self.reading.digests)
        states = [(path, state.st_mtime_ns, state.st_ctime_ns, state.st_size) for path, state in others]
        held = sorted(targets.held_back.items())
        known = repr([targets.documents, targets.prefixes, held, sorted(targets.paths), states])
        return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()

    # Feeds

    def _documents(self) -> Iterable[OutputFile]:
        press = self.press
        desk = press.desk(self._named(press.pictures_of_feeds()))
        for choice in press.choices:
            for documents in together(desk.plan(choice, press.stories)):
                yield from self._written(desk, documents)

    def _written(self, desk: Desk, documents: Sequence[FeedDocument]) -> Iterable[OutputFile]:
        """The files of *documents*, which are of the same stories."""
        memory, sources = self.memory, documents[0].sources
        numbers = tuple(self.numbers[source] for source in sources)
        keys = {each.path: self._document_key(each, numbers) for each in documents}
        found: dict[str, bytes | None] = {path: memory.found(key) for path, key in keys.items()}
        if new := [each for each in documents if found[each.path] is None]:
            frame = partial(self._frame, desk)
            stories = (self.rendered[source] for source in sources)
            found |= {document.path: data for document, data in desk.written(new, stories, frame)}
        for path, data in found.items():
            assert data is not None
            memory.keep(keys[path], data)
            yield OutputFile(f"{PUBLIC}{path}", data, "a feed")

    def _document_key(self, document: FeedDocument, numbers: tuple[int, ...]) -> Hashable:
        if not self.memory.remembers:
            return ()
        content = document.content.value
        return "document", document.path, repr(document.feed), content, self.reading.settings, numbers

    def _frame(self, desk: Desk, document: FeedDocument, facts: FeedFacts) -> Frame:
        if not self.memory.remembers:
            return desk.frame(document, facts)
        key = ("frame", document.format.name, repr(document.feed), repr(facts), self.reading.settings)
        return self.memory.made(key, lambda: desk.frame(document, facts))

    # Pages

    def _site(self, editions: Mapping[str, RenderedEdition]) -> Iterable[OutputFile]:
        """All pages; of each kind of page of stories, the first failure of its template is a problem."""
        press = self.press
        if not press.content.publication.pages:
            return
        pages = press.pages()
        made = [self._pages_of(pages, source, story) for source, story in self.rendered.items()]
        # Redirects come behind all pages, as in a build: at one path, the redirect gives way.
        for parts in ([each.page for each in made], [each.redirects for each in made]):
            for part in parts:
                yield from part.files
            self.problems += next((part.problems for part in parts if part.problems), ())
        newest_first = in_order(self.rendered.values())
        yield from self._collected(edition_pages(pages, editions))
        yield from self._collected(home_page(press, pages, newest_first, editions))
        yield from self._collected(subscribe_page(press, pages))

    def _pages_of(self, pages: SitePages, source: str, story: RenderedStory) -> PagesOfStory:
        def make() -> PagesOfStory:
            page = story_page(self.press, pages, source, story)
            others = redirects(self.press, pages, source, story.link)
            if self.has_page_bytes:
                return PagesOfStory(page, others)
            return PagesOfStory(_without_bytes(page), _without_bytes(others))

        if not self.memory.remembers:
            return make()
        key = ("page", source, self.numbers[source], self.look, tuple(self.press.old_paths(source)))
        return self.memory.made(key, make)


def settled_run(
    reading: Reading,
    build_request: BuildRequest,
    memory: Memory,
    validity: Callable[[frozenset[str]], Validity],
    *,
    has_page_bytes: bool = True,
) -> tuple[Run, list[OutputFile]]:
    """Return a run of the valid pieces of *reading*, and its files.

    *validity* gives what stands in for the pieces whose sources it is given.
    """

    def attempt(invalid: frozenset[str], problems: list[Problem]) -> tuple[Run, list[OutputFile]]:
        run = Run.planned(
            reading, build_request, memory, problems=problems, validity=validity(invalid), has_page_bytes=has_page_bytes
        )
        files = run.files()
        run.problems += clashes(files)
        run.heed()
        return run, files

    return settled(reading.content, reading.problems, attempt)[0]


def _without_bytes(made: MadeFiles) -> MadeFiles:
    return MadeFiles(tuple(replace(file, content=b"") for file in made.files), made.problems)


def _digest_of(templates: Templates) -> str:
    """What the publication's own *templates* are known by."""
    digest = hashlib.sha256()
    for name, place in templates.own_files().items():
        digest.update(f"{name}\0{hashlib.sha256(place.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
