"""Letters handed to a mail server (RFC 5321), their commands in one piece where it takes that (RFC 2920)."""

import ssl
from types import TracebackType
from typing import NoReturn

from pressrun.delivery.interface import Envelope, Outcome, Reply, Verdict, outcome_of, outcome_of_silence
from pressrun.delivery.line import PATIENT, Line, LoginRefused, Patience, give_up, reason_of
from pressrun.model.mailserver import MailServer, Secret, Tokens
from pressrun.model.wire import Wire

LETTERS_PER_LINE = 100


class SmtpTransport:
    """Posts letters through *server*, one after the other over one line, which is made at the first letter.

    After *letters_per_line* letters, or when the server ends the line, another is made. What Line promises of
    *secret* and *context* holds; of Tokens, another one is asked for where the last is refused at the login.
    """

    def __init__(
        self,
        server: MailServer,
        secret: Secret | None = None,
        *,
        context: ssl.SSLContext | None = None,
        patience: Patience = PATIENT,
        letters_per_line: int = LETTERS_PER_LINE,
    ) -> None:
        self._server = server
        self._secret = secret
        self._context = context
        self._patience = patience
        self._letters_per_line = letters_per_line
        self._line: Line | None = None

    def __enter__(self) -> "SmtpTransport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line is not None:
            self._line.goodbye()
        self._line = None

    def send(self, envelope: Envelope) -> Outcome:
        """What became of *envelope*; raises DeliveryError where the server takes no letter of ours at all."""
        while True:
            is_new = self._line is None
            line = self._line or self._opened()
            try:
                outcome = self._offered(line, envelope)
            except OSError as error:
                self._hang_up()
                outcome, ended = outcome_of_silence(reason_of(error), letter_complete=False), True
            else:
                if outcome is None:
                    return self._handed(line, envelope)
                ended = outcome.code == 421
                self._start_over(line, outcome)
            # A server may end a line between two letters; nothing of this one was sent yet, so a new line takes it.
            if is_new or not ended:
                return outcome

    def _offered(self, line: Line, envelope: Envelope) -> Outcome | None:
        """What the server says to sender and recipient where that is its last word; None where it waits for the letter.

        Raises DeliveryError where its answer is not about this recipient.
        """
        # Whoever offers the one has to offer the other (RFC 6531, section 3.1): the address stands in the letter, too.
        wider = line.offered("smtputf8") is not None and line.offered("8bitmime") is not None
        if not _is_ascii(envelope) and not wider:
            return Outcome(Verdict.REFUSED, "the address takes SMTPUTF8, which the server does not offer")
        commands = (
            f"MAIL FROM:<{envelope.sender}>{self._parameters(line, envelope)}",
            f"RCPT TO:<{envelope.recipient}>",
            "DATA",
        )
        if line.offered("pipelining") is None:
            return self._one_by_one(line, envelope, commands)
        line.say(commands)
        sender = line.answer()
        if sender.code == 421:
            return outcome_of(sender)
        recipient, data = line.answer(), line.answer()
        taken = sender.code // 100 == 2 and recipient.code // 100 == 2
        if data.code == 354:
            if taken:
                return None
            # Some servers ask for a letter that is for nobody; it gets none of ours (RFC 2920, section 3.1).
            line.put(b".\r\n")
            line.last_answer()
        if sender.code // 100 == 5:
            self._sender_is_refused(envelope, sender)
        last = next((reply for reply in (sender, recipient, data) if reply.code // 100 != 2), data)
        return outcome_of(last) if last.code // 100 in (4, 5) else line.nonsense(last)

    def _one_by_one(self, line: Line, envelope: Envelope, commands: tuple[str, ...]) -> Outcome | None:
        """The same, each command waiting for the answer to the one before."""
        for command in commands:
            line.say([command])
            reply = line.answer()
            if reply.code == 354 and command == "DATA":
                return None
            if reply.code // 100 == 5 and command.startswith("MAIL"):
                self._sender_is_refused(envelope, reply)
            if reply.code // 100 in (4, 5):
                return outcome_of(reply)
            if reply.code // 100 == 3 or command == "DATA":
                line.nonsense(reply)
        return None

    def _handed(self, line: Line, envelope: Envelope) -> Outcome:
        """What becomes of the letter, for which the server waits."""
        message = envelope.message
        # To look for dots takes as long as to fill the letter.
        if not isinstance(message, Wire) and (b"\n." in message or message.startswith(b".")):
            message = (b"\n" + message).replace(b"\n.", b"\n..")[1:]
        try:
            line.put(message + b".\r\n")
        except OSError as error:
            self._hang_up()
            return outcome_of_silence(reason_of(error), letter_complete=False)
        try:
            outcome = outcome_of(line.last_answer())
        except OSError as error:
            self._hang_up()
            return outcome_of_silence(reason_of(error), letter_complete=True)
        if outcome.verdict is not Verdict.ACCEPTED:
            self._start_over(line, outcome)
            return outcome
        line.letters += 1
        if line.letters >= self._letters_per_line:
            line.goodbye()
            self._line = None
        return outcome

    def _opened(self) -> Line:
        if not isinstance(self._secret, Tokens):
            self._line = Line(self._server, self._secret, self._context, self._patience)
            return self._line
        token = self._secret.token()
        try:
            self._line = Line(self._server, token, self._context, self._patience)
        except LoginRefused:
            self._line = Line(self._server, self._secret.token(token), self._context, self._patience)
        return self._line

    def _start_over(self, line: Line, outcome: Outcome) -> None:
        """Make *line* ready for the next letter, unless the server has ended it (421)."""
        try:
            if outcome.code == 421:
                self._hang_up()
                return
            line.say(["RSET"])
            if line.answer().code != 250:
                self._hang_up()
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.hang_up()
        self._line = None

    # What is told

    def _parameters(self, line: Line, envelope: Envelope) -> str:
        """What MAIL says of the letter: its size (RFC 1870), and what takes more than ASCII (RFC 6152, 6531).

        Raises DeliveryError where the server does not take that.
        """
        words = ""
        most, size = line.offered("size"), len(envelope.message)
        if most is not None:
            if most.isdecimal() and 0 < int(most) < size:
                self._give_up(f"this letter has {size:,} bytes, and the server takes {int(most):,}")
            words += f" SIZE={size}"
        if not envelope.message.isascii():
            if line.offered("8bitmime") is None:
                self._give_up("this letter is not of ASCII alone, and the server takes nothing else")
            words += " BODY=8BITMIME"
        return words if _is_ascii(envelope) else f"{words} SMTPUTF8"

    def _sender_is_refused(self, envelope: Envelope, reply: Reply) -> NoReturn:
        # It is about us or about every letter of this kind: nobody's address is to blame.
        self._give_up(f"the server does not take letters from {envelope.sender}: {reply}")

    def _give_up(self, reason: str) -> NoReturn:
        self._hang_up()
        give_up(self._server, "send through", reason)


def _is_ascii(envelope: Envelope) -> bool:
    return envelope.recipient.written.isascii() and envelope.sender.written.isascii()
