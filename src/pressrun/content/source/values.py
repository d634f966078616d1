"""How written text becomes a value.

Everything arrives as text (see `fields`), so that each type can say itself what it takes. A fault is
raised as pydantic's custom error whose type is the Problem's code.
"""

import difflib
import enum
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from pressrun.content.source.moments import moment_written
from pressrun.content.source.names import AUTHOR_NAMES
from pressrun.content.source.scalars import FALSE, SEPARATOR, TRUE
from pressrun.model.addresses import LONGEST_NAME, LONGEST_PATH, ascii_url, is_inside, too_long
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import FORMATS, Author, Mailbox, Mailboxes
from pressrun.model.scripts import beginning_of, with_lines_joined

AnyEnum = TypeVar("AnyEnum", bound=enum.Enum)
# The longest name has 32.
LONGEST_ZONE = 100


def wrong(code: str, message: str, hint: str | None = None) -> NoReturn:
    """Refuse a value; *message* reads on from nothing, *hint* says what to write instead."""
    raise PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def kind_of(value: object) -> str:
    """What a person would call *value*."""
    match value:
        case dict():
            return "named fields"
        case list():
            return "a list"
        case _:
            return "nothing" if value is None else "text"


def text_from(value: object) -> str:
    """*value* as text, NFC; anything but one scalar is refused."""
    if not isinstance(value, str):
        wrong("wrong-type", f"text is expected here, not {kind_of(value)}", "write one value")
    return unicodedata.normalize("NFC", value)


def line_from(value: object) -> str:
    """*value* as one line: every run of white space, line breaks included, is one space."""
    return " ".join(with_lines_joined(text_from(value)).split())


def filled_line_from(value: object) -> str:
    """One line that is not empty."""
    line = line_from(value)
    if not line:
        wrong("missing-field", "this is empty", "write something, or delete the field")
    return line


def flag_from(value: object) -> bool:
    """True or false, in the words that people use for them."""
    word = line_from(value).casefold()
    if word not in TRUE | FALSE:
        wrong("wrong-type", f'"{word}" is neither true nor false', "write true or false")
    return word in TRUE


def items_from(value: object) -> list[object]:
    """Return a list; one text is split at its commas or semicolons, of whatever script."""
    items = SEPARATOR.split(text_from(value)) if isinstance(value, str) else value
    if not isinstance(items, list):
        wrong("wrong-type", f"a list is expected here, not {kind_of(value)}", "write [one, two]")
    return [item for item in items if item is not None]


def distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    """*words* without those that are empty, and each once."""
    return tuple(dict.fromkeys(word for word in words if word))


def words_from(value: object) -> tuple[str, ...]:
    """A list of words, or one text that is split at its commas or semicolons, of whatever script. Repetitions go."""
    return distinct(tuple(line_from(item) for item in items_from(value)))


def moment_from(value: object, info: ValidationInfo[dict[str, Any]]) -> datetime:
    """A date with its offset; without a time it is midnight, without an offset in the zone that the context names."""
    text = line_from(value)
    moment = moment_written(text, info.context["zone"])
    if moment is None:
        wrong(
            info.context["date_code"],
            f'"{text}" is not a date',
            "write 2026-05-12, or with a time 2026-05-12T09:30+02:00",
        )
    return moment


def slug_from(value: object) -> str:
    """One piece of an address, as the author wrote it."""
    slug = line_from(value).strip("/")
    if not slug or "/" in slug or not is_inside(slug) or re.search(r"[\s?#%<>\"|*&]", slug):
        wrong("bad-value", f'"{slug}" cannot be one piece of an address', "write letters, digits and hyphens")
    _refuse_too_long(slug)
    return slug


def path_from(value: object) -> str:
    """A path below the publication's home, beginning with a slash."""
    text = line_from(value)
    path = "/" + text.lstrip("/")
    if not is_inside(path.strip("/") or ".") or re.search(r"[?#%<>\"|*{}]", path):
        wrong("bad-value", f'"{text}" is not a path below the home page', "write, for example, /old/address/")
    _refuse_too_long(path)
    return path


def _refuse_too_long(path: str) -> None:
    """Refuse *path* where no file could be written for it."""
    if piece := too_long(path):
        size = len(piece.encode())
        message = f'"{beginning_of(piece, 40)}…" has {size:,} bytes; a piece of an address has at most {LONGEST_NAME}'
        if piece == path and "/" in path.strip("/"):
            message = f"this path has {len(piece.encode()):,} bytes, and one has at most {LONGEST_PATH:,}"
        wrong("bad-value", message, "write a shorter one")


def web_address_from(value: object) -> str:
    """An absolute http or https address, as ASCII."""
    text = line_from(value)
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises where it is no number
        if parts.scheme in ("http", "https") and parts.hostname and not re.search(r"[\s<>\"]", text):
            return ascii_url(text)
    except ValueError:
        pass
    wrong("bad-value", f'"{text}" is not a web address', "write it whole, such as https://example.org/page")


def path_or_address_from(value: object) -> str:
    """A path below the home, or a whole web address; tell them apart by the first character."""
    if line_from(value).casefold() == "false":  # Eleventy's way to say that there shall be no page
        return ""
    return web_address_from(value) if re.match(r"(?i)https?:", line_from(value)) else path_from(value)


def page_from(value: object) -> str:
    """A page: a web address, or a path below the home page, which begins with a slash then."""
    text = line_from(value)
    if re.match(r"(?i)https?:", text):
        return web_address_from(text)
    # What looks like the name of a host or another kind of address would be taken for a folder.
    if not text.strip("/") or re.match(r"//|[^/]*:|[\w-]+(?:\.[\w-]+)+/", text):
        wrong(
            "bad-value", f'"{text}" is not a page', "write /privacy/, or a whole address: https://example.org/privacy"
        )
    return path_from(text)


def home_from(value: object) -> str:
    """The address of the home page, with a slash at its end."""
    home = web_address_from(value)
    if "?" in home or "#" in home:
        wrong("bad-value", f'"{home}" is not a home page', "write it without ? and #")
    return home.rstrip("/") + "/"


def language_from(value: object) -> str:
    """Return the language tag (BCP 47) that *value* is; a locale of POSIX, such as pt_BR.UTF-8, means pt-BR."""
    written = line_from(value)
    tag = written
    if "_" in written:
        parts = written.partition(".")[0].partition("@")[0].replace("_", "-").split("-")
        tag = "-".join([parts[0].lower(), *map(_subtag, parts[1:])])
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", tag):
        wrong("language-unknown", f'"{written}" is not a language tag', "write, for example, en, de-AT or ar")
    return tag


def _subtag(text: str) -> str:
    """Return a part of a language tag in the case that BCP 47 recommends (section 2.1.1): AT, Hans, rozaj."""
    if len(text) == 2:
        return text.upper()
    return text.title() if len(text) == 4 and text.isalpha() else text.lower()


def timezone_from(value: object) -> ZoneInfo:
    """A time zone by its name in the IANA database."""
    name = line_from(value)
    try:
        if len(name) > LONGEST_ZONE:  # a thousand slashes are a thousand folders, each in the one before
            raise LookupError(name)
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        # ZoneInfoNotFoundError is a KeyError; a folder's name raises OSError.
        from zoneinfo import available_timezones

        known = sorted(available_timezones())
        close = difflib.get_close_matches(name[:LONGEST_ZONE].replace(" ", "_"), known, n=1, cutoff=0.5)
        meant = close[0] if close else "Europe/Brussels"
        wrong(
            "bad-value",
            f'"{name}" is not a time zone',
            f"write its name as in the IANA database, such as {meant}",
        )


def authority_from(value: object) -> str:
    """The authority of tag: URIs: a domain or mail address, a comma, and a date when it was yours (RFC 4151)."""
    text = line_from(value).removeprefix("tag:").rstrip(":")
    name, _, day = text.rpartition(",")
    right = _is_day(day) and re.fullmatch(r"([\w.+-]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+", name, re.ASCII)
    if not right:
        wrong(
            "bad-value",
            f'"{text}" is not an authority for ids',
            "write a domain that you held, in small letters, and the year: example.org,2026",
        )
    return text


def _is_day(text: str) -> bool:
    """Whether *text* is a year, a month or a day that the calendar has."""
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text, re.ASCII):
        return False
    return moment_written(f"{text}{'0000-01-01'[len(text) :]}") is not None


def mailbox_from(value: object) -> Mailbox:
    """A sender: `Name <address>`, or the address alone."""
    text = line_from(value)
    found = re.fullmatch(r'"?(?P<name>[^"<>]*)(?P<quote>"\s*)?<(?P<address>[^<>\s]+)>|(?P<bare>[^<>\s]+)', text)
    try:
        if found is None:
            raise ValueError(f'"{text}" is not a mail address')
        name = found["name"] or ""
        return Mailbox(
            name if found["quote"] else name.rstrip(), EmailAddress.parse(found["address"] or found["bare"]).written
        )
    except ValueError as error:
        wrong("bad-value", str(error), "write Name <name@example.org>")


def mailboxes_from(value: object) -> Mailboxes:
    """One mailbox or several: a list, or one text with commas or semicolons between them (RFC 5322, section 3.4)."""
    written = value if isinstance(value, list) else _between_commas(line_from(value))
    if not written:
        wrong("bad-value", "this is empty", "write Name <name@example.org>, or delete the field")
    return Mailboxes(dict.fromkeys(mailbox_from(each) for each in written))


def _between_commas(line: str) -> list[str]:
    """The mailboxes in *line*, between commas or semicolons; before its address, a name may hold some itself."""
    pieces: list[str] = [""]
    for piece in re.split("([,;])", line):
        if piece in (",", ";") and "@" in pieces[-1]:
            pieces.append("")
        else:
            pieces[-1] += piece
    return [piece.strip() for piece in pieces if piece.strip()]


def colour_from(value: object) -> str:
    """A colour as #rrggbb."""
    if value is None:
        wrong(
            "bad-value",
            "the colour is missing; YAML takes # for a comment",
            'put quotes around it: "#9c2a1f"',
        )
    text = line_from(value).removeprefix("#").lower()
    if re.fullmatch("[0-9a-f]{3}", text):
        text = "".join(digit * 2 for digit in text)
    if not re.fullmatch("[0-9a-f]{6}", text):
        wrong("bad-value", f'"{value}" is not a colour that every mail program knows', 'write "#9c2a1f"')
    return f"#{text}"


def fonts_from(value: object) -> str:
    """A list of font families as CSS has them."""
    text = line_from(value)
    family = r"\s*(?:'[\w .-]+'|\"[\w .-]+\"|[\w -]*\w[\w -]*)\s*"
    if not re.fullmatch(rf"{family}(?:,{family})*", text):
        wrong("bad-value", f'"{text}" is not a list of fonts', "write, for example, Georgia, serif")
    return text.replace('"', "'")


def number_from(value: object) -> int:
    """A whole number from 1 to 100,000."""
    text = line_from(value)
    if not re.fullmatch(r"[1-9]\d{0,5}", text) or int(text) > 100_000:
        wrong("wrong-type", f'"{text}" is not a number from 1 to 100,000', "write, for example, 20")
    return int(text)


def count_from(value: object) -> int:
    """A whole number from 0 up."""
    text = line_from(value)
    if not re.fullmatch(r"\d{1,13}", text):
        wrong("wrong-type", f'"{text}" is not a whole number', "write, for example, 1204")
    return int(text)


def bytes_from(value: object) -> int:
    """A number of bytes."""
    text = line_from(value).replace("_", "").replace(",", "")
    if not re.fullmatch(r"\d{1,13}", text):
        wrong("wrong-type", f'"{text}" is not a number of bytes', "write, for example, 12345678")
    return int(text)


def duration_from(value: object) -> int:
    """A length of time in seconds; written as such, or as minutes:seconds, or hours:minutes:seconds."""
    text = line_from(value)
    if not re.fullmatch(r"\d{1,6}|(\d{1,3}:)?\d{1,3}:[0-5]\d", text):
        wrong("wrong-type", f'"{text}" is not a length of time', "write 12:30, or 1:02:30")
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def formats_from(value: object) -> tuple[str, ...]:
    """Names of feed formats, the preferred one first."""
    names = tuple(word.casefold() for word in words_from(value))
    if not names or any(name not in FORMATS for name in names):
        wrong("bad-value", f"the formats are {', '.join(FORMATS)}", "write formats: [atom, rss, json]")
    return names


def story_url_from(value: object) -> str:
    """The pattern of story addresses, such as /{year}/{slug}/."""
    from pressrun.model.addresses import STORY_URL_WORDS

    text = line_from(value)
    words = set(re.findall(r"\{(\w*)\}", text))
    if not text.startswith("/") or "slug" not in words or words - STORY_URL_WORDS:
        wrong(
            "bad-value",
            f'"{text}" is not a pattern of addresses',
            "write /{year}/{slug}/; year, month, day, section and slug are known, and slug must be there",
        )
    path_from(re.sub(r"\{\w+\}", "x", text))
    return text


def author_from(value: object) -> Author:
    """An author: a name, or a name with mail and web addresses."""
    if isinstance(value, str):
        return Author(filled_line_from(value))
    if not isinstance(value, dict) or "name" not in value:
        wrong("wrong-type", "an author is a name, or fields with a name", "write {name: Ada, uri: https://…}")
    known = ("name", "email", "uri")
    # Other tools know more of a person (twitter, bio); only what was meant to be one of these three is a mistake.
    value = {AUTHOR_NAMES.by_folded().get(str(name).casefold(), str(name)): item for name, item in value.items()}
    near = (name for name in value if name not in known and difflib.get_close_matches(name, known, cutoff=0.7))
    if unknown := next(near, None):
        wrong("wrong-type", f'an author has a name, an email and a uri, but no "{unknown}"', f"delete {unknown}")
    email = value.get("email")
    uri = value.get("uri")
    return Author(
        filled_line_from(value["name"]),
        mailbox_from(email).address if email else None,
        web_address_from(uri) if uri else None,
    )


def one_of(kind: type[AnyEnum]) -> Callable[[object], AnyEnum]:
    """What reads one of the words that *kind* has."""

    def read(value: object) -> AnyEnum:
        word = line_from(value)
        try:
            return kind(word)
        except ValueError:
            words = " or ".join(str(each.value) for each in kind)
            wrong("bad-value", f'"{word}" is not understood here', f"write {words}")

    return read
