"""`pressrun deliveries`."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import click

from pressrun.cli.database import opened_store
from pressrun.cli.options import source_option
from pressrun.cli.show import console
from pressrun.model.delivery import Delivery, State
from pressrun.problems import ContentError, shown

COLUMNS = ("address", "outcome", "at", "attempts", "next_try", "code", "enhanced", "words")
# What a spreadsheet would take for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@click.command("deliveries")
@click.argument("name", metavar="EDITION")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only those that stand so; it may be repeated.",
)
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, for a spreadsheet or a script.")
@source_option
def command(name: str, outcomes: tuple[str, ...], as_csv: bool, source: Path) -> None:
    """Tell who got EDITION, and what became of it for everybody else.

    EDITION is a slug, an id or a file. An address that is missing is that of somebody who was erased since.
    """
    from pressrun.cli.mailing import show_tally

    states = [State(word) for word in outcomes] or list(State)
    with opened_store(source) as store:
        from pressrun.dispatch import deliveries_of, status  # it needs what a store needs

        found = status(store, edition_id(source, name))
        if found is None:
            raise click.UsageError(f"{name} was not sent from this store.")
        each = deliveries_of(store, found.number, states)
        if as_csv:
            show_csv(each)
            return
        out = console()
        for delivery in each:
            words = f" ({delivery.words})" if delivery.words else ""
            again = f", again at {delivery.next_try:%Y-%m-%dT%H:%MZ}" if delivery.next_try else ""
            out.print(shown(f"{delivery.address or '(erased)'}: {delivery.state.value}{again}{words}"))
        show_tally(found.tally, found.next_try, found.turned_away)


def show_csv(deliveries: Iterable[Delivery]) -> None:
    """*deliveries* as CSV on standard output, moments in UTC."""
    click.echo(_row(COLUMNS), nl=False)
    for each in deliveries:
        again = each.next_try.isoformat() if each.next_try is not None else ""
        code = "" if each.code is None else each.code
        words = each.reason.value if each.reason is not None else each.text or ""
        changed = each.changed.isoformat()
        row = (each.address or "", each.state.value, changed, each.attempts, again, code, each.enhanced or "", words)
        click.echo(_row(row), nl=False)


def _row(values: Iterable[object]) -> str:
    text = io.StringIO()
    cells = [f"'{cell}" if str(cell).startswith(FORMULAS) else cell for cell in values]
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def edition_id(source: Path, name: str) -> str:
    """The id of the edition that *name* means; an id may be one of an edition that is gone."""
    if name.startswith("tag:"):
        return name
    from pressrun.content.load import load
    from pressrun.send import NoSuchEdition, edition_named

    content, problems = load(source)
    if content is None:
        raise ContentError(problems)
    try:
        return edition_named(content, source, name, problems).id
    except NoSuchEdition as error:
        raise click.UsageError(str(error)) from error
