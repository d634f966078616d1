"""The door to PyYAML (and to TOML): what a person wrote, as text, each value knowing its place.

A scalar stays the text that was written. Nothing here turns `no` into a truth value, `12:30` into a
number of minutes or `1.10` into 1.1, as YAML 1.1 would: whoever knows what a field means decides.
The tree is built from the parser's events without recursion, because the C library's own composer
ends the process on deeply nested input.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TypeAlias, cast

import yaml

from pressrun.content.files import SourceFile
from pressrun.problems import Position, Problem

DEEPEST = 50
# An alias repeats what it names; a few of them nested make billions ("alias bomb").
MOST_VALUES = 20_000

Value: TypeAlias = "str | list[Field] | dict[str, Field] | None"


@dataclass(frozen=True, slots=True)
class Field:
    """A value as written, and where: text, nothing, a list, or named fields.

    *key* is the place of the name that it stands under. *plain* says that text was written without
    quotes, so that `3` or `true` may be meant as more than text.
    """

    position: Position
    value: Value
    key: Position | None = None
    plain: bool = False

    def text_tree(self) -> object:
        """The value with every scalar as text: str, None, list or dict, nested."""
        match self.value:
            case dict() as fields:
                return {name: field.text_tree() for name, field in fields.items()}
            case list() as items:
                return [item.text_tree() for item in items]
            case scalar:
                return scalar

    def native(self) -> object:
        """The value as templates may want it: unquoted truth values and numbers as such (YAML 1.2, section 10.3)."""
        match self.value:
            case dict() as fields:
                return {name: field.native() for name, field in fields.items()}
            case list() as items:
                return [item.native() for item in items]
            case str(text) if self.plain:
                return _core_schema(text)
            case scalar:
                return scalar


def _core_schema(text: str) -> object:
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", text):
        return float(text)
    return text


def yaml_fields(
    source: SourceFile, block: str | None = None, first_line: int = 1
) -> tuple[Field | None, list[Problem]]:
    """The named fields of a YAML document: the whole of *source*, or *block*, which begins at its *first_line*.

    None where the document cannot be read at all; a repeated key is a Problem, and its first value holds.
    """
    return _YamlReader(source, source.text if block is None else block, first_line).read()


class _Refused(Exception):
    """Reading cannot go on; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    position: Position
    items: list[Field] | None  # None in a mapping
    fields: dict[str, Field]
    anchor: str | None
    key: Field | None = None  # in a mapping: the key whose value comes next
    merged: set[str] = dataclass_field(default_factory=set)  # names that came by "<<", and may be overruled


class _YamlReader:
    def __init__(self, source: SourceFile, block: str, first_line: int) -> None:
        self.source = source
        self.block = block
        self.first_line = first_line
        self.lines = source.text.split("\n")
        self.problems: list[Problem] = []
        self.anchors: dict[str, Field] = {}
        self.sizes: dict[str, int] = {}
        self.values = 0

    def read(self) -> tuple[Field | None, list[Problem]]:
        try:
            root = self.tree()
        except _Refused as refusal:
            return None, [*self.problems, refusal.problem]
        except yaml.YAMLError as error:
            return None, [*self.problems, self.syntax_problem(error)]
        if root is None or root.value is None:
            root = Field(self.place(0, 0), {})
        if not isinstance(root.value, dict):
            self.problems.append(
                Problem(
                    root.position,
                    code="yaml-syntax",
                    message="named fields are expected here, one `name: value` on a line",
                    hint="write, for example, title: The title",
                )
            )
            return None, self.problems
        return root, self.problems

    def tree(self) -> Field | None:
        root: Field | None = None
        open_values: list[_Open] = []
        for event in yaml.parse(self.block, Loader=yaml.CSafeLoader):
            match event:
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self.refuse_tag(event)
                    items: list[Field] | None = [] if isinstance(event, yaml.SequenceStartEvent) else None
                    open_values.append(_Open(self.place_of(event), items, {}, event.anchor))
                    if len(open_values) > DEEPEST:
                        self.refuse(event, "yaml-syntax", "this is nested too deep", "no field needs so many brackets")
                    continue
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    done = open_values.pop()
                    field = Field(done.position, done.fields if done.items is None else done.items)
                    anchor = done.anchor
                case yaml.ScalarEvent():
                    self.refuse_tag(event)
                    field = self.scalar(event)
                    anchor = event.anchor
                case yaml.AliasEvent():
                    field = self.aliased(event, open_values)
                    anchor = None
                case yaml.DocumentStartEvent() if root is not None:
                    self.refuse(event, "yaml-syntax", "a second document begins here", "delete this line")
                    continue
                case _:
                    continue
            self.values += 1
            if anchor:
                self.anchors[anchor] = field
                self.sizes[anchor] = _size(field)
            if not open_values:
                root = field
            else:
                self.put(field, open_values[-1])
        return root

    def scalar(self, event: yaml.ScalarEvent) -> Field:
        plain = not event.style
        empty = plain and event.value in ("", "~", "null", "Null", "NULL")
        return Field(self.place_of(event), None if empty else event.value, plain=plain)

    def aliased(self, event: yaml.AliasEvent, open_values: Sequence[_Open]) -> Field:
        name = cast("str", event.anchor)
        if name not in self.anchors:
            inside = any(value.anchor == name for value in open_values)
            message = f"*{name} stands inside of what it names" if inside else f"nothing is named &{name}"
            self.refuse(event, "alias-bomb" if inside else "yaml-syntax", message, "write the value out")
        self.values += self.sizes[name]
        if self.values > MOST_VALUES:
            self.refuse(
                event,
                "alias-bomb",
                f"with its aliases written out this holds more than {MOST_VALUES:,} values",
                "write out what is meant; nothing that a story needs is this large",
            )
        return replace(self.anchors[name], position=self.place_of(event))

    def put(self, field: Field, parent: _Open) -> None:
        if parent.items is not None:
            parent.items.append(field)
        elif parent.key is None:
            if not isinstance(field.value, str):
                raise _Refused(Problem(field.position, "yaml-syntax", "a field's name is text", "put quotes around it"))
            parent.key = field
        else:
            name, place = cast("str", parent.key.value), parent.key.position
            parent.key = None
            if name == "<<" and isinstance(field.value, dict):
                added = {inner: value for inner, value in field.value.items() if inner not in parent.fields}
                parent.fields |= added
                parent.merged |= added.keys()
            elif name in parent.fields and name not in parent.merged:
                self.problems.append(_repeated(name, place, parent.fields[name]))
            else:
                parent.merged.discard(name)
                parent.fields[name] = replace(field, key=place)

    def refuse(self, event: yaml.Event, code: str, message: str, hint: str) -> None:
        raise _Refused(Problem(self.place_of(event), code, message, hint))

    def refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag and not event.tag.startswith("tag:yaml.org,2002:"):
            self.refuse(event, "yaml-syntax", f'the tag "{event.tag}" means nothing here', "delete it")
        elif event.tag and event.tag.rpartition(":")[2] not in (
            "str",
            "seq",
            "map",
            "null",
            "bool",
            "int",
            "float",
        ):
            self.refuse(event, "yaml-syntax", f'the tag "{event.tag}" is not read', "delete it, or quote the value")

    def place_of(self, event: yaml.Event) -> Position:
        start, end = event.start_mark, event.end_mark
        assert start is not None  # every event of a parsed text has its marks
        assert end is not None
        width = end.column - start.column if end.line == start.line else 1
        return self.place(start.line, start.column, max(width, 1))

    def place(self, line: int, column: int, width: int = 1) -> Position:
        number = line + self.first_line
        excerpt = self.lines[number - 1] if number <= len(self.lines) else ""
        return Position(self.source.file, number, column + 1, width, excerpt)

    def syntax_problem(self, error: yaml.YAMLError) -> Problem:
        mark, what = None, "this is not YAML"
        if isinstance(error, yaml.MarkedYAMLError):
            mark = error.problem_mark or error.context_mark
            what = ", ".join(part for part in (error.problem, error.context) if part)
        return Problem(
            self.place(mark.line, mark.column) if mark else self.place(0, 0),
            code="yaml-syntax",
            message=what,
            hint=_syntax_hint(what),
        )


def _syntax_hint(what: str) -> str:
    if "mapping values are not allowed" in what:
        return 'text that holds a colon needs quotes: title: "One thing: another"'
    if "cannot start any token" in what:
        return "indent with spaces, not tabs, and quote text that begins with @, ` or %"
    if "quoted scalar" in what:
        return "a quote that was opened is never closed"
    return "look for a missing quote, colon or bracket on this line or the one above"


def _repeated(name: str, place: Position, first: Field) -> Problem:
    line = first.key.line if first.key else first.position.line
    return Problem(
        replace(place, width=len(name)) if place.width == 1 else place,
        code="repeated-key",
        message=f'"{name}" is here twice, first on line {line}',
        hint="keep one of the two",
    )


def _size(field: Field) -> int:
    match field.value:
        case dict() as fields:
            return 1 + sum(_size(value) for value in fields.values())
        case list() as items:
            return 1 + sum(_size(item) for item in items)
        case _:
            return 1


_TOML_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")


def toml_fields(source: SourceFile, block: str, first_line: int) -> tuple[Field | None, list[Problem]]:
    """The same for TOML: *block* is the text between the `+++` lines. Values are turned back into their text."""
    lines = source.text.split("\n")

    def place(line: int, column: int = 1, width: int = 1) -> Position:
        return Position(source.file, line, column, width, lines[line - 1] if line <= len(lines) else "")

    try:
        table = tomllib.loads(block, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found and found[1] else (block.count("\n") + 1, 1)
        message = str(error)[: found.start()].strip() if found else str(error)
        return None, [
            Problem(
                place(first_line + line - 1, column),
                code="toml-syntax",
                message=message,
                hint='between +++ lines stands TOML: name = "value"',
            )
        ]
    except RecursionError:
        return None, [Problem(place(first_line), "toml-syntax", "this is nested too deep")]
    places = {name: place(line, column, len(name)) for name, line, column in _toml_keys(block, first_line)}
    return _toml_field(table, place(first_line), places), []


def _toml_keys(block: str, first_line: int) -> Iterator[tuple[str, int, int]]:
    """The names that begin a line of *block*: tomllib tells no places, and keys stand on lines of their own."""
    for number, line in enumerate(block.split("\n"), first_line):
        found = re.match(r"""\s*\[{0,2}\s*(?:[\w-]+\s*\.\s*)*["']?([\w-]+)["']?\s*(?:=|\])""", line)
        if found:
            yield found[1], number, found.start(1) + 1


def _toml_field(value: object, position: Position, places: dict[str, Position]) -> Field:
    if isinstance(value, dict):
        inner = {
            name: replace(_toml_field(item, places.get(name, position), places), key=places.get(name, position))
            for name, item in value.items()
        }
        return Field(position, inner)
    if isinstance(value, list):
        return Field(position, [_toml_field(item, position, places) for item in value])
    if isinstance(value, str):
        return Field(position, value)
    if isinstance(value, bool):
        return Field(position, str(value).lower(), plain=True)
    # Dates and times come back in the form that they were written in.
    return Field(position, str(value), plain=True)


def quoted(text: str) -> str:
    """*text* as a YAML scalar on one line: as it is where YAML reads that as the same text, else in double quotes."""
    if re.fullmatch(r"[\w/]([\w /.,’‘“”'()?!+-]*[\w.,’”?!)])?", text) and not re.fullmatch(
        r"(?i)(true|false|null|yes|no|on|off|y|n|[-+]?[\d.][\d.,:_eExXoO+-]*)", text
    ):
        return text
    escaped = json.dumps(text, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found.group()):04x}", escaped)
