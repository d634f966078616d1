"""What a story's front matter says, as values, and the Story that it makes, however it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pressrun.content.source.filenames import FileName, is_held_back
from pressrun.content.source.moments import moment_written
from pressrun.model.addresses import derived_id, is_iri, permanent_id
from pressrun.model.problems import Position
from pressrun.model.publication import Author, Masthead, Publication
from pressrun.model.story import Audio, Story


@dataclass(frozen=True, slots=True)
class LeadPicture:
    """A story's picture as written: *path* is a path or a web address."""

    path: str
    alt: str | None = None


@dataclass(slots=True)
class WrittenFields:
    """The fields of a story by their canonical names; None or empty where one was not written."""

    title: str
    date: datetime | None = None
    updated: datetime | None = None
    draft: bool = False
    publish_date: datetime | None = None
    status: str = ""
    published: bool | datetime = True
    tags: tuple[str, ...] = ()
    section: str | None = None
    categories: tuple[str, ...] = ()
    taxonomies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    summary: str | None = None
    description: str | None = None
    authors: tuple[Author, ...] = ()
    slug: str | None = None
    aliases: tuple[str, ...] = ()
    canonical_url: str | None = None
    path: str | None = None  # below the home page, or a whole web address; empty where there shall be no page
    image: LeadPicture | None = None
    image_alt: str | None = None
    lang: str | None = None
    audio: Audio | None = None
    correction: str | None = None
    id: str | None = None
    pressrun_ignore: tuple[str, ...] = ()

    def is_draft(self, source: str) -> bool:
        """Whether this, or the place of its file *source*, says that readers shall not see it yet."""
        return self.draft or self.published is False or self.path == "" or is_held_back(self.status, source)

    def moment(self, source: str, publication: Publication) -> datetime | None:
        """When it came out; None where neither a field nor the name of its file *source* is a date."""
        given = [moment for moment in (self.date, self.publish_date) if moment is not None]
        if given:  # Hugo shows nothing before its publishDate
            return max(given)
        if isinstance(self.published, datetime):
            return self.published
        day = FileName.of(source).date
        return None if day is None else moment_written(day, publication.timezone)

    def is_updated_before(self, published: datetime) -> bool:
        """Whether it says that it was updated on a day before it was *published*."""
        updated = self.updated
        return updated is not None and updated.date() < published.astimezone(updated.tzinfo).date()


@dataclass(frozen=True, slots=True)
class Text:
    """What a story's file holds beside its known fields: the *body*, which begins at *line*, and *extra* fields.

    *positions* tells where the known ones stand.
    """

    body: str
    line: int
    extra: Mapping[str, object]
    positions: Mapping[str, Position]


def story_from(said: WrittenFields, source: str, text: Text, published: datetime, masthead: Masthead) -> Story:
    """The story in the file *source*."""
    publication = masthead.publication
    slug = said.slug or FileName.of(source).slug
    categories = said.categories or said.taxonomies.get("categories", ())
    section = said.section or (categories[0] if categories else None)
    tags = (*said.tags, *said.taxonomies.get("tags", ()), *(name for name in categories if name != section))
    absolute = bool(said.path) and not str(said.path).startswith("/")
    image = said.image
    return Story(
        source=source,
        id=_id(said, slug, published, publication),
        id_is_minted=said.id is not None,
        guid=None if said.id is None or is_iri(said.id) else said.id,
        title=said.title,
        slug=slug,
        published=published,
        updated=max(said.updated or published, published),
        authors=tuple([masthead.author(author) for author in said.authors]) or publication.authors,
        body=text.body,
        body_line=text.line,
        draft=said.is_draft(source),
        tags=tuple(dict.fromkeys(tags)),
        section=section,
        summary=said.summary,
        description=said.description,
        language=said.lang,
        image=image.path if image else None,
        image_alt=said.image_alt if said.image_alt is not None or image is None else image.alt,
        path=None if absolute else said.path or None,
        canonical_url=said.path if absolute and not said.canonical_url else said.canonical_url,
        aliases=said.aliases,
        correction=said.correction,
        audio=said.audio,
        extra=text.extra,
        positions=text.positions,
    )


def _id(said: WrittenFields, slug: str, published: datetime, publication: Publication) -> str:
    if said.id is not None:
        return permanent_id(publication.authority, said.id)
    day = published.astimezone(publication.timezone).date()
    return derived_id(publication.authority, "stories", day, slug)
