"""What a person sees: Problems, and how much of what there is."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from pressrun.model.delivery import DeliveryState, Tally
from pressrun.model.problems import Problem, Severity

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


def show_tally(tally: Tally, next_try: datetime | None = None, turned_away: int = 0) -> None:
    """The sum of an edition's deliveries on one line, and what is to come of some of them on others."""
    out = console()
    out.print(f"{tally_text(tally)}.")
    if next_try is not None:
        out.print(f"The next deferred email is due at {next_try.astimezone(UTC):%Y-%m-%d %H:%M} UTC.")
    if turned_away:
        words = counted(turned_away, "email was", "emails were")
        out.print(f"{words} refused because of you, not of the recipient: fix that, and send with --retry refused.")


def tally_text(tally: Tally) -> str:
    """Return how many deliveries of an edition are in each state, on one line."""
    counts = [f"{tally.count(state):,} {state.value}" for state in DeliveryState if tally.count(state)]
    if tally.excluded:
        reasons = ", ".join(f"{count:,} {reason.value}" for reason, count in tally.excluded.items())
        counts[-1] += f" ({reasons})"
    return f"{counted(tally.candidates, 'candidate')}: {', '.join(counts) or 'nobody'}"
