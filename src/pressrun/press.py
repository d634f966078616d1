"""From the content folder to every file of the output, nothing written yet: the one place where rooms meet."""

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pressrun.cache import FOLDER, Cache, versions
from pressrun.content.checks import place_of, repeated_slug, twins
from pressrun.content.files import NOTHING_ELSE, source_file
from pressrun.content.load import Content, load
from pressrun.content.references import Carried, carried_by_all
from pressrun.feeds.choices import Choice, choices_of
from pressrun.feeds.documents import Desk, Dress
from pressrun.feeds.entries import in_order
from pressrun.feeds.headers import headers
from pressrun.feeds.opml import Outline as OpmlOutline
from pressrun.feeds.opml import opml
from pressrun.letters import Letter, Letters, itself
from pressrun.model.addresses import Addresses, edition_path, file_of
from pressrun.model.edition import Edition, RenderedEdition
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.picture import Picture
from pressrun.model.story import RenderedStory, Story
from pressrun.newsletter.compose import Newsletter
from pressrun.newsletter.tools import TOOLS
from pressrun.pictures.facts import Facts, Unfit, facts_of, public_path
from pressrun.problems import ContentError, Position, Problem, Severity
from pressrun.rendering.links import Broken, BrokenPicture, Resolver, Targets
from pressrun.rendering.pieces import rendered_story
from pressrun.rendering.templates import Templates
from pressrun.site.pages import FeedGroup, FeedLink, Pages
from pressrun.wanted import Wanted

SUBSCRIBE, OPML, STYLE, HEADERS = "/subscribe/", "/feeds.opml", "/feed.css", "_headers"
STATIC = "static/"


@dataclass(slots=True)
class Press:
    """One run's state: what is due, where it is read, and the files made so far."""

    content: Content
    templates: Templates
    wanted: Wanted
    problems: list[Problem]
    cache: Cache = field(default_factory=lambda: Cache(None))
    digest_of: Callable[[str], str] | None = None  # of a file's bytes, by its path below content/, where it is known
    whole: Callable[[Story], Story] = itself  # a story with its body
    stories: dict[str, Story] = field(init=False)  # due, by source
    editions: dict[str, Edition] = field(init=False)
    held_back: dict[str, str] = field(init=False)
    carried: dict[str, Carried] = field(init=False)  # by editions, by their source
    addresses: Addresses = field(init=False)
    choices: list[Choice] = field(init=False)
    targets: Targets = field(init=False)
    pictures: dict[str, Picture] = field(default_factory=dict)
    masthead_pictures: list[Picture] = field(default_factory=list)
    # What a run made, by source; empty before it.
    rendered: dict[str, RenderedStory] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Path, wanted: Wanted, instead: Mapping[str, bytes] = NOTHING_ELSE) -> "Press":
        """The press for the publication in *source*; raises ContentError where there is none to be read.

        *instead* are bytes that stand in for those of files in the content folder, by path.
        """
        content, problems = load(source, home=wanted.home, instead=instead)
        if content is None:
            raise ContentError(problems)
        return cls(content, Templates(source / "templates"), wanted, problems, Cache(source / FOLDER))

    def __post_init__(self) -> None:
        pieces: list[Story | Edition] = [*self.content.stories, *self.content.editions]
        reasons = {piece.source: self.wanted.why_not(piece) for piece in pieces}
        self.held_back = {source: reason for source, reason in reasons.items() if reason}
        self.stories = {story.source: story for story in self.content.stories if not reasons[story.source]}
        self.editions = {edition.source: edition for edition in self.content.editions if not reasons[edition.source]}
        self.carried, found = carried_by_all(self.editions.values(), self.content, self.held_back)
        self.problems += found
        for source, carried in self.carried.items():
            if carried.skipped:
                self.held_back[source] = carried.skipped
                del self.editions[source]
        publication = self.content.publication
        self.addresses = Addresses(publication.home, publication.story_url, publication.timezone)
        self.choices = choices_of(publication, list(self.stories.values()))
        self.targets = self._targets()

    def look_over(self) -> None:
        """Tell what is wrong before anything is made."""
        self.problems += twins([*self.content.stories, *self.content.editions], self.problems)
        self.problems += self._unminted()
        self.problems += self.templates.misnamed()

    def run(self) -> list[OutputFile]:
        """Every file of the output; what is wrong is in *problems*."""
        self.look_over()
        rendered = {source: self._story(story) for source, story in self.stories.items()}
        newest_first = in_order(rendered.values())
        letters = self.letters_of_run()
        editions = {
            source: letters.rendered(edition, self.carried[source], rendered)
            for source, edition in self.editions.items()
        }
        files = [
            *self._feeds(rendered),
            *self._site(rendered, newest_first, editions),
            *letters.files({source: (self.editions[source], edition) for source, edition in editions.items()}),
            *self.static(),
            *self.copies(
                {picture.path: picture.source for story in newest_first for picture in story.pictures},
                {file for story in newest_first for file in story.files},
                editions.values(),
            ),
        ]
        self.rendered, self.letters = rendered, letters.made
        self.cache.close()
        return files

    def letter(self, source: str) -> tuple[RenderedEdition, Newsletter | None]:
        """The edition *source* and its letter, and nothing else; None where a template is at fault, which is told."""
        letters = self.letters_of_run()
        edition = self.editions[source]
        rendered = {each: self._story(story) for each, story in self.stories.items()}
        made = letters.rendered(edition, self.carried[source], rendered)
        # One letter says nothing about the others that are remembered, so nothing is forgotten here.
        return made, letters.newsletter(edition, made)

    # What there is, and where

    def _targets(self) -> Targets:
        content, publication = self.content, self.content.publication
        documents = {source: self._place_of(story) for source, story in self.stories.items()}
        self.problems += self._repeated_paths()
        if publication.pages:
            documents |= {source: edition_path(edition.slug) for source, edition in self.editions.items()}
        prefixes = {documents[source]: f"{story.slug}-" for source, story in self.stories.items()}
        static = {path.removeprefix(STATIC) for path in content.folder.below("static")}
        aliases = {alias for story in self.stories.values() for alias in story.aliases}
        held_paths = {
            self.addresses.story_path(story): self.held_back[story.source]
            for story in content.stories
            if story.source in self.held_back
        }
        held = {**self.held_back, **held_paths, **dict.fromkeys(content.unreadable, "cannot be read")}
        if not publication.pages:
            held |= dict.fromkeys(self.editions, "has no page, because of pages: false")
        return Targets(
            addresses=self.addresses,
            documents=documents,
            prefixes=prefixes,
            held_back=held,
            files=content.folder.files.keys(),
            static=static,
            paths={"/", SUBSCRIBE, OPML, STYLE, *documents.values(), *aliases, *self._feed_paths()},
            picture=self._picture,
            file_path=self._file_path,
            file_size=lambda source: content.folder.files[source].stat().st_size,
            is_whole=publication.pages,
        )

    def _place_of(self, story: Story) -> str:
        """The path where *story* is read; its canonical address where it has one and no pages are written."""
        if story.canonical_url and not self.content.publication.pages:
            return story.canonical_url
        return self.addresses.story_path(story)

    def _repeated_paths(self) -> Iterable[Problem]:
        first: dict[str, Story] = {}
        for story in self.content.stories:
            earlier = first.setdefault(file_of(self.addresses.story_path(story)).casefold(), story)
            if earlier is not story:
                yield repeated_slug(story, earlier.source)

    def _picture(self, source: str) -> Picture:
        if source not in self.pictures:
            try:
                facts = self._facts(source)
            except Unfit as error:
                raise BrokenPicture(f"content/{source}: {error}", error.hint) from error
            path = public_path(source, facts)
            url = self.addresses.url(path)
            self.pictures[source] = Picture(source, path, url, facts.media_type, facts.size, facts.width, facts.height)
        return self.pictures[source]

    def _facts(self, source: str) -> Facts:
        """What the file *source* says of itself as a picture; Pillow is only asked about one that is new."""
        file = self.content.folder.files[source]
        key = (file.suffix.lower(), self._digest_of(source), versions("Pillow"))
        return Facts.from_bytes(self.cache.made("picture-facts", key, lambda: facts_of(file).to_bytes()))

    def _digest_of(self, source: str) -> str:
        if self.digest_of is not None:
            return self.digest_of(source)
        return hashlib.sha256(self.content.folder.files[source].read_bytes()).hexdigest()

    def _file_path(self, source: str) -> str:
        digest = self._digest_of(source)
        stem, ending = posixpath.splitext(posixpath.basename(source))
        return f"files/{stem}-{digest[:8]}{ending}"

    def _unminted(self) -> Iterable[Problem]:
        pieces: list[Story | Edition] = [*self.stories.values(), *self.editions.values()]
        for piece in pieces:
            if not piece.id_is_minted:
                yield Problem(
                    place_of(piece, "title"),
                    code="id-not-minted",
                    message="this has no id of its own yet; a new name or date would show it to everybody again",
                    hint=f"add a line id: {piece.id} (pressrun check --fix does)",
                    severity=Severity.WARNING,
                )

    # Rendering

    def link_of(self, story: Story) -> str:
        """The address where *story* is read."""
        place = self.targets.documents[story.source]
        return self.addresses.url(place) if place.startswith("/") else place

    def render(self, story: Story, resolver: Resolver | None = None) -> tuple[RenderedStory, list[Problem]]:
        """*story*, which has its body, rendered, and all that is wrong in it; *resolver*, a fresh one, is asked."""
        return rendered_story(story, self.targets, self.content.publication, self.link_of(story), resolver)

    def _story(self, story: Story) -> RenderedStory:
        rendered, found = self.render(story)
        self.problems += found
        return rendered

    def letters_of_run(self) -> Letters:
        """What makes letters; what is wrong with the logo is told."""
        look = self.content.publication.look
        logo = self._picture_of_masthead("look.logo", look.logo if self.editions else None)
        place = self._place_in_masthead("look.logo") if logo else None
        if logo and place:
            from pressrun.content.look import misshapen  # brings YAML and pydantic along

            self.problems += misshapen(logo, look.logo_width, place)
        return Letters(
            self.content,
            self.targets,
            self.templates,
            self.stories,
            self._follow_url(),
            self.problems,
            self.cache,
            whole=self.whole,
            tool=TOOLS[self.wanted.slots] if self.wanted.slots else None,
            logo=logo,
            logo_place=place,
        )

    # Making files

    def _feed_paths(self) -> list[str]:
        desk = Desk(self.content.publication, self.addresses.url)
        return [path for choice in self.choices for _, path in desk.paths(choice)]

    def _feeds(self, stories: dict[str, RenderedStory]) -> Iterable[OutputFile]:
        desk = self.desk()
        for choice in self.choices:
            for path, data in desk.documents(choice, stories):
                yield OutputFile(f"{PUBLIC}{path}", data, "a feed")
        yield from self.around_feeds()

    def desk(self) -> Desk:
        """What writes feeds; what is wrong with the pictures that they all carry is told."""
        return Desk(self.content.publication, self.addresses.url, self._dress())

    def around_feeds(self) -> Iterable[OutputFile]:
        """The list of all feeds, and what servers and browsers need for them."""
        outlines = [
            OpmlOutline(feed.title, feed.links[0].url, self.addresses.home, "rss")
            for feed in self.feeds()
            if feed.links
        ]
        yield OutputFile(f"{PUBLIC}{OPML}", opml(self.content.publication.title, outlines), "the list of feeds")
        if f"{STATIC}{HEADERS}" not in self.content.folder.files:  # the publisher's own comes first
            documents = (
                (f"/{link.url.removeprefix(self.addresses.home)}", link.url, link.media_type)
                for feed in self.feeds()
                for link in feed.links
            )
            text = headers(documents, self.content.publication.hub)
            yield OutputFile(f"{PUBLIC}/{HEADERS}", text.encode(), "the headers of feeds")
        yield from self._filled(self.pages().style(path) for path in (STYLE,))

    def feeds(self) -> list[FeedGroup]:
        """Every feed with its addresses, the preferred format first, as people choose among them."""
        desk = Desk(self.content.publication, self.addresses.url)
        return [
            FeedGroup(
                choice.title,
                choice.is_site,
                choice.settings.every is None,
                tuple(
                    FeedLink(choice.title, self.addresses.url(path), each.media_type, each.title)
                    for each, path in desk.paths(choice)
                ),
            )
            for choice in self.choices
        ]

    def pages(self) -> Pages:
        """What makes the pages; their heads announce the site's feed first, then those with a name of their own."""
        subscribe = self.addresses.url(SUBSCRIBE)
        return Pages(self.content.publication, self.templates, self.announced(), subscribe)

    def announced(self) -> list[FeedLink]:
        """The feeds that the head of every page announces."""
        return [feed.links[0] for feed in self.feeds() if feed.is_named and feed.links]

    def _dress(self) -> Dress:
        publication = self.content.publication
        podcast = publication.podcast
        icon = self._picture_of_masthead("icon", publication.icon)
        logo = self._picture_of_masthead("logo", publication.logo)
        image = self._picture_of_masthead("podcast.image", podcast.image) if podcast else None
        return Dress(
            style_sheet=self.addresses.url(STYLE),
            icon=icon.url if icon else None,
            logo=logo,
            podcast=replace(podcast, image=image.url) if podcast and image else podcast,
        )

    def _picture_of_masthead(self, name: str, path: str | None) -> Picture | None:
        """The picture at *path*, which the field *name* holds; None where it holds none, which is told."""
        if path is None:
            return None
        resolver = Resolver(self.targets, self.content.masthead, self.addresses.home, "")
        try:
            picture = resolver.picture_at(path)
        except Broken as fault:
            hint = fault.hint or "name a picture below content/"
            place = self._place_in_masthead(name)
            self.problems.append(Problem(place, "picture-missing", fault.message, hint))
            return None
        self.masthead_pictures.append(picture)
        return picture

    def _place_in_masthead(self, name: str) -> Position:
        from pressrun.content.masthead import places_in  # brings YAML and pydantic along

        source, _ = source_file(self.content.folder, self.content.masthead)
        places = places_in(source) if source else {}
        return places.get(name) or Position(f"content/{self.content.masthead}")

    def _site(
        self,
        rendered: dict[str, RenderedStory],
        newest_first: Sequence[RenderedStory],
        editions: dict[str, RenderedEdition],
    ) -> Iterable[OutputFile]:
        if not self.content.publication.pages:
            return
        pages = self.pages()
        yield from self._filled(
            page for source, story in rendered.items() for page in self.story_pages(pages, source, story)
        )
        yield from self._filled(
            redirect for source, story in rendered.items() for redirect in self.redirects(pages, source, story.link)
        )
        yield from self.edition_pages(pages, editions)
        yield from self.home_page(pages, newest_first, editions)
        yield from self.subscribe_page(pages)

    def story_pages(self, pages: Pages, source: str, story: RenderedStory) -> Iterable[OutputFile]:
        """The page of *story*, which is the file *source*. Raises ContentError where its template fails."""
        yield pages.story(story, self.targets.documents[source], f"content/{source}")

    def old_paths(self, source: str) -> list[str]:
        """The paths where the story *source* was read before, and others are led to it."""
        place = file_of(self.targets.documents[source])
        return [alias for alias in self.stories[source].aliases if file_of(alias) != place]

    def redirects(self, pages: Pages, source: str, link: str) -> Iterable[OutputFile]:
        """What leads from the old paths of the story *source* to *link*. Raises ContentError where a template fails."""
        return (pages.redirect(alias, link, f"content/{source}") for alias in self.old_paths(source))

    def edition_pages(self, pages: Pages, editions: Mapping[str, RenderedEdition]) -> Iterable[OutputFile]:
        """The pages of *editions*; what their template runs into is told."""
        return self._filled(
            pages.edition(edition, edition_path(edition.slug), f"content/{source}")
            for source, edition in editions.items()
        )

    def home_page(
        self, pages: Pages, newest_first: Sequence[RenderedStory], editions: Mapping[str, RenderedEdition]
    ) -> Iterable[OutputFile]:
        """The home page; what its template runs into is told."""
        latest = sorted(editions.values(), key=lambda edition: (edition.date, edition.id), reverse=True)
        return self._filled(pages.home(newest_first, latest) for _ in (None,))

    def subscribe_page(self, pages: Pages) -> Iterable[OutputFile]:
        """The page that explains feeds; what its template runs into is told."""
        return self._filled(pages.subscribe(path, self.feeds(), self.addresses.url(OPML)) for path in (SUBSCRIBE,))

    def _filled(self, files: Iterable[OutputFile]) -> Iterable[OutputFile]:
        """*files* as far as their template works: one template makes many, and its first failure stands for all."""
        try:
            yield from files
        except ContentError as error:
            self.problems += error.problems

    def _follow_url(self) -> str:
        """Where a letter sends those who would rather follow: the page that explains feeds, else the feed."""
        if self.content.publication.pages:
            return self.addresses.url(SUBSCRIBE)
        return self.addresses.url(self._feed_paths()[0])

    def static(self) -> Iterable[OutputFile]:
        """What is copied as it is."""
        for path in self.content.folder.below("static"):
            place = self.content.folder.files[path]
            yield OutputFile(f"{PUBLIC}/{path.removeprefix(STATIC)}", place, f"content/{path}")

    def copies(
        self, pictures: Mapping[str, str], files: Iterable[str], editions: Iterable[RenderedEdition]
    ) -> Iterable[OutputFile]:
        """The *pictures* that stories show, each the public path of a file, the *files* that they link to.

        So with those of *editions* and of the masthead.
        """
        sources = self.content.folder.files
        shown = dict(pictures)
        linked = set(files)
        for edition in editions:
            # What lies below static/ is copied already, under the name that it has.
            shown |= {picture.path: picture.source for picture in edition.pictures if picture.source}
            linked |= set(edition.files)
        shown |= {picture.path: picture.source for picture in self.masthead_pictures if picture.source}
        for path, source in sorted(shown.items()):
            yield OutputFile(f"{PUBLIC}/{path}", sources[source], f"content/{source}")
        for source in sorted(linked):
            yield OutputFile(f"{PUBLIC}/{self._file_path(source)}", sources[source], f"content/{source}")
