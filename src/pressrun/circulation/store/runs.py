"""A run that sends an edition: the only one on it, as long as it lives."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pressrun.circulation.store import locks
from pressrun.circulation.store.engine import Store, told
from pressrun.model.problems import StoreError


class _Locks(NamedTuple):
    """Locks of one purpose: the *first* number of those of PostgreSQL, and the *word* in the names of files."""

    first: int
    word: str

    def file(self, store: Path, number: int) -> Path:
        """Return the file beside the file *store* that is locked; whatever name leads to the store, it is one."""
        store = store.resolve()
        return store.with_name(f"{store.name}-{self.word}{number}")


# Any numbers, always the same: advisory locks of others in the same database have other ones.
_RUNS = _Locks(7069552, "run")
_CLAIMERS = _Locks(7069553, "service")  # of services that have emails in hand


class Busy(StoreError):
    """Another run is at work on the edition."""

    def __init__(self) -> None:
        super().__init__("another run sends this edition just now. See how far it is: pressrun editions list")


class SendRun:
    """What a run writes; all of it goes over the one connection that also holds the lock of PostgreSQL."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """One transaction: all of it is kept at the end, or nothing where anything is raised."""
        if self._connection.invalidated:
            # Another line would be made, without the lock: somebody else may have taken that meanwhile.
            raise StoreError("cannot change the store: the line to the database broke")
        with told("change"), self._connection.begin():
            yield self._connection


@contextmanager
def only_run(store: Store, number: int) -> Iterator[SendRun]:
    """The only run on the mailing *number*; raises Busy where there is another.

    The lock is the operating system's, or of PostgreSQL's session: it is free when its holder is dead, and not before.
    """
    with _alone(store, _RUNS, number) as run:
        yield run


@contextmanager
def only_claimer(store: Store, number: int) -> Iterator[SendRun]:
    """The only service that has emails in hand under *number*; raises Busy where there is another that lives.

    The lock is like that of `only_run`, and everything is written over the connection that holds it.
    """
    with _alone(store, _CLAIMERS, number) as run:
        yield run


@contextmanager
def _alone(store: Store, locks_of: _Locks, number: int) -> Iterator[SendRun]:
    file = store.file
    if file is not None:
        with _locked(locks_of.file(file, number)), store.line() as connection:
            yield SendRun(connection)
        return
    with store.line() as connection:
        with told("lock"), connection.begin():
            is_mine = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({locks_of.first}, {number})").scalar()
        if not is_mine:
            raise Busy
        try:
            yield SendRun(connection)
        finally:
            _unlock(connection, locks_of, number)


def _unlock(connection: Connection, locks_of: _Locks, number: int) -> None:
    """Let go of the lock; where there is no asking any more, the session ends, and the lock with it."""
    try:
        with connection.begin():
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({locks_of.first}, {number})")
    except SQLAlchemyError:
        connection.invalidate()


def is_running(store: Store, number: int) -> bool:
    """Whether a run is at work on the mailing *number* just now; no run is kept from beginning by the question."""
    file = store.file
    if file is None:
        with store.read() as connection:
            return bool(connection.exec_driver_sql(_HELD.format(number=number)).scalar())
    return locks.is_taken(_RUNS.file(file, number))


# An advisory lock of two numbers, as pg_locks shows it.
_HELD = f"""
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = {_RUNS.first} AND objid::bigint = {{number}}
)
"""


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    place = locks.opened(file)
    try:
        if not locks.is_mine(place, file):
            raise Busy
        yield
    finally:
        os.close(place)
