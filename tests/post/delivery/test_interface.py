"""What a server's words mean."""

import pytest

from contracts.transport_contract import ADA, SENDER
from pressrun.post.delivery.interface import (
    DeliveryVerdict,
    Envelope,
    Outcome,
    ServerReply,
    outcome_of,
    outcome_without_reply,
)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (250, DeliveryVerdict.ACCEPTED),
        (251, DeliveryVerdict.ACCEPTED),
        (421, DeliveryVerdict.DEFERRED),
        (451, DeliveryVerdict.DEFERRED),
        (550, DeliveryVerdict.REFUSED),
        (554, DeliveryVerdict.REFUSED),
    ],
)
def test_the_first_digit_decides(code: int, verdict: DeliveryVerdict) -> None:
    """RFC 5321, section 4.2.1."""
    assert outcome_of(ServerReply.of(code, b"words")).verdict is verdict


def test_a_broken_line_is_unknown_only_after_the_final_dot() -> None:
    assert outcome_without_reply("x", letter_complete=False).verdict is DeliveryVerdict.DEFERRED
    assert outcome_without_reply("x", letter_complete=True).verdict is DeliveryVerdict.UNKNOWN


@pytest.mark.parametrize(
    ("words", "enhanced", "text"),
    [
        (b"2.0.0 Ok: queued", "2.0.0", "Ok: queued"),
        (b"5.1.1 No such user\n5.1.1 Try another", "5.1.1", "No such user Try another"),
        (b"5.7.26", "5.7.26", ""),
        (b"Ok", None, "Ok"),
        (b"", None, ""),
        (b"1.2.3.4 is blocked", None, "1.2.3.4 is blocked"),
        (b"Gr\xfc\xdfe", None, "Gr\ufffd\ufffde"),
    ],
)
def test_an_enhanced_code_is_told_apart(words: bytes, enhanced: str | None, text: str) -> None:
    """RFC 3463, section 2."""
    reply = ServerReply.of(250, words)
    assert (reply.enhanced, reply.text) == (enhanced, text)


def test_an_outcome_says_all_that_is_known() -> None:
    assert str(Outcome(DeliveryVerdict.REFUSED, "No such user", 550, "5.1.1")) == "refused (550 5.1.1 No such user)"
    assert str(Outcome(DeliveryVerdict.UNKNOWN, "no answer in time")) == "unknown (no answer in time)"
    assert str(Outcome(DeliveryVerdict.ACCEPTED)) == "accepted"


@pytest.mark.parametrize("message", [b"x\n", b"x\r\ny\rz\r\n", b"x", b"x" * 999 + b"\r\n", b"x\n.\r\nMAIL FROM:<>\r\n"])
def test_a_message_that_two_servers_could_read_in_two_ways_gets_no_envelope(message: bytes) -> None:
    with pytest.raises(ValueError, match="message"):
        Envelope(SENDER, ADA, message)
