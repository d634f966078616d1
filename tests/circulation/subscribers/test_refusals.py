"""Addresses that a publisher may refuse."""

import pytest

from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.refusals import why_refused
from pressrun.model.publication import Refusal, ServiceSettings

BOTH = ServiceSettings("https://letters.example/", refuse=tuple(Refusal), refuse_domains=("away.example",))
NEITHER = ServiceSettings("https://letters.example/")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ada@reader.example", None),
        ("information@reader.example", None),
        ("info@reader.example", Refusal.ROLE),
        ("Postmaster+pressrun@reader.example", Refusal.ROLE),
        ("ada@mailinator.com", Refusal.DISPOSABLE),
        ("ada@any.mailinator.com", Refusal.DISPOSABLE),
        ("ada@notmailinator.com", None),
        ("ada@away.example", Refusal.DISPOSABLE),
        ("ada@much.further.away.example", Refusal.DISPOSABLE),
        ("ada@bücher.example", None),
    ],
)
def test_what_is_refused_is_what_the_publisher_says(written: str, expected: Refusal | None) -> None:
    assert why_refused(address_from(written), BOTH) is expected
    assert why_refused(address_from(written), NEITHER) is None
