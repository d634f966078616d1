"""Text cut to length."""

import re
import unicodedata

from pressrun.model.characters import MARK
from pressrun.model.slots import filled

ELLIPSIS = "…"
# Ends a line that a mail program may join with the next (RFC 3676); no text can hold it, and `tidy` makes it a space.
SOFT = "\x02"


def cut_at_a_word(text: str, limit: int) -> str:
    """The beginning of *text* in at most *limit* characters: whole words, and an ellipsis where something is missing.

    Where the script sets no spaces, or a word alone is longer, the cut falls between characters.
    """
    if len(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    cut = room
    while cut > 0 and not text[cut].isspace():
        cut -= 1
    if cut < room // 2:  # no space near: an unspaced script, or one very long word
        cut = room
        while cut > 1 and _belongs_to_the_one_before(text[cut]):
            cut -= 1
    return text[:cut].rstrip(" \t\n,;:–—-") + ELLIPSIS


def _belongs_to_the_one_before(character: str) -> bool:
    return bool(unicodedata.combining(character)) or character in "\u200d\ufe0e\ufe0f"


def columns_of(text: str) -> int:
    """How many columns of a fixed-width font *text* takes: two for the wide characters of East Asia.

    A slot takes as many as its fallback.
    """
    if MARK in text:
        text = filled(text, {})
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def wrapped(text: str, width: int = 72, indent: str = "", hanging: str | None = None, *, flowing: bool = False) -> str:
    """*text* in lines of at most *width* columns: the first begins with *indent*, the others with *hanging*.

    Lines break at spaces, and between characters of scripts that set none; never inside an address or
    a long word. Line breaks in *text* stay. With *flowing*, a line that was broken at a space ends in SOFT.
    A slot is as long as its fallback.
    """
    hanging = indent if hanging is None else hanging
    lines: list[str] = []
    start = indent
    for paragraph in text.split("\n"):
        line, taken = start, columns_of(start)
        filled = False
        for unit, follows_space in _units(paragraph):
            gap = " " if filled and follows_space else ""
            needed = columns_of(unit)
            if filled and taken + len(gap) + needed > width:
                lines.append(line.rstrip() + (SOFT if flowing and follows_space else ""))
                line, taken, gap = hanging, columns_of(hanging), ""
            line += gap + unit
            taken += len(gap) + needed
            filled = True
        lines.append(line.rstrip())
        start = hanging
    return "\n".join(lines)


def flowing(text: str, width: int = 72, indent: str = "", hanging: str | None = None) -> str:
    """The same; lines may flow, unless they are indented, and a mail program would lose that."""
    return wrapped(text, width, indent, hanging, flowing=not indent and not hanging)


# Marks that a line of Chinese or Japanese never begins with.
_NEVER_FIRST = "、。，．・：；？！）」』】〕〉》ー’”…"


# Where lines may break: at white space, but not at the spaces that say that they must not.
_BREAK = re.compile(r"[^\S\u00a0\u2007\u202f]+")
# What a line cannot begin with, or mail programs take it for a quote or a signature.
_MISREAD = re.compile(r">|--$")
_JOINER, _LAST_TONE, _FIRST_TONE = "\u200d", "\U0001f3ff", "\U0001f3fb"


def _units(paragraph: str) -> list[tuple[str, bool]]:
    """The pieces of *paragraph* that no line break may part, each with whether a space stands before it."""
    units: list[tuple[str, bool]] = []
    for word in filter(None, _BREAK.split(paragraph)):
        if units and _MISREAD.match(word):
            units[-1] = (f"{units[-1][0]} {word}", units[-1][1])
            continue
        follows_space = True
        piece = ""
        for character in word:
            if piece and _may_begin_a_line(character) and not piece.endswith(_JOINER):
                units.append((piece, follows_space))
                piece, follows_space = "", False
            piece += character
        units.append((piece, follows_space))
    return units


def _may_begin_a_line(character: str) -> bool:
    """Whether a line may break before *character* although no space stands there, as in Chinese and Japanese."""
    return (
        unicodedata.east_asian_width(character) in "WF"
        and unicodedata.category(character)[0] in "LPS"
        and character not in _NEVER_FIRST
        and not _FIRST_TONE <= character <= _LAST_TONE
    )
