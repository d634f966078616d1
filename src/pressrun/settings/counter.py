"""Where this machine counts what was sent from a store, so that a store restored from a backup is noticed."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pressrun.model.problems import StoreError

if TYPE_CHECKING:
    from pressrun.circulation.store.counterfile import CounterFile
    from pressrun.circulation.store.engine import Store

VARIABLE = "PRESSRUN_STATE"


@contextmanager
def counter_of(store: "Store") -> "Iterator[CounterFile]":
    """Open the counter of *store*: beside an SQLite file, else in a folder of this machine; see `state_folder`."""
    from pressrun.circulation.store.counterfile import CounterFile
    from pressrun.circulation.store.history import name_of

    file = store.file
    if file is not None:
        file = file.resolve()  # whatever name leads to the store, its counter is one
        path = file.with_name(f"{file.name}-sent")
    else:
        with store.read() as db:
            path = state_folder(os.environ) / f"{name_of(db)}-sent"
    counter = CounterFile(path)
    try:
        yield counter
    finally:
        counter.close()


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder where this machine keeps what has to outlive a database.

    PRESSRUN_STATE names it; else it is where the system keeps such things (XDG Base Directory Specification).
    Raises StoreError where neither names one.
    """
    if named := environment.get(VARIABLE):
        return Path(named)
    if sys.platform == "win32" and (local := environment.get("LOCALAPPDATA")):
        return Path(local) / "pressrun"
    base = environment.get("XDG_STATE_HOME", "")
    if Path(base).is_absolute():  # the specification has a path that is relative count as unset
        return Path(base) / "pressrun"
    try:
        return Path.home() / ".local" / "state" / "pressrun"
    except RuntimeError as error:
        raise StoreError(
            f"no folder is known in which this machine keeps its counter; name one with {VARIABLE}"
        ) from error
