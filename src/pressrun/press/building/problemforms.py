"""Problems as plain lists that JSON can hold, and back again; apart, because a glance needs no other noun."""

from dataclasses import astuple
from typing import Any

from pressrun.model.problems import Position, Problem, Severity


def problem_form(problem: Problem) -> list[Any]:
    """*problem* with its place."""
    return [
        astuple(problem.position),
        problem.code,
        problem.message,
        problem.hint,
        problem.severity.value,
        problem.instead,
    ]


def problem_from(form: list[Any]) -> Problem:
    """The Problem of *form*."""
    place, code, message, hint, severity, instead = form
    return Problem(Position(*place), code, message, hint, Severity(severity), instead)
