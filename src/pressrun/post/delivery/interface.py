"""What every way to post a letter has in common: an Envelope goes in, an Outcome comes out (RFC 5321)."""

import enum
import re
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from pressrun.model.mailaddress import EmailAddress
from pressrun.model.wire import Wire

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
# What speaks of an address or its mailbox (RFC 3463, sections 3.2 and 3.3; RFC 7293, section 14; RFC 6531, section
# 4.1), and what of whoever sends: their address, their right to it, what they are taken for, an email that is too large
# (RFC 3463, sections 3.2, 3.8 and 3.4).
_OF_THE_RECIPIENT = re.compile(r"\d\.(?:1\.(?![78]$)\d+|2\.\d+|6\.(?:[789]|10)|7\.1[78])")
_OF_THE_SENDER = re.compile(r"\d\.(?:1\.[78]|3\.4|7\.(?!1[78]$)\d+)")


class DeliveryVerdict(enum.Enum):
    """What a letter's way came to.

    Accepted means that the server took it, no more. Unknown means that the connection broke after the final dot, so
    that nobody can know whether it did.
    """

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one envelope, and the last word on it.

    *code* is the server's reply (RFC 5321, section 4.2), *enhanced* its enhanced status code (RFC 3463) where it
    gave one, *text* what it said beside, on one line.
    """

    verdict: DeliveryVerdict
    text: str = ""
    code: int | None = None
    enhanced: str | None = None

    @property
    def speaks_of_the_recipient(self) -> bool:
        """Whether it says something of this one address, and nothing of any other letter."""
        return _OF_THE_RECIPIENT.fullmatch(self.enhanced or "") is not None

    @property
    def speaks_of_the_sender(self) -> bool:
        """Whether it says something of us: that our address, our proofs or our letters are not liked there."""
        return _OF_THE_SENDER.fullmatch(self.enhanced or "") is not None

    def __str__(self) -> str:
        words = " ".join(str(word) for word in (self.code, self.enhanced, self.text) if word)
        return f"{self.verdict.value}{f' ({words})' if words else ''}"


@dataclass(frozen=True, slots=True)
class ServerReply:
    """What a server answered: its code, and its words line by line."""

    code: int
    lines: tuple[str, ...]

    @classmethod
    def of(cls, code: int, text: bytes) -> "ServerReply":
        """The reply as it came over the connection, in whatever encoding."""
        return cls(code, tuple(text.decode("utf-8", "replace").split("\n")))

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code, if its words begin with one."""
        found = _ENHANCED.match(self.lines[0])
        return found[1] if found else None

    @property
    def text(self) -> str:
        """Its words on one line, without enhanced codes."""
        return " ".join(" ".join(_ENHANCED.sub("", line, count=1).split()) for line in self.lines).strip()

    def __str__(self) -> str:
        return " ".join(str(word) for word in (self.code, self.enhanced, self.text) if word)


def outcome_of(reply: ServerReply) -> Outcome:
    """What the server's last word means for the letter (RFC 5321, section 4.2.1)."""
    match reply.code // 100:
        case 2:
            verdict = DeliveryVerdict.ACCEPTED
        case 5:
            verdict = DeliveryVerdict.REFUSED
        case _:
            verdict = DeliveryVerdict.DEFERRED
    return Outcome(verdict, reply.text, reply.code, reply.enhanced)


def outcome_without_reply(reason: str, *, letter_complete: bool) -> Outcome:
    """What it means that the connection broke, for *reason*, before a last word was said."""
    # Only once the final dot is out may the server have taken the letter without our knowing.
    return Outcome(DeliveryVerdict.UNKNOWN if letter_complete else DeliveryVerdict.DEFERRED, reason)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A finished message, and between whom it goes.

    Raises ValueError for a message that is not fit for the connection, as Wire has it.
    """

    sender: EmailAddress
    recipient: EmailAddress
    message: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.message, Wire):
            Wire.checked(self.message)


class Transport(Protocol):
    """A way to post letters, open from `with` to its end."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, envelope: Envelope) -> Outcome:
        """What became of *envelope*, which is tried once.

        Raises DeliveryError where it cannot be tried, nor any other; then nobody got anything of it.
        """
        ...
