"""Text cut to length."""

import unicodedata

from pressrun.model.slots import filled as slots_filled

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
    """How many columns of a fixed-width font *text* takes: two for the wide characters of East Asia."""
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
            needed = columns_of(slots_filled(unit, {}))
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


def _units(paragraph: str) -> list[tuple[str, bool]]:
    """The pieces of *paragraph* that no line break may part, each with whether a space stands before it."""
    units: list[tuple[str, bool]] = []
    for word in paragraph.split():
        follows_space = True
        piece = ""
        for character in word:
            wide = unicodedata.east_asian_width(character) in "WF" and unicodedata.category(character)[0] in "LPS"
            if wide and piece and character not in _NEVER_FIRST:
                units.append((piece, follows_space))
                piece, follows_space = "", False
            piece += character
        units.append((piece, follows_space))
    return units
