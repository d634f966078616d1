"""The store is made, brought up to date and refused, on both databases."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from earlierstores import earlier_versions, store_at
from people import ADA, a_confirmed
from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import (
    Store,
    create_store,
    engine_for,
    file_of,
    known_versions,
    open_store,
    place_from,
    shown_place,
    upgrade,
    version_at,
    version_of,
)
from pressrun.circulation.store.tables import HEAD, identities, keys, ledger, metadata, people
from pressrun.model.problems import PressrunError, StoreError


def made(url: URL) -> Store:
    create_store(url).close()
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


@pytest.mark.parametrize("looks", [True, False])
def test_opening_creates_no_store_and_says_where_it_looked(database: URL, tmp_path: Path, looks: bool) -> None:
    with pytest.raises(StoreError, match=r"There is no store in .*\. Create one with: pressrun store init"):
        open_store(database, looks=looks)
    assert list(tmp_path.iterdir()) == []
    assert version_at(database) is None
    create_store(database).close()
    open_store(database, looks=looks).close()


def test_creating_a_store_twice_keeps_what_is_in_it(database: URL) -> None:
    a_confirmed(store := create_store(database))
    store.close()
    again = create_store(database)
    assert find(again, ADA) is not None
    again.close()


def test_no_password_is_shown_where_a_store_is_missing() -> None:
    place = place_from("postgresql://ada:secret@127.0.0.1:1/news")
    assert shown_place(place) == "postgresql+psycopg://ada:***@127.0.0.1:1/news"
    with pytest.raises(StoreError) as refused:
        open_store(place)
    assert "secret" not in str(refused.value)


def in_folder(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    return {each.name: (each.read_bytes(), *each.stat()[:1], each.stat().st_mtime_ns) for each in folder.iterdir()}


def looked_at(place: URL) -> str:
    store = open_store(place, looks=True)
    person = find(store, ADA)
    with pytest.raises(StoreError), store.write() as db:
        db.execute(insert(identities).values(mark=b"x"))
    store.close()
    assert person is not None
    return person.address


def killed_after(folder: Path, program: str) -> None:
    """Run *program* with an open `store` in *folder*, and kill it before it closes anything."""
    head = "from pressrun.circulation.store.engine import *; import os\nstore = open_store(place_from('pressrun.db'))\n"
    subprocess.run([sys.executable, "-c", f"{head}{program}\nos._exit(0)"], cwd=folder, check=True)


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_look_leaves_a_file_and_its_folder_as_they_were(tmp_path: Path, mode: int) -> None:
    place = place_from(str(tmp_path / "pressrun.db"))
    store = create_store(place)
    a_confirmed(store)
    store.close()
    (tmp_path / "pressrun.db").chmod(mode)
    before = in_folder(tmp_path)
    assert list(before) == ["pressrun.db"]
    assert looked_at(place) == ADA.written
    assert in_folder(tmp_path) == before


@pytest.mark.parametrize("with_index", [True, False])
def test_a_look_sees_what_a_crash_left_in_the_log_and_leaves_it_there(tmp_path: Path, with_index: bool) -> None:
    place = place_from(str(tmp_path / "pressrun.db"))
    store = create_store(place)
    a_confirmed(store)
    store.close()
    killed_after(tmp_path, "with store.write() as db: db.exec_driver_sql(\"UPDATE people SET name = 'Ada L.'\")")
    index = tmp_path / "pressrun.db-shm"
    if not with_index:
        index.unlink()
    before = in_folder(tmp_path)
    assert before["pressrun.db-wal"][0]
    store = open_store(place, looks=True)
    person = find(store, ADA)
    store.close()
    assert person is not None
    assert person.name == "Ada L."
    # The index of the log is memory that all share who use the file: whoever opens it first fills it.
    after = in_folder(tmp_path)
    assert after.keys() == before.keys()
    assert {name: each for name, each in after.items() if name != index.name} == {
        name: each for name, each in before.items() if name != index.name
    }


def test_a_look_and_a_change_do_not_wait_for_each_other(tmp_path: Path) -> None:
    place = place_from(str(tmp_path / "pressrun.db"))
    store = create_store(place)
    a_confirmed(store)
    looks = open_store(place, looks=True)
    with looks.read() as db:
        before = db.execute(people.select()).all()
        with store.write() as changes:
            changes.execute(update(people).values(name="Ada L."))
        assert db.execute(people.select()).all() == before
    assert find(looks, ADA).name == "Ada L."  # type: ignore[union-attr]
    looks.close()
    store.close()


def test_another_program_s_database_is_no_store_and_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as db:
        db.exec_driver_sql("CREATE TABLE songs (title TEXT)")
    engine.dispose()
    before = in_folder(tmp_path)
    for attempt in (open_store, create_store):
        with pytest.raises(StoreError, match=r"no store in|is a database, and not a store"):
            attempt(place_from(str(file)))
    assert in_folder(tmp_path) == before


@pytest.mark.parametrize("version", earlier_versions())
def test_an_older_store_is_brought_up_to_date_by_a_change_and_not_by_a_look(database: URL, version: str) -> None:
    store_at(database, version)
    for looks in [True] if file_of(database) else [True, False]:
        with pytest.raises(StoreError, match=r"older Pressrun\. Bring it up to date with: pressrun store upgrade"):
            open_store(database, looks=looks)
        assert version_at(database) == version
    if file_of(database):
        open_store(database).close()
        assert version_at(database) == HEAD


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
    store = create_store(place_from(str(place)))
    a_confirmed(store)
    assert {path.name for path in place.parent.iterdir()} == {"pressrun.db", "pressrun.db-wal", "pressrun.db-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.parent.iterdir()} == {0o600}
    store.close()


def test_a_store_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    place = tmp_path / "pressrun.db"
    create_store(place_from(str(place))).close()
    place.chmod(0o644)
    open_store(place_from(str(place))).close()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_sqlite_keeps_what_was_committed_and_lets_others_read_meanwhile(tmp_path: Path) -> None:
    store = create_store(place_from(str(tmp_path / "pressrun.db")))
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
        "import sys; from pressrun.circulation.store.engine import *\n"
        "from pressrun.circulation.store.people import keys_of\n"
        "store = create_store(place_from('pressrun.db'))\n"
        "with store.read() as db: print(*(key.hex() for key in keys_of(db)))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = {process.communicate()[0] for process in started}
    assert len(told) == 1
    assert len(told.pop().split()) == 1
