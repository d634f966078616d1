"""What earlier builds left for the pieces that are invalid now: what was published, and its last good versions."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pressrun.content.load import Content
from pressrun.model.addresses import file_of
from pressrun.model.edition import Edition
from pressrun.model.story import Story
from pressrun.press.building.buildstate import BuildState
from pressrun.press.building.forms import from_bytes, noun_form, noun_from, to_bytes
from pressrun.press.building.press import Press
from pressrun.press.building.published import Output
from pressrun.press.building.stories import StateReader
from pressrun.press.building.validity import KeptEdition, PublishedPiece, Validity
from pressrun.press.output import write as manifest


@dataclass(slots=True)
class Earlier:
    """What was published before this build, by source: *is_known* unless neither output nor build state tells.

    *missing* are those that the last build left out, *given_up* those whose last good versions are in the way of what
    is valid.
    """

    output: Output
    stories: Mapping[str, PublishedPiece] = field(default_factory=dict)
    editions: Mapping[str, PublishedPiece] = field(default_factory=dict)
    kept_editions: Mapping[str, KeptEdition] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    is_known: bool = False
    given_up: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, build_state: BuildState, output: Output) -> "Earlier":
        """Return what *output* holds; where there is none, what the last build published, by *build_state*."""
        said = build_state.said("published")
        stories, editions, missing = from_bytes(said) if said is not None else ({}, {}, ())
        earlier = cls(
            output,
            {source: PublishedPiece(*each) for source, each in stories.items()},
            {source: PublishedPiece(*each) for source, each in editions.items()},
            _editions_from(build_state.said("editions")),
            frozenset(missing),
            is_known=said is not None or output.is_there,
        )
        if output.names_pieces:
            remembered = {source: earlier.stories[source] for source in missing if source in earlier.stories}
            stories_there = {source: output.known[source] for source in output.public.stories}
            earlier.stories = {**remembered, **stories_there}
            earlier.editions = {source: output.known[source] for source in output.public.editions}
        return earlier

    def validity(self, content: Content, invalid: frozenset[str], reader: StateReader) -> Validity:
        """Return what stands in for the pieces *invalid* of *content*: of those that were published, what was good."""
        known = {**self.stories, **self.editions}
        may_be_there = not self.output.names_pieces and self.output.is_there  # written by an older Pressrun
        sought = sorted(source for source in invalid - self.given_up if source in known or may_be_there)
        stories: dict[str, Story] = {}
        for source in sought:
            if source in self.stories and (story := reader.last_good(source)) is not None:
                stories[source] = story
        editions = {source: self.kept_editions[source] for source in sought if source in self.kept_editions}
        rest = [source for source in sought if source not in stories and source not in editions]
        found = self.output.stories(content, rest) if rest else {}
        for source, each in found.items():
            stories[source] = each.story
            reader.go_on_with(each)
        return Validity(
            invalid,
            stories,
            editions,
            found,
            self.output.editions(content, rest) if rest else {},
            known,
            is_heeded=True,
        )

    @property
    def remembered_ids(self) -> dict[str, str]:
        """Return the ids of the stories that were published and are in no feed now, by source."""
        return {source: each.id for source, each in self.stories.items() if source in self.missing}

    def is_missing(self, source: str) -> bool:
        """Return whether the piece *source*, which is left out, was published before, as far as anything tells."""
        return not self.is_known or source in self.stories or source in self.editions


def published_by(press: Press) -> manifest.PublishedFiles:
    """Return what the manifest of the public folder says of the stories and editions that *press* publishes."""
    has_pages = press.content.publication.pages
    stories: dict[str, tuple[str, ...]] = {}
    for source, story in press.stories.items():
        if source in press.validity.found:
            stories[source] = press.validity.found[source].entry
            continue
        places = [press.targets.documents[source], *press.old_paths(source)] if has_pages else []
        stories[source] = (story.id, story.section or "", *map(file_of, places))
    editions = {
        source: (edition.id, edition.title, edition.date.isoformat(), edition.slug)
        for source, edition in press.editions.items()
    }
    for source, each in press.validity.found_editions.items():
        edition = each.rendered
        editions[source] = (edition.id, edition.title, edition.date.isoformat(), edition.slug)
    return manifest.PublishedFiles(stories, editions)


def remember(press: Press, build_state: BuildState, earlier: Earlier, digest_of: Any) -> None:
    """Leave in *build_state* what *press* has published; of what it left out, what was known of it before."""
    invalid = press.validity.invalid
    addresses = press.addresses
    stories = {source: each for source, each in earlier.stories.items() if source in invalid}
    editions = {source: each for source, each in earlier.editions.items() if source in invalid}
    stories |= {
        source: PublishedPiece(story.id, addresses.story_path(story)) for source, story in press.stories.items()
    }
    editions |= {source: PublishedPiece(edition.id, edition.slug) for source, edition in press.editions.items()}
    missing = sorted(invalid & (stories.keys() | editions.keys()) - press.stories.keys() - press.editions.keys())
    build_state.say("published", to_bytes([stories, editions, missing]))
    kept = {source: each for source, each in earlier.kept_editions.items() if source in invalid}
    zone = press.content.publication.timezone
    forms = {source: form for source, each in kept.items() if (form := _edition_form(each, zone))}
    for source, edition in press.editions.items():
        if source not in kept and (form := _edition_form(_kept(press, edition, digest_of(source)), zone)):
            forms[source] = form
    build_state.say("editions", to_bytes([zone.key, forms]))


def _kept(press: Press, edition: Edition, digest: str) -> KeptEdition:
    carried = press.carried[edition.source]

    def sources(stories: Iterable[Story]) -> tuple[str, ...]:
        return tuple(story.source for story in stories)

    lead = carried.lead.source if carried.lead else None
    inside = tuple(map(sources, carried.sections))
    return KeptEdition(edition, lead, sources(carried.stories), inside, sources(carried.also), digest)


def _edition_form(kept: KeptEdition, zone: tzinfo) -> list[Any] | None:
    """Return *kept* as JSON can hold it; None where it would not come back as it is."""
    form = noun_form(kept, zone)
    try:
        data = json.loads(json.dumps(form))
    except (TypeError, ValueError):
        return None
    return form if repr(noun_from(KeptEdition, data, zone)) == repr(kept) else None


def _editions_from(said: bytes | None) -> dict[str, KeptEdition]:
    if said is None:
        return {}
    key, forms = from_bytes(said)
    zone = ZoneInfo(key)
    return {source: noun_from(KeptEdition, form, zone) for source, form in forms.items()}
