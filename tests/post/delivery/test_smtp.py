"""Letters handed to real mail servers on this machine, and to some that behave badly."""

import base64
import ssl
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest

from contracts.transport_contract import ADA, GRACE, LARGE, MESSAGE, TransportContract, an_envelope
from mailserver import (
    HOST,
    PASSWORD,
    TOKEN,
    USERNAME,
    HangUp,
    Mailroom,
    PickyRoom,
    mail_server,
    scripted_server,
    server_context,
    trusting_context,
)
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.mailserver import MailServer, Tls, Token
from pressrun.model.problems import DeliveryError
from pressrun.post.delivery.connection import Patience, keeps_secrets
from pressrun.post.delivery.interface import DeliveryVerdict, Outcome, Transport
from pressrun.post.delivery.smtp import SmtpTransport

QUICK = Patience(connection=10, answer=10, last_answer=10, goodbye=1)


def at(port: int, tls: Tls = Tls.NONE, *, host: str = HOST, username: str | None = None) -> MailServer:
    return MailServer(
        host, port, tls, username, {"host": "SMTP_HOST", "port": "SMTP_PORT", "password": "SMTP_PASSWORD"}
    )


class TestContract(TransportContract):
    @pytest.fixture
    def transport(self) -> Iterator[Transport]:
        with mail_server() as self.room:
            yield SmtpTransport(at(self.room.port))

    def arrived(self) -> Sequence[bytes]:
        # aiosmtpd puts no header of its own before a letter.
        return [letter.content for letter in self.room.letters if isinstance(letter.content, bytes)]


def sent(
    server: MailServer,
    password: str | Token | None = None,
    *,
    message: bytes = MESSAGE,
    recipient: EmailAddress = ADA,
    context: ssl.SSLContext | None = None,
    patience: Patience = QUICK,
) -> Outcome:
    """What becomes of one letter that is sent through *server*."""
    with SmtpTransport(server, password, context=context, patience=patience) as transport:
        return transport.send(an_envelope(recipient, message))


def told(server: MailServer, password: str | Token | None = None, **how: Any) -> str:
    """What is told where *server* takes no letter at all."""
    with pytest.raises(DeliveryError) as error:
        sent(server, password, **how)
    return str(error.value)


class Printed:
    """Tokens as they come, one after the other."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = [Token(token) for token in tokens]
        self.printed = 1

    def token(self, stale: Token | None = None) -> Token:
        self.printed += stale is not None and stale == self.tokens[self.printed - 1]
        return self.tokens[self.printed - 1]


def encrypted_server(tls: Tls, name: str = "localhost") -> AbstractContextManager[Mailroom]:
    context = server_context(name)
    if tls is Tls.TLS:
        return mail_server(implicit_tls=context)
    return mail_server(tls_context=context, require_starttls=True)


class TestEncryption:
    """Clients MUST negotiate TLS and validate the server's certificate before they log in (RFC 8314, section 3)."""

    @pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
    def test_a_letter_goes_over_an_encrypted_line(self, tls: Tls) -> None:
        with encrypted_server(tls) as room:
            outcome = sent(at(room.port, tls, host="localhost"), message=LARGE, context=trusting_context())
        assert outcome.verdict is DeliveryVerdict.ACCEPTED
        assert room.letters[0].content == LARGE
        assert room.encrypted == [True]

    @pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
    def test_a_certificate_that_nobody_vouches_for_is_not_taken(self, tls: Tls) -> None:
        with encrypted_server(tls) as room:
            words = told(at(room.port, tls, host="localhost"))
        assert "its certificate does not prove who it is: " in words
        assert words.endswith("(host from SMTP_HOST, port from SMTP_PORT)")
        assert room.letters == []

    @pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
    def test_a_certificate_of_another_name_is_not_taken(self, tls: Tls) -> None:
        with encrypted_server(tls, "other.example") as room:
            words = told(at(room.port, tls, host="localhost"), context=trusting_context())
        assert "not valid for 'localhost'" in words
        assert room.letters == []

    def test_a_server_without_it_gets_nothing_where_it_was_asked_for(self) -> None:
        with mail_server() as room:
            assert "does not offer STARTTLS" in told(at(room.port, Tls.STARTTLS, username=USERNAME), PASSWORD)
        assert (room.letters, room.logins) == ([], [])

    @pytest.mark.parametrize("password", [PASSWORD, "hunt\udcffer2"])
    def test_a_server_that_repeats_what_it_hears_does_not_tell_the_password(self, password: str) -> None:
        secret = base64.b64encode(f"\0{USERNAME}\0{password}".encode("utf-8", "surrogateescape")).decode()
        script = ("220 hi", "250-mail.test\r\n250 AUTH PLAIN", f"500 5.5.2 What is AUTH PLAIN {secret} {PASSWORD}?")
        with scripted_server(*script) as server:
            words = told(at(server.port, Tls.NONE, username=USERNAME), password)
        assert "What is AUTH PLAIN" in words
        assert secret not in words
        assert password not in words

    def test_a_server_that_takes_it_back_gets_nothing(self) -> None:
        script = ("220 hi", "250-mail.test\r\n250 STARTTLS", "454 4.7.0 TLS not available")
        with scripted_server(*script) as server:
            assert "the server says 454 4.7.0 TLS not available" in told(at(server.port, Tls.STARTTLS))
        assert [line.split()[0].upper() for line in server.heard] == [b"EHLO", b"STARTTLS"]

    def test_a_server_that_speaks_no_tls_is_told(self) -> None:
        with scripted_server("220 hi") as server:
            assert "encryption fails" in told(at(server.port, Tls.TLS))


class TestLogin:
    """The PLAIN mechanism carries its words in UTF-8 (RFC 4616), and LOGIN is what older servers have."""

    @pytest.mark.parametrize("excluded", [[], ["PLAIN"]])
    def test_plain_is_used_where_the_server_offers_it_and_login_elsewhere(self, excluded: list[str]) -> None:
        with mail_server(auth_required=True, auth_exclude_mechanism=excluded) as room:
            assert sent(at(room.port, username=USERNAME), PASSWORD).verdict is DeliveryVerdict.ACCEPTED
        assert room.logins == ["LOGIN" if excluded else "PLAIN"]

    def test_a_password_is_accepted_over_starttls(self) -> None:
        with mail_server(tls_context=server_context(), auth_required=True, auth_require_tls=True) as room:
            server = at(room.port, Tls.STARTTLS, host="localhost", username=USERNAME)
            assert sent(server, PASSWORD, context=trusting_context()).verdict is DeliveryVerdict.ACCEPTED

    @pytest.mark.parametrize("excluded", [[], ["PLAIN"]])
    def test_a_wrong_password_is_told_with_the_variable_that_held_it(self, excluded: list[str]) -> None:
        with mail_server(auth_required=True, auth_exclude_mechanism=excluded) as room:
            words = told(at(room.port, username=USERNAME), "guessed")
        assert words.startswith("cannot log in at 127.0.0.1:")
        assert "535 5.7.8" in words
        assert words.endswith("(password from SMTP_PASSWORD)")
        assert "guessed" not in words
        assert room.letters == []

    @pytest.mark.parametrize(
        ("peer", "encrypted", "may"),
        [
            ("192.0.2.1", True, True),
            ("192.0.2.1", False, False),
            ("2001:db8::1", False, False),
            ("127.0.0.1", False, True),
            ("127.9.9.9", False, True),
            ("::1", False, True),
            ("::ffff:127.0.0.1", False, True),
            ("::ffff:192.0.2.1", False, False),
            ("", False, False),
        ],
    )
    def test_a_password_never_goes_over_an_open_line_to_another_machine(
        self, peer: str, encrypted: bool, may: bool
    ) -> None:
        assert keeps_secrets(peer, encrypted=encrypted) == may

    def test_a_token_is_for_xoauth2(self) -> None:
        with mail_server(auth_required=True) as room:
            assert sent(at(room.port, username=USERNAME), Token(TOKEN)).verdict is DeliveryVerdict.ACCEPTED
        assert room.logins == ["XOAUTH2"]
        assert TOKEN not in repr(Token(TOKEN))

    def test_a_token_that_is_too_old_is_told(self) -> None:
        with mail_server(auth_required=True) as room:
            words = told(at(room.port, username=USERNAME), Token("stale"))
        assert "the server says 535" in words
        assert "stale" not in words

    def test_a_token_that_runs_out_in_the_middle_is_replaced_at_the_next_line(self) -> None:
        tokens = Printed("first", "second", "third")
        with (
            mail_server(auth_required=True, room=Mailroom(token="first")) as room,
            SmtpTransport(at(room.port, username=USERNAME), tokens, letters_per_connection=1) as transport,
        ):
            assert transport.send(an_envelope()).verdict is DeliveryVerdict.ACCEPTED
            room.token = "second"
            for _ in range(2):
                assert transport.send(an_envelope()).verdict is DeliveryVerdict.ACCEPTED
            assert (len(room.letters), tokens.printed) == (3, 2)
            room.token = "another"
            with pytest.raises(DeliveryError, match="the server says 535"):
                transport.send(an_envelope())
        assert tokens.printed == 3

    def test_a_server_that_takes_no_token_is_told(self) -> None:
        with mail_server(auth_exclude_mechanism=["XOAUTH2"]) as room:
            assert "does not offer XOAUTH2" in told(at(room.port, username=USERNAME), Token(TOKEN))

    def test_a_server_that_knows_no_login_is_told(self) -> None:
        with mail_server(auth_exclude_mechanism=["PLAIN", "LOGIN"]) as room:
            assert "neither PLAIN nor LOGIN" in told(at(room.port, username=USERNAME), PASSWORD)

    def test_a_server_that_wants_one_is_told(self) -> None:
        with mail_server(auth_required=True) as room:
            assert "does not take letters from news@gazette.example: 530 5.7.0" in told(at(room.port))


class TestOutcomes:
    """A 4yz reply is transient, a 5yz reply permanent (RFC 5321, section 4.2.1)."""

    @pytest.mark.parametrize("command", ["RCPT", "DATA"])
    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            ("451 4.7.1 Greylisted", Outcome(DeliveryVerdict.DEFERRED, "Greylisted", 451, "4.7.1")),
            ("550 5.1.1 No such user", Outcome(DeliveryVerdict.REFUSED, "No such user", 550, "5.1.1")),
        ],
    )
    def test_a_4yz_reply_defers_an_email_and_a_5yz_reply_refuses_it(
        self, command: str, answer: str, outcome: Outcome
    ) -> None:
        with mail_server() as room:
            room.answers[command] = answer
            assert sent(at(room.port)) == outcome
        assert room.letters == []

    def test_a_sender_who_is_deferred_may_come_again(self) -> None:
        with mail_server() as room:
            room.answers["MAIL"] = "452 4.3.1 Full"
            assert sent(at(room.port)) == Outcome(DeliveryVerdict.DEFERRED, "Full", 452, "4.3.1")

    def test_a_sender_who_is_refused_is_nobodys_address(self) -> None:
        with mail_server() as room:
            room.answers["MAIL"] = "550 5.7.1 Not yours"
            words = told(at(room.port))
        assert "the server does not take letters from news@gazette.example: 550 5.7.1 Not yours" in words

    def test_one_that_is_refused_does_not_keep_the_next_from_its_letter(self) -> None:
        with mail_server() as room, SmtpTransport(at(room.port)) as transport:
            room.answers[f"RCPT {ADA}"] = "550 5.1.1 No such user"
            outcomes = [transport.send(an_envelope(recipient)) for recipient in (ADA, GRACE)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.REFUSED, DeliveryVerdict.ACCEPTED]
        assert [letter.rcpt_tos for letter in room.letters] == [["grace@reader.example"]]
        assert len(room.greeted_by) == 1

    def test_421_ends_the_line_and_the_next_letter_makes_a_new_one(self) -> None:
        first = ("220 hi", "250 mail.test", "250 ok", "421 4.3.2 Shutting down", HangUp.AT_ONCE)
        with (
            scripted_server(*first, *TAKEN, "250 2.0.0 ok", "221 bye") as server,
            SmtpTransport(at(server.port)) as line,
        ):
            outcomes = [line.send(an_envelope(recipient)) for recipient in (ADA, GRACE)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.DEFERRED, DeliveryVerdict.ACCEPTED]
        assert b"RSET\r\n" not in [words.upper() for words in server.heard]


# What a server says up to the letter.
TAKEN = ("220 hi", "250 mail.test", "250 ok", "250 ok", "354 go")


class TestBrokenLines:
    """A 250 after the final dot takes responsibility; without it, nobody knows who has it (RFC 5321, section 6.1)."""

    @pytest.mark.parametrize("number", [2, 3, 4])
    def test_before_the_letter_it_is_deferred(self, number: int) -> None:
        with scripted_server(*TAKEN[:number], HangUp.AFTER_LISTENING) as server:
            assert sent(at(server.port)) == Outcome(DeliveryVerdict.DEFERRED, "connection unexpectedly closed")

    def test_before_the_final_dot_it_is_deferred(self) -> None:
        # Larger than what two sockets hold between them, so that its end cannot be on its way.
        message = b"%s\r\n" % (b"x" * 900) * 10_000
        with scripted_server(*TAKEN, HangUp.AT_ONCE) as server:
            assert sent(at(server.port), message=message).verdict is DeliveryVerdict.DEFERRED

    def test_after_the_final_dot_it_is_unknown(self) -> None:
        with scripted_server(*TAKEN, HangUp.AFTER_LISTENING) as server:
            assert sent(at(server.port)).verdict is DeliveryVerdict.UNKNOWN
        assert server.heard[-1] == b".\r\n"

    def test_an_answer_that_does_not_come_is_not_waited_for_forever(self) -> None:
        with scripted_server(*TAKEN) as server:
            outcome = sent(at(server.port), patience=Patience(last_answer=0.05))
        assert outcome == Outcome(DeliveryVerdict.UNKNOWN, "no answer in time")

    @pytest.mark.parametrize("nonsense", ["hello", "999 what", "354 go", "x" * 10_000])
    def test_nonsense_after_the_final_dot_is_no_acceptance(self, nonsense: str) -> None:
        with scripted_server(*TAKEN, nonsense) as server:
            assert sent(at(server.port)).verdict is DeliveryVerdict.UNKNOWN

    @pytest.mark.parametrize("nonsense", ["hello", "250 ok", "334 what"])
    def test_nonsense_before_the_letter_sends_none(self, nonsense: str) -> None:
        with scripted_server(*TAKEN[:-1], nonsense) as server:
            assert sent(at(server.port)).verdict is DeliveryVerdict.DEFERRED

    def test_after_it_the_next_letter_makes_a_new_line(self) -> None:
        script = (*TAKEN, HangUp.AFTER_LISTENING, *TAKEN, "250 2.0.0 ok", "221 bye")
        with scripted_server(*script) as server, SmtpTransport(at(server.port)) as line:
            outcomes = [line.send(an_envelope(recipient)) for recipient in (ADA, GRACE)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.UNKNOWN, DeliveryVerdict.ACCEPTED]

    def test_a_line_that_breaks_where_a_refusal_was_told_is_made_anew(self) -> None:
        refusal = ("220 hi", "250 mail.test", "250 ok", "550 5.1.1 No", HangUp.AFTER_LISTENING)
        with scripted_server(*refusal, *TAKEN, "250 ok", "221 bye") as server, SmtpTransport(at(server.port)) as line:
            outcomes = [line.send(an_envelope(recipient)) for recipient in (ADA, GRACE)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.REFUSED, DeliveryVerdict.ACCEPTED]

    def test_a_goodbye_that_is_not_answered_harms_nobody(self) -> None:
        with scripted_server(*TAKEN, "250 ok", HangUp.AFTER_LISTENING) as server:
            assert sent(at(server.port)).verdict is DeliveryVerdict.ACCEPTED


class TestNoServer:
    def test_a_port_where_nobody_listens(self) -> None:
        with scripted_server() as server:
            port = server.port
        words = f"cannot connect to {HOST}:{port}: connection refused (host from SMTP_HOST, port from SMTP_PORT)"
        assert told(at(port)) == words

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            (("554 5.3.2 Go away",), "the server says 554 5.3.2 Go away"),
            ((HangUp.AT_ONCE,), "connection"),
            (("220 hi", "502 what", "502 what"), "the server says 502 what"),
            (("220 hi", HangUp.AFTER_LISTENING), "connection unexpectedly closed"),
        ],
    )
    def test_one_that_does_not_want_us(self, script: tuple[str | HangUp, ...], words: str) -> None:
        with scripted_server(*script) as server:
            assert words in told(at(server.port))


class TestSize:
    """A client MAY declare the size; a server may say how much it takes (RFC 1870, section 4)."""

    def test_mail_declares_the_size_of_the_message(self) -> None:
        with mail_server() as room:
            sent(at(room.port))
        assert f"SIZE={len(MESSAGE)}" in room.letters[0].mail_options

    def test_an_email_that_is_too_large_is_not_begun_and_the_next_goes(self) -> None:
        with mail_server(data_size_limit=1000) as room, SmtpTransport(at(room.port)) as transport:
            outcomes = [transport.send(an_envelope(message=message)) for message in (LARGE, MESSAGE)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.REFUSED, DeliveryVerdict.ACCEPTED]
        assert outcomes[0].text == f"this email has {len(LARGE):,} bytes, and the server takes 1,000"
        assert outcomes[0].speaks_of_the_sender
        assert [letter.content for letter in room.letters] == [MESSAGE]

    @pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "HELP"])
    def test_a_server_without_a_limit_takes_all(self, size: str) -> None:
        script = ("220 hi", f"250-mail.test\r\n250 {size}", "250 ok", "250 ok", "354 go", "250 ok", "221 bye")
        with scripted_server(*script) as server:
            assert sent(at(server.port)).verdict is DeliveryVerdict.ACCEPTED


class TestMoreThanAscii:
    """BODY=8BITMIME and SMTPUTF8 are said where they are needed, to whoever offers them (RFC 6152, RFC 6531)."""

    ZOE = EmailAddress("zoë@reader.example", "zoë@reader.example")

    def test_a_letter_of_eight_bits_says_so(self) -> None:
        with mail_server() as room:
            sent(at(room.port), message="Zoë\r\n".encode())
            sent(at(room.port))
        assert ["BODY=8BITMIME" in letter.mail_options for letter in room.letters] == [True, False]

    def test_to_a_server_of_seven_it_is_not_sent(self) -> None:
        with scripted_server("220 hi", "250 mail.test", "250 reset", "221 bye") as server:
            outcome = sent(at(server.port), message="Zoë\r\n".encode())
        assert (outcome.verdict, outcome.enhanced) == (DeliveryVerdict.REFUSED, "5.6.3")
        assert "not of ASCII alone" in outcome.text

    def test_an_address_beyond_ascii_says_so(self) -> None:
        with mail_server(enable_SMTPUTF8=True) as room:
            assert sent(at(room.port), recipient=self.ZOE).verdict is DeliveryVerdict.ACCEPTED
        assert room.letters[0].rcpt_tos == ["zoë@reader.example"]

    def test_where_that_is_not_taken_it_alone_is_refused(self) -> None:
        with mail_server() as room, SmtpTransport(at(room.port)) as transport:
            outcomes = [transport.send(an_envelope(recipient)) for recipient in (self.ZOE, ADA)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.REFUSED, DeliveryVerdict.ACCEPTED]

    def test_who_offers_it_without_eight_bits_does_not_offer_it(self) -> None:
        script = ("220 hi", "250-mail.test\r\n250 SMTPUTF8", "221 bye")
        with scripted_server(*script) as server:
            assert sent(at(server.port), recipient=self.ZOE).verdict is DeliveryVerdict.REFUSED

    def test_no_address_says_a_second_command(self) -> None:
        bad = EmailAddress("a>\r\nDATA", "x")
        with mail_server() as room, SmtpTransport(at(room.port)) as transport, pytest.raises(ValueError, match="line"):
            transport.send(an_envelope(bad))
        assert room.letters == []


ZOE = TestMoreThanAscii.ZOE
WIDE = "zoë@reader.example"


class TestRefusedParameters:
    """A parameter of MAIL may be refused with 555 and others (RFC 5321, section 4.1.1.11); the sender is not, then."""

    REFUSALS = (
        "555 5.5.4 SMTPUTF8 not supported for this sender",
        "550 5.7.1 Not allowed",
        "553 5.6.7 Non-ASCII address",
        "501 Syntax error",
        "500 what",
        "552 5.3.4 Too big",
        "554 no",
    )

    @pytest.mark.parametrize("pipelining", [False, True])
    @pytest.mark.parametrize("answer", REFUSALS)
    def test_smtputf8_is_about_this_recipient(self, answer: str, pipelining: bool) -> None:
        room = PickyRoom(answer=answer, pipelining=pipelining)
        with mail_server(room=room, enable_SMTPUTF8=True), SmtpTransport(at(room.port)) as transport:
            outcomes = [transport.send(an_envelope(recipient)) for recipient in (ZOE, ADA, ZOE)]
        assert [outcome.verdict for outcome in outcomes] == [
            DeliveryVerdict.REFUSED,
            DeliveryVerdict.ACCEPTED,
            DeliveryVerdict.REFUSED,
        ]
        assert outcomes[0].speaks_of_the_recipient
        assert not outcomes[0].speaks_of_the_sender
        assert outcomes[0].code == int(answer[:3])
        assert answer in outcomes[0].text
        assert len(room.greeted_by) == 1

    def test_a_sender_who_is_refused_without_it_as_well_is_refused(self) -> None:
        room = PickyRoom(plain="550 5.7.1 Not yours")
        with mail_server(room=room, enable_SMTPUTF8=True):
            words = told(at(room.port), recipient=ZOE)
        assert "does not take letters from news@gazette.example: 550 5.7.1 Not yours" in words

    @pytest.mark.parametrize(
        "then", [("451 later", "250 reset", "221 bye"), (HangUp.AFTER_LISTENING,), ("421 bye",)], ids=str
    )
    def test_a_server_that_breaks_off_after_it_has_said_enough(self, then: tuple[str | HangUp, ...]) -> None:
        hello = ("220 hi", "250-mail.test\r\n250-8BITMIME\r\n250 SMTPUTF8")
        with scripted_server(*hello, "555 5.5.4 no", *then) as server:
            outcome = sent(at(server.port), recipient=ZOE)
        assert (outcome.verdict, outcome.enhanced) == (DeliveryVerdict.REFUSED, "5.6.7")

    @pytest.mark.parametrize("answer", ["552 5.3.4 Too big", "552 no", "550 5.3.4 Too big", "554 5.2.3 Too long"])
    def test_a_size_is_about_this_email(self, answer: str) -> None:
        room = PickyRoom(word=f"SIZE={len(LARGE)}", answer=answer)
        with mail_server(room=room), SmtpTransport(at(room.port)) as transport:
            outcomes = [transport.send(an_envelope(message=message)) for message in (LARGE, MESSAGE)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.REFUSED, DeliveryVerdict.ACCEPTED]
        # Another email may be as large, so it is no reader's fault, and many in a row stop the run.
        assert outcomes[0].speaks_of_the_sender
        assert not outcomes[0].speaks_of_the_recipient

    def test_eight_bits_are_about_this_email(self) -> None:
        room = PickyRoom(word="8BITMIME", answer="555 5.6.1 Seven bits")
        with mail_server(room=room), SmtpTransport(at(room.port)) as transport:
            outcomes = [transport.send(an_envelope(message=each)) for each in ("Zoë\r\n".encode(), MESSAGE)]
        assert [outcome.verdict for outcome in outcomes] == [DeliveryVerdict.REFUSED, DeliveryVerdict.ACCEPTED]

    @pytest.mark.parametrize("answer", ["550 5.7.1 Not yours", "555 5.5.4 What is SIZE?", "501 5.5.4 Syntax"])
    def test_what_every_email_has_is_about_the_sender(self, answer: str) -> None:
        room = PickyRoom(word="SIZE", answer=answer)
        with mail_server(room=room):
            assert f"does not take letters from news@gazette.example: {answer}" in told(at(room.port))


class TestPipelining:
    """DATA may be the last of a group of commands; each reply is looked at for itself (RFC 2920, section 3.1)."""

    HELLO = ("220 hi", "250-mail.test\r\n250 PIPELINING")

    def test_a_server_that_asks_for_a_letter_to_nobody_gets_none(self) -> None:
        script = (*self.HELLO, "250 ok", "550 5.1.1 No such user", "354 go", "250 nothing", "250 reset", "221 bye")
        with scripted_server(*script) as server:
            assert sent(at(server.port)) == Outcome(DeliveryVerdict.REFUSED, "No such user", 550, "5.1.1")
        assert [line for line in server.heard if line.startswith(b"Subject")] == []
        assert b".\r\n" in server.heard

    def test_nonsense_sends_none(self) -> None:
        with scripted_server(*self.HELLO, "250 ok", "250 ok", "250 what") as server:
            assert sent(at(server.port)).verdict is DeliveryVerdict.DEFERRED
        assert [line for line in server.heard if line.startswith(b"Subject")] == []


class TestSession:
    """What a client says, and in which order (RFC 5321, section 3.3)."""

    def test_a_session_is_ehlo_mail_rcpt_data_and_quit(self) -> None:
        with scripted_server(*TAKEN, "250 ok", "221 bye") as server:
            sent(at(server.port))
        *commands, _, _, _ = server.heard[:6]
        assert [command.upper().strip() for command in commands] == [
            b"EHLO [127.0.0.1]",
            b"MAIL FROM:<NEWS@GAZETTE.EXAMPLE>",
            b"RCPT TO:<ADA@READER.EXAMPLE>",
        ]
        assert server.heard[-1] == b"QUIT\r\n"

    def test_dots_at_the_beginning_of_lines_are_doubled_on_the_way(self) -> None:
        with scripted_server(*TAKEN, "250 ok", "221 bye") as server:
            sent(at(server.port))
        letter = b"".join(server.heard[4:]).partition(b"\r\n.\r\n")[0]
        assert letter == b"Subject: x\r\n\r\n..\r\n...\r\n..hidden\r\nFrom here"

    def test_sender_and_recipient_are_in_the_envelope(self) -> None:
        with mail_server() as room:
            sent(at(room.port), recipient=GRACE)
        (letter,) = room.letters
        assert (letter.mail_from, letter.rcpt_tos) == ("news@gazette.example", ["grace@reader.example"])
