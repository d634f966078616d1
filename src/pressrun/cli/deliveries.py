"""`pressrun deliveries`, the former name of `pressrun editions show --people`."""

from pathlib import Path

import click

from pressrun.cli.editions import people_options, show_people
from pressrun.cli.former import COMMANDS, note
from pressrun.cli.options import source_option


@click.command("deliveries")
@click.argument("name", metavar="EDITION")
@people_options
@source_option
def command(name: str, outcomes: tuple[str, ...], as_csv: bool, source: Path) -> None:
    """List the recipients of EDITION: the former name of pressrun editions show --people."""
    note("deliveries", COMMANDS["deliveries"])
    show_people(source, name, outcomes, as_csv=as_csv)
