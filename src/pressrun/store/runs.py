"""A run that sends an edition: the only one on it, as long as it lives."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pressrun.problems import StoreError
from pressrun.store.engine import Store, told

# Any number, always the same: advisory locks of others in the same database have other ones.
_LOCKS = 7069552
_MINE_ALONE = 0o600


class Busy(StoreError):
    """Another run is at work on the edition."""

    def __init__(self) -> None:
        super().__init__("another run sends this edition just now; pressrun send --status tells how far it is")


class Run:
    """What a run writes; all of it goes over the one connection that also holds the lock of PostgreSQL."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """One transaction: all of it is kept at the end, or nothing where anything is raised."""
        with told("change"), self._connection.begin():
            yield self._connection


@contextmanager
def only_run(store: Store, number: int) -> Iterator[Run]:
    """The only run on the mailing *number*; raises Busy where there is another.

    The lock is the operating system's, or of PostgreSQL's session: it is free when its holder is dead, and not before.
    """
    file = store.file
    if file is not None:
        file = file.resolve()  # whatever name leads there, it is one store
        with _locked(file.with_name(f"{file.name}-run{number}")), store.line() as connection:
            yield Run(connection)
        return
    with store.line() as connection:
        with told("lock"), connection.begin():
            is_mine = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LOCKS}, {number})").scalar()
        if not is_mine:
            raise Busy
        try:
            yield Run(connection)
        finally:
            _unlock(connection, number)


def _unlock(connection: Connection, number: int) -> None:
    """Let go of the lock; where there is no asking any more, the session ends, and the lock with it."""
    try:
        with connection.begin():
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCKS}, {number})")
    except SQLAlchemyError:
        connection.invalidate()


@contextmanager
def is_running(store: Store, number: int) -> Iterator[bool]:
    """Whether a run is at work on the mailing *number*; none begins as long as this is open."""
    try:
        with only_run(store, number):
            yield False
    except Busy:
        yield True


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    try:
        place = os.open(file, os.O_RDWR | os.O_CREAT, _MINE_ALONE)
    except OSError as error:
        raise StoreError(f"cannot lock the store by {file}: {error.strerror or error}") from error
    try:
        try:
            _lock(place)
        except (BlockingIOError, PermissionError) as error:
            raise Busy from error
        except OSError as error:
            raise StoreError(f"cannot lock the store by {file}: {error.strerror or error}") from error
        yield
    finally:
        os.close(place)


if sys.platform == "win32":
    import msvcrt

    def _lock(place: int) -> None:
        msvcrt.locking(place, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(place: int) -> None:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
