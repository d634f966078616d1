"""How much a problem matters to each command: the one table."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pressrun.model.problems import Problem, Severity

CONTENT = "content/"
MASTHEADS = (f"{CONTENT}publication.yaml", f"{CONTENT}publication.yml")


class Command(enum.Enum):
    """Which question is asked: what to publish, what to fix, or what to send."""

    BUILD = "build"  # and everything that shows what a build would make: diff, preview
    CHECK = "check"
    SEND = "send"


# What a build can leave out, drop, or show as written, so that the story around it still comes out. A gate reports
# it as an error, and so does whoever sends a newsletter, which nobody can correct once it is out.
_WITHOUT_IT: Mapping[Command, Severity] = {Command.BUILD: Severity.WARNING}
SEVERITIES: Mapping[str, Mapping[Command, Severity]] = {
    "control-character": _WITHOUT_IT,
    "language-unknown": _WITHOUT_IT,
    "link-broken": _WITHOUT_IT,
    "picture-missing": _WITHOUT_IT,
    # A build publishes a story without an id of its own; a gate asks for one before readers know it.
    "id-not-minted": {Command.CHECK: Severity.ERROR},
}


def judged(problem: Problem, command: Command) -> Problem:
    """Return *problem* with the severity that it has for *command*.

    The table never makes an error of what is a warning for a reason of its own, such as a link that may be right; and
    faults of publication.yaml keep their severity.
    """
    severity = SEVERITIES.get(problem.code, {}).get(command)
    if severity is None or severity is problem.severity or problem.position.file in MASTHEADS:
        return problem
    if command is not Command.CHECK and problem.severity is not Severity.ERROR:
        return problem
    return replace(problem, severity=severity)


def all_judged(problems: Iterable[Problem], command: Command) -> list[Problem]:
    """Return *problems*, each with the severity that it has for *command*."""
    return [judged(problem, command) for problem in problems]
