"""Stores of every earlier version are brought up to date with all that is in them."""

from contextlib import closing

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.engine import URL

from earlierstores import KEY, earlier_versions, store_at
from people import HOUR, NOON, claim_letters
from pressrun.circulation.store.deliveries import mailings
from pressrun.circulation.store.engine import engine_for, open_store, upgrade, version_of
from pressrun.circulation.store.history import point_of
from pressrun.circulation.store.tables import HEAD, identities, keys, people
from pressrun.model.moments import ticks


def one_person(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO identities (number, mark) VALUES (1, 'mark')")
    connection.exec_driver_sql(
        "INSERT INTO people (number, id, address, name, since, tags, fields) "
        "VALUES (1, 'id', 'ada@reader.example', 'Ada', 1, '[]', '{}')"
    )


@pytest.mark.parametrize("version", ["deliveries", "turns", "counter", "linkkeys"])
def test_an_edition_that_was_begun_keeps_its_message_ids_and_a_new_one_has_those_of_today(
    database: URL, version: str
) -> None:
    rows = "INSERT INTO editions (id, hash, lists, tags, frozen) VALUES ('{}', '', '[]', '[]', 1)"
    store_at(database, version, lambda db: db.exec_driver_sql(rows.format("begun")))
    engine = engine_for(database)
    upgrade(engine)
    engine.dispose()
    store = open_store(database)
    with store.write() as db:
        db.exec_driver_sql(rows.format("new"))
        assert {each.id: each.folds for _, each in mailings(db)} == {"begun": True, "new": False}
    store.close()


def one_letter(connection: Connection) -> None:
    """One that waits, and one that a service of that version had in hand, until a moment that was an hour ahead."""
    connection.execute(text("INSERT INTO identities (number, mark) VALUES (1, :mark)"), {"mark": b"mark"})
    connection.execute(
        text(
            "INSERT INTO people (number, id, address, name, since, tags, fields) "
            "VALUES (1, :id, 'ada@reader.example', 'Ada', 1, '[]', '{}')"
        ),
        {"id": b"id"},
    )
    for number, attempts, next_try in ((1, 0, NOON), (2, 1, NOON + HOUR)):
        connection.exec_driver_sql(
            "INSERT INTO letters (number, person, lists, queued, attempts, next_try, posted, kind) "
            f"VALUES ({number}, 1, '[\"weekly\"]', {ticks(NOON)}, {attempts}, {ticks(next_try)}, NULL, 'confirm')"
        )


@pytest.mark.parametrize("version", [each for each in earlier_versions() if each in ("first", "deliveries", "turns")])
def test_letters_of_an_earlier_store_go_out_when_they_are_due(database: URL, version: str) -> None:
    store_at(database, version, one_letter)
    engine = engine_for(database)
    upgrade(engine)
    engine.dispose()
    with closing(open_store(database)) as store:
        assert [letter.number for letter in claim_letters(store, 10, NOON)] == [1]
        assert sorted(letter.number for letter in claim_letters(store, 10, NOON + HOUR)) == [1, 2]


@pytest.mark.parametrize("version", earlier_versions())
def test_an_earlier_store_is_upgraded_and_keeps_its_people_and_its_key(database: URL, version: str) -> None:
    store_at(database, version, one_person)
    engine = engine_for(database)
    assert version_of(engine) == version
    assert upgrade(engine)
    assert version_of(engine) == HEAD
    engine.dispose()
    store = open_store(database)
    with store.read() as connection:
        assert connection.execute(select(people.c.address)).scalars().all() == ["ada@reader.example"]
        assert connection.execute(select(identities.c.number)).scalars().all() == [1]
        assert connection.execute(select(keys.c.key)).scalars().all() == [KEY]
        point = point_of(connection)
        assert (len(point.token), point.claims) == (32, 0)
    store.close()
