"""How the bytes of a table are text: told by all of them, because what is wrong in the middle is found too late."""

import codecs
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import IO, TypeAlias

Opened: TypeAlias = Callable[[], AbstractContextManager[IO[bytes]]]
_AT_A_TIME = 1 << 20
_SHORTEST_WIDE = 16  # no table with an address is shorter
_BEGINNINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Signs that take no room, at the ends of cells and within addresses: U+200B, U+2060, U+FEFF, marks of direction.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# What names in Windows-1252 hold beyond ASCII. Letters of its that another code page has other letters for are missing:
# `š`, `ž`, `ý` (Czech), `þ`, `ð` (Turkish), so that tables with them are asked about.
_WESTERN = "äöüßÄÖÜàâçéèêëîïôûùÿñáíóúãõæœåøÀÂÇÉÈÊËÎÏÔÛÙÑÁÍÓÚÃÕÆŒÅØìòÌÒ’‘“”„«»–—…€´\u00a0"
_STRANGE = re.compile(f"[^\x00-\x7f{_WESTERN}]|[À-ÖØ-öø-ÿŒœ]{{3}}|ã(?![oes\\W\\d_]|$)|õ(?!e)|Ã(?![OES])|Õ(?!E)")
_BEYOND = re.compile("[^\x00-\x7f]")


class Undecodable(ValueError):
    """Bytes that are not text in the encoding that they should be in, or in any that can be told for certain."""


def encoding_of(opened: Opened, told: str | None = None) -> tuple[str, bool]:
    """Return the encoding of the bytes that *opened* opens, and whether they hold signs that nobody sees.

    *told* is an encoding that somebody named. Raises Undecodable with a sentence where the bytes are not text in it, or
    where none is certain.
    """
    with opened() as data:
        beginning = data.read(1 << 16)
    encoding = told or next((name for mark, name in _BEGINNINGS if beginning.startswith(mark)), None)
    encoding = encoding or _wide(beginning) or "utf-8"
    try:
        return encoding, _is_decoded(opened, encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and told is None and _is_western(opened):
            return "cp1252", False
        line = _line_of(opened, encoding)
        name = "UTF-8" if encoding.startswith("utf-8") else encoding
        way_out = "name its encoding, such as --encoding cp1250" if told is None else "name another with --encoding"
        raise Undecodable(f"about line {line:,} is not in {name}; {way_out}, or save it as CSV in UTF-8") from error


def _wide(beginning: bytes) -> str | None:
    """UTF-16 without a mark: ASCII has a zero in every other byte, and every table of addresses has ASCII."""
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    if max(even, odd) < len(beginning) / 10 or len(beginning) < _SHORTEST_WIDE:
        return None
    if odd >= 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even >= 4 * odd else None


def _is_decoded(opened: Opened, encoding: str) -> bool:
    """Decode everything; whether anything in it is invisible."""
    is_unseen = False
    for number, text in enumerate(_texts_of(opened, encoding)):
        if "\0" in text:
            raise Undecodable("this is no text; save it as CSV in UTF-8")
        # A mark of the encoding at the very beginning is no part of a cell.
        is_unseen = is_unseen or (not text.isascii() and bool(_INVISIBLE.search(text, 0 if number else 1)))
    return is_unseen


def _texts_of(opened: Opened, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with opened() as data:
        while chunk := data.read(_AT_A_TIME):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _is_western(opened: Opened) -> bool:
    """Whether these bytes make sense as Windows-1252: as letters where names of Western Europe have them."""
    beyond: set[str] = set()
    try:
        for text in _texts_of(opened, "cp1252"):
            if _STRANGE.search(text):
                return False
            beyond.update(_BEYOND.findall(text))
    except UnicodeDecodeError:
        return False
    # A Czech or Slovak table in Windows-1250 reads so: no Scandinavian one has these without an å or an æ.
    return not ("ø" in beyond and beyond & set("èìùò") and not beyond & set("åæÅÆ"))


def _line_of(opened: Opened, encoding: str) -> int:
    """About which line cannot be decoded."""
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 1
    with opened() as data:
        while chunk := data.read(_AT_A_TIME):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return lines + chunk[: max(error.start, 0)].count(b"\n")
            lines += chunk.count(b"\n")
    return lines


def encoding_named(text: str) -> str:
    """Return the name of the encoding that somebody calls *text*; raises ValueError where there is none."""
    try:
        found = codecs.lookup(text.strip())
        "@".encode(found.name).decode(found.name)
    except (LookupError, ValueError, TypeError, AttributeError):
        raise ValueError(
            f'"{text}" is no encoding; there are utf-8, utf-16, cp1252, cp1250, shift_jis, and others'
        ) from None
    # A mark at the beginning is no part of the first label.
    return "utf-8-sig" if found.name == "utf-8" else found.name
