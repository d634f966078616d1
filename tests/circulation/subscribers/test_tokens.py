"""What a token lets somebody do: one thing, for one person, as long as it should."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.circulation.subscribers.links import ServiceLinks
from pressrun.circulation.subscribers.tokens import FORM_LIFE, LINK_LIFE, Grant, Purpose, SignedTokens

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
OLDEST, OLD, NEW, NEWEST = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
PERSON = "00112233445566778899aabbccddeeff"
TOKENS = SignedTokens([NEWEST, NEW, OLD], WEEK)
LIVES = {Purpose.CONFIRM: WEEK, Purpose.MANAGE: LINK_LIFE, Purpose.DATA: LINK_LIFE}
persons = st.binary(min_size=16, max_size=16).map(bytes.hex)
lists = st.lists(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True), max_size=3).map(tuple)
purposes = st.sampled_from(Purpose)


@given(purpose=purposes, person=persons, names=lists)
def test_what_was_put_in_comes_out_and_nothing_of_it_can_be_changed(
    purpose: Purpose, person: str, names: tuple[str, ...]
) -> None:
    token = TOKENS.made(purpose, person, names, NOON)
    assert TOKENS.read(purpose, token, NOON) == Grant(person, names)
    said, _, signature = token.rpartition(".")
    other = TOKENS.made(purpose, person, (*names, "other"), NOON).rpartition(".")[0]
    assert TOKENS.read(purpose, f"{other}.{signature}", NOON) is None
    assert TOKENS.read(purpose, said, NOON) is None
    assert token.isascii()
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


@given(made=purposes, read=purposes)
def test_a_token_is_good_for_its_purpose_alone(made: Purpose, read: Purpose) -> None:
    token = TOKENS.made(made, PERSON, ("weekly",), NOON)
    assert (TOKENS.read(read, token, NOON) is not None) == (made is read)


@given(text=st.text())
def test_what_is_no_token_is_refused(text: str) -> None:
    for purpose in Purpose:
        assert TOKENS.read(purpose, text, NOON) is None
    assert TOKENS.stamped(text, NOON) is None


@pytest.mark.parametrize("purpose", LIVES)
def test_a_token_has_its_time(purpose: Purpose) -> None:
    token = TOKENS.made(purpose, PERSON, ("weekly",), NOON)
    assert TOKENS.read(purpose, token, NOON + LIVES[purpose]) is not None
    assert TOKENS.read(purpose, token, NOON + LIVES[purpose] + timedelta(seconds=1)) is None
    assert TOKENS.read(purpose, token, NOON - timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("key", "good"),
    [
        (NEWEST, set(Purpose)),
        (NEW, set(Purpose)),
        (OLD, {Purpose.LEAVE}),
        (OLDEST, set()),
    ],
)
def test_keys_that_are_older_than_the_second_let_people_leave_and_no_more(key: str, good: set[Purpose]) -> None:
    earlier = SignedTokens([key], WEEK)
    tokens = {purpose: earlier.made(purpose, PERSON, ("weekly",), NOON) for purpose in Purpose}
    assert {purpose for purpose, token in tokens.items() if TOKENS.read(purpose, token, NOON)} == good


def test_a_link_to_leave_is_the_same_in_every_letter_and_good_for_ever() -> None:
    token = TOKENS.made(Purpose.LEAVE, PERSON, ("weekly",), NOON)
    assert token == TOKENS.made(Purpose.LEAVE, PERSON, ("weekly",), NOON + WEEK)
    assert TOKENS.read(Purpose.LEAVE, token, NOON + timedelta(days=100_000)) == Grant(PERSON, ("weekly",))


def test_a_stamp_tells_how_old_it_is() -> None:
    stamp = TOKENS.stamp(NOON)
    assert TOKENS.stamped(stamp, NOON + timedelta(seconds=3)) == timedelta(seconds=3)
    assert TOKENS.stamped(stamp, NOON + FORM_LIFE + timedelta(seconds=1)) is None
    assert TOKENS.stamped(TOKENS.made(Purpose.CONFIRM, PERSON, (), NOON), NOON) is None


def test_what_stands_for_an_address_in_a_log_hangs_on_the_key() -> None:
    assert TOKENS.trace("ada@reader.example") == TOKENS.trace("ada@reader.example")
    assert TOKENS.trace("ada@reader.example") != TOKENS.trace("bob@reader.example")
    assert TOKENS.trace("ada@reader.example") != SignedTokens([OLD], WEEK).trace("ada@reader.example")


def test_a_token_that_an_earlier_version_made_is_good_in_links_of_today() -> None:
    """Links that were sent lead to `/leave/` and this very token."""
    sent = "q6urq6urq6urq6urq6urqw.weekly.0.OXooh7RShUhMUjDf00b6VNuEkpnrnudNzfE9paYnDw8"
    tokens = SignedTokens(["k" * 32], WEEK)
    assert tokens.read(Purpose.LEAVE, sent, NOON) == Grant("ab" * 16, ("weekly",))
    assert (
        ServiceLinks("https://x.example/", tokens).leave("ab" * 16, "weekly", NOON)
        == f"https://x.example/unsubscribe/{sent}"
    )
