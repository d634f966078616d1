"""The plan of a run: what is due, where it is read, which feeds there are, and what each edition carries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from pressrun.content.chains import Records
from pressrun.content.checks import claimants, place_of, problems_between, repeated_slug, twins
from pressrun.content.load import Content, load
from pressrun.content.references import Carried, Evaluation
from pressrun.content.source.files import NOTHING_ELSE, source_file, text_below
from pressrun.model.addresses import Addresses, edition_path, file_of
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.edition import Edition
from pressrun.model.picture import Picture
from pressrun.model.problems import ContentError, Position, Problem, Severity
from pressrun.model.story import RenderedStory, Story
from pressrun.press.building.cache import Cache
from pressrun.press.building.letterpictures import Scaling
from pressrun.press.building.letters import Letters, itself
from pressrun.press.building.sourcefiles import STATIC, SourceFiles
from pressrun.press.building.validity import ALL_VALID, KeptEdition, Validity
from pressrun.press.feeds.choices import PlannedFeed, choices_of
from pressrun.press.feeds.documents import Desk, Dress
from pressrun.press.newsletter.tools import TOOLS
from pressrun.press.site.pages import FeedGroup, FeedLink, SitePages
from pressrun.rendering.blocks import idle_blocks
from pressrun.rendering.links import Broken, Resolver, Targets
from pressrun.rendering.pieces import document_of, rendered_body, rendered_story
from pressrun.rendering.templates import Templates

SUBSCRIBE, OPML, STYLE, HEADERS = "/subscribe/", "/feeds.opml", "/feed.css", "_headers"


class NamedPictures(NamedTuple):
    """Pictures by the fields of publication.yaml that name them, and what is wrong with those that are missing here."""

    pictures: Mapping[str, Picture]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class Press:
    """The plan of one run, decided before anything is made; *problems* are those known so far, in content and plan."""

    content: Content
    templates: Templates
    build_request: BuildRequest
    problems: list[Problem]
    cache: Cache = field(default_factory=lambda: Cache(None))
    whole: Callable[[Story], Story] = itself  # a story with its body
    records: Records = field(default_factory=dict)  # what a store knows of editions that were sent, by their ids
    validity: Validity = ALL_VALID
    written: Content = field(init=False)  # as it is in the files, with what is invalid
    stories: dict[str, Story] = field(init=False)  # due, by source
    editions: dict[str, Edition] = field(init=False)
    held_back: dict[str, str] = field(init=False)
    evaluation: Evaluation = field(init=False)
    carried: dict[str, Carried] = field(init=False)  # by editions, by their source
    addresses: Addresses = field(init=False)
    choices: list[PlannedFeed] = field(init=False)
    files: SourceFiles = field(init=False)
    targets: Targets = field(init=False)

    @classmethod
    def of(cls, source: Path, build_request: BuildRequest, instead: Mapping[str, bytes] = NOTHING_ELSE) -> "Press":
        """The press for the publication in *source*; raises ContentError where there is none to be read.

        *instead* are bytes that stand in for those of files in the content folder, by path.
        """
        content, problems = load(source, home=build_request.home, instead=instead)
        if content is None:
            raise ContentError(problems)
        return cls(content, Templates(source / "templates"), build_request, problems)

    def __post_init__(self) -> None:
        self.written = self.content
        self.content = self.content.without(self.validity.invalid, self.validity.stories)
        pieces: list[Story | Edition] = [*self.content.stories, *self.content.editions]
        reasons = {piece.source: self.build_request.why_not(piece) for piece in pieces}
        self.held_back = {source: reason for source, reason in reasons.items() if reason}
        self.stories = {story.source: story for story in self.content.stories if not reasons[story.source]}
        self.editions = {edition.source: edition for edition in self.content.editions if not reasons[edition.source]}
        self.evaluation = Evaluation.of(self.editions.values(), self.content, self.held_back, self.records)
        self.carried = self.evaluation.carried
        found = list(self.evaluation.problems)
        for source, carried in self.carried.items():
            if carried.skipped:
                self.held_back[source] = carried.skipped
                del self.editions[source]
        self._leave_out_editions()
        found += problems_between(self.content.stories, self.content.editions, self._stays)
        publication = self.content.publication
        self.addresses = Addresses(publication.home, publication.story_url, publication.timezone)
        self.choices = choices_of(publication, list(self.stories.values()))
        self.files = SourceFiles(self.content.folder, self.addresses, self.cache)
        self.targets = self._targets()
        self.problems = [*self.problems, *found, *self._repeated_paths()]

    @property
    def last_good(self) -> list[str]:
        """Return the sources of the stories that come out in their last good version."""
        return [source for source in self.validity.stories if source in self.stories]

    def _leave_out_editions(self) -> None:
        """Leave out the invalid editions, but for those that have a last good version."""
        for source in self.validity.invalid & self.editions.keys():
            del self.editions[source]
        for source, kept in self.validity.editions.items():
            if self.build_request.why_not(kept.edition) is None:
                self.editions[source] = kept.edition
                self.carried[source] = self._carried_by_kept(kept)
        if self.validity.editions:
            self.editions = dict(sorted(self.editions.items()))

    def _carried_by_kept(self, kept: KeptEdition) -> Carried:
        def found(sources: Iterable[str]) -> tuple[Story, ...]:
            return tuple(self.stories[source] for source in sources if source in self.stories)

        lead = self.stories.get(kept.lead) if kept.lead is not None else None
        return Carried(lead, found(kept.stories), tuple(map(found, kept.sections)), found(kept.also))

    def _stays(self, piece: Story | Edition) -> tuple[bool, ...]:
        """Return what sorts first the piece that earlier output holds under this id, then what is out."""
        known = self.validity.known.get(piece.source)
        is_out = piece.source in self.stories or piece.source in self.editions
        return known is None or known.id != piece.id, not is_out

    def _stays_at_its_path(self, piece: Story | Edition) -> tuple[bool, ...]:
        known = self.validity.known.get(piece.source)
        is_there = known is not None and isinstance(piece, Story) and known.path == self.addresses.story_path(piece)
        return not is_there, *self._stays(piece)

    def looked_over(self) -> list[Problem]:
        """Return what is wrong beside *problems*, as far as it shows before anything is made."""
        return [
            *twins([*self.content.stories, *self.content.editions], self.problems, self._stays),
            *self._unminted(),
            *self._behind_errors(),
            *self.templates.misnamed(),
            *idle_blocks(self.templates),
        ]

    # What there is, and where

    def _targets(self) -> Targets:
        content, publication = self.content, self.content.publication
        documents = {source: self._place_of(story) for source, story in self.stories.items()}
        if publication.pages:
            documents |= {source: edition_path(edition.slug) for source, edition in self.editions.items()}
            documents |= {
                source: edition_path(each.rendered.slug) for source, each in self.validity.found_editions.items()
            }
        prefixes = {documents[source]: f"{story.slug}-" for source, story in self.stories.items()}
        static = {path.removeprefix(STATIC) for path in content.folder.below("static")}
        aliases = {alias for story in self.stories.values() for alias in story.aliases}
        held_paths = {
            self.addresses.story_path(story): self.held_back[story.source]
            for story in content.stories
            if story.source in self.held_back
        }
        held = {**self.held_back, **held_paths, **dict.fromkeys(content.unreadable, "cannot be read")}
        held |= dict.fromkeys(self.validity.invalid - documents.keys() - self.editions.keys(), "has errors")
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
            picture=self.files.picture,
            file_path=self.files.path_of,
            file_size=lambda source: content.folder.files[source].stat().st_size,
            is_whole=publication.pages,
        )

    def _place_of(self, story: Story) -> str:
        """The path where *story* is read; its canonical address where it has one and no pages are written."""
        if story.canonical_url and not self.content.publication.pages:
            return story.canonical_url
        return self.addresses.story_path(story)

    def _repeated_paths(self) -> Iterable[Problem]:
        def path(story: Story) -> str:
            return file_of(self.addresses.story_path(story)).casefold()

        for first, *others in claimants(self.content.stories, path, self._stays_at_its_path):
            yield from (repeated_slug(story, first.source) for story in others)

    def _unminted(self) -> Iterable[Problem]:
        pieces: list[Story | Edition] = [*self.stories.values(), *self.editions.values()]
        for piece in pieces:
            if not piece.id_is_minted and piece.source not in self.validity.invalid:
                yield Problem(
                    place_of(piece, "title"),
                    code="id-not-minted",
                    message="this has no id of its own yet; a new name or date would show it to everybody again",
                    hint=f"add a line id: {piece.id} (pressrun check --fix does)",
                    severity=Severity.WARNING,
                )

    def _behind_errors(self) -> Iterable[Problem]:
        """Return what is wrong in the texts of stories that could not be read, so that nobody finds it later."""
        for source in sorted(self.written.unreadable & self.content.folder.files.keys()):
            text, _ = source_file(self.content.folder, source)
            if text is not None and (page := text_below(text.text)) is not None:
                body, line = page
                resolver = Resolver(self.targets, source, self.addresses.url(f"/{source}"), "")
                yield from rendered_body(document_of(source, body, line), resolver)[1]

    # Rendering

    def link_of(self, story: Story) -> str:
        """The address where *story* is read."""
        place = self.targets.documents[story.source]
        return self.addresses.url(place) if place.startswith("/") else place

    def render(self, story: Story, resolver: Resolver | None = None) -> tuple[RenderedStory, list[Problem]]:
        """*story*, which has its body, rendered, and all that is wrong in it; *resolver*, a fresh one, is asked."""
        return rendered_story(story, self.targets, self.content.publication, self.link_of(story), resolver)

    def letters(self, pictures: Mapping[str, Picture]) -> Letters:
        """Return what makes newsletters, with those of *pictures* that they need, by the fields that name them."""
        logo = pictures.get("look.logo")
        return Letters(
            self.content,
            self.targets,
            self.templates,
            self.stories,
            self._follow_url(),
            self.cache,
            Scaling(self.content.folder, self.addresses, self.cache),
            whole=self.whole,
            tool=TOOLS[self.build_request.slots] if self.build_request.slots else None,
            logo=logo,
            logo_place=self._place_in_masthead("look.logo") if logo else None,
        )

    # Feeds and pages

    def _feed_paths(self) -> list[str]:
        desk = Desk(self.content.publication, self.addresses.url)
        return [path for choice in self.choices for _, path in desk.paths(choice)]

    def desk(self, pictures: Mapping[str, Picture]) -> Desk:
        """Return what writes feeds, with *pictures* by the fields that name them."""
        verbatim = {each.story.id: each.verbatim for each in self.validity.found.values()}
        return Desk(self.content.publication, self.addresses.url, self._dress(pictures), verbatim)

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

    def pages(self) -> SitePages:
        """What makes the pages; their heads announce the site's feed first, then those with a name of their own."""
        subscribe = self.addresses.url(SUBSCRIBE)
        return SitePages(self.content.publication, self.templates, self.announced(), subscribe)

    def announced(self) -> list[FeedLink]:
        """The feeds that the head of every page announces."""
        return [feed.links[0] for feed in self.feeds() if feed.is_named and feed.links]

    def _dress(self, pictures: Mapping[str, Picture]) -> Dress:
        podcast, icon, image = self.content.publication.podcast, pictures.get("icon"), pictures.get("podcast.image")
        return Dress(
            style_sheet=self.addresses.url(STYLE),
            icon=icon.url if icon else None,
            logo=pictures.get("logo"),
            podcast=replace(podcast, image=image.url) if podcast and image else podcast,
        )

    def pictures_of_feeds(self) -> NamedPictures:
        """Return the pictures that all feeds carry."""
        publication, podcast = self.content.publication, self.content.publication.podcast
        return self._named_pictures(
            {"icon": publication.icon, "logo": publication.logo, "podcast.image": podcast.image if podcast else None}
        )

    def pictures_of_letters(self) -> NamedPictures:
        """Return the pictures that all newsletters carry, where there are any editions."""
        look = self.content.publication.look
        pictures, problems = self._named_pictures({"look.logo": look.logo if self.editions else None})
        if logo := pictures.get("look.logo"):
            from pressrun.content.masthead.look import misshapen  # brings YAML and pydantic along

            problems = (*problems, *misshapen(logo, look.logo_width, self._place_in_masthead("look.logo")))
        return NamedPictures(pictures, problems)

    def _named_pictures(self, paths: Mapping[str, str | None]) -> NamedPictures:
        """Return the pictures at *paths*, by the fields of publication.yaml that hold these, and what is wrong."""
        pictures: dict[str, Picture] = {}
        problems: list[Problem] = []
        for name, path in paths.items():
            if path is None:
                continue
            resolver = Resolver(self.targets, self.content.masthead, self.addresses.home, "")
            try:
                pictures[name] = resolver.picture_at(path)
            except Broken as fault:
                hint = fault.hint or "name a picture below content/"
                problems.append(Problem(self._place_in_masthead(name), "picture-missing", fault.message, hint))
        return NamedPictures(pictures, tuple(problems))

    def _place_in_masthead(self, name: str) -> Position:
        places = self.places_in_masthead()
        return places.get(name) or places[""]

    def places_in_masthead(self) -> Mapping[str, Position]:
        """Return where the fields of publication.yaml are, by name (`mail.from`); "" is where the file begins."""
        from pressrun.content.masthead.publication import places_in  # brings YAML and pydantic along

        source, _ = source_file(self.content.folder, self.content.masthead)
        return {"": Position(f"content/{self.content.masthead}"), **(places_in(source) if source else {})}

    def old_paths(self, source: str) -> list[str]:
        """The paths where the story *source* was read before, and others are led to it."""
        place = file_of(self.targets.documents[source])
        return [alias for alias in self.stories[source].aliases if file_of(alias) != place]

    def _follow_url(self) -> str:
        """Where a letter sends those who would rather follow: the page that explains feeds, else the feed."""
        if self.content.publication.pages:
            return self.addresses.url(SUBSCRIBE)
        return self.addresses.url(self._feed_paths()[0])
