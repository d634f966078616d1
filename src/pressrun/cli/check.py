"""`pressrun check`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.check import Findings, check
from pressrun.cli.options import moment_option, source_option
from pressrun.cli.show import console, counted, show_problems
from pressrun.fix import NO_FIXING, fixes_for, mend
from pressrun.press import Wanted
from pressrun.problems import Severity, errors_in


@click.command("check")
@source_option
@click.option("-D", "--drafts", is_flag=True, help="Take in drafts.")
@click.option("-F", "--future", is_flag=True, help="Take in what is not out yet.")
@moment_option("The moment that decides what is due, instead of this one")
@click.option("--fix", is_flag=True, help="Mend what mends itself: ids, times without a zone, misspelt names.")
@click.option("--diff", is_flag=True, help="With --fix: show what it would change, and change nothing.")
def command(source: Path, drafts: bool, future: bool, now: datetime | None, fix: bool, diff: bool) -> None:
    """Tell what is wrong with the publication, as a build would find it, and write no output.

    With --fix, missing ids are written into the files first, times get their offset, and names of fields that are
    nearly right are put right; all else in a file stays as it is.
    """
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would change; write both.")
    wanted = Wanted(now=now or datetime.now(UTC), drafts=drafts, future=future)
    fixing = fixes_for(source) if fix else NO_FIXING
    for each in fixing.fixes:
        if diff:
            click.echo(each.diff(), nl=False)
        else:
            mend(each)
            for done in each.done:
                click.echo(f"{each.file}: {done}")
    findings = check(source, wanted, fixing)
    show_problems(findings.problems)
    waiting = len(fixing.fixes) if diff else 0
    # Beside a diff nothing else goes to standard output, so that it can be handed on.
    to_fix = f"{counted(waiting, 'file')} to fix. " if waiting else ""
    console(stderr=diff).print(f"{to_fix}{_verdict(findings)}")
    if waiting or errors_in(findings.problems):
        sys.exit(1)


def _verdict(findings: Findings) -> str:
    counts = [
        counted(number, severity.value)
        for severity in Severity
        if (number := sum(problem.severity is severity for problem in findings.problems))
    ]
    if counts:
        return f"{' and '.join(filter(None, (', '.join(counts[:-1]), counts[-1])))}."
    held_back = f", {findings.held_back:,} held back" if findings.held_back else ""
    return (
        f"{counted(findings.stories, 'story', 'stories')}, {counted(findings.editions, 'edition')}{held_back}: "
        "nothing to complain about."
    )
