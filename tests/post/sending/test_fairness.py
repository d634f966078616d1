"""Retries are fair: runs against servers that turn people away, on a clock that only pauses move."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from contracts.transport_contract import SENDER
from people import DAILY, NOON, WEEKLY, a_crowd
from pressrun.circulation.store.claiming import Candidate
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.runs import only_run
from pressrun.model.delivery import DeliveryState, Mailing
from pressrun.model.mailaddress import EmailAddress
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Outcome
from pressrun.post.delivery.pool import Pool
from pressrun.post.delivery.rates import Clock
from pressrun.post.delivery.retries import Breaker, Schedule
from pressrun.post.sending.claims import Post, Sending
from pressrun.post.sending.dispatch import deliveries_of, freeze, heard_last, recover, status

SPRING = "tag:gazette.example,2020:editions/spring"
TIMER = 600.0  # seconds between two runs, as in the manual
ACCEPTED = Outcome(DeliveryVerdict.ACCEPTED, "taken", 250)
GREYLISTED = Outcome(DeliveryVerdict.DEFERRED, "Greylisted", 451, "4.7.1")
AWAY = Outcome(DeliveryVerdict.DEFERRED, "Try again later", 450)


class BarePost(Post):
    """Makes emails of nothing but an envelope."""

    def envelope(self, _reader: Candidate, address: EmailAddress) -> Envelope:
        return Envelope(SENDER, address, b"Subject: x\r\n\r\nHello.\r\n")


@dataclass
class World:
    """A server that says what *answer* says to a recipient and the number of seconds, and a clock that tells those."""

    answer: Callable[["World", str], Outcome]
    seconds: float = 0
    log: list[tuple[str, float, Outcome]] = field(default_factory=list)
    runs: int = 0

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *error: object) -> None: ...

    def send(self, envelope: Envelope) -> Outcome:
        outcome = self.answer(self, envelope.recipient.written)
        self.log.append((envelope.recipient.written, self.seconds, outcome))
        return outcome

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def begun(self, address: str) -> float | None:
        """When *address* was tried first."""
        return next((at for each, at, _ in self.log if each == address), None)

    def accepted(self) -> dict[str, float]:
        """When each address that is through was accepted."""
        return {address: at for address, at, outcome in self.log if outcome.verdict is DeliveryVerdict.ACCEPTED}

    def run(self, store: Store, number: int, chance: float, lines: int = 1, limit: int | None = None) -> None:
        """A run as the command makes it, and the time until the timer starts the next."""
        self.runs += 1
        breaker = Breaker()
        with only_run(store, number) as run:
            recover(run, number, self.now())
            breaker.remember(heard_last(run, number, breaker.limit))
            post = BarePost(None, NOON, {"weekly": WEEKLY, "daily": DAILY})  # type: ignore[arg-type]
            sending = Sending(run, number, post, self.now, lambda: chance, schedule=Schedule(), limit=limit)
            pool = Pool(lambda: self, lines, Clock(lambda: self.seconds, self.pause), breaker=breaker)
            pool.post(sending, sending.let_off)
        self.seconds += TIMER


def frozen(store: Store) -> int:
    return freeze(store, Mailing(SPRING, "a" * 32, ("weekly",), NOON))


def sent_by_runs(store: Store, world: World, chance: float = 0.5, lines: int = 1) -> float:
    """Have runs follow each other until nobody is left; the hours that this took."""
    number = frozen(store)
    while True:
        world.run(store, number, chance, lines)
        found = status(store, SPRING)
        assert found is not None
        if found.tally.is_finished:
            return max(world.accepted().values()) / 3600
        assert world.runs < 200


def greylisting(world: World, address: str) -> Outcome:
    """Turns away whoever comes for the first time, for 300 seconds."""
    begun = world.begun(address)
    return GREYLISTED if begun is None or world.seconds < begun + 300 else ACCEPTED


@pytest.mark.slow
@pytest.mark.parametrize("lines", [1, 4])
@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_behind_a_greylist_everybody_gets_it_soon_after_its_time(store: Store, chance: float, lines: int) -> None:
    world = World(greylisting)
    a_crowd(store, 100)
    hours = sent_by_runs(store, world, chance, lines)
    print(f"first after {min(world.accepted().values()) / 60:.0f} min, all after {hours:.2f} h, {world.runs} runs")
    assert len(world.accepted()) == 100
    assert min(world.accepted().values()) <= 900
    assert hours <= 1


def test_while_there_is_reason_for_care_what_is_due_goes_first(store: Store) -> None:
    """A retry is what a server that greylists would take; one that was never tried would be turned away."""
    addresses = a_crowd(store, 30)
    number = frozen(store)
    world = World(lambda _world, _address: GREYLISTED)
    world.run(store, number, 0.0)
    world.answer = lambda _world, _address: ACCEPTED
    before = len(world.log)
    due = {
        each.address
        for each in deliveries_of(store, number, [DeliveryState.DEFERRED])
        if each.next_try is not None and each.next_try <= world.now()
    }
    world.run(store, number, 0.0)
    first = [address for address, _, _ in world.log[before:]]
    assert len(due) > 5
    assert set(first[: len(due)]) == due
    assert set(first[len(due) :]) == set(addresses) - {address for address, _, _ in world.log[:before]}


@pytest.mark.slow
def test_retries_that_fail_do_not_keep_new_ones_waiting(store: Store) -> None:
    """A domain that answers nobody for two days, and people of another behind it."""
    a_crowd(store, 25, domain="away.example")
    others = a_crowd(store, 60, domain="fast.example")

    def answer(_world: World, address: str) -> Outcome:
        return AWAY if address.endswith("@away.example") else ACCEPTED

    world = World(answer)
    number = frozen(store)
    for _ in range(3):
        world.run(store, number, 0.5)
    assert sorted(world.accepted()) == others


def test_new_ones_that_fail_do_not_keep_retries_waiting(store: Store) -> None:
    retried = a_crowd(store, 5)
    a_crowd(store, 40)
    number = frozen(store)
    world = World(greylisting)
    world.run(store, number, 0.5, limit=5)
    before = len(world.log)
    world.run(store, number, 0.5)
    assert [address for address, _, _ in world.log[before : before + 5]] == retried
    assert set(retried) <= set(world.accepted())


def test_with_both_to_be_had_a_retry_that_fails_gives_way_to_a_new_one(store: Store) -> None:
    addresses = a_crowd(store, 8)
    number = frozen(store)
    failing = set(addresses[:4])
    world = World(lambda _world, address: AWAY if address in failing else ACCEPTED)
    world.run(store, number, 0.5, limit=4)
    world.run(store, number, 0.5)
    tried = [address for address, _, _ in world.log[4:]]
    # One that fails, a new one, and so on.
    assert [address in failing for address in tried] == [True, False] * 4
    found = status(store, SPRING)
    assert found is not None
    assert found.tally.states == {DeliveryState.DEFERRED: 4, DeliveryState.ACCEPTED: 4}
