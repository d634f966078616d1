"""The door to smtplib: letters handed to a mail server (RFC 5321), over a line that is encrypted (RFC 3207, 8314)."""

import base64
import re
import smtplib
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn

from pressrun.delivery.interface import Envelope, Outcome, Reply, Verdict, outcome_of, outcome_of_silence
from pressrun.model.mailserver import MailServer, Tls, is_loopback
from pressrun.problems import DeliveryError

_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds are waited for a line, for an answer, and for the last one (RFC 5321, section 4.5.3.2).

    A *goodbye* has nothing to say any more.
    """

    line: float = 60
    answer: float = 300
    last_answer: float = 600
    goodbye: float = 5


PATIENT = Patience()


class SmtpTransport:
    """Posts letters through *server*, one after the other over one line, which is made at the first letter.

    The server's certificate is held against its name and the system's store, unless *context* says otherwise. Where
    STARTTLS was asked for, nothing is sent without it; *password* never goes over an open line but to this
    machine itself.
    """

    def __init__(
        self,
        server: MailServer,
        password: str | None = None,
        *,
        context: ssl.SSLContext | None = None,
        patience: Patience = PATIENT,
    ) -> None:
        self._server = server
        self._password = password
        self._context = context
        self._patience = patience
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> "SmtpTransport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line is not None:
            try:
                _wait(self._line, self._patience.goodbye)
                self._line.docmd("QUIT")
            except OSError:
                pass  # whoever says goodbye first
            finally:
                self._hang_up()

    def send(self, envelope: Envelope) -> Outcome:
        """What became of *envelope*; raises DeliveryError where the server takes no letter of ours at all."""
        line = self._line or self._connected()
        try:
            outcome = self._offered(line, envelope)
            if outcome is None:
                line.send(_LEADING_DOT.sub(b"..", envelope.message) + b".\r\n")
        except OSError as error:
            self._hang_up()
            return outcome_of_silence(_reason(error), letter_complete=False)
        if outcome is None:
            try:
                outcome = outcome_of(self._last_answer(line))
            except OSError as error:
                self._hang_up()
                return outcome_of_silence(_reason(error), letter_complete=True)
        if outcome.verdict is not Verdict.ACCEPTED:
            self._start_over(line, outcome)
        return outcome

    def _offered(self, line: smtplib.SMTP, envelope: Envelope) -> Outcome | None:
        """What the server says to sender and recipient where that is its last word; None where it waits for the letter.

        Raises DeliveryError where its answer is not about this recipient.
        """
        reply = _said(line, "MAIL", f"FROM:<{envelope.sender}>{self._size_of(envelope, line)}")
        if reply.code // 100 == 5:
            # It is about us or about every letter of this kind: nobody's address is to blame.
            self._give_up("send through", f"the server does not take letters from {envelope.sender}: {reply}")
        if reply.code // 100 == 2:
            reply = _said(line, "RCPT", f"TO:<{envelope.recipient}>")
        if reply.code // 100 == 2:
            reply = _said(line, "DATA")
            if reply.code == 354:
                return None
        if reply.code // 100 in (2, 3):
            raise smtplib.SMTPServerDisconnected(f"the server answers {reply}, which means nothing there")
        return outcome_of(reply)

    def _last_answer(self, line: smtplib.SMTP) -> Reply:
        _wait(line, self._patience.last_answer)
        reply = _answer(line)
        _wait(line, self._patience.answer)
        if reply.code // 100 == 3:
            raise smtplib.SMTPServerDisconnected(f"the server answers {reply}, which means nothing there")
        return reply

    # The line

    def _connected(self) -> smtplib.SMTP:
        """A line to the server, encrypted and logged in as was asked for; raises DeliveryError where there is none."""
        try:
            line = self._called()
        except OSError as error:
            self._give_up("connect to", _reason(error), error)
        self._line = line  # from here on, giving up hangs it up
        try:
            # The name of this machine tells nothing, and looking it up can take a minute.
            line.local_hostname = _literal(line)
            line.ehlo_or_helo_if_needed()
            if self._server.encryption is Tls.STARTTLS:
                if not line.has_extn("starttls"):
                    reason = "it does not offer STARTTLS, and without it letters would go over an open line"
                    self._give_up("send through", f"{reason}; only tls: none asks for that")
                line.starttls(context=self._context or ssl.create_default_context())
                line.ehlo_or_helo_if_needed()
            if self._server.username is not None:
                self._log_in(line, self._server.username, self._password or "")
            _wait(line, self._patience.answer)
        except OSError as error:
            self._give_up("connect to", _reason(error), error)
        return line

    def _called(self) -> smtplib.SMTP:
        host, port = self._server.host or "", self._server.door
        if self._server.encryption is Tls.TLS:
            context = self._context or ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, "localhost", timeout=self._patience.line, context=context)
        return smtplib.SMTP(host, port, "localhost", timeout=self._patience.line)

    def _log_in(self, line: smtplib.SMTP, username: str, password: str) -> None:
        """Log in by PLAIN or LOGIN, in UTF-8 (RFC 4616); smtplib's own way knows ASCII only."""
        if not keeps_secrets(_peer(line), encrypted=isinstance(line.sock, ssl.SSLSocket)):
            self._give_up("log in at", "the line is not encrypted, and a password would be read by others")
        offered = line.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            reply = _said(line, "AUTH", "PLAIN " + _base64(f"\0{username}\0{password}"))
        elif "LOGIN" in offered:
            reply = _said(line, "AUTH", "LOGIN")
            for word in (username, password):
                reply = _said(line, _base64(word)) if reply.code == 334 else reply
        else:
            self._give_up("log in at", "it offers neither PLAIN nor LOGIN on this line")
        if reply.code != 235:
            # Some servers repeat what they do not understand.
            words = str(reply)
            for secret in (_base64(f"\0{username}\0{password}"), _base64(password), _base64(username), password):
                words = words.replace(secret, "…") if secret else words
            self._give_up("log in at", f"the server says {words}")

    def _start_over(self, line: smtplib.SMTP, outcome: Outcome) -> None:
        """Make *line* ready for the next letter, unless the server has ended it (421)."""
        try:
            if outcome.code == 421 or _said(line, "RSET").code != 250:
                self._hang_up()
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None

    # What is told

    def _size_of(self, envelope: Envelope, line: smtplib.SMTP) -> str:
        """The size as MAIL announces it (RFC 1870); raises DeliveryError where it is more than the server takes."""
        if not line.has_extn("size"):
            return ""
        most, size = line.esmtp_features["size"], len(envelope.message)
        if most.isdecimal() and 0 < int(most) < size:
            self._give_up("send through", f"this letter has {size:,} bytes, and the server takes {int(most):,}")
        return f" SIZE={size}"

    def _give_up(self, doing: str, reason: str, cause: OSError | None = None) -> NoReturn:
        self._hang_up()
        server = self._server
        because = server.because(*(("username", "password") if doing == "log in at" else ("host", "port", "tls")))
        raise DeliveryError(f"cannot {doing} {server.host}:{server.door}: {reason}{because}") from cause


def keeps_secrets(peer: str, *, encrypted: bool) -> bool:
    """Whether a password may go to the IP address *peer*: over an encrypted line, or within this machine."""
    return encrypted or is_loopback(peer)


def _said(line: smtplib.SMTP, command: str, words: str = "") -> Reply:
    line.putcmd(command, words)
    return _answer(line)


def _answer(line: smtplib.SMTP) -> Reply:
    code, text = line.getreply()
    if not 200 <= code < 600:
        raise smtplib.SMTPServerDisconnected("the server answers with something that is not SMTP")
    return Reply.of(code, text)


def _wait(line: smtplib.SMTP, seconds: float) -> None:
    if line.sock is not None:
        line.sock.settimeout(seconds)


def _peer(line: smtplib.SMTP) -> str:
    return str(line.sock.getpeername()[0]) if line.sock is not None else ""


def _literal(line: smtplib.SMTP) -> str:
    """This end of *line* as an address literal (RFC 5321, section 4.1.3)."""
    host = str(line.sock.getsockname()[0]) if line.sock is not None else "127.0.0.1"
    return f"[IPv6:{host}]" if ":" in host else f"[{host}]"


def _base64(text: str) -> str:
    # A variable of the environment may hold bytes that are no text; they go as they are.
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")


def _reason(error: OSError) -> str:
    """Why a line could not be made, or broke, as the end of a sentence."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate does not prove who it is: {error.verify_message}"
        case ssl.SSLError():
            return f"no encrypted line comes about: {error.reason or error}"
        case TimeoutError():
            return "no answer in time"
        case smtplib.SMTPResponseException():
            return f"the server says {Reply.of(error.smtp_code, _bytes(error.smtp_error))}"
        case smtplib.SMTPServerDisconnected(__context__=OSError() as cause):
            return _reason(cause)  # smtplib tells only that the line broke
        case smtplib.SMTPException():
            return str(error)[:1].lower() + str(error)[1:]
        case OSError(strerror=str() as words):
            return words[:1].lower() + words[1:]
    return str(error) or type(error).__name__


def _bytes(words: bytes | str) -> bytes:
    return words.encode() if isinstance(words, str) else words
