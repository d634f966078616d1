"""A probe of the service: what proves that unsubscribe links open there, and what does not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.circulation.subscribers.links import ServiceLinks
from pressrun.circulation.subscribers.probe import Probe, probe
from pressrun.circulation.subscribers.tokens import NOBODY, Purpose, SignedTokens

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
NEW, OLD, OTHER = "n" * 32, "o" * 32, "x" * 32
ADDRESS = "https://letters.gazette.example/"
SENDER = SignedTokens([NEW], WEEK, b"this store")


def asked(now: datetime = NOON) -> Probe:
    return probe(ServiceLinks(ADDRESS, SENDER), now)


def token_of(sought: Probe) -> str:
    assert sought.url.startswith(f"{ADDRESS}unsubscribe/")
    return sought.url.removeprefix(f"{ADDRESS}unsubscribe/")


def answer(*keys: str, mark: bytes = b"this store") -> str | None:
    """What a sender finds wrong where a service with *keys* answers."""
    sought = asked()
    said = SignedTokens(keys, WEEK, mark).proof(token_of(sought))
    return sought.why_not(200 if said else 404, said)


def test_a_probe_is_an_unsubscribe_link_of_nobody() -> None:
    grant = SENDER.read(Purpose.LEAVE, token_of(asked()), NOON)
    assert grant is not None
    assert grant.person == NOBODY


def test_a_service_with_the_key_and_the_store_proves_it_wherever_the_key_stands() -> None:
    assert answer(NEW) is None
    assert answer(OTHER, OLD, NEW) is None


def test_a_service_without_the_key_or_with_another_store_does_not() -> None:
    assert "does not have the key" in str(answer(OLD, OTHER))
    assert "another store" in str(answer(NEW, mark=b"another store"))


@given(status=st.integers(100, 599), said=st.text())
def test_nothing_that_others_say_is_a_proof(status: int, said: str) -> None:
    assert asked().why_not(status, said) is not None


@pytest.mark.parametrize("status", [204, 206, 301, 303, 404, 410, 500, 503])
def test_the_right_words_with_a_wrong_status_are_no_proof(status: int) -> None:
    assert asked().why_not(status, asked().proof) is not None


def test_an_answer_that_was_kept_proves_nothing_later() -> None:
    assert asked(NOON + timedelta(seconds=1)).why_not(200, asked().proof) is not None


def test_of_a_token_that_is_forged_nothing_is_said() -> None:
    token = token_of(asked())
    assert SENDER.proof(token + "x") == SENDER.proof("") == SENDER.proof("é") == ""
    manage = SENDER.made(Purpose.MANAGE, NOBODY, ("x",), NOON)
    assert SENDER.proof(manage) == ""
