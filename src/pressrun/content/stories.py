"""From a story's file to a Story."""

import posixpath
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from pressrun.content.files import SourceFile
from pressrun.content.forms import SCALAR, form, form_of
from pressrun.content.frontmatter import Page, page_of
from pressrun.content.kinds import (
    A_DATE,
    A_FLAG,
    Bytes,
    Duration,
    FilledLine,
    Flag,
    Language,
    Line,
    Listed,
    Moment,
    Number,
    PathOrAddress,
    SitePaths,
    Slug,
    WebAddress,
    Words,
)
from pressrun.content.masthead import Masthead
from pressrun.content.moments import moment_written
from pressrun.content.names import AUDIO_NAMES, STORY_NAMES, Chosen, chosen
from pressrun.content.shapes import Shape, shaped
from pressrun.content.values import (
    FALSE,
    TRUE,
    author_from,
    filled_line_from,
    line_from,
    moment_from,
    words_from,
    wrong,
)
from pressrun.model.addresses import derived_id, is_iri, slug_of
from pressrun.model.publication import Author, Publication
from pressrun.model.story import Audio, Story
from pressrun.problems import Position, Problem, Severity

NAMED_BY_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})[-_](.+)")
NO_TAXONOMIES: dict[str, tuple[str, ...]] = {}
DATE_HINT = "add a line date: 2026-05-12, or put the date before the file's name"
# What Pelican, Nikola, Ghost and WordPress write where readers shall not see a piece, or not yet.
HELD_BACK = frozenset("draft private hidden skip scheduled future pending unpublished archived trash deleted".split())


@dataclass(frozen=True, slots=True)
class _Image:
    path: str
    alt: str | None = None


_IMAGE_FORM = WithJsonSchema(
    {
        **form_of(*SCALAR, "object", "array", examples=["../images/snow.png"]),
        "properties": {
            **dict.fromkeys(("path", "src", "url", "file"), form_of(description="The picture's path or web address.")),
            "alt": form_of(*SCALAR, "null", description="What the picture shows, for people who do not see it."),
        },
    }
)


def _image_from(value: object) -> _Image:
    if isinstance(value, list) and value:
        return _image_from(value[0])
    if isinstance(value, dict):
        path = next((value[name] for name in ("path", "src", "url", "file") if value.get(name)), None)
        if path is None:
            wrong("wrong-type", "a picture is a path, or fields with a path", "write image: ../images/name.jpg")
        alt = value.get("alt")
        return _Image(filled_line_from(path), None if alt is None else line_from(alt))
    return _Image(filled_line_from(value))


class AudioFields(Shape):
    """What may stand under `audio:`."""

    file: FilledLine
    size: Bytes | None = None
    type: FilledLine | None = None
    duration: Duration | None = None
    episode: Number | None = None
    season: Number | None = None
    explicit: Flag | None = None


def _audio_from(value: object) -> Audio:
    if not isinstance(value, dict):
        return Audio(filled_line_from(value))
    fields = {AUDIO_NAMES.by_folded().get(name.casefold().replace("_", "")): item for name, item in value.items()}
    if None in fields or fields.get("file") is None:
        known = ", ".join(AUDIO_NAMES.aliases)
        wrong("wrong-type", f"a recording has these fields: {known}", "write {file: ../audio/one.mp3, duration: 12:30}")
    try:
        read = AudioFields.model_validate({name: item for name, item in fields.items() if item is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise PydanticCustomError(first["type"], "{message}", first["ctx"]) from error
    return Audio(read.file, read.size or 0, read.type, read.duration, read.episode, read.season, read.explicit)


def _published_from(value: object, info: Any) -> bool | datetime:
    """Jekyll's truth value, or Hugo's other name for the date."""
    word = line_from(value).casefold()
    if word in TRUE | FALSE:
        return word in TRUE
    return moment_from(value, info)


def _taxonomies_from(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        wrong("wrong-type", "taxonomies hold lists under names", "write {tags: [one, two]}")
    return {str(name): words_from(items or []) for name, items in value.items()}


class StoryFields(Shape):
    """The front matter of a story (manual: stories)."""

    title: FilledLine
    date: Moment | None = None
    updated: Moment | None = None
    draft: Flag = False
    publish_date: Moment | None = None
    status: Line = ""
    published: Annotated[
        bool | datetime, PlainValidator(_published_from), WithJsonSchema({"anyOf": [A_FLAG, A_DATE]})
    ] = True
    tags: Words = ()
    section: FilledLine | None = None
    categories: Words = ()
    taxonomies: Annotated[
        dict[str, tuple[str, ...]],
        PlainValidator(_taxonomies_from),
        form("object", additionalProperties=form_of("array", *SCALAR, "null")),
    ] = NO_TAXONOMIES
    summary: Line | None = None
    description: Line | None = None
    authors: Annotated[tuple[Annotated[Author, PlainValidator(author_from)], ...], Listed] = ()
    slug: Slug | None = None
    aliases: SitePaths = ()
    canonical_url: WebAddress | None = None
    path: PathOrAddress | None = None
    image: Annotated[_Image, PlainValidator(_image_from), _IMAGE_FORM] | None = None
    image_alt: Line | None = None
    lang: Language | None = None
    audio: Annotated[Audio | None, PlainValidator(lambda value: _audio_from(value))] = None
    correction: Line | None = None
    id: FilledLine | None = None
    pressrun_ignore: Words = ()


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a file says: the slug, and the date before it as text, if there is one."""

    slug: str
    date: str | None = None

    @classmethod
    def of(cls, path: str) -> "FileName":
        """The name of *path*; a bundle (`slug/index.md`) is named after its folder."""
        folder, name = posixpath.split(path)
        stem = posixpath.splitext(name)[0]
        if stem == "index" and "/" in path:
            stem = posixpath.basename(folder)
        dated = NAMED_BY_DATE.fullmatch(stem)
        text, date = (dated[2], dated[1]) if dated else (stem, None)
        kept = re.sub(r"[\s?#%<>\"|*&:\\]+", "-", text).strip("-.")
        return cls(kept or slug_of(text) or "untitled", date)


def read_story(source: SourceFile, masthead: Masthead) -> tuple[Story | None, list[Problem]]:
    """The story that *source* holds, and all that is wrong in it."""
    page, problems = page_of(source)
    if page is None:
        return None, problems
    fields, found = chosen(page.fields.value, STORY_NAMES)  # type: ignore[arg-type]  # yaml_fields gives a mapping
    problems += found
    start = source.position(1, 1, 3)
    context = {"zone": masthead.publication.timezone, "date_code": "story-date"}
    read, found = shaped(StoryFields, fields.known, start, context=context)
    problems += found
    if read is None:
        if not {"date", "publish_date", "published"} & fields.known.keys() and FileName.of(source.path).date is None:
            problems.append(Problem(start, "missing-field", '"date" is missing', DATE_HINT))
        return None, problems
    published, found = _published(read, source, masthead, start)
    problems += found
    if published is None:
        return None, problems
    if read.updated is not None and read.updated.date() < published.astimezone(read.updated.tzinfo).date():
        place = fields.known["updated"].position
        problems.append(
            Problem(
                place,
                code="story-date",
                message="this story was updated before it was published",
                hint="delete updated, or correct one of the two dates",
            )
        )
    return _story(read, source, page, fields, masthead, published), problems


def _published(
    read: StoryFields, source: SourceFile, masthead: Masthead, start: Position
) -> tuple[datetime | None, list[Problem]]:
    given = [moment for moment in (read.date, read.publish_date) if moment is not None]
    if given:  # Hugo shows nothing before its publishDate
        return max(given), []
    if isinstance(read.published, datetime):
        return read.published, []
    day = FileName.of(source.path).date
    if day is not None:
        moment = moment_written(day, masthead.publication.timezone)
        return moment, [] if moment else [wrong_date_in_name(source, day, "story-date")]
    if _is_draft(read, source):
        return None, [Problem(start, "missing-field", "a draft without a date is not shown", DATE_HINT, Severity.HINT)]
    return None, [Problem(start, "missing-field", '"date" is missing', DATE_HINT)]


def wrong_date_in_name(source: SourceFile, day: str, code: str) -> Problem:
    """The name of a file begins like a date that the calendar does not have."""
    return Problem(
        Position(source.file),
        code,
        f'the file\'s name begins with "{day}", which is not a date',
        "rename the file, or add a line date: 2026-05-12",
    )


def _story(
    read: StoryFields, source: SourceFile, page: Page, fields: Chosen, masthead: Masthead, published: datetime
) -> Story:
    publication = masthead.publication
    slug = read.slug or FileName.of(source.path).slug
    categories = read.categories or read.taxonomies.get("categories", ())
    section = read.section or (categories[0] if categories else None)
    tags = (*read.tags, *read.taxonomies.get("tags", ()), *(name for name in categories if name != section))
    absolute = bool(read.path) and not str(read.path).startswith("/")
    day = published.astimezone(publication.timezone).date()
    image = read.image
    return Story(
        source=source.path,
        id=_permanent_id(read.id, publication) or derived_id(publication.authority, "stories", day, slug),
        id_is_minted=read.id is not None,
        guid=None if read.id is None or is_iri(read.id) else read.id,
        title=read.title,
        slug=slug,
        published=published,
        updated=max(read.updated or published, published),
        authors=tuple(masthead.author(author) for author in read.authors) or publication.authors,
        body=page.body,
        body_line=page.body_line,
        draft=_is_draft(read, source),
        tags=tuple(dict.fromkeys(tags)),
        section=section,
        summary=read.summary,
        description=read.description,
        language=read.lang,
        image=image.path if image else None,
        image_alt=read.image_alt if read.image_alt is not None or image is None else image.alt,
        path=None if absolute else read.path or None,
        canonical_url=read.path if absolute and not read.canonical_url else read.canonical_url,
        aliases=read.aliases,
        correction=read.correction,
        audio=read.audio,
        extra={name: field.native() for name, field in fields.extra.items()},
        positions={name: field.position for name, field in fields.known.items()},
    )


def _permanent_id(written: str | None, publication: Publication) -> str | None:
    """*written* where it is an IRI, as Atom demands (RFC 4287, section 4.2.6); else a tag: URI that holds it."""
    if written is None or is_iri(written):
        return written
    return f"tag:{publication.authority}:{slug_of(written) or 'id'}"


def _is_draft(read: StoryFields, source: SourceFile) -> bool:
    return read.draft or read.published is False or read.path == "" or is_held_back(read.status, source.path)


def is_held_back(status: str, path: str) -> bool:
    """Whether a file's status, or the folder that it lies in, says that it is not for readers yet."""
    return status.casefold() in HELD_BACK or "_drafts" in path.split("/")
