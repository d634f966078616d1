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
_ATTEMPTS = 1_000


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
        if self._connection.invalidated:
            # Another line would be made, without the lock: somebody else may have taken that meanwhile.
            raise StoreError("cannot change the store: the line to the database broke")
        with told("change"), self._connection.begin():
            yield self._connection


@contextmanager
def only_run(store: Store, number: int) -> Iterator[Run]:
    """The only run on the mailing *number*; raises Busy where there is another.

    The lock is the operating system's, or of PostgreSQL's session: it is free when its holder is dead, and not before.
    """
    file = store.file
    if file is not None:
        with _locked(_lock_file(file, number)), store.line() as connection:
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


def is_running(store: Store, number: int) -> bool:
    """Whether a run is at work on the mailing *number* just now; no run is kept from beginning by the question."""
    file = store.file
    if file is None:
        with store.read() as connection:
            return bool(connection.exec_driver_sql(_HELD.format(number=number)).scalar())
    file = _lock_file(file, number)
    if not file.exists():
        return False
    place = _opened(file)
    try:
        return not _shared(place)
    finally:
        os.close(place)


# An advisory lock of two numbers, as pg_locks shows it.
_HELD = f"""
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = {_LOCKS} AND objid::bigint = {{number}}
)
"""


def _lock_file(file: Path, number: int) -> Path:
    """The file beside the store *file* by which a run is locked; whatever name leads to the store, it is one."""
    file = file.resolve()
    return file.with_name(f"{file.name}-run{number}")


def _opened(file: Path) -> int:
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT, _MINE_ALONE)
    except OSError as error:
        raise StoreError(f"cannot lock the store by {file}: {error.strerror or error}") from error


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    place = _opened(file)
    try:
        try:
            for _ in range(_ATTEMPTS):
                if _locked_alone(place):
                    break
                if not _shared(place):
                    raise Busy
                # Somebody asked whether a run is at work, and has let go or soon will.
                _let_go(place)
            else:
                raise Busy
        except OSError as error:
            raise StoreError(f"cannot lock the store by {file}: {error.strerror or error}") from error
        yield
    finally:
        os.close(place)


if sys.platform == "win32":
    import msvcrt

    def _locked_alone(place: int) -> bool:
        try:
            msvcrt.locking(place, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _shared(place: int) -> bool:
        # There are no shared locks; to have asked is to have kept a run from beginning, for this moment.
        return _locked_alone(place)

    def _let_go(place: int) -> None:
        msvcrt.locking(place, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _locked_alone(place: int) -> bool:
        return _flocked(place, fcntl.LOCK_EX)

    def _shared(place: int) -> bool:
        return _flocked(place, fcntl.LOCK_SH)

    def _let_go(place: int) -> None:
        fcntl.flock(place, fcntl.LOCK_UN)

    def _flocked(place: int, kind: int) -> bool:
        try:
            fcntl.flock(place, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
