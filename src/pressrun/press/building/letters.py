"""From editions as written to the files of the outbox: where an edition becomes a letter."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from pressrun.content.checks import place_of
from pressrun.content.load import Content
from pressrun.content.references import Carried
from pressrun.model.addresses import edition_path
from pressrun.model.characters import MARK
from pressrun.model.edition import Edition, RenderedEdition, RenderedSection
from pressrun.model.output import OUTBOX, OutputFile
from pressrun.model.picture import Picture
from pressrun.model.problems import ContentError, Position, Problem, Severity
from pressrun.model.slots import slots_in
from pressrun.model.story import RenderedStory, Story
from pressrun.press.building.cache import Cache, versions
from pressrun.press.building.letterpictures import Scaling, ShownPictures
from pressrun.press.newsletter.compose import LetterSurroundings, Newsletter, Words, compose
from pressrun.press.newsletter.message import message, values_for
from pressrun.press.newsletter.plaintext import settled
from pressrun.press.newsletter.size import Size, size_problem
from pressrun.press.newsletter.tools import MergeTool, for_tool, offered_by
from pressrun.rendering.links import Resolver, Targets
from pressrun.rendering.outline import SourceDocument
from pressrun.rendering.personal import never_personal, personal, personal_line
from pressrun.rendering.pictures.variants import PictureFinding
from pressrun.rendering.pieces import Body, document_of, outline_of, rendered_body
from pressrun.rendering.templates import Templates

# What a letter's bytes depend on beside Pressrun itself.
INLINERS = ("premailer", "cssutils", "cssselect", "lxml")


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A newsletter that was made: its folder below the destination, and the size of its HTML.

    *edition* and *newsletter* are what it was made of, slots still words.
    """

    path: str
    size: Size
    edition: RenderedEdition
    newsletter: Newsletter


def texts_of(edition: Edition, link: str, targets: Targets) -> Iterable[tuple[SourceDocument, Resolver, list[Problem]]]:
    """The opening words of *edition*, which is read at *link*, and each section's, with their slots as words.

    With each comes what finds its addresses, and what is wrong in its slots.
    """
    written = [(edition.body, edition.body_line, 0, "")]
    written += [
        (section.text, section.text_line, section.text_indent, f"section-{number}-of-")
        for number, section in enumerate(edition.sections, 1)
    ]
    for text, line, indent, part in written:
        document, found = personal(replace(document_of(edition.source, text, line), indent=indent))
        yield document, Resolver(targets, edition.source, link, f"{part}edition-{edition.slug}-"), found


class Fetching(Protocol):
    """What has the rendered stories of a run by their source."""

    def __getitem__(self, source: str) -> RenderedStory: ...


def itself(story: Story) -> Story:
    """*story*, which has its body."""
    return story


class Composed(NamedTuple):
    """A newsletter with its slots, the pictures made for it, and its problems; None where a template has an error."""

    newsletter: Newsletter | None
    pictures: tuple[OutputFile, ...]
    problems: tuple[Problem, ...]


class MadeOutbox(NamedTuple):
    """The files of one edition in the outbox, the pictures made for it, and its problems.

    *letter* is None, and there are no files, where a template has an error.
    """

    letter: WrittenLetter | None
    files: tuple[OutputFile, ...]
    pictures: tuple[OutputFile, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """Makes the newsletters of one run; *stories* are those that are due, by their source.

    *whole* gives one of them with its body. With a *tool*, the newsletters have its tags, and there are no messages.
    """

    content: Content
    targets: Targets
    templates: Templates
    stories: Mapping[str, Story]
    feed_url: str
    cache: Cache
    scaling: Scaling
    whole: Callable[[Story], Story] = itself  # a story with its body
    tool: MergeTool | None = None
    logo: Picture | None = None
    logo_place: Position | None = None

    # An edition rendered

    def rendered(
        self, edition: Edition, carried: Carried, stories: Fetching
    ) -> tuple[RenderedEdition, tuple[Problem, ...]]:
        """Return *edition* with what it carries, from the rendered *stories*, and the problems in its words."""
        link = self.targets.addresses.url(edition_path(edition.slug))
        bodies, problems = self._bodies(edition, link)
        problems += _empty_edition(edition)
        problems += _slots_out_of_place(edition)
        sections = tuple(
            RenderedSection(section.title, body.html, tuple(stories[story.source] for story in found), section.links)
            for section, body, found in zip(edition.sections, bodies[1:], carried.sections, strict=True)
        )
        lead = stories[carried.lead.source] if carried.lead else None
        others = tuple(stories[story.source] for story in carried.stories)
        preheader = edition.preheader
        if preheader is None:
            shown = (*([lead] if lead else []), *others, *(story for section in sections for story in section.stories))
            # What stands behind the subject in an inbox where the edition says nothing: the first story's summary.
            preheader = shown[0].summary if shown else edition.title
        subject, found = personal_line(edition.subject, place_of(edition, "subject", "title"))
        problems += found
        if edition.preheader is not None:
            preheader, found = personal_line(preheader, place_of(edition, "preheader", "title"))
            problems += found
        rendered = RenderedEdition(
            id=edition.id,
            slug=edition.slug,
            link=link if self.content.publication.pages else None,
            title=edition.title,
            subject=subject,
            preheader=preheader,
            date=edition.date,
            opening=bodies[0].html,
            lead=lead,
            stories=others,
            stories_title=edition.stories_title,
            content=edition.content,
            layout=edition.layout,
            sections=sections,
            also=tuple(stories[story.source] for story in carried.also),
            pictures=tuple(dict.fromkeys(picture for body in bodies for picture in body.pictures)),
            files=tuple(dict.fromkeys(file for body in bodies for file in body.files)),
            extra=edition.extra,
        )
        return rendered, tuple(problems)

    def _bodies(self, edition: Edition, link: str) -> tuple[list[Body], list[Problem]]:
        """The opening words and the words of each section, rendered, and their problems."""
        bodies: list[Body] = []
        problems: list[Problem] = []
        for document, resolver, found in texts_of(edition, link, self.targets):
            body, wrong = rendered_body(document, resolver)
            bodies.append(body)
            problems += [*found, *wrong]
        return bodies, problems

    # A letter

    def without_sender(self) -> Iterator[Problem]:
        """Yield a warning where newsletters have no sender, and so there are no messages."""
        if self.content.publication.mail.sender is None and self.tool is None:
            yield Problem(
                Position(f"content/{self.content.masthead}"),
                code="letter-sender",
                message="letters have no sender, so no newsletter.eml is written",
                hint="add mail: and below it from: Name <name@example.org>",
                severity=Severity.WARNING,
            )

    def outbox(self, edition: Edition, rendered: RenderedEdition, missing: Collection[Position]) -> MadeOutbox:
        """Return what the outbox has of *edition*; *missing* is as for `newsletter`."""
        newsletter, pictures, problems = self.newsletter(edition, rendered, missing)
        if newsletter is None:
            return MadeOutbox(None, (), pictures, problems)
        folder, origin = f"{OUTBOX}/{edition.slug}", f"content/{edition.source}"
        shown = newsletter.filled(values_for(self.content.publication, rendered, None))
        if problem := size_problem(shown.size, origin, allowed=edition.allow_clipping):
            problems = (*problems, problem)
        contents = self._contents(rendered, newsletter, shown)
        files = tuple(OutputFile(f"{folder}/{name}", data, origin) for name, data in contents.items())
        return MadeOutbox(WrittenLetter(folder, shown.size, rendered, newsletter), files, pictures, problems)

    def _contents(self, rendered: RenderedEdition, newsletter: Newsletter, shown: Newsletter) -> dict[str, bytes]:
        """The bytes of each file in the outbox by its name; *shown* is *newsletter* with no recipient's values."""
        sender = self.content.publication.mail.sender
        written = for_tool(newsletter, self.tool, self._addresses(rendered)) if self.tool else shown
        contents = {}
        if self.tool is not None:  # there is no message that has them
            contents["subject.txt"] = f"Subject: {written.subject}\nPreheader: {written.preheader}\n".encode()
        contents["newsletter.html"] = written.html.encode()
        contents["newsletter.txt"] = settled(written.text).encode()
        if sender is not None and self.tool is None:
            contents["newsletter.eml"] = message(self.content.publication, rendered, newsletter, sender)
        return contents

    def _addresses(self, rendered: RenderedEdition) -> dict[str, str]:
        """What a tool's letter leads to where the tool has no address of its own."""
        publication = self.content.publication
        page = {"browser_url": rendered.link} if rendered.link else {}
        return {"preferences_url": publication.manage_page or publication.home, **page}

    def newsletter(self, edition: Edition, rendered: RenderedEdition, missing: Collection[Position]) -> Composed:
        """Return the newsletter of *edition* with its slots, and its problems.

        *missing* are the places of pictures that are known to be missing or damaged: nothing else is said of those.
        """
        publication = self.content.publication
        offered = ["unsubscribe_url"] if publication.way_out else []
        offered += ["preferences_url"] if publication.manage_page else []
        if self.tool is not None:
            offered = offered_by(self.tool)
        titles = [each.title for each in publication.lists if edition.list in (each.id, None)]
        title = titles[0] if len(titles) == 1 else publication.title
        shown = ShownPictures(self.scaling)
        around = LetterSurroundings(
            self.templates, self.feed_url, offered, self.logo, shown.scaled, self._remembered, title
        )
        words = self._words(edition, rendered)
        try:
            newsletter = compose(publication, rendered, words, around)
        except ContentError as error:
            return Composed(None, shown.files, tuple(error.problems))
        unfit = self._unfit_pictures(edition, rendered, words, shown.findings)
        problems = [each for each in unfit if each.position not in missing]
        problems += self._aimless(edition, rendered, newsletter)
        return Composed(newsletter, shown.files, tuple(problems))

    def _aimless(self, edition: Edition, rendered: RenderedEdition, newsletter: Newsletter) -> Iterable[Problem]:
        """A warning for each kind of address that this letter asks for and nobody has, where it is asked for."""
        hints = {
            "unsubscribe_url": "add mail: and below it unsubscribe: to publication.yaml",
            "preferences_url": "take it out, until readers have such a place",
            "browser_url": "take it out, or let pages be written",
        }
        publication = self.content.publication
        known = {"unsubscribe_url": publication.way_out, "preferences_url": publication.manage_page}
        known["browser_url"] = rendered.link
        known |= dict.fromkeys(offered_by(self.tool), "a tag") if self.tool else {}
        for name in sorted({slot.name for slot in slots_in(newsletter.html)} & hints.keys()):
            if not known.get(name):
                message = f"{{{name}}} leads to the home page, for nothing says where else"
                place = self._place_of_slot(edition, name)
                yield Problem(place, "slot-fallback", message, hints[name], Severity.WARNING)

    def _place_of_slot(self, edition: Edition, name: str) -> Position:
        """Where *edition*'s own words first ask for *name*; else where its preheader or title stands."""
        for document, _, _ in texts_of(edition, "", self.targets):
            for found in re.finditer(rf"(?:{MARK}|https://slot\.invalid/{MARK})[0-9a-f]+q", document.body):
                if any(slot.name == name for slot in slots_in(found.group())):
                    start = len(document.body[: found.start()].encode())
                    return document.position(start, start + len(found.group()))
        return place_of(edition, "preheader", "title")

    def _words(self, edition: Edition, rendered: RenderedEdition) -> Words:
        link = rendered.link or self.targets.addresses.home
        documents = texts_of(edition, link, self.targets)
        opening, *sections = (outline_of(document, resolver) for document, resolver, _ in documents)
        lead = None
        if in_full := rendered.in_full:
            story = self.whole(next(story for story in self.stories.values() if story.id == in_full.id))
            resolver = Resolver(self.targets, story.source, in_full.link, f"{story.slug}-")
            lead = outline_of(document_of(story.source, story.body, story.body_line), resolver)
        return Words(opening, lead, sections)

    # Pictures

    def _remembered(self, kind: str, key: Sequence[str], make: Callable[[], bytes]) -> bytes:
        return self.cache.made(kind, (versions(*INLINERS), *key), make)

    def _unfit_pictures(
        self, edition: Edition, rendered: RenderedEdition, words: Words, unfit: Mapping[str, Sequence[PictureFinding]]
    ) -> Iterable[Problem]:
        """A warning for every finding about a picture of this letter, where story or edition name the picture."""
        if not any(unfit.values()):
            return
        shown = [*rendered.listed, *(story for section in rendered.sections for story in section.stories)]
        if rendered.leading:
            shown.append(rendered.leading)
        by_id = {story.id: story for story in self.stories.values()}
        places = [(story.picture.url, place_of(by_id[story.id], "image")) for story in shown if story.picture]
        outlines = [words.opening, *words.sections, *([words.lead] if words.lead else [])]
        places += [
            (node.url, outline.position(node))
            for outline in outlines
            for node in outline.tree.walk()
            if node.kind == "picture"
        ]
        if self.logo and self.logo_place:
            places.append((self.logo.url, self.logo_place))
        for url, findings in unfit.items():
            where = [place for address, place in places if address == url]
            # Raw HTML and templates show pictures too.
            for place in where or [Position(f"content/{edition.source}")]:
                for finding in findings:
                    yield Problem(place, "letter-picture", finding.message, finding.hint, Severity.WARNING)


def _empty_edition(edition: Edition) -> list[Problem]:
    """Return an error where *edition* has no story and no words."""
    if edition.body.strip() or edition.lead or edition.stories or edition.sections or edition.rule:
        return []
    message = "this edition has no story and no words"
    return [Problem(place_of(edition, "title"), "edition-empty", message, "name a story: lead: its-slug")]


def _slots_out_of_place(edition: Edition) -> list[Problem]:
    """Return the problems of slots in the titles and links of *edition*, which are the same for all recipients."""
    problems = [*never_personal(edition.title, place_of(edition, "title"))]
    for section in edition.sections:
        lines = [section.title, *(line for link in section.links for line in (link.title, link.comment, link.url))]
        for line in filter(None, lines):
            problems += never_personal(unquote(line), place_of(edition, "sections"))
    return problems


def missing_pictures(problems: Iterable[Problem]) -> frozenset[Position]:
    """Return the places of pictures that are missing or damaged, as *problems* report them."""
    return frozenset(problem.position for problem in problems if problem.code == "picture-missing")
