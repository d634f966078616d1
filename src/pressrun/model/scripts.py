"""Scripts that are written without spaces between words, and the characters that readers see as one."""

import re

# What CSS Text calls the space-discarding characters: of Chinese, Japanese, and Yi, but not of Korean.
SPACELESS = (
    "\u2e80-\u2fdf\u2ff0-\u303f\u3041-\u30ff\u3100-\u312f\u3190-\u31ff\u3220-\u325f\u3280-\u4dbf\u4e00-\ua4cf"
    "\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff60\uff61-\uff9f\uffe0-\uffe6"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_BROKEN = re.compile(rf"([{SPACELESS}])[ \t]*\n[ \t]*(?=[{SPACELESS}])")
IS_SPACELESS = re.compile(f"[{SPACELESS}]")


def with_lines_joined(text: str) -> str:
    """Return *text* without each line end between two characters of Chinese or Japanese (CSS Text 3, section 4.1.3)."""
    return text if text.isascii() or "\n" not in text else _BROKEN.sub(r"\1", text)


def with_folds_joined(text: str, written: str) -> str:
    """Return *text*, in which the line ends of *written* have become spaces, without those between such characters."""
    if text.isascii() or "\n" not in written:
        return text
    for found in _BROKEN.finditer(written):
        text = text.replace(f"{found[1]} {written[found.end()]}", f"{found[1]}{written[found.end()]}", 1)
    return text


def beginning_of(text: str, limit: int) -> str:
    """Return the first *limit* characters of *text*, or fewer: what readers see as one character is not taken apart."""
    return text[: cut_before(text, limit)]


def cut_before(text: str, place: int) -> int:
    """Return the last place at or before *place* where *text* can be cut: between two grapheme clusters (UAX #29)."""
    if place >= len(text) or place <= 0:
        return max(min(place, len(text)), 0)
    if text[place - 1 : place + 1].isascii() and text[place - 1 : place + 1] != "\r\n":
        return place
    import wcwidth  # knows the clusters of every script; few texts need it, and it takes 25 ms to import

    # A text that is one endless cluster is cut all the same.
    return wcwidth.grapheme_boundary_before(text, place + 1) or place
