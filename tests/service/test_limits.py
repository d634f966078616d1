"""How often somebody may ask."""

from datetime import UTC, datetime, timedelta

import pytest

from pressrun.service import limits
from pressrun.service.limits import MOST_COUNTED, WINDOW, Limit, place_of

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)


def test_after_so_many_times_one_waits_for_the_end_of_the_window() -> None:
    limit = Limit(2)
    assert [limit.allows("ada", NOON) for _ in range(3)] == [True, True, False]
    assert limit.allows("bob", NOON)
    assert not limit.allows("ada", NOON + WINDOW - timedelta(seconds=1))
    assert limit.allows("ada", NOON + WINDOW)


def test_memory_is_not_used_up() -> None:
    limit = Limit(1)
    for number in range(MOST_COUNTED + 10):
        limit.allows(str(number), NOON)
    assert len(limit._counted) == MOST_COUNTED
    assert limit.allows("0", NOON)
    assert not limit.allows(str(MOST_COUNTED), NOON)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("not an address", None, True),
    ],
)
def test_a_household_is_one_place(one: str, other: str | None, same: bool) -> None:
    assert (place_of(one) == place_of(other)) is same


def test_the_limits_are_those_that_the_manual_tells() -> None:
    assert (limits.FOR_IP, limits.FOR_ADDRESS, limits.FOR_DOMAIN) == (30, 5, 1_000)
