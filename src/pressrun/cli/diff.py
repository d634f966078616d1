"""`pressrun diff`."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.cli.exits import Exit
from pressrun.cli.options import home_option, moment_option, source_option
from pressrun.cli.show import console, show_problems
from pressrun.desk.checking.diff import Comparison, DiffReport, ExternalFeed, NoBaseline, UnknownFeed, diff
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.output import PUBLIC
from pressrun.model.problems import errors_in, shown
from pressrun.press.building.refloods import Cure
from pressrun.press.feeds.difference import Pair
from pressrun.press.feeds.snapshot import SeenEntry


@click.command("diff")
@source_option
@click.option(
    "--against",
    metavar="DIR|FILE|URL",
    help="What was published: a public folder, or a feed of any tool.  [default: public/ in the source]",
)
@click.option("--feed", metavar="PATH", help="The feed to compare, such as tags/asia/atom.xml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@home_option("The home page, instead of the one in publication.yaml.")
@click.option("-D", "--drafts", is_flag=True, help="Take in drafts.")
@click.option("-F", "--future", is_flag=True, help="Take in what is not out yet.")
@moment_option("The moment that decides what is due, instead of this one")
def command(
    source: Path,
    against: str | None,
    feed: str | None,
    as_json: bool,
    base_url: str | None,
    drafts: bool,
    future: bool,
    now: datetime | None,
) -> None:
    """Show what subscribers would notice of this build.

    Entries are new, changed or gone; or they would be shown again as new, because their id is not
    the one that readers know. Then the exit code is 1, as it is where stories or editions have errors:
    they are compared as a build would leave them. Nothing is written.
    """
    build_request = BuildRequest(now=now or datetime.now(UTC), drafts=drafts, future=future, home=base_url)
    try:
        report = diff(source, build_request, _baseline(against, source), feed)
    except UnknownFeed as error:
        raise click.BadParameter(f"{error}.", param_hint="--feed") from error
    if as_json:
        click.echo(json.dumps(_facts(report), indent=1))
    else:
        out = console()
        for line in _lines(report):
            out.print(line)
    show_problems(errors_in(report.problems))
    if report.again or errors_in(report.problems):
        sys.exit(Exit.PROBLEMS)


def _baseline(against: str | None, source: Path) -> Path | ExternalFeed:
    """The folder, or the feed with its bytes, that *against* means."""
    if against is None:
        return source / PUBLIC
    if "://" in against:
        from pressrun.hosts.fetch import fetched

        return ExternalFeed(against, fetched(against))
    path = Path(against)
    if path.is_file():
        return ExternalFeed(against, path.read_bytes())
    if not path.exists():
        raise NoBaseline(f"there is nothing to compare with: {against} is not there")
    return path


# For people


def _lines(report: DiffReport) -> Iterator[str]:
    for comparison in report.comparisons:
        if not comparison.difference.is_empty:
            feed = f"{PUBLIC}/{comparison.feed}"
            beside = f", compared with {comparison.against}" if comparison.against != feed else ""
            yield shown(f"{feed}{beside}")
            yield from _entries(comparison, report)
            yield ""
    for title, feeds in (("New feeds", report.new_feeds), ("Feeds that are not made any more", report.lost_feeds)):
        if feeds:
            yield f"{title}:"
            yield from (f"  {shown(feed)}" for feed in feeds)
            yield ""
    yield _closing(report)


def _entries(comparison: Comparison, report: DiffReport) -> Iterator[str]:
    difference = comparison.difference
    yield from (f"  + {_title(seen)}" for seen in difference.new)
    for pair in difference.changed:
        was = f" (was: {_title(pair.before)})" if pair.before.title != pair.after.title else ""
        yield f"  ~ {_title(pair.after)}{was}"
    yield from (f"  - {_title(seen)}" for seen in difference.gone)
    for pair in difference.again:
        yield f"  ! {_title(pair.after)}: shown again as new"
        yield f"      readers know it as {shown(pair.before.id)}"
        yield f"      it would come as   {shown(pair.after.id)}"
        yield from _way_out(report.cures.get(pair.after.id))


def _way_out(cure: Cure | None) -> Iterator[str]:
    if cure and cure.line:
        yield f"      write into {shown(cure.file)}:"
        yield f"        {shown(cure.line)}"
    elif cure:
        yield f"      the old id is no IRI, and cannot be written into {shown(cure.file)}"


def _title(seen: SeenEntry) -> str:
    return shown(seen.title or seen.link or seen.id)


def _closing(report: DiffReport) -> str:
    counts = _counts(report)
    again = counts["again"]
    flood = f"{again:,} would be shown again as new" if again else "nothing would be shown again"
    return f"{counts['new']:,} new, {counts['changed']:,} changed, {counts['gone']:,} gone; {flood}."


def _counts(report: DiffReport) -> dict[str, int]:
    """How many stories there are of each kind, in whatever feeds they stand."""
    differences = [comparison.difference for comparison in report.comparisons]
    return {
        "new": len({seen.id for each in differences for seen in each.new}),
        "changed": len({pair.after.id for each in differences for pair in each.changed}),
        "gone": len({seen.id for each in differences for seen in each.gone}),
        "again": len(report.again),
    }


# For programs


def _facts(report: DiffReport) -> dict[str, object]:
    return {
        "feeds": [
            {
                "feed": f"{PUBLIC}/{comparison.feed}",
                "against": comparison.against,
                "new": _all(comparison.difference.new),
                "changed": [_pair(pair) for pair in comparison.difference.changed],
                "gone": _all(comparison.difference.gone),
                "again": [_pair(pair) | _cured(report, pair) for pair in comparison.difference.again],
            }
            for comparison in report.comparisons
        ],
        "new_feeds": [f"{PUBLIC}/{feed}" for feed in report.new_feeds],
        "lost_feeds": list(report.lost_feeds),
        "counts": _counts(report),
    }


def _all(entries: Iterable[SeenEntry]) -> list[dict[str, str | None]]:
    return [_entry(seen) for seen in entries]


def _pair(pair: Pair) -> dict[str, object]:
    return {"before": _entry(pair.before), "after": _entry(pair.after)}


def _cured(report: DiffReport, pair: Pair) -> dict[str, object]:
    cure = report.cures.get(pair.after.id)
    return {"file": cure.file if cure else None, "line": cure.line if cure else None}


def _entry(seen: SeenEntry) -> dict[str, str | None]:
    return {
        "id": seen.id,
        "link": seen.link,
        "title": seen.title,
        "published": seen.published.isoformat() if seen.published else None,
        "updated": seen.updated.isoformat() if seen.updated else None,
    }
