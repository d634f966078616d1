"""An edition is sent to its list: real servers that fail as they are told, on both databases; their log, and ours."""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from builders import a_folder, a_story_file, build_request
from database import fresh_database
from faultyserver import TAKING, Fault, FaultyRoom, faulty_server
from mailserver import HOST, PickyRoom, mail_server
from people import ADA, COMMAND, DAILY, DAY, HOUR, NOON, ONE_CLICK, REPORT, WEEKLY, a_confirmed, a_crowd, a_pending
from pressrun.circulation.consent import complain, erase, leave, leave_all, prefer
from pressrun.circulation.dossiers import find
from pressrun.circulation.linkkeys import KeyRefused, begin_service, registered, retire
from pressrun.circulation.store.engine import Store, create_store, place_from
from pressrun.circulation.store.runs import Busy, SendRun, is_running, only_run
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.delivery import Delivery, DeliveryState, Exclusion, Mailing, Tally
from pressrun.model.mailserver import MailServer, Tls
from pressrun.model.problems import DeliveryError, StoreError
from pressrun.model.subscriber import PAUSED, pause_text
from pressrun.post.delivery.connection import Patience
from pressrun.post.delivery.interface import DeliveryVerdict, Outcome
from pressrun.post.delivery.pool import ClaimedEmail, Pool, SettledEmail
from pressrun.post.delivery.rates import Clock, RateLimits
from pressrun.post.delivery.retries import Breaker, Pauses, Schedule
from pressrun.post.delivery.smtp import SmtpTransport
from pressrun.post.sending.claims import Post, Sending, mail_address, settled_as
from pressrun.post.sending.dispatch import (
    NotSent,
    Recovered,
    audience,
    deliveries_of,
    freeze,
    heard_last,
    recover,
    remember_test,
    status,
    statuses,
    withdraw,
)
from pressrun.post.sending.dispatch import tested as last_tested
from pressrun.post.sending.letter import Ready, hash_of, ready

EDITION = (
    "---\nid: tag:gazette.example,2020:editions/{0}\ntitle: {0}\ndate: 2026-05-08\nlead: first-snow\n---\nHello.\n"
)
SPRING = "tag:gazette.example,2020:editions/spring"
LISTS = {"weekly": WEEKLY, "daily": DAILY}
SCHEDULE = Schedule(jitter=0)
QUICK = Patience(connection=10, answer=10, last_answer=10, goodbye=1)


def erase_ada(store: Store) -> None:
    erase(store, ADA, COMMAND, NOON)


def leave_everything(store: Store) -> None:
    person = find(store, ADA)
    assert person is not None
    leave_all(store, person.id, ONE_CLICK, NOON)


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    root = tmp_path_factory.mktemp("news")
    files = {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": EDITION.format("spring")}
    return ready(a_folder(root, files), "spring", build_request())


def a_mailing(*lists: str, id: str = SPRING, tags: tuple[str, ...] = (), corrects: str | None = None) -> Mailing:  # noqa: A002
    return Mailing(id, "a" * 32, lists or ("weekly",), NOON, tags, corrects)


def frozen(store: Store, mailing: Mailing | None = None) -> int:
    return freeze(store, mailing or a_mailing())


@pytest.mark.parametrize("gone", [erase_ada, leave_everything])
def test_whoever_left_for_good_and_came_back_gets_the_next_edition(store: Store, gone: Callable[[Store], None]) -> None:
    a_confirmed(store)
    gone(store)
    assert audience(store, a_mailing()).count(DeliveryState.PLANNED) == 0
    a_confirmed(store, now=NOON + DAY)
    assert audience(store, a_mailing()).count(DeliveryState.PLANNED) == 1


def tally(store: Store, edition: str = SPRING) -> Tally:
    found = status(store, edition)
    assert found is not None
    return found.tally


def all_of(store: Store, number: int) -> dict[str | None, Delivery]:
    return {each.address: each for each in deliveries_of(store, number, list(DeliveryState))}


def posted(
    store: Store,
    number: int,
    letter: Ready,
    port: int,
    *,
    now: datetime = NOON,
    lines: int = 4,
    limit: int | None = None,
    again: Collection[DeliveryState] = (),
    breaker: Breaker | None = None,
    limits: RateLimits | None = None,
    before_claims: Callable[[int], None] = lambda _turn: None,
    pool_of: Callable[[Pool], None] = lambda _pool: None,
    begun: Callable[[SendRun], None] = lambda _run: None,
    key: str | None = None,
) -> str | None:
    """A whole run, as the command makes it; *before_claims* is called before each turn, with its number."""
    server = MailServer(HOST, port, Tls.NONE)
    time = Clock(lambda: 0.0, lambda _seconds: None)
    breaker = breaker or Breaker(1_000_000)
    pool = Pool(lambda: SmtpTransport(server, patience=QUICK), lines, time, limits=limits, breaker=breaker)
    pool_of(pool)
    turns = 0
    with only_run(store, number) as run:
        begun(run)
        recover(run, number, now, again)
        sending = Sending(
            run, number, Post(letter, NOON, LISTS, key=key), lambda: now, lambda: 0.5, schedule=SCHEDULE, limit=limit
        )

        def claims(
            settled: Sequence[SettledEmail[int]], room: int, rooms: Mapping[str, int]
        ) -> Sequence[ClaimedEmail[int]]:
            nonlocal turns
            turns += 1
            before_claims(turns)
            claimed = sending(settled, room, rooms)
            assert tally(store).count(DeliveryState.CLAIMED) <= lines
            return claimed

        return pool.post(claims, sending.let_off) or sending.stopped


# Who it goes to


def test_everybody_is_looked_at_once_whatever_lists_they_are_on(store: Store) -> None:
    a_confirmed(store, address_from("both@reader.example"), WEEKLY, DAILY)
    a_confirmed(store, address_from("one@reader.example"), DAILY)
    a_pending(store, address_from("asked@reader.example"), WEEKLY)
    left = a_confirmed(store, address_from("left@reader.example"), WEEKLY, DAILY)
    leave(store, left, "weekly", ONE_CLICK, NOON)
    gone = a_confirmed(store, address_from("gone@reader.example"))
    leave(store, gone, "weekly", ONE_CLICK, NOON)
    offended = a_confirmed(store, address_from("offended@reader.example"))
    complain(store, offended, REPORT, NOON)
    a_confirmed(store, address_from("erased@reader.example"))
    erase(store, address_from("erased@reader.example"), COMMAND, NOON)

    expected = Tally(
        {DeliveryState.PLANNED: 3, DeliveryState.EXCLUDED: 3},
        {Exclusion.UNCONFIRMED: 1, Exclusion.LEFT: 1, Exclusion.COMPLAINED: 1},
    )
    assert audience(store, a_mailing("weekly", "daily")) == expected
    number = frozen(store, a_mailing("weekly", "daily"))
    assert tally(store) == expected
    told = {address: each.state for address, each in all_of(store, number).items()}
    assert [address for address, state in told.items() if state is DeliveryState.PLANNED] == [
        "both@reader.example",
        "one@reader.example",
        "left@reader.example",
    ]


def test_who_joins_later_is_not_among_them(store: Store) -> None:
    a_crowd(store, 2)
    frozen(store)
    a_crowd(store, 1)
    assert tally(store).candidates == 2


def test_of_several_tags_any_one_is_enough(store: Store) -> None:
    from pressrun.circulation.consent import tag

    for name, tags in {"a": ["vip"], "b": ["VIP", "vip two"], "c": ['"vip"', "x%"], "d": []}.items():
        tag(store, a_confirmed(store, address_from(f"{name}@reader.example")), tags)
    assert audience(store, a_mailing(tags=("vip",))).candidates == 1
    assert audience(store, a_mailing(tags=("vip", "x%"))).candidates == 2
    assert audience(store, a_mailing(tags=("vi",))).candidates == 0


def test_an_edition_is_frozen_once(store: Store) -> None:
    a_crowd(store, 2)
    frozen(store)
    with pytest.raises(NotSent, match="Somebody else began"):
        frozen(store)
    assert [each.number for each in statuses(store)] == [1]


def test_a_correction_goes_to_those_who_got_the_wrong_edition(store: Store, letter: Ready) -> None:
    got, refused, late = a_crowd(store, 3)
    number = frozen(store)
    with faulty_server({("RCPT", refused): "550 5.1.1 No such user"}) as room:
        posted(store, number, letter, room.port, limit=2)
    corrects = a_mailing(id="tag:gazette.example,2020:editions/correction", corrects=SPRING)
    with pytest.raises(NotSent, match="may still go to 1 person, who would get it after its correction"):
        frozen(store, corrects)
    with only_run(store, number) as run:
        assert withdraw(run, number, NOON) == 1
    assert tally(store).excluded == {Exclusion.WITHDRAWN: 1}
    assert tally(store).is_finished
    second = frozen(store, corrects)
    assert [*all_of(store, second)] == [got]
    found = status(store, corrects.id)
    assert found is not None
    assert found.mailing == corrects
    assert late not in all_of(store, second)
    # From then on nobody gets the wrong one, whatever anybody says.
    with only_run(store, number) as run, pytest.raises(NotSent, match="was corrected since"):
        recover(run, number, NOON, [DeliveryState.REFUSED])
    assert tally(store).count(DeliveryState.REFUSED) == 1


# The run


FAULTS: dict[str, tuple[str, str | Fault, DeliveryVerdict]] = {
    "greylisted": ("RCPT", "451 4.7.1 Greylisted", DeliveryVerdict.DEFERRED),
    "no such user": ("RCPT", "550 5.1.1 No such user", DeliveryVerdict.REFUSED),
    "no data": ("DATA", "452 4.3.1 Full", DeliveryVerdict.DEFERRED),
    "spam": (".", "554 5.7.1 Spam", DeliveryVerdict.REFUSED),
    "busy": (".", "451 4.3.0 Later", DeliveryVerdict.DEFERRED),
    "drops before the letter": ("DATA", Fault.DROP, DeliveryVerdict.DEFERRED),
    "drops after the letter": (".", Fault.DROP, DeliveryVerdict.UNKNOWN),
    "takes it and drops": (".", Fault.TAKE_AND_DROP, DeliveryVerdict.UNKNOWN),
    "leaves": ("RCPT", "421 4.3.2 Shutting down", DeliveryVerdict.DEFERRED),
}


@pytest.mark.slow
@settings(max_examples=12)
@given(data=st.data())
def test_the_log_of_the_server_and_the_ledger_say_the_same(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, letter: Ready
) -> None:
    store = create_store(place_from(str(tmp_path_factory.mktemp("store") / "pressrun.db")))
    addresses = a_crowd(store, 30)
    chosen = data.draw(st.dictionaries(st.sampled_from(addresses), st.sampled_from(sorted(FAULTS)), max_size=12))
    faults = {(FAULTS[name][0], address): FAULTS[name][1] for address, name in chosen.items()}
    number = frozen(store)
    with faulty_server(faults, room=FaultyRoom(pipelining=data.draw(st.booleans()))) as room:
        posted(store, number, letter, room.port)
    told = all_of(store, number)
    assert max(Counter(room.log).values()) == 1
    for address in addresses:
        verdict = FAULTS[chosen[address]][2] if address in chosen else DeliveryVerdict.ACCEPTED
        assert told[address].state is DeliveryState(verdict.value), address
        took = address not in chosen or FAULTS[chosen[address]][1] in TAKING
        assert (address in room.log) is took
    assert tally(store).candidates == 30
    store.close()


def test_what_a_server_said_is_kept_with_its_code(store: Store, letter: Ready) -> None:
    one, other = a_crowd(store, 2)
    number = frozen(store)
    with faulty_server({("RCPT", other): "550 5.1.1 No such\0 user"}) as room:
        posted(store, number, letter, room.port)
    told = all_of(store, number)
    assert (told[one].code, told[one].enhanced, told[one].text) == (250, "2.0.0", "taken")
    assert (told[other].code, told[other].enhanced, told[other].words) == (550, "5.1.1", "550 5.1.1 No such user")
    assert told[other].attempts == 1


def test_who_leaves_complains_or_is_erased_in_the_middle_gets_nothing(store: Store, letter: Ready) -> None:
    addresses = a_crowd(store, 8)
    number = frozen(store)

    def leaving(turn: int) -> None:
        if turn == 2:  # two letters are out
            ids = {each: find(store, address_from(each)).id for each in addresses[4:7]}  # type: ignore[union-attr]
            leave(store, ids[addresses[4]], "weekly", ONE_CLICK, NOON)
            complain(store, ids[addresses[5]], REPORT, NOON)
            erase(store, address_from(addresses[6]), COMMAND, NOON)

    with faulty_server({}) as room:
        posted(store, number, letter, room.port, lines=2, before_claims=leaving)
    assert sorted(room.log) == [*addresses[:4], addresses[7]]
    told = all_of(store, number)
    assert (told[addresses[4]].reason, told[addresses[5]].reason) == (Exclusion.LEFT, Exclusion.COMPLAINED)
    assert told[None].reason is Exclusion.ERASED
    assert tally(store).states == {DeliveryState.ACCEPTED: 5, DeliveryState.EXCLUDED: 3}


def until(moment: datetime) -> dict[str, str]:
    return {"format": "text", PAUSED: pause_text(moment)}


@pytest.mark.parametrize(
    ("preferences", "reason"),
    [
        (until(NOON + HOUR), Exclusion.PAUSED),
        (until(NOON), None),
        ({"format": "text", "x": until(NOON + HOUR)[PAUSED]}, None),
        ({PAUSED: "yes"}, None),
    ],
)
def test_who_pauses_a_list_is_left_out_until_the_pause_is_over(
    store: Store, preferences: dict[str, str], reason: Exclusion | None
) -> None:
    prefer(store, a_confirmed(store), "weekly", preferences)
    assert audience(store, a_mailing()).excluded == ({reason: 1} if reason else {})
    number = frozen(store)
    assert [each.reason for each in all_of(store, number).values()] == [reason]


def test_a_pause_is_of_one_list(store: Store) -> None:
    prefer(store, a_confirmed(store, ADA, WEEKLY, DAILY), "weekly", until(NOON + DAY))
    assert audience(store, a_mailing("daily")).count(DeliveryState.PLANNED) == 1
    assert audience(store, a_mailing("weekly", "daily")).count(DeliveryState.PLANNED) == 1


def test_who_pauses_in_the_middle_gets_nothing(store: Store, letter: Ready) -> None:
    ada, grace = (a_confirmed(store, each) for each in (ADA, address_from("grace@reader.example")))
    number = frozen(store)
    prefer(store, ada, "weekly", until(NOON + DAY))
    prefer(store, grace, "weekly", until(NOON))
    with faulty_server({}) as room:
        posted(store, number, letter, room.port)
    assert room.log == ["grace@reader.example"]
    assert tally(store).excluded == {Exclusion.PAUSED: 1}


def test_who_subscribes_again_ends_their_pause(store: Store) -> None:
    person = a_confirmed(store)
    prefer(store, person, "weekly", until(NOON + DAY))
    leave(store, person, "weekly", ONE_CLICK, NOON)
    a_confirmed(store)
    assert audience(store, a_mailing()).count(DeliveryState.PLANNED) == 1
    found = find(store, ADA)
    assert found is not None
    assert found.memberships[0].preferences == {"format": "text"}


def test_a_retry_asks_for_consent_once_more(store: Store, letter: Ready) -> None:
    (address,) = a_crowd(store, 1)
    number = frozen(store)
    with faulty_server({("RCPT", address): "451 4.7.1 Greylisted"}) as room:
        posted(store, number, letter, room.port)
    leave(store, find(store, address_from(address)).id, "weekly", ONE_CLICK, NOON)  # type: ignore[union-attr]
    with faulty_server({}) as room:
        posted(store, number, letter, room.port, now=NOON + HOUR)
    assert room.log == []
    assert tally(store).excluded == {Exclusion.LEFT: 1}


def test_only_what_was_deferred_is_tried_again_and_not_before_it_is_due(store: Store, letter: Ready) -> None:
    addresses = a_crowd(store, 3)
    number = frozen(store)
    with faulty_server({("RCPT", addresses[1]): "451 4.7.1 Greylisted"}) as room:
        posted(store, number, letter, room.port)
    found = status(store, SPRING)
    assert found is not None
    assert found.next_try == NOON + SCHEDULE.first
    with faulty_server({}) as room:
        posted(store, number, letter, room.port, now=NOON + SCHEDULE.first - timedelta(seconds=1))
        assert room.log == []
        posted(store, number, letter, room.port, now=NOON + SCHEDULE.first)
        assert room.log == [addresses[1]]
    assert tally(store).is_finished


def test_a_clock_that_was_set_back_keeps_nobody_waiting_for_ever(store: Store, letter: Ready) -> None:
    (address,) = a_crowd(store, 1)
    number = frozen(store)
    with faulty_server({("RCPT", address): "451 4.7.1 Greylisted"}) as room:
        posted(store, number, letter, room.port, now=NOON + 300 * DAY)  # it was wrong
    with faulty_server({}) as room:
        posted(store, number, letter, room.port, now=NOON)
        posted(store, number, letter, room.port, now=NOON - DAY)
    assert room.log == [address]


def test_what_is_deferred_for_too_long_is_given_up(store: Store, letter: Ready) -> None:
    (address,) = a_crowd(store, 1)
    number = frozen(store)
    moment = NOON
    with faulty_server({("RCPT", address): "451 4.7.1 Greylisted"}) as room:
        while not tally(store).is_finished:
            posted(store, number, letter, room.port, now=moment)
            moment += HOUR
    told = all_of(store, number)[address]
    assert (told.state, told.code) == (DeliveryState.REFUSED, 451)
    assert told.text == f"Greylisted (given up after {told.attempts} attempts)"
    assert NOON + SCHEDULE.age - SCHEDULE.longest <= moment <= NOON + SCHEDULE.age + HOUR


def test_while_no_server_is_there_nobody_grows_older(store: Store, letter: Ready) -> None:
    addresses = a_crowd(store, 6)
    number = frozen(store)
    with faulty_server({}) as room:
        pass
    for hours in range(0, 80, 4):
        with pytest.raises(DeliveryError, match="cannot connect"):
            posted(store, number, letter, room.port, now=NOON + hours * HOUR)
        assert tally(store).states == {DeliveryState.PLANNED: 6}
    with faulty_server({}) as room:
        posted(store, number, letter, room.port, now=NOON + 80 * HOUR)
    assert sorted(room.log) == addresses
    assert {each.attempts for each in all_of(store, number).values()} == {1}


def blocking(addresses: Sequence[str], answer: str = "554 5.7.1 Blocked") -> dict[tuple[str, str | int], str | Fault]:
    return {(".", each): answer for each in addresses}


def test_who_was_refused_because_of_us_gets_the_letter_once_that_is_mended(store: Store, letter: Ready) -> None:
    """A server that refuses everybody alike has said nothing of any of them."""
    addresses = a_crowd(store, 40)
    number = frozen(store)
    with faulty_server(blocking(addresses)) as room:
        reason = posted(store, number, letter, room.port, lines=1, breaker=Breaker(5, Pauses(total=0)))
        assert reason == "5 letters in a row were not accepted, the last refused (554 5.7.1 Blocked)"
        assert tally(store).states == {DeliveryState.DEFERRED: 5, DeliveryState.PLANNED: 35}
        assert all_of(store, number)[addresses[0]].words == "554 5.7.1 Blocked"

        # The next run remembers, and asks with one letter alone, which is one that is due again.
        breaker = Breaker(5, Pauses(total=0))
        remembering = lambda run: breaker.remember(heard_last(run, number, 5))  # noqa: E731
        later = NOON + HOUR
        assert posted(store, number, letter, room.port, now=later, breaker=breaker, begun=remembering) is not None
    assert tally(store).states == {DeliveryState.DEFERRED: 5, DeliveryState.PLANNED: 35}
    assert sorted(each.attempts for each in all_of(store, number).values())[-6:] == [0, 1, 1, 1, 1, 2]
    assert room.log == []
    with faulty_server({}) as room:
        posted(store, number, letter, room.port, now=NOON + 3 * HOUR)
    assert sorted(room.log) == addresses
    assert tally(store).states == {DeliveryState.ACCEPTED: 40}


def test_what_is_refused_for_two_days_stays_refused_whoever_is_meant(store: Store, letter: Ready) -> None:
    addresses = a_crowd(store, 5)
    number = frozen(store)
    moment = NOON
    with faulty_server(blocking(addresses)) as room:
        while not tally(store).is_finished:
            posted(store, number, letter, room.port, now=moment, breaker=Breaker(5, Pauses(total=0)))
            moment += 4 * HOUR
    assert moment <= NOON + SCHEDULE.age + 5 * HOUR
    assert tally(store).states == {DeliveryState.REFUSED: 5}


def test_a_single_refusal_is_final_until_a_person_says_otherwise(store: Store, letter: Ready) -> None:
    addresses = a_crowd(store, 4)
    number = frozen(store)
    faults = blocking(addresses[:1]) | {("RCPT", addresses[1]): "550 5.1.1 No such user"}
    with faulty_server(faults) as room:
        posted(store, number, letter, room.port)
        posted(store, number, letter, room.port, now=NOON + DAY)
    found = status(store, SPRING)
    assert found is not None
    assert (found.tally.states, found.turned_away) == ({DeliveryState.REFUSED: 2, DeliveryState.ACCEPTED: 2}, 1)
    assert {each.attempts for each in all_of(store, number).values()} == {1}
    with faulty_server({("RCPT", addresses[1]): "550 5.1.1 No such user"}) as room:
        posted(store, number, letter, room.port, now=NOON + 3 * DAY, again=[DeliveryState.REFUSED])
    assert room.log == addresses[:1]
    assert tally(store).states == {DeliveryState.REFUSED: 1, DeliveryState.ACCEPTED: 3}


def test_what_is_sent_again_after_a_doubt_has_all_the_time_of_a_new_letter(store: Store, letter: Ready) -> None:
    (address,) = a_crowd(store, 1)
    number = frozen(store)
    with faulty_server({(".", address): Fault.DROP}) as room:
        posted(store, number, letter, room.port)
    assert all_of(store, number)[address].state is DeliveryState.UNKNOWN
    with faulty_server({("RCPT", address): "451 4.7.1 Greylisted"}) as room:
        posted(store, number, letter, room.port, now=NOON + 3 * DAY, again=[DeliveryState.UNKNOWN])
    assert all_of(store, number)[address].state is DeliveryState.DEFERRED


def test_a_limit_stops_after_so_many_and_the_next_run_goes_on(store: Store, letter: Ready) -> None:
    addresses = a_crowd(store, 7)
    number = frozen(store)
    with faulty_server({}) as room:
        posted(store, number, letter, room.port, limit=3)
        assert sorted(room.log) == addresses[:3]
        posted(store, number, letter, room.port)
        assert sorted(room.log) == addresses


def test_a_run_that_is_stopped_finishes_what_is_on_its_way(store: Store, letter: Ready) -> None:
    a_crowd(store, 20)
    number = frozen(store)
    pools: list[Pool] = []

    def stop(turn: int) -> None:
        if turn == 3:
            pools[0].stop("enough")

    with faulty_server({}) as room:
        reason = posted(store, number, letter, room.port, before_claims=stop, pool_of=pools.append)
    states = tally(store).states
    assert reason == "enough"
    assert states[DeliveryState.ACCEPTED] == len(room.log)
    assert states == {DeliveryState.ACCEPTED: len(room.log), DeliveryState.PLANNED: 20 - len(room.log)}


def test_letters_to_a_domain_that_has_to_wait_let_others_go_first(store: Store) -> None:
    a_crowd(store, 3, domain="slow.example")
    others = a_crowd(store, 2, domain="fast.example")
    number = frozen(store)
    with only_run(store, number) as run:
        sending = Sending(run, number, Post(None, NOON, LISTS), lambda: NOON, lambda: 0.5, schedule=SCHEDULE)  # type: ignore[arg-type]
        claimed = sending([], 4, {"slow.example": 0})
        assert [each.recipient.written for each in claimed] == others
        assert sending([], 1, {"slow.example": 0}) == []


def test_no_more_letters_are_claimed_than_may_go_to_their_domain(store: Store) -> None:
    slow = a_crowd(store, 6, domain="slow.example")
    others = a_crowd(store, 2, domain="fast.example")
    leave(store, find(store, address_from(slow[0])).id, "weekly", ONE_CLICK, NOON)  # type: ignore[union-attr]
    number = frozen(store)
    with only_run(store, number) as run:
        sending = Sending(run, number, Post(None, NOON, LISTS), lambda: NOON, lambda: 0.5, schedule=SCHEDULE)  # type: ignore[arg-type]
        leave(store, find(store, address_from(slow[1])).id, "weekly", ONE_CLICK, NOON)  # type: ignore[union-attr]
        claimed = sending([], 8, {"slow.example": 2, "other.example": 0})
    assert sorted(each.recipient.written for each in claimed) == sorted([*slow[2:4], *others])


def test_a_letter_is_the_same_on_every_attempt(store: Store, letter: Ready) -> None:
    a_crowd(store, 1)
    number = frozen(store)
    seen = []
    for moment in (NOON, NOON + HOUR):
        with only_run(store, number) as run:
            post = Post(letter, NOON, LISTS, address_of=lambda person, name: f"https://x.example/leave/{person}/{name}")
            sending = Sending(run, number, post, lambda now=moment: now, lambda: 0.5, schedule=SCHEDULE)  # type: ignore[misc]
            (claimed,) = sending([], 1, {})
            seen.append(claimed.envelope())
            sending([SettledEmail(claimed.key, Outcome(DeliveryVerdict.DEFERRED, "later"))], 0, {})
    assert seen[0] == seen[1]
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in seen[0].message
    assert b"/weekly>" in seen[0].message


def test_a_list_has_its_own_sender_and_list_id(store: Store, letter: Ready) -> None:
    from dataclasses import replace

    from pressrun.model.publication import Mailbox

    a_crowd(store, 1)
    number = frozen(store)
    weekly = replace(WEEKLY, sender=Mailbox("The Weekly", "weekly@gazette.example"), list_id="weekly.gazette.example")
    with only_run(store, number) as run:
        post = Post(letter, NOON, {"weekly": weekly})
        sending = Sending(run, number, post, lambda: NOON, lambda: 0.5, schedule=SCHEDULE)
        (claimed,) = sending([], 1, {})
        envelope = claimed.envelope()
    assert envelope.sender.written == "weekly@gazette.example"
    assert b"From: The Weekly <weekly@gazette.example>" in envelope.message
    assert b"<weekly.gazette.example>" in envelope.message


# Runs that die, and runs beside each other


def test_the_claims_of_a_dead_run_are_unknown_and_held_until_a_person_says_otherwise(
    store: Store, letter: Ready
) -> None:
    addresses = a_crowd(store, 5)
    number = frozen(store)
    with only_run(store, number) as run:
        sending = Sending(run, number, Post(letter, NOON, LISTS), lambda: NOON, lambda: 0.5, schedule=SCHEDULE)
        assert len(sending([], 2, {})) == 2
    # It died here: its lock is free, and its claims are not settled.
    with only_run(store, number) as run:
        assert recover(run, number, NOON) == Recovered(in_doubt=2, again=0)
    with faulty_server({}) as room:
        posted(store, number, letter, room.port)
        assert sorted(room.log) == addresses[2:]
        assert tally(store).states == {DeliveryState.UNKNOWN: 2, DeliveryState.ACCEPTED: 3}
        assert "ended before" in (all_of(store, number)[addresses[0]].text or "")
        posted(store, number, letter, room.port, again=[DeliveryState.UNKNOWN])
    assert sorted(room.log) == addresses
    assert tally(store).is_finished


def test_of_two_senders_at_once_one_is_refused(store: Store) -> None:
    a_crowd(store, 2)
    number = frozen(store)
    with only_run(store, number):
        with pytest.raises(Busy, match="another run"), only_run(store, number):
            pass
        assert is_running(store, number)
    assert not is_running(store, number)


@pytest.mark.slow
def test_whoever_asks_whether_a_run_is_at_work_keeps_none_from_beginning(store: Store) -> None:
    a_crowd(store, 2)
    number = frozen(store)
    over = threading.Event()
    answers: list[bool] = []

    def ask() -> None:
        while not over.is_set():
            answers.append(is_running(store, number))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        taken = 0
        # On a busy machine the threads that ask are slow to begin.
        while taken < 200 or len(answers) <= 10:
            with only_run(store, number):
                taken += 1
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert len(answers) > 10


@pytest.mark.slow
def test_a_run_that_lost_its_line_to_the_database_writes_nothing_over_another(
    server: URL,
) -> None:
    """The lock went with the line."""
    url = place_from(fresh_database(server, "cut", "upgraded").render_as_string(hide_password=False))
    store = create_store(url)
    a_crowd(store, 2)
    number = frozen(store)
    with only_run(store, number) as run:
        sending = Sending(run, number, Post(None, NOON, LISTS), lambda: NOON, lambda: 0.5, schedule=SCHEDULE)  # type: ignore[arg-type]
        (claimed,) = sending([], 1, {})
        with store.write() as db:
            db.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
            )
        accepted = [SettledEmail(claimed.key, Outcome(DeliveryVerdict.ACCEPTED))]
        for words in ("cannot change the store: .*", "the line to the database broke"):
            with pytest.raises(StoreError, match=words):
                sending(accepted, 0, {})
    assert tally(store).states == {DeliveryState.CLAIMED: 1, DeliveryState.PLANNED: 1}
    store.close()


@pytest.mark.slow
def test_two_senders_that_do_not_wait_for_each_other_send_to_nobody_twice(store: Store, letter: Ready) -> None:
    addresses = a_crowd(store, 40)
    number = frozen(store)
    refused: list[Busy] = []
    with faulty_server({}) as room:

        def send() -> None:
            for _ in range(10):
                try:
                    posted(store, number, letter, room.port, lines=2, limit=3)
                except Busy as busy:
                    refused.append(busy)

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        posted(store, number, letter, room.port)
    assert sorted(room.log) == addresses
    assert tally(store).states == {DeliveryState.ACCEPTED: 40}


def test_a_disk_that_is_full_leaves_what_was_in_hand_in_doubt_and_nobody_gets_it_twice(
    tmp_path: Path, letter: Ready
) -> None:
    place = place_from(str(tmp_path / "pressrun.db"))
    store = create_store(place)
    addresses = a_crowd(store, 400)
    number = frozen(store)
    store.close()
    store = create_store(place)

    def nearly_full(run: SendRun) -> None:
        with run.turn() as db:
            pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
            db.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")

    with faulty_server({}) as room:
        with pytest.raises(StoreError, match="full"):
            posted(store, number, letter, room.port, begun=nearly_full)
        store.close()
        store = create_store(place)  # somebody made room
        in_hand = tally(store).count(DeliveryState.CLAIMED)
        assert 0 < in_hand <= 4
        assert tally(store).count(DeliveryState.ACCEPTED) > 0
        posted(store, number, letter, room.port)
        assert tally(store).states == {DeliveryState.UNKNOWN: in_hand, DeliveryState.ACCEPTED: 400 - in_hand}
        assert max(Counter(room.log).values()) == 1
        assert set(room.log) <= set(addresses)
    store.close()


# Small things


def test_what_a_server_said_of_somebody_who_is_erased_is_erased_with_them(store: Store, letter: Ready) -> None:
    (address,) = a_crowd(store, 1)
    number = frozen(store)
    with faulty_server({("RCPT", address): f"550 5.1.1 <{address}> is unknown here"}) as room:
        posted(store, number, letter, room.port)
    assert address in (all_of(store, number)[address].text or "")
    erase(store, address_from(address), COMMAND, NOON)
    (left,) = all_of(store, number).values()
    assert (left.address, left.state, left.text, left.attempts) == (None, DeliveryState.REFUSED, None, 1)


def test_who_is_erased_while_their_letter_is_on_its_way_is_counted_still(store: Store, letter: Ready) -> None:
    (address,) = a_crowd(store, 1)
    number = frozen(store)
    with only_run(store, number) as run:
        sending = Sending(run, number, Post(letter, NOON, LISTS), lambda: NOON, lambda: 0.5, schedule=SCHEDULE)
        (claimed,) = sending([], 1, {})
        erase(store, address_from(address), COMMAND, NOON)
        sending([SettledEmail(claimed.key, Outcome(DeliveryVerdict.ACCEPTED, "queued"))], 1, {})
    assert tally(store).states == {DeliveryState.ACCEPTED: 1}


def test_a_test_is_remembered_by_its_letter(store: Store, letter: Ready) -> None:
    assert last_tested(store, SPRING) is None
    remember_test(store, letter, NOON)
    remember_test(store, letter, NOON + HOUR)
    assert last_tested(store, SPRING) == hash_of(letter)


def message_ids(store: Store, letter: Ready, number: int) -> set[str]:
    """The Message-IDs of all letters of the mailing *number* that are still to be posted."""
    known = status(store, SPRING)
    assert known is not None
    with only_run(store, number) as run:
        post = Post(letter, NOON, LISTS, folds=known.mailing.folds)
        sending = Sending(run, number, post, lambda: NOON, lambda: 0.5, schedule=SCHEDULE)
        claimed = sending([], 10, {})
        heads = [each.envelope().message.partition(b"\r\n\r\n")[0].decode() for each in claimed]
        sending([SettledEmail(each.key, None) for each in claimed], 0, {})
    return {line.partition(": ")[2] for head in heads for line in head.split("\r\n") if line.startswith("Message-ID")}


def test_two_mailboxes_get_letters_of_two_message_ids(store: Store, letter: Ready) -> None:
    for address in ("ſusan@reader.example", "susan@reader.example"):
        a_confirmed(store, address_from(address))
    assert len(message_ids(store, letter, frozen(store))) == 2


@pytest.mark.parametrize("address", ["Ada@Reader.example", "grüße@müller.example"])
def test_an_edition_that_was_begun_before_keeps_its_message_ids(store: Store, letter: Ready, address: str) -> None:
    """Whoever gets the second attempt of a letter shall not see it as another one."""
    a_confirmed(store, address_from(address))
    number = frozen(store)
    now = message_ids(store, letter, number)
    with store.write() as db:
        db.exec_driver_sql("UPDATE editions SET folds = true")
    # The identity was the whole address, case folded.
    folded = address_from(address).written.casefold()
    expected = hashlib.sha256(f"{SPRING}\n{folded}".encode()).hexdigest()[:32]
    assert {each[1:33] for each in message_ids(store, letter, number)} == {expected}
    assert (message_ids(store, letter, number) == now) == address.isascii()


@pytest.mark.parametrize(("offered", "state"), [(True, DeliveryState.ACCEPTED), (False, DeliveryState.REFUSED)])
def test_an_address_of_another_script_gets_the_edition_where_the_server_takes_it(
    store: Store, letter: Ready, offered: bool, state: DeliveryState
) -> None:
    a_confirmed(store, address_from("grüße@müller.example"))
    a_confirmed(store)
    number = frozen(store)
    with mail_server(enable_SMTPUTF8=offered) as room:
        posted(store, number, letter, room.port)
    found = all_of(store, number)
    assert found["grüße@müller.example"].state is state
    assert found[ADA.written].state is DeliveryState.ACCEPTED
    if offered:
        (wide,) = [each for each in room.letters if each.rcpt_tos != [ADA.written]]
        assert isinstance(wide.content, bytes)
        assert "\r\nTo: grüße@xn--mller-kva.example\r\n" in wide.content.decode()
    else:
        assert "SMTPUTF8, which the server does not offer" in found["grüße@müller.example"].text


@pytest.mark.parametrize("offered", [True, False])
def test_addresses_that_a_server_cannot_write_to_stop_no_run_and_keep_no_edition_open(
    store: Store, letter: Ready, offered: bool
) -> None:
    """Not even where there are more of them in a row than the letters that make a run wait."""
    wide = [f"grüße{number}@müller.example" for number in range(25)]
    for each in (*wide, ADA.written):
        a_confirmed(store, address_from(each))
    number = frozen(store)
    with mail_server(room=PickyRoom(), enable_SMTPUTF8=offered) as room:
        assert posted(store, number, letter, room.port, breaker=Breaker(20)) is None
    found = status(store, SPRING)
    assert found is not None
    assert (found.tally.states, found.turned_away) == ({DeliveryState.REFUSED: 25, DeliveryState.ACCEPTED: 1}, 0)
    assert found.tally.is_finished
    assert "SMTPUTF8" in (all_of(store, number)[wide[0]].text or "")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ada@reader.example", "ada@reader.example"),
        ("zoë@straße.example", "zoë@xn--strae-oqa.example"),
        ("zoë@reader", None),
        ("zoë>@reader.example", None),
        ("zoë@-.example", None),
        ("a b@reader.example", None),
    ],
)
def test_an_address_is_made_fit_for_an_envelope(written: str, expected: str | None) -> None:
    found = mail_address(written)
    assert (found.written if found else None) == expected


def test_what_cannot_be_told_of_a_delivery_is_none_of_its_states() -> None:
    assert {verdict.value for verdict in DeliveryVerdict} < {state.value for state in DeliveryState}
    for verdict in DeliveryVerdict:
        state, _, _ = settled_as(Outcome(verdict), 1, NOON, NOON, SCHEDULE, 0.5)
        assert state.value == verdict.value


# The key that signs unsubscribe links


def a_key(store: Store) -> str:
    """The fingerprint of a key that is registered."""
    (fingerprint,) = begin_service(store, ["k" * 40], NOON).added
    return fingerprint


def test_a_key_counts_as_used_before_the_first_email_is_on_its_way(store: Store, letter: Ready) -> None:
    """So nobody can retire it between the claim and the email."""
    addresses, key = a_crowd(store, 3), a_key(store)
    number = frozen(store)

    def tries_to_retire(turn: int) -> None:
        if turn > 1:
            with pytest.raises(KeyRefused, match="--leaked"):
                retire(store, key, [], NOON, leaked=False)

    with faulty_server({}) as room:
        assert posted(store, number, letter, room.port, key=key, lines=1, before_claims=tries_to_retire) is None
    assert room.log == addresses
    (known,) = registered(store)
    assert known.signed is not None
    assert known.signed > NOON


def test_a_run_whose_key_is_retired_claims_nothing_more_and_settles_what_it_has(store: Store, letter: Ready) -> None:
    a_crowd(store, 6)
    key, number = a_key(store), frozen(store)

    def leaks(turn: int) -> None:
        if turn == 2:
            retire(store, key, [], NOON, leaked=True)

    with faulty_server({}) as room:
        reason = posted(store, number, letter, room.port, key=key, lines=2, before_claims=leaks)
        assert reason is not None
        assert key in reason
        assert len(room.log) == 2
        assert tally(store) == Tally({DeliveryState.ACCEPTED: 2, DeliveryState.PLANNED: 4}, {})
        assert posted(store, number, letter, room.port) is None  # with another key, or without links, it goes on
    assert len(set(room.log)) == len(room.log) == 6


def test_a_run_with_a_key_that_nobody_registered_sends_nothing(store: Store, letter: Ready) -> None:
    a_crowd(store, 2)
    number = frozen(store)
    with faulty_server({}) as room:
        assert "abc" in str(posted(store, number, letter, room.port, key="abc"))
    assert room.log == []
