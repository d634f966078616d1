"""What readers and inboxes would stumble over, beyond what a build tells: each room's rules, over one publication.

A rule looks at what a person wrote and at what the press made of it, and tells the place in the source. Only a
check asks for them: a build that is late has no time for advice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pressrun.content.checks import (
    implausible_dates,
    loose_titles,
    place_of,
    place_of_text,
    repeated_titles,
    shown_markup,
    written_lines,
)
from pressrun.content.clients import clients_of
from pressrun.content.files import source_file
from pressrun.content.masthead import places_in
from pressrun.content.tags import tag_findings
from pressrun.diff import refloods
from pressrun.feeds.checks import Weight, entry_findings, relative_reference, relative_references, weight_findings
from pressrun.feeds.documents import Desk
from pressrun.feeds.entries import entry_of
from pressrun.letters import texts_of
from pressrun.model.edition import Edition
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.picture import Picture
from pressrun.model.publication import FeedContent
from pressrun.model.story import RenderedStory, Story
from pressrun.newsletter import checks as letters
from pressrun.newsletter.inboxline import FOREIGN_TAG, Made
from pressrun.pictures.checks import size_findings
from pressrun.press import Press
from pressrun.problems import Position, Problem
from pressrun.rendering.checks import (
    address_findings,
    fragment_findings,
    has_lost_fragment,
    ids_in,
    line_findings,
    picture_findings,
    summary_findings,
    text_findings,
)
from pressrun.rendering.links import Resolver
from pressrun.rendering.marks import links_in, pictures_in
from pressrun.rendering.outline import Outline
from pressrun.rendering.pieces import document_of, resolver_of


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen of one story, whatever the others are: its findings, its pictures, the ids of its text."""

    problems: tuple[Problem, ...]
    shown: tuple[tuple[Picture, Callable[[], Position]], ...]
    ids: frozenset[str]


Look = Callable[[Press, str], Looked]


def look_at(press: Press, source: str) -> Looked:
    """What is seen of the story *source* of *press*, which has rendered it."""
    story, rendered = press.stories[source], press.rendered[source]
    outline = Outline.of(document_of(source, story.body, story.body_line))
    problems = [*text_findings(outline, rendered.language)]
    problems += summary_findings(story, rendered, place_of(story, "title"))
    if story.image:
        problems += picture_findings(story.image_alt or "", story.image, place_of(story, "image_alt", "image"))
    shown: list[tuple[Picture, Callable[[], Position]]] = []
    if rendered.picture:
        shown.append((rendered.picture, partial(place_of, story, "image")))
    shown += _pictures(outline, resolver_of(story, press.targets, rendered.link))
    problems += _relative_references(rendered, outline)
    return Looked(tuple(problems), tuple(shown), ids_in(rendered.html))


def findings(press: Press, files: Sequence[OutputFile], built: Path, look: Look = look_at) -> Iterable[Problem]:
    """Every finding about what *press* has made, its *files*; *built* is where the last build lies, if there is one.

    *look* looks at one story.
    """
    yield from refloods(press, files, built)
    yield from about_front_matter(press)
    yield from about_texts(press, look)
    yield from about_feeds(press, files)
    yield from about_letters(press)


def about_front_matter(press: Press) -> Iterator[Problem]:
    """Dates, titles, tags, and what else the front matter of stories and editions says to readers."""
    content = press.content
    written: list[Story | Edition] = [*content.stories, *content.editions]
    # What waits for a date that is wrong would wait for ever, so what is held back counts too.
    yield from implausible_dates([each for each in written if not each.draft or press.wanted.drafts], press.wanted.now)
    stories = list(press.stories.values())
    due: list[Story | Edition] = [*stories, *press.editions.values()]
    yield from shown_markup(due)
    yield from loose_titles(due)
    yield from repeated_titles(stories)
    yield from tag_findings(stories, content.publication.tags, content.folder)
    for story in stories:
        yield from line_findings(written_lines(story))
    for edition in press.editions.values():
        # What another mailing tool would fill in is told as a letter's.
        lines = ((line, place) for line, place in written_lines(edition) if not FOREIGN_TAG.search(line))
        yield from line_findings(lines)


# Texts and pictures


def about_texts(press: Press, look: Look = look_at) -> Iterator[Problem]:
    """Links, headings, pictures and words of every story, at which *look* looks, and of every edition that is due."""
    looked = {source: look(press, source) for source in press.rendered}
    whole = press.content.publication.pages
    ids = {press.rendered[source].link.rstrip("/"): each.ids for source, each in looked.items()} if whole else {}
    shown: list[tuple[Picture, Callable[[], Position]]] = []
    for source, each in looked.items():
        story, rendered = press.stories[source], press.rendered[source]
        yield from each.problems
        if has_lost_fragment(rendered.html, ids):
            outline = Outline.of(document_of(source, story.body, story.body_line))
            yield from fragment_findings(outline, resolver_of(story, press.targets, rendered.link), ids)
        shown += each.shown
    for edition in press.editions.values():
        yield from _edition(press, edition, ids, shown)
    for picture in press.masthead_pictures:
        shown.append((picture, partial(place_of_text, picture.source, press.content.masthead, press.content.folder)))
    yield from size_findings(shown)


def _edition(
    press: Press,
    edition: Edition,
    ids: dict[str, frozenset[str]],
    shown: list[tuple[Picture, Callable[[], Position]]],
) -> Iterator[Problem]:
    """The findings about *edition*'s own words; its pictures go to *shown*."""
    publication, folder = press.content.publication, press.content.folder
    made = press.letters.get(edition.source)
    link = (made.edition.link if made else None) or press.addresses.home
    if made and made.edition.link:
        html = "".join([made.edition.opening, *(section.text for section in made.edition.sections)])
        ids = {**ids, link.rstrip("/"): ids_in(html)}
    for document, resolver, _ in texts_of(edition, link, press.targets):
        outline = Outline.of(document)
        yield from text_findings(outline, publication.language)
        if made and made.edition.link and publication.pages:
            yield from fragment_findings(outline, resolver, ids)
        shown += _pictures(outline, resolver)
    for section in edition.sections:
        for outside in section.links:
            yield from address_findings(outside.url, place_of_text(outside.url, edition.source, folder))


def _pictures(outline: Outline, resolver: Resolver) -> Iterator[tuple[Picture, Callable[[], Position]]]:
    """The pictures of ours that *outline* shows, each with what tells its place."""
    for each in pictures_in(outline):
        if picture := resolver.pictures.get(resolver(each.url)):
            yield picture, partial(outline.document.position, each.start, each.end)


def _relative_references(story: RenderedStory, outline: Outline) -> Iterator[Problem]:
    addresses = relative_references(entry_of(story))
    if not addresses:
        return
    places = {link.url: (link.start, link.end) for link in links_in(outline)}
    places |= {each.url: (each.start, each.end) for each in pictures_in(outline)}
    for address in addresses:
        yield relative_reference(address, outline.document.position(*places.get(address, (0, 0))))


# Feeds


def about_feeds(press: Press, files: Sequence[OutputFile]) -> Iterator[Problem]:
    """Entries, and the documents that hold them."""
    shortened = {
        source
        for choice in press.choices
        if choice.settings.content is FeedContent.SUMMARY
        for source in choice.sources
    }
    for source, rendered in press.rendered.items():
        content = FeedContent.SUMMARY if source in shortened else FeedContent.FULL
        yield from entry_findings(entry_of(rendered, content), place_of(press.stories[source], "title"))
    sizes = {file.path: len(file.content) for file in files if isinstance(file.content, bytes)}
    desk = Desk(press.content.publication, press.addresses.url)
    weights = []
    for choice in press.choices:
        size, path = max((sizes.get(f"{PUBLIC}{path}", 0), path) for _, path in desk.paths(choice))
        weights.append(Weight(choice.settings, path, size, min(choice.settings.limit, len(choice.sources))))
    masthead, _ = source_file(press.content.folder, press.content.masthead)
    places = places_in(masthead) if masthead else {"": Position(f"content/{press.content.masthead}")}
    yield from weight_findings(weights, places.get("feeds", places[""]))


# Letters


def about_letters(press: Press) -> Iterator[Problem]:
    """What inboxes make of the newest letters, and what the publication's own templates ask of mail programs."""
    clients, problems = clients_of(press.content.folder)
    yield from problems
    templates = press.templates.own(*letters.TEMPLATES)
    yield from letters.findings_in_templates(templates, clients)
    made = {source: edition for source, edition in press.editions.items() if source in press.letters}
    if not made:
        return
    publication = press.content.publication
    masthead, _ = source_file(press.content.folder, press.content.masthead)
    if masthead is not None:
        yield from letters.findings_about_sender(publication, places_in(masthead))
    to_look_at = [
        Made(made[source], press.letters[source].edition, press.letters[source].newsletter)
        for source in letters.to_look_at(made, press.wanted.now)
    ]
    yield from letters.findings_in_letters(to_look_at, list(press.editions.values()), publication, templates)
