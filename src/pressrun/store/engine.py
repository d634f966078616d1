"""The database: opened, brought up to date, read and written; what a driver complains of becomes a StoreError."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from pressrun.problems import StoreError
from pressrun.store.tables import HEAD, keys

_MINE_ALONE = 0o600
_WRITES = "pressrun_writes"
# How long a write waits for another one, and how much of the file SQLite may keep in memory.
PATIENCE_MILLISECONDS = 30_000
CACHE_KILOBYTES = 128_000
# Enough for whoever goes from one person to the next, however many there are.
LITTLE_CACHE_KILOBYTES = 2_000
ATTEMPTS = 1_000
POSTGRESQL = {"postgresql", "postgres", "postgresql+psycopg"}

Entropy: TypeAlias = Callable[[int], bytes]
Place: TypeAlias = URL  # where a store is, or is to be
Transaction: TypeAlias = Connection  # what is read and written at once


class Store:
    """A store of the newest form; make one with `open_store`. *entropy* gives random bytes."""

    def __init__(self, engine: Engine, entropy: Entropy) -> None:
        self.entropy = entropy
        self._engine = engine
        self._writing = engine.execution_options(**{_WRITES: True})

    @property
    def is_postgresql(self) -> bool:
        """Whether it is PostgreSQL; else it is SQLite."""
        return self._engine.dialect.name == "postgresql"

    @property
    def file(self) -> Path | None:
        """The file that it lies in, if it is one of SQLite."""
        return file_of(self._engine.url)

    @contextmanager
    def line(self) -> Iterator[Connection]:
        """One connection for many transactions that change something, each begun by whoever holds it."""
        with told("open"):
            connection = self._writing.connect()
        with connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that changes something: all of it is kept at the end, or nothing where anything is raised."""
        with told("change"), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that changes nothing, and sees the store as it was at its beginning."""
        level = {"isolation_level": "REPEATABLE READ"} if self.is_postgresql else {}
        with told("read"), self._engine.connect().execution_options(**level) as connection, connection.begin():
            yield connection

    def scrub(self) -> None:
        """Have SQLite's log not hold any more what was deleted; while others read, it goes with their next writing."""
        if not self.is_postgresql:
            with told("change"), self._engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()


def place_from(text: str) -> URL:
    """The database that *text* names: an address of PostgreSQL, or the path of an SQLite file.

    Raises ValueError with a sentence where it is neither; it never shows a password.
    """
    if "://" not in text:
        return URL.create("sqlite", database=text)
    scheme = text.partition("://")[0]
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ValueError(f"what begins with {scheme}:// is no address of a database") from error
    if url.drivername in POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return URL.create("sqlite", database=url.database)
    raise ValueError(
        f'"{scheme}" is no database that Pressrun knows; '
        "write postgresql://user@host/name, or the path of a file for SQLite"
    )


def file_of(url: URL) -> Path | None:
    """The file that the store lies in, if it is one of SQLite."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def open_store(url: URL, entropy: Entropy = secrets.token_bytes, *, cache: int = CACHE_KILOBYTES) -> Store:
    """The store at *url*: one of SQLite is made, or brought up to date, on the way; one of PostgreSQL has to be.

    Of one of SQLite at most *cache* kilobytes are kept in memory. Whoever calls has seen to it that git does not keep
    the file: it holds people.
    """
    engine = engine_for(url, cache)
    try:
        with told("open"):
            version = version_of(engine)
        if version != HEAD:
            if engine.dialect.name == "postgresql" or version not in (None, *known_versions()):
                raise StoreError(_other_version(version))
            upgrade(engine, entropy)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, entropy)


def _other_version(version: str | None) -> str:
    if version is None:
        return "There is no store in this database yet; make it with: pressrun store upgrade"
    if version in known_versions():
        return "The store is of an older Pressrun; bring it up to date with: pressrun store upgrade"
    return (
        "The store was made by a newer Pressrun, which this one does not understand; "
        "nothing was changed. Use the newer Pressrun."
    )


def engine_for(url: URL, cache: int = CACHE_KILOBYTES) -> Engine:
    """The engine for *url*; nothing is asked of the database yet, but an SQLite file is there after it."""
    file = file_of(url)
    if file is None:
        return create_engine(url, hide_parameters=True)
    _make_private(file)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", lambda connection, _: _prepare(connection, cache))
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(file: Path) -> None:
    """Have *file* be there, and nobody else read it; SQLite's files beside it get the same mode from it."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, _MINE_ALONE))
        if file.stat().st_mode & 0o777 != _MINE_ALONE:
            file.chmod(_MINE_ALONE)
    except OSError as error:
        raise StoreError(f"cannot open the store {file}: {error.strerror or error}") from error


def _prepare(connection: Any, cache: int) -> None:
    # The driver would begin transactions when it thinks fit; _begin does.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {PATIENCE_MILLISECONDS}",
        # Whoever left has left, also after a power cut.
        "synchronous = FULL",
        "foreign_keys = ON",
        # Whoever was erased is not to be read between the lines of the file.
        "secure_delete = ON",
        f"cache_size = -{cache}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _keep_a_log(connection)


def _keep_a_log(connection: Any) -> None:
    """Have writing not wait for reading, nor reading for writing; it is a property of the file, and set once."""
    for _ in range(ATTEMPTS):
        if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            return
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except connection.OperationalError:
            # This alone does not wait for others, whatever busy_timeout says; but the beginning of a write does.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    # What turns from reading to writing fails at once where somebody else writes, whatever busy_timeout says.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def version_of(engine: Engine) -> str | None:
    """The migration that the database is at; None where there is no store in it."""
    with engine.connect() as connection:
        return _version(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(version) if version is not None else None


def known_versions() -> list[str]:
    """The migrations that this Pressrun has, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()]


def upgrade(engine: Engine, entropy: Entropy = secrets.token_bytes) -> bool:
    """Bring the store to the newest form, in one transaction; whether there was anything to do."""
    from alembic import command  # takes long to import, and few runs need it

    with told("bring up to date"), engine.execution_options(**{_WRITES: True}).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7069551)")  # any number, always the same
        version = _version(connection)
        if version == HEAD:
            return False
        if version not in (None, *known_versions()):
            raise StoreError(_other_version(version))
        configuration = _alembic()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        if connection.execute(select(keys.c.number)).first() is None:
            connection.execute(insert(keys).values(key=entropy(32)))
    return True


def _alembic() -> Any:
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration


@contextmanager
def told(attempt: str) -> Iterator[None]:
    """Have what a driver complains of be a StoreError that says what was attempted."""
    try:
        yield
    except SQLAlchemyError as error:
        # The driver's own words: SQLAlchemy would add the statement with all its values, people among them.
        reason = str(error.orig).partition("\n")[0] if isinstance(error, DBAPIError) else str(error)
        raise StoreError(f"cannot {attempt} the store: {reason}") from error
