"""What readers and inboxes would stumble over, beyond what a build tells: each room's rules, over one publication.

A rule looks at what a person wrote and at what the press made of it, and tells the place in the source. Only a
check asks for them: a build that is late has no time for advice.
"""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pressrun.content import freezing
from pressrun.content.checks import (
    implausible_dates,
    loose_titles,
    place_of,
    place_of_text,
    privacy_missing,
    repeated_titles,
    shown_markup,
    written_lines,
)
from pressrun.content.masthead.mailclients import clients_of
from pressrun.content.tags import tag_findings
from pressrun.model.edition import Edition
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.picture import Picture
from pressrun.model.problems import Position, Problem
from pressrun.model.publication import FeedContent
from pressrun.model.story import RenderedStory, Story
from pressrun.press.building.letters import texts_of
from pressrun.press.building.press import Press
from pressrun.press.building.refloods import refloods
from pressrun.press.building.run import Run
from pressrun.press.feeds.checks import Weight, entry_findings, relative_reference, relative_references, weight_findings
from pressrun.press.feeds.documents import Desk
from pressrun.press.feeds.entries import entry_of
from pressrun.press.feeds.podcasts import Episode, episode_findings, podcast_findings
from pressrun.press.newsletter import checks as letters
from pressrun.press.newsletter.inboxline import FOREIGN_TAG, Made
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
from pressrun.rendering.pictures.checks import size_findings
from pressrun.rendering.pieces import document_of, resolver_of


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen of one story, whatever the others are: its findings, its pictures, the ids of its text."""

    problems: tuple[Problem, ...]
    shown: tuple[tuple[Picture, Callable[[], Position]], ...]
    ids: frozenset[str]


Look = Callable[[Run, str], Looked]


def look_at(run: Run, source: str) -> Looked:
    """What is seen of the story *source* of *run*, which has rendered it."""
    press = run.press
    story, rendered = press.stories[source], run.rendered[source]
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


def findings(run: Run, files: Sequence[OutputFile], built: Path, look: Look = look_at) -> Iterable[Problem]:
    """Every finding about what *run* has made, its *files*; *built* is where the last build lies, if there is one.

    *look* looks at one story.
    """
    press = run.press
    yield from refloods(press, files, built)
    yield from freezing.findings(press.evaluation)
    yield from about_front_matter(press)
    yield from about_texts(run, look)
    yield from about_feeds(run, files)
    yield from about_letters(run)
    yield from about_readers(press)


def about_front_matter(press: Press) -> Iterator[Problem]:
    """Dates, titles, tags, and what else the front matter of stories and editions says to readers."""
    content = press.content
    written: list[Story | Edition] = [*content.stories, *content.editions]
    # What waits for a date that is wrong would wait for ever, so what is held back counts too.
    yield from implausible_dates(
        [each for each in written if not each.draft or press.build_request.drafts], press.build_request.now
    )
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


def about_texts(run: Run, look: Look = look_at) -> Iterator[Problem]:
    """Links, headings, pictures and words of every story, at which *look* looks, and of every edition that is due."""
    press = run.press
    looked = {source: look(run, source) for source in run.rendered}
    whole = press.content.publication.pages
    ids = {run.rendered[source].link.rstrip("/"): each.ids for source, each in looked.items()} if whole else {}
    shown: list[tuple[Picture, Callable[[], Position]]] = []
    for source, each in looked.items():
        story, rendered = press.stories[source], run.rendered[source]
        yield from each.problems
        if has_lost_fragment(rendered.html, ids):
            outline = Outline.of(document_of(source, story.body, story.body_line))
            yield from fragment_findings(outline, resolver_of(story, press.targets, rendered.link), ids)
        shown += each.shown
    for edition in press.editions.values():
        yield from _edition(run, edition, ids, shown)
    for picture in run.masthead_pictures:
        shown.append((picture, partial(place_of_text, picture.source, press.content.masthead, press.content.folder)))
    yield from size_findings(shown)


def _edition(
    run: Run,
    edition: Edition,
    ids: dict[str, frozenset[str]],
    shown: list[tuple[Picture, Callable[[], Position]]],
) -> Iterator[Problem]:
    """The findings about *edition*'s own words; its pictures go to *shown*."""
    press = run.press
    publication, folder = press.content.publication, press.content.folder
    made = run.letters.get(edition.source)
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


def about_feeds(run: Run, files: Sequence[OutputFile]) -> Iterator[Problem]:
    """Entries, and the documents that hold them."""
    press = run.press
    shortened = {
        source
        for choice in press.choices
        if choice.settings.content is FeedContent.SUMMARY
        for source in choice.sources
    }
    for source, rendered in run.rendered.items():
        content = FeedContent.SUMMARY if source in shortened else FeedContent.FULL
        yield from entry_findings(entry_of(rendered, content), place_of(press.stories[source], "title"))
    sizes = {file.path: len(file.content) for file in files if isinstance(file.content, bytes)}
    desk = Desk(press.content.publication, press.addresses.url)
    weights = []
    for choice in press.choices:
        size, path = max((sizes.get(f"{PUBLIC}{path}", 0), path) for _, path in desk.paths(choice))
        weights.append(Weight(choice.settings, path, size, min(choice.settings.limit, len(choice.sources))))
    places = press.places_in_masthead()
    yield from weight_findings(weights, places.get("feeds", places[""]))
    yield from about_podcast(run, places)


def about_podcast(run: Run, places: Mapping[str, Position]) -> Iterator[Problem]:
    """What podcast directories refuse; *places* are those in publication.yaml, by the name of the field."""
    press = run.press
    in_order = sorted(run.rendered, key=lambda source: (press.stories[source].published, source))
    yield from episode_findings(
        Episode(f"content/{source}", recording, place_of(press.stories[source], "audio"))
        for source in in_order
        if (recording := run.rendered[source].enclosure) is not None
    )
    podcast = press.content.publication.podcast
    if podcast is not None:
        path = posixpath.normpath(podcast.image.lstrip("/"))
        cover = next((each for each in run.masthead_pictures if path in (each.source, each.path)), None)
        yield from podcast_findings(podcast, cover, places.get("podcast", places[""]))


# Letters


def about_readers(press: Press) -> Iterator[Problem]:
    """What people who give their address do not get to know."""
    publication = press.content.publication
    if publication.service is not None and publication.privacy is None:
        yield privacy_missing(press.places_in_masthead()["service"])


def about_letters(run: Run) -> Iterator[Problem]:
    """What inboxes make of the newest letters, and what the publication's own templates ask of mail programs."""
    press, composed = run.press, run.letters
    clients, problems = clients_of(press.content.folder)
    yield from problems
    templates = press.templates.own(*letters.TEMPLATES)
    yield from letters.findings_in_templates(templates, clients)
    made = {source: edition for source, edition in press.editions.items() if source in composed}
    if not made:
        return
    publication = press.content.publication
    yield from letters.findings_about_sender(publication, press.places_in_masthead())
    to_look_at = [
        Made(made[source], composed[source].edition, composed[source].newsletter)
        for source in letters.to_look_at(made, press.build_request.now)
    ]
    yield from letters.findings_in_letters(to_look_at, list(press.editions.values()), publication, templates)
