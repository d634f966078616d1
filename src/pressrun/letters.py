"""From editions as written to the files of the outbox: where an edition becomes a letter."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import unquote

from pressrun.cache import Cache, versions
from pressrun.content.checks import place_of
from pressrun.content.load import Content
from pressrun.content.references import Carried
from pressrun.model.addresses import edition_path
from pressrun.model.characters import MARK
from pressrun.model.edition import Edition, RenderedEdition, RenderedSection
from pressrun.model.output import OUTBOX, PUBLIC, OutputFile
from pressrun.model.picture import Picture
from pressrun.model.slots import slots_in
from pressrun.model.story import RenderedStory, Story
from pressrun.newsletter.compose import Newsletter, Surroundings, Words, compose
from pressrun.newsletter.message import message, values_for
from pressrun.newsletter.plaintext import settled
from pressrun.newsletter.size import Size, size_problem
from pressrun.newsletter.tools import Tool, for_tool, offered_by
from pressrun.pictures.facts import Unfit
from pressrun.pictures.variants import Finding, Variant, variant_of, variant_path
from pressrun.problems import ContentError, Position, Problem, Severity
from pressrun.rendering.links import Resolver, Targets
from pressrun.rendering.outline import Document
from pressrun.rendering.personal import never_personal, personal, personal_line
from pressrun.rendering.pieces import Body, document_of, outline_of, rendered_body
from pressrun.rendering.templates import Templates

NOT_IN_MAIL = frozenset({"image/svg+xml", "image/webp", "image/avif"})
# What a letter's bytes depend on beside Pressrun itself.
INLINERS = ("premailer", "cssutils", "cssselect", "lxml")


@dataclass(frozen=True, slots=True)
class Letter:
    """A newsletter that was made: its folder below the destination, and the size of its HTML.

    *edition* and *newsletter* are what it was made of, slots still words.
    """

    path: str
    size: Size
    edition: RenderedEdition
    newsletter: Newsletter


def texts_of(edition: Edition, link: str, targets: Targets) -> Iterable[tuple[Document, Resolver, list[Problem]]]:
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


@dataclass(slots=True)
class Letters:
    """Makes the letters of one run; *stories* are those that are due, by their source.

    *whole* gives one of them with its body. With a *tool*, the letters hold its tags, and are no messages. What is
    wrong is added to *problems*, and what was made to *made*.
    """

    content: Content
    targets: Targets
    templates: Templates
    stories: Mapping[str, Story]
    feed_url: str
    problems: list[Problem]
    cache: Cache
    whole: Callable[[Story], Story] = itself  # a story with its body
    tool: Tool | None = None
    logo: Picture | None = None
    logo_place: Position | None = None
    made: dict[str, Letter] = field(default_factory=dict)  # by the edition's source
    variants: dict[tuple[str, int], tuple[Picture | None, tuple[Finding, ...]]] = field(default_factory=dict)
    pictures: dict[str, OutputFile] = field(default_factory=dict)  # the variants to publish, by path
    unfit: dict[str, list[Finding]] = field(default_factory=dict)  # of the letter at hand, by the picture's address

    # An edition rendered

    def rendered(self, edition: Edition, carried: Carried, stories: Fetching) -> RenderedEdition:
        """*edition* with what it carried found among the rendered *stories*; what is wrong in its words is told."""
        link = self.targets.addresses.url(edition_path(edition.slug))
        bodies = [self._body(document, resolver) for document, resolver in self._documents(edition, link, tell=True)]
        sections = tuple(
            RenderedSection(section.title, body.html, tuple(stories[story.source] for story in found), section.links)
            for section, body, found in zip(edition.sections, bodies[1:], carried.sections, strict=True)
        )
        lead = stories[carried.lead.source] if carried.lead else None
        others = tuple(stories[story.source] for story in carried.stories)
        self._tell_if_empty(edition)
        self.problems += never_personal(edition.title, place_of(edition, "title"))
        for section in edition.sections:
            lines = [section.title, *(line for link in section.links for line in (link.title, link.comment, link.url))]
            for line in filter(None, lines):
                self.problems += never_personal(unquote(line), place_of(edition, "sections"))
        preheader = edition.preheader
        if preheader is None:
            shown = (*([lead] if lead else []), *others, *(story for section in sections for story in section.stories))
            # What stands behind the subject in an inbox where the edition says nothing: the first story's summary.
            preheader = shown[0].summary if shown else edition.title
        return RenderedEdition(
            id=edition.id,
            slug=edition.slug,
            link=link if self.content.publication.pages else None,
            title=edition.title,
            subject=self._line(edition, "subject", edition.subject),
            preheader=self._line(edition, "preheader", preheader) if edition.preheader is not None else preheader,
            date=edition.date,
            opening=bodies[0].html,
            lead=lead,
            stories=others,
            stories_title=edition.stories_title,
            content=edition.content,
            layout=edition.layout,
            sections=sections,
            pictures=tuple(dict.fromkeys(picture for body in bodies for picture in body.pictures)),
            files=tuple(dict.fromkeys(file for body in bodies for file in body.files)),
            extra=edition.extra,
        )

    def _documents(self, edition: Edition, link: str, *, tell: bool = False) -> Iterable[tuple[Document, Resolver]]:
        """The opening words and each section's, with their slots as words, and what finds their addresses."""
        for document, resolver, found in texts_of(edition, link, self.targets):
            if tell:
                self.problems += found
            yield document, resolver

    def _body(self, document: Document, resolver: Resolver) -> Body:
        body, found = rendered_body(document, resolver)
        self.problems += found
        return body

    def _line(self, edition: Edition, name: str, text: str) -> str:
        slotted, found = personal_line(text, place_of(edition, name, "title"))
        self.problems += found
        return slotted

    def _tell_if_empty(self, edition: Edition) -> None:
        says = edition.body.strip() or edition.lead or edition.stories or edition.sections or edition.rule
        if not says:
            place = place_of(edition, "title")
            message = "this edition has no story and no words"
            self.problems.append(Problem(place, "edition-empty", message, "name a story: lead: its-slug"))

    # A letter

    def files(self, editions: Mapping[str, tuple[Edition, RenderedEdition]]) -> Iterable[OutputFile]:
        """What the outbox holds for each of *editions*, by their source, and the pictures that were made for them."""
        if editions:
            self.tell_of_sender()
        for source, (edition, rendered) in editions.items():
            yield from self.outbox(source, edition, rendered)
        yield from self.pictures.values()

    def tell_of_sender(self) -> None:
        """A warning where letters have no sender, and so are no messages."""
        if self.content.publication.mail.sender is None and self.tool is None:
            self.problems.append(
                Problem(
                    Position(f"content/{self.content.masthead}"),
                    code="letter-sender",
                    message="letters have no sender, so no newsletter.eml is written",
                    hint="add mail: and below it from: Name <name@example.org>",
                    severity=Severity.WARNING,
                )
            )

    def outbox(self, source: str, edition: Edition, rendered: RenderedEdition) -> Iterable[OutputFile]:
        """What the outbox holds for *edition*, which is the file *source*; nothing where a template is at fault."""
        newsletter = self.newsletter(edition, rendered)
        if newsletter is None:
            return
        sender = self.content.publication.mail.sender
        folder, origin = f"{OUTBOX}/{edition.slug}", f"content/{source}"
        shown = newsletter.filled(values_for(self.content.publication, rendered, None))
        if problem := size_problem(shown.size, origin, allowed=edition.allow_clipping):
            self.problems.append(problem)
        self.made[source] = Letter(folder, shown.size, rendered, newsletter)
        written = for_tool(newsletter, self.tool, self._addresses(rendered)) if self.tool else shown
        if self.tool is not None:  # there is no message that says them
            line = f"Subject: {written.subject}\nPreheader: {written.preheader}\n"
            yield OutputFile(f"{folder}/subject.txt", line.encode(), origin)
        yield OutputFile(f"{folder}/newsletter.html", written.html.encode(), origin)
        yield OutputFile(f"{folder}/newsletter.txt", settled(written.text).encode(), origin)
        if sender is not None and self.tool is None:
            data = message(self.content.publication, rendered, newsletter, sender)
            yield OutputFile(f"{folder}/newsletter.eml", data, origin)

    def _addresses(self, rendered: RenderedEdition) -> dict[str, str]:
        """What a tool's letter leads to where the tool has no address of its own."""
        publication = self.content.publication
        page = {"browser_url": rendered.link} if rendered.link else {}
        return {"preferences_url": publication.manage_page or publication.home, **page}

    def newsletter(self, edition: Edition, rendered: RenderedEdition) -> Newsletter | None:
        """The letter of an edition, its slots still words; None where a template is at fault, which is told."""
        publication = self.content.publication
        offered = ["unsubscribe_url"] if publication.way_out else []
        offered += ["preferences_url"] if publication.manage_page else []
        if self.tool is not None:
            offered = offered_by(self.tool)
        around = Surroundings(self.templates, self.feed_url, offered, self.logo, self._scaled, self._remembered)
        words = self._words(edition, rendered)
        self.unfit = {}
        try:
            newsletter = compose(publication, rendered, words, around)
        except ContentError as error:
            self.problems += error.problems
            return None
        self.problems += self._unfit_pictures(edition, rendered, words)
        self.problems += self._aimless(edition, rendered, newsletter)
        return newsletter

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
        opening, *sections = (outline_of(*pair) for pair in self._documents(edition, link))
        lead = None
        if in_full := rendered.in_full:
            story = self.whole(next(story for story in self.stories.values() if story.id == in_full.id))
            resolver = Resolver(self.targets, story.source, in_full.link, f"{story.slug}-")
            lead = outline_of(document_of(story.source, story.body, story.body_line), resolver)
        return Words(opening, lead, sections)

    # Pictures

    def _remembered(self, kind: str, key: Sequence[str], make: Callable[[], bytes]) -> bytes:
        return self.cache.made(kind, (versions(*INLINERS), *key), make)

    def _scaled(self, picture: Picture, width: int) -> Picture | None:
        """*picture* as mail programs are shown it *width* wide or less; None where they would not show it."""
        if (picture.url, width) not in self.variants:
            self.variants[picture.url, width] = self._variant(picture, width)
        variant, findings = self.variants[picture.url, width]
        told = self.unfit.setdefault(picture.url, [])
        told += [finding for finding in findings if finding not in told]
        return replace(variant, alt=picture.alt) if variant else None

    def _variant(self, picture: Picture, width: int) -> tuple[Picture | None, tuple[Finding, ...]]:
        if not picture.source:  # it lives elsewhere, and building asks no network
            if picture.media_type not in NOT_IN_MAIL:
                return picture, ()
            message = f"many mail programs do not show {picture.media_type} pictures, so letters leave this one out"
            return None, (Finding(message, "link to a PNG, JPEG or GIF"),)
        data = self.content.folder.files[picture.source].read_bytes()
        key = (data, str(width), versions("Pillow"))
        try:
            made = self.cache.made("picture", key, lambda: variant_of(data, width).to_bytes())
        except Unfit as error:
            return None, (Finding(f"{error}, so letters leave it out", error.hint),)
        variant = Variant.from_bytes(made)
        if variant.data == data:
            return picture, variant.findings
        path = variant_path(picture.source, variant)
        self.pictures[path] = OutputFile(f"{PUBLIC}/{path}", variant.data, f"content/{picture.source}")
        published = replace(
            picture,
            path=path,
            url=self.targets.addresses.url(path),
            media_type=variant.media_type,
            size=len(variant.data),
            width=variant.width,
            height=variant.height,
        )
        return published, variant.findings

    def _unfit_pictures(self, edition: Edition, rendered: RenderedEdition, words: Words) -> Iterable[Problem]:
        """A warning for every finding about a picture of this letter, where story or edition name the picture."""
        if not any(self.unfit.values()):
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
        # Of a picture that is not there, or is none, no more is known than that.
        missing = {problem.position for problem in self.problems if problem.code == "picture-missing"}
        for url, findings in self.unfit.items():
            where = [place for address, place in places if address == url]
            # Raw HTML and templates show pictures too.
            for place in where or [Position(f"content/{edition.source}")]:
                if place in missing:
                    continue
                for finding in findings:
                    yield Problem(place, "letter-picture", finding.message, finding.hint, Severity.WARNING)
