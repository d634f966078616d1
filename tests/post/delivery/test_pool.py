"""Letters over several lines, to a real server that fails in every way there is: the log against the outcomes."""

# ruff: noqa: ARG002  # what stands in for a transport or a ledger is handed what those are handed

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.transport_contract import SENDER
from faultyserver import TAKING, Fault, FaultyRoom, faulty_server
from mailserver import HOST
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.mailserver import MailServer, Tls
from pressrun.model.problems import DeliveryError, StoreError
from pressrun.post.delivery.connection import Patience
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Outcome
from pressrun.post.delivery.pool import ClaimedEmail, Pool, SettledEmail
from pressrun.post.delivery.rates import Clock, RateLimits
from pressrun.post.delivery.retries import Breaker
from pressrun.post.delivery.smtp import SmtpTransport

QUICK = Patience(connection=10, answer=10, last_answer=10, goodbye=1)
NEVER = Breaker(1_000_000)


@dataclass
class Time:
    """A clock that stands still but for pauses."""

    seconds: float = 0
    on_pause: Callable[[], None] = lambda: None

    def pause(self, seconds: float) -> None:
        self.on_pause()
        self.seconds += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, self.pause)


@dataclass
class Ledger:
    """Claims of letters to *recipients*, each once, with all that a pool must keep written down."""

    recipients: Sequence[str]
    lines: int = 4
    time: Time = field(default_factory=Time)
    claimed: set[str] = field(default_factory=set)
    outcomes: dict[str, Outcome | None] = field(default_factory=dict)
    turns: list[int] = field(default_factory=list)
    began: dict[str, float] = field(default_factory=dict)
    most_in_hand: int = 0
    let_off: list[str] = field(default_factory=list)
    on_settled: Callable[[str], None] = lambda _key: None

    def __call__(
        self, settled: Sequence[SettledEmail[str]], room: int, rooms: Mapping[str, int]
    ) -> Sequence[ClaimedEmail[str]]:
        self.turns.append(len(settled))
        for each in settled:
            assert each.key in self.claimed
            assert each.key not in self.outcomes
            self.outcomes[each.key] = each.outcome
            self.on_settled(each.key)
        left = dict(rooms)
        taken: list[str] = []
        for each in self.recipients:
            domain = each.partition("@")[2]
            if len(taken) < room and each not in self.claimed and left.get(domain, 1) > 0:
                taken.append(each)
                left = {**left, domain: left[domain] - 1} if domain in left else left
        self.claimed.update(taken)
        self.most_in_hand = max(self.most_in_hand, len(self.claimed) - len(self.outcomes))
        return [ClaimedEmail(each, EmailAddress.parse(each), partial(self.envelope, each)) for each in taken]

    def envelope(self, recipient: str) -> Envelope:
        self.began[recipient] = self.time.seconds
        return Envelope(SENDER, EmailAddress.parse(recipient), b"Subject: x\r\n\r\nHello.\r\n")

    def verdicts(self) -> Counter[DeliveryVerdict | None]:
        """How many letters came to each verdict; None is for those that were not tried."""
        return Counter(outcome.verdict if outcome else None for outcome in self.outcomes.values())


def readers(count: int, domain: str = "reader.example") -> list[str]:
    return [f"r{number}@{domain}" for number in range(count)]


def a_pool(
    port: int,
    lines: int = 4,
    *,
    time: Time | None = None,
    limits: RateLimits | None = None,
    breaker: Breaker = NEVER,
    patience: Patience = QUICK,
    letters_per_connection: int = 100,
    on_pause: Callable[[str, float], None] = lambda _reason, _seconds: None,
) -> Pool:
    server = MailServer(HOST, port, Tls.NONE)

    def opened() -> SmtpTransport:
        return SmtpTransport(server, patience=patience, letters_per_connection=letters_per_connection)

    return Pool(opened, lines, (time or Time()).clock, limits=limits, breaker=breaker, on_pause=on_pause)


def compared(ledger: Ledger, room: FaultyRoom) -> None:
    """The log against the outcomes: nobody lost, nobody twice, and no one said to have what was not taken."""
    assert set(ledger.outcomes) == ledger.claimed
    assert len(room.log) == len(set(room.log))
    accepted = {
        key for key, outcome in ledger.outcomes.items() if outcome and outcome.verdict is DeliveryVerdict.ACCEPTED
    }
    unknown = {
        key for key, outcome in ledger.outcomes.items() if outcome and outcome.verdict is DeliveryVerdict.UNKNOWN
    }
    assert accepted <= set(room.log)
    assert set(room.log) <= accepted | unknown
    after_the_dot = {key for (verb, key), fault in room.faults.items() if verb == "." and isinstance(fault, Fault)}
    assert unknown == after_the_dot & ledger.claimed
    taken = {key for (verb, key), fault in room.faults.items() if verb == "." and fault in TAKING}
    assert {key for key in unknown if key in room.log} == taken & ledger.claimed


ANSWERS = {
    "MAIL": ("451 4.3.0 Later", "421 4.3.2 Shutting down", Fault.DROP),
    "RCPT": ("451 4.7.1 Greylisted", "550 5.1.1 No such user", "421 4.3.2 Shutting down", Fault.DROP),
    "DATA": ("451 4.3.0 Later", "554 5.7.1 Not here", "421 4.3.2 Shutting down", Fault.DROP),
    ".": ("451 4.3.0 Later", "554 5.7.1 Spam", "421 4.3.2 Shutting down", Fault.DROP, Fault.TAKE_AND_DROP),
}
CHOICES = [(verb, answer) for verb, answers in ANSWERS.items() for answer in answers]


def faults_for(recipients: Sequence[str], chosen: Sequence[tuple[str, str | Fault]], seed: int) -> dict:  # type: ignore[type-arg]
    those = random.Random(seed).sample(range(len(recipients)), len(chosen))
    return {
        (verb, number + 1 if verb == "MAIL" else recipients[number]): answer
        for number, (verb, answer) in zip(those, chosen, strict=True)
    }


class TestFaults:
    @pytest.mark.parametrize("pipelining", [True, False])
    @pytest.mark.parametrize(("verb", "answer"), CHOICES)
    def test_each_is_settled_for_what_it_is(self, verb: str, answer: str | Fault, pipelining: bool) -> None:
        ledger = Ledger(readers(6))
        # The third letter, or the first of one line, is the one that fails.
        with faulty_server(
            {(verb, 3 if verb == "MAIL" else "r2@reader.example"): answer}, room=FaultyRoom(pipelining=pipelining)
        ) as room:
            assert a_pool(room.port, 1).post(ledger) is None
        compared(ledger, room)
        others = Counter({DeliveryVerdict.ACCEPTED: 5})
        match answer:
            case Fault.DROP | Fault.TAKE_AND_DROP if verb == ".":
                assert ledger.verdicts() == others + Counter({DeliveryVerdict.UNKNOWN: 1})
            case str() if answer.startswith("5"):
                assert ledger.verdicts() == others + Counter({DeliveryVerdict.REFUSED: 1})
            case str() if answer.startswith("451") or verb == ".":
                assert ledger.verdicts() == others + Counter({DeliveryVerdict.DEFERRED: 1})
            case _ if verb == "MAIL":
                # The line had carried letters and ended between two: the next line takes this one.
                assert ledger.verdicts() == Counter({DeliveryVerdict.ACCEPTED: 6})
            case _:
                assert ledger.verdicts() == others + Counter({DeliveryVerdict.DEFERRED: 1})

    @pytest.mark.slow
    @settings(deadline=None, max_examples=15)
    @given(
        chosen=st.lists(st.sampled_from(CHOICES), max_size=25),
        seed=st.integers(0, 1000),
        lines=st.integers(1, 6),
        per_line=st.integers(1, 20),
        pipelining=st.booleans(),
    )
    def test_however_many_there_are_the_log_and_the_outcomes_agree(
        self, chosen: list[tuple[str, str | Fault]], seed: int, lines: int, per_line: int, pipelining: bool
    ) -> None:
        recipients = readers(60)
        ledger = Ledger(recipients)
        with faulty_server(faults_for(recipients, chosen, seed), room=FaultyRoom(pipelining=pipelining)) as room:
            assert a_pool(room.port, lines, letters_per_connection=per_line).post(ledger) is None
        compared(ledger, room)
        assert len(ledger.outcomes) == 60
        assert ledger.most_in_hand <= lines

    @pytest.mark.parametrize("most", [1, 2, 7])
    def test_a_server_that_takes_few_letters_over_a_line_gets_all_of_them(self, most: int) -> None:
        ledger = Ledger(readers(20))
        with faulty_server({}, room=FaultyRoom(most=most)) as room:
            a_pool(room.port, 3).post(ledger)
        compared(ledger, room)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 20}

    def test_a_line_is_ended_by_us_after_as_many_letters_as_was_said(self) -> None:
        ledger = Ledger(readers(20))
        with faulty_server({}) as room:
            a_pool(room.port, 1, letters_per_connection=5).post(ledger)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 20}
        assert room.lines == 4

    @pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
    @pytest.mark.slow
    def test_silence_is_not_waited_for_forever(self, verb: str) -> None:
        recipients = readers(3)
        fault = Fault.TAKE_IN_SILENCE if verb == "." else Fault.SILENCE
        ledger = Ledger(recipients)
        with faulty_server({(verb, 1 if verb == "MAIL" else recipients[0]): fault}) as room:
            a_pool(room.port, 1, patience=Patience(answer=1, last_answer=1, goodbye=1)).post(ledger)
        compared(ledger, room)
        lost = DeliveryVerdict.UNKNOWN if verb == "." else DeliveryVerdict.DEFERRED
        assert [outcome.verdict for outcome in ledger.outcomes.values()] == [lost, *[DeliveryVerdict.ACCEPTED] * 2]

    def test_a_sender_who_is_refused_stops_everything_and_nobody_is_lost(self) -> None:
        ledger = Ledger(readers(20))
        with (
            faulty_server({("MAIL", number): "550 5.7.1 Not yours" for number in range(5, 99)}) as room,
            pytest.raises(DeliveryError, match=r"does not take letters from news@gazette\.example: 550 5\.7\.1"),
        ):
            a_pool(room.port, 2).post(ledger)
        compared(ledger, room)
        assert ledger.verdicts()[DeliveryVerdict.ACCEPTED] == 4
        # The other line may have taken the letter over before it was refused as well.
        assert ledger.verdicts()[None] in (1, 2)
        assert ledger.verdicts().keys() == {DeliveryVerdict.ACCEPTED, None}

    def test_a_server_that_is_not_there_is_told_and_claims_are_given_back(self) -> None:
        with faulty_server({}) as room:
            pass
        ledger = Ledger(readers(20))
        with pytest.raises(DeliveryError, match="cannot connect"):
            a_pool(room.port, 3).post(ledger)
        assert ledger.verdicts() == {None: 3}

    def test_a_server_that_takes_fewer_lines_gets_everything_over_those(self) -> None:
        ledger = Ledger(readers(40))
        with faulty_server({}, room=FaultyRoom(most_lines=2)) as room:
            assert a_pool(room.port, 6).post(ledger) is None
        compared(ledger, room)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 40}

    def test_lines_that_did_not_come_about_are_tried_again_later(self) -> None:
        ledger = Ledger(readers(400))
        with faulty_server({}, room=FaultyRoom(most_lines=1)) as room:

            def on_settled(key: str) -> None:
                room.most_lines = None

            ledger.on_settled = on_settled
            a_pool(room.port, 2, letters_per_connection=1000).post(ledger)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 400}
        assert room.lines >= 2


class TestClaims:
    def test_there_are_never_more_than_lines(self) -> None:
        ledger = Ledger(readers(50))
        with faulty_server({}) as room:
            a_pool(room.port, 3).post(ledger)
        assert ledger.most_in_hand == 3
        assert sum(ledger.turns) == 50

    def test_without_any_nothing_is_said_to_the_server(self) -> None:
        ledger = Ledger([])
        with faulty_server({}) as room:
            assert a_pool(room.port).post(ledger) is None
        assert (room.lines, ledger.turns) == (0, [0])

    def test_a_letter_that_is_none_is_refused_and_the_others_go(self) -> None:
        class Bad(Ledger):
            def envelope(self, recipient: str) -> Envelope:
                if recipient == "r1@reader.example":
                    return Envelope(SENDER, EmailAddress.parse(recipient), b"bare\nline\r\n")
                return super().envelope(recipient)

        ledger = Bad(readers(3))
        with faulty_server({}) as room:
            a_pool(room.port).post(ledger)
        assert ledger.outcomes["r1@reader.example"].verdict is DeliveryVerdict.REFUSED
        assert "the lines of a message end in CRLF" in str(ledger.outcomes["r1@reader.example"])
        assert len(room.log) == 2

    def test_what_nobody_foresaw_is_unknown_and_raised(self) -> None:
        class Odd:
            def __enter__(self) -> "Odd":
                return self

            def __exit__(self, *error: object) -> None: ...

            def send(self, envelope: Envelope) -> Outcome:
                raise RuntimeError("odd")

        ledger = Ledger(readers(5))
        with pytest.raises(RuntimeError, match="odd"):
            Pool(Odd, 2, Time().clock, breaker=NEVER).post(ledger)
        assert set(ledger.verdicts()) == {DeliveryVerdict.UNKNOWN}
        assert set(ledger.outcomes) == ledger.claimed

    def test_claims_that_cannot_be_written_down_end_it_and_lines_are_closed(self) -> None:
        def full(_settled: object, room: int, _held: object) -> Sequence[ClaimedEmail[str]]:
            raise OSError("disk full")

        with faulty_server({}) as room, pytest.raises(OSError, match="disk full"):
            a_pool(room.port).post(full)
        assert room.log == []


class TestStopping:
    def test_letters_in_hand_are_finished_and_no_more_are_claimed(self) -> None:
        ledger = Ledger(readers(50))
        with faulty_server({}) as room:
            pool = a_pool(room.port, 2)
            ledger.on_settled = lambda _key: pool.stop("you stopped it")
            assert pool.post(ledger) == "you stopped it"
        compared(ledger, room)
        assert 1 <= len(ledger.outcomes) <= 4

    def test_dead_addresses_do_not(self) -> None:
        recipients = readers(50)
        ledger = Ledger(recipients)
        with faulty_server({("RCPT", each): "550 5.1.1 No such user" for each in recipients}) as room:
            assert a_pool(room.port, 1, breaker=Breaker(5)).post(ledger) is None
        assert ledger.verdicts() == {DeliveryVerdict.REFUSED: 50}


class TestPauses:
    """A server that answers everybody alike is left alone for a while, and asked by one letter on one line."""

    REASON = "5 letters in a row were not accepted, the last refused (550 5.7.1 Blocked)"

    def test_it_goes_on_once_a_letter_is_accepted(self) -> None:
        recipients, time = readers(30), Time()
        ledger = Ledger(recipients, time=time)
        told: list[tuple[str, float]] = []
        faults: dict[tuple[str, str | int], str | Fault] = {
            ("RCPT", each): "550 5.7.1 Blocked" for each in recipients[10:17]
        }
        with faulty_server(faults) as room:
            pool = a_pool(room.port, 1, time=time, breaker=Breaker(5), on_pause=lambda *pause: told.append(pause))
            assert pool.post(ledger, ledger.let_off.extend) is None
        again = "letters in a row were not accepted, the last refused (550 5.7.1 Blocked)"
        assert told == [(self.REASON, 60), (f"6 {again}", 120), (f"7 {again}", 240)]
        assert time.seconds == pytest.approx(420)
        assert ledger.let_off == recipients[10:17]
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 23, DeliveryVerdict.REFUSED: 7}
        compared(ledger, room)

    def test_it_stops_after_half_an_hour_of_waiting_and_says_why(self) -> None:
        recipients, time = readers(50), Time()
        ledger = Ledger(recipients, time=time)
        with faulty_server({("RCPT", each): "550 5.7.1 Blocked" for each in recipients}) as room:
            reason = a_pool(room.port, 1, time=time, breaker=Breaker(5)).post(ledger, ledger.let_off.extend)
        assert reason == "10 letters in a row were not accepted, the last refused (550 5.7.1 Blocked)"
        assert time.seconds == pytest.approx(1800)
        assert ledger.verdicts() == {DeliveryVerdict.REFUSED: 10}  # one after each pause
        assert ledger.let_off == recipients[:10]

    def test_while_it_waits_nothing_is_in_hand_and_a_person_ends_it_at_once(self) -> None:
        recipients, time = readers(50), Time()
        ledger = Ledger(recipients, time=time)
        seen: list[int] = []
        pools: list[Pool] = []

        def on_pause(_reason: str, _seconds: float) -> None:
            seen.append(len(ledger.claimed) - len(ledger.outcomes))
            pools[0].stop("you stopped it")

        with faulty_server({("RCPT", each): "451 4.7.1 Not now" for each in recipients}) as room:
            pools.append(a_pool(room.port, 4, time=time, breaker=Breaker(5), on_pause=on_pause))
            assert pools[0].post(ledger, ledger.let_off.extend) == "you stopped it"
        assert seen == [0]
        assert time.seconds <= 1
        assert ledger.let_off == []

    def test_one_that_was_refused_for_us_and_nobody_else_was_is_refused(self) -> None:
        recipients = readers(30)
        ledger = Ledger(recipients)
        with faulty_server({("RCPT", each): "550 5.7.1 Blocked" for each in recipients[::7]}) as room:
            assert a_pool(room.port, 2, breaker=Breaker(5)).post(ledger, ledger.let_off.extend) is None
        assert (ledger.verdicts()[DeliveryVerdict.REFUSED], ledger.let_off) == (5, [])

    def test_what_an_earlier_run_heard_makes_the_first_letter_go_alone(self) -> None:
        breaker = Breaker(5)
        breaker.remember([Outcome(DeliveryVerdict.REFUSED, "Blocked", 550, "5.7.1")] * 5)
        ledger, time = Ledger(readers(20)), Time()
        at_once: list[int] = []
        with faulty_server({}) as room:
            pool = a_pool(room.port, 4, time=time, breaker=breaker)
            ledger.on_settled = lambda _key: at_once.append(len(ledger.claimed))
            assert pool.post(ledger) is None
        assert (at_once[0], time.seconds) == (1, 0)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 20}

    def test_what_an_earlier_run_heard_is_no_trouble_of_a_run_with_nothing_to_do(self) -> None:
        breaker = Breaker(5)
        breaker.remember([Outcome(DeliveryVerdict.DEFERRED, "Later", 451)] * 5)
        assert a_pool(1, breaker=breaker).post(Ledger([])) is None


class TestAStoreThatFails:
    class Failing(Ledger):
        """Cannot write down anything in the turns *fails*, by their numbers."""

        fails: Collection[int] = ()
        asked = 0

        def __call__(
            self, settled: Sequence[SettledEmail[str]], room: int, rooms: Mapping[str, int]
        ) -> Sequence[ClaimedEmail[str]]:
            self.asked += 1
            if self.asked in self.fails:
                raise StoreError("the disk is full")
            return super().__call__(settled, room, rooms)

    def test_what_is_known_is_told_once_more_and_the_run_goes_on(self) -> None:
        ledger = self.Failing(readers(30))
        ledger.fails = {3}
        with faulty_server({}) as room:
            assert a_pool(room.port, 3).post(ledger) is None
        compared(ledger, room)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 30}

    def test_what_cannot_be_written_down_is_counted(self) -> None:
        ledger = self.Failing(readers(30))
        ledger.fails = {3, 4}
        with (
            faulty_server({}) as room,
            pytest.raises(StoreError, match=r"the disk is full\. What became of 3 letters could not be written down"),
        ):
            a_pool(room.port, 3).post(ledger)
        assert len(ledger.claimed) - len(ledger.outcomes) == 3
        assert len(room.log) == len(ledger.claimed)  # those on their way were finished

    def test_where_nothing_is_in_hand_nothing_is_lost(self) -> None:
        ledger = self.Failing(readers(3))
        ledger.fails = {1}
        with faulty_server({}) as room, pytest.raises(StoreError, match=r"full$"):
            a_pool(room.port, 3).post(ledger)
        assert room.log == []


class TestRates:
    def test_no_more_go_in_a_second_than_was_said(self) -> None:
        time = Time()
        ledger = Ledger(readers(30), time=time)
        with faulty_server({}) as room:
            a_pool(room.port, 4, time=time, limits=RateLimits(overall=10)).post(ledger)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 30}
        # What the first second has room for goes at once, the other twenty at ten a second.
        assert 1.9 <= max(ledger.began.values()) <= 2.1

    def test_one_domains_pace_keeps_no_other_waiting(self) -> None:
        time = Time()
        ledger = Ledger([*readers(4, "slow.example"), *readers(20)], time=time)
        with faulty_server({}) as room:
            a_pool(room.port, 2, time=time, limits=RateLimits(domains={"slow.example": 0.5})).post(ledger)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 24}
        assert {ledger.began[each] for each in readers(20)} == {0}
        assert [ledger.began[each] for each in readers(4, "slow.example")] == pytest.approx([0, 2, 4, 6])

    def test_a_letter_is_claimed_when_it_may_go_and_not_before(self) -> None:
        """Whoever leaves meanwhile gets nothing."""
        time = Time()
        ledger = Ledger([*readers(4, "slow.example"), *readers(2)], time=time)
        in_hand: list[int] = []
        time.on_pause = lambda: in_hand.append(len(ledger.claimed) - len(ledger.outcomes))
        with faulty_server({}) as room:
            a_pool(room.port, 4, time=time, limits=RateLimits(domains={"slow.example": 0.5})).post(ledger)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 6}
        assert in_hand == [0] * len(in_hand) != []

    def test_claims_that_do_not_look_at_it_wait_in_hand(self) -> None:
        class Blind(Ledger):
            def __call__(
                self, settled: Sequence[SettledEmail[str]], room: int, rooms: Mapping[str, int]
            ) -> Sequence[ClaimedEmail[str]]:
                return super().__call__(settled, room, {})

        time = Time()
        ledger = Blind(readers(6), time=time)
        with faulty_server({}) as room:
            a_pool(room.port, 3, time=time, limits=RateLimits(domains={"reader.example": 1})).post(ledger)
        assert ledger.verdicts() == {DeliveryVerdict.ACCEPTED: 6}
        assert sorted(ledger.began.values()) == pytest.approx([0, 1, 2, 3, 4, 5])
        assert ledger.most_in_hand <= 3
