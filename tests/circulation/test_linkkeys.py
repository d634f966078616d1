"""Keys of unsubscribe links: registered, required, signed with, and retired, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL

from earlierstores import KEY, earlier_versions, store_at
from people import DAY, HOUR, NOON, a_confirmed
from pressrun.circulation.linkkeys import (
    KeyRefused,
    begin_service,
    known,
    put_served,
    register,
    registered,
    retire,
    signing_key,
)
from pressrun.circulation.store import linkkeys
from pressrun.circulation.store.bulk import add_keys
from pressrun.circulation.store.engine import Store, engine_for, open_store, upgrade
from pressrun.circulation.store.people import keys_of
from pressrun.circulation.store.tables import link_keys
from pressrun.circulation.subscribers.tokens import fingerprint_of
from pressrun.model.delivery import Mailing
from pressrun.post.sending.dispatch import freeze

FIRST, SECOND, THIRD = "1" * 40, "2" * 40, "3" * 40


def fingerprint(store: Store, key: str) -> str:
    with store.read() as db:
        return fingerprint_of(key, keys_of(db)[0])


def signed(store: Store, key: str, now: datetime) -> bool:
    with store.write() as db:
        return linkkeys.put_signed(db, fingerprint(store, key), now)


def names(store: Store) -> set[str]:
    return {each.fingerprint for each in registered(store)}


class TestTheService:
    def test_it_registers_its_keys_when_it_starts_and_each_once(self, store: Store) -> None:
        ring = begin_service(store, [SECOND, FIRST], NOON)
        assert ring.keys == (SECOND, FIRST)
        assert set(ring.added) == names(store) == {fingerprint(store, FIRST), fingerprint(store, SECOND)}
        assert begin_service(store, [SECOND, FIRST], NOON + DAY).added == ()
        assert {each.served for each in registered(store)} == {NOON + DAY}

    def test_it_does_not_start_without_a_key_that_is_registered_and_names_both_remedies(self, store: Store) -> None:
        begin_service(store, [FIRST], NOON)
        with pytest.raises(KeyRefused) as caught:
            begin_service(store, [SECOND], NOON)
        lost = fingerprint(store, FIRST)
        assert f"  {lost}, signed no email yet" in str(caught.value)
        assert "Put the missing key back" in str(caught.value)
        assert f"pressrun keys retire {lost}" in str(caught.value)
        assert names(store) == {lost}  # and it registered nothing
        begin_service(store, [SECOND, FIRST], NOON)

    def test_every_missing_key_is_named(self, store: Store) -> None:
        begin_service(store, [FIRST, SECOND], NOON)
        with pytest.raises(KeyRefused) as caught:
            begin_service(store, [THIRD], NOON)
        for key in (FIRST, SECOND):
            assert fingerprint(store, key) in str(caught.value)

    def test_a_retired_key_is_not_missed_and_not_used(self, store: Store) -> None:
        begin_service(store, [FIRST], NOON)
        retire(store, fingerprint(store, FIRST), [SECOND, FIRST], NOON, leaked=True)
        ring = begin_service(store, [FIRST, SECOND], NOON)
        assert (ring.keys, ring.retired) == ((SECOND,), (fingerprint(store, FIRST),))
        assert begin_service(store, [SECOND], NOON).keys == (SECOND,)

    def test_it_does_not_start_with_retired_keys_alone(self, store: Store) -> None:
        begin_service(store, [FIRST], NOON)
        retire(store, fingerprint(store, FIRST), [], NOON, leaked=True)
        with pytest.raises(KeyRefused, match="pressrun keys rotate"):
            begin_service(store, [FIRST], NOON)

    def test_no_text_of_the_store_or_of_an_error_holds_a_key(self, store: Store) -> None:
        begin_service(store, [FIRST], NOON)
        with pytest.raises(KeyRefused) as caught:
            begin_service(store, [SECOND], NOON)
        assert FIRST not in str(caught.value)
        with store.read() as db:
            assert FIRST not in str(db.execute(select(link_keys)).all())


class TestTheSender:
    def test_the_first_of_its_keys_signs_and_has_to_be_registered(self, store: Store) -> None:
        with pytest.raises(KeyRefused) as caught:
            signing_key(store, [FIRST])
        assert fingerprint(store, FIRST) in str(caught.value)
        assert "pressrun keys add" in str(caught.value)
        begin_service(store, [FIRST], NOON)
        found = signing_key(store, [FIRST])
        assert (found.key, found.fingerprint, found.is_proven) == (FIRST, fingerprint(store, FIRST), True)
        with pytest.raises(KeyRefused):  # an older key that is registered does not stand in for it
            signing_key(store, [SECOND, FIRST])

    def test_a_key_that_a_person_registered_is_not_proven(self, store: Store) -> None:
        register(store, [FIRST], NOON)
        assert not signing_key(store, [FIRST]).is_proven
        put_served(store, fingerprint(store, FIRST), NOON)
        assert signing_key(store, [FIRST]).is_proven

    def test_a_retired_key_signs_nothing(self, store: Store) -> None:
        register(store, [SECOND, FIRST], NOON)
        retire(store, fingerprint(store, SECOND), [SECOND, FIRST], NOON, leaked=True)
        assert signing_key(store, [SECOND, FIRST]).key == FIRST
        assert not signed(store, SECOND, NOON)
        retire(store, fingerprint(store, FIRST), [], NOON, leaked=True)
        with pytest.raises(KeyRefused, match="Every key in the settings is retired"):
            signing_key(store, [SECOND, FIRST])

    def test_registering_a_retired_key_leaves_it_retired(self, store: Store) -> None:
        register(store, [SECOND, FIRST], NOON)
        retire(store, fingerprint(store, FIRST), [], NOON, leaked=False)
        ring = register(store, [SECOND, FIRST], NOON)
        assert (ring.keys, ring.added, ring.retired) == ((SECOND,), (), (fingerprint(store, FIRST),))


class TestRetiring:
    def test_a_key_that_signed_within_30_days_is_kept(self, store: Store) -> None:
        register(store, [SECOND, FIRST], NOON)
        assert signed(store, FIRST, NOON)
        sought = fingerprint(store, FIRST)
        for later in (timedelta(), 29 * DAY, 30 * DAY):
            with pytest.raises(KeyRefused, match="--leaked"):
                retire(store, sought, [SECOND, FIRST], NOON + later, leaked=False)
        assert signed(store, FIRST, NOON + 31 * DAY)  # it was not retired
        retire(store, sought, [SECOND, FIRST], NOON + 61 * DAY + 3 * HOUR, leaked=False)
        assert not signed(store, FIRST, NOON + 62 * DAY)

    def test_one_that_leaked_or_never_signed_goes_at_once(self, store: Store) -> None:
        register(store, [THIRD, SECOND, FIRST], NOON)
        signed(store, FIRST, NOON)
        retire(store, fingerprint(store, FIRST), [], NOON, leaked=True)
        retire(store, fingerprint(store, SECOND), [], NOON, leaked=False)
        found = {each.fingerprint: each for each in registered(store)}
        assert found[fingerprint(store, FIRST)].leaked == NOON
        assert found[fingerprint(store, SECOND)].retired == NOON
        assert found[fingerprint(store, SECOND)].leaked is None

    def test_that_a_retired_key_leaked_can_be_added_later(self, store: Store) -> None:
        register(store, [FIRST], NOON)
        retire(store, fingerprint(store, FIRST), [], NOON, leaked=False)
        retire(store, fingerprint(store, FIRST), [FIRST], NOON + DAY, leaked=True)
        (key,) = registered(store)
        assert (key.retired, key.leaked) == (NOON, NOON + DAY)

    def test_the_last_key_of_the_settings_is_kept_whatever_is_said(self, store: Store) -> None:
        register(store, [SECOND, FIRST], NOON)
        retire(store, fingerprint(store, FIRST), [SECOND, FIRST], NOON, leaked=True)
        with pytest.raises(KeyRefused, match="pressrun keys rotate"):  # the other one is retired already
            retire(store, fingerprint(store, SECOND), [SECOND, FIRST], NOON, leaked=True)

    def test_an_unknown_fingerprint_is_refused(self, store: Store) -> None:
        register(store, [FIRST], NOON)
        with pytest.raises(KeyRefused, match="pressrun keys list"):
            retire(store, fingerprint(store, SECOND), [], NOON, leaked=True)


class TestWhenItSigned:
    def test_it_is_never_recorded_too_early_and_seldom_written(self, store: Store) -> None:
        register(store, [FIRST], NOON)
        written = set()
        for minutes in range(0, 600, 7):
            now = NOON + timedelta(minutes=minutes)
            assert signed(store, FIRST, now)
            (key,) = registered(store)
            assert key.signed is not None
            assert now + HOUR <= key.signed <= now + linkkeys.AHEAD
            written.add(key.signed)
        assert len(written) <= 10

    def test_a_key_that_is_not_registered_signs_nothing(self, store: Store) -> None:
        assert not signed(store, FIRST, NOON)
        assert registered(store) == []


class TestStoresFromBefore:
    @pytest.mark.parametrize("version", [each for each in earlier_versions() if each != "first"])
    def test_a_store_that_has_sent_waits_for_the_service_and_keeps_its_key_for_30_days(
        self, database: URL, version: str
    ) -> None:
        """Which key signed its emails nobody knows, so each that is registered counts as one that did."""

        def sent(connection: Connection) -> None:
            at = int((NOON - DAY).timestamp() * 1_000_000)
            connection.exec_driver_sql("INSERT INTO identities (number, mark) VALUES (1, 'mark')")
            connection.exec_driver_sql(
                "INSERT INTO editions (number, id, hash, lists, tags, frozen) VALUES (1, 'x', 'h', '[]', '[]', 1)"
            )
            connection.exec_driver_sql(
                "INSERT INTO deliveries (edition, person, state, attempts, changed, begun) "
                f"VALUES (1, 1, 'accepted', 1, {at}, {at})"
            )

        store_at(database, version, sent)
        upgraded(database)
        store = open_store(database)
        with pytest.raises(KeyRefused):
            signing_key(store, [FIRST])
        begin_service(store, [FIRST], NOON)
        assert signing_key(store, [FIRST]).is_proven
        assert [each.signed for each in registered(store)] == [NOON - DAY]
        begin_service(store, [SECOND, FIRST], NOON)  # it may have signed, too
        with pytest.raises(KeyRefused, match="--leaked"):
            retire(store, fingerprint(store, SECOND), [FIRST], NOON, leaked=False)
        with store.read() as db:
            assert keys_of(db) == (KEY,)
        store.close()

    def test_what_was_only_planned_counts_for_nothing(self, store: Store) -> None:
        a_confirmed(store)
        freeze(store, Mailing("x", "a" * 32, ("weekly",), NOON))
        register(store, [FIRST], NOON)
        assert [each.signed for each in registered(store)] == [None]


def upgraded(database: URL) -> None:
    engine = engine_for(database)
    upgrade(engine)
    engine.dispose()


def test_keys_that_come_with_an_import_do_not_change_fingerprints(store: Store) -> None:
    """Into a store without people, an import brings the keys of its people; the store's own stays as well."""
    register(store, [FIRST], NOON)
    before = fingerprint(store, FIRST)
    with store.write() as db:
        add_keys(db, [b"k" * 32])
        assert len(keys_of(db)) == 2
    assert fingerprint(store, FIRST) == before
    assert [each.registered is not None for each in known(store, [FIRST])] == [True]


def test_a_fingerprint_is_short_hex_and_another_in_another_store() -> None:
    found = fingerprint_of(FIRST, KEY)
    assert len(found) == 12
    assert int(found, 16) >= 0
    assert found != fingerprint_of(FIRST, KEY[::-1])
    assert found != fingerprint_of(SECOND, KEY)


def test_two_services_that_start_at_once_register_a_key_once(store: Store) -> None:
    with ThreadPoolExecutor(4) as threads:
        rings = list(threads.map(lambda _: begin_service(store, [FIRST], NOON), range(4)))
    assert sum(len(ring.added) for ring in rings) == 1
    with store.read() as db:
        assert db.execute(select(func.count()).select_from(link_keys)).scalar() == 1
