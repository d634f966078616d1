"""Many people at once, on both databases; and everything out and back in."""

import io
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from people import ADA, COMMAND, DAILY, DAY, FORM, LETTER, NOON, ONE_CLICK, REPORT, WEEKLY, a_confirmed, a_pending
from pressrun.circulation import intake
from pressrun.circulation.consent import ask, bounce, complain, confirm, erase, leave, leave_all, prefer, tag
from pressrun.circulation.dossiers import census, dossier, find, growth, people_in, record_of, records
from pressrun.circulation.intake import Arrived, Source, key_of, take_over
from pressrun.circulation.restore import restore
from pressrun.circulation.store.claiming import readers
from pressrun.circulation.store.engine import Store, create_store, place_from
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.arrivals import Arrival
from pressrun.circulation.subscribers.records import WRITERS, records_in
from pressrun.circulation.subscribers.suppression import mark_of
from pressrun.model.consent import EVERY_LIST, Event, Reason
from pressrun.model.moments import ticks
from pressrun.model.subscriber import Bounce, Bounced, Complained, Confirmed, SubscriptionState, Unsubscribed

SOURCE = Source(("weekly",), NOON + DAY, "Ghost: members.csv")


def arriving(
    address: str = ADA.written, state: SubscriptionState = SubscriptionState.CONFIRMED, **more: object
) -> Arrival:
    parsed = address_from(address)
    return Arrival(parsed.written, parsed.identity, state)._replace(**more)  # type: ignore[arg-type]


def taken(store: Store, *arrivals: Arrival, source: Source = SOURCE) -> Counter[Arrived]:
    return sum(take_over(store, arrivals, source), start=Counter[Arrived]())


def many(*states: SubscriptionState) -> Iterable[Arrival]:
    return [arriving(f"reader{number}@reader.example", state) for number, state in enumerate(states)]


# Another tool's file


def test_people_come_with_what_is_known_of_them_and_what_proves_it(store: Store) -> None:
    arrival = arriving(name="Ada", tags='["fair"]', fields='{"city":"London"}', created=ticks(NOON))
    assert taken(store, arrival) == {Arrived.ADDED: 1}
    known = dossier(store, ADA)
    assert known is not None
    assert known.person is not None
    assert (known.person.name, known.person.tags, known.person.fields) == ("Ada", ("fair",), {"city": "London"})
    assert (known.person.since, known.person.standing("weekly")) == (NOON, Confirmed(NOON))
    (entry,) = known.entries
    assert (entry.event, entry.at, entry.recorded) == (Event.CONFIRMED, NOON, NOON + DAY)
    assert entry.evidence.note == "Ghost: members.csv"


def test_a_given_name_of_a_table_is_what_a_letter_greets_with(store: Store) -> None:
    parts = {
        "mary": '{"first_name":"Mary Ann","last_name":"Smith"}',
        "smith": '{"last_name":"Smith"}',
        "placeholder": '{"first_name":"*|FNAME|*"}',
        "whole": '{"note":"\\"first_name\\" is not known"}',
    }
    taken(
        store, *(arriving(f"{name}@reader.example", name="Lee, Ann", fields=fields) for name, fields in parts.items())
    )
    with store.read() as db:
        found = readers(db, range(1, 5), ["weekly"], NOON + DAY)
    given = {each.address.partition("@")[0]: each.given for each in found.values()}
    assert given == {"mary": "Mary Ann", "smith": "", "placeholder": "", "whole": None}


def test_evidence_in_the_file_is_taken_over(store: Store) -> None:
    asked, confirmed = ticks(NOON - DAY), ticks(NOON)
    taken(store, arriving(asked=asked, asked_ip="192.0.2.7", confirmed=confirmed, confirmed_ip="192.0.2.8"))
    known = dossier(store, ADA)
    assert known is not None
    assert [(each.event, each.at, each.evidence.ip) for each in known.entries] == [
        (Event.ASKED, NOON - DAY, "192.0.2.7"),
        (Event.CONFIRMED, NOON, "192.0.2.8"),
    ]


def test_whoever_is_gone_in_the_file_is_suppressed_and_nothing_else_of_them_is_kept(store: Store) -> None:
    gone = (SubscriptionState.UNSUBSCRIBED, SubscriptionState.BOUNCED, SubscriptionState.COMPLAINED)
    assert taken(store, *many(*gone)) == {Arrived.SUPPRESSED: 3}
    suppressions = []
    for number in range(3):
        known = dossier(store, address_from(f"reader{number}@reader.example"))
        assert known is not None
        assert known.person is None
        suppressions += [(each.list, each.reason) for each in known.suppressions]
    assert suppressions == [
        ("weekly", Reason.LEFT),
        (EVERY_LIST, Reason.BOUNCED),
        (EVERY_LIST, Reason.COMPLAINED),
    ]


def test_marks_that_come_along_count_only_under_the_key_of_this_store(store: Store) -> None:
    other = mark_of(ADA.identity, b"another key")
    assert taken(store, arriving(mark=other)) == {Arrived.ADDED: 1}
    mine = mark_of(ADA.identity, key_of(store))
    assert taken(store, arriving(mark=mine), arriving("grace@reader.example")) == {Arrived.ALREADY: 1, Arrived.ADDED: 1}
    assert find(store, ADA) is not None


def test_doing_it_twice_adds_nobody_twice(store: Store) -> None:
    people = [*many(*SubscriptionState), arriving("readér@reader.example"), arriving("Readér@reader.example")]
    first = taken(store, *people)
    before = list(records(store))
    second = taken(store, *people)
    assert first == {Arrived.ADDED: 2, Arrived.PENDING: 1, Arrived.SUPPRESSED: 3, Arrived.ALREADY: 1}
    assert second == {Arrived.ALREADY: 7}
    assert list(records(store)) == before


def test_no_file_brings_back_who_left_or_was_erased(store: Store) -> None:
    leave(store, a_confirmed(store), "weekly", ONE_CLICK, NOON)
    a_confirmed(store, address_from("erased@reader.example"))
    erase(store, address_from("erased@reader.example"), COMMAND, NOON)
    assert taken(store, arriving(), arriving("erased@reader.example")) == {Arrived.KEPT_OFF: 2}
    person = find(store, ADA)
    assert person is not None
    assert person.standing("weekly") == Unsubscribed(NOON)
    assert find(store, address_from("erased@reader.example")) is None


def test_no_file_confirms_who_left_and_was_asked_again_by_somebody(store: Store) -> None:
    leave(store, a_confirmed(store), "weekly", ONE_CLICK, NOON)
    ask(store, ADA, [WEEKLY], FORM, NOON + DAY)
    assert taken(store, arriving()) == {Arrived.KEPT_OFF: 1}


def test_a_file_that_proves_consent_confirms_who_was_asked(store: Store) -> None:
    a_pending(store)
    assert taken(store, arriving(confirmed=ticks(NOON))) == {Arrived.ADDED: 1}
    person = find(store, ADA)
    assert person is not None
    assert person.standing("weekly") == Confirmed(NOON)


def test_a_file_that_tells_of_an_end_ends_it_here(store: Store) -> None:
    a_confirmed(store, ADA, WEEKLY, DAILY)
    assert taken(store, arriving(state=SubscriptionState.UNSUBSCRIBED, left=ticks(NOON))) == {Arrived.SUPPRESSED: 1}
    person = find(store, ADA)
    assert person is not None
    assert (person.standing("weekly"), person.standing("daily")) == (Unsubscribed(NOON), Confirmed(NOON))
    taken(store, arriving(state=SubscriptionState.BOUNCED, left=ticks(NOON)))
    person = find(store, ADA)
    assert person is not None
    assert person.standing("daily") == Bounced(NOON, Bounce.HARD)


def test_what_is_known_already_is_filled_in_and_never_replaced(store: Store) -> None:
    taken(store, arriving(name="Ada", tags='["fair"]', fields='{"city":"London"}'))
    taken(store, arriving(name="Adele", tags='["shop","fair"]', fields='{"city":"Paris","visits":"3"}'))
    person = find(store, ADA)
    assert person is not None
    assert (person.name, person.tags) == ("Ada", ("fair", "shop"))
    assert person.fields == {"city": "London", "visits": "3"}


def test_a_run_that_was_killed_is_finished_by_doing_it_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH", 5)
    monkeypatch.setattr(intake, "BATCHES", 2)
    people = list(many(*[SubscriptionState.CONFIRMED] * 35))
    run = take_over(store, people, SOURCE)
    assert [next(run), next(run)] == [{Arrived.ADDED: 10}] * 2
    run.close()
    assert taken(store, *people) == {Arrived.ALREADY: 20, Arrived.ADDED: 15}


def test_moves_and_files_give_numbers_to_different_people(store: Store) -> None:
    for number in range(5):
        a_confirmed(store, address_from(f"one{number}@reader.example"))
        taken(store, *many(*[SubscriptionState.CONFIRMED] * (number + 1)))
    assert census(store) == {"weekly": {"confirmed": 10}}


# Everything out and back in


def a_full_store(store: Store) -> None:
    person = a_confirmed(store, ADA, WEEKLY, DAILY)
    tag(store, person, ["fair", "ünï"])
    prefer(store, person, "daily", {"format": "text"})
    bounce(store, person, Bounce.SOFT, REPORT, NOON)
    leave_all(store, a_confirmed(store, address_from("left@reader.example")), ONE_CLICK, NOON)
    complain(store, a_confirmed(store, address_from("offended@reader.example")), REPORT, NOON)
    a_confirmed(store, address_from("erased@reader.example"))
    erase(store, address_from("erased@reader.example"), COMMAND, NOON)
    a_pending(store, address_from("pending@reader.example"))
    taken(
        store, *many(*SubscriptionState), arriving("=cmd@reader.example", name='"Ada, of\nLondon"', fields='{"a":"1"}')
    )


def copied(store: Store, kind: str, place: Path) -> Store:
    file = io.StringIO()
    assert list(WRITERS[kind](records(store), file))
    other = create_store(place_from(str(place)))
    file.seek(0)
    list(restore(other, (record for _, record in records_in(file))))
    return other


@pytest.mark.parametrize("kind", WRITERS)
def test_export_then_import_is_the_identity(store: Store, kind: str, tmp_path: Path) -> None:
    a_full_store(store)
    other = copied(store, kind, tmp_path / "other.db")
    assert list(records(other)) == list(records(store))
    other.close()


def test_an_export_comes_back_into_the_same_store_without_a_change(store: Store) -> None:
    a_full_store(store)
    before = list(records(store))
    counts = sum(restore(store, before), start=Counter[Arrived]())
    assert set(counts) == {Arrived.ALREADY, Arrived.KEPT_OFF} or set(counts) == {Arrived.ALREADY}
    assert list(records(store)) == before


def test_suppressions_come_along_into_a_store_with_another_key(store: Store, tmp_path: Path) -> None:
    a_confirmed(store, address_from("erased@reader.example"))
    erase(store, address_from("erased@reader.example"), COMMAND, NOON)
    other = create_store(place_from(str(tmp_path / "other.db")))
    a_confirmed(other)
    list(restore(other, records(store)))
    assert taken(other, arriving("erased@reader.example")) == {Arrived.KEPT_OFF: 1}
    assert ask(other, address_from("erased@reader.example"), [WEEKLY], FORM, NOON).person is not None
    other.close()


def test_whoever_was_erased_elsewhere_is_met_here_under_another_key(store: Store, tmp_path: Path) -> None:
    a_confirmed(store, address_from("grace@reader.example"))
    a_confirmed(store)
    erase(store, ADA, COMMAND, NOON)
    other = create_store(place_from(str(tmp_path / "other.db")))
    a_pending(other, ADA, DAILY)
    a_confirmed(other, ADA, WEEKLY)
    assert sum(restore(other, records(store)), start=Counter()) == {Arrived.ADDED: 1, Arrived.SUPPRESSED: 2}
    known = dossier(other, ADA)
    assert known is not None
    assert {(each.list, each.standing) for each in known.memberships} == {
        ("weekly", Unsubscribed(NOON)),
        ("daily", Unsubscribed(NOON)),
    }
    assert [(each.list, each.reason) for each in known.suppressions] == [(EVERY_LIST, Reason.ERASED)]
    assert not [letter for letter in known.letters if letter.waits]
    # Whoever comes back by themselves has come back, and no later file brings the mark up again.
    ask(other, ADA, [WEEKLY], FORM, NOON + DAY)
    confirm(other, known.person.id if known.person else "", [WEEKLY], LETTER, NOON + DAY)
    list(restore(other, list(records(other))))
    person = find(other, ADA)
    assert person is not None
    assert person.standing("weekly") == Confirmed(NOON + DAY)
    other.close()


def test_somebody_of_whom_a_mark_is_known_comes_in_on_lists_that_they_never_left(store: Store, tmp_path: Path) -> None:
    a_confirmed(store, ADA, WEEKLY, DAILY)
    other = create_store(place_from(str(tmp_path / "other.db")))
    taken(other, arriving(state=SubscriptionState.UNSUBSCRIBED, left=ticks(NOON)))
    assert find(other, ADA) is None
    assert sum(restore(other, records(store)), start=Counter()) == {Arrived.ADDED: 1}
    person = find(other, ADA)
    assert person is not None
    assert (person.standing("weekly"), person.standing("daily")) == (None, Confirmed(NOON))
    other.close()


def test_a_suppression_in_an_export_ends_what_it_is_about(store: Store, tmp_path: Path) -> None:
    complain(store, a_confirmed(store), REPORT, NOON)
    other = create_store(place_from(str(tmp_path / "other.db")))
    a_confirmed(other, ADA, DAILY)
    list(restore(other, records(store)))
    person = find(other, ADA)
    assert person is not None
    assert person.standing("daily") == Complained(NOON)
    other.close()


def test_an_export_into_a_store_that_knows_better_changes_only_what_ends(store: Store, tmp_path: Path) -> None:
    ada, grace = a_confirmed(store), a_confirmed(store, address_from("grace@reader.example"))
    old = list(records(store))
    leave(store, ada, "weekly", ONE_CLICK, NOON)
    new = list(records(store))
    list(restore(store, old))
    person = find(store, ADA)
    assert person is not None
    assert person.standing("weekly") == Unsubscribed(NOON)
    other = create_store(place_from(str(tmp_path / "other.db")))
    list(restore(other, old))
    list(restore(other, new))
    moved = find(other, ADA)
    assert moved is not None
    assert (moved.id, moved.standing("weekly")) == (ada, Unsubscribed(NOON))
    known = dossier(other, grace)
    assert known is not None
    assert [entry.event for entry in known.entries] == [Event.ASKED, Event.CONFIRMED]
    other.close()


def test_what_is_no_export_is_told() -> None:
    for text, words in (
        ("{\n", "line 1 is no JSON"),
        ('{"record":"person","address":"ada@reader.example"}\n', "line 1 is no record"),
        ('{"record":"planet"}\n', "line 1 is no record"),
        ('{"record":"store","format":99,"keys":[],"wordings":{}}\n', "newer Pressrun"),
    ):
        with pytest.raises(ValueError, match=words):
            list(records_in(io.StringIO(text)))


# All at a glance


def test_a_person_gets_all_that_is_kept_of_them(store: Store) -> None:
    a_confirmed(store)
    known = dossier(store, ADA)
    assert known is not None
    told = json.loads(json.dumps(record_of(known)))
    assert told["address"] == ADA.written
    assert [each["event"] for each in told["consent"]] == ["asked", "confirmed"]
    assert told["consent"][0]["wording"] == WEEKLY.wording
    assert told["consent"][0]["ip"] == FORM.ip


def test_people_are_found_by_list_state_and_tag(store: Store) -> None:
    tag(store, a_confirmed(store, ADA, WEEKLY, DAILY), ["fair"])
    leave(store, a_confirmed(store, address_from("left@reader.example")), "weekly", ONE_CLICK, NOON)

    def found(name: str | None = None, state: SubscriptionState | None = None, word: str | None = None) -> list[str]:
        return [each.address.partition("@")[0] for each in people_in(store, name, state, word)]

    assert found() == ["ada", "left"]
    assert found("daily") == ["ada"]
    assert found("weekly", SubscriptionState.UNSUBSCRIBED) == ["left"]
    assert found(None, SubscriptionState.CONFIRMED, "fair") == ["ada"]
    assert found("daily", SubscriptionState.PENDING) == found(word="fai") == []


def test_growth_counts_who_was_confirmed_at_the_end_of_each_month(store: Store) -> None:
    ada = a_confirmed(store, ADA, WEEKLY, DAILY, now=NOON - 62 * DAY)
    a_confirmed(store, address_from("grace@reader.example"), now=NOON - 31 * DAY)
    leave(store, ada, "weekly", ONE_CLICK, NOON - 31 * DAY)
    leave(store, ada, "daily", ONE_CLICK, NOON)
    assert growth(store, None, NOON) == [("2026-03", 1), ("2026-04", 2), ("2026-05", 1)]
    assert growth(store, "weekly", NOON) == [("2026-03", 1), ("2026-04", 1), ("2026-05", 1)]
    assert growth(store, "monthly", NOON) == []
