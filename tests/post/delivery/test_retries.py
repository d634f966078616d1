"""When a deferred letter is tried again, and when to stop trying."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from pressrun.post.delivery.interface import DeliveryVerdict, Outcome
from pressrun.post.delivery.retries import Breaker, Pauses, Schedule

MINUTE = timedelta(minutes=1)
BLOCKED = Outcome(DeliveryVerdict.DEFERRED, "Blocked", 450, "4.7.1")
NOBODY = Outcome(DeliveryVerdict.REFUSED, "No such user", 550, "5.1.1")


class TestSchedule:
    """Retries continue until a time that is stated, with growing waits (RFC 5321, section 4.5.4.1)."""

    def test_waits_double_up_to_the_longest(self) -> None:
        schedule = Schedule(jitter=0)
        waits = [schedule.next_try(attempts, NOON, NOON, 0.5) for attempts in range(1, 9)]
        minutes = [(wait - NOON) / MINUTE for wait in waits if wait is not None]
        assert minutes == [5, 10, 20, 40, 80, 160, 240, 240]

    def test_what_is_too_old_is_not_tried_again(self) -> None:
        schedule = Schedule(age=timedelta(hours=1), jitter=0)
        assert schedule.next_try(1, NOON, NOON + 54 * MINUTE, 0.5) is not None
        assert schedule.next_try(1, NOON, NOON + 56 * MINUTE, 0.5) is None

    @given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1))
    def test_chance_moves_it_by_a_quarter_at_most(self, attempts: int, chance: float) -> None:
        exact = Schedule(jitter=0).next_try(attempts, NOON, NOON, 0)
        moved = Schedule().next_try(attempts, NOON, NOON, chance)
        assert exact is not None
        assert moved is not None
        assert 0.749 <= (moved - NOON) / (exact - NOON) <= 1.251


class TestBreaker:
    def test_failures_in_a_row_are_a_reason(self) -> None:
        breaker = Breaker(3)
        for outcome in (BLOCKED, BLOCKED, Outcome(DeliveryVerdict.ACCEPTED), BLOCKED, NOBODY, BLOCKED):
            breaker.hear(outcome)
        assert breaker.reason is None
        breaker.hear(Outcome(DeliveryVerdict.UNKNOWN, "no answer in time"))
        words = "3 letters in a row were not accepted, the last unknown (no answer in time)"
        assert breaker.reason == words

    def test_one_that_is_accepted_makes_all_well_again(self) -> None:
        breaker = Breaker(2)
        breaker.remember([BLOCKED, BLOCKED])
        assert breaker.reason is not None
        assert (breaker.pause(), breaker.pause()) == (60, 120)
        assert not breaker.hear(Outcome(DeliveryVerdict.ACCEPTED))
        assert breaker.reason is None
        breaker.remember([BLOCKED, BLOCKED])
        assert breaker.pause() == 60

    def test_what_speaks_of_one_mailbox_is_no_failure_of_the_server(self) -> None:
        for enhanced in ("5.1.1", "4.2.2", "5.2.1", "5.1.10", "5.7.17"):
            assert not Breaker().hear(Outcome(DeliveryVerdict.REFUSED, "", 550, enhanced)), enhanced
        for other in ("5.1.7", "5.1.8", "5.7.1", "5.7.26", "5.3.0", None):
            assert Breaker().hear(Outcome(DeliveryVerdict.REFUSED, "", 550, other)), other


def test_pauses_double_until_half_an_hour_was_waited() -> None:
    assert [Pauses().after(number) for number in range(6)] == [60, 120, 240, 480, 900, None]
