"""`pressrun store`."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli import backups
from pressrun.cli.group import Group
from pressrun.cli.options import source_option
from pressrun.cli.show import console, counted
from pressrun.model.problems import shown
from pressrun.settings.database import database_named, folder_option, opened_store
from pressrun.settings.private import refuse_in_git

if TYPE_CHECKING:
    from pressrun.circulation.store.engine import Store

DUMP = "pg_dump --format custom --file before-identities.dump"


@click.group("store", cls=Group)
def command() -> None:
    """The store of subscribers: an SQLite file, or PostgreSQL where PRESSRUN_DATABASE names one."""


@command.command("init", short_help="Create it.")
@source_option
def init(source: Path) -> None:
    """Create the store of subscribers, which is empty then. No other command creates one.

    In PostgreSQL, it creates tables in a database that you have created.
    """
    url = database_named(os.environ, source)
    from pressrun.circulation.store.engine import create_store, shown_place, version_at
    from pressrun.circulation.store.tables import HEAD

    place, version = shown(shown_place(url)), version_at(url)
    if version is None:
        create_store(url).close()
        console().print(f"{place} is created.")
    elif version == HEAD:
        console().print(f"There is a store in {place} already. Nothing was changed.")
    else:
        console().print(f"There is a store in {place} already, of another version. Nothing was changed.")
        console(stderr=True).print("hint: pressrun store upgrade")


@command.command("upgrade", short_help="Bring it up to date.")
@click.option("--identities", is_flag=True, help="Then give each mailbox its own fingerprint; see the manual.")
@click.option("--yes", is_flag=True, help="Do not ask whether there is a backup.")
@source_option
def upgrade(source: Path, identities: bool, yes: bool) -> None:
    """Bring the store to the form that this version of Pressrun needs.

    Commands that change something bring an SQLite file up to date as well; PostgreSQL only this command does.

    With --identities, people who were one with others by the earlier rule are split from them, once. An SQLite file is
    copied before; of PostgreSQL, make a dump first.
    """
    if yes and not identities:
        raise click.UsageError("--yes is for --identities.")
    url = database_named(os.environ, source)
    from pressrun.circulation.store.engine import NoStore, engine_for, shown_place, version_at
    from pressrun.circulation.store.engine import upgrade as upgraded

    if version_at(url) is None:
        raise NoStore(url, folder_option(source))
    engine = engine_for(url)
    try:
        changed = upgraded(engine)
    finally:
        engine.dispose()
    console().print(f"{shown(shown_place(url))} {'is up to date now' if changed else 'was up to date already'}.")
    if identities:
        _split(source, asked=yes)


def _split(source: Path, *, asked: bool) -> None:
    from pressrun.circulation.identities import folded_people, split

    out = console()
    with opened_store(source) as store:
        count = folded_people(store)
        if not count:
            out.print("Each mailbox has a mark of its own already. Nothing was changed.")
            return
        _have_a_backup(store, asked=asked)
        done = split(store)
    out.print(f"{counted(done.people, 'person has', 'people have')} a mark of their own now.")
    if done.shared:
        out.print("These addresses were folded until now. Others may have been taken for the same person:")
    for address in done.shared:
        out.print(shown(f"  {address}"))


def _have_a_backup(store: "Store", *, asked: bool) -> None:
    """Copy the file of *store*; where it is in PostgreSQL, have a person say that there is a dump."""
    if store.file is not None:
        copy = store.file.with_name(f"{store.file.stem}-before-identities-{datetime.now(UTC):%Y%m%d%H%M%S}.db")
        refuse_in_git(copy, "a copy of a store", "let git ignore it")
        store.copy_to(copy)
        console().print(shown(f"The store as it was is in {copy}."))
    elif not asked:
        if not sys.stdin.isatty():
            raise click.UsageError(f"Make a dump first ({DUMP}), and say --yes.")
        click.confirm(f"Is there a dump of the database, such as {DUMP} makes?", abort=True)


command.add_command(backups.command)
