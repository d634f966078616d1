"""What every transport keeps, whatever is behind it. A transport's own test inherits this and says how it is made."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import pytest

from pressrun.model.mailaddress import EmailAddress
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Transport

SENDER = EmailAddress.parse("news@gazette.example")
ADA = EmailAddress.parse("ada@reader.example")
GRACE = EmailAddress.parse("grace@reader.example")
MESSAGE = b"Subject: x\r\n\r\n.\r\n..\r\n.hidden\r\nFrom here\r\n"
LARGE = MESSAGE + b"".join(b"%05d %s\r\n" % (number, b"x" * 60) for number in range(400))


def an_envelope(recipient: EmailAddress = ADA, message: bytes = MESSAGE) -> Envelope:
    return Envelope(SENDER, recipient, message)


class TransportContract(ABC):
    """Inherit it, and say what carries the letters and what came out at the other end."""

    @pytest.fixture
    @abstractmethod
    def transport(self) -> Transport:
        """A transport that works, not opened yet."""

    @abstractmethod
    def arrived(self) -> Sequence[bytes]:
        """The messages that came out, in the order in which they were sent."""

    @pytest.mark.parametrize("message", [MESSAGE, LARGE, b"\r\n"], ids=["dots", "25 KB", "empty"])
    def test_a_letter_arrives_byte_for_byte(self, transport: Transport, message: bytes) -> None:
        with transport as opened:
            outcome = opened.send(an_envelope(message=message))
        assert outcome.verdict is DeliveryVerdict.ACCEPTED
        assert list(self.arrived()) == [message]

    def test_one_letter_goes_to_each(self, transport: Transport) -> None:
        with transport as opened:
            outcomes = [opened.send(an_envelope(recipient)) for recipient in (ADA, GRACE)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.ACCEPTED, DeliveryVerdict.ACCEPTED]
        assert len(self.arrived()) == 2

    def test_an_outcome_is_one_line(self, transport: Transport) -> None:
        with transport as opened:
            outcome = opened.send(an_envelope())
        assert "\n" not in str(outcome)
        assert str(outcome).startswith("accepted")

    def test_nothing_is_sent_where_nothing_was_said(self, transport: Transport) -> None:
        with transport:
            pass
        assert list(self.arrived()) == []
