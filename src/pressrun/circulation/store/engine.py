"""The database: opened, brought up to date, read and written; what a driver complains of becomes a StoreError."""

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from pressrun.circulation.store.tables import HEAD, history, keys
from pressrun.model.problems import StoreError

_MINE_ALONE = 0o600
_WRITES = "pressrun_writes"
_VERSIONS = "alembic_version"
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


class NoStore(StoreError):
    """There is no store at a place; *folder* is the option that a command to create one needs besides."""

    def __init__(self, url: URL, folder: str = "") -> None:
        super().__init__(f"There is no store in {shown_place(url)}. Create one with: pressrun store init{folder}")


class Store:
    """A store of the newest form; get one from `open_store`. *entropy* gives random bytes."""

    def __init__(self, engine: Engine, entropy: Entropy, file: Path | None = None) -> None:
        self.entropy = entropy
        self.file = file  # that it is in, if it is one of SQLite
        self._engine = engine
        self._writing = engine.execution_options(**{_WRITES: True})

    @property
    def is_postgresql(self) -> bool:
        """Whether it is PostgreSQL; else it is SQLite."""
        return self._engine.dialect.name == "postgresql"

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

    def copy_to(self, file: Path) -> None:
        """Write all that an SQLite store holds into *file*, which does not exist yet; nobody else can read it."""
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MINE_ALONE))
        with told("copy"), self._engine.connect() as connection:
            # SQLite takes a file that is empty for one that does not exist.
            connection.connection.driver_connection.execute("VACUUM INTO ?", (str(file),))  # type: ignore[union-attr]

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


def create_store(url: URL, entropy: Entropy = secrets.token_bytes) -> Store:
    """Create a store at *url*, where there is none yet; nothing else does. One that is there is opened.

    Whoever calls has seen to it that git does not keep the file: it holds people. Raises StoreError where there is the
    database of something else.
    """
    file = file_of(url)
    if file is not None and file.is_file() and file.stat().st_size and _is_of_something_else(url):
        raise StoreError(f"{file} is a database, and not a store of Pressrun. Nothing was changed.")
    engine = engine_for(url)
    try:
        with told("open"):
            is_new = version_of(engine) != HEAD
        if is_new:
            upgrade(engine, entropy)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, entropy, file)


def looked_at(url: URL) -> Store | None:
    """Return the store at *url* to read it; None where there is none of the newest form. Nothing is made or changed."""
    return open_store(url, looks=True) if version_at(url) == HEAD else None


def open_store(
    url: URL, entropy: Entropy = secrets.token_bytes, *, cache: int = CACHE_KILOBYTES, looks: bool = False
) -> Store:
    """Open the store at *url*, which is there, and is not created.

    A file of an older version is brought up to date, unless the caller only *looks*: then nothing is created or
    changed, and nothing can be. PostgreSQL is brought up to date by `upgrade` alone. Of an SQLite file at most *cache*
    kilobytes are kept in memory. Raises NoStore where there is none, and StoreError where it is of another version.
    """
    version = version_at(url)
    if version is None:
        raise NoStore(url)
    file = file_of(url)
    is_older = version != HEAD and version in known_versions()
    if version != HEAD and (looks or file is None or not is_older):
        raise StoreError(_other_version(url, is_older=is_older))
    if looks:
        return Store(_engine_to_look(url, cache), entropy, file)
    engine = engine_for(url, cache)
    if is_older:
        try:
            upgrade(engine, entropy)
        except BaseException:
            engine.dispose()
            raise
    return Store(engine, entropy, file)


def shown_place(url: URL) -> str:
    """Return where *url* is, without its password."""
    return url.render_as_string(hide_password=True) if file_of(url) is None else str(url.database)


def _other_version(url: URL, *, is_older: bool) -> str:
    if is_older:
        return (
            f"The store in {shown_place(url)} is of an older Pressrun. Bring it up to date with: pressrun store upgrade"
        )
    return (
        "The store was made by a newer Pressrun, which this one does not understand; "
        "nothing was changed. Use the newer Pressrun."
    )


def version_at(url: URL) -> str | None:
    """Return the migration that the store at *url* is at; None where there is none. Nothing is created or changed."""
    file = file_of(url)
    try:
        if file is not None and not (file.is_file() and file.stat().st_size):
            if file.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            return None
    except OSError as error:
        raise StoreError(f"cannot open the store {file}: {error.strerror or error}") from error
    engine = _engine_to_look(url)
    try:
        with told("open"):
            return version_of(engine)
    finally:
        engine.dispose()


def _is_of_something_else(url: URL) -> bool:
    """Return whether there are tables at *url*, and none of a store."""
    engine = _engine_to_look(url)
    try:
        with told("open"), engine.connect() as connection:
            names = inspect(connection).get_table_names()
    finally:
        engine.dispose()
    return bool(names) and _VERSIONS not in names


def _engine_to_look(url: URL, cache: int = CACHE_KILOBYTES) -> Engine:
    """Return an engine that can change nothing, and of an SQLite file also creates nothing that stays."""
    file = file_of(url)
    if file is None:
        return create_engine(url, hide_parameters=True, execution_options={"postgresql_readonly": True})
    query, pragmas = _ways_to_look(file)
    place = URL.create("sqlite", database=file.absolute().as_uri(), query={"uri": "true", **query})
    engine = create_engine(place, hide_parameters=True)

    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            *pragmas,
            "query_only = ON",
            f"busy_timeout = {PATIENCE_MILLISECONDS}",
            f"cache_size = -{cache}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _ways_to_look(file: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the parameters of SQLite's URI for *file*, and pragmas, so that a look leaves no trace beside it."""
    log, index = file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")
    if log.is_file() and log.stat().st_size:
        if not index.exists() and os.name == "posix":
            # Nobody uses the store: the log was left by a crash or a copy. Its index is kept in memory then, for which
            # SQLite wants the file for itself; with this VFS it locks nobody out.
            return {"mode": "ro", "vfs": "unix-none"}, ("locking_mode = EXCLUSIVE",)
        # Whoever could write would move the log into the file when they close it.
        return {"mode": "ro"}, ()
    if os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        # A log without anything in it, and its index, are there while we look, so that others can write meanwhile.
        # SQLite removes both when we close the file, but not where it was opened read-only.
        return {"mode": "rw"}, ()
    return {"mode": "ro", "immutable": "1"}, ()


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
    if not inspect(connection).has_table(_VERSIONS):
        return None
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(version) if version is not None else None


def known_versions() -> list[str]:
    """The migrations that this Pressrun has, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()]


def upgrade(engine: Engine, entropy: Entropy = secrets.token_bytes) -> bool:
    """Create the tables, or bring them to the newest form, in one transaction; whether there was anything to do."""
    from alembic import command  # takes long to import, and few runs need it

    with told("bring up to date"), engine.execution_options(**{_WRITES: True}).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7069551)")  # any number, always the same
        version = _version(connection)
        if version == HEAD:
            return False
        if version not in (None, *known_versions()):
            raise StoreError(_other_version(engine.url, is_older=False))
        configuration = _alembic()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        if connection.execute(select(keys.c.number)).first() is None:
            connection.execute(insert(keys).values(key=entropy(32)))
        if connection.execute(select(history.c.number)).first() is None:
            connection.execute(insert(history).values(token=entropy(16).hex(), claims=0, editions=0))
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
