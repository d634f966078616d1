"""How wide text is in a fixed-width font: in the terminal, and in emails of plain text."""

import unicodedata

from pressrun.model.characters import MARK
from pressrun.model.slots import filled


def is_wide(character: str) -> bool:
    """Return whether *character* takes two columns, as those of East Asia do (UAX #11)."""
    return unicodedata.east_asian_width(character) in "WF"


def columns_of(text: str) -> int:
    """Return how many columns *text* takes: two for a wide character, none for a combining one.

    A slot takes as many as its fallback.
    """
    if MARK in text:
        text = filled(text, {})
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(character) else 2 if is_wide(character) else 1 for character in text)
