"""The store is made, brought up to date and refused, on both databases."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from people import ADA, a_confirmed
from pressrun.problems import PressrunError, StoreError
from pressrun.store.engine import (
    Store,
    engine_for,
    file_of,
    known_versions,
    open_store,
    place_from,
    upgrade,
    version_of,
)
from pressrun.store.tables import HEAD, identities, keys, ledger, metadata


def made(url: URL) -> Store:
    engine = engine_for(url)
    upgrade(engine)
    engine.dispose()
    return open_store(url)


def test_migrations_make_the_tables_that_the_code_knows(database: URL) -> None:
    store = made(database)
    with store.read() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []
    store.close()


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    assert known_versions()[0] == HEAD


def test_bringing_up_to_date_what_is_up_to_date_does_nothing(database: URL) -> None:
    engine = engine_for(database)
    assert version_of(engine) is None
    assert upgrade(engine) is True
    assert version_of(engine) == HEAD
    assert upgrade(engine) is False
    with engine.connect() as db:
        assert len(db.execute(keys.select()).all()) == 1
    engine.dispose()


def test_a_store_of_sqlite_is_made_on_first_use_and_one_of_postgresql_when_asked_for(database: URL) -> None:
    if file_of(database) is None:
        with pytest.raises(StoreError, match="no store in this database yet"):
            open_store(database)
    else:
        open_store(database).close()


def test_a_store_made_by_a_newer_version_is_refused_with_a_plain_word(database: URL) -> None:
    store = made(database)
    with store.write() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = 'of-next-year'")
    store.close()
    engine = engine_for(database)
    with pytest.raises(StoreError, match="made by a newer Pressrun"):
        open_store(database)
    with pytest.raises(StoreError, match="made by a newer Pressrun"):
        upgrade(engine)
    assert version_of(engine) == "of-next-year"
    engine.dispose()


def test_nobody_else_reads_the_files_of_a_store(tmp_path: Path) -> None:
    place = tmp_path / "var" / "pressrun.db"
    store = open_store(place_from(str(place)))
    a_confirmed(store)
    assert {path.name for path in place.parent.iterdir()} == {"pressrun.db", "pressrun.db-wal", "pressrun.db-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.parent.iterdir()} == {0o600}
    store.close()


def test_a_store_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    place = tmp_path / "pressrun.db"
    open_store(place_from(str(place))).close()
    place.chmod(0o644)
    open_store(place_from(str(place))).close()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_sqlite_keeps_what_was_committed_and_lets_others_read_meanwhile(tmp_path: Path) -> None:
    store = open_store(place_from(str(tmp_path / "pressrun.db")))
    with store.read() as db:
        told = [
            db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert told == ["wal", 2, 1]
    store.close()


def test_what_raises_in_a_transaction_undoes_all_of_it(store: Store) -> None:
    def interrupted() -> None:
        with store.write() as db:
            db.execute(insert(identities).values(mark=b"x"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with store.read() as db:
        assert db.execute(identities.select()).all() == []


def test_the_ledger_can_be_neither_changed_nor_shortened(store: Store) -> None:
    a_confirmed(store)
    for statement in (update(ledger).values(event="left"), ledger.delete()):
        with pytest.raises(StoreError, match="the ledger only grows"), store.write() as db:
            db.execute(statement)


def test_what_a_database_complains_of_names_nobody(store: Store) -> None:
    a_confirmed(store)
    with pytest.raises(PressrunError) as caught, store.write() as db:
        db.execute(insert(identities).values(number=1, mark=b"ada@reader.example"))
    assert str(caught.value).startswith("cannot change the store: ")
    assert ADA.written not in str(caught.value)
    assert isinstance(caught.value.__cause__, DBAPIError)


@pytest.mark.parametrize(
    ("text", "driver", "database"),
    [
        ("postgresql://ada@localhost/news", "postgresql+psycopg", "news"),
        ("postgres:///news?host=/run/postgresql", "postgresql+psycopg", "news"),
        ("sqlite:///var/news.db", "sqlite", "var/news.db"),
        ("var/news.db", "sqlite", "var/news.db"),
    ],
)
def test_a_database_is_named_by_its_address_or_by_a_path(text: str, driver: str, database: str) -> None:
    url = place_from(text)
    assert (url.drivername, url.database) == (driver, database)


@pytest.mark.parametrize(
    "text", ["mysql://ada:secret@localhost/news", "sqlite://", "postgresql://ada:secret@localhost:port/news"]
)
def test_another_database_is_refused_and_no_password_is_shown(text: str) -> None:
    with pytest.raises(ValueError, match=text.partition(":")[0]) as caught:
        place_from(text)
    assert "secret" not in str(caught.value)


def test_a_store_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, " * 1000)
    with pytest.raises(StoreError, match="cannot open the store: file is not a database"):
        open_store(place_from(str(tmp_path / "letter.txt")))
    with pytest.raises(StoreError, match="cannot open the store"):
        open_store(place_from(str(tmp_path)))


@pytest.mark.slow
def test_two_who_come_first_at_the_same_time_make_one_store(tmp_path: Path) -> None:
    program = (
        "import sys; from pressrun.store.engine import *; from pressrun.store.people import keys_of\n"
        "store = open_store(place_from('pressrun.db'))\n"
        "with store.read() as db: print(*(key.hex() for key in keys_of(db)))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = {process.communicate()[0] for process in started}
    assert len(told) == 1
    assert len(told.pop().split()) == 1
