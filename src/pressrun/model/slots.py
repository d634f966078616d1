"""Slots: the places of a letter that are filled for each reader, opaque words until then.

A writer writes `{first_name, "there"}` in an edition's own words: the name of a field, and what stands
there for a reader of whom it is not known. It becomes a word of ASCII letters and digits that goes
through Markdown, templates, inlining and link checks untouched, and is filled in the finished letter.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from pressrun.model.characters import MARK

# Where a slot alone is an address, its word has to look like one to whatever reads the text on the way.
ADDRESSES = ("unsubscribe_url", "preferences_url", "browser_url")
NAMES = ("name", "first_name", "email", *ADDRESSES)
# A top-level name that exists nowhere (RFC 6761, section 6.4).
_ADDRESS = "https://slot.invalid/"
_QUOTED = r"\"([^\"{}\n]*)\"|'([^'{}\n]*)'|“([^”{}\n]*)”"
WRITTEN = re.compile(rf"(?<!\\)\{{ *([a-z][a-z_]*) *(?:, *(?:{_QUOTED}) *)?\}}")
# What was probably meant as one: `{First-name "there"}`.
MEANT = re.compile(r"(?<!\\)\{ *([A-Za-z][\w-]*) *(?:, *)?(?:\"[^\"{}\n]*\"|'[^'{}\n]*'|“[^”{}\n]*”) *\}")
_WORD = re.compile(rf"(?:{re.escape(_ADDRESS)})?{MARK}([0-9a-f]+)q")
# In one pass, so that what a value brings along is never taken for a slot. An address is of ASCII, whatever follows it.
_PLACES = re.compile(rf"(?P<scheme>(?i:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:)(?=[^\s:]))[!#-;=?-~]*|{MARK}[0-9a-f]+q")


@dataclass(frozen=True, slots=True)
class Slot:
    """One of NAMES, and what stands there without a value for it; *fallback* is None where nothing was written."""

    name: str
    fallback: str | None = None

    @property
    def word(self) -> str:
        """The slot as an opaque word; raises ValueError where no writer could have written it."""
        quotes = next((pair for pair in ('""', "''", "“”") if not set(pair) & set(self.fallback or "")), '""')
        written = f"{{{self.name}, {quotes[0]}{self.fallback}{quotes[1]}}}" if self.fallback is not None else ""
        written = written or f"{{{self.name}}}"
        if slot_of(written) != self:
            raise ValueError(f"{written} is not a slot; known are {', '.join(NAMES)}")
        return word_of(written)


def slot_of(written: str) -> Slot | None:
    """The Slot that *written* spells out; None where it is another thing in braces."""
    found = WRITTEN.fullmatch(written)
    if found is None or found[1] not in NAMES:
        return None
    return Slot(found[1], next((text for text in found.groups()[1:] if text is not None), None))


def word_of(written: str) -> str:
    """The opaque word for a slot as *written*, which it holds to the letter."""
    word = f"{MARK}{written.encode().hex()}q"
    slot = slot_of(written)
    return f"{_ADDRESS}{word}" if slot is not None and slot.name in ADDRESSES else word


def slotted(text: str, kept: Sequence[tuple[int, int]] = ()) -> str:
    """*text* with every slot in it as its word, but for what lies between two of the *kept* offsets (code)."""

    def put(found: re.Match[str]) -> str:
        if slot_of(found.group()) is None or any(start <= found.start() < end for start, end in kept):
            return found.group()
        return word_of(found.group())

    return WRITTEN.sub(put, text)


def as_written(text: str) -> str:
    """*text* with every word as the slot that its writer wrote: the inverse of `slotted`."""
    if "qslotq" not in text:  # a place is asked for thousands of times in a text where everything is wrong
        return text
    return _WORD.sub(lambda found: _written(found), text)


def without_slots(text: str) -> str:
    """*text* with nothing where a slot waits."""
    return _WORD.sub("", text) if MARK in text else text


def has_slots(text: str) -> bool:
    """Whether anything in *text* waits to be filled."""
    return MARK in text and bool(slots_in(text))


def slots_in(text: str) -> list[Slot]:
    """The slots that wait in *text*, in order."""
    found = (slot_of(_written(word)) for word in _WORD.finditer(text))
    return [slot for slot in found if slot is not None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slot stands in a text. An address that only begins with a slot does not count as *within_address*."""

    slot: Slot
    within_address: bool

    def value(self, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
        """What stands here for *values*: the slot's own, else its fallback, else nothing, and never a line break.

        *escape* makes it fit for the part; within a longer address it is percent-encoded instead.
        """
        value = " ".join((values.get(self.slot.name) or self.slot.fallback or "").split())
        return quote(value, safe="") if self.within_address else escape(value)


def parted(text: str) -> list[str | Place]:
    """*text* in pieces: what stands there for everybody, and the places of slots."""
    if MARK not in text:
        return [text]
    pieces: list[str | Place] = []
    end = 0
    for found in _PLACES.finditer(text):
        # A slot that comes before the colon of what looks like a scheme is in no address.
        in_address = found["scheme"] is not None and bool(_WORD.search(text, found.end("scheme"), found.end()))
        for word in _WORD.finditer(text, found.start(), found.end()):
            slot = slot_of(_written(word))
            if slot is None:  # something that only looks like a word of ours
                continue
            pieces += [text[end : word.start()], Place(slot, in_address and word.start() > found.start())]
            end = word.end()
    return [piece for piece in (*pieces, text[end:]) if piece != ""]


def filled(text: str, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
    """*text* with every slot filled: by its value in *values*, else by its fallback, else by nothing.

    *escape* makes a value fit for the part that *text* is (HTML, plain text). Within a longer address, of the
    web or of mail, a value is percent-encoded instead. No value can bring a line break or a slot with it.
    """
    return "".join(piece if isinstance(piece, str) else piece.value(values, escape) for piece in parted(text))


class Replacement(Protocol):
    """What to put in the place of a slot."""

    def __call__(self, slot: Slot, *, within_address: bool) -> str:
        """It for *slot*, which may stand within a longer address; one that begins with a slot does not count."""


def replaced(text: str, replacement: Replacement) -> str:
    """*text* with what *replacement* says in the place of every slot; what it says is not looked at again."""
    return "".join(
        piece if isinstance(piece, str) else replacement(piece.slot, within_address=piece.within_address)
        for piece in parted(text)
    )


def _written(found: re.Match[str]) -> str:
    try:
        return bytes.fromhex(found[1]).decode()
    except ValueError:  # something that only looks like a word of ours
        return found.group()
