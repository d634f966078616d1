"""`pressrun store accept-backup`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.cli.options import source_option
from pressrun.cli.show import console, counted
from pressrun.model.problems import shown
from pressrun.settings.counter import counter_of
from pressrun.settings.database import opened_store


@click.command(name="accept-backup", short_help="Accept that it was restored from a backup.")
@click.option("--yes", is_flag=True, help="Do not ask before.")
@source_option
def command(yes: bool, source: Path) -> None:
    """Accept that the store was restored from a backup, so that nobody gets an edition twice.

    A person whose delivery is planned or deferred may have got the edition after the backup was made. Those
    deliveries become unknown: they are not attempted again unless you run `pressrun send EDITION --retry unknown`.
    """
    out = console()
    with opened_store(source) as store, counter_of(store) as counter:
        from pressrun.post.sending import backups

        found = backups.left_open(store)
        total = counted(sum(each.unknown for each in found), "person", "people")
        if not yes:
            if not sys.stdin.isatty():
                raise click.UsageError("Nobody is here to be asked: say --yes.")
            editions = counted(len(found), "edition that is not finished", "editions that are not finished")
            click.confirm(
                f"This store has {editions}. Mark {total} as unknown, so that no run sends to them?", abort=True
            )
        accepted = backups.accept(store, counter, datetime.now(UTC))
    for each in accepted:
        people = counted(each.unknown, "person is", "people are")
        out.print(shown(f"{each.edition}: {people} unknown now."))
    out.print(f"The backup is accepted: {counted(len(accepted), 'edition')}, {total}. Nobody gets an edition twice.")
    if accepted:
        out.print("To see who they are: pressrun editions show EDITION --people --outcome unknown")
