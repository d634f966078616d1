"""Letters handed to a mail server (RFC 5321), their commands in one piece where it takes that (RFC 2920)."""

import ssl
from types import TracebackType
from typing import NoReturn

from pressrun.model.mailaddress import EmailAddress
from pressrun.model.mailserver import MailServer, Secret, TokenSource
from pressrun.model.wire import Wire
from pressrun.post.delivery.connection import PATIENT, LoginRefused, Patience, ServerConnection, give_up, reason_of
from pressrun.post.delivery.interface import (
    DeliveryVerdict,
    Envelope,
    Outcome,
    ServerReply,
    outcome_of,
    outcome_without_reply,
)

LETTERS_PER_CONNECTION = 100


class SmtpTransport:
    """Posts letters through *server*, one after the other over one connection, which is made at the first letter.

    After *letters_per_connection* letters, or when the server ends the connection, another is made. *secret* and
    *context* are those of Connection; of Tokens, another one is asked for where the last is refused at the login.
    """

    def __init__(
        self,
        server: MailServer,
        secret: Secret | None = None,
        *,
        context: ssl.SSLContext | None = None,
        patience: Patience = PATIENT,
        letters_per_connection: int = LETTERS_PER_CONNECTION,
    ) -> None:
        self._server = server
        self._secret = secret
        self._context = context
        self._patience = patience
        self._letters_per_connection = letters_per_connection
        self._connection: ServerConnection | None = None

    def __enter__(self) -> "SmtpTransport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.goodbye()
        self._connection = None

    def send(self, envelope: Envelope) -> Outcome:
        """What became of *envelope*; raises DeliveryError where the server takes no letter of ours at all."""
        while True:
            is_new = self._connection is None
            connection = self._connection or self._opened()
            try:
                outcome = self._offered(connection, envelope)
            except OSError as error:
                self._hang_up()
                outcome, ended = outcome_without_reply(reason_of(error), letter_complete=False), True
            else:
                if outcome is None:
                    return self._handed(connection, envelope)
                ended = outcome.code == 421
                self._start_over(connection, outcome)
            # A server may end a connection between two letters. Nothing of this one was sent: a new one takes it.
            if is_new or not ended:
                return outcome

    def _offered(self, connection: ServerConnection, envelope: Envelope) -> Outcome | None:
        """What the server says to sender and recipient where that is its last word; None where it waits for the letter.

        Raises DeliveryError where its answer is about the sender, and so about every email.
        """
        if (reason := _why_not(connection, envelope)) is not None:
            return reason
        commands = (
            f"MAIL FROM:<{envelope.sender}>{_parameters(connection, envelope)}",
            f"RCPT TO:<{envelope.recipient}>",
            "DATA",
        )
        if connection.offered("pipelining") is None:
            return self._one_by_one(connection, envelope, commands)
        connection.say(commands)
        sender = connection.answer()
        if sender.code == 421:
            return outcome_of(sender)
        recipient, data = connection.answer(), connection.answer()
        taken = sender.code // 100 == 2 and recipient.code // 100 == 2
        if data.code == 354:
            if taken:
                return None
            # Some servers ask for a letter that is for nobody; it gets none of ours (RFC 2920, section 3.1).
            connection.put(b".\r\n")
            connection.last_answer()
        if sender.code // 100 == 5:
            return self._refused_at_mail(connection, envelope, sender)
        last = next((reply for reply in (sender, recipient, data) if reply.code // 100 != 2), data)
        return outcome_of(last) if last.code // 100 in (4, 5) else connection.nonsense(last)

    def _one_by_one(
        self, connection: ServerConnection, envelope: Envelope, commands: tuple[str, ...]
    ) -> Outcome | None:
        """The same, each command waiting for the answer to the one before."""
        for command in commands:
            connection.say([command])
            reply = connection.answer()
            if reply.code == 354 and command == "DATA":
                return None
            if reply.code // 100 == 5 and command.startswith("MAIL"):
                return self._refused_at_mail(connection, envelope, reply)
            if reply.code // 100 in (4, 5):
                return outcome_of(reply)
            if reply.code // 100 == 3 or command == "DATA":
                connection.nonsense(reply)
        return None

    def _handed(self, connection: ServerConnection, envelope: Envelope) -> Outcome:
        """What becomes of the letter, for which the server waits."""
        message = envelope.message
        # To look for dots takes as long as to fill the letter.
        if not isinstance(message, Wire) and (b"\n." in message or message.startswith(b".")):
            message = (b"\n" + message).replace(b"\n.", b"\n..")[1:]
        try:
            connection.put(message + b".\r\n")
        except OSError as error:
            self._hang_up()
            return outcome_without_reply(reason_of(error), letter_complete=False)
        try:
            outcome = outcome_of(connection.last_answer())
        except OSError as error:
            self._hang_up()
            return outcome_without_reply(reason_of(error), letter_complete=True)
        if outcome.verdict is not DeliveryVerdict.ACCEPTED:
            self._start_over(connection, outcome)
            return outcome
        connection.letters += 1
        if connection.letters >= self._letters_per_connection:
            connection.goodbye()
            self._connection = None
        return outcome

    def _opened(self) -> ServerConnection:
        if not isinstance(self._secret, TokenSource):
            self._connection = ServerConnection(self._server, self._secret, self._context, self._patience)
            return self._connection
        token = self._secret.token()
        try:
            self._connection = ServerConnection(self._server, token, self._context, self._patience)
        except LoginRefused:
            self._connection = ServerConnection(self._server, self._secret.token(token), self._context, self._patience)
        return self._connection

    def _start_over(self, connection: ServerConnection, outcome: Outcome) -> None:
        """Make *connection* ready for the next letter, unless the server has ended it (421)."""
        try:
            if outcome.code == 421:
                self._hang_up()
                return
            connection.say(["RSET"])
            if connection.answer().code != 250:
                self._hang_up()
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.hang_up()
        self._connection = None

    # A refusal of MAIL

    def _refused_at_mail(self, connection: ServerConnection, envelope: Envelope, reply: ServerReply) -> Outcome:
        """Return the outcome for this email alone, where its own parameters of MAIL are what the server refused.

        Raises DeliveryError where it refuses the sender, or what every email has.
        """
        outcome = _of_this_email(envelope, reply)
        if outcome is None:
            self._sender_is_refused(envelope, reply)
        # The same server is asked once more without any parameter: only that separates the sender from the parameters.
        try:
            connection.say([f"MAIL FROM:<{envelope.sender}>"])
            plain = connection.answer()
        except OSError:
            self._hang_up()
            return outcome
        if plain.code // 100 == 5:
            self._sender_is_refused(envelope, plain)
        if plain.code == 421:
            self._hang_up()
        return outcome

    def _sender_is_refused(self, envelope: Envelope, reply: ServerReply) -> NoReturn:
        self._hang_up()
        reason = f"the server does not take letters from {envelope.sender}: {reply}"
        give_up(self._server, "send through", reason)


# X.6.7: non-ASCII addresses not permitted for that sender or recipient (RFC 6531, section 4.1); X.3.4: message too big
# for the system, and X.6.3: conversion required but not supported (RFC 3463, sections 3.4 and 3.7).
NO_UTF8_ADDRESS, TOO_BIG, NO_CONVERSION = "5.6.7", "5.3.4", "5.6.3"
_SIZE = (552, ("5.2.3", TOO_BIG))  # RFC 1870, section 6.1


def _of_this_email(envelope: Envelope, reply: ServerReply) -> Outcome | None:
    """Return what *reply*, a refusal of MAIL, means if its parameters are the reason; None where they cannot be.

    What it says of mailboxes is not kept as a status of its own: the server does not know the recipient yet.
    """
    if _needs_utf8(envelope.recipient) and not _needs_utf8(envelope.sender):
        text = f"the address needs SMTPUTF8, which the server refuses: {reply}"
        return Outcome(DeliveryVerdict.REFUSED, text, reply.code, NO_UTF8_ADDRESS)
    if reply.code == _SIZE[0] or reply.enhanced in _SIZE[1]:
        return Outcome(DeliveryVerdict.REFUSED, f"the email is too large for the server: {reply}", reply.code, TOO_BIG)
    if not envelope.message.isascii() and (reply.code in (504, 555) or (reply.enhanced or "").startswith("5.6.")):
        text = f"the email is not of ASCII alone, which the server refuses: {reply}"
        return Outcome(DeliveryVerdict.REFUSED, text, reply.code, NO_CONVERSION)
    return None


def _why_not(connection: ServerConnection, envelope: Envelope) -> Outcome | None:
    """Why the server takes no such email, by what it offers; None where nothing speaks against it.

    Another email may be shorter, or go to an address of ASCII.
    """
    # Whoever offers the one has to offer the other (RFC 6531, section 3.1): the address is in the email's header, too.
    wider = connection.offered("smtputf8") is not None and connection.offered("8bitmime") is not None
    if (_needs_utf8(envelope.recipient) or _needs_utf8(envelope.sender)) and not wider:
        text = "the address takes SMTPUTF8, which the server does not offer"
        return Outcome(DeliveryVerdict.REFUSED, text, enhanced=NO_UTF8_ADDRESS)
    most, size = connection.offered("size"), len(envelope.message)
    if most is not None and most.isdecimal() and 0 < int(most) < size:
        text = f"this email has {size:,} bytes, and the server takes {int(most):,}"
        return Outcome(DeliveryVerdict.REFUSED, text, enhanced=TOO_BIG)
    if not envelope.message.isascii() and connection.offered("8bitmime") is None:
        text = "this email is not of ASCII alone, and the server takes nothing else"
        return Outcome(DeliveryVerdict.REFUSED, text, enhanced=NO_CONVERSION)
    return None


def _parameters(connection: ServerConnection, envelope: Envelope) -> str:
    """What MAIL says of the email: its size (RFC 1870), and what takes more than ASCII (RFC 6152, 6531)."""
    words = f" SIZE={len(envelope.message)}" if connection.offered("size") is not None else ""
    words += "" if envelope.message.isascii() else " BODY=8BITMIME"
    return f"{words} SMTPUTF8" if _needs_utf8(envelope.recipient) or _needs_utf8(envelope.sender) else words


def _needs_utf8(address: EmailAddress) -> bool:
    return not address.written.isascii()
