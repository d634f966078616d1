"""Fields held against a pydantic model: all faults at once, each at its place."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from pressrun.content.source.fields import Field
from pressrun.model.problems import Position, Problem, Severity

# An empty text is a choice here; elsewhere it is what another tool's form leaves behind.
NO_NAMES: Mapping[str, Severity] = {}
EMPTY_BY_CHOICE = frozenset({"summary", "preheader", "image_alt"})


class Shape(BaseModel):
    """What a group of fields has to look like; each field's type says how it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


AnyShape = TypeVar("AnyShape", bound=Shape)


def shaped(
    shape: type[AnyShape],
    fields: Mapping[str, Field],
    start: Position,
    *,
    context: Mapping[str, Any] | None = None,
    keep_empty: bool = False,
    dispensable: Mapping[str, Severity] = NO_NAMES,
) -> tuple[AnyShape | None, list[Problem]]:
    """Return *fields* read into *shape*; None with the Problems where that cannot be.

    A field of *dispensable* that cannot be read counts as not written, with a Problem of the severity named there.

    A field without a value, with an empty text or an empty list, counts as not written, unless *keep_empty*. *start* is
    where a missing field is missing.
    """
    written = {
        name: field
        for name, field in fields.items()
        if keep_empty or field.value not in (None, [], "") or (field.value == "" and name in EMPTY_BY_CHOICE)
    }
    values = {name: field.text_tree() for name, field in written.items()}
    try:
        return shape.model_validate(values, context=context), []
    except ValidationError as error:
        faults = [(str(details["loc"][0]), details) for details in error.errors(include_url=False)]
    lost = {name for name, _ in faults} & dispensable.keys()
    problems = [
        replace(problem, severity=dispensable[name]) if name in lost else problem
        for name, problem in ((name, _problem(details, fields, start)) for name, details in faults)
    ]
    if len(lost) < len({name for name, _ in faults}):
        return None, problems
    return shape.model_validate({name: values[name] for name in values if name not in lost}, context=context), problems


def _problem(details: ErrorDetails, fields: Mapping[str, Field], start: Position) -> Problem:
    path = details["loc"]
    name = str(path[0])
    if details["type"] == "missing":
        where = fields[name].key if name in fields else None
        return Problem(
            where or start,
            code="missing-field",
            message=f'"{name}" is missing',
            hint=f"add a line {name}: …",
        )
    context = details["ctx"]
    return Problem(_place(fields[name], path[1:]), details["type"], str(context["message"]), context["hint"])


def _place(field: Field, path: tuple[int | str, ...]) -> Position:
    for step in path:
        match field.value:
            case dict() as fields if step in fields:
                field = fields[str(step)]
            case list() as items if isinstance(step, int) and step < len(items):
                field = items[step]
            case _:
                break
    return field.position
