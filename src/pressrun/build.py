"""A build: from the content folder to feeds, pages and letters on disk."""

import difflib
import hashlib
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pressrun.content.checks import place_of, repeated_slug
from pressrun.content.load import Content, load
from pressrun.feeds.atom import Atom
from pressrun.feeds.entries import entries_of, site_feed
from pressrun.model.addresses import Addresses, edition_path, file_of
from pressrun.model.edition import Content as LeadContent
from pressrun.model.edition import Edition, Reference, RenderedEdition
from pressrun.model.output import OutputFile
from pressrun.model.picture import Picture
from pressrun.model.story import RenderedStory, Story
from pressrun.newsletter.compose import compose, size_problem
from pressrun.newsletter.message import message
from pressrun.output.write import Written, clashes, write
from pressrun.pictures.facts import facts_of, public_path
from pressrun.problems import ContentError, Position, Problem, Severity, errors_in, in_file_order
from pressrun.rendering.links import BrokenPicture, Resolver, Targets
from pressrun.rendering.outline import Outline
from pressrun.rendering.pieces import document_of, outline_of, rendered_body, rendered_story
from pressrun.rendering.templates import Templates
from pressrun.site.pages import FeedLink, Pages

PUBLIC, OUTBOX = "public", "outbox"
FEED_PATH = "/atom.xml"
STATIC = "static/"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a build shall take in: everything due at *now*, *drafts* and what lies in the *future* if asked for.

    *home* stands in for the publication's home page.
    """

    now: datetime
    drafts: bool = False
    future: bool = False
    home: str | None = None

    def why_not(self, piece: Story | Edition) -> str | None:
        """What speaks against showing *piece*, as the end of a sentence; None if nothing does."""
        if piece.draft and not self.drafts:
            return "is a draft"
        moment = piece.published if isinstance(piece, Story) else piece.date
        if moment > self.now and not self.future:
            return f"is not out until {moment.isoformat(sep=' ', timespec='minutes')}"
        return None


@dataclass(frozen=True, slots=True)
class Letter:
    """A newsletter that was made: its folder below the destination, and the bytes of its HTML."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did. *problems* are warnings and hints only."""

    written: Written
    stories: int
    editions: int
    held_back: int
    letters: tuple[Letter, ...]
    problems: tuple[Problem, ...]


def build(source: Path, destination: Path, wanted: Wanted) -> Report:
    """Build the publication in *source* into *destination*.

    Raises ContentError with every Problem when there is an error, and then writes nothing.
    """
    content, problems = load(source, home=wanted.home)
    if content is None:
        raise ContentError(problems)
    press = _Press(content, Templates(source / "templates"), wanted, problems)
    files = press.run()
    if errors_in(problems):
        raise ContentError(problems)
    written = write(files, destination, (PUBLIC, OUTBOX))
    problems += [_left_alone(path) for path in written.left_alone]
    return Report(
        written=written,
        stories=len(press.stories),
        editions=len(press.editions),
        held_back=len(press.held_back),
        letters=tuple(press.letters),
        problems=tuple(in_file_order(problems)),
    )


@dataclass(slots=True)
class _Press:
    """One run's state: what is due, where it is read, and the files made so far."""

    content: Content
    templates: Templates
    wanted: Wanted
    problems: list[Problem]
    stories: dict[str, Story] = field(init=False)  # due, by source
    editions: dict[str, Edition] = field(init=False)
    held_back: dict[str, str] = field(init=False)
    addresses: Addresses = field(init=False)
    targets: Targets = field(init=False)
    pictures: dict[str, Picture] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)

    def __post_init__(self) -> None:
        pieces: list[Story | Edition] = [*self.content.stories, *self.content.editions]
        reasons = {piece.source: self.wanted.why_not(piece) for piece in pieces}
        self.held_back = {source: reason for source, reason in reasons.items() if reason}
        self.stories = {story.source: story for story in self.content.stories if not reasons[story.source]}
        self.editions = {edition.source: edition for edition in self.content.editions if not reasons[edition.source]}
        publication = self.content.publication
        self.addresses = Addresses(publication.home, publication.story_url, publication.timezone)
        self.targets = self._targets()

    def run(self) -> list[OutputFile]:
        """Every file of the output; what is wrong is in *problems*."""
        self.problems += self._unminted()
        self.problems += self._misnamed_templates()
        rendered = {source: self._story(story) for source, story in self.stories.items()}
        newest_first = sorted(rendered.values(), key=lambda story: (story.published, story.id), reverse=True)
        editions = {source: self._edition(edition, rendered) for source, edition in self.editions.items()}
        files = [
            *self._feeds(newest_first),
            *self._site(rendered, newest_first, editions),
            *self._letters(editions),
            *self._copies(newest_first, list(editions.values())),
        ]
        if not any(problem.code == "duplicate-slug" for problem in self.problems):
            self.problems += clashes(files)
        return files

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
            paths={"/", FEED_PATH, *documents.values(), *aliases},
            picture=self._picture,
            file_path=self._file_path,
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
                facts = facts_of(self.content.folder.files[source])
            except ValueError as error:
                raise BrokenPicture(f"content/{source}: {error}", "use PNG, JPEG, GIF, WebP or SVG") from error
            path = public_path(source, facts)
            url = self.addresses.url(path)
            self.pictures[source] = Picture(source, path, url, facts.media_type, facts.size, facts.width, facts.height)
        return self.pictures[source]

    def _file_path(self, source: str) -> str:
        digest = hashlib.sha256(self.content.folder.files[source].read_bytes()).hexdigest()
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
                    hint=f"add a line id: {piece.id}",
                    severity=Severity.WARNING,
                )

    # Rendering

    def _story(self, story: Story) -> RenderedStory:
        place = self.targets.documents[story.source]
        link = self.addresses.url(place) if place.startswith("/") else place
        rendered, found = rendered_story(story, self.targets, self.content.publication, link)
        self.problems += found
        return rendered

    def _edition(self, edition: Edition, rendered: dict[str, RenderedStory]) -> RenderedEdition:
        link = self.addresses.url(edition_path(edition.slug))
        resolver = Resolver(self.targets, edition.source, link, f"{edition.slug}-")
        opening, found = rendered_body(document_of(edition.source, edition.body, edition.body_line), resolver)
        self.problems += found
        lead, stories = self._stories_of(edition, rendered)
        if not edition.lead and not edition.stories and not edition.body.strip():
            self.problems.append(
                Problem(
                    place_of(edition, "title"),
                    code="edition-empty",
                    message="this edition has no story and no words",
                    hint="name a story: lead: its-slug",
                )
            )
        return RenderedEdition(
            id=edition.id,
            slug=edition.slug,
            link=link if self.content.publication.pages else None,
            title=edition.title,
            subject=edition.subject,
            preheader=edition.preheader if edition.preheader is not None else self._preheader(edition, lead, stories),
            date=edition.date,
            opening=opening.html,
            lead=lead,
            stories=stories,
            stories_title=edition.stories_title,
            content=edition.content,
            pictures=opening.pictures,
            files=opening.files,
            extra=edition.extra,
        )

    def _preheader(self, edition: Edition, lead: RenderedStory | None, stories: Sequence[RenderedStory]) -> str:
        """What stands behind the subject in an inbox where the edition says nothing: the first story's summary."""
        first = lead or next(iter(stories), None)
        return first.summary if first else edition.title

    def _stories_of(
        self, edition: Edition, rendered: dict[str, RenderedStory]
    ) -> tuple[RenderedStory | None, tuple[RenderedStory, ...]]:
        lead = self._named(edition.lead, edition, rendered) if edition.lead else None
        seen = {lead.id} if lead else set()
        stories = []
        for reference in edition.stories:
            story = self._named(reference, edition, rendered)
            if story is not None and story.id in seen:
                message = f'"{reference.name}" is in this edition already'
                self.problems.append(Problem(reference.position, "edition-story", message, "delete one of the two"))
            elif story is not None:
                seen.add(story.id)
                stories.append(story)
        return lead, tuple(stories)

    def _named(
        self, reference: Reference, edition: Edition, rendered: dict[str, RenderedStory]
    ) -> RenderedStory | None:
        found = self.content.stories_named(reference.name, beside=edition.source)
        if len(found) == 1 and found[0].source in rendered:
            return rendered[found[0].source]
        if not found and self.content.is_unreadable(reference.name, beside=edition.source):
            return None  # its own Problem is told already
        if not found:
            message, hint = f'there is no story "{reference.name}"', self._nearest(reference.name)
        elif len(found) > 1:
            message = f'"{reference.name}" can mean {" or ".join(story.source for story in found)}'
            hint = "name the one that you mean by its file"
        else:
            message = f'"{reference.name}" {self.held_back[found[0].source]}'
            hint = "publish it first, or take it out of this edition"
        self.problems.append(Problem(reference.position, "edition-story", message, hint))
        return None

    def _nearest(self, name: str) -> str:
        slugs = {word: story.slug for story in self.content.stories for word in (story.slug, story.title)}
        close = difflib.get_close_matches(name, slugs, n=1, cutoff=0.6)
        return f"did you mean {slugs[close[0]]}?" if close else "name a story by its slug, or by its file"

    def _misnamed_templates(self) -> Iterable[Problem]:
        known = {posixpath.splitext(name)[0]: name for name in self.templates.names_of_defaults()}
        for name in self.templates.names_of_own():
            stem = posixpath.splitext(name)[0]
            close = difflib.get_close_matches(stem, known, n=1, cutoff=0.75)
            if stem not in known and close:
                meant = known[close[0]]
                yield Problem(
                    Position(f"templates/{name}"),
                    code="near-miss",
                    message=f"no page is made from {name}; did you mean {meant}?",
                    hint=f"rename it to {meant}, or keep it if another template includes it",
                    severity=Severity.WARNING,
                )

    # Making files

    def _feeds(self, stories: Sequence[RenderedStory]) -> Iterable[OutputFile]:
        publication = self.content.publication
        feed = site_feed(publication, self.addresses.url(FEED_PATH))
        data = Atom().serialise(publication, feed, entries_of(stories, feed))
        yield OutputFile(f"{PUBLIC}{FEED_PATH}", data, "the feed")

    def _site(
        self,
        rendered: dict[str, RenderedStory],
        newest_first: Sequence[RenderedStory],
        editions: dict[str, RenderedEdition],
    ) -> Iterable[OutputFile]:
        publication = self.content.publication
        if not publication.pages:
            return
        feed = FeedLink(publication.title, self.addresses.url(FEED_PATH), Atom.media_type)
        pages = Pages(publication, self.templates, [feed])
        latest = sorted(editions.values(), key=lambda edition: (edition.date, edition.id), reverse=True)
        yield from self._filled(
            pages.story(story, self.targets.documents[source], f"content/{source}")
            for source, story in rendered.items()
        )
        yield from self._filled(
            pages.redirect(alias, story.link, f"content/{source}")
            for source, story in rendered.items()
            for alias in self.stories[source].aliases
            if file_of(alias) != file_of(self.targets.documents[source])
        )
        yield from self._filled(
            pages.edition(edition, edition_path(edition.slug), f"content/{source}")
            for source, edition in editions.items()
        )
        yield from self._filled(pages.home(newest_first, latest) for _ in (None,))

    def _filled(self, files: Iterable[OutputFile]) -> Iterable[OutputFile]:
        """*files* as far as their template works: one template makes many, and its first failure stands for all."""
        try:
            yield from files
        except ContentError as error:
            self.problems += error.problems

    def _letters(self, editions: dict[str, RenderedEdition]) -> Iterable[OutputFile]:
        publication = self.content.publication
        sender = publication.mail.sender
        if editions and sender is None:
            self.problems.append(
                Problem(
                    Position(f"content/{self.content.masthead}"),
                    code="letter-sender",
                    message="letters have no sender, so no newsletter.eml is written",
                    hint="add mail: and below it from: Name <name@example.org>",
                    severity=Severity.WARNING,
                )
            )
        for source, edition in editions.items():
            try:
                newsletter = compose(
                    publication,
                    edition,
                    self._outlines(source, edition),
                    self.templates,
                    self.addresses.url(FEED_PATH),
                )
            except ContentError as error:
                self.problems += error.problems
                continue
            if problem := size_problem(newsletter, f"content/{source}"):
                self.problems.append(problem)
            folder = f"{OUTBOX}/{edition.slug}"
            self.letters.append(Letter(folder, newsletter.size))
            yield OutputFile(f"{folder}/newsletter.html", newsletter.html.encode(), f"content/{source}")
            yield OutputFile(f"{folder}/newsletter.txt", newsletter.text.encode(), f"content/{source}")
            if sender is not None:
                data = message(publication, edition, newsletter, sender)
                yield OutputFile(f"{folder}/newsletter.eml", data, f"content/{source}")

    def _outlines(self, source: str, edition: RenderedEdition) -> dict[str, Outline]:
        written = self.editions[source]
        link = edition.link or self.addresses.home
        outlines = {edition.id: outline_of(source, written.body, written.body_line, self.targets, link, edition.slug)}
        if edition.lead is not None and edition.content is LeadContent.FULL:
            lead = next(story for story in self.stories.values() if story.id == edition.lead.id)
            outlines[lead.id] = outline_of(
                lead.source, lead.body, lead.body_line, self.targets, edition.lead.link, lead.slug
            )
        return outlines

    def _copies(self, stories: Sequence[RenderedStory], editions: Sequence[RenderedEdition]) -> Iterable[OutputFile]:
        sources = self.content.folder.files
        for path in self.content.folder.below("static"):
            yield OutputFile(f"{PUBLIC}/{path.removeprefix(STATIC)}", sources[path], f"content/{path}")
        shown = [*(picture for story in stories for picture in story.pictures)]
        shown += [picture for edition in editions for picture in edition.pictures]
        for path, source in sorted({picture.path: picture.source for picture in shown}.items()):
            yield OutputFile(f"{PUBLIC}/{path}", sources[source], f"content/{source}")
        linked = {file for story in stories for file in story.files}
        linked |= {file for edition in editions for file in edition.files}
        for source in sorted(linked):
            yield OutputFile(f"{PUBLIC}/{self._file_path(source)}", sources[source], f"content/{source}")


def _left_alone(path: str) -> Problem:
    return Problem(
        Position(path),
        code="output-changed",
        message="this belongs to an earlier build, but was changed since, and is left alone",
        hint="delete it if you do not need it",
        severity=Severity.WARNING,
    )
