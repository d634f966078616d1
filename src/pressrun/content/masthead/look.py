"""What of `look:` is measured: its pixels, and whether its colours can be read on each other."""

from collections.abc import Mapping
from math import floor
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from pressrun.content.source.fields import Field
from pressrun.content.source.forms import form
from pressrun.content.source.values import line_from, wrong
from pressrun.model.contrast import READABLE, contrast, luminance
from pressrun.model.picture import Picture
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Look, Palette

# Narrower, the text has too few words in a line; wider, the panes of mail programs cut it off.
NARROWEST, WIDEST = 480, 800
SMALLEST_LOGO, LARGEST_LOGO = 16, 400
# Which colours are text, by the ground that they stand on.
TEXTS = {"paper": ("ink", "muted", "accent"), "canvas": ("ink", "muted")}
_FARTHEST = {"darker": "#000000", "lighter": "#ffffff"}


def _pixels(value: object, fewest: int, most: int, usual: int) -> int:
    text = line_from(value).removesuffix("px").strip()
    if not (text.isascii() and text.isdecimal() and fewest <= int(text[:9]) <= most):
        wrong(
            "bad-value", f'"{text}" is not a number of pixels from {fewest} to {most}', f"write, for example, {usual}"
        )
    return int(text)


def _pixels_form(fewest: int, most: int) -> WithJsonSchema:
    return form("integer", "string", minimum=fewest, maximum=most, pattern=r"^\d{1,9} ?(px)?$")


LetterWidth = Annotated[
    int,
    PlainValidator(lambda value: _pixels(value, NARROWEST, WIDEST, Look().width)),
    _pixels_form(NARROWEST, WIDEST),
]
LogoWidth = Annotated[
    int,
    PlainValidator(lambda value: _pixels(value, SMALLEST_LOGO, LARGEST_LOGO, Look().logo_width)),
    _pixels_form(SMALLEST_LOGO, LARGEST_LOGO),
]


def misshapen(logo: Picture, width: int, place: Position) -> list[Problem]:
    """A warning where *logo*, shown *width* wide or less, is a dot or stands in the way; it is named at *place*."""
    if not logo.width or not logo.height:
        return []
    high = logo.height_at(min(width, logo.width)) or 0
    if logo.width < SMALLEST_LOGO:
        message = f"this logo has {logo.width} by {logo.height} pixels, too few to be made out"
        hint = f"name a picture twice as wide as it is shown, which is {width} pixels"
    elif high > LARGEST_LOGO:
        message = f"this logo is shown {high:,} pixels high, and the letter begins below it"
        hint = "cut it to a wider shape, or write a smaller logo_width"
    else:
        return []
    return [Problem(place, "letter-picture", message, hint, Severity.WARNING)]


def unreadable(palette: Palette, written: Mapping[str, Field], scheme: str) -> list[Problem]:
    """A warning for each text of *palette* that cannot be read on its ground by everybody.

    *written* holds the colours that the publication chose itself for *scheme*, and tells their places;
    where it chose neither text nor ground, nothing is told.
    """
    return [
        _faint(palette, text, ground, written[text if text in written else ground], scheme)
        for ground, texts in TEXTS.items()
        for text in texts
        if (text in written or ground in written)
        and contrast(getattr(palette, text), getattr(palette, ground)) < READABLE
    ]


def _faint(palette: Palette, text: str, ground: str, place: Field, scheme: str) -> Problem:
    one, other = getattr(palette, text), getattr(palette, ground)
    # Rounded down: 4.49 is not 4.5.
    ratio = floor(contrast(one, other) * 100) / 100
    needed = f"on {scheme} screens; text needs {READABLE}:1"
    return Problem(
        place.position,
        code="look-contrast",
        message=f"{text} {one} on {ground} {other} has a contrast of {ratio}:1 {needed}",
        hint=_way_out(text, ground, one, other),
        severity=Severity.WARNING,
    )


def _way_out(text: str, ground: str, one: str, other: str) -> str:
    """Which of the two to change, and how, so that *text* in the colour *one* can be read on *ground* in *other*."""
    ways = ("darker", "lighter") if luminance(one) < luminance(other) else ("lighter", "darker")
    # Beyond white and black there is nothing, so the shorter way may not lead far enough.
    if contrast(_FARTHEST[ways[0]], other) < READABLE:
        ways = (ways[1], ways[0])
    hint = f"make {text} {ways[0]}"
    return f"{hint}, or {ground} {ways[1]}" if contrast(one, _FARTHEST[ways[1]]) >= READABLE else hint
