"""A real mail server that fails where it is told to, and writes down every letter that it takes before it says so."""

# ruff: noqa: ARG002, N802  # aiosmtpd calls these methods by these names

import asyncio
import enum
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from mailserver import Mailroom, mail_server


class Fault(enum.Enum):
    """What a server does instead of answering."""

    DROP = "hangs up"
    TAKE_AND_DROP = "takes the letter, and hangs up"
    SILENCE = "says nothing any more"
    TAKE_IN_SILENCE = "takes the letter, and says nothing any more"


TAKING = (Fault.TAKE_AND_DROP, Fault.TAKE_IN_SILENCE)


@dataclass
class FaultyRoom(Mailroom):
    """*faults* go by verb and recipient; those of MAIL by the number of the command. A text is an answer.

    *log* has the recipients of the letters that were taken, and *most* is how many one line may bring.
    """

    faults: Mapping[tuple[str, str | int], str | Fault] = field(default_factory=dict)
    pipelining: bool = True
    most: int | None = None
    most_lines: int | None = None
    log: list[str] = field(default_factory=list)
    senders: int = 0
    lines: int = 0
    at_once: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        responses = await super().handle_EHLO(server, session, envelope, hostname, responses)
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelining else responses

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (recipient,) = envelope.rcpt_tos
        fault = self.faults.get((".", recipient))
        if fault is None or fault in TAKING:
            self.log.append(recipient)
        if isinstance(fault, str):
            return fault
        if fault is not None:
            await failed(server, fault)
        return "250 2.0.0 taken"


async def failed(server: SMTP, fault: str | Fault | None) -> bool:
    """Whether there was a *fault*; it has happened then."""
    transport = server.transport
    assert isinstance(transport, asyncio.Transport)
    match fault:
        case None:
            return False
        case str():
            await server.push(fault)
            if fault.startswith("421"):
                transport.close()
        case Fault.DROP | Fault.TAKE_AND_DROP:
            transport.abort()
        case _:
            await asyncio.Event().wait()
    return True


class FaultySMTP(SMTP):
    letters = 0
    is_too_many = False

    @property
    def room(self) -> FaultyRoom:
        assert isinstance(self.event_handler, FaultyRoom)
        return self.event_handler

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.room.lines += 1
        self.room.at_once += 1
        self.is_too_many = self.room.most_lines is not None and self.room.at_once > self.room.most_lines
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.room.at_once -= 1
        super().connection_lost(error)

    async def smtp_EHLO(self, arg: str | None) -> None:
        if self.is_too_many:
            await failed(self, "421 4.7.0 Too many connections")
            return
        await super().smtp_EHLO(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.room.senders += 1
        if self.room.most is not None and self.letters >= self.room.most:
            await failed(self, "421 4.3.2 Enough for one line")
            return
        if not await failed(self, self.room.faults.get(("MAIL", self.room.senders))):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await failed(self, self.room.faults.get(("RCPT", (arg or "")[4:-1]))):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str | None) -> None:
        known = self.envelope.rcpt_tos if self.envelope is not None else []
        if not await failed(self, self.room.faults.get(("DATA", known[0])) if known else None):
            self.letters += 1
            await super().smtp_DATA(arg)


@contextmanager
def faulty_server(
    faults: Mapping[tuple[str, str | int], str | Fault], *, room: FaultyRoom | None = None, **settings: Any
) -> Iterator[FaultyRoom]:
    """A server that does what *faults* say, and takes everything else."""
    room = room or FaultyRoom()
    room.faults = faults
    with mail_server(room=room, kind=FaultySMTP, **settings):
        yield room
