"""The recipients of an edition, as lines or as CSV."""

import csv
import io
from collections.abc import Iterable

import click

from pressrun.cli.show import console
from pressrun.model.delivery import Delivery
from pressrun.model.problems import shown

COLUMNS = ("address", "outcome", "at", "attempts", "next_try", "code", "enhanced", "words")
# What a spreadsheet would take for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def show_recipients(deliveries: Iterable[Delivery]) -> None:
    """Print *deliveries*, one a line: the address, the outcome, and the last word on it."""
    out = console()
    for delivery in deliveries:
        words = f" ({delivery.words})" if delivery.words else ""
        again = f", again at {delivery.next_try:%Y-%m-%dT%H:%MZ}" if delivery.next_try else ""
        out.print(shown(f"{delivery.address or '(erased)'}: {delivery.state.value}{again}{words}"))


def show_csv(deliveries: Iterable[Delivery]) -> None:
    """Print *deliveries* as CSV on standard output, times in UTC."""
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
