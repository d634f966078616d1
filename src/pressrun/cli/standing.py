"""`pressrun subscribers list` and `stats`: all of them at a glance."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.cli.options import source_option
from pressrun.cli.show import console, counted
from pressrun.model.problems import shown
from pressrun.model.subscriber import SubscriptionState
from pressrun.settings.database import opened_store, publication_at

WIDEST = 40
MONTHS = 24


@click.command("list", short_help="Who is there.")
@click.option("--list", "name", metavar="ID", help="Only people with a state on this list.")
@click.option(
    "--state", type=click.Choice([state.value for state in SubscriptionState]), help="Only people in this state."
)
@click.option("--tag", metavar="TAG", help="Only those with this tag.")
@source_option
def list_people(name: str | None, state: str | None, tag: str | None, source: Path) -> None:
    """List people, one a line: the address, the name, and the state on each list."""
    out, count = console(), 0
    with opened_store(source, looks=True) as store:
        from pressrun.circulation.dossiers import people_in

        for person in people_in(store, name, SubscriptionState(state) if state else None, tag):
            stands = ", ".join(f"{listed}: {how}" for listed, how in person.standings)
            out.print(shown("  ".join(filter(None, (person.address, person.name, stands)))))
            count += 1
    console(stderr=True).print(f"{counted(count, 'person', 'people')}")


@click.command("stats", short_help="How many there are, and how that grew.")
@click.option("--list", "name", metavar="ID", help="Only this list.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw the growth into this file, too.")
@source_option
def stats(name: str | None, svg: Path | None, source: Path) -> None:
    """Show how many people are in each state on each list, and how many were confirmed at the end of each month."""
    out = console()
    with opened_store(source, looks=True) as store:
        from pressrun.circulation.dossiers import census, growth

        counts = census(store, name)
        months = growth(store, name, datetime.now(UTC))
    for listed, states in counts.items():
        told = ", ".join(f"{count:,} {state}" for state, count in states.items())
        out.print(shown(f"{listed}: {told}"))
    if not counts:
        out.print("There is nobody yet.")
    most = max((count for _, count in months), default=0)
    for month, count in months[-MONTHS:]:
        out.print(f"{month}  {'█' * round(WIDEST * count / most) if most else ''} {count:,}")
    if svg is not None:
        from pressrun.circulation.subscribers.growth import as_svg

        look = publication_at(source).look
        svg.write_text(as_svg(months, look.light), encoding="utf-8")
        out.print(f"{svg} shows it.")
