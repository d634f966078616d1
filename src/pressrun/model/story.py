"""A story: one piece as written, and the same piece rendered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pressrun.model.picture import Picture
from pressrun.model.problems import Position
from pressrun.model.publication import Author, Publication, direction_of


@dataclass(frozen=True, slots=True)
class Audio:
    """The recording of an episode as written: *file* is a path or a web address.

    *size* and *media_type* are for a recording on another host, which no build asks. *duration* is seconds.
    """

    file: str
    size: int = 0
    media_type: str | None = None
    duration: int | None = None
    episode: int | None = None
    season: int | None = None
    explicit: bool | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A recording as feeds offer it: where it is, how many bytes, and of which type (RFC 4287, section 4.2.7)."""

    url: str
    size: int
    media_type: str
    duration: int | None = None
    episode: int | None = None
    season: int | None = None
    explicit: bool | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One piece as written. Every date carries its offset.

    *source* is the file's path below the content folder. *body* is Markdown, and begins at line
    *body_line* of the file. *positions* tells where a field of the front matter stands, by its
    canonical name; fields that were not written are not in it.
    """

    source: str
    id: str
    id_is_minted: bool
    title: str
    slug: str
    published: datetime
    updated: datetime
    authors: tuple[Author, ...]
    body: str
    guid: str | None = None  # the id as written, where it is no IRI: RSS and JSON Feed keep it so
    body_line: int = 1
    draft: bool = False
    tags: tuple[str, ...] = ()
    section: str | None = None
    summary: str | None = None
    description: str | None = None
    language: str | None = None
    image: str | None = None
    image_alt: str | None = None
    path: str | None = None
    canonical_url: str | None = None
    aliases: tuple[str, ...] = ()
    correction: str | None = None
    audio: Audio | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RenderedStory:
    """A story as feeds, pages and letters show it: *html* is sanitised and every address in it absolute.

    *picture* is the lead picture; *pictures* are all that the piece shows, the lead one included, and
    *files* what else of the content folder its text links to, by path.
    """

    id: str
    slug: str
    link: str
    title: str
    published: datetime
    updated: datetime
    authors: tuple[Author, ...]
    tags: tuple[str, ...]
    section: str | None
    summary: str
    language: str
    direction: str
    html: str
    correction: str | None = None
    canonical_url: str | None = None
    picture: Picture | None = None
    pictures: tuple[Picture, ...] = ()
    files: tuple[str, ...] = ()
    enclosure: Enclosure | None = None
    guid: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_updated(self) -> bool:
        """Whether its author said that it has changed since it came out."""
        return self.updated != self.published

    @property
    def opens_with_picture(self) -> bool:
        """Whether the text shows the lead picture itself, so that nothing need show it again."""
        return self.picture is not None and self.picture.url in self.html


def rendered_as(
    story: Story,
    publication: Publication,
    *,
    link: str,
    summary: str,
    html: str,
    picture: Picture | None,
    pictures: tuple[Picture, ...],
    files: tuple[str, ...],
    enclosure: Enclosure | None,
) -> RenderedStory:
    """*story* of *publication* with what rendering found out."""
    language = story.language or publication.language
    return RenderedStory(
        id=story.id,
        slug=story.slug,
        link=link,
        title=story.title,
        published=story.published,
        updated=story.updated,
        authors=story.authors,
        tags=story.tags,
        section=story.section,
        summary=summary,
        language=language,
        direction=direction_of(language),
        html=html,
        correction=story.correction,
        canonical_url=story.canonical_url,
        picture=picture,
        pictures=pictures,
        files=files,
        enclosure=enclosure,
        guid=story.guid,
        extra=story.extra,
    )
