"""A connection to a mail server, encrypted (RFC 3207, 8314) and logged in (RFC 4954), by smtplib."""

import base64
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from pressrun.model.mailserver import MailServer, Tls, Token, is_loopback
from pressrun.model.problems import DeliveryError
from pressrun.post.delivery.interface import ServerReply


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds are waited for a connection, for an answer, and for the last one (RFC 5321, section 4.5.3.2).

    A *goodbye* has nothing to say any more.
    """

    connection: float = 60
    answer: float = 300
    last_answer: float = 600
    goodbye: float = 5


PATIENT = Patience()


class LoginRefused(DeliveryError):
    """The server does not let us in with what we have."""


class ServerConnection:
    """A connection to *server*, over which commands are said and answers come.

    The server's certificate is held against its name and the system's store, unless *context* says otherwise. Where
    STARTTLS was asked for, nothing is sent without it; a *secret* never goes over an unencrypted connection but to this
    machine itself. Raises DeliveryError where there is no such connection, and OSError later, where it breaks.
    """

    def __init__(
        self, server: MailServer, secret: str | Token | None, context: ssl.SSLContext | None, patience: Patience
    ) -> None:
        self._server = server
        self._patience = patience
        self._context = context
        self.letters = 0  # how many were accepted over it
        try:
            self._connection = self._called()
        except OSError as error:
            self._give_up("connect to", reason_of(error), error)
        try:
            # The name of this machine tells nothing, and looking it up can take a minute.
            self._connection.local_hostname = _literal(self._connection)
            self._connection.ehlo_or_helo_if_needed()
            self._encrypt()
            if server.username is not None:
                self._log_in(server.username, secret or "")
            self._wait(patience.answer)
            if self._connection.sock is not None:
                # A letter's last bytes would wait until those before them were received.
                self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            self._give_up("connect to", reason_of(error), error)

    def offered(self, name: str) -> str | None:
        """What the server says behind the keyword *name* of an extension; None where it does not offer it."""
        return self._connection.esmtp_features.get(name) if self._connection.has_extn(name) else None

    def say(self, commands: Sequence[str]) -> None:
        """Say *commands*, one behind the other, and wait for no answer."""
        text = "".join(f"{command}\r\n" for command in commands)
        if text.count("\r") != len(commands) or text.count("\n") != len(commands):
            raise ValueError("a command is one line")
        self._connection.send(text.encode())

    def put(self, data: bytes) -> None:
        """Send *data* as it is."""
        self._connection.send(data)

    def answer(self) -> ServerReply:
        """The next answer of the server."""
        code, text = self._connection.getreply()
        if not 200 <= code < 600:
            raise smtplib.SMTPServerDisconnected("the server answers with something that is not SMTP")
        return ServerReply.of(code, text)

    def last_answer(self) -> ServerReply:
        """The answer to a letter's final dot, for which a server may take long."""
        self._wait(self._patience.last_answer)
        reply = self.answer()
        self._wait(self._patience.answer)
        return reply if reply.code // 100 != 3 else self.nonsense(reply)

    def nonsense(self, reply: ServerReply) -> NoReturn:
        """Take *reply* for the end of the connection: whoever says it now does not speak SMTP."""
        raise smtplib.SMTPServerDisconnected(f"the server answers {reply}, which means nothing there")

    def goodbye(self) -> None:
        """End it as servers like it."""
        try:
            self._wait(self._patience.goodbye)
            self._said("QUIT")
        except OSError:
            pass  # whoever says goodbye first
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """End it at once."""
        self._connection.close()

    # How it is made

    def _called(self) -> smtplib.SMTP:
        host, port = self._server.host or "", self._server.door
        if self._server.encryption is Tls.TLS:
            context = self._context or ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, "localhost", timeout=self._patience.connection, context=context)
        return smtplib.SMTP(host, port, "localhost", timeout=self._patience.connection)

    def _encrypt(self) -> None:
        if self._server.encryption is not Tls.STARTTLS:
            return
        if self.offered("starttls") is None:
            reason = "it does not offer STARTTLS, and without it letters would go over an unencrypted connection"
            self._give_up("send through", f"{reason}; only tls: none asks for that")
        self._connection.starttls(context=self._context or ssl.create_default_context())
        self._connection.ehlo_or_helo_if_needed()

    def _log_in(self, username: str, secret: str | Token) -> None:
        """Log in by XOAUTH2 or, with a password, PLAIN or LOGIN, in UTF-8 (RFC 4616); smtplib itself knows ASCII."""
        if not keeps_secrets(_peer(self._connection), encrypted=isinstance(self._connection.sock, ssl.SSLSocket)):
            self._give_up("log in at", "the connection is not encrypted, and a password would be read by others")
        offered = (self.offered("auth") or "").upper().split()
        if isinstance(secret, Token):
            words = [f"user={username}\1auth=Bearer {secret.text}\1\1"]
            if "XOAUTH2" not in offered:
                self._give_up("log in at", "it does not offer XOAUTH2 on this connection, which a token is for")
            reply = self._said(f"AUTH XOAUTH2 {_base64(words[0])}")
            if reply.code == 334:  # why not, in JSON; the answer to that is an empty line
                reply = self._said("")
        elif "PLAIN" in offered:
            words = [f"\0{username}\0{secret}"]
            reply = self._said(f"AUTH PLAIN {_base64(words[0])}")
        elif "LOGIN" in offered:
            words = [username, secret]
            reply = self._said("AUTH LOGIN")
            for word in words:
                reply = self._said(_base64(word)) if reply.code == 334 else reply
        else:
            self._give_up("log in at", "it offers neither PLAIN nor LOGIN on this connection")
        if reply.code != 235:
            # Some servers repeat what they do not understand.
            told = str(reply)
            for word in (*map(_base64, words), secret.text if isinstance(secret, Token) else secret):
                told = told.replace(word, "…") if word else told
            self._give_up(
                "log in at", f"the server says {told}", kind=LoginRefused if reply.code == 535 else DeliveryError
            )

    def _said(self, command: str) -> ServerReply:
        self.say([command])
        return self.answer()

    def _wait(self, seconds: float) -> None:
        if self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)

    def _give_up(
        self, doing: str, reason: str, cause: OSError | None = None, kind: type[DeliveryError] = DeliveryError
    ) -> NoReturn:
        if hasattr(self, "_connection"):
            self.hang_up()
        give_up(self._server, doing, reason, cause, kind)


def give_up(
    server: MailServer,
    doing: str,
    reason: str,
    cause: OSError | None = None,
    kind: type[DeliveryError] = DeliveryError,
) -> NoReturn:
    """Raise the DeliveryError that tells what was tried with *server*, and what chose it."""
    because = server.because(*(("username", "password", "token") if doing == "log in at" else ("host", "port", "tls")))
    raise kind(f"cannot {doing} {server.host}:{server.door}: {reason}{because}") from cause


def keeps_secrets(peer: str, *, encrypted: bool) -> bool:
    """Whether a password may go to the IP address *peer*: over an encrypted connection, or within this machine."""
    return encrypted or is_loopback(peer)


def _peer(connection: smtplib.SMTP) -> str:
    return str(connection.sock.getpeername()[0]) if connection.sock is not None else ""


def _literal(connection: smtplib.SMTP) -> str:
    """This end of *connection* as an address literal (RFC 5321, section 4.1.3)."""
    host = str(connection.sock.getsockname()[0]) if connection.sock is not None else "127.0.0.1"
    return f"[IPv6:{host}]" if ":" in host else f"[{host}]"


def _base64(text: str) -> str:
    # A variable of the environment may hold bytes that are no text; they go as they are.
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")


def reason_of(error: OSError) -> str:
    """Why a connection could not be made, or broke, as the end of a sentence."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate does not prove who it is: {error.verify_message}"
        case ssl.SSLError():
            return f"encryption fails: {error.reason or error}"
        case TimeoutError():
            return "no answer in time"
        case smtplib.SMTPResponseException():
            return f"the server says {ServerReply.of(error.smtp_code, _bytes(error.smtp_error))}"
        case smtplib.SMTPServerDisconnected(__context__=OSError() as cause):
            return reason_of(cause)  # smtplib tells only that the connection broke
        case smtplib.SMTPException():
            return str(error)[:1].lower() + str(error)[1:]
        case OSError(strerror=str() as words):
            return words[:1].lower() + words[1:]
    return str(error) or type(error).__name__


def _bytes(words: bytes | str) -> bytes:
    return words.encode() if isinstance(words, str) else words
