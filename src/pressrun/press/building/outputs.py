"""Every file of the output, made anew only where something that it is made of has changed."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from pressrun.model.addresses import file_of
from pressrun.model.edition import RenderedEdition
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.picture import Picture
from pressrun.model.problems import Problem
from pressrun.press.building.buildstate import BuildState, LostState
from pressrun.press.building.feedfiles import FeedFiles
from pressrun.press.building.filedigests import FileDigests
from pressrun.press.building.filestates import NO_STATE, FileState, digest_of_states
from pressrun.press.building.forms import (
    from_bytes,
    rendered_form,
    to_bytes,
)
from pressrun.press.building.kept import KeptRendering, key_of, made_of
from pressrun.press.building.lastgood import LastGoodFiles
from pressrun.press.building.letterfiles import LetterFiles
from pressrun.press.building.letters import Letters
from pressrun.press.building.madefiles import MadeFiles
from pressrun.press.building.pagefiles import (
    edition_pages,
    home_page,
    redirects,
    story_page,
    subscribe_page,
)
from pressrun.press.building.placed import Placed
from pressrun.press.building.plan import Plan
from pressrun.press.building.press import NamedPictures, Press
from pressrun.press.building.problemforms import problem_form, problem_from
from pressrun.press.building.published import Output
from pressrun.press.building.refloods import is_site_document
from pressrun.press.building.renderings import Done, Rendered
from pressrun.press.building.report import FEEDS, NEWSLETTER, PAGES
from pressrun.press.building.stories import StateReader
from pressrun.press.building.timing import Stages
from pressrun.press.building.validity import heed, invalid_in
from pressrun.press.building.workers import Workers
from pressrun.press.feeds.documents import FeedDocument
from pressrun.press.feeds.entries import in_order
from pressrun.press.output.stage import Brought
from pressrun.press.site.pages import LISTED, SitePages
from pressrun.rendering.links import Broken
from pressrun.rendering.pieces import resolver_of


@dataclass(slots=True)
class Making:
    """One build's work: what is made is brought to the stage, and what is up to date is kept.

    *placed* is where all of it ends. *only* are the PARTS to make.
    """

    press: Press
    reader: StateReader
    build_state: BuildState
    placed: Placed
    workers: Workers
    only: frozenset[str]
    stages: Stages
    output: Output
    templates: str  # what all of them are known by
    made: dict[str, bytes] = field(default_factory=dict)  # what each rendered story is known by, by source
    masthead_pictures: list[Picture] = field(default_factory=list)
    count: int = 0  # of stories that were rendered
    pictures: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    look: bytes = b""  # what pages and letters depend on beside what they show
    digests: FileDigests = field(init=False)  # of files in the content folder
    _pages: SitePages | None = None
    _documents: list[list[FeedDocument]] = field(default_factory=list)  # those of the same stories together
    targets: bytes = b""  # what all that a link can lead to is known by

    def prepare(self) -> None:
        """Learn what does not depend on any one story."""
        press = self.press
        self.digests = FileDigests(press.content.folder, self.reader.seen)
        self.digests.recall(self.build_state)
        press.files.known_digest = self.digests.of
        self.placed.problems += press.problems
        self.look = key_of(self.reader.settings, self.templates, repr(press.announced()))
        self._pages = press.pages() if PAGES in self.only and press.content.publication.pages else None

    def run(self) -> None:
        """Make everything. Raises MoreInvalid where errors are heeded, and make a further piece invalid."""
        press = self.press
        self.prepare()
        self.placed.problems += press.looked_over()
        self.heed()
        if self._pages or FEEDS in self.only:
            self.placed.stage.open(PUBLIC)
        last_good = {source: press.link_of(press.stories[source]) for source in press.last_good}
        rendered = Rendered(press.stories.__getitem__, press.content.publication, self.build_state, last_good)
        with self.stages.stage("rendering"):
            self._render(rendered)
        self.heed()
        letters = press.letters(self.named(press.pictures_of_letters()))
        editions = {source: self._edition(source, letters, rendered) for source in press.editions}
        self.heed()
        if FEEDS in self.only:
            with self.stages.stage("feeds"):
                self._feeds(rendered)
        with self.stages.stage("other pages"):
            if self._pages:
                self.placed.bring(self.edition_pages(editions))
                self.placed.bring(self.home_page(rendered, editions))
                self.placed.bring(subscribe_page(press, self._pages))
            if PAGES in self.only:
                self._copy(press.files.static())
        with self.stages.stage("letters"):
            if NEWSLETTER in self.only:
                self.make_letters(letters, editions)
        last_good_files = self.last_good_files()
        last_good_files.keep_editions()
        self.heed()
        if self.only & {PAGES, FEEDS}:
            with self.stages.stage("other pages"):
                shown = editions.values()
                self._copy(press.files.copies(self.pictures, self.files, shown, self.masthead_pictures))
        last_good_files.keep_what_they_show()

    def _edition(self, source: str, letters: Letters, rendered: "Rendered") -> RenderedEdition:
        press = self.press
        edition, problems = letters.rendered(press.editions[source], press.carried[source], rendered)
        if source not in press.validity.editions:  # whose places are those of a file that was rewritten since
            self.placed.problems += problems
        return edition

    def _feeds(self, rendered: Rendered) -> None:
        desk = self.press.desk(self.named(self.press.pictures_of_feeds()))
        self._documents = self.feed_files().make(desk, rendered, self.workers, self.stages)

    def feed_files(self) -> FeedFiles:
        """Return what writes the documents of feeds."""
        return FeedFiles(self.press, self.build_state, self.placed, self.reader.settings, self.made_of)

    def last_good_files(self) -> LastGoodFiles:
        """Return what keeps the files that last good versions need."""
        return LastGoodFiles(self.press, self.build_state, self.placed, self.output, self.only)

    def make_letters(self, letters: Letters, editions: Mapping[str, RenderedEdition]) -> None:
        """Make the newsletters of *editions*, or keep them as they are."""
        last_good = self.last_good_files()
        files = LetterFiles(
            self.press, self.build_state, self.placed, last_good, self.digests.of, self.made_of, self.look, self.targets
        )
        files.make(letters, editions)

    def heed(self) -> None:
        """Raise MoreInvalid where errors are heeded, and there are some that make a further piece invalid."""
        heed(self.placed.problems, self.press.content, self.press.validity)

    def named(self, found: NamedPictures) -> Mapping[str, Picture]:
        """Go on with the pictures *found* that publication.yaml names."""
        self.masthead_pictures += found.pictures.values()
        self.placed.problems += found.problems
        return found.pictures

    def home_page(self, rendered: "Rendered", editions: Mapping[str, RenderedEdition]) -> MadeFiles:
        """Return the home page, where there are pages."""
        if self._pages is None:
            return MadeFiles()
        newest = [rendered[story.source] for story in in_order(self.press.stories.values())[:LISTED]]
        return home_page(self.press, self._pages, newest, editions)

    def edition_pages(self, editions: Mapping[str, RenderedEdition]) -> MadeFiles:
        """Return the pages of *editions*, where there are pages."""
        return edition_pages(self._pages, editions) if self._pages else MadeFiles()

    def remember(self) -> None:
        """Leave what was read of files to the next build."""
        self.digests.remember(self.build_state)

    def plan(self) -> Plan:
        """What was decided before anything was made."""
        return Plan.of(self.press, self.reader.masthead, self._documents, self.look, self._others())

    def _others(self) -> dict[str, FileState]:
        """The states of all files that are no stories, by their name; of no file where one may change unseen."""
        seen = self.reader.seen
        texts = {f"content/{source}" for source in self.reader.digests}
        states = {name: NO_STATE if name in seen.fresh else state for name, state in seen.states.items()}
        return {name: state for name, state in states.items() if name not in texts}

    def documents(self) -> list[str]:
        """The paths of the documents of the site's feed and its archives."""
        return [
            path for path in (*(each.path for each in self.placed.brought), *self.placed.kept) if is_site_document(path)
        ]

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
        return [*self.placed.feeds, *pages, *redirects, *self.placed.others]

    # Stories

    def _render(self, rendered: Rendered) -> None:
        press, build_state = self.press, self.build_state
        self.targets = targets = self._targets_key()
        is_same = build_state.said("targets") == targets
        before = {kept.source: kept for kept in build_state.renderings()}
        waiting: list[str] = []
        # What is not shown this time is not looked after, either.
        build_state.forget("renderings", before.keys() - press.stories.keys())
        last_good = frozenset(press.last_good)
        for source in press.stories:
            kept = before.get(source)
            if kept is not None and source in last_good:
                self._take_last_good(kept, rendered)
                continue
            if kept is not None and kept.digest == self.reader.digests[source]:
                pages = list(self._page_keys(source, kept.digest + kept.made))
                if all(self.placed.is_up_to_date(*page) for page in pages) and (
                    is_same or self._is_told_the_same(kept)
                ):
                    self._take(kept)
                    for path, _ in pages:
                        self.placed.keep(path)
                    continue
            waiting.append(source)
        build_state.say("targets", targets)
        self.count = len(waiting)
        batch: list[tuple[KeptRendering, bytes, bytes]] = []
        failed: dict[str, tuple[tuple[Problem, ...], ...]] = {}
        for done in self.workers.work(self.rendered, waiting):
            self.take(done)
            if any(done.failed):
                failed[done.rendering.source] = done.failed
            batch.append((done.rendering, done.form, done.html))
            if len(batch) >= 200:
                build_state.keep_renderings(batch)
                batch.clear()
        build_state.keep_renderings(batch)
        # One template makes many pages, and its first failure stands for all.
        for kind in (0, 1):
            found = (failed[source][kind] for source in press.stories if source in failed and failed[source][kind])
            self.placed.problems += next(found, ())

    def take(self, done: Done) -> None:
        """Go on with a story that was rendered just now."""
        source = done.rendering.source
        if done.rendering.problems and invalid_in(
            map(problem_from, from_bytes(done.rendering.problems)), self.press.content
        ):
            with contextlib.suppress(LostState):  # the file may be as it was, and what it names may be gone
                self.reader.keep_good(self.build_state.story(source))
        self._take(done.rendering)
        self.placed.brought += done.brought
        self.placed.keys.update(self._page_keys(source, self.made[source]))
        self.digests.update(dict(done.digests))

    def _take(self, kept: KeptRendering) -> None:
        """Go on with the rendered story *kept*."""
        self.made[kept.source] = kept.digest + kept.made
        if kept.problems:
            self.placed.problems += [problem_from(form) for form in from_bytes(kept.problems)]
        if kept.carries:
            pictures, files = from_bytes(kept.carries)
            self.pictures.update(pictures)
            self.files.update(files)

    def _take_last_good(self, kept: KeptRendering, rendered: Rendered) -> None:
        """Go on with the last good version *kept* of a story that is invalid now."""
        press, source = self.press, kept.source
        self.made[source] = kept.digest + kept.made
        if files := press.validity.found[source].files if source in press.validity.found else {}:
            self.placed.kept.update(files if self._pages else {})
            return
        pages = list(self._page_keys(source, self.made[source]))
        if all(self.placed.is_up_to_date(*page) for page in pages):
            for path, _ in pages:
                self.placed.keep(path)
        elif self._pages:
            story = rendered[source]
            page = story_page(press, self._pages, source, story)
            made = MadeFiles.all_of([page, redirects(press, self._pages, source, story.link)])
            self.placed.problems += made.problems
            if not made.problems:
                self.placed.brought += map(self.placed.stage.put, made.files)
                self.placed.keys.update(pages)
        if kept.carries:
            pictures, linked = from_bytes(kept.carries)
            self.pictures.update({path: picture for path, picture in pictures.items() if self._is_still(path, picture)})
            _, html = self.build_state.rendering(source)
            there = (file for file in linked if file in press.content.folder.files)
            self.files.update(file for file in there if quote(press.targets.file_path(file)).encode() in html)

    def _is_still(self, path: str, source: str) -> bool:
        """Whether the picture *source* is published as *path*, as it was."""
        try:
            return source in self.press.content.folder.files and self.press.targets.picture(source).path == path
        except Broken:
            return False

    def _targets_key(self) -> bytes:
        """What all that a link can lead to is known by."""
        press = self.press
        targets = press.targets
        seen = self.reader.seen
        others = {path: state for path, state in seen.content.items() if path not in self.reader.digests}
        # One that was written in this very moment may be written again without showing it.
        fresh = (path for path, state in others.items() if state.is_fresh(seen.tick))
        return key_of(
            *(self.digests.of(path) for path in fresh),
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
        self.digests.new.clear()
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
            for made in (story_page(press, pages, source, rendered), redirects(press, pages, source, rendered.link)):
                brought += map(self.placed.stage.put, made.files)
                failed.append(made.problems)
        found = tuple((path, self.digests.of(path)) for path in self.digests.new)
        return Done(kept, form, html, tuple(brought), tuple(failed), found)

    def made_of(self, source: str) -> bytes:
        """What the rendered story *source* is known by; it is in the stock unless this build rendered it."""
        if source not in self.made:
            kept = self.build_state.made(source)
            self.made[source] = kept.digest + kept.made
        return self.made[source]

    # Files of the content folder

    def _copy(self, copies: MadeFiles) -> None:
        self.placed.problems += copies.problems
        for file in copies.files:
            # Of some pictures, only a part is published.
            if isinstance(file.content, bytes):
                digest = hashlib.sha256(file.content).hexdigest()
            else:
                digest = self.digests.of(file.origin.removeprefix("content/"))
            key = key_of("copy", digest)
            if self.placed.is_up_to_date(file.path, key):
                self.placed.keep(file.path)
                self.placed.others.append(replace(file, content=b""))
            else:
                self.placed.keys[file.path] = key
                self.placed.bring(MadeFiles((file,)))
