"""How fast letters may go, as time goes by, or stands still, or is set back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.post.delivery.rates import Bucket, RateLimits, Rates


@given(rate=st.floats(0.1, 500), steps=st.lists(st.floats(0, 3), max_size=60))
def test_no_second_brings_more_than_the_rate_and_what_was_saved(rate: float, steps: list[float]) -> None:
    bucket, now, taken = Bucket(rate, 0), 0.0, 0
    for step in steps:
        now += step
        while bucket.take(now):
            taken += 1
        assert taken <= max(1.0, rate) + rate * now + 1e-6


@given(rate=st.floats(0.1, 500), now=st.floats(0, 1e6))
def test_whoever_waits_as_long_as_was_said_may_go(rate: float, now: float) -> None:
    bucket = Bucket(rate, now)
    while bucket.take(now):
        pass
    wait = bucket.wait(now)
    assert 0 < wait <= 1 / rate + 1e-9
    assert bucket.take(now + wait + 1e-6)


def test_a_clock_that_is_set_back_gives_nothing() -> None:
    bucket = Bucket(1, 100)
    assert bucket.take(100)
    assert not bucket.take(50)
    assert not bucket.take(50.5)
    assert bucket.take(51)


def test_a_domain_has_its_own_rate() -> None:
    rates = Rates(RateLimits(domains={"slow.example": 1, "slower.example": 0.5}), 0)
    assert rates.rooms(0) == {"slow.example": 1, "slower.example": 1}
    assert [rates.take("slow.example", 0) for _ in range(2)] == [True, False]
    assert [rates.take("other.example", 0) for _ in range(99)] == [True] * 99
    assert rates.take("slower.example", 0)
    assert rates.rooms(0) == {"slow.example": 0, "slower.example": 0}
    assert rates.wait(["slow.example", "slower.example"], 0) == pytest.approx(1)
    assert rates.wait(["slow.example", "other.example"], 0) == 0
    assert rates.rooms(1) == {"slow.example": 1, "slower.example": 0}


def test_where_nothing_goes_to_anybody_nothing_is_counted_for_a_domain() -> None:
    rates = Rates(RateLimits(overall=1, domains={"a.example": 1, "b.example": 1}), 0)
    assert rates.take("a.example", 0)
    assert not rates.take("b.example", 0)
    assert rates.rooms(0) == {"a.example": 0, "b.example": 1}
    assert rates.room(0, 5) == 0
    assert rates.take("b.example", 1)


@pytest.mark.parametrize("limits", [{"overall": 0}, {"domains": {"a.example": 0}}])
def test_a_rate_of_nothing_is_none(limits: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        RateLimits(**limits)  # type: ignore[arg-type]
