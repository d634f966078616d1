"""The poster of letters that wait: whatever happens to one of them, the others go out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from people import NOON, a_pending, claim_letters
from pressrun.circulation.claims import CLAIMED_FOR, WAITS
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.problems import DeliveryError, PressrunError, StoreError
from pressrun.post.delivery.eml import EmlTransport
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Outcome
from pressrun.web.service.poster import LONGEST_SLEEP, Poster


class Unforeseen:
    """Makes letters, and fails in a way that nobody thought of."""

    def envelope(self, letter: Any, _now: Any) -> Any:
        raise ValueError(f"something about {letter.address}")


def test_a_fault_of_its_own_is_told_without_anybody_and_loses_no_letter(store: Store, tmp_path: Path) -> None:
    a_pending(store)
    told: list[str] = []
    now = NOON
    poster = Poster(store, Unforeseen(), lambda: EmlTransport(tmp_path), lambda: now, told.append)  # type: ignore[arg-type]
    for _ in range(3):
        assert poster.round() == LONGEST_SLEEP
        now += CLAIMED_FOR
    assert len(told) == 3
    assert [line[:38] for line in told] == ["letters: ValueError at test_poster.py:"] * 3
    assert "reader.example" not in "".join(told)


class Plain:
    """Makes letters of a line."""

    def envelope(self, letter: Any, _now: Any) -> Envelope:
        address = EmailAddress.parse(letter.address)
        return Envelope(address, address, b"Subject: x\r\n\r\nHello.\r\n")


def a_poster(store: Store, send: Any, now: datetime = NOON) -> Poster:
    @contextmanager
    def opened() -> Iterator[Any]:
        yield SimpleNamespace(send=send)

    return Poster(store, Plain(), opened, lambda: now, lambda _line: None)  # type: ignore[arg-type]


def three(store: Store) -> None:
    for name in ("ada", "bob", "cleo"):
        a_pending(store, address_from(f"{name}@reader.example"))


def tried(store: Store, now: datetime) -> dict[str, int]:
    """How often each letter that is due *now* was tried, this time not counted."""
    return {each.address.partition("@")[0]: each.attempt - 1 for each in claim_letters(store, 10, now)}


@pytest.mark.parametrize("error", [DeliveryError("no server"), PressrunError("a template"), ValueError("a fault")])
def test_what_was_not_tried_pays_with_no_attempt(store: Store, error: Exception) -> None:
    def send(envelope: Envelope) -> Outcome:
        if envelope.recipient.written.startswith("bob"):
            raise error
        return Outcome(DeliveryVerdict.ACCEPTED)

    three(store)
    assert a_poster(store, send).round() == LONGEST_SLEEP
    assert tried(store, NOON) == {"cleo": 0}
    settled = not isinstance(error, ValueError)
    assert tried(store, NOON + (WAITS[0] if settled else CLAIMED_FOR - timedelta(seconds=1))) == (
        {"bob": 1} if settled else {}
    )


def test_who_is_stopped_pays_with_no_attempt_either(store: Store) -> None:
    three(store)

    def send(_envelope: Envelope) -> Outcome:
        poster._stopped = True
        return Outcome(DeliveryVerdict.ACCEPTED)

    poster = a_poster(store, send)
    assert poster.batch() == 1
    assert tried(store, NOON) == {"bob": 0, "cleo": 0}


def test_a_letter_whose_end_could_not_be_written_down_is_not_sent_again_at_once(store: Store) -> None:
    def send(_envelope: Envelope) -> Outcome:
        raise StoreError("cannot write the store")

    three(store)
    poster = a_poster(store, send)
    assert poster.round() == LONGEST_SLEEP
    assert tried(store, NOON) == {"bob": 0, "cleo": 0}
    assert tried(store, NOON + CLAIMED_FOR - timedelta(seconds=1)) == {}


def test_a_server_that_is_down_is_asked_once_in_a_round(store: Store) -> None:
    calls = []

    def send(envelope: Envelope) -> Outcome:
        calls.append(envelope)
        raise DeliveryError("no server")

    for number in range(45):
        a_pending(store, address_from(f"r{number}@reader.example"))
    a_poster(store, send).round()
    assert len(calls) == 1
