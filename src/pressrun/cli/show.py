"""What a person sees: Problems, and how much of what there is."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from pressrun.problems import Problem, Severity

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.HINT: "bold cyan"}


def console(*, stderr: bool = False) -> Console:
    """Standard output or error: colours only on a terminal, lines never broken for us."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)


def show_problems(problems: Sequence[Problem]) -> None:
    """*problems* on standard error, in the form that compilers use, an empty line after each.

    A last line tells where there is more to read.
    """
    out = console(stderr=True)
    for problem in problems:
        place, severity, rest = problem.headline.partition(f": {problem.severity.value}: ")
        out.print(
            Text.assemble((place, "bold"), (severity, STYLES[problem.severity]), rest),
            *problem.details,
            sep="\n",
        )
        out.print()
    if problems:
        first = min(problems, key=lambda problem: list(Severity).index(problem.severity))
        out.print(f"pressrun explain {first.code} tells more.")


def show_verdict(problems: Sequence[Problem], done: str = "written") -> None:
    """How many errors and warnings there are, and what that meant: nothing was *done*."""
    counts = [
        counted(sum(problem.severity is severity for problem in problems), severity.value)
        for severity in (Severity.ERROR, Severity.WARNING)
        if any(problem.severity is severity for problem in problems)
    ]
    console(stderr=True).print(f"{' and '.join(counts)}; nothing was {done}.")


def counted(number: int, thing: str, things: str | None = None) -> str:
    """*number* with the word for it: 1 story, 2 stories."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"
