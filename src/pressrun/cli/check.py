"""`pressrun check`."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.check import NO_FIXING, Asked, Findings, check, fixes_for, mend
from pressrun.cli.formats import FORMATS
from pressrun.cli.options import codes_option, moment_option, source_option
from pressrun.cli.places import from_here, seen
from pressrun.cli.show import console, counted, show_problems
from pressrun.press import Wanted
from pressrun.problems import Severity

TEXT = "text"


@click.command("check")
@source_option
@click.option("-D", "--drafts", is_flag=True, help="Take in drafts.")
@click.option("-F", "--future", is_flag=True, help="Take in what is not out yet.")
@moment_option("The moment that decides what is due, instead of this one")
@codes_option("select", "Tell of these codes only; letter-* means all that begin so.")
@codes_option("ignore", "Tell nothing of these codes.")
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
@click.option(
    "--format",
    "form",
    type=click.Choice([TEXT, *FORMATS]),
    default=TEXT,
    show_default=True,
    help="For people, or for machines.",
)
@click.option("--fix", is_flag=True, help="Write an id into every story and edition that has none.")
@click.option("--diff", is_flag=True, help="With --fix: show what it would change, and change nothing.")
def command(
    source: Path,
    drafts: bool,
    future: bool,
    now: datetime | None,
    select: frozenset[str],
    ignore: frozenset[str],
    strict: bool,
    form: str,
    fix: bool,
    diff: bool,
) -> None:
    """Tell what is wrong with the publication, as a build would find it and beyond, and write no output.

    With --fix, ids are written into the front matter first; all else in a file stays as it is.
    """
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would change; write both.")
    if diff and form != TEXT:
        raise click.UsageError(f"--diff and --format {form} both want standard output; run one after the other.")
    wanted = Wanted(now=now or datetime.now(UTC), drafts=drafts, future=future)
    fixing = fixes_for(source) if fix else NO_FIXING
    for each in fixing.fixes:
        if diff:
            click.echo(each.diff(), nl=False)
        else:
            mend(each)
            click.echo(f"{each.file}: {each.what}", err=form != TEXT)
    findings = check(source, wanted, fixing, Asked(select or None, ignore))
    _show(findings, source, form)
    waiting = len(fixing.fixes) if diff else 0
    # Beside a diff, or a document, nothing else goes to standard output, so that it can be handed on.
    to_fix = f"{counted(waiting, 'file')} to fix. " if waiting else ""
    console(stderr=diff or form != TEXT).print(f"{to_fix}{_verdict(findings)}")
    if waiting or findings.counts[Severity.ERROR] or (strict and findings.counts[Severity.WARNING]):
        sys.exit(1)


def _show(findings: Findings, source: Path, form: str) -> None:
    if form == TEXT:
        show_problems(seen(findings.problems, from_here(source)))
        return
    written, from_where = FORMATS[form]
    document = written(replace(findings, problems=tuple(seen(findings.problems, from_where(source)))))
    if document:
        click.echo(document)


def _verdict(findings: Findings) -> str:
    counts = [counted(number, severity.value) for severity, number in findings.counts.items() if number]
    if counts:
        return f"{' and '.join(filter(None, (', '.join(counts[:-1]), counts[-1])))}."
    held_back = f", {findings.held_back:,} held back" if findings.held_back else ""
    return (
        f"{counted(findings.stories, 'story', 'stories')}, {counted(findings.editions, 'edition')}{held_back}: "
        "nothing to complain about."
    )
