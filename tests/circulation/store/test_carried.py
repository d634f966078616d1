"""What a store keeps of the stories that editions carried."""

from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import URL

from earlierstores import earlier_versions, store_at
from people import NOON, a_crowd
from pressrun.circulation.store.engine import (
    Store,
    create_store,
    engine_for,
    looked_at,
    open_store,
    place_from,
    upgrade,
)
from pressrun.circulation.store.runs import only_run
from pressrun.model.chain import Chain, Record
from pressrun.model.delivery import Mailing
from pressrun.model.publication import MailingList
from pressrun.post.sending.dispatch import NotSent, Sent, freeze, sent_from, status, withdraw

WEEKLY = frozenset(("weekly",))
CHAIN = Chain(WEEKLY, frozenset(("schnee & eis", "snow")), "world")


def mailing(name: str) -> Mailing:
    return Mailing(f"tag:x,2020:{name}", "0" * 32, ("weekly",), NOON)


def record(name: str, found: tuple[str, ...] | None, named: tuple[str, ...], *, reached: bool = True) -> Record:
    return Record(f"tag:x,2020:{name}", WEEKLY, reached, found, named, CHAIN if found is not None else None)


def test_what_was_put_into_it_comes_out_in_order(store: Store) -> None:
    a_crowd(store, 1, MailingList("weekly"))
    records = [record("a", ("c", "a", "b"), ("d",)), record("b", (), ()), record("c", None, ("x", "a"))]
    for each, name in zip(records, "abc", strict=True):
        freeze(store, mailing(name), each)

    assert list(sent_from(store).records.values()) == records


def test_an_edition_that_can_reach_nobody_any_more_did_not_reach_anybody(store: Store) -> None:
    a_crowd(store, 1, MailingList("weekly"))
    number = freeze(store, mailing("a"), record("a", ("x",), ()))
    assert sent_from(store).records["tag:x,2020:a"].reached
    with only_run(store, number) as run:
        withdraw(run, number, NOON)

    assert sent_from(store).records["tag:x,2020:a"] == record("a", ("x",), (), reached=False)


def test_of_an_edition_that_was_sent_before_nothing_is_known_but_that(store: Store) -> None:
    a_crowd(store, 1, MailingList("weekly"))
    freeze(store, mailing("a"))

    assert sent_from(store).records["tag:x,2020:a"] == Record("tag:x,2020:a", WEEKLY, True)


def test_two_editions_are_not_begun_with_the_same_stories(store: Store) -> None:
    known = sent_from(store)
    freeze(store, mailing("a"), record("a", ("x",), ()), known)

    with pytest.raises(NotSent, match="Send again"):
        freeze(store, mailing("b"), record("b", ("x",), ()), known)

    assert status(store, "tag:x,2020:b") is None
    freeze(store, mailing("b"), record("b", ("y",), ()), sent_from(store))


def test_looking_makes_and_changes_nothing(tmp_path: Path) -> None:
    place = place_from(str(tmp_path / "store.db"))
    assert looked_at(place) is None
    assert list(tmp_path.iterdir()) == []
    create_store(place).close()
    before = [(file.name, file.read_bytes()) for file in tmp_path.iterdir()]

    store = looked_at(place)
    assert store is not None
    assert sent_from(store) == Sent()
    store.close()

    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == before


@pytest.mark.parametrize("version", earlier_versions())
def test_a_store_of_an_earlier_version_is_not_looked_at(database: URL, version: str) -> None:
    store_at(database, version)
    assert looked_at(database) is None


@pytest.mark.parametrize("version", [each for each in earlier_versions() if each != "first"])
def test_a_sending_of_an_earlier_version_counts(database: URL, version: str) -> None:
    def fill(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO identities (number, mark) VALUES (1, 'mark')")
        connection.exec_driver_sql(
            "INSERT INTO editions (number, id, hash, lists, tags, frozen) "
            "VALUES (1, 'tag:x,2020:a', '0', '[\"weekly\"]', '[]', 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO deliveries (edition, person, state, attempts, changed) VALUES (1, 1, 'accepted', 1, 1)"
        )

    store_at(database, version, fill)
    engine = engine_for(database)
    upgrade(engine)
    engine.dispose()
    store = open_store(database)
    assert list(sent_from(store).records.values()) == [Record("tag:x,2020:a", WEEKLY, True)]
    store.close()
