"""What earlier checks were answered holds for a time, and is nothing to rely on."""

import json
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from pressrun.hosts.answers import AddressVerdict, Answer
from pressrun.hosts.memory import Remembered, is_fresh, read, written

DAY = timedelta(days=1)
URL = "https://ferry.example/"


def holds(verdict: AddressVerdict, age: timedelta, max_age: timedelta = 7 * DAY, wait: int = 0) -> bool:
    return is_fresh(Remembered(Answer(verdict, wait=wait), NOON - age), NOON, max_age)


@pytest.mark.parametrize("verdict", [AddressVerdict.FINE, AddressVerdict.MOVED])
def test_a_good_answer_holds_for_a_week(verdict: AddressVerdict) -> None:
    assert holds(verdict, 7 * DAY - timedelta(seconds=1))
    assert not holds(verdict, 7 * DAY)


@pytest.mark.parametrize("verdict", [AddressVerdict.DEAD, AddressVerdict.UNTRUSTED])
def test_a_bad_answer_holds_for_a_day_at_most(verdict: AddressVerdict) -> None:
    assert holds(verdict, timedelta(hours=23))
    assert not holds(verdict, DAY)
    assert not holds(verdict, timedelta(hours=2), max_age=timedelta(hours=1))


def test_who_could_not_be_reached_is_asked_again_at_once_unless_they_wanted_to_be_left_alone() -> None:
    assert not holds(AddressVerdict.UNREACHABLE, timedelta(0))
    assert holds(AddressVerdict.UNREACHABLE, timedelta(seconds=59), timedelta(0), wait=60)
    assert holds(AddressVerdict.LEFT, timedelta(seconds=59), timedelta(0), wait=60)
    assert not holds(AddressVerdict.UNREACHABLE, timedelta(seconds=60), wait=60)


def test_with_no_age_at_all_everything_is_asked_again() -> None:
    assert not holds(AddressVerdict.FINE, timedelta(0), timedelta(0))


def test_what_was_answered_under_a_clock_that_was_ahead_says_nothing() -> None:
    """Who looks at tomorrow with --now shall not have a week's rest from today's faults."""
    assert not holds(AddressVerdict.FINE, -DAY)


@given(
    memory=st.dictionaries(
        st.text(),
        st.builds(
            Remembered,
            st.builds(Answer, st.sampled_from(AddressVerdict), st.text(), st.text(), st.integers(0, 10**6)),
            st.datetimes(timezones=st.just(UTC)),
        ),
    )
)
def test_what_is_written_is_read_as_it_was_but_for_what_is_decided_anew(memory: dict[str, Remembered]) -> None:
    again = read(written(memory, memory, NOON))

    assert {url: each.answer for url, each in again.items()} == {
        url: each.answer
        for url, each in memory.items()
        if each.answer.verdict not in (AddressVerdict.REFUSED, AddressVerdict.PRIVATE)
    }
    assert written(again, memory, NOON) == written(memory, memory, NOON)


def test_what_nobody_names_any_more_is_forgotten_when_it_does_not_hold_either() -> None:
    old, new = (Remembered(Answer(AddressVerdict.FINE), NOON - age) for age in (8 * DAY, DAY))
    assert set(read(written({"old": old, "new": new, URL: old}, [URL], NOON))) == {"new", URL}


@given(data=st.binary())
def test_whatever_lies_there_is_no_error(data: bytes) -> None:
    assert read(data) == {}


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"[]",
        b"null",
        b'{"form": 2, "addresses": {}}',
        b'{"form": 1, "addresses": []}',
        b'{"form": 1, "addresses": {"a": 1}}',
        b"[" * 100_000,
        *(
            json.dumps(
                {"form": 1, "addresses": {URL: {"verdict": "fine", "reason": "", "to": "", "wait": 0, **change}}}
            ).encode()
            for change in ({}, {"asked": "now"}, {"asked": "2026-05-12"}, {"asked": NOON.isoformat(), "verdict": "x"})
        ),
    ],
)
def test_a_file_of_another_form_is_begun_anew(data: bytes | None) -> None:
    assert read(data) == {}
