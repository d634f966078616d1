"""Mail servers for tests, on loopback and on whatever port is free: a real one, and one that plays a part."""

# ruff: noqa: ARG002, N802  # aiosmtpd calls these methods by these names, with all of this

import asyncio
import base64
import enum
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
USERNAME, PASSWORD, TOKEN = "gazette", "pässword", "ya29.a0"
CERTIFICATES = trustme.CA()


def server_context(name: str = "localhost") -> ssl.SSLContext:
    """TLS for a server whose certificate is for *name* and for 127.0.0.1."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    CERTIFICATES.issue_cert(name, *([HOST] if name == "localhost" else [])).configure_cert(context)
    return context


def trusting_context() -> ssl.SSLContext:
    """TLS for a client that trusts the servers here."""
    context = ssl.create_default_context()
    CERTIFICATES.configure_trust(context)
    return context


@dataclass
class Mailroom:
    """What a server got, and what it answers instead of taking a letter; *answers* go by command."""

    port: int = 0
    letters: list[Envelope] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    greeted_by: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    token: str = TOKEN

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> object:
        """Like Google's and Microsoft's; a failure is told in JSON first, and the client answers with nothing."""
        result = self.authenticate(
            server,
            server.session,
            server.envelope,
            "XOAUTH2",
            base64.b64decode(args[1]),  # type: ignore[arg-type]
        )
        if not result.success:
            await server.challenge_auth('{"status":"401"}')
        return result

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greeted_by.append(hostname)
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" not in self.answers:
            envelope.mail_from = address
            envelope.mail_options = options
        return self.answers.get("MAIL", "250 2.1.0 Sender ok")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(f"RCPT {address}", self.answers.get("RCPT", "250 2.1.5 Recipient ok"))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" not in self.answers:
            self.letters.append(envelope)
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.answers.get("DATA", "250 2.0.0 Ok: queued as 1A2B")

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        self.logins.append(mechanism)
        if mechanism == "XOAUTH2":
            return AuthResult(success=data == f"user={USERNAME}\1auth=Bearer {self.token}\1\1".encode(), handled=False)
        assert isinstance(data, LoginPassword)
        is_right = data.login.decode() == USERNAME and data.password.decode() == PASSWORD
        return AuthResult(success=is_right, handled=False)


@dataclass
class PickyRoom(Mailroom):
    """Refuses MAIL with *answer* where its parameters have *word*, and with *plain*, if any, where they do not."""

    word: str = "SMTPUTF8"
    answer: str = "555 5.5.4 SMTPUTF8 not supported for this sender"
    plain: str | None = None
    pipelining: bool = False

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        responses = await super().handle_EHLO(server, session, envelope, hostname, responses)
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelining else responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if any(self.word in option for option in options):
            return self.answer
        if self.plain is not None:
            return self.plain
        return await super().handle_MAIL(server, session, envelope, address, options)


@contextmanager
def mail_server(
    *,
    implicit_tls: ssl.SSLContext | None = None,
    room: Mailroom | None = None,
    kind: type[SMTP] = SMTP,
    **settings: object,
) -> Iterator[Mailroom]:
    """A real mail server; *settings* are aiosmtpd's own, such as tls_context, auth_required or data_size_limit."""
    room = room or Mailroom()
    loop = asyncio.new_event_loop()
    known = {"authenticator": room.authenticate, "auth_require_tls": False, "hostname": "mail.test"}
    settings = {"enable_SMTPUTF8": False, **known, **settings}
    with warnings.catch_warnings():
        # It warns that a login without TLS is possible; here that is what is tried.
        warnings.simplefilter("ignore", UserWarning)
        protocol = partial(kind, room, loop=loop, **settings)  # type: ignore[arg-type]
        protocol()
    thread = threading.Thread(target=_serve, args=(loop,))
    thread.start()

    async def open_() -> asyncio.Server:
        def quiet() -> SMTP:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                return protocol()

        return await loop.create_server(quiet, HOST, 0, ssl=implicit_tls)

    async def close(server: asyncio.Server) -> None:
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(open_(), loop).result()
    room.port = server.sockets[0].getsockname()[1]
    try:
        yield room
    finally:
        asyncio.run_coroutine_threadsafe(close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


class HangUp(enum.Enum):
    """How a line ends that nobody said goodbye on."""

    AT_ONCE = enum.auto()  # without reading what comes next
    AFTER_LISTENING = enum.auto()  # having read the next line, or the whole letter


@dataclass
class Script:
    """A server that plays *answers*: a greeting, and one for each line that it reads, a letter being one line.

    What it read is in *heard*. After hanging up it takes the next call, and goes on with the next answer;
    after the last it is gone.
    """

    answers: Sequence[str | HangUp]
    port: int = 0
    heard: list[bytes] = field(default_factory=list)

    def play(self, listener: socket.socket) -> None:
        answers = list(self.answers)
        while answers:
            connection, _ = listener.accept()
            # Whoever gives up on us may do so in the middle of a word.
            with connection, connection.makefile("rb") as lines, suppress(ConnectionError):
                self._converse(connection, lines.readline, answers)
        listener.close()  # or whoever calls again would wait for a greeting

    def _converse(self, connection: socket.socket, readline: Callable[[], bytes], answers: list[str | HangUp]) -> None:
        said = ""
        while answers:
            answer = answers.pop(0)
            if answer is HangUp.AT_ONCE:
                return
            if said:
                self._listen(readline, to_letter=said.startswith("354"))
            if isinstance(answer, HangUp):
                return
            connection.sendall(f"{answer}\r\n".encode())
            said = answer
        while line := readline():  # whatever else is said, until the other side hangs up
            self.heard.append(line)

    def _listen(self, readline: Callable[[], bytes], *, to_letter: bool) -> None:
        line = readline()
        while to_letter and line not in (b"", b".\r\n"):
            self.heard.append(line)
            line = readline()
        self.heard.append(line)


@contextmanager
def scripted_server(*answers: str | HangUp) -> Iterator[Script]:
    """A server that answers as written, whatever it is told."""
    script = Script(answers)
    with socket.create_server((HOST, 0)) as listener:
        script.port = listener.getsockname()[1]
        thread = threading.Thread(target=script.play, args=(listener,))
        thread.start()
        yield script
        thread.join()
