"""What the store knows of editions that were sent, asked for by a command, and shown where it cannot be read."""

import os
from pathlib import Path

from pressrun.cli.show import console
from pressrun.content.chains import NO_RECORDS, Records
from pressrun.model.problems import SettingsError, StoreError, shown
from pressrun.post.sending.past import records_at
from pressrun.settings.database import MISSING


def records_of(source: Path) -> Records:
    """Return what the store knows. Where no store can be read, this is shown, and nothing is known."""
    try:
        return local_records(source, other_machines=True)
    except (SettingsError, StoreError) as error:
        if str(error) != MISSING:
            words = "What was sent is known from the receipts in the editions alone"
            console(stderr=True).print(shown(f"{words}: {error}"))
        return NO_RECORDS


def local_records(source: Path, *, other_machines: bool) -> Records:
    """Return what the store knows, without making or changing one; a database elsewhere only with *other_machines*.

    Raises SettingsError or StoreError where the store cannot be read.
    """
    return records_at(os.environ, source, other_machines=other_machines)
