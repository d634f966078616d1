"""What a check found, written for machines: JSON of our own, GitHub's workflow commands, and SARIF (in `sarif.py`)."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pressrun import __version__
from pressrun.cli.places import Seen, from_here, from_the_root
from pressrun.cli.sarif import as_sarif
from pressrun.desk.checking.check import Findings
from pressrun.model.problems import Problem, Severity, shown

# Goes up when a name in the JSON goes or changes its meaning; new names may come at any time.
JSON_VERSION = 1
GITHUB_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}


def as_json(findings: Findings) -> str:
    """*findings* as one object (manual: check). Columns are characters; an end column is the one behind."""
    document = {
        "version": JSON_VERSION,
        "pressrun": __version__,
        "findings": [_finding(problem) for problem in findings.problems],
        "summary": {
            **{f"{severity.value}s": count for severity, count in findings.counts.items()},
            "stories": findings.stories,
            "editions": findings.editions,
            "held_back": findings.held_back,
        },
    }
    return json.dumps(document, indent=2)


def _finding(problem: Problem) -> dict[str, Any]:
    position = problem.position
    return {
        "file": position.file,
        "line": position.line,
        "column": position.column,
        "end_column": position.column + position.width,
        "code": problem.code,
        "severity": problem.severity.value,
        "message": problem.message,
        "hint": problem.hint,
    }


def as_github(findings: Findings) -> str:
    """*findings* as workflow commands, which GitHub shows at their lines in a pull request."""
    return "\n".join(_command(problem) for problem in findings.problems)


def _command(problem: Problem) -> str:
    position = problem.position
    properties: dict[str, object] = {"file": position.file, "line": position.line}
    if position.excerpt:
        properties |= {
            "col": position.column,
            "endLine": position.line,
            "endColumn": position.column + position.width,
        }
    properties["title"] = f"Pressrun ({problem.code})"
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    said = [problem.message, *([f"hint: {problem.hint}"] if problem.hint else [])]
    return f"::{GITHUB_COMMANDS[problem.severity]} {written}::{_data(said)}"


def _data(lines: Sequence[str]) -> str:
    """*lines* as the message of a workflow command, whose only escapes are those of its runner."""
    return "%0A".join(shown(line).replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return _data([text]).replace(":", "%3A").replace(",", "%2C")


# What writes each of the formats, and from where files are seen in it.
FORMATS: dict[str, tuple[Callable[[Findings], str], Callable[..., Seen]]] = {
    "json": (as_json, from_here),
    "github": (as_github, from_the_root),
    "sarif": (as_sarif, from_the_root),
}
