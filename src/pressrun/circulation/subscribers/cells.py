"""What stands in a cell, without what programs and people put around it."""

import json
import re
from typing import Any

from pressrun.circulation.subscribers.encodings import INVISIBLE

# Spaces of every kind, and signs that take no room.
_WIDE_SPACES = "".join(map(chr, range(0x2000, 0x200B)))
AROUND = f" \t\n\r\v\f\x85\u00a0\u1680{_WIDE_SPACES}\u2028\u2029\u202f\u205f\u3000{INVISIBLE}"
_UNSEEN = dict.fromkeys(map(ord, INVISIBLE.replace("\u200c", "").replace("\u200d", "")))
_BETWEEN = tuple(',;|"')
_NEVER_IN_ADDRESSES = re.compile(r"[\s,;|<>\"()]")


def address_in(cell: str) -> tuple[str, str]:
    """Return the address that *cell* holds, as it is written there, and the name that is beside it.

    `Ann Lee <ann@reader.example>` and `mailto:ann@reader.example` hold one. Whether it is an address is not checked.
    """
    text, name = cell.translate(_UNSEEN).strip(AROUND), ""
    if text.endswith(">") and "<" in text:
        before, _, within = text.rpartition("<")
        name, text = before.strip(AROUND).strip("\"'").strip(AROUND), within[:-1].strip(AROUND)
    if text[:7].casefold() == "mailto:":
        text = text[7:].partition("?")[0]
    text = text.strip(AROUND).rstrip(",;").removeprefix("=")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return text.strip(AROUND), name


def is_address(cell: str) -> bool:
    """Whether *cell* looks like an address at a glance, to tell how a table is written."""
    if cell.strip(AROUND)[-1:] in _BETWEEN:
        return False  # a cell of a table that is read with another separator
    text, _ = address_in(cell)
    local, at, domain = text.rpartition("@")
    is_domain = "." in domain.strip(".") and all(each.isalnum() or each in "-." for each in domain)
    return bool(at and local and is_domain and not _NEVER_IN_ADDRESSES.search(local) and "@" not in local)


def may_be_address(cell: str) -> bool:
    """Whether *cell* was meant as an address, however it is misspelt: no label is written so."""
    text, _ = address_in(cell)
    return "@" in text and len(text) > 1 and not any(each.isspace() for each in text)


def attributes_in(text: str) -> dict[str, str]:
    """Return what a JSON object holds, as texts; raises ValueError with a sentence where *text* is none."""
    if text in ("", "{}"):
        return {}
    try:
        attributes: Any = json.loads(text)
    except (ValueError, RecursionError):
        attributes = None
    if not isinstance(attributes, dict):
        raise ValueError(f'"{text}" is no JSON object')
    return {name: each if isinstance(each, str) else json.dumps(each) for name, each in attributes.items()}
