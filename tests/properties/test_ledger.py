"""The ledger against a simple model: whatever happens in whatever order, nobody gets it twice and nobody is lost."""

import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from people import COMMAND, DAILY, NOON, ONE_CLICK, REPORT, WEEKLY, a_confirmed
from pressrun.circulation.consent import bounce, complain, confirm, erase, leave
from pressrun.circulation.store.engine import Store, create_store, place_from
from pressrun.circulation.store.runs import only_run
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.delivery import DeliveryState, Mailing
from pressrun.model.subscriber import Bounce
from pressrun.post.delivery.interface import DeliveryVerdict, Outcome
from pressrun.post.delivery.pool import SettledEmail
from pressrun.post.delivery.retries import Schedule
from pressrun.post.sending.claims import Post, Sending
from pressrun.post.sending.dispatch import freeze, recover, status

EDITION = "tag:gazette.example,2020:editions/spring"
SCHEDULE = Schedule(jitter=0)
OUTCOMES = {
    DeliveryVerdict.ACCEPTED: Outcome(DeliveryVerdict.ACCEPTED, "queued as 1\0A", 250),
    DeliveryVerdict.DEFERRED: Outcome(DeliveryVerdict.DEFERRED, "greylisted", 451, "4.7.1"),
    DeliveryVerdict.REFUSED: Outcome(DeliveryVerdict.REFUSED, "no such user", 550, "5.1.1"),
    DeliveryVerdict.UNKNOWN: Outcome(DeliveryVerdict.UNKNOWN, "no answer in time"),
}


@dataclass
class Known:
    """What the model knows of one person."""

    id: str
    state: DeliveryState | None = None  # none where they came after the freeze
    wants: bool = True
    next_try: datetime | None = None
    begun: datetime | None = None
    attempts: int = 0
    taken: int = 0
    in_doubt: int = 0
    is_retry: bool = False


class Machine(RuleBasedStateMachine):
    """One edition to two lists, sent by one run after the other."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        place = Path(self.open.enter_context(TemporaryDirectory())) / "pressrun.db"
        shutil.copy(self.template, place)
        self.store: Store = create_store(place_from(str(place)))
        self.open.callback(self.store.close)
        self.run_open = ExitStack()
        self.people: dict[int, Known] = {}
        self.now = NOON
        self.number: int | None = None
        self.sending: Sending | None = None
        self.was_turned_away = False

    def teardown(self) -> None:
        self.run_open.close()
        self.open.close()

    # People come and go

    @precondition(lambda self: len(self.people) < 8)
    @rule(lists=st.sampled_from([(WEEKLY,), (DAILY,), (WEEKLY, DAILY)]))
    def somebody_joins(self, lists: tuple) -> None:  # type: ignore[type-arg]
        number = len(self.people) + 1
        person = a_confirmed(self.store, address_from(f"r{number}@reader.example"), *lists)
        self.people[number] = Known(person)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), way=st.sampled_from(["left", "bounced", "complained", "erased"]))
    def somebody_goes(self, data: st.DataObject, way: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.people)))
        known = self.people[number]
        if way == "left":
            leave(self.store, known.id, "weekly", ONE_CLICK, self.now)
            leave(self.store, known.id, "daily", ONE_CLICK, self.now)
        elif way == "bounced":
            bounce(self.store, known.id, Bounce.HARD, REPORT, self.now)
        elif way == "complained":
            complain(self.store, known.id, REPORT, self.now)
        else:
            erase(self.store, address_from(f"r{number}@reader.example"), COMMAND, self.now)
        known.wants = False

    @precondition(lambda self: any(known.wants for known in self.people.values()))
    @rule(data=st.data())
    def somebody_leaves_one_of_two_lists(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from([each for each, known in self.people.items() if known.wants]))
        confirm(self.store, self.people[number].id, [DAILY], ONE_CLICK, self.now)
        leave(self.store, self.people[number].id, "weekly", ONE_CLICK, self.now)
        with self.store.read() as db:
            rows = db.exec_driver_sql(f"SELECT count(*) FROM memberships WHERE person={number} AND state='confirmed'")
            self.people[number].wants = rows.scalar_one() > 0

    # The edition

    @precondition(lambda self: self.number is None and self.people)
    @rule()
    def the_audience_is_frozen(self) -> None:
        self.number = freeze(self.store, Mailing(EDITION, "a" * 32, ("weekly", "daily"), self.now))
        for known in self.people.values():
            known.state = DeliveryState.PLANNED if known.wants else DeliveryState.EXCLUDED
        # Whoever was erased before has nothing to do with any list any more.
        with self.store.read() as db:
            frozen = set(db.exec_driver_sql("SELECT person FROM deliveries").scalars())
        for number, known in self.people.items():
            if number not in frozen:
                assert not known.wants
                known.state = None

    @precondition(lambda self: self.number is not None and self.sending is None)
    @rule(again=st.sets(st.sampled_from([DeliveryState.UNKNOWN, DeliveryState.REFUSED])))
    def a_run_begins(self, again: set[DeliveryState]) -> None:
        run = self.run_open.enter_context(only_run(self.store, self.number))
        recover(run, self.number, self.now, again)
        for known in self.people.values():
            if known.state is DeliveryState.CLAIMED:
                known.state, known.in_doubt = DeliveryState.UNKNOWN, known.in_doubt + 1
            if known.state in again:
                known.state, known.begun = DeliveryState.PLANNED, None
        post = Post(None, self.now, {"weekly": WEEKLY, "daily": DAILY})  # type: ignore[arg-type]
        self.was_turned_away = False
        self.sending = Sending(run, self.number, post, lambda: self.now, lambda: 0.5, schedule=SCHEDULE)

    @precondition(lambda self: self.sending is not None)
    @rule()
    def the_run_is_killed(self) -> None:
        self.run_open.close()
        self.sending = None

    @precondition(lambda self: self.sending is not None)
    @rule(data=st.data(), room=st.integers(0, 4))
    def a_turn(self, data: st.DataObject, room: int) -> None:
        in_hand = sorted(number for number, known in self.people.items() if known.state is DeliveryState.CLAIMED)
        chosen = data.draw(st.lists(st.sampled_from(in_hand), unique=True)) if in_hand else []
        settled = []
        for number in chosen:
            verdict = data.draw(st.sampled_from(DeliveryVerdict))
            self._settle(self.people[number], verdict)
            settled.append(SettledEmail(number, OUTCOMES[verdict]))
        expected = self._claimed(room)
        assert self.sending is not None
        claimed = self.sending(settled, room, {})
        assert [each.key for each in claimed] == expected

    @precondition(lambda self: self.sending is not None)
    @rule(data=st.data())
    def the_server_meant_us(self, data: st.DataObject) -> None:
        persons = data.draw(st.sets(st.sampled_from(sorted(self.people))))
        assert self.sending is not None
        self.sending.let_off([*persons])
        for known in (self.people[number] for number in persons):
            if known.state is DeliveryState.REFUSED and known.begun is not None:
                again = SCHEDULE.next_try(known.attempts, known.begun, self.now, 0.5)
                known.state, known.next_try = (
                    (DeliveryState.DEFERRED, again) if again else (DeliveryState.REFUSED, None)
                )

    def _settle(self, known: Known, verdict: DeliveryVerdict) -> None:
        known.state = DeliveryState(verdict.value)
        if known.is_retry and verdict is not DeliveryVerdict.ACCEPTED:
            self.was_turned_away = True
        if verdict is DeliveryVerdict.ACCEPTED:
            known.taken += 1
        if verdict is DeliveryVerdict.UNKNOWN:
            known.in_doubt += 1
        if verdict is DeliveryVerdict.DEFERRED:
            assert known.begun is not None
            known.next_try = SCHEDULE.next_try(known.attempts, known.begun, self.now, 0.5)
            if known.next_try is None:
                known.state = DeliveryState.REFUSED

    def _claimed(self, room: int) -> list[int]:
        """Whom the ledger has to give out, in its order; those who went meanwhile are excluded on the way."""
        claimed: list[int] = []
        while len(claimed) < room and (found := self._due()[: room - len(claimed)]):
            for number in found:
                known = self.people[number]
                if not known.wants:
                    known.state = DeliveryState.EXCLUDED
                    continue
                known.is_retry = known.state is DeliveryState.DEFERRED
                known.state = DeliveryState.CLAIMED
                known.attempts += 1
                known.begun = known.begun or self.now
                claimed.append(number)
            if any(not self.people[number].is_retry for number in claimed):
                self.was_turned_away = False
        return claimed

    def _due(self) -> list[int]:
        """Those whose time has come: retries before new ones, but not right after one that failed once more."""
        planned = sorted(number for number, known in self.people.items() if known.state is DeliveryState.PLANNED)
        farthest = self.now + SCHEDULE.longest
        deferred = sorted(
            (known.next_try, number)
            for number, known in self.people.items()
            if known.state is DeliveryState.DEFERRED
            and known.next_try is not None
            and (known.next_try <= self.now or known.next_try > farthest)
        )
        retries = [number for _, number in deferred]
        is_due = bool(deferred) and deferred[0][0] <= self.now
        return [*retries, *planned] if is_due and not self.was_turned_away else [*planned, *retries]

    @rule(hours=st.sampled_from([-24, 1, 5, 72]))
    def the_clock_is_another(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # What holds at every moment

    @invariant()
    def the_sum_is_the_candidates(self) -> None:
        if self.number is None:
            return
        found = status(self.store, EDITION)
        assert found is not None
        expected = Counter(known.state for known in self.people.values() if known.state is not None)
        assert dict(found.tally.states) == expected
        assert found.tally.candidates == sum(expected.values())
        assert sum(found.tally.excluded.values()) == found.tally.count(DeliveryState.EXCLUDED)

    @invariant()
    def nobody_is_sent_it_twice_unless_a_person_says_so(self) -> None:
        for known in self.people.values():
            assert known.taken <= 1

    @initialize(count=st.integers(1, 4))
    def begin(self, count: int) -> None:
        for _ in range(count):
            self.somebody_joins((WEEKLY, DAILY))


@pytest.mark.slow
def test_the_ledger_does_what_the_model_does(tmp_path: Path) -> None:
    Machine.template = tmp_path / "pressrun.db"
    create_store(place_from(str(Machine.template))).close()
    Machine.TestCase.settings = settings(
        max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    Machine.TestCase("runTest").debug()
