"""The lifecycle as a state machine: whatever happens in whatever order, the store says what a simple model says."""

import io
import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from conftest import MakeStore
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
    claim_letters,
    letter_posted,
)
from pressrun.circulation.admission import Admitted, admit
from pressrun.circulation.confirmations import BETWEEN_LETTERS, LETTERS_IN_ALL, ConfirmationRequest
from pressrun.circulation.consent import (
    ask,
    ask_for_link,
    bounce,
    complain,
    confirm,
    erase,
    join,
    leave,
    leave_all,
)
from pressrun.circulation.dossiers import dossier, find, records
from pressrun.circulation.intake import Source, take_over
from pressrun.circulation.restore import restore
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.arrivals import Arrival
from pressrun.circulation.subscribers.records import WRITERS, records_in
from pressrun.model.consent import EVERY_LIST, Event, LedgerEntry, Reason
from pressrun.model.notice import Notice
from pressrun.model.publication import MailingList
from pressrun.model.subscriber import Bounce, SubscriptionState, state_of

# They were one person once, by a rule that folded letters.
PEOPLE = [address_from(f"{name}@reader.example") for name in ("susan", "ſusan")]
LISTS = (WEEKLY, DAILY)
people = st.sampled_from(range(len(PEOPLE)))
lists = st.sampled_from(LISTS)


class Consent(RuleBasedStateMachine):
    """*stands* and *kept_off* are the model: plain dictionaries, by person and list."""

    make_store: ClassVar[MakeStore]
    store: Store

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        self.store = self.stack.enter_context(self.make_store())
        self.now: datetime = NOON
        self.stands: dict[tuple[int, str], SubscriptionState] = {}
        self.kept_off: dict[tuple[int, str], Reason] = {}
        self.here: set[int] = set()
        self.posted: dict[str, list[datetime]] = {}
        self.entries: dict[int, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.stack.close()

    def id_of(self, who: int) -> str:
        person = find(self.store, PEOPLE[who])
        return person.id if person else "0" * 32

    def all_of(self, who: int) -> list[str]:
        return [name for (whose, name) in self.stands if whose == who]

    def end(self, who: int, name: str, state: SubscriptionState) -> None:
        self.stands[who, name] = state

    def suppress(self, who: int, name: str, reason: Reason) -> None:
        strength = [Reason.BOUNCED, Reason.LEFT, Reason.ERASED, Reason.COMPLAINED]
        before = self.kept_off.get((who, name))
        if before is None or strength.index(before) < strength.index(reason):
            self.kept_off[who, name] = reason

    def offended(self, who: int) -> bool:
        return self.kept_off.get((who, EVERY_LIST)) is Reason.COMPLAINED

    # Moves

    @rule(hours=st.sampled_from([0, 1, 30, 24 * 40]))
    def time_goes_by(self, hours: int) -> None:
        self.now += hours * HOUR + HOUR / 60

    @rule(who=people, which=lists)
    def somebody_asks(self, who: int, which: MailingList) -> None:
        ask(self.store, PEOPLE[who], [which], FORM, self.now)
        if self.offended(who):
            return
        self.here.add(who)
        if self.stands.get((who, which.id)) not in (SubscriptionState.CONFIRMED, SubscriptionState.COMPLAINED):
            self.stands[who, which.id] = SubscriptionState.PENDING

    @rule(who=people, which=lists)
    def the_publisher_asks(self, who: int, which: MailingList) -> None:
        reasons = {self.kept_off.get((who, name)) for name in (which.id, EVERY_LIST)}
        answer = ask(self.store, PEOPLE[who], [which], COMMAND, self.now)
        if self.offended(who) or reasons & {Reason.LEFT, Reason.ERASED, Reason.COMPLAINED}:
            assert answer.outcome is ConfirmationRequest.SUPPRESSED
            return
        self.here.add(who)
        if self.stands.get((who, which.id)) not in (SubscriptionState.CONFIRMED, SubscriptionState.COMPLAINED):
            self.stands[who, which.id] = SubscriptionState.PENDING

    @rule(who=people, which=lists)
    def the_owner_confirms(self, who: int, which: MailingList) -> None:
        confirm(self.store, self.id_of(who), [which], LETTER, self.now)
        if self.stands.get((who, which.id)) is SubscriptionState.PENDING:
            self.welcomed(who, which)

    def welcomed(self, who: int, which: MailingList) -> None:
        self.stands[who, which.id] = SubscriptionState.CONFIRMED
        self.kept_off.pop((who, which.id), None)
        if self.kept_off.get((who, EVERY_LIST)) in (Reason.LEFT, Reason.BOUNCED, Reason.ERASED):
            del self.kept_off[who, EVERY_LIST]

    @rule(who=people, which=lists)
    def they_join_by_a_link_of_their_own(self, who: int, which: MailingList) -> None:
        join(self.store, self.id_of(who), which, LETTER, self.now)
        if who in self.here and self.stands.get((who, which.id)) not in (
            SubscriptionState.CONFIRMED,
            SubscriptionState.COMPLAINED,
        ):
            self.welcomed(who, which)

    @rule(who=people, kind=st.sampled_from([Notice.MANAGE, Notice.DATA]))
    def somebody_asks_for_a_link(self, who: int, kind: Notice) -> None:
        answer = ask_for_link(self.store, PEOPLE[who], kind, self.now)
        assert (answer is None) == (who not in self.here)
        assert (answer is ConfirmationRequest.SUPPRESSED) == (who in self.here and self.offended(who))

    @rule(who=people, which=lists)
    def they_leave(self, who: int, which: MailingList) -> None:
        leave(self.store, self.id_of(who), which.id, ONE_CLICK, self.now)
        self.left(who, which.id)

    def left(self, who: int, name: str) -> None:
        if self.stands.get((who, name)) in (
            SubscriptionState.PENDING,
            SubscriptionState.CONFIRMED,
            SubscriptionState.BOUNCED,
        ):
            self.end(who, name, SubscriptionState.UNSUBSCRIBED)
            self.suppress(who, name, Reason.LEFT)

    @rule(who=people)
    def they_leave_everything(self, who: int) -> None:
        leave_all(self.store, self.id_of(who), ONE_CLICK, self.now)
        for name in self.all_of(who):
            self.left(who, name)
        if who in self.here and (who, EVERY_LIST) not in self.kept_off:
            self.suppress(who, EVERY_LIST, Reason.LEFT)

    @rule(who=people)
    def a_letter_comes_back(self, who: int) -> None:
        bounce(self.store, self.id_of(who), Bounce.HARD, REPORT, self.now)
        for name in self.all_of(who):
            if self.stands[who, name] in (SubscriptionState.PENDING, SubscriptionState.CONFIRMED):
                self.end(who, name, SubscriptionState.BOUNCED)
                self.suppress(who, EVERY_LIST, Reason.BOUNCED)

    @rule(who=people)
    def they_complain(self, who: int) -> None:
        complain(self.store, self.id_of(who), REPORT, self.now)
        for name in self.all_of(who):
            self.end(who, name, SubscriptionState.COMPLAINED)
            self.suppress(who, EVERY_LIST, Reason.COMPLAINED)

    @rule(who=people, which=lists)
    def the_publisher_adds_them(self, who: int, which: MailingList) -> None:
        _, outcomes = admit(self.store, PEOPLE[who], [which], COMMAND, self.now)
        if outcomes[which.id] is Admitted.ADDED:
            assert not {(who, which.id), (who, EVERY_LIST)} & self.kept_off.keys()
            self.here.add(who)
            self.stands[who, which.id] = SubscriptionState.CONFIRMED

    @rule(who=people, which=lists, state=st.sampled_from(SubscriptionState))
    def a_file_tells_of_them(self, who: int, which: MailingList, state: SubscriptionState) -> None:
        arrival = Arrival(PEOPLE[who].written, PEOPLE[who].identity, state)
        list(take_over(self.store, [arrival], Source((which.id,), self.now, "a file")))
        before = self.stands.get((who, which.id))
        if state in (SubscriptionState.CONFIRMED, SubscriptionState.PENDING):
            free = not {(who, which.id), (who, EVERY_LIST)} & self.kept_off.keys()
            if free and (
                before is None or (before is SubscriptionState.PENDING and state is SubscriptionState.CONFIRMED)
            ):
                self.here.add(who)
                self.stands[who, which.id] = state
            return
        reason = {
            SubscriptionState.UNSUBSCRIBED: Reason.LEFT,
            SubscriptionState.BOUNCED: Reason.BOUNCED,
            SubscriptionState.COMPLAINED: Reason.COMPLAINED,
        }
        everywhere = state is not SubscriptionState.UNSUBSCRIBED
        self.suppress(who, EVERY_LIST if everywhere else which.id, reason[state])
        for name in self.all_of(who) if everywhere else [which.id]:
            stands = self.stands.get((who, name))
            if stands in (SubscriptionState.PENDING, SubscriptionState.CONFIRMED) or (
                stands and state is SubscriptionState.COMPLAINED
            ):
                self.end(who, name, state)

    @rule(who=people)
    def they_are_erased(self, who: int) -> None:
        erase(self.store, PEOPLE[who], COMMAND, self.now)
        if who in self.here:
            self.here.remove(who)
            self.stands = {key: state for key, state in self.stands.items() if key[0] != who}
            self.suppress(who, EVERY_LIST, Reason.ERASED)

    @rule()
    def letters_go_out(self) -> None:
        for letter in claim_letters(self.store, 10, self.now):
            letter_posted(self.store, letter.number, self.now)
            if letter.kind is Notice.CONFIRM:
                self.posted.setdefault(letter.person, []).append(self.now)

    @rule(kind=st.sampled_from(sorted(WRITERS)))
    def everything_is_exported_and_comes_into_an_empty_store(self, kind: str) -> None:
        file = io.StringIO()
        before = list(WRITERS[kind](records(self.store), file))
        file.seek(0)
        self.stack.close()
        self.store = self.stack.enter_context(self.make_store())
        list(restore(self.store, (record for _, record in records_in(file))))
        assert list(records(self.store)) == before

    # Laws

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        if not hasattr(self, "store"):
            return
        for who, address in enumerate(PEOPLE):
            known = dossier(self.store, address)
            stands = {each.list: state_of(each.standing) for each in known.memberships} if known else {}
            assert stands == {name: state for (whose, name), state in self.stands.items() if whose == who}
            kept_off = {each.list: each.reason for each in known.suppressions} if known else {}
            assert kept_off == {name: reason for (whose, name), reason in self.kept_off.items() if whose == who}
            assert (known is not None and known.person is not None) == (who in self.here)

    @invariant()
    def whoever_is_confirmed_has_a_line_that_says_so_after_every_line_that_ended_it(self) -> None:
        for who, name in [
            key for key, state in getattr(self, "stands", {}).items() if state is SubscriptionState.CONFIRMED
        ]:
            known = dossier(self.store, PEOPLE[who])
            assert known is not None
            about = [entry.event for entry in known.entries if entry.list == name and entry.event is not Event.ASKED]
            assert about[-1] is Event.CONFIRMED

    @invariant()
    def no_letter_waits_that_asks_for_what_nobody_waits_for(self) -> None:
        for who in getattr(self, "here", ()):
            known = dossier(self.store, PEOPLE[who])
            assert known is not None
            for letter in known.letters:
                if letter.kind is Notice.CONFIRM and letter.waits:
                    assert letter.lists
                    assert {self.stands[who, name] for name in letter.lists} == {SubscriptionState.PENDING}

    @invariant()
    def the_ledger_only_grows(self) -> None:
        for who, address in enumerate(PEOPLE if hasattr(self, "store") else []):
            known = dossier(self.store, address)
            count = len(known.entries) if known else 0
            assert count >= self.entries.get(who, 0)
            self.entries[who] = count

    @invariant()
    def nobody_gets_two_letters_in_an_hour_as_long_as_they_do_not_answer(self) -> None:
        for who in getattr(self, "here", ()):
            moments = self.posted.get(self.id_of(who), [])
            if all(state is SubscriptionState.PENDING for (whose, _), state in self.stands.items() if whose == who):
                events = [entry.event for entry in self.ledger(who)]
                if Event.CONFIRMED not in events:
                    assert len(moments) <= LETTERS_IN_ALL
                    assert all(b - a >= BETWEEN_LETTERS for a, b in itertools.pairwise(moments))

    def ledger(self, who: int) -> Iterator[LedgerEntry]:
        known = dossier(self.store, PEOPLE[who])
        assert known is not None
        yield from known.entries


@pytest.mark.slow
def test_whatever_happens_the_store_says_what_the_model_says(fresh_store: MakeStore) -> None:
    machine = type("ConsentHere", (Consent,), {"make_store": staticmethod(fresh_store)})
    with fresh_store() as store:
        # Each export goes into a store of its own, and PostgreSQL takes its time to make one.
        count = 20 if store.is_postgresql else 60
    run_state_machine_as_test(machine, settings=settings(max_examples=count, stateful_step_count=30, deadline=None))
