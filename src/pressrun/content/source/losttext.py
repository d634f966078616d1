"""Text that YAML reads as something else and drops without a word: a comment, or the name of an anchor."""

import json
import re
from dataclasses import dataclass
from functools import cache

from pressrun.content.source.names import (
    AUTHOR_NAMES,
    EDITION_NAMES,
    LIST_NAMES,
    MAIL_NAMES,
    OUTSIDE_LINK_NAMES,
    PUBLICATION_NAMES,
    SECTION_NAMES,
    STORY_NAMES,
)

# Fields of free text: whoever writes them thinks of words, and not of YAML.
FREE = frozenset(
    "title subtitle subject preheader stories_title summary description correction image_alt alt name author authors "
    "rights postal_address wording from reply_to comment text source".split()
)
_TABLES = (
    STORY_NAMES,
    EDITION_NAMES,
    PUBLICATION_NAMES,
    AUTHOR_NAMES,
    LIST_NAMES,
    MAIL_NAMES,
    SECTION_NAMES,
    OUTSIDE_LINK_NAMES,
)
_BEHIND = re.compile(r"[ \t]+(?P<comment>#[^\n]*)")
_BELOW = re.compile(r"[ \t]*\n(?P<indent>[ \t]+)(?P<comment>#[^\s#][^\n]*)")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\s*")


@dataclass(frozen=True, slots=True)
class LostText:
    """A *comment* that was probably meant as text, *offset* characters into the document."""

    comment: str
    offset: int


def comment_behind(block: str, end: int, key: str, value: str, *, is_plain: bool, indent: int) -> LostText | None:
    """Return the comment in *block* that a scalar ending at *end* has lost as text, or None where nothing is.

    The scalar says *value* in the field *key*, whose name begins in the column *indent* (from 0). Behind a free text
    every comment counts; elsewhere, behind quotes, and behind no text at all, only one that begins with a word
    (`#42`), because people write a space there when they mean a comment.
    """
    found = _BEHIND.match(block, end)
    if found is None and is_plain and value and (below := _BELOW.match(block, end)) is not None:
        # A line of its own in the middle of a text over several lines.
        found = below if len(below["indent"]) > indent else None
    if found is None:
        return None
    comment = found["comment"].rstrip()
    is_word = len(comment) == 1 or comment[1] not in " \t#!"
    if not value and (_COLOUR.fullmatch(comment) or not is_word):  # a colour has a message of its own
        return None
    if not is_word and not (is_plain and is_free(key)):
        return None
    if not is_plain and not is_free(key):
        return None
    return LostText(comment, found.start("comment"))


def is_free(key: str) -> bool:
    """Return whether *key*, as it was written, names a field of free text."""
    return key.casefold().replace("_", "") in _free()


@cache
def _free() -> frozenset[str]:
    names = set(FREE)
    for table in _TABLES:
        names |= {alias for canonical, aliases in table.aliases.items() if canonical in FREE for alias in aliases}
    return frozenset(name.casefold().replace("_", "") for name in names)


def in_quotes(text: str) -> str:
    """Return *text* as YAML in double quotes, for a hint."""
    return json.dumps(text, ensure_ascii=False)
