"""`pressrun check`."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.exits import Exit
from pressrun.cli.formats import FORMATS
from pressrun.cli.options import codes_option, moment_option, source_option
from pressrun.cli.past import local_records
from pressrun.cli.places import from_here, seen
from pressrun.cli.show import console, counted, show_problems
from pressrun.content.chains import Records
from pressrun.content.freezing import differences
from pressrun.desk.checking.check import CodeSelection, Findings, check
from pressrun.desk.checking.fix import NO_FIXING, SendHistory, fixes_for, mend
from pressrun.hosts.memory import MAX_AGE
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.problems import Problem, SettingsError, Severity, StoreError
from pressrun.press.building.press import Press

if TYPE_CHECKING:
    from pressrun.cli.external import Outside

TEXT = "text"


@click.command("check")
@source_option
@click.option("-D", "--drafts", is_flag=True, help="Take in drafts.")
@click.option("-F", "--future", is_flag=True, help="Take in what is not out yet.")
@moment_option("The moment that decides what is due, instead of this one")
@codes_option("select", "Report these codes only; picture-* means all that begin so.")
@codes_option("ignore", "Do not report these codes.")
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
@click.option(
    "--format",
    "form",
    type=click.Choice([TEXT, *FORMATS]),
    default=TEXT,
    show_default=True,
    help="For people, or for machines.",
)
@click.option("--fix", is_flag=True, help="Fix ids, times without a zone, misspelled names, lists of sent editions.")
@click.option("--diff", is_flag=True, help="With --fix: show what it would change, and change nothing.")
@click.option("--external", is_flag=True, help="Ask other hosts whether what links and pictures name is there.")
@click.option(
    "--max-age",
    type=click.IntRange(0, 3650),
    metavar="DAYS",
    help=f"With --external: how long a good answer holds.  [default: {MAX_AGE.days}]",
)
@click.option("--allow-private", is_flag=True, help="With --external: ask in private networks, too.")
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
    external: bool,
    max_age: int | None,
    allow_private: bool,
) -> None:
    """Find problems in the publication, those that a build finds and more, and write no output.

    With --fix, missing ids are written into the files first, times get their offset, names of fields that are
    nearly right are put right, and editions that went out get the list of what they carried. All else in a file stays
    as it is.
    With --external, other hosts are asked; nothing else here uses the network.
    """
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would change; write both.")
    if not external and (allow_private or max_age is not None):
        raise click.UsageError("--max-age and --allow-private say how --external asks; add it.")
    if diff and form != TEXT:
        raise click.UsageError(f"--diff and --format {form} both want standard output; run one after the other.")
    build_request = BuildRequest(now=now or datetime.now(UTC), drafts=drafts, future=future)
    outside = _outside(source, build_request.now, max_age, allow_private) if external else None
    asked = CodeSelection(select or None, ignore)
    records = _records(source, is_outside_asked=external)
    fixing = fixes_for(source, asked, SendHistory(build_request.now, records)) if fix else NO_FIXING
    for each in fixing.fixes:
        if diff:
            click.echo(each.diff(), nl=False)
        else:
            mend(each)
            for done in each.done:
                click.echo(f"{each.file}: {done}", err=form != TEXT)
    findings = check(source, build_request, fixing, asked, beyond=partial(_beyond, records, outside))
    _show(findings, source, form)
    waiting = len(fixing.fixes) if diff else 0
    # Beside a diff, or a document, nothing else goes to standard output, so that it can be handed on.
    to_fix = f"{counted(waiting, 'file')} to fix. " if waiting else ""
    console(stderr=diff or form != TEXT).print(f"{to_fix}{_verdict(findings)}")
    if outside and outside.stopped:
        raise click.Abort
    if waiting or findings.counts[Severity.ERROR] or (strict and findings.counts[Severity.WARNING]):
        sys.exit(Exit.PROBLEMS)


def _beyond(records: Records, outside: "Outside | None", press: Press) -> Iterable[Problem]:
    yield from differences(press.evaluation, records)
    yield from outside.problems(press) if outside else ()


def _records(source: Path, *, is_outside_asked: bool) -> Records:
    """What the store knows of editions that were sent; nothing where there is none, or it cannot be read from here."""
    try:
        return local_records(source, other_machines=is_outside_asked)
    except (SettingsError, StoreError):
        return {}  # a check is about files, and is run where there is no store


def _outside(source: Path, now: datetime, max_age: int | None, allow_private: bool) -> "Outside":
    from pressrun.cli.external import Outside  # what asks the network costs time to import, and few checks need it

    return Outside(source, now, MAX_AGE if max_age is None else timedelta(days=max_age), allow_private)


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
