"""How often a place may ask."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.web.service import limits
from pressrun.web.service.limits import MOST_COUNTED, WINDOW, FormLimits, PlaceLimits, RequestLimit

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)


def asked(limit: RequestLimit, key: str, now: datetime = NOON) -> bool:
    allowed = limit.allows(key, now)
    limit.count(key, now)
    return allowed


def test_after_so_many_times_one_waits_for_the_end_of_the_window() -> None:
    limit = RequestLimit(2)
    assert [asked(limit, "ada") for _ in range(3)] == [True, True, False]
    assert asked(limit, "bob")
    assert not asked(limit, "ada", NOON + WINDOW - timedelta(seconds=1))
    assert asked(limit, "ada", NOON + WINDOW)


def test_memory_is_not_used_up() -> None:
    limit = RequestLimit(1)
    for number in range(MOST_COUNTED + 10):
        asked(limit, str(number))
    assert len(limit._counted) == MOST_COUNTED
    assert limit.allows("0", NOON)
    assert not limit.allows(str(MOST_COUNTED), NOON)


def allowed(places: PlaceLimits, *ips: str | None) -> int:
    return sum(places.allow(ip, NOON) for ip in ips)


@pytest.mark.parametrize(
    ("ips", "most"),
    [
        (["192.0.2.7"] * 200, 30),
        ([f"192.0.2.{number}" for number in range(256)] * 2, 120),
        (["::ffff:192.0.2.7"] * 100 + ["192.0.2.7"] * 100, 30),
        ([f"2001:db8:0:1::{number:x}" for number in range(1, 200)], 30),
        ([f"2001:db8:0:1{number:02x}::1" for number in range(256)], 60),
        ([f"2001:db8:0:{number:x}::1" for number in range(1_000)], 120),
        ([f"2001:db8:{number:x}::1" for number in range(1, 1_000)], 999),
        ([f"192.0.{number}.7" for number in range(256)], 256),
        (["::1"] * 100, 30),
        (["not an address", None, ""] * 100, 30),
    ],
)
def test_a_place_is_an_address_and_each_network_around_it(ips: list[str | None], most: int) -> None:
    assert allowed(PlaceLimits(), *ips) == most


def test_who_is_refused_uses_up_nothing_of_their_neighbors() -> None:
    places = PlaceLimits()
    assert allowed(places, *["2001:db8::1"] * 1_000) == 30
    assert allowed(places, *["2001:db8:0:1::1"] * 30) == 30


def test_each_form_has_its_own_share() -> None:
    """Somebody who floods the one does not keep their neighbors from the other, which is the way to unsubscribe."""
    both = FormLimits()
    assert allowed(both.subscribe, *["192.0.2.7"] * 100) == 30
    assert allowed(both.links, *["192.0.2.7"] * 100) == 30


addresses = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address) | st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)


@given(found=st.lists(addresses, max_size=20))
def test_any_address_is_somewhere(found: list[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> None:
    assert allowed(PlaceLimits(), *map(str, found)) == len(found)


def test_the_limits_are_those_that_the_manual_has() -> None:
    assert limits.IPV6 == ((64, 30), (56, 60), (48, 120))
    assert limits.IPV4 == ((32, 30), (24, 120))
