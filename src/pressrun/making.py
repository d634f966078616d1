"""Every file of the output, made anew only where something that it is made of has changed."""

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import NamedTuple

from pressrun.crew import ALONE, Crew
from pressrun.diff import is_site_document
from pressrun.feeds.documents import Desk, Document, together
from pressrun.feeds.entries import Facts, in_order
from pressrun.feeds.interface import Frame
from pressrun.letters import Letters
from pressrun.model.addresses import file_of
from pressrun.model.edition import RenderedEdition
from pressrun.model.output import OUTBOX, PUBLIC, OutputFile
from pressrun.model.publication import Publication
from pressrun.model.story import RenderedStory, Story
from pressrun.newsletter.size import Size
from pressrun.output.stage import Brought, Stage
from pressrun.plan import Plan
from pressrun.press import Press
from pressrun.problems import ContentError, Problem
from pressrun.reading import Moved, StockReader
from pressrun.rendering.pieces import resolver_of
from pressrun.report import FEEDS, NEWSLETTER, PAGES, MadeLetter
from pressrun.site.pages import LISTED, Pages
from pressrun.stages import Stages
from pressrun.stock.forms import (
    from_bytes,
    rendered_form,
    rendered_from,
    to_bytes,
)
from pressrun.stock.index import KeptFrame, KeptOutput, KeptRendering, Stock, key_of, made_of
from pressrun.stock.problems import problem_form, problem_from
from pressrun.stock.states import NO_STATE, FileState, digest_of_states

# A worker costs some 20 ms more where it has to import feedgen; so many entries, in all formats, are written in 20 ms.
MANY_ENTRIES = 2000


class Done(NamedTuple):
    """A story rendered by a worker, and its pages brought to the stage."""

    rendering: KeptRendering
    form: bytes
    html: bytes
    brought: tuple[Brought, ...]
    failed: tuple[tuple[Problem, ...], ...]  # what each of the templates of its pages ran into
    digests: tuple[tuple[str, str], ...]  # of files that nobody had read before


class Rendered:
    """The rendered stories of a run by their source, each fetched from the stock when it is asked for."""

    def __init__(self, story: Callable[[str], Story], publication: Publication, stock: Stock) -> None:
        self._story = story
        self._publication = publication
        self._stock = stock
        self._remembered = functools.lru_cache(maxsize=256)(self.fetched)

    def __getitem__(self, source: str) -> RenderedStory:
        return self._remembered(source)

    def fetched(self, source: str) -> RenderedStory:
        """The rendered story *source*, not to be remembered."""
        form, html = self._stock.rendering(source)
        return rendered_from(self._story(source), self._publication, from_bytes(form), html.decode())


@dataclass(slots=True)
class Making:
    """One build's work: what is made is brought to *stage*, and what lies in its place as it shall is *kept*.

    *lying* are the files of the last build that nobody has touched since, by path. *only* are the PARTS to make.
    """

    press: Press
    reader: StockReader
    stock: Stock
    stage: Stage
    crew: Crew
    lying: Mapping[str, KeptOutput]
    only: frozenset[str]
    stages: Stages
    templates: str  # what all of them are known by
    brought: list[Brought] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)  # the digest of each, by path
    keys: dict[str, bytes] = field(default_factory=dict)  # what each file is made of, by path, where that is known
    made: dict[str, bytes] = field(default_factory=dict)  # what each rendered story is known by, by source
    letters: list[MadeLetter] = field(default_factory=list)
    count: int = 0  # of stories that were rendered
    pictures: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    look: bytes = b""  # what pages and letters depend on beside what they show
    _pages: Pages | None = None
    _found: dict[str, str] = field(default_factory=dict)  # digests of files, by path
    _new: list[str] = field(default_factory=list)  # the paths of those that were read for the story at hand
    _documents: list[list[Document]] = field(default_factory=list)  # those of the same stories together
    targets: bytes = b""  # what all that a link can lead to is known by
    _letter_pictures: set[str] = field(default_factory=set)
    # What wants a place beside the pages of stories.
    _feed_files: list[OutputFile] = field(default_factory=list)
    _other_files: list[OutputFile] = field(default_factory=list)

    def prepare(self) -> None:
        """Learn what does not depend on any one story."""
        press = self.press
        states = self.reader.seen.content
        self._found.update((path, digest) for path, state, digest in self.stock.files() if state == states.get(path))
        press.digest_of = self.digest
        self.look = key_of(self.reader.settings, self.templates, repr(press.announced()))
        self._pages = press.pages() if PAGES in self.only and press.content.publication.pages else None

    def run(self) -> None:
        """Make everything. What is wrong is in the press's problems."""
        press = self.press
        self.prepare()
        press.look_over()
        if self._pages or FEEDS in self.only:
            self.stage.open(PUBLIC)
        with self.stages.stage("rendering"):
            self._render()
        rendered = Rendered(press.stories.__getitem__, press.content.publication, self.stock)
        letters = press.letters_of_run()
        editions = {
            source: letters.rendered(edition, press.carried[source], rendered)
            for source, edition in press.editions.items()
        }
        if FEEDS in self.only:
            with self.stages.stage("feeds"):
                self._feeds(rendered)
        with self.stages.stage("other pages"):
            if self._pages:
                self.bring(press.edition_pages(self._pages, editions))
                self.bring(self.home_page(rendered, editions))
                self.bring(press.subscribe_page(self._pages))
            if PAGES in self.only:
                self._copy(press.static())
        with self.stages.stage("letters"):
            if NEWSLETTER in self.only:
                self.make_letters(letters, editions)
        if self.only & {PAGES, FEEDS}:
            with self.stages.stage("other pages"):
                self._copy(press.copies(self.pictures, self.files, editions.values()))

    def home_page(self, rendered: "Rendered", editions: Mapping[str, RenderedEdition]) -> Iterable[OutputFile]:
        """The home page, where there are pages; what its template runs into is told."""
        if self._pages is None:
            return ()
        newest = [rendered[story.source] for story in in_order(self.press.stories.values())[:LISTED]]
        return self.press.home_page(self._pages, newest, editions)

    def edition_pages(self, editions: Mapping[str, RenderedEdition]) -> Iterable[OutputFile]:
        """The pages of *editions*, where there are pages; what their template runs into is told."""
        return self.press.edition_pages(self._pages, editions) if self._pages else ()

    def remember(self) -> None:
        """Leave in the stock what was read of files; one that may change without showing it is read again next time."""
        seen = self.reader.seen
        states = seen.content
        known = ((path, states.get(path, NO_STATE), digest) for path, digest in self._found.items())
        self.stock.forget_all("files")
        self.stock.keep_files((path, state, digest) for path, state, digest in known if not state.is_fresh(seen.tick))

    def plan(self) -> Plan:
        """What was decided before anything was made."""
        return Plan.of(self.press, self.reader.masthead, self._documents, self.look, self._others())

    def _others(self) -> dict[str, FileState]:
        """The states of all files that are no stories, by their name; of no file where one may change unseen."""
        seen = self.reader.seen
        texts = {f"content/{source}" for source in self.reader.digests}
        states = {name: NO_STATE if name in seen.fresh else state for name, state in seen.states.items()}
        return {name: state for name, state in states.items() if name not in texts}

    def outputs(self) -> list[KeptOutput]:
        """What the stock shall know of all that was brought."""
        return [
            KeptOutput(each.path, self.keys.get(each.path), each.digest, *each.state)
            for each in self.brought
            if each.state is not None
        ]

    def bring(self, files: Iterable[OutputFile]) -> None:
        """Bring *files* to the stage."""
        for file in files:
            self.brought.append(self.stage.put(file))
            self._other_files.append(replace(file, content=b""))

    def _stands(self, path: str, key: bytes) -> bool:
        """Whether *path* lies in its place, made of what *key* stands for."""
        lying = self.lying.get(path)
        return lying is not None and lying.key == key

    def _keep(self, path: str) -> None:
        self.kept[path] = self.lying[path].digest

    def documents(self) -> list[str]:
        """The paths of the documents of the site's feed and its archives."""
        return [path for path in (*(each.path for each in self.brought), *self.kept) if is_site_document(path)]

    def claims(self) -> list[OutputFile]:
        """Everything that wants a place, each with what it was made of, in an order that no worker has a say in."""
        pages: list[OutputFile] = []
        redirects: list[OutputFile] = []
        for source in self.press.stories if self._pages else ():
            page, *old = (
                OutputFile(path, b"", f"content/{source}") for path, _ in self._page_keys(source, self.made[source])
            )
            pages.append(page)
            redirects += old
        return [*self._feed_files, *pages, *redirects, *self._other_files]

    # Stories

    def _render(self) -> None:
        press, stock = self.press, self.stock
        self.targets = targets = self._targets_key()
        is_same = stock.said("targets") == targets
        before = {kept.source: kept for kept in stock.renderings()}
        waiting: list[str] = []
        # What is not shown this time is not looked after, either.
        stock.forget("renderings", before.keys() - press.stories.keys())
        for source in press.stories:
            kept = before.get(source)
            if kept is not None and kept.digest == self.reader.digests[source]:
                pages = list(self._page_keys(source, kept.digest + kept.made))
                if all(self._stands(*page) for page in pages) and (is_same or self._is_told_the_same(kept)):
                    self._take(kept)
                    for path, _ in pages:
                        self._keep(path)
                    continue
            waiting.append(source)
        stock.say("targets", targets)
        self.count = len(waiting)
        batch: list[tuple[KeptRendering, bytes, bytes]] = []
        failed: dict[str, tuple[tuple[Problem, ...], ...]] = {}
        for done in self.crew.work(self.rendered, waiting):
            self.take(done)
            if any(done.failed):
                failed[done.rendering.source] = done.failed
            batch.append((done.rendering, done.form, done.html))
            if len(batch) >= 200:
                stock.keep_renderings(batch)
                batch.clear()
        stock.keep_renderings(batch)
        # One template makes many pages, and its first failure stands for all.
        for kind in (0, 1):
            found = (failed[source][kind] for source in press.stories if source in failed and failed[source][kind])
            press.problems += next(found, ())

    def take(self, done: Done) -> None:
        """Go on with a story that was rendered just now."""
        source = done.rendering.source
        self._take(done.rendering)
        self.brought += done.brought
        self.keys.update(self._page_keys(source, self.made[source]))
        self._found.update(done.digests)

    def _take(self, kept: KeptRendering) -> None:
        """Go on with the rendered story *kept*."""
        self.made[kept.source] = kept.digest + kept.made
        if kept.problems:
            self.press.problems += [problem_from(form) for form in from_bytes(kept.problems)]
        if kept.carries:
            pictures, files = from_bytes(kept.carries)
            self.pictures.update(pictures)
            self.files.update(files)

    def _targets_key(self) -> bytes:
        """What all that a link can lead to is known by."""
        press = self.press
        targets = press.targets
        seen = self.reader.seen
        others = {path: state for path, state in seen.content.items() if path not in self.reader.digests}
        # One that was written in this very moment may be written again without showing it.
        fresh = (path for path, state in others.items() if state.is_fresh(seen.tick))
        return key_of(
            *(self.digest(path) for path in fresh),
            to_bytes(list(targets.documents.items())),
            to_bytes(list(targets.prefixes.items())),
            to_bytes(list(targets.held_back.items())),
            "\n".join(sorted(targets.paths)),
            digest_of_states(others),
        )

    def _is_told_the_same(self, kept: KeptRendering) -> bool:
        """Whether what *kept* asked of the rest of the publication has the answers that it had."""
        if kept.asked is None:
            return True
        story = self.press.stories[kept.source]
        resolver = resolver_of(story, self.press.targets, self.press.link_of(story))
        resolver.asked_again(url for url, _ in from_bytes(kept.asked)[1])
        return to_bytes([self.press.link_of(story), *resolver.told()]) == kept.asked

    def _page_keys(self, source: str, made: bytes) -> Iterator[tuple[str, bytes]]:
        """The path of each page of the story *source*, with what it is made of."""
        if self._pages is None:
            return
        press = self.press
        path = f"{PUBLIC}/{file_of(press.targets.documents[source])}"
        yield path, self.look + made
        for alias in press.old_paths(source):
            yield f"{PUBLIC}/{file_of(alias)}", key_of(self.look, "redirect", press.link_of(press.stories[source]))

    def rendered(self, source: str) -> Done:
        """The story *source* rendered, and its pages brought to the stage, in whatever process."""
        press, pages = self.press, self._pages
        story = self.reader.whole(press.stories[source])
        resolver = resolver_of(story, press.targets, press.link_of(story))
        self._new.clear()
        rendered, problems = press.render(story, resolver)
        form, html = to_bytes(rendered_form(rendered)), str(rendered.html).encode()
        carries = None
        if rendered.pictures or rendered.files:
            shown = {picture.path: picture.source for picture in rendered.pictures}
            carries = to_bytes([shown, rendered.files])
        kept = KeptRendering(
            source,
            self.reader.digests[source],
            made_of(form, html),
            to_bytes([press.link_of(story), *resolver.told()]) if resolver.asked else None,
            carries,
            to_bytes([problem_form(problem) for problem in problems]) if problems else None,
        )
        brought: list[Brought] = []
        failed: list[tuple[Problem, ...]] = []
        if pages is not None:
            for files in (press.story_pages(pages, source, rendered), press.redirects(pages, source, rendered.link)):
                try:
                    brought += map(self.stage.put, files)
                    failed.append(())
                except ContentError as error:
                    failed.append(tuple(error.problems))
        found = tuple((path, self._found[path]) for path in self._new)
        return Done(kept, form, html, tuple(brought), tuple(failed), found)

    # Feeds

    def _feeds(self, rendered: Rendered) -> None:
        desk = self.press.desk()
        stories = self.press.stories
        self._documents = [each for choice in self.press.choices for each in together(desk.plan(choice, stories))]
        tasks = [waiting for documents in self._documents if (waiting := self.to_be_written(documents))]
        # The largest first, or a worker would be busy with one when all others are done.
        tasks.sort(key=lambda documents: -len(documents) * len(documents[0].sources))
        entries = sum(len(documents) * len(documents[0].sources) for documents in tasks)
        crew = self.crew if entries > MANY_ENTRIES else ALONE
        if crew.size > 1:
            self.stock.commit(going_on=True)
        new: list[KeptFrame] = []
        for brought, frames in crew.work(functools.partial(self.written, desk, rendered), tasks, least=1, chunk=1):
            self.brought += brought
            new += frames
        # Not before all have read what they need: a worker shares this process's locks, and would see half of it.
        self.stock.keep_frames(new)
        self.stages.note("feeds", f"{sum(map(len, tasks)):,} of {sum(map(len, self._documents)):,} documents")
        for file in self.press.around_feeds():
            self.brought.append(self.stage.put(file))
            self._feed_files.append(replace(file, content=b""))

    def to_be_written(self, documents: Sequence[Document]) -> list[Document]:
        """Those of *documents*, which are of the same stories, that do not lie in their places; the others are kept."""
        made = b"".join(self.made_of(source) for source in documents[0].sources)
        waiting = []
        for each in documents:
            path = f"{PUBLIC}{each.path}"
            key = key_of(self.reader.settings, each.format.name, each.content.value, repr(each.feed), made)
            self._feed_files.append(OutputFile(path, b"", "a feed"))
            if self._stands(path, key):
                self._keep(path)
            else:
                self.keys[path] = key
                waiting.append(each)
        return waiting

    def made_of(self, source: str) -> bytes:
        """What the rendered story *source* is known by; it is in the stock unless this build rendered it."""
        if source not in self.made:
            kept = self.stock.made(source)
            self.made[source] = kept.digest + kept.made
        return self.made[source]

    def written(
        self, desk: Desk, rendered: Rendered, documents: Sequence[Document]
    ) -> tuple[list[Brought], list[KeptFrame]]:
        """*documents*, which are of the same stories, brought to the stage, and the frames that were new."""
        new: list[KeptFrame] = []

        def frame(document: Document, facts: Facts) -> Frame:
            """From the stock, for feedgen takes long to import; else it is told as new."""
            key = key_of(self.reader.settings, document.format.name, repr(document.feed), repr(facts))
            if kept := self.stock.frame(key):
                return Frame(*kept)
            made = desk.frame(document, facts)
            new.append(KeptFrame(key, document.path, made.before, made.after, made.between))
            return made

        stories = map(rendered.fetched, documents[0].sources)
        brought = [
            self.stage.put(OutputFile(f"{PUBLIC}{document.path}", data, "a feed"))
            for document, data in desk.written(documents, stories, frame)
        ]
        return brought, new

    # Letters

    def make_letters(self, letters: Letters, editions: Mapping[str, RenderedEdition]) -> None:
        press = self.press
        if editions:
            letters.tell_of_sender()
        for source, rendered in editions.items():
            key = self._letter_key(source)
            kept = self.stock.letter(source)
            if kept is not None and kept[0] == key and self._take_letter(source, *kept):
                continue
            told = len(press.problems)
            # Every letter is remembered with all the pictures that it needs, those of other letters among them.
            letters.pictures.clear()
            letters.variants.clear()
            files = list(letters.outbox(source, press.editions[source], rendered))
            pictures = list(letters.pictures.values())
            self.keys.update((file.path, key) for file in files)
            self.bring(files)
            self.bring(picture for picture in pictures if self._is_first(picture.path))
            if made := letters.made.get(source):
                self.letters.append(MadeLetter(made.path, made.size))
                problems = [problem_form(problem) for problem in press.problems[told:]]
                paths = [[file.path for file in each] for each in (files, pictures)]
                self.stock.keep_letter(source, key, to_bytes([astuple(made.size), problems, *paths]))

    def _is_first(self, path: str) -> bool:
        """Whether no letter before has brought the picture *path*, or kept it."""
        is_first = path not in self._letter_pictures
        self._letter_pictures.add(path)
        return is_first

    def _letter_key(self, source: str) -> bytes:
        """What the letter of the edition *source* is made of."""
        carried = self.press.carried[source]
        made = [self.made_of(story.source) for story in carried.all_stories]
        shape = to_bytes([bool(carried.lead), [len(section) for section in carried.sections]])
        return key_of(self.look, self.press.wanted.slots or "", self.digest(source), self.targets, shape, *made)

    def _take_letter(self, source: str, key: bytes, form: bytes) -> bool:
        """Go on with the letter of *key* and *form*, if all of it lies in its place."""
        size, problems, files, pictures = from_bytes(form)
        # A build that failed kept what it made, and what lies there is older. Pictures are named after their bytes.
        if not all(self._stands(path, key) for path in files) or not all(path in self.lying for path in pictures):
            return False
        self.keys.update(dict.fromkeys(files, key))
        paths = [*files, *filter(self._is_first, pictures)]
        self.kept.update((path, self.lying[path].digest) for path in paths)
        self._other_files += [OutputFile(path, b"", f"content/{source}") for path in paths]
        self.letters.append(MadeLetter(f"{OUTBOX}/{self.press.editions[source].slug}", Size(*size)))
        self.press.problems += [problem_from(each) for each in problems]
        return True

    # Files of the content folder

    def digest(self, path: str) -> str:
        """What the bytes of the file *path* below the content folder are known by."""
        if path not in self._found:
            try:
                with self.press.content.folder.files[path].open("rb") as stream:
                    self._found[path] = hashlib.file_digest(stream, "sha256").hexdigest()
            except FileNotFoundError as error:
                raise Moved(f"content/{path}") from error
            self._new.append(path)
        return self._found[path]

    def _copy(self, files: Iterable[OutputFile]) -> None:
        for file in files:
            key = key_of("copy", self.digest(file.origin.removeprefix("content/")))
            if self._stands(file.path, key):
                self._keep(file.path)
                self._other_files.append(replace(file, content=b""))
            else:
                self.keys[file.path] = key
                self.bring([file])
