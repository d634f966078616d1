"""From `publication.yaml` to the Publication."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import PlainValidator

from pressrun.content.masthead.lists import lists_from
from pressrun.content.masthead.look import LetterWidth, LogoWidth, unreadable
from pressrun.content.masthead.mail import Domain, Encryption, Host, ListId, OneClick, Port, Selectors, Unsubscribe
from pressrun.content.masthead.service import service_from
from pressrun.content.source.fields import Field, yaml_fields
from pressrun.content.source.files import Folders, SourceFile
from pressrun.content.source.forms import form, one_word
from pressrun.content.source.groups import ReadFields
from pressrun.content.source.kinds import (
    Authority,
    Colour,
    FilledLine,
    Flag,
    Fonts,
    Formats,
    Home,
    Language,
    Line,
    Number,
    Privacy,
    Sender,
    Senders,
    SitePath,
    Slug,
    StoryUrl,
    Text,
    WebAddress,
    Words,
    Zone,
)
from pressrun.content.source.names import (
    AUTHOR_NAMES,
    FEED_NAMES,
    LOOK_NAMES,
    MAIL_NAMES,
    PALETTE_NAMES,
    PODCAST_NAMES,
    PUBLICATION_NAMES,
    chosen,
)
from pressrun.content.source.shapes import Shape
from pressrun.content.source.values import (
    kind_of,
    mailbox_from,
    one_of,
)
from pressrun.model.mailserver import MailServer
from pressrun.model.problems import Position, Problem
from pressrun.model.publication import (
    DARK,
    FORMATS,
    LIGHT,
    NOBODY,
    Author,
    Every,
    FeedContent,
    FeedSettings,
    Look,
    MailSettings,
    Masthead,
    Palette,
    Podcast,
    Publication,
    TextLinks,
)
from pressrun.model.signing import KEYS, Signing

SECTIONS = ("author", "authors", "look", "mail", "feeds", "podcast", "lists", "service")
PASSWORDS = ("password", "passwd", "secret", "apikey", "token")


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
    hub: WebAddress | None = None
    icon: FilledLine | None = None
    logo: FilledLine | None = None
    stories: SitePath = "/stories"
    editions: SitePath = "/editions"
    tags: Words = ()
    privacy: Privacy | None = None


class AuthorFields(Shape):
    """One of `authors:`."""

    name: FilledLine
    email: Annotated[
        str | None, PlainValidator(lambda value: mailbox_from(value).address), form("string", pattern="@")
    ] = None
    uri: WebAddress | None = None


class LookFields(Shape):
    """What stands under `look:`, but for its two palettes, which are shapes of their own."""

    heading_font: Fonts | None = None
    text_font: Fonts | None = None
    interface_font: Fonts | None = None
    width: LetterWidth | None = None
    logo: FilledLine | None = None
    logo_width: LogoWidth | None = None


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
    reply_to: Senders = NOBODY
    postal_address: Text | None = None
    unsubscribe: Unsubscribe | None = None
    text_links: Annotated[TextLinks, PlainValidator(one_of(TextLinks)), one_word(TextLinks)] = TextLinks.NOTES
    one_click: OneClick | None = None
    list_id: ListId | None = None
    host: Host | None = None
    port: Port | None = None
    tls: Encryption | None = None
    username: FilledLine | None = None
    dkim_selector: Selectors = ()
    dkim_domain: Domain | None = None
    dkim_keys: FilledLine = KEYS


class FeedFields(Shape):
    """One of `feeds:`."""

    name: Slug | None = None
    title: FilledLine | None = None
    every: Annotated[Every | None, PlainValidator(one_of(Every)), one_word(Every)] = None
    tags: Words = ()
    section: FilledLine | None = None
    author: FilledLine | None = None
    formats: Formats = FORMATS
    limit: Number = 20
    content: Annotated[FeedContent, PlainValidator(one_of(FeedContent)), one_word(FeedContent)] = FeedContent.FULL


class PodcastFields(Shape):
    """What stands under `podcast:`."""

    category: FilledLine
    image: FilledLine
    explicit: Flag | None = None
    owner: Sender | None = None


def read_masthead(source: SourceFile) -> tuple[Masthead | None, Folders, list[Problem]]:
    """The masthead that *source* holds, where stories and editions lie, and all that is wrong in it."""
    fields, problems = yaml_fields(source)
    if fields is None:
        return None, Folders(), problems
    reader = ReadFields()
    start = source.position()
    known, found = chosen(fields.value, PUBLICATION_NAMES)  # type: ignore[arg-type]  # yaml_fields gives a mapping
    problems += found
    top = dict(known.known)
    sections = {name: top.pop(name, None) for name in SECTIONS}
    read = reader.read(PublicationFields, top, start)
    authors = _authors(reader, sections["authors"])
    default = _default_authors(reader, sections["author"], authors)
    look = _look(reader, sections["look"], start)
    mail = _mail(reader, sections["mail"], start)
    feeds = _feeds(reader, sections["feeds"], authors)
    podcast = _podcast(reader, sections["podcast"])
    lists = lists_from(reader, sections["lists"], read.title if read else "")
    service = service_from(reader, sections["service"])
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
        feeds=feeds,
        hub=read.hub,
        icon=read.icon,
        logo=read.logo,
        podcast=podcast,
        tags=read.tags,
        lists=lists,
        service=service,
        privacy=_absolute(read.privacy, read.home),
        extra={name: field.native() for name, field in known.extra.items()},
    )
    folders = Folders(read.stories.strip("/"), read.editions.strip("/"))
    return Masthead(publication, authors), folders, [*problems, *_nested(folders, top)]


def _absolute(page: str | None, home: str) -> str | None:
    """The address of *page*, a path below *home* or an address already."""
    return f"{home}{page.lstrip('/')}" if page is not None and page.startswith("/") else page


def _nested(folders: Folders, fields: Mapping[str, Field]) -> list[Problem]:
    """A Problem where one of the two lies inside of the other; *fields* tell where that is written."""
    ways = (f"{folders.stories}/", f"{folders.editions}/")
    if not (ways[0].startswith(ways[1]) or ways[1].startswith(ways[0])):
        return []
    place = next(fields[name].position for name in ("editions", "stories") if name in fields)
    message = "stories and editions need a folder each, and neither inside of the other"
    return [Problem(place, "bad-value", message, "write, for example, editions: letters")]


def _author(reader: ReadFields, field: Field) -> Author | None:
    """The author that *field* holds: a name, or fields."""
    fields: Mapping[str, Field] | None = {"name": field}
    if isinstance(field.value, (dict, list)):
        fields = reader.group(field, AUTHOR_NAMES)
    if fields is None:
        return None
    read = reader.read(AuthorFields, fields, field.key or field.position)
    return Author(read.name, read.email, read.uri) if read else None


def _authors(reader: ReadFields, field: Field | None) -> dict[str, Author]:
    if field is None or field.value is None:
        return {}
    if not isinstance(field.value, dict):
        message = f"authors stand under names of their own, not in {kind_of(field.text_tree())}"
        reader.problems.append(Problem(field.position, "wrong-type", message, "write ada: {name: Ada Lovelace}"))
        return {}
    authors = {key: _author(reader, each) for key, each in field.value.items()}
    return {key: author for key, author in authors.items() if author is not None}


def _default_authors(reader: ReadFields, field: Field | None, known: Mapping[str, Author]) -> tuple[Author, ...]:
    if field is None or field.value is None:
        return ()
    written = field.value if isinstance(field.value, list) else [field]
    authors = [
        known[each.value] if isinstance(each.value, str) and each.value in known else _author(reader, each)
        for each in written
    ]
    return tuple(author for author in authors if author is not None)


def _look(reader: ReadFields, field: Field | None, start: Position) -> Look:
    fields = reader.group(field, LOOK_NAMES) or {}
    light = _palette(reader, fields.pop("light", None), LIGHT, start, "light")
    dark = _palette(reader, fields.pop("dark", None), DARK, start, "dark")
    read = reader.read(LookFields, fields, start)
    return replace(Look(light, dark), **(read.model_dump(exclude_none=True) if read else {}))


def _palette(reader: ReadFields, field: Field | None, default: Palette, start: Position, scheme: str) -> Palette:
    fields = reader.group(field, PALETTE_NAMES) or {}
    # A colour written without quotes is a comment to YAML, and its value nothing: that has to be told.
    colours = reader.read(PaletteFields, fields, start, keep_empty=True)
    if colours is None:
        return default
    palette = replace(default, **colours.model_dump(exclude_unset=True))
    reader.problems += unreadable(palette, fields, scheme)
    return palette


def _mail(reader: ReadFields, field: Field | None, start: Position) -> MailSettings:
    fields = reader.group(_without_password(reader, field), MAIL_NAMES) or {}
    if "from" in fields:
        fields["sender"] = fields.pop("from")
    read = reader.read(MailFields, fields, start)
    reader.problems = _without_lines_of_passwords(reader.problems)
    if read is None:  # another line is at fault: who sends is known all the same
        known = {"sender": fields["sender"]} if "sender" in fields else {}
        sender = ReadFields().read(MailFields, known, start)
        return MailSettings(sender=sender.sender if sender else None)
    return MailSettings(
        sender=read.sender,
        reply_to=read.reply_to,
        postal_address=read.postal_address.strip() if read.postal_address else None,
        unsubscribe=read.unsubscribe,
        text_links=read.text_links,
        one_click=read.one_click,
        list_id=read.list_id,
        server=_server(read, fields),
        signing=Signing(read.dkim_selector, read.dkim_domain, read.dkim_keys),
    )


def _server(read: MailFields, fields: Mapping[str, Field]) -> MailServer:
    places = {name: fields[name].position for name in ("host", "port", "tls", "username") if name in fields}
    origins = {name: f"{place.file}:{place.line}" for name, place in places.items()}
    return MailServer(read.host, read.port, read.tls, read.username, origins)


def _without_lines_of_passwords(problems: Sequence[Problem]) -> list[Problem]:
    """*problems*, none of which shows a line that holds a password."""
    lines = {problem.position.line for problem in problems if problem.code == "password-in-file"}
    return [
        replace(problem, position=replace(problem.position, excerpt="")) if problem.position.line in lines else problem
        for problem in problems
    ]


def _is_password(name: str) -> bool:
    folded = re.sub(r"[-_\s]", "", name.casefold())
    return folded == "pass" or any(word in folded for word in PASSWORDS)


def _without_password(reader: ReadFields, field: Field | None) -> Field | None:
    """*field* without the passwords that were written in it, however deep, and a Problem for each."""
    if field is None or not isinstance(field.value, dict):
        return field
    kept = {name: _without_password(reader, inner) or inner for name, inner in field.value.items()}
    for name in [name for name in kept if _is_password(name)]:
        written = kept.pop(name)
        # Without its line: what a build says is kept in logs that others read.
        place = replace(written.key or written.position, excerpt="")
        message = "a password does not belong into a file that is kept in git"
        hint = "delete this line, set the variable SMTP_PASSWORD, and change a password that was committed"
        reader.problems.append(Problem(place, "password-in-file", message, hint))
    return replace(field, value=kept)


def _feeds(reader: ReadFields, field: Field | None, authors: Mapping[str, Author]) -> tuple[FeedSettings, ...]:
    """The feeds in the order that they were written, that of the whole site first; it is there in any case."""
    written = field.value if field is not None and isinstance(field.value, list) else [field] if field else []
    feeds: list[FeedSettings] = []
    for each in written:
        fields = reader.group(each, FEED_NAMES)
        read = reader.read(FeedFields, fields, each.position) if fields is not None else None
        if read is None:
            continue
        chooses = bool(read.tags or read.section or read.author or read.every)
        name = read.name or (f"every-{read.every.value}" if read.every else "" if chooses else "site")
        if not name or name in {feed.name for feed in feeds}:
            message = f'a feed called "{name}" is here already' if name else "this feed has no name"
            reader.problems.append(Problem(each.position, "bad-value", message, "add name: and a word for it"))
            continue
        author = authors[read.author].name if read.author and read.author in authors else read.author
        feeds.append(FeedSettings(**{**dict(read), "name": name, "author": author}))
    feeds.sort(key=lambda feed: feed.name != "site")
    return tuple(feeds) if feeds and feeds[0].name == "site" else (FeedSettings(), *feeds)


def _podcast(reader: ReadFields, field: Field | None) -> Podcast | None:
    fields = reader.group(field, PODCAST_NAMES)
    read = reader.read(PodcastFields, fields, field.position) if fields is not None and field is not None else None
    return Podcast(read.category, read.image, read.explicit, read.owner) if read else None


def places_in(source: SourceFile) -> dict[str, Position]:
    """Where the fields of `publication.yaml` stand: `mail` is a name, `mail.from` a value, and "" the beginning.

    Values are told of what stands below `look`, `mail` and `podcast`.
    """
    places = {"": source.position()}
    root, _ = yaml_fields(source)
    top = root.value if root is not None and isinstance(root.value, dict) else {}
    known, _ = chosen(top, PUBLICATION_NAMES)
    for name, field in known.known.items():
        places[name] = field.key or field.position
    for group, names in (("look", LOOK_NAMES), ("mail", MAIL_NAMES), ("podcast", PODCAST_NAMES)):
        outer = known.known.get(group)
        if outer is not None and isinstance(outer.value, dict):
            inner, _ = chosen(outer.value, names)
            places |= {f"{group}.{name}": field.position for name, field in inner.known.items()}
    return places
