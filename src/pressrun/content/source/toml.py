"""The door to TOML: front matter between lines of `+++`, as the same fields that YAML makes."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from pressrun.content.source.fields import DEEPEST, Field, control_problem
from pressrun.content.source.files import SourceFile
from pressrun.model.characters import CONTROL, without_controls
from pressrun.model.problems import Position, Problem
from pressrun.model.spans import Spans

_TOML_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")


class _Decimal(str):
    """A decimal number of TOML, kept as it was written."""

    __slots__ = ()


def toml_fields(source: SourceFile, block: str, first_line: int) -> tuple[Field | None, list[Problem]]:
    """The same for TOML: *block* is the text between the `+++` lines. Values are turned back into their text."""
    lines = source.text.split("\n")

    def place(line: int, column: int = 1, width: int = 1) -> Position:
        return Position(source.file, line, column, width, lines[line - 1] if line <= len(lines) else "")

    if beyond := _beyond_toml(block):
        line = block.count("\n", 0, beyond)
        hint = f"no field needs names in more than {DEEPEST} others"
        where = place(first_line + line, beyond - block.rfind("\n", 0, beyond))
        return None, [Problem(where, "toml-syntax", "this is nested too deep", hint)]
    try:
        table = tomllib.loads(block, parse_float=_Decimal)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found and found[1] else (block.count("\n") + 1, 1)
        message = str(error)[: found.start()].strip() if found else str(error)
        where = place(first_line + line - 1, column)
        if "overwrite" in message:
            return None, [Problem(where, "repeated-key", "this name is here twice", "keep one of the two")]
        return None, [Problem(where, "toml-syntax", message, 'between +++ lines stands TOML: name = "value"')]
    except (RecursionError, ValueError) as error:  # brackets without end, numbers without end
        return None, [Problem(place(first_line), "toml-syntax", str(error).partition(";")[0], "write it shorter")]
    keys = {path: place(line, column, len(path[-1])) for path, line, column in _toml_keys(block, first_line)}
    problems: list[Problem] = []
    try:
        return _toml_field(table, place(first_line), (), keys, problems), problems
    except (RecursionError, ValueError) as error:
        return None, [Problem(place(first_line), "toml-syntax", str(error).partition(";")[0], "write it shorter")]


TOML_QUIET = Spans(
    ('"""', r'(?<!\\)(?:\\\\)*+"""|\Z'),
    ("'''", r"'''|\Z"),
    ('"', r'(?<!\\)(?:\\\\)*+(?:"|(?=\n))|\Z'),
    ("'", r"'|(?=\n)|\Z"),
    ("#", r"(?=\n)|\Z"),
)


def _beyond_toml(block: str) -> int | None:
    """Where *block* names more than DEEPEST fields in each other: tomllib looks at all of them again for each."""
    quiet = TOML_QUIET.sub(lambda span: "_" * len(span.whole), block)
    for names in re.finditer(r"[^\n,=\[\]{}]+", quiet):
        if names.group().count(".") > DEEPEST:
            return names.start()
    return None


_TOML_NAME = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_TOML_KEY = re.compile(rf"\s*({_TOML_NAME}(?:\s*\.\s*{_TOML_NAME})*)\s*=")
_TOML_TABLE = re.compile(rf"\s*\[{{1,2}}\s*({_TOML_NAME}(?:\s*\.\s*{_TOML_NAME})*)\s*\]")

TomlPath: TypeAlias = tuple[str, ...]


def _toml_keys(block: str, first_line: int) -> Iterator[tuple[TomlPath, int, int]]:
    """The names that begin a line of *block*: tomllib tells no places, and keys stand on lines of their own."""
    table: TomlPath = ()
    for number, line in enumerate(block.split("\n"), first_line):
        header = _TOML_TABLE.match(line)
        found = header or _TOML_KEY.match(line)
        if found is None:
            continue
        names = tuple(name.strip("\"'") for name in re.findall(_TOML_NAME, found[1]))
        table = names if header else table
        yield (names if header else table + names), number, found.start(1) + 1


def _toml_field(
    value: object, position: Position, path: TomlPath, keys: dict[TomlPath, Position], problems: list[Problem]
) -> Field:
    if isinstance(value, dict):
        inner: dict[str, Field] = {}
        for name, item in value.items():
            place = keys.get((*path, name), position)
            inner[name] = replace(_toml_field(item, place, (*path, name), keys, problems), key=place)
        return Field(position, inner)
    if isinstance(value, list):
        return Field(position, [_toml_field(item, position, path, keys, problems) for item in value])
    if isinstance(value, str):
        # TOML's escapes can spell out what the file itself does not hold.
        if control := CONTROL.search(value):
            problems.append(control_problem(position, value, control.group()))
            return Field(position, without_controls(value))
        return Field(position, str(value), plain=isinstance(value, _Decimal))
    if isinstance(value, bool):
        return Field(position, str(value).lower(), plain=True)
    # Dates and times come back in the form that they were written in.
    return Field(position, str(value), plain=True)
