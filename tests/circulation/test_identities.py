"""A mailbox is itself and nothing else, also in a store of the time when a mark stood for several of them."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from earlierstores import AN_ID, someone, store_at, versions_before
from people import (
    COMMAND,
    DAILY,
    FORM,
    HOUR,
    LETTER,
    NOON,
    ONE_CLICK,
    REPORT,
    WEEKLY,
    a_confirmed,
    a_pending,
    claim_letters,
    letter_posted,
)
from pressrun.circulation.admission import Admitted, admit
from pressrun.circulation.confirmations import ConfirmationRequest
from pressrun.circulation.consent import ask, ask_for_link, complain, confirm, erase, leave
from pressrun.circulation.dossiers import dossier, find, records
from pressrun.circulation.identities import folded_people, split
from pressrun.circulation.intake import Arrived, Source, take_over
from pressrun.circulation.restore import restore
from pressrun.circulation.store.engine import Store, create_store, engine_for, open_store, place_from, upgrade
from pressrun.circulation.store.tables import folded, identities
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.arrivals import Arrival
from pressrun.circulation.subscribers.records import FOLDED, WRITERS, records_in
from pressrun.model.consent import EVERY_LIST, Event, Reason
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.notice import Notice
from pressrun.model.subscriber import Confirmed, Pending, SubscriptionState, Unsubscribed

# Two mailboxes each, which were one person.
PAIRS = [
    ("ſusan@reader.example", "susan@reader.example"),
    ("kim@fuß.example", "kim@fuss.example"),
    ("x@σας.example", "x@σασ.example"),
    ("ﬁona@reader.example", "fiona@reader.example"),
    ("ÉVA@reader.example", "éva@reader.example"),
]
BOTH_WAYS = [*PAIRS, *(pair[::-1] for pair in PAIRS)]


@contextmanager
def earlier_store(url: URL, fill: Callable[[Connection], None], version: str = "turns") -> Iterator[Store]:
    """The store at *url*, which was of *version* and is brought up to date, with what *fill* put into it."""
    store_at(url, version, fill)
    engine = engine_for(url)
    upgrade(engine)
    engine.dispose()
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def arriving(address: str, state: SubscriptionState = SubscriptionState.CONFIRMED) -> Arrival:
    parsed = address_from(address)
    return Arrival(parsed.shown, parsed.identity, state)


def taken(store: Store, *arrivals: Arrival) -> dict[Arrived, int]:
    counts: Counter[Arrived] = Counter()
    for batch in take_over(store, arrivals, Source(("weekly",), NOON, "a file")):
        counts += batch
    return dict(counts)


def exported(store: Store, kind: str = "jsonl") -> io.StringIO:
    file = io.StringIO()
    list(WRITERS[kind](records(store), file))
    file.seek(0)
    return file


def restored(store: Store, file: io.StringIO) -> None:
    list(restore(store, (record for _, record in records_in(file))))


# In a new store


@pytest.mark.parametrize(("one", "other"), BOTH_WAYS)
def test_whoever_asks_first_nobody_else_is_kept_from_asking(store: Store, one: str, other: str) -> None:
    """A stranger could take the place of anybody who had an s in their address."""
    for address in (one, other):
        assert ask(store, address_from(address), [WEEKLY], FORM, NOON).outcome is ConfirmationRequest.QUEUED
    assert sorted(letter.address for letter in claim_letters(store, 9, NOON)) == sorted([one, other])


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_file_with_both_brings_both(store: Store, one: str, other: str) -> None:
    assert taken(store, arriving(one), arriving(other)) == {Arrived.ADDED: 2}
    assert {find(store, address_from(each)).address for each in (one, other)} == {one, other}  # type: ignore[union-attr]


@pytest.mark.parametrize(("one", "other"), BOTH_WAYS)
def test_what_one_does_is_not_done_by_the_other(store: Store, one: str, other: str) -> None:
    first, second = (a_confirmed(store, address_from(each)) for each in (one, other))
    leave(store, first, "weekly", ONE_CLICK, NOON)
    complain(store, first, REPORT, NOON)
    assert erase(store, address_from(one), COMMAND, NOON) is not None
    assert find(store, address_from(one)) is None
    kept = dossier(store, address_from(other))
    assert kept is not None
    assert kept.person is not None
    assert kept.person.id == second
    assert isinstance(kept.person.standing("weekly"), Confirmed)
    assert kept.suppressions == ()


def test_somebody_pending_is_written_to_as_they_spelled_it_last(store: Store) -> None:
    first = a_pending(store, address_from("Susan@reader.example"))
    assert a_pending(store, address_from("susan@Reader.example"), DAILY) == first
    (letter,) = claim_letters(store, 9, NOON)
    assert letter.address == "susan@reader.example"
    letter_posted(store, letter.number, NOON)
    a_pending(store, address_from("SUSAN@reader.example"), now=NOON + 2 * HOUR)
    assert [each.address for each in claim_letters(store, 9, NOON + 2 * HOUR)] == ["SUSAN@reader.example"]


def test_whoever_has_confirmed_is_written_to_as_they_did(store: Store) -> None:
    a_confirmed(store, address_from("Susan@reader.example"))
    a_pending(store, address_from("SUSAN@reader.example"), DAILY)
    assert find(store, address_from("susan@reader.example")).address == "Susan@reader.example"  # type: ignore[union-attr]


# In a store of an earlier version, before anybody is split


@pytest.mark.parametrize("version", versions_before("identities"))
@pytest.mark.parametrize(("one", "other"), BOTH_WAYS[::3])
def test_whoever_is_here_stays_and_the_other_half_is_somebody_new(
    database: URL, version: str, one: str, other: str
) -> None:
    with earlier_store(database, someone(one), version) as store:
        assert find(store, address_from(one)).id == AN_ID.hex()  # type: ignore[union-attr]
        assert find(store, address_from(other)) is None
        assert dossier(store, address_from(other)) is None
        assert erase(store, address_from(other), COMMAND, NOON) is None
        assert ask_for_link(store, address_from(other), Notice.MANAGE, NOON) is None
        assert ask(store, address_from(one), [DAILY], FORM, NOON).person == AN_ID.hex()
        assert ask(store, address_from(other), [WEEKLY], FORM, NOON).outcome is ConfirmationRequest.QUEUED
        assert sorted(letter.address for letter in claim_letters(store, 9, NOON)) == sorted([one, other])
        erase(store, address_from(other), COMMAND, NOON)
        assert isinstance(find(store, address_from(one)).standing("weekly"), Confirmed)  # type: ignore[union-attr]
        erase(store, address_from(one), COMMAND, NOON)
        assert find(store, address_from(one)) is None


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize(("one", "other"), BOTH_WAYS[::3])
def test_a_no_of_before_counts_for_both(database: URL, here: bool, one: str, other: str) -> None:
    with earlier_store(database, someone(one, state=None, kept_off="left", here=here)) as store:
        for address in (one, other):
            _, outcomes = admit(store, address_from(address), [WEEKLY], COMMAND, NOON)
            assert outcomes == {"weekly": Admitted.SUPPRESSED}
            assert ask(store, address_from(address), [WEEKLY], COMMAND, NOON).outcome is ConfirmationRequest.SUPPRESSED
            assert taken(store, arriving(address)) == {Arrived.KEPT_OFF: 1}
            known = dossier(store, address_from(address))
            assert known is not None
            assert [(each.list, each.reason) for each in known.suppressions] == [(EVERY_LIST, Reason.LEFT)]


@pytest.mark.parametrize(("one", "other"), BOTH_WAYS[::3])
def test_a_complaint_of_before_counts_for_both_whoever_asks(database: URL, one: str, other: str) -> None:
    with earlier_store(database, someone(one, kept_off="complained", here=False)) as store:
        for address in (one, other):
            assert ask(store, address_from(address), [WEEKLY], FORM, NOON).outcome is ConfirmationRequest.SUPPRESSED


@pytest.mark.parametrize(("one", "other"), BOTH_WAYS[::3])
def test_the_yes_of_one_does_not_end_the_no_of_the_other(database: URL, one: str, other: str) -> None:
    with earlier_store(database, someone(one, kept_off="erased", here=False)) as store:
        a_confirmed(store, address_from(other))
        assert dossier(store, address_from(other)).suppressions == ()  # type: ignore[union-attr]
        assert taken(store, arriving(one), arriving(other)) == {Arrived.KEPT_OFF: 1, Arrived.ALREADY: 1}


def test_what_was_agreed_to_before_is_found_after_somebody_comes_back(database: URL) -> None:
    address = address_from("susan@reader.example")
    with earlier_store(database, someone("susan@reader.example", kept_off="erased", here=False)) as store:
        assert erase(store, address, COMMAND, NOON).entries == 1  # type: ignore[union-attr]
        a_confirmed(store, address)
        known = dossier(store, address)
        assert known is not None
        assert [each.event for each in known.entries] == [Event.ERASED, Event.ASKED, Event.CONFIRMED]


@pytest.mark.parametrize(("one", "other"), BOTH_WAYS[::3])
def test_a_file_tells_of_each_alone(database: URL, one: str, other: str) -> None:
    with earlier_store(database, someone(one)) as store:
        assert taken(store, arriving(one), arriving(other)) == {Arrived.ALREADY: 1, Arrived.ADDED: 1}
        assert taken(store, arriving(other, SubscriptionState.UNSUBSCRIBED)) == {Arrived.SUPPRESSED: 1}
        assert isinstance(find(store, address_from(other)).standing("weekly"), Unsubscribed)  # type: ignore[union-attr]
        assert isinstance(find(store, address_from(one)).standing("weekly"), Confirmed)  # type: ignore[union-attr]


def test_a_file_that_says_more_than_is_known_makes_an_end_of_its_own(database: URL) -> None:
    one, other = PAIRS[0]
    with earlier_store(database, someone(one, kept_off="left", here=False)) as store:
        assert taken(store, arriving(other, SubscriptionState.UNSUBSCRIBED)) == {Arrived.SUPPRESSED: 1}
        assert taken(store, arriving(other, SubscriptionState.UNSUBSCRIBED)) == {Arrived.ALREADY: 1}
        assert taken(store, arriving(other, SubscriptionState.COMPLAINED)) == {Arrived.SUPPRESSED: 1}
        known = {address: dossier(store, address_from(address)).suppressions for address in (one, other)}  # type: ignore[union-attr]
        assert [each.reason for each in known[one]] == [Reason.LEFT]
        assert {each.reason for each in known[other]} == {Reason.COMPLAINED, Reason.LEFT}


# Split


@pytest.mark.parametrize("version", versions_before("identities"))
@pytest.mark.parametrize(("one", "other"), BOTH_WAYS[::3])
def test_splitting_keeps_people_and_their_noes_for_both(database: URL, version: str, one: str, other: str) -> None:
    with earlier_store(database, someone(one, state="unsubscribed", kept_off="left"), version) as store:
        assert folded_people(store) == 1
        before = dossier(store, address_from(one))
        done = split(store)
        assert done.people == 1
        assert list(done.shared) == [one for pair in PAIRS if pair[0] == one]
        assert folded_people(store) == 0
        assert split(store).people == 0
        assert dossier(store, address_from(one)) == before
        assert find(store, address_from(one)).id == AN_ID.hex()  # type: ignore[union-attr]
        a_confirmed(store, address_from(one))
        assert taken(store, arriving(other)) == {Arrived.KEPT_OFF: 1}
        assert ask(store, address_from(other), [WEEKLY], COMMAND, NOON).outcome is ConfirmationRequest.SUPPRESSED


def test_whoever_is_split_and_says_no_says_it_for_themselves(database: URL) -> None:
    one, other = PAIRS[0]
    with earlier_store(database, someone(one)) as store:
        split(store)
        erase(store, address_from(one), COMMAND, NOON)
        assert taken(store, arriving(one), arriving(other)) == {Arrived.KEPT_OFF: 1, Arrived.ADDED: 1}
        with store.read() as db:
            assert db.execute(select(folded.c.identity)).all() == []


def test_half_of_them_can_be_here_by_one_rule_and_half_by_the_other(database: URL) -> None:
    one, other = PAIRS[0]
    with earlier_store(database, someone(one)) as store:
        a_pending(store, address_from(other))
        split(store)
        assert isinstance(find(store, address_from(one)).standing("weekly"), Confirmed)  # type: ignore[union-attr]
        assert isinstance(find(store, address_from(other)).standing("weekly"), Pending)  # type: ignore[union-attr]
        with store.read() as db:
            assert len(db.execute(select(identities.c.number)).all()) == 2


# Exports


@pytest.mark.parametrize("kind", sorted(WRITERS))
@pytest.mark.parametrize("splits", [True, False])
def test_an_export_into_an_empty_store_makes_the_same(tmp_path: Path, database: URL, kind: str, splits: bool) -> None:
    one, other = PAIRS[0]
    with earlier_store(database, someone(one, kept_off="left")) as store:
        a_confirmed(store, address_from(other))
        if splits:
            split(store)
        before = list(records(store))
        again = create_store(place_from(str(tmp_path / "again.db")))
        restored(again, exported(store, kind))
        assert list(records(again)) == before
        assert [record["record"] for record in before].count("person") == 2
        again.close()


def test_an_export_of_an_earlier_version_is_understood(tmp_path: Path, database: URL) -> None:
    one, other = PAIRS[0]
    with earlier_store(database, someone(one, kept_off="left", here=False)) as store:
        lines = exported(store).getvalue().replace('"format":2', '"format":1').replace(',"rule":"folded"', "")
        assert FOLDED not in lines
        again = create_store(place_from(str(tmp_path / "again.db")))
        restored(again, io.StringIO(lines))
        assert list(records(again)) == list(records(store))
        assert taken(again, arriving(one), arriving(other)) == {Arrived.KEPT_OFF: 2}
        again.close()


@pytest.mark.parametrize("address", PAIRS[0])
def test_a_no_in_an_older_export_counts_for_whoever_is_here(tmp_path: Path, database: URL, address: str) -> None:
    with earlier_store(database, someone(PAIRS[0][0], kept_off="erased", here=False)) as store:
        other = create_store(place_from(str(tmp_path / "other.db")))
        a_confirmed(other, address_from(address))
        restored(other, exported(store))
        assert isinstance(find(other, address_from(address)).standing("weekly"), Unsubscribed)  # type: ignore[union-attr]
        # Their own yes ends that, and the same file says it once more.
        confirm(other, a_pending(other, address_from(address)), [WEEKLY], LETTER, NOON)
        assert dossier(other, address_from(address)).suppressions == ()  # type: ignore[union-attr]
        other.close()


def test_people_of_an_export_who_share_a_mark_that_said_no_here_stay_off(tmp_path: Path, database: URL) -> None:
    one, other = PAIRS[0]
    with earlier_store(database, someone(one, kept_off="left", here=False)) as store:
        others = create_store(place_from(str(tmp_path / "other.db")))
        a_confirmed(others, address_from(other))
        restored(store, exported(others))
        person = find(store, address_from(other))
        assert person is None or not isinstance(person.standing("weekly"), Confirmed)
        assert [each.reason for each in dossier(store, address_from(other)).suppressions] == [Reason.LEFT]  # type: ignore[union-attr]
        others.close()


def test_an_address_reads_its_own_shown_form() -> None:
    for address in {each for pair in PAIRS for each in pair}:
        assert EmailAddress.of_reader(address).shown == address
