"""`pressrun build`."""

import gc
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.cli.options import home_option, moment_option, source_option
from pressrun.cli.show import console, counted, show_problems
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.newsletter.size import CLIPPED_AT
from pressrun.newsletter.tools import TOOLS
from pressrun.problems import Severity
from pressrun.report import PARTS, WHOLE, Report
from pressrun.stages import Stages
from pressrun.stock.glance import NOTHING_KNOWN, Call, look
from pressrun.wanted import Wanted


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
    "--slots", type=click.Choice(tuple(TOOLS)), help="Write letters with this tool's own tags, to paste there."
)
@click.option("--allow-reflood", is_flag=True, help="Build even if readers would be shown a story again as new.")
@click.option(
    "--only", multiple=True, callback=_parts, metavar="PART,...", help="Make only pages, feeds or newsletter, or two."
)
@click.option("--no-cache", is_flag=True, help="Make everything anew, and keep nothing for the next build.")
@click.option("--profile", is_flag=True, help="Tell where the time went.")
def command(
    source: Path,
    destination: Path | None,
    base_url: str | None,
    drafts: bool,
    future: bool,
    now: datetime | None,
    slots: str | None,
    allow_reflood: bool,
    only: frozenset[str],
    no_cache: bool,
    profile: bool,
) -> None:
    """Build feeds, pages and letters from the content folder.

    Feeds and pages go to public/, letters to outbox/. Files whose bytes did not change are not
    touched; files of earlier builds that are not needed any more are removed.
    """
    started = time.perf_counter()
    wanted = Wanted(now=now or datetime.now(UTC), drafts=drafts, future=future, home=base_url, slots=slots)
    call = Call.of(source, destination or source, wanted, only)
    stages = Stages(time.perf_counter)
    with stages.stage("looking"):
        seen = NOTHING_KNOWN if no_cache else look(call, wanted.now)
    report = seen.report
    if report is None:
        # A build makes much, keeps most of it until the end, and leaves no circles to speak of.
        gc.disable()
        with stages.stage("importing"):
            from pressrun.build import How, make
            from pressrun.crew import Crew

        how = How(cached=not no_cache, crew=Crew.of_this_machine())
        report = make(call, wanted, seen, how=how, stages=stages, allow_reflood=allow_reflood)
    show_problems(report.problems)
    _show(report, time.perf_counter() - started)
    if profile:
        _show_stages(stages, time.perf_counter() - started)
    gc.freeze()  # as it ends, Python would look through all that was made for circles


def _show_stages(stages: Stages, total: float) -> None:
    out = console()
    for name, seconds in (*stages.seconds.items(), ("all", total)):
        out.print(f"  {name:<14}{seconds:>8.3f} s{seconds / total:>6.0%}  {stages.notes.get(name, '')}".rstrip())


def _show(report: Report, seconds: float) -> None:
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
