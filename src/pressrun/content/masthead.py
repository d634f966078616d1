"""From `publication.yaml` to the Publication."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import PlainValidator

from pressrun.content.fields import Field, yaml_fields
from pressrun.content.files import SourceFile
from pressrun.content.names import (
    AUTHOR_NAMES,
    LOOK_NAMES,
    MAIL_NAMES,
    PALETTE_NAMES,
    PUBLICATION_NAMES,
    Names,
    chosen,
)
from pressrun.content.shapes import AnyShape, Shape, shaped
from pressrun.content.values import (
    Authority,
    Colour,
    FilledLine,
    Flag,
    Fonts,
    Home,
    Language,
    Line,
    Sender,
    SitePath,
    StoryUrl,
    Text,
    Unsubscribe,
    WebAddress,
    Zone,
    kind_of,
    mailbox_from,
)
from pressrun.model.publication import DARK, LIGHT, Author, Look, MailSettings, Palette, Publication
from pressrun.problems import Position, Problem, Severity


@dataclass(frozen=True, slots=True)
class Masthead:
    """What reading a story or an edition needs to know of the publication."""

    publication: Publication
    authors: Mapping[str, Author]

    def author(self, named: Author) -> Author:
        """*named* as the masthead knows them, where it does."""
        return self.authors.get(named.name, named)


class PublicationFields(Shape):
    """The top of `publication.yaml` (manual: publication)."""

    title: FilledLine
    subtitle: Line | None = None
    home: Home
    language: Language = "en"
    timezone: Zone
    ids: Authority
    rights: Line | None = None
    story_url: StoryUrl = "/stories/{slug}/"
    pages: Flag = True
    stories: SitePath = "/stories"
    editions: SitePath = "/editions"


class AuthorFields(Shape):
    """One of `authors:`."""

    name: FilledLine
    email: Annotated[str | None, PlainValidator(lambda value: mailbox_from(value).address)] = None
    uri: WebAddress | None = None


class LookFields(Shape):
    """The fonts of `look:`; its two palettes are shapes of their own."""

    heading_font: Fonts | None = None
    text_font: Fonts | None = None
    interface_font: Fonts | None = None


class PaletteFields(Shape):
    """The colours of one scheme under `look:`."""

    paper: Colour = ""
    canvas: Colour = ""
    ink: Colour = ""
    muted: Colour = ""
    accent: Colour = ""
    rule: Colour = ""


class MailFields(Shape):
    """What stands under `mail:`."""

    sender: Sender | None = None
    reply_to: Sender | None = None
    postal_address: Text | None = None
    unsubscribe: Unsubscribe | None = None


@dataclass(frozen=True, slots=True)
class Folders:
    """Where stories and editions lie below the content folder."""

    stories: str = "stories"
    editions: str = "editions"


class _Reader:
    """Reads section after section, and keeps every Problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def section(self, field: Field | None, names: Names) -> dict[str, Field] | None:
        """The fields inside of *field* by canonical name; None where it is not written, or holds no fields."""
        if field is None or field.value is None:
            return None
        if not isinstance(field.value, dict):
            message = f"named fields are expected here, not {kind_of(field.text_tree())}"
            self.problems.append(Problem(field.position, "wrong-type", message, "indent them below this name"))
            return None
        fields, found = chosen(field.value, names)
        self.problems += found
        told = {problem.position for problem in found}
        for name, extra in fields.extra.items():
            place = extra.key or extra.position
            if place not in told:
                message = f'"{name}" is not a field that Pressrun knows here'
                hint = f"known are {', '.join(names.aliases)}"
                self.problems.append(Problem(place, "unknown-field", message, hint, Severity.WARNING))
        return dict(fields.known)

    def author(self, field: Field) -> Author | None:
        """The author that *field* holds: a name, or fields."""
        fields: Mapping[str, Field] | None = {"name": field}
        if isinstance(field.value, (dict, list)):
            fields = self.section(field, AUTHOR_NAMES)
        if fields is None:
            return None
        read = self.read(AuthorFields, fields, field.key or field.position)
        return Author(read.name, read.email, read.uri) if read else None

    def read(
        self, shape: type[AnyShape], fields: Mapping[str, Field], start: Position, *, keep_empty: bool = False
    ) -> AnyShape | None:
        read, found = shaped(shape, fields, start, keep_empty=keep_empty)
        self.problems += found
        return read


def read_masthead(source: SourceFile) -> tuple[Masthead | None, Folders, list[Problem]]:
    """The masthead that *source* holds, where stories and editions lie, and all that is wrong in it."""
    fields, problems = yaml_fields(source)
    if fields is None:
        return None, Folders(), problems
    reader = _Reader()
    start = source.position()
    known, found = chosen(fields.value, PUBLICATION_NAMES)  # type: ignore[arg-type]
    problems += found
    top = dict(known.known)
    sections = {name: top.pop(name, None) for name in ("author", "authors", "look", "mail")}
    read = reader.read(PublicationFields, top, start)
    authors = _authors(reader, sections["authors"])
    default = _default_authors(reader, sections["author"], authors)
    look = _look(reader, sections["look"], start)
    mail = _mail(reader, sections["mail"], start)
    problems += reader.problems
    if read is None:
        return None, Folders(), problems
    publication = Publication(
        title=read.title,
        subtitle=read.subtitle,
        home=read.home,
        language=read.language,
        timezone=read.timezone,
        authority=read.ids,
        # Atom wants an author for every entry (RFC 4287, section 4.1.1): the publication speaks for itself.
        authors=default or (Author(read.title, uri=read.home),),
        rights=read.rights,
        story_url=read.story_url,
        pages=read.pages,
        look=look,
        mail=mail,
        extra={name: field.native() for name, field in known.extra.items()},
    )
    folders = Folders(read.stories.strip("/"), read.editions.strip("/"))
    if f"{folders.stories}/".startswith(f"{folders.editions}/") or f"{folders.editions}/".startswith(
        f"{folders.stories}/"
    ):
        place = next(top[name].position for name in ("editions", "stories") if name in top)
        message = "stories and editions need a folder each, and neither inside of the other"
        problems.append(Problem(place, "bad-value", message, "write, for example, editions: letters"))
        return None, Folders(), problems
    return Masthead(publication, authors), folders, problems


def _authors(reader: _Reader, field: Field | None) -> dict[str, Author]:
    if field is None or field.value is None:
        return {}
    if not isinstance(field.value, dict):
        message = f"authors stand under names of their own, not in {kind_of(field.text_tree())}"
        reader.problems.append(Problem(field.position, "wrong-type", message, "write ada: {name: Ada Lovelace}"))
        return {}
    authors = {key: reader.author(each) for key, each in field.value.items()}
    return {key: author for key, author in authors.items() if author is not None}


def _default_authors(reader: _Reader, field: Field | None, known: Mapping[str, Author]) -> tuple[Author, ...]:
    if field is None or field.value is None:
        return ()
    written = field.value if isinstance(field.value, list) else [field]
    authors = [
        known[each.value] if isinstance(each.value, str) and each.value in known else reader.author(each)
        for each in written
    ]
    return tuple(author for author in authors if author is not None)


def _look(reader: _Reader, field: Field | None, start: Position) -> Look:
    fields = reader.section(field, LOOK_NAMES) or {}
    light = _palette(reader, fields.pop("light", None), LIGHT, start)
    dark = _palette(reader, fields.pop("dark", None), DARK, start)
    fonts = reader.read(LookFields, fields, start)
    return replace(Look(light, dark), **(fonts.model_dump(exclude_none=True) if fonts else {}))


def _palette(reader: _Reader, field: Field | None, default: Palette, start: Position) -> Palette:
    # A colour written without quotes is a comment to YAML, and its value nothing: that has to be told.
    colours = reader.read(PaletteFields, reader.section(field, PALETTE_NAMES) or {}, start, keep_empty=True)
    return replace(default, **(colours.model_dump(exclude_unset=True) if colours else {}))


def _mail(reader: _Reader, field: Field | None, start: Position) -> MailSettings:
    fields = reader.section(field, MAIL_NAMES) or {}
    if "from" in fields:
        fields["sender"] = fields.pop("from")
    read = reader.read(MailFields, fields, start)
    if read is None:
        return MailSettings()
    return MailSettings(
        sender=read.sender,
        reply_to=read.reply_to,
        postal_address=read.postal_address.strip() if read.postal_address else None,
        unsubscribe=read.unsubscribe,
    )
