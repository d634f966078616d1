"""From an edition's file to an Edition."""

from typing import Annotated

from pydantic import PlainValidator

from pressrun.content.fields import Field
from pressrun.content.files import SourceFile
from pressrun.content.frontmatter import page_of
from pressrun.content.masthead import Masthead
from pressrun.content.names import EDITION_NAMES, chosen
from pressrun.content.shapes import Shape, shaped
from pressrun.content.stories import DATE_HINT, FileName, is_held_back, wrong_date_in_name
from pressrun.content.values import FilledLine, Flag, Line, Lines, Moment, Slug, line_from, moment_written, wrong
from pressrun.model.addresses import derived_id
from pressrun.model.edition import Content, Edition, Reference
from pressrun.problems import Problem


def _content_from(value: object) -> Content:
    word = line_from(value)
    try:
        return Content(word)
    except ValueError:
        wrong("bad-value", f'"{word}" is not how much a letter can carry', "write full or summary")


class EditionFields(Shape):
    """The front matter of an edition (manual: editions)."""

    id: FilledLine | None = None
    title: FilledLine
    subject: FilledLine | None = None
    preheader: Line | None = None
    date: Moment | None = None
    draft: Flag = False
    slug: Slug | None = None
    status: Line = ""
    published: Flag = True
    lead: FilledLine | None = None
    stories: Lines = ()
    stories_title: FilledLine = "More Stories"
    content: Annotated[Content, PlainValidator(_content_from)] = Content.FULL


def read_edition(source: SourceFile, masthead: Masthead) -> tuple[Edition | None, list[Problem]]:
    """The edition that *source* holds, and all that is wrong in it."""
    page, problems = page_of(source)
    if page is None:
        return None, problems
    fields, found = chosen(page.fields.value, EDITION_NAMES)  # type: ignore[arg-type]  # yaml_fields gives a mapping
    problems += found
    publication = masthead.publication
    start = source.position(1, 1, 3)
    context = {"zone": publication.timezone, "date_code": "edition-date"}
    name = FileName.of(source.path)
    known = {key: field for key, field in fields.known.items() if field.value is not None}
    if "date" not in known and name.date:
        if moment_written(name.date) is None:
            return None, [*problems, wrong_date_in_name(source, name.date, "edition-date")]
        known["date"] = Field(start, name.date)
    read, found = shaped(EditionFields, known, start, context=context)
    problems += found
    if "date" not in known:
        problems.append(Problem(start, "missing-field", '"date" is missing', DATE_HINT))
    if read is None or read.date is None:
        return None, problems
    slug = read.slug or name.slug
    day = read.date.astimezone(publication.timezone).date()
    return Edition(
        source=source.path,
        id=read.id or derived_id(publication.authority, "editions", day, slug),
        id_is_minted=read.id is not None,
        title=read.title,
        slug=slug,
        date=read.date,
        subject=read.subject or read.title,
        preheader=read.preheader,
        draft=read.draft or not read.published or is_held_back(read.status, source.path),
        lead=_references([read.lead], fields.known.get("lead"))[0] if read.lead else None,
        stories=_references(read.stories, fields.known.get("stories")),
        stories_title=read.stories_title,
        content=read.content,
        body=page.body,
        body_line=page.body_line,
        extra={name: field.native() for name, field in fields.extra.items()},
        positions={name: field.position for name, field in fields.known.items()},
    ), problems


def _references(names: "tuple[str, ...] | list[str]", field: Field | None) -> tuple[Reference, ...]:
    if field is None:
        return ()
    written = field.value if isinstance(field.value, list) else [field]
    return tuple(Reference(name, each.position) for name, each in zip(names, written, strict=True))
