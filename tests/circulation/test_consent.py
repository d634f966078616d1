"""The moves of consent, on both databases."""

from dataclasses import replace
from pathlib import Path

import pytest

from people import (
    ADA,
    COMMAND,
    DAILY,
    DAY,
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
    claimed,
    letter_posted,
)
from pressrun.circulation.admission import Admitted, admit
from pressrun.circulation.claims import (
    CLAIMED_FOR,
    WAITS,
    Ceilings,
    SettledConfirmation,
    claims_of,
    next_letter,
    put_off,
)
from pressrun.circulation.confirmations import LINKS_A_DAY, ConfirmationRequest
from pressrun.circulation.consent import (
    StateChange,
    ask,
    ask_for_link,
    bounce,
    complain,
    confirm,
    edit,
    erase,
    forget_pending,
    forget_pending_in_lots,
    join,
    leave,
    leave_all,
    prefer,
    rename,
    tag,
)
from pressrun.circulation.dossiers import Dossier, dossier, find
from pressrun.circulation.store import identities
from pressrun.circulation.store.engine import Store, create_store, place_from
from pressrun.circulation.store.people import keys_of
from pressrun.circulation.store.proof import add_entry
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.lifecycle import SOFT_LIMIT
from pressrun.circulation.subscribers.suppression import marks_of
from pressrun.model.consent import EVERY_LIST, ConsentSource, Event, Evidence, LedgerEntry, Reason
from pressrun.model.notice import Notice
from pressrun.model.subscriber import Bounce, Bounced, Complained, Confirmed, Pending, Unsubscribed

NOBODY = "0" * 32


def file_of(store: Store, address: str = "ada@reader.example") -> Dossier:
    found = dossier(store, address_from(address))
    assert found is not None
    return found


def events(store: Store) -> list[tuple[str, Event]]:
    return [(entry.list, entry.event) for entry in file_of(store).entries]


# Asking


def test_a_request_makes_somebody_pending_and_queues_a_letter(store: Store) -> None:
    answer = ask(store, ADA, [WEEKLY], FORM, NOON)

    person = find(store, ADA)
    assert answer.outcome is ConfirmationRequest.QUEUED
    assert person is not None
    assert (person.id, person.standing("weekly")) == (answer.person, Pending(NOON))
    (letter,) = claim_letters(store, 10, NOON)
    assert (letter.person, letter.address, letter.lists, letter.attempt) == (person.id, ADA.written, ("weekly",), 1)


def test_the_ledger_tells_who_agreed_to_what_when_and_how(store: Store) -> None:
    a_confirmed(store, ADA, WEEKLY)

    asked, confirmed = file_of(store).entries
    assert (asked.event, asked.list, asked.at, asked.wording) == (Event.ASKED, "weekly", NOON, WEEKLY.wording)
    assert asked.evidence == FORM
    assert (confirmed.event, confirmed.wording, confirmed.evidence) == (Event.CONFIRMED, WEEKLY.wording, LETTER)


def test_who_confirms_has_agreed_to_the_wording_that_they_were_asked_in(store: Store) -> None:
    person = a_pending(store)
    confirm(store, person, [replace(WEEKLY, wording="And your firstborn.")], LETTER, NOON)
    assert {entry.wording for entry in file_of(store).entries} == {WEEKLY.wording}


def test_where_somebody_was_is_kept_only_where_the_publisher_says_so(store: Store) -> None:
    a_confirmed(store, ADA, DAILY)
    assert {(entry.evidence.ip, entry.evidence.agent) for entry in file_of(store).entries} == {(None, None)}


def test_two_spellings_of_an_address_are_one_person(store: Store) -> None:
    first = a_pending(store, address_from("Åda@Bücher.example"))
    # The same letters, decomposed, in capitals, and the domain in its ASCII form.
    second = a_pending(store, address_from("A\u030aDA@xn--bcher-kva.example"))
    assert first == second


def test_one_letter_asks_for_several_lists(store: Store) -> None:
    a_pending(store, ADA, WEEKLY)
    assert ask(store, ADA, [DAILY], FORM, NOON).outcome is ConfirmationRequest.QUEUED
    (letter,) = claim_letters(store, 10, NOON)
    assert letter.lists == ("weekly", "daily")


def test_whoever_is_on_the_list_is_left_in_peace(store: Store) -> None:
    person = a_confirmed(store)
    before = file_of(store)
    answer = ask(store, ADA, [WEEKLY], FORM, NOON + DAY, name="Somebody else")
    assert (answer.outcome, answer.person) == (ConfirmationRequest.CONFIRMED, person)
    assert file_of(store) == before
    assert claim_letters(store, 10, NOON + DAY) == []


def test_a_stranger_changes_nothing_that_is_known_of_a_person(store: Store) -> None:
    ask(store, ADA, [WEEKLY], FORM, NOON, name="Ada")
    ask(store, ADA, [DAILY], FORM, NOON, name="Buy now", tags=["spam"])
    person = find(store, ADA)
    assert person is not None
    assert (person.name, person.tags) == ("Ada", ())


def test_a_second_letter_goes_out_after_an_hour_and_there_are_three_in_all(store: Store) -> None:
    outcomes, posted = [], []
    for minutes in range(0, 600, 10):
        now = NOON + HOUR * minutes / 60
        outcomes.append(ask(store, ADA, [WEEKLY], FORM, now).outcome)
        for letter in claim_letters(store, 10, now):
            letter_posted(store, letter.number, now)
            posted.append(now)
    assert posted == [NOON, NOON + HOUR, NOON + 2 * HOUR]
    assert outcomes.count(ConfirmationRequest.QUEUED) == 3
    assert outcomes[-1] is ConfirmationRequest.LIMITED


def test_another_list_within_the_hour_waits_for_the_hour_to_pass(store: Store) -> None:
    a_pending(store)
    (letter,) = claim_letters(store, 10, NOON)
    letter_posted(store, letter.number, NOON)
    assert ask(store, ADA, [DAILY], FORM, NOON + HOUR / 2).outcome is ConfirmationRequest.QUEUED
    assert claim_letters(store, 10, NOON + HOUR / 2) == []
    assert [each.lists for each in claim_letters(store, 10, NOON + HOUR)] == [("daily",)]


def test_whoever_complained_gets_no_letter_again_not_even_after_they_were_erased(store: Store) -> None:
    person = a_confirmed(store)
    complain(store, person, REPORT, NOON)
    assert ask(store, ADA, [DAILY], FORM, NOON + DAY).outcome is ConfirmationRequest.SUPPRESSED
    erase(store, ADA, COMMAND, NOON)
    answer = ask(store, ADA, [WEEKLY], FORM, NOON + DAY)
    assert (answer.outcome, answer.person) == (ConfirmationRequest.SUPPRESSED, None)
    assert find(store, ADA) is None


# Confirming


def test_a_confirmed_person_asked_and_said_yes(store: Store) -> None:
    person = a_pending(store)
    moves = confirm(store, person, [WEEKLY], LETTER, NOON + HOUR)
    assert moves == [StateChange("weekly", Pending(NOON), Confirmed(NOON + HOUR))]
    assert next_letter(store) is None


def test_confirming_twice_is_confirming_once(store: Store) -> None:
    person = a_pending(store)
    confirm(store, person, [WEEKLY], LETTER, NOON)
    (again,) = confirm(store, person, [WEEKLY], LETTER, NOON + HOUR) or []
    assert not again.changed
    assert events(store) == [("weekly", Event.ASKED), ("weekly", Event.CONFIRMED)]


def test_an_old_link_brings_nobody_back_who_left(store: Store) -> None:
    person = a_confirmed(store)
    leave(store, person, "weekly", ONE_CLICK, NOON + HOUR)
    (move,) = confirm(store, person, [WEEKLY], LETTER, NOON + DAY) or []
    assert (move.changed, move.after) == (False, Unsubscribed(NOON + HOUR))


def test_a_link_confirms_no_list_that_nobody_asked_for(store: Store) -> None:
    person = a_pending(store, ADA, WEEKLY)
    confirm(store, person, [DAILY], LETTER, NOON)
    assert events(store) == [("weekly", Event.ASKED)]


# Leaving


def test_leaving_is_one_move_and_the_second_changes_nothing(store: Store) -> None:
    person = a_confirmed(store)
    first = leave(store, person, "weekly", ONE_CLICK, NOON + HOUR)
    second = leave(store, person, "weekly", ONE_CLICK, NOON + DAY)
    assert first == StateChange("weekly", Confirmed(NOON), Unsubscribed(NOON + HOUR))
    assert second == StateChange("weekly", Unsubscribed(NOON + HOUR), Unsubscribed(NOON + HOUR))
    assert [each.reason for each in file_of(store).suppressions] == [Reason.LEFT]
    assert [event for _, event in events(store)].count(Event.LEFT) == 1


def test_leaving_one_list_leaves_the_others_alone(store: Store) -> None:
    person = a_confirmed(store, ADA, WEEKLY, DAILY)
    leave(store, person, "weekly", ONE_CLICK, NOON)
    known = find(store, ADA)
    assert known is not None
    assert known.standing("daily") == Confirmed(NOON)


def test_leaving_before_confirming_stops_the_letter(store: Store) -> None:
    person = a_pending(store)
    leave(store, person, "weekly", ONE_CLICK, NOON)
    assert claim_letters(store, 10, NOON + DAY) == []


def test_leaving_a_list_that_one_never_was_on_changes_nothing(store: Store) -> None:
    person = a_confirmed(store)
    assert leave(store, person, "daily", ONE_CLICK, NOON) == StateChange("daily", None, None)


def test_leaving_everything_holds_for_lists_to_come(store: Store) -> None:
    person = a_confirmed(store, ADA, WEEKLY, DAILY)
    moves = leave_all(store, person, ONE_CLICK, NOON + HOUR)
    again = leave_all(store, person, ONE_CLICK, NOON + DAY)
    assert [each.changed for each in moves or []] == [True, True]
    assert [each.changed for each in again or []] == [False, False]
    assert [each.list for each in file_of(store).suppressions] == [EVERY_LIST, "daily", "weekly"]
    assert admit(store, ADA, [replace(DAILY, id="monthly")], COMMAND, NOON)[1] == {"monthly": Admitted.SUPPRESSED}


def test_whoever_left_can_come_back_by_asking_and_confirming_and_in_no_other_way(store: Store) -> None:
    person = a_confirmed(store)
    leave(store, person, "weekly", ONE_CLICK, NOON + HOUR)
    assert admit(store, ADA, [WEEKLY], COMMAND, NOON + DAY)[1] == {"weekly": Admitted.SUPPRESSED}
    ask(store, ADA, [WEEKLY], FORM, NOON + DAY)
    confirm(store, person, [WEEKLY], LETTER, NOON + DAY)
    assert file_of(store).suppressions == ()
    assert events(store)[-3:] == [("weekly", Event.LEFT), ("weekly", Event.ASKED), ("weekly", Event.CONFIRMED)]


def test_where_somebody_was_when_they_left_is_nobodys_business(store: Store) -> None:
    person = a_confirmed(store)
    leave(store, person, "weekly", Evidence(ConsentSource.PAGE, ip="192.0.2.9", agent="x"), NOON)
    last = file_of(store).entries[-1]
    assert last.evidence == Evidence(ConsentSource.PAGE)


# Bounces and complaints


def test_a_hard_bounce_ends_it_on_all_lists(store: Store) -> None:
    person = a_confirmed(store, ADA, WEEKLY, DAILY)
    bounce(store, person, Bounce.HARD, REPORT, NOON)
    known = file_of(store)
    assert {each.standing for each in known.memberships} == {Bounced(NOON, Bounce.HARD)}
    assert [(each.list, each.reason) for each in known.suppressions] == [(EVERY_LIST, Reason.BOUNCED)]


def test_soft_bounces_in_a_row_end_it_and_one_long_ago_does_not_count(store: Store) -> None:
    person = a_confirmed(store)
    bounce(store, person, Bounce.SOFT, REPORT, NOON - 200 * DAY)
    for number in range(SOFT_LIMIT - 1):
        bounce(store, person, Bounce.SOFT, REPORT, NOON + number * DAY)
    known = find(store, ADA)
    assert known is not None
    assert known.standing("weekly") == Confirmed(NOON, SOFT_LIMIT - 1, NOON + (SOFT_LIMIT - 2) * DAY)
    bounce(store, person, Bounce.SOFT, REPORT, NOON + 30 * DAY)
    known = find(store, ADA)
    assert known is not None
    assert known.standing("weekly") == Bounced(NOON + 30 * DAY, Bounce.SOFT)


def test_whoever_confirms_again_after_a_bounce_can_be_reached(store: Store) -> None:
    person = a_confirmed(store)
    bounce(store, person, Bounce.HARD, REPORT, NOON)
    ask(store, ADA, [WEEKLY], FORM, NOON + DAY)
    confirm(store, person, [WEEKLY], LETTER, NOON + DAY)
    assert file_of(store).suppressions == ()


def test_a_bounce_does_not_weaken_the_wish_to_get_nothing(store: Store) -> None:
    person = a_confirmed(store)
    leave_all(store, person, ONE_CLICK, NOON)
    ask(store, ADA, [WEEKLY], FORM, NOON + DAY)
    bounce(store, person, Bounce.HARD, REPORT, NOON + DAY)
    assert file_of(store).suppressions[0].reason is Reason.LEFT


def test_a_complaint_is_for_ever_on_all_lists(store: Store) -> None:
    person = a_confirmed(store, ADA, WEEKLY, DAILY)
    complain(store, person, REPORT, NOON)
    leave(store, person, "weekly", ONE_CLICK, NOON + DAY)
    assert {each.standing for each in file_of(store).memberships} == {Complained(NOON)}
    assert [each.reason for each in file_of(store).suppressions] == [Reason.COMPLAINED]


# What the publisher does


def test_the_publisher_adds_somebody_who_signed_on_paper_once(store: Store) -> None:
    paper = Evidence(ConsentSource.COMMAND, note="signed at the fair")
    person, first = admit(store, ADA, [WEEKLY], paper, NOON, name="Ada", tags=["fair"])
    _, second = admit(store, ADA, [WEEKLY], paper, NOON + DAY)
    assert (first, second) == ({"weekly": Admitted.ADDED}, {"weekly": Admitted.ALREADY})
    assert person is not None
    assert (person.name, person.tags, person.standing("weekly")) == ("Ada", ("fair",), Confirmed(NOON))
    assert [(entry.event, entry.evidence) for entry in file_of(store).entries] == [(Event.CONFIRMED, paper)]


def test_tags_names_and_preferences_are_changed_without_a_word_in_the_ledger(store: Store) -> None:
    person = a_confirmed(store)
    before = events(store)
    tag(store, person, ["fair", "2026", "fair"], [])
    tagged = tag(store, person, ["harbour"], ["2026"])
    edit(store, person, lambda known: replace(known, fields={"first_name": "Augusta", "city": "London"}))
    rename(store, person, "Ada Lovelace")
    assert prefer(store, person, "weekly", {"format": "text"}) is True
    assert prefer(store, person, "daily", {"format": "text"}) is False
    known = find(store, ADA)
    assert known is not None
    assert tagged is not None
    assert known.tags == tagged.tags == ("fair", "harbour")
    assert (known.name, known.memberships[0].preferences) == ("Ada Lovelace", {"format": "text"})
    assert known.fields == {"city": "London"}, "what a table said of the parts of a name is over"
    assert events(store) == before


def test_erasing_leaves_the_proof_and_what_keeps_them_from_coming_back(store: Store) -> None:
    a_confirmed(store)
    erased = erase(store, ADA, COMMAND, NOON + DAY)
    assert erased is not None
    assert (erased.was_here, erased.entries) == (True, 3)
    assert [(each.list, each.reason) for each in erased.suppressions] == [(EVERY_LIST, Reason.ERASED)]
    known = file_of(store)
    assert known.person is None
    assert [entry.event for entry in known.entries] == [Event.ASKED, Event.CONFIRMED, Event.ERASED]
    assert {(entry.evidence.ip, entry.evidence.agent) for entry in known.entries} == {(None, None)}
    assert admit(store, ADA, [WEEKLY], COMMAND, NOON + DAY) == (None, {"weekly": Admitted.SUPPRESSED})
    again = erase(store, ADA, COMMAND, NOON + 2 * DAY)
    assert again is not None
    assert (again.was_here, again.entries) == (False, 3)


def test_nobody_is_left_in_the_tables_who_was_erased(store: Store) -> None:
    a_confirmed(store)
    erase(store, ADA, COMMAND, NOON)
    with store.read() as db:
        for table in ("people", "memberships", "whereabouts", "letters"):
            assert db.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar() == 0


def test_whoever_was_erased_is_somebody_new_when_they_ask_again(store: Store) -> None:
    before = a_confirmed(store)
    erase(store, ADA, COMMAND, NOON)
    after = a_confirmed(store, now=NOON + DAY)
    assert before != after
    assert find(store, ADA) is not None


def test_what_was_never_here_is_not_erased(store: Store) -> None:
    assert erase(store, ADA, COMMAND, NOON) is None


def test_requests_that_nobody_confirmed_are_forgotten(store: Store) -> None:
    a_pending(store, address_from("old@reader.example"), now=NOON - 40 * DAY)
    a_confirmed(store, address_from("both@reader.example"), DAILY, now=NOON - 40 * DAY)
    a_pending(store, address_from("both@reader.example"), WEEKLY, now=NOON - 40 * DAY)
    a_pending(store, address_from("new@reader.example"))
    assert forget_pending(store, NOON - 30 * DAY) == 1
    assert find(store, address_from("old@reader.example")) is None
    both = find(store, address_from("both@reader.example"))
    assert both is not None
    assert [each.list for each in both.memberships] == ["daily"]
    assert find(store, address_from("new@reader.example")) is not None


@pytest.mark.parametrize("person", [NOBODY, "no id at all"])
def test_a_link_of_somebody_who_is_gone_does_nothing(store: Store, person: str) -> None:
    assert confirm(store, person, [WEEKLY], LETTER, NOON) is None
    assert leave(store, person, "weekly", ONE_CLICK, NOON) is None
    assert leave_all(store, person, ONE_CLICK, NOON) is None
    assert bounce(store, person, Bounce.HARD, REPORT, NOON) is None
    assert complain(store, person, REPORT, NOON) is None
    assert prefer(store, person, "weekly", {}) is None
    assert rename(store, person, "x") is None
    assert edit(store, person, lambda known: known) is None
    assert tag(store, person, ["x"]) is None
    assert dossier(store, person) is None


# The queue


def test_a_letter_is_given_to_one_poster_only(store: Store) -> None:
    a_pending(store)
    with claimed(store, NOON) as mine:
        assert len(mine) == 1
        # However long it takes: whoever has it in hand lives.
        assert claim_letters(store, 10, NOON + DAY) == []
        assert next_letter(store) is None


def test_a_letter_of_which_nothing_was_told_is_tried_again_after_an_hour(store: Store) -> None:
    a_pending(store)
    claim_letters(store, 10, NOON)
    assert claim_letters(store, 10, NOON + CLAIMED_FOR - HOUR / 60) == []
    (letter,) = claim_letters(store, 10, NOON + CLAIMED_FOR)
    assert letter.attempt == 2


def test_a_mail_server_that_is_down_for_days_loses_nobody_and_is_not_asked_for_ever(store: Store) -> None:
    a_pending(store)
    now, tried = NOON, 0
    while next_letter(store) is not None:
        with claims_of(store, Ceilings()) as claims:
            letter = claims.next(now)
            assert letter is not None
            settled = put_off(letter, now)
            claims.settle(settled)
        tried += 1
        now = settled.next_try or now
    assert tried == len(WAITS) + 1
    assert now - NOON == sum(WAITS, start=NOON - NOON)


def test_a_letter_that_no_server_will_take_is_not_tried_again(store: Store) -> None:
    a_pending(store)
    with claims_of(store, Ceilings()) as claims:
        letter = claims.next(NOON)
        assert letter is not None
        claims.settle(SettledConfirmation(letter.number))
    assert next_letter(store) is None


def test_the_oldest_letters_come_first(store: Store) -> None:
    for number in range(5):
        a_pending(store, address_from(f"reader{number}@reader.example"), now=NOON + number * HOUR)
    found = claim_letters(store, 3, NOON + DAY)
    assert [letter.address for letter in found] == [f"reader{number}@reader.example" for number in range(3)]
    assert next_letter(store) == NOON + 3 * HOUR


def test_whoever_has_a_link_of_their_own_joins_without_another_letter(store: Store) -> None:
    person = a_confirmed(store, ADA, WEEKLY)
    assert join(store, person, DAILY, LETTER, NOON) == StateChange("daily", None, Confirmed(NOON))
    assert claim_letters(store, 10, NOON) == []
    assert file_of(store).entries[-1].wording == DAILY.wording
    assert join(store, person, DAILY, LETTER, NOON + HOUR) == StateChange("daily", Confirmed(NOON), Confirmed(NOON))


def test_who_has_left_or_bounced_can_join_again_and_who_complained_cannot(store: Store) -> None:
    person = a_confirmed(store, ADA, WEEKLY)
    for end in (
        lambda: leave(store, person, "weekly", ONE_CLICK, NOON),
        lambda: bounce(store, person, Bounce.HARD, REPORT, NOON),
    ):
        end()
        assert file_of(store).suppressions != ()
        join(store, person, WEEKLY, LETTER, NOON)
        assert file_of(store).suppressions == ()
    complain(store, person, REPORT, NOON)
    assert join(store, person, WEEKLY, LETTER, NOON) == StateChange("weekly", Complained(NOON), Complained(NOON))


def test_nobody_can_be_made_to_get_more_than_four_links_a_day(store: Store) -> None:
    a_confirmed(store)
    outcomes = []
    for hours in range(26):
        now = NOON + hours * HOUR
        kind = (Notice.MANAGE, Notice.DATA)[hours % 2]
        outcomes.append(ask_for_link(store, ADA, kind, now))
        for letter in claim_letters(store, 10, now):
            letter_posted(store, letter.number, now)
    assert (
        outcomes
        == [ConfirmationRequest.QUEUED] * LINKS_A_DAY
        + [ConfirmationRequest.LIMITED] * 20
        + [ConfirmationRequest.QUEUED] * 2
    )


def test_who_complained_gets_no_letter_with_a_link(store: Store) -> None:
    complain(store, a_confirmed(store), REPORT, NOON)
    assert ask_for_link(store, ADA, Notice.DATA, NOON) is ConfirmationRequest.SUPPRESSED
    assert claim_letters(store, 10, NOON) == []


def test_a_link_is_sent_once_in_an_hour_and_only_to_those_who_are_known(store: Store) -> None:
    assert ask_for_link(store, ADA, Notice.MANAGE, NOON) is None
    person = a_confirmed(store)
    assert ask_for_link(store, ADA, Notice.MANAGE, NOON) is ConfirmationRequest.QUEUED
    assert ask_for_link(store, ADA, Notice.MANAGE, NOON + HOUR / 2) is ConfirmationRequest.UNDER_WAY
    assert ask_for_link(store, ADA, Notice.DATA, NOON + HOUR / 2) is ConfirmationRequest.QUEUED
    # As long as none went out, a second one would say the same.
    assert ask_for_link(store, ADA, Notice.MANAGE, NOON + HOUR) is ConfirmationRequest.UNDER_WAY
    found = claim_letters(store, 10, NOON + HOUR)
    assert {(letter.person, letter.kind) for letter in found} == {(person, Notice.MANAGE), (person, Notice.DATA)}
    for letter in found:
        letter_posted(store, letter.number, NOON + HOUR)
    assert ask_for_link(store, ADA, Notice.MANAGE, NOON + HOUR) is ConfirmationRequest.QUEUED
    assert join(store, "00" * 16, WEEKLY, LETTER, NOON) is None


def test_nothing_of_somebody_who_was_erased_is_left_in_the_file(tmp_path: Path) -> None:
    place = tmp_path / "pressrun.db"
    store = create_store(place_from(str(place)))
    for number in range(50):
        a_confirmed(store, address_from(f"reader{number}@reader.example"))
    a_confirmed(store, ADA)
    written = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert ADA.written.encode() in written
    erase(store, ADA, COMMAND, NOON)
    left = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert ADA.written.encode() not in left
    assert b"reader7@reader.example" in left
    store.close()


def test_the_service_forgets_in_lots_and_not_what_was_recorded_since(store: Store) -> None:
    """An import of old requests is not undone on the day that it was made."""
    for number in range(7):
        a_pending(store, address_from(f"reader{number}@reader.example"))
    a_confirmed(store, address_from("bob@reader.example"))
    asked = LedgerEntry("weekly", Event.ASKED, NOON, NOON + 39 * DAY, Evidence(ConsentSource.IMPORT))
    a_pending(store, address_from("cleo@reader.example"))
    with store.write() as db:
        number = identities.own(db, marks_of("cleo@reader.example", keys_of(db)))
        assert number is not None
        add_entry(db, number, asked)
    assert forget_pending_in_lots(store, NOON, 3) == 0
    assert forget_pending_in_lots(store, NOON + 10 * DAY, 3) == 7
    assert find(store, address_from("bob@reader.example")) is not None
    assert find(store, address_from("cleo@reader.example")) is not None
    assert forget_pending_in_lots(store, NOON + 40 * DAY, 3) == 1
