"""JSON Schema (2020-12) of what a person writes, made from the models that read it, so that editors can help."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from pressrun.content.editions import EditionFields, OutsideLinkFields, ReceiptFields, SectionFields
from pressrun.content.masthead.lists import ListFields
from pressrun.content.masthead.publication import (
    AuthorFields,
    FeedFields,
    LookFields,
    MailFields,
    PaletteFields,
    PodcastFields,
    PublicationFields,
)
from pressrun.content.masthead.service import ServiceFields
from pressrun.content.source import names
from pressrun.content.source.forms import form_of, spelt
from pressrun.content.source.shapes import Shape
from pressrun.content.storyfields import AudioFields, StoryFields

Schema: TypeAlias = dict[str, Any]
# What a field is, by the group that it stands in and its canonical name.
Told: TypeAlias = Mapping[tuple[str, str], str]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NOTHING = {"$ref": "#/$defs/nothing"}


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that stand together: how each is read, what each is called, and the forms of those that hold more fields.

    *forms* are of fields that *shape* does not have, or has in another way. *is_open* says that what is unknown is
    kept. *renamed* are names that the shape cannot use.
    """

    name: str
    shape: type[Shape]
    names: names.Names
    forms: Mapping[str, Schema] = field(default_factory=dict)
    is_open: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)
    title: str = ""


def _one(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _some(*forms: Schema) -> Schema:
    """A list of what has one of *forms*, or one alone."""
    return {"anyOf": [*forms, {"type": "array", "items": {"anyOf": [*forms, NOTHING]}}]}


NAME = form_of(pattern=r"\S", examples=["Ada Lovelace"])
AN_AUTHOR = _some(NAME, _one("author"))
AUTHOR = FieldGroup("author", AuthorFields, names.AUTHOR_NAMES)
WRITER = FieldGroup("author", AuthorFields, names.AUTHOR_NAMES, is_open=True)
AUDIO = FieldGroup("audio", AudioFields, names.AUDIO_NAMES)
LINK = FieldGroup("link", OutsideLinkFields, names.OUTSIDE_LINK_NAMES)
RECEIPT = FieldGroup("receipt", ReceiptFields, names.RECEIPT_NAMES)
SECTION = FieldGroup("section", SectionFields, names.SECTION_NAMES, {"links": _some(_one("link"))})
PALETTE = FieldGroup("palette", PaletteFields, names.PALETTE_NAMES)
LOOK = FieldGroup("look", LookFields, names.LOOK_NAMES, {"light": _one("palette"), "dark": _one("palette")})
MAIL = FieldGroup("mail", MailFields, names.MAIL_NAMES, renamed={"sender": "from"})
FEED = FieldGroup("feed", FeedFields, names.FEED_NAMES)
LIST = FieldGroup("list", ListFields, names.LIST_NAMES, renamed={"sender": "from"})
SERVICE = FieldGroup("service", ServiceFields, names.SERVICE_NAMES)
PODCAST = FieldGroup("podcast", PodcastFields, names.PODCAST_NAMES)

STORY = FieldGroup(
    "story",
    StoryFields,
    names.STORY_NAMES,
    {"authors": AN_AUTHOR, "audio": {"anyOf": [form_of(pattern=r"\S"), _one("audio")]}},
    is_open=True,
    title="Front matter of a story",
)
EDITION = FieldGroup(
    "edition",
    EditionFields,
    names.EDITION_NAMES,
    {"sections": _some(_one("section")), "sent": _one("receipt")},
    is_open=True,
    title="Front matter of an edition",
)
PUBLICATION = FieldGroup(
    "publication",
    PublicationFields,
    names.PUBLICATION_NAMES,
    {
        "author": AN_AUTHOR,
        "authors": {"type": "object", "additionalProperties": {"anyOf": [NAME, _one("author")]}},
        "look": _one("look"),
        "mail": _one("mail"),
        "feeds": _some(_one("feed")),
        "podcast": _one("podcast"),
        "lists": _some(_one("list")),
        "service": _one("service"),
    },
    is_open=True,
    title="publication.yaml",
)
# What can be asked for, each with the groups inside of it.
WHOLE: Mapping[str, tuple[FieldGroup, Sequence[FieldGroup]]] = {
    "story": (STORY, (WRITER, AUDIO)),
    "edition": (EDITION, (SECTION, LINK, RECEIPT)),
    "publication": (PUBLICATION, (AUTHOR, LOOK, PALETTE, MAIL, FEED, PODCAST, LIST, SERVICE)),
}
KINDS = tuple(WHOLE)
# Where the manual tells of a group's fields: page, heading, and the headings of the columns that hold name and words.
TABLES = {
    "story": ("stories.md", "The fields", "Field"),
    "audio": ("stories.md", "Episodes", "Field of a recording"),
    "edition": ("editions.md", "The fields", "Field"),
    "section": ("editions.md", "Sections", "Field of a section"),
    "link": ("editions.md", "Sections", "Field of a link"),
    "receipt": ("editions.md", "That it was sent", "Field of a receipt"),
    "publication": ("publication.md", "The fields", "Field"),
    "author": ("publication.md", "authors", "Field of an author"),
    "look": ("publication.md", "look", "Field"),
    "palette": ("publication.md", "look", "Colour"),
    "mail": ("publication.md", "mail", "Field"),
    "feed": ("feeds.md", "Which feeds there are", "Field"),
    "list": ("publication.md", "lists", "Field of a list"),
    "service": ("publication.md", "service", "Field of the service"),
    "podcast": ("feeds.md", "Episodes", "Field"),
}
WORDS = ("What you write", "What it does", "Where it is", "Without it")


def schema(kind: str, told: Told) -> Schema:
    """The schema of a *kind* of file, one of WHOLE; *told* says of every field what it is."""
    group, inner = WHOLE[kind]
    definitions = {each.name: _fields(each, f"#/$defs/{each.name}", told) for each in inner}
    # Said by length, for editors would offer the values of an enumeration.
    nothing = form_of("null", "string", "array", maxLength=0, maxItems=0, description="Not written.")
    return {
        "$schema": DIALECT,
        "title": f"Pressrun: {group.title}",
        **_fields(group, "#", told),
        "$defs": {**definitions, "nothing": nothing},
    }


def _fields(group: FieldGroup, path: str, told: Told) -> Schema:
    """What *group* holds; *path* leads to it, so that what other tools call a field can be said by reference."""
    known = {group.renamed.get(name, name): info for name, info in group.shape.model_fields.items()}
    properties: Schema = {}
    for name in group.names.aliases:
        form = _form(group.forms.get(name), known.get(name), may_be_left_out=group is not PALETTE)
        properties[name] = {"description": told[group.name, name], **form}
    also = {
        other: {"description": f"Means the same as {name}.", **_same(f"{path}/properties/{name}", known.get(name))}
        for name, others in group.names.aliases.items()
        for other in others
    }
    found: Schema = {"type": "object", "properties": properties | also}
    if needed := [_written(name, group) for name, info in known.items() if info.is_required()]:
        found["allOf"] = needed
    if group.is_open:
        return {**found, "additionalProperties": True}
    other_ways = {spelt(name): {"$ref": f"{path}/properties/{name}"} for name in properties | also}
    return {**found, "patternProperties": other_ways, "additionalProperties": False}


def _form(form: Schema | None, info: FieldInfo | None, *, may_be_left_out: bool) -> Schema:
    """What may stand in a field: *form* where that is given, else what the model's field *info* says of itself."""
    if info is None:
        assert form is not None  # a field that no model has is given its form
        return _or_nothing(form)
    if form is None:
        form = TypeAdapter(info.rebuild_annotation()).json_schema()
        # What counts as nothing is said once, for all fields.
        forms = [each for each in form.get("anyOf", ()) if each != {"type": "null"}]
        form = forms[0] if len(forms) == 1 else {"anyOf": forms} if forms else form
    if info.is_required() or not may_be_left_out:
        return form
    default = _default(info)
    return {**({} if default is None else {"default": default}), **_or_nothing(form)}


def _same(reference: str, info: FieldInfo | None) -> Schema:
    """What another name of a field may hold; it need not say anything, even where the field itself is needed."""
    form: Schema = {"$ref": reference}
    return _or_nothing(form) if info is not None and info.is_required() else form


def _or_nothing(form: Schema) -> Schema:
    return {"anyOf": [*(form["anyOf"] if form.keys() == {"anyOf"} else [form]), NOTHING]}


def _default(info: FieldInfo) -> object:
    """What holds where the field is not written, as one would write it; None where that is nothing."""
    if info.default in (None, "", ()) or isinstance(info.default, Mapping):
        return None
    return getattr(info.default, "value", list(info.default) if isinstance(info.default, tuple) else info.default)


def _written(name: str, group: FieldGroup) -> Schema:
    """That *name* is there, under one of its names and in one of the ways to write it."""
    called: Iterable[str] = (name, *group.names.aliases[name])
    ways = [spelt(each) for each in called]
    in_another_way = {"not": {"propertyNames": {"not": {"pattern": "|".join(ways)}}}}
    return {"anyOf": [*({"required": [each]} for each in called), in_another_way]}


def schema_text(kind: str) -> str:
    """The schema of a *kind* of file, one of KINDS, as JSON; the same bytes every time."""
    told = {(group, name): words for group, place in TABLES.items() for name, words in _told_in(*place)}
    return json.dumps(schema(kind, told), ensure_ascii=False, indent=2) + "\n"


def _told_in(page: str, heading: str, column: str) -> Iterator[tuple[str, str]]:
    """Each field that the table below *heading* names in its *column*, with what the table says of it."""
    for row in _rows(page, heading):
        cells = [_plain(row[name], name) for name in WORDS if row.get(name)]
        for name in re.findall(r"`([^`]+)`", row.get(column, "")):
            yield name, " ".join(cells)


def _rows(page: str, heading: str) -> Iterator[dict[str, str]]:
    """The rows of the tables below *heading*, each cell under the heading of its column."""
    text = (resources.files("pressrun") / "manual" / page).read_text(encoding="utf-8")
    below = re.split(rf"^## {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)[1]
    columns: list[str] = []
    for line in re.split(r"^## ", below, maxsplit=1, flags=re.MULTILINE)[0].split("\n"):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            columns = []
        elif not columns:
            columns = cells
        elif set(line) - set("|- "):
            yield dict(zip(columns, cells, strict=True))


def _plain(cell: str, column: str) -> str:
    """*cell* as a sentence without Markdown."""
    text = re.sub(r"\[([^][]*)\]\([^()]*\)", r"\1", cell).replace(r"\|", "|").replace("`", "")
    if text in ("an error", "needed"):
        return "Needed."
    text = f"Without it: {text}" if column == "Without it" else text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
