"""`pressrun build`."""

import gc
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.cli.exits import Exit
from pressrun.cli.options import home_option, moment_option, source_option
from pressrun.cli.show import console, counted, show_problems
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.problems import ContentError, Severity, errors_in, shown
from pressrun.press.building.report import PARTS, WHOLE, BuildReport
from pressrun.press.building.timing import Stages
from pressrun.press.building.unchanged import NOTHING_KNOWN, Call, UnchangedCheck, look
from pressrun.press.newsletter.size import CLIPPED_AT
from pressrun.press.newsletter.tools import TOOLS


def _parts(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> frozenset[str]:
    words = [word for written in value for word in written.replace(",", " ").split()]
    for word in words:
        if word not in PARTS:
            raise click.BadParameter(f'there is no part "{word}"; the parts are {", ".join(PARTS)}')
    return frozenset(words) or WHOLE


@click.command("build")
@source_option
@click.option(
    "-d",
    "--destination",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where public/ and outbox/ are written.  [default: the source]",
)
@home_option("The home page, instead of the one in publication.yaml.")
@click.option("-D", "--drafts", is_flag=True, help="Take in drafts.")
@click.option("-F", "--future", is_flag=True, help="Take in what is not out yet.")
@moment_option("The moment that decides what is due, instead of this one")
@click.option(
    "--slots", type=click.Choice(tuple(TOOLS)), help="Write newsletters with this tool's own tags, to paste there."
)
@click.option("--allow-reflood", is_flag=True, help="Build even if readers would be shown a story again as new.")
@click.option("--keep-going", is_flag=True, help="Exit with 0 even if stories or editions were left out.")
@click.option("--all-or-nothing", is_flag=True, help="Write nothing if anything has an error.")
@click.option(
    "--only", multiple=True, callback=_parts, metavar="PART,...", help="Make only pages, feeds or newsletter, or two."
)
@click.option("--no-cache", is_flag=True, help="Make everything again, and keep nothing for the next build.")
@click.option("--profile", is_flag=True, help="Show where the time went.")
def command(
    source: Path,
    destination: Path | None,
    base_url: str | None,
    drafts: bool,
    future: bool,
    now: datetime | None,
    slots: str | None,
    allow_reflood: bool,
    keep_going: bool,
    all_or_nothing: bool,
    only: frozenset[str],
    no_cache: bool,
    profile: bool,
) -> None:
    """Build pages, feeds, and newsletters from the content folder.

    Pages and feeds go to public/, newsletters to outbox/. Files whose bytes did not change are not
    touched. Files of earlier builds that are no longer needed are removed.
    A story or an edition with errors is left out, or stays as the last build published it. Everything else is
    built, and the exit code is 1.
    """
    if keep_going and all_or_nothing:
        raise click.UsageError("--keep-going and --all-or-nothing say opposite things; write one of them.")
    started = time.perf_counter()
    build_request = BuildRequest(now=now or datetime.now(UTC), drafts=drafts, future=future, home=base_url, slots=slots)
    call = Call.of(source, destination or source, build_request, only)
    stages = Stages(time.perf_counter)
    with stages.stage("looking"):
        seen = NOTHING_KNOWN if no_cache else look(call, build_request.now)
    report = seen.report or _made(
        call,
        build_request,
        seen,
        stages,
        cached=not no_cache,
        allow_reflood=allow_reflood,
        all_or_nothing=all_or_nothing,
    )
    if all_or_nothing and errors_in(report.problems):  # told from what the last build remembers
        raise ContentError(report.problems)
    show_problems(report.problems)
    _show(report, time.perf_counter() - started)
    if profile:
        _show_stages(stages, time.perf_counter() - started)
    if has_errors := bool(errors_in(report.problems)):
        _show_invalid(report, keep_going=keep_going)
    gc.freeze()  # as it ends, Python would look through all that was made for circles
    sys.exit(Exit.PROBLEMS if has_errors and not keep_going else Exit.FINE)


def _made(
    call: Call,
    build_request: BuildRequest,
    seen: UnchangedCheck,
    stages: Stages,
    *,
    cached: bool,
    allow_reflood: bool,
    all_or_nothing: bool,
) -> BuildReport:
    # A build makes much, keeps most of it until the end, and leaves no circles to speak of.
    gc.disable()
    with stages.stage("importing"):
        from pressrun.press.building.build import How, Terms, make
        from pressrun.press.building.workers import Workers

    how = How(cached=cached, workers=Workers.of_this_machine())
    terms = Terms(allow_reflood=allow_reflood, all_or_nothing=all_or_nothing)
    return make(call, build_request, seen, how=how, stages=stages, terms=terms)


def _show_invalid(report: BuildReport, *, keep_going: bool) -> None:
    """Tell on standard error which files have errors, and what that means for the output."""
    out = console(stderr=True)
    missing = frozenset(report.missing)
    groups = (
        ("invalid, and stays as it was published", report.kept),
        (
            "invalid and left out; nothing shows that it was published before",
            [each for each in report.left_out if each not in missing],
        ),
        ("invalid and left out; if it was published before, its page and entries are missing now", report.missing),
    )
    for what, files in groups:
        for file in files:
            out.print(f"{shown(file)}: {what}")
    errors = counted(len(errors_in(report.problems)), "error")
    if keep_going:
        out.print(f"warning: {errors}; everything else is built, and --keep-going exits with 0.")
    else:
        out.print(f"{errors}; everything else is built.")


def _show_stages(stages: Stages, total: float) -> None:
    out = console()
    for name, seconds in (*stages.seconds.items(), ("all", total)):
        out.print(f"  {name:<14}{seconds:>8.3f} s{seconds / total:>6.0%}  {stages.notes.get(name, '')}".rstrip())


def _show(report: BuildReport, seconds: float) -> None:
    out = console()
    held_back = f", {report.held_back:,} held back" if report.held_back else ""
    out.print(
        f"{counted(report.stories, 'story', 'stories')}, {counted(report.editions, 'edition')}{held_back}",
        style="bold",
    )
    for root in (PUBLIC, OUTBOX):
        kinds = [
            f"{count:,} {kind}"
            for kind in ("new", "changed", "unchanged", "removed")
            if (count := sum(path.startswith(f"{root}/") for path in getattr(report.written, kind)))
        ]
        if kinds:
            out.print(f"  {root}/ {', '.join(kinds)}")
    for letter in report.letters:
        total = letter.size.total
        out.print(
            f"  {letter.path}/ {total:,} bytes, {total / CLIPPED_AT:.0%} of the {CLIPPED_AT:,} at which Gmail clips"
        )
        out.print(f"    {letter.size}", style="dim")
    warnings = sum(problem.severity is Severity.WARNING for problem in report.problems)
    told = f", {counted(warnings, 'warning')}" if warnings else ""
    out.print(f"Done in {seconds:.2f} s{told}.")
