"""What the store knows of editions that were sent, for commands that choose stories by it. No store is created."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pressrun.content.chains import NO_RECORDS, Records
from pressrun.settings.database import database_named, is_certainly_missing, opened_store

if TYPE_CHECKING:
    from pressrun.post.sending.dispatch import Sent


def sent_before(environment: Mapping[str, str], source: Path, *, looks: bool = False) -> "Sent":
    """Return what the store of *source* knows of the editions that were sent, for a command that sends another one.

    With *looks*, the command changes nothing, and an older store stays as it is. From a store that does not exist yet,
    nothing was sent. Raises SettingsError or StoreError where the store cannot be read.
    """
    url = database_named(environment, source)
    from pressrun.circulation.store.engine import file_of
    from pressrun.post.sending.dispatch import Sent, sent_from

    file = file_of(url)
    if file is not None and not file.is_file():
        return Sent()
    with opened_store(source, looks=looks) as store:
        return sent_from(store)


def records_at(environment: Mapping[str, str], source: Path, *, other_machines: bool) -> Records:
    """Return what the store knows, without making or changing one; a database elsewhere only with *other_machines*.

    Raises SettingsError or StoreError where the store cannot be read.
    """
    if is_certainly_missing(environment, source):  # what asks a database takes long to import
        return NO_RECORDS
    url = database_named(environment, source)
    from pressrun.circulation.store.engine import file_of, looked_at

    if file_of(url) is None and not other_machines:
        return NO_RECORDS
    store = looked_at(url)
    if store is None:
        return NO_RECORDS
    from pressrun.post.sending.dispatch import sent_from

    try:
        return sent_from(store).records
    finally:
        store.close()
