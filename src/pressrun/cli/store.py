"""`pressrun store`."""

import os
from pathlib import Path

import click

from pressrun.cli.database import database_named
from pressrun.cli.options import source_option
from pressrun.cli.show import console


@click.group("store")
def command() -> None:
    """The store of subscribers: a file of SQLite, or PostgreSQL where PRESSRUN_DATABASE names one."""


@command.command("upgrade", short_help="Make it, or bring it up to date.")
@source_option
def upgrade(source: Path) -> None:
    """Make the store, or bring it to the form that this version of Pressrun needs.

    A file of SQLite is brought up to date by itself; PostgreSQL only by this command.
    """
    url = database_named(os.environ, source)
    from pressrun.store.engine import engine_for
    from pressrun.store.engine import upgrade as upgraded

    engine = engine_for(url)
    try:
        changed = upgraded(engine)
    finally:
        engine.dispose()
    place = url.render_as_string(hide_password=True) if url.host or url.query else url.database
    console().print(f"{place} {'is up to date now' if changed else 'was up to date already'}.")
