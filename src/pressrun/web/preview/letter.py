"""A letter as the preview shows it: for whom, on which screen, and what an inbox shows of it before it is opened."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlencode

from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import Publication
from pressrun.model.recipient import Recipient
from pressrun.model.spans import Spans
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.inboxline import SUBJECT_LIMIT
from pressrun.press.newsletter.message import personal, values_for
from pressrun.press.newsletter.plaintext import settled
from pressrun.press.newsletter.size import CLIPPED_AT, Size
from pressrun.web.preview.state import Proof

# Somebody who does not exist, at a host that cannot (RFC 2606).
SUBSCRIBER = Recipient(EmailAddress.parse("robin@reader.example"), "Robin Reader", given="Robin")
NOBODY_KNOWN = Recipient(SUBSCRIBER.address)
PHONE, DESKTOP = 375, 700

_STYLE_SHEET = Spans((r"<style\b", "</style>"), ignore_case=True)
# Where a letter speaks to the program that shows it; what it says to its reader is left alone.
_SPEAKS_OF_SCHEMES = Spans((r"<style\b", "</style>"), (r"<(?:html|body|meta|link|source)\b", ">"), ignore_case=True)
_ASKS_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_TAKES_SCHEMES = re.compile(r"(color-scheme(?:\s*:\s*|s?\"\s+content=\"))light dark\b", re.IGNORECASE)
_SOURCE = r'(<img\b[^<>]*?\ssrc=")'


@dataclass(frozen=True, slots=True)
class Looks:
    """How a letter is looked at: in which colours, for whom, with or without pictures and the styles of its head."""

    scheme: str = "light"
    reader: str = "named"
    pictures: str = "shown"
    styles: str = "whole"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Looks":
        """What *query* asks for; what it does not know is left as it is."""
        return cls(**{name: query[name] for name, choices in CHOICES.items() if query.get(name) in choices})

    def but(self, **changes: str) -> "Looks":
        """The same with *changes*."""
        return replace(self, **changes)

    def query(self, **changes: str) -> str:
        """These as the query of an address, with *changes*."""
        chosen = {name: getattr(self, name) for name in CHOICES} | changes
        return urlencode({name: value for name, value in chosen.items() if value != next(iter(CHOICES[name]))})


# Every choice by its name in addresses, the usual one first, each with the words for it.
CHOICES: dict[str, dict[str, str]] = {
    "scheme": {"light": "Light", "dark": "Dark"},
    "pictures": {"shown": "Shown", "blocked": "Blocked"},
    "styles": {"whole": "Kept", "inline": "Removed"},
    "reader": {"named": SUBSCRIBER.name, "unnamed": "No name known"},
}
TITLES = {"scheme": "Colours", "pictures": "Pictures", "styles": "Head styles", "reader": "Reader"}


def filled(publication: Publication, proof: Proof, looks: Looks) -> Newsletter:
    """The letter of *proof* as the reader of *looks* gets it."""
    recipient = SUBSCRIBER if looks.reader == "named" else NOBODY_KNOWN
    letter = personal(proof.newsletter, values_for(publication, proof.rendered, recipient))
    return replace(letter, text=settled(letter.text))


def shown_html(html: str, home: str, looks: Looks) -> str:
    """*html* for a frame: pictures come from the preview instead of the site, and *looks* leaves out styles.

    What the letter asks of the screen's colours is answered in its text, for no browser lets a page choose them for a
    frame under all circumstances.
    """
    if looks.styles == "inline":
        html = _STYLE_SHEET.sub("", html)
    html = _SPEAKS_OF_SCHEMES.sub(lambda found: _answered(found.whole, looks.scheme), html)
    return with_pictures_from_here(html, home)


def _answered(part: str, scheme: str) -> str:
    part = _ASKS_SCHEME.sub(lambda asked: "(min-width: 0)" if asked[1] == scheme else "(max-width: 0)", part)
    return _TAKES_SCHEMES.sub(lambda takes: takes[1] + scheme, part)


def with_pictures_from_here(html: str, home: str) -> str:
    """*html* with the pictures of the site at *home* taken from the preview."""
    return re.sub(_SOURCE + re.escape(escape(home)), r"\1/pictures/", html)


# The inbox


@dataclass(frozen=True, slots=True)
class InboxLine:
    """What one mail program shows of a letter in its list: as much of *subject* and *preheader* as has room."""

    program: str
    subject: str
    preheader: str
    is_cut: bool


def inbox_lines(letter: Newsletter) -> list[InboxLine]:
    """The letter as Gmail in a browser and as a phone list it; both count in pixels, so the places are about right."""
    subject, preheader = " ".join(letter.subject.split()), " ".join(letter.preheader.split())
    # Gmail has one line for both; a phone has one for the subject and two for what follows.
    on_one_line = cut(subject, SUBJECT_LIMIT)
    rest = cut(preheader, max(110 - len(on_one_line), 0))
    return [
        InboxLine("Gmail, desktop", on_one_line, rest, len(subject) > SUBJECT_LIMIT),
        InboxLine("Phone", cut(subject, 38), cut(preheader, 84), len(subject) > 38),
    ]


def cut(text: str, limit: int) -> str:
    """*text* in at most *limit* characters, the last of them an ellipsis where something is left out."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 1].rstrip()}…" if limit > 1 else ""


# The size


@dataclass(frozen=True, slots=True)
class SizePart:
    """A part of the size bar: what it is, its bytes, and where it lies, in thousandths of the bar."""

    name: str
    bytes: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class SizeBar:
    """How much of what mail programs show is used up, *limit* in thousandths of the bar."""

    parts: tuple[SizePart, ...]
    total: int
    limit: float

    @property
    def share(self) -> float:
        """How much of the limit is used, 1 for all of it."""
        return self.total / CLIPPED_AT


def bar_of(size: Size) -> SizeBar:
    """The bar for a letter of *size*; it is as long as the limit, or as the letter where that is longer."""
    whole = max(size.total, CLIPPED_AT)
    parts, start = [], 0.0
    spent = (
        ("text", size.text),
        ("markup", size.markup),
        ("inline styles", size.inline_styles),
        ("head styles", size.head_styles),
        ("links", size.links),
    )
    for name, count in spent:
        width = 1000 * count / whole
        parts.append(SizePart(name, count, round(start, 2), round(width, 2)))
        start += width
    return SizeBar(tuple(parts), size.total, round(1000 * CLIPPED_AT / whole, 2))
