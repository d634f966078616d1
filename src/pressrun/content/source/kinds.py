"""The types that front matter and the masthead are read into: how each is read, and what an editor is told of it."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema

from pressrun.content.source.forms import any_case, form, form_of, listed
from pressrun.content.source.scalars import FALSE, TRUE
from pressrun.content.source.values import (
    authority_from,
    bytes_from,
    colour_from,
    count_from,
    distinct,
    duration_from,
    filled_line_from,
    flag_from,
    fonts_from,
    formats_from,
    home_from,
    items_from,
    language_from,
    line_from,
    mailbox_from,
    mailboxes_from,
    moment_from,
    number_from,
    page_from,
    path_from,
    path_or_address_from,
    slug_from,
    story_url_from,
    text_from,
    timezone_from,
    web_address_from,
)
from pressrun.model.publication import FORMATS, Mailbox, Mailboxes

A_DATE = form_of(
    "string",
    pattern=r"^(?:\d{4}-\d{1,2}-\d{1,2}"
    r"(?:[Tt ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)? *(?:[Zz]|UTC|(?:UTC)?[-+]\d{2}(?::?\d{2})?)?)?"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4})$",
    examples=["2026-05-12", "2026-05-12T09:30+02:00"],
)
A_FLAG = {
    "anyOf": [
        {"type": "boolean"},
        form_of("integer", minimum=0, maximum=1),
        *any_case(sorted(TRUE | FALSE))["anyOf"][1:],
    ]
}

Text = Annotated[str, PlainValidator(text_from), form()]
Line = Annotated[str, PlainValidator(line_from), form()]
FilledLine = Annotated[str, PlainValidator(filled_line_from), form(pattern=r"\S")]
Flag = Annotated[bool, PlainValidator(flag_from), WithJsonSchema(A_FLAG)]
Words = Annotated[tuple[Line, ...], BeforeValidator(items_from), AfterValidator(distinct), listed()]
# One text alone is a list of one.
Listed = BeforeValidator(
    lambda value: [item for item in value if item not in (None, "")] if isinstance(value, list) else [value]
)
Lines = Annotated[tuple[FilledLine, ...], Listed, listed()]
Moment = Annotated[datetime, PlainValidator(moment_from), WithJsonSchema(A_DATE)]
Slug = Annotated[
    str,
    PlainValidator(slug_from),
    form(pattern=r'^/*[^\s/?#%<>"|*&]+/*$', examples=["first-snow"]),
]
SitePath = Annotated[str, PlainValidator(path_from), form(pattern=r'^[^?#%<>"|*{}]*$', examples=["/old/address/"])]
SitePaths = Annotated[tuple[SitePath, ...], Listed, listed(examples=["/old/address/"])]
WebAddress = Annotated[
    str,
    PlainValidator(web_address_from),
    form("string", pattern=r'^[Hh][Tt][Tt][Pp][Ss]?://[^\s<>"]+$', examples=["https://example.org/page"]),
]
Privacy = Annotated[str, PlainValidator(page_from), form(examples=["/privacy/", "https://example.org/privacy"])]
PathOrAddress = Annotated[str, PlainValidator(path_or_address_from), form(examples=["/2026/snow.html"])]
Home = Annotated[
    str,
    PlainValidator(home_from),
    form("string", pattern=r'^[Hh][Tt][Tt][Pp][Ss]?://[^\s<>"?#]+$', examples=["https://example.org/"]),
]
Language = Annotated[
    str,
    PlainValidator(language_from),
    form("string", pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*([.@][\w.@-]+)?$", examples=["en", "de-AT", "ar"]),
]
Zone = Annotated[ZoneInfo, PlainValidator(timezone_from), form("string", examples=["Europe/Brussels", "UTC"])]
Authority = Annotated[
    str,
    PlainValidator(authority_from),
    form(
        "string",
        pattern=r"^(tag:)?([\w.+-]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+,\d{4}(-\d\d(-\d\d)?)?:*$",
        examples=["example.org,2026"],
    ),
]
Sender = Annotated[
    Mailbox, PlainValidator(mailbox_from), form("string", pattern="@", examples=["The Gazette <letter@example.org>"])
]
Senders = Annotated[
    Mailboxes,
    PlainValidator(mailboxes_from),
    listed(pattern="@", examples=["The Gazette <letter@example.org>"]),
]
Colour = Annotated[
    str,
    PlainValidator(colour_from),
    form("string", "number", pattern="^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$", examples=["#9c2a1f"]),
]
Fonts = Annotated[str, PlainValidator(fonts_from), form(examples=["Georgia, serif"])]
Number = Annotated[
    int,
    PlainValidator(number_from),
    form("integer", "string", minimum=1, maximum=100_000, pattern=r"^[1-9]\d{0,5}$"),
]
Count = Annotated[int, PlainValidator(count_from), form("integer", "string", minimum=0, pattern=r"^\d{1,13}$")]
Bytes = Annotated[int, PlainValidator(bytes_from), form("integer", "string", minimum=0, pattern=r"^[\d_,]+$")]
Duration = Annotated[int, PlainValidator(duration_from), form("integer", "string", examples=["12:30"])]
Formats = Annotated[tuple[str, ...], PlainValidator(formats_from), listed(**any_case(FORMATS))]
StoryUrl = Annotated[
    str, PlainValidator(story_url_from), form("string", pattern=r"^/.*\{slug\}", examples=["/{year}/{slug}/"])
]
