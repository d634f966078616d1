"""Text cut to length."""

import re
import unicodedata

from pressrun.model.scripts import cut_before
from pressrun.model.widths import columns_of, is_wide

ELLIPSIS = "…"
# Ends a line that a mail program may join with the next (RFC 3676); no text can hold it, and `tidy` makes it a space.
SOFT = "\x02"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


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
        cut = cut_before(text, room)
    return text[:cut].rstrip(" \t\n,;:–—-") + ELLIPSIS


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


def with_values(text: str, **values: object) -> str:
    """Return *text* with the value of each name in place of `{name}`; other braces stay, also those in a value."""
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def flowing(text: str, width: int = 72, indent: str = "", hanging: str | None = None) -> str:
    """The same; lines may flow, unless they are indented, and a mail program would lose that."""
    return wrapped(text, width, indent, hanging, flowing=not indent and not hanging)


# Marks that a line of Chinese or Japanese never begins with.
_NEVER_FIRST = "、。，．・：；？！）」』】〕〉》ー’”…"


# Opening brackets and quotes, which a line does not end with (UAX #14, class OP).
_NEVER_LAST = "（［｛〈《「『【〔〖〘〚〝｟｢‘“([{"


# Where lines may break: at white space, but not at the spaces that say that they must not.
_BREAK = re.compile(r"[^\S\u00a0\u2007\u202f]+")
# What a line cannot begin with, or mail programs take it for a quote or a signature.
_MISREAD = re.compile(r">|--$")
_JOINER, _LAST_TONE, _FIRST_TONE = "\u200d", "\U0001f3ff", "\U0001f3fb"
_KEEPS_NEXT = frozenset(_NEVER_LAST + _JOINER)


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
            if piece and _may_begin_a_line(character) and piece[-1] not in _KEEPS_NEXT:
                units.append((piece, follows_space))
                piece, follows_space = "", False
            piece += character
        units.append((piece, follows_space))
    return units


def _may_begin_a_line(character: str) -> bool:
    """Whether a line may break before *character* although no space stands there, as in Chinese and Japanese."""
    return (
        is_wide(character)
        and unicodedata.category(character)[0] in "LPS"
        and character not in _NEVER_FIRST
        and not _FIRST_TONE <= character <= _LAST_TONE
    )
