"""The door to PyYAML: what a person wrote, as text, each value knowing its place.

A scalar stays the text that was written. Nothing here turns `no` into a truth value, `12:30` into a
number of minutes or `1.10` into 1.1, as YAML 1.1 would: whoever knows what a field means decides.
The tree is built from the parser's events without recursion, because the C library's own composer
ends the process on deeply nested input.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TypeAlias, cast

import yaml

from pressrun.content.source.files import SourceFile
from pressrun.content.source.losttext import comment_behind, in_quotes, is_free
from pressrun.content.source.scalars import NOTHING, core_schema
from pressrun.model.characters import CONTROL, MARK, brings_mark, refusal_of, without_controls
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.scripts import beginning_of, with_folds_joined
from pressrun.model.spans import Covered

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
            case str(text):
                # TOML's escapes can spell out what the file itself may not hold, and nobody reads these after us.
                return core_schema(text) if self.plain else text.replace(MARK, "")
            case scalar:
                return scalar


def yaml_fields(
    source: SourceFile, block: str | None = None, first_line: int = 1
) -> tuple[Field | None, list[Problem]]:
    """The named fields of a YAML document: the whole of *source*, or *block*, which begins at its *first_line*.

    None where the document cannot be read at all; a repeated key is a Problem, and its first value holds.
    """
    return _YamlReader(source, source.text if block is None else block, first_line).read()


def yaml_comments(block: str) -> Iterator[int]:
    """The offset of every comment in *block*, a YAML document; none where it cannot be read."""
    events = yaml.parse(block, Loader=yaml.CSafeLoader)
    try:
        ends = [(event.start_mark, event.end_mark) for event in events if isinstance(event, yaml.ScalarEvent)]
    except yaml.YAMLError:  # told where it is read
        return
    is_scalar = Covered((start.index, end.index) for start, end in ends if start and end)
    for found in re.finditer(r"(?<!\S)#.*", block):
        if found.start() not in is_scalar:
            yield found.start()


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
        self.starts = [0, *(end.end() for end in re.finditer("\n", block))]
        self.problems: list[Problem] = []
        self.anchors: dict[str, Field] = {}
        self.sizes: dict[str, int] = {}
        self.unnamed: dict[str, Problem] = {}  # what to say of anchors that no alias names
        self.values = 0

    def read(self) -> tuple[Field | None, list[Problem]]:
        try:
            root = self.tree()
        except _Refused as refusal:
            return None, [*self.problems, refusal.problem]
        except yaml.YAMLError as error:
            return None, [*self.problems, self.syntax_problem(error)]
        self.problems += self.unnamed.values()
        if root is None or root.value is None:
            root = Field(self.place(0), {})
        if not isinstance(root.value, dict):
            self.problems.append(
                Problem(
                    root.position,
                    code="yaml-syntax",
                    message="named fields are expected here, one `name: value` on a line",
                    hint="write, for example, title: The title, with a space after the colon",
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
                    self.look_for_lost_text(event, open_values)
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
        empty = plain and event.value in NOTHING
        place = self.place_of(event)
        # Quoted YAML can spell out what the file itself does not hold.
        if control := CONTROL.search(event.value):
            self.problems.append(control_problem(place, event.value, control.group()))
        text = event.value
        if event.style != "|" and not text.isascii():  # in a block of "|" line ends are still there
            text = with_folds_joined(text, self.block[event.start_mark.index : event.end_mark.index])  # type: ignore[union-attr]
        return Field(place, None if empty else without_controls(text), plain=plain)

    def look_for_lost_text(self, event: yaml.ScalarEvent, open_values: Sequence[_Open]) -> None:
        """Report what a value has lost to a comment, or to an anchor that nothing names."""
        if event.style in ("|", ">") or not open_values or (open_values[-1].items is None and not open_values[-1].key):
            return  # the text of a block is all there, and a field's name is no value
        opened = next((each for each in reversed(open_values) if each.key), None)
        key = cast("str", opened.key.value) if opened and opened.key else ""
        start, end = cast("yaml.Mark", event.start_mark).index, cast("yaml.Mark", event.end_mark).index
        if event.anchor and is_free(key):
            text = f"&{event.anchor} {event.value}".rstrip()
            self.unnamed[event.anchor] = self.lost(start, f"&{event.anchor}", "the name of an anchor", key, text)
        indent = opened.key.position.column - 1 if opened and opened.key else 0
        found = comment_behind(self.block, end, key, event.value, is_plain=not event.style, indent=indent)
        if found is not None:
            text = f"{event.value} {found.comment}".strip()
            self.problems.append(self.lost(found.offset, found.comment, "a comment", key, text))

    def lost(self, offset: int, what: str, meaning: str, key: str, text: str) -> Problem:
        message = f'"{beginning_of(what, 40)}" is {meaning} in YAML, so it is not part of this text'
        hint = f"if it is, put quotes around all of it: {key}: {in_quotes(text)}"
        return Problem(self.place(offset, len(what)), "text-lost", message, hint, Severity.WARNING)

    def aliased(self, event: yaml.AliasEvent, open_values: Sequence[_Open]) -> Field:
        name = cast("str", event.anchor)
        if name not in self.anchors:
            inside = any(value.anchor == name for value in open_values)
            message = f"*{name} stands inside of what it names" if inside else f"nothing is named &{name}"
            self.refuse(event, "alias-bomb" if inside else "yaml-syntax", message, "write the value out")
        self.unnamed.pop(name, None)
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
                hint = 'put quotes around the whole value: "{{ … }}"'
                raise _Refused(Problem(field.position, "yaml-syntax", "a field's name is text, not more fields", hint))
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
        # libyaml ends lines where editors do not (U+0085, U+2028), so its offsets are asked, not its lines.
        width = self.block[start.index : end.index].split("\n")[0].rstrip()
        return self.place(start.index, max(len(width), 1))

    def place(self, offset: int, width: int = 1) -> Position:
        number = bisect_right(self.starts, offset)
        column = offset - self.starts[number - 1] + 1
        number += self.first_line - 1
        excerpt = self.lines[number - 1] if number <= len(self.lines) else ""
        return Position(self.source.file, number, column, width, excerpt)

    def syntax_problem(self, error: yaml.YAMLError) -> Problem:
        offset, what = 0, "this is not YAML"
        if isinstance(error, yaml.MarkedYAMLError):
            # An open quote is noticed at the end of the text; where it was opened is what helps.
            opened = error.context_mark if "quoted scalar" in (error.context or "") else None
            mark = (opened if "end of stream" in (error.problem or "") else None) or error.problem_mark
            offset = mark.index if mark else 0
            what = ", ".join(part for part in (error.problem, error.context) if part)
        return Problem(self.place(offset), code="yaml-syntax", message=what, hint=_syntax_hint(what))


_HINTS = {
    "mapping values are not allowed": 'text that holds a colon needs quotes: title: "One thing: another"',
    "cannot start any token": "indent with spaces, not tabs, and quote text that begins with @, ` or %",
    "escape character": "in double quotes a backslash begins an escape; write it twice, or use single quotes",
    "end of stream": "a quote that was opened is never closed",
    "could not find expected ':'": "after a field's name stands a colon, and a space after it",
    "block mapping": "fields of one level begin in one column; and a text with quotes in it needs quotes around it",
    "alphabetic or numeric": "text that begins with * or & needs quotes",
}


def _syntax_hint(what: str) -> str:
    found = next((hint for sign, hint in _HINTS.items() if sign in what), None)
    return found or "look for a missing quote, colon or bracket on this line or the one above"


def control_problem(place: Position, text: str, control: str) -> Problem:
    """Return the error at *place* about *control*, which CONTROL has found in *text*."""
    code = "slot-mark" if brings_mark(text) else "control-character"
    return Problem(place, code=code, message=refusal_of(control), hint="delete it")


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


def quoted(text: str) -> str:
    """*text* as a YAML scalar on one line: as it is where YAML reads that as the same text, else in double quotes."""
    if re.fullmatch(r"[\w/]([\w /.,’‘“”'()?!+-]*[\w.,’”?!)])?", text) and not re.fullmatch(
        r"(?i)(true|false|null|yes|no|on|off|y|n|[-+]?[\d.][\d.,:_eExXoO+-]*)", text
    ):
        return text
    escaped = json.dumps(text, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found.group()):04x}", escaped)
