"""From a story's file to a Story."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from pressrun.content.source.filenames import FileName
from pressrun.content.source.files import SourceFile
from pressrun.content.source.forms import SCALAR, form, form_of
from pressrun.content.source.frontmatter import page_of
from pressrun.content.source.kinds import (
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
from pressrun.content.source.names import AUDIO_NAMES, STORY_NAMES, chosen
from pressrun.content.source.scalars import FALSE, TRUE
from pressrun.content.source.shapes import Shape, shaped
from pressrun.content.source.values import (
    author_from,
    filled_line_from,
    line_from,
    moment_from,
    words_from,
    wrong,
)
from pressrun.content.stories import LeadPicture, Text, WrittenFields, story_from
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Author, Masthead
from pressrun.model.story import Audio, Story

NO_TAXONOMIES: dict[str, tuple[str, ...]] = {}
# A story is whole without these; themes of other tools give them forms of their own.
DISPENSABLE = {"lang": Severity.ERROR, "image": Severity.WARNING}
DATE_HINT = "add a line date: 2026-05-12, or put the date before the file's name"

_IMAGE_FORM = WithJsonSchema(
    {
        **form_of(*SCALAR, "object", "array", examples=["../images/snow.png"]),
        "properties": {
            **dict.fromkeys(("path", "src", "url", "file"), form_of(description="The picture's path or web address.")),
            "alt": form_of(*SCALAR, "null", description="What the picture shows, for people who do not see it."),
        },
    }
)


def _image_from(value: object) -> LeadPicture:
    if isinstance(value, list) and value:
        return _image_from(value[0])
    if isinstance(value, dict):
        path = next((value[name] for name in ("path", "src", "url", "file") if value.get(name)), None)
        if path is None:
            wrong("wrong-type", "a picture is a path, or fields with a path", "write image: ../images/name.jpg")
        alt = value.get("alt")
        return LeadPicture(filled_line_from(path), None if alt is None else line_from(alt))
    return LeadPicture(filled_line_from(value))


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
    image: Annotated[LeadPicture, PlainValidator(_image_from), _IMAGE_FORM] | None = None
    image_alt: Line | None = None
    lang: Language | None = None
    audio: Annotated[Audio | None, PlainValidator(lambda value: _audio_from(value))] = None
    correction: Line | None = None
    id: FilledLine | None = None
    pressrun_ignore: Words = ()


def read_story(source: SourceFile, masthead: Masthead) -> tuple[Story | None, list[Problem]]:
    """The story that *source* holds, and all that is wrong in it."""
    page, problems = page_of(source)
    if page is None:
        return None, problems
    fields, found = chosen(page.fields.value, STORY_NAMES)  # type: ignore[arg-type]  # yaml_fields gives a mapping
    problems += found
    start = source.position(1, 1, 3)
    context = {"zone": masthead.publication.timezone, "date_code": "story-date"}
    read, found = shaped(StoryFields, fields.known, start, context=context, dispensable=DISPENSABLE)
    problems += found
    if read is None:
        if not {"date", "publish_date", "published"} & fields.known.keys() and FileName.of(source.path).date is None:
            problems.append(Problem(start, "missing-field", '"date" is missing', DATE_HINT))
        return None, problems
    # The fields are those of Said, each with the type that it has there.
    said = WrittenFields(**dict(read))
    published, found = _published(said, source, masthead, start)
    problems += found
    if published is None:
        return None, problems
    if said.is_updated_before(published):
        place = fields.known["updated"].position
        problems.append(
            Problem(
                place,
                code="story-date",
                message="this story was updated before it was published",
                hint="delete updated, or correct one of the two dates",
            )
        )
    extra = {name: field.native() for name, field in fields.extra.items()}
    positions = {name: field.position for name, field in fields.known.items()}
    text = Text(page.body, page.body_line, extra, positions)
    return story_from(said, source.path, text, published, masthead), problems


def _published(
    said: WrittenFields, source: SourceFile, masthead: Masthead, start: Position
) -> tuple[datetime | None, list[Problem]]:
    moment = said.moment(source.path, masthead.publication)
    if moment is not None:
        return moment, []
    if (day := FileName.of(source.path).date) is not None:
        return None, [wrong_date_in_name(source, day, "story-date")]
    if said.is_draft(source.path):
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
