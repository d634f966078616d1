"""What an editor is told of a value's form, in the words of JSON Schema (2020-12).

A form says no more than the type beside it demands: an editor shall never complain of what Pressrun takes. YAML's
unquoted numbers and truth values are text to Pressrun, and not to an editor, so text may be any scalar.
"""

import enum
from collections.abc import Iterable
from typing import Any

from pydantic import WithJsonSchema

SCALAR = ("string", "number", "boolean")
# A name is read without regard to capitals, hyphens and underscores (see `names`).
_BETWEEN = "[-_]*"


def form(*types: str, **words: Any) -> WithJsonSchema:
    """The form of a value of one of *types* (any scalar where none is named), with more of JSON Schema's *words*."""
    return WithJsonSchema(form_of(*types, **words))


def form_of(*types: str, **words: Any) -> dict[str, Any]:
    """What *form* tells, as such; where a pattern and examples are told, editors that can show an example instead."""
    kinds = types or SCALAR
    if "pattern" in words and "examples" in words:
        words["patternErrorMessage"] = f"Write, for example, {words['examples'][0]}"
    return {"type": kinds[0] if len(kinds) == 1 else list(kinds), **words}


def listed(**items: Any) -> WithJsonSchema:
    """A list of *items*, or one of them alone; text alone may also be several, between commas."""
    return WithJsonSchema({**form_of("array", *SCALAR), "items": {**form_of(*SCALAR, "null"), **items}})


def one_word(kind: type[enum.Enum]) -> WithJsonSchema:
    """One of the words that *kind* has."""
    return WithJsonSchema({"enum": [each.value for each in kind]})


def any_case(words: Iterable[str]) -> dict[str, Any]:
    """One of *words*, offered as it is written here and taken in any capitals."""
    words = list(words)
    ways = "|".join("".join(map(_either, word)) for word in words)
    return {"anyOf": [{"enum": words}, {"type": "string", "pattern": f"^(?:{ways})$"}]}


def spelt(name: str) -> str:
    """The pattern of every way to write the name of a field that means *name*."""
    letters = name.replace("_", "").replace("-", "")
    return f"^{_BETWEEN}{_BETWEEN.join(map(_either, letters))}{_BETWEEN}$"


def _either(letter: str) -> str:
    return f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter.replace("-", "[-_]")
