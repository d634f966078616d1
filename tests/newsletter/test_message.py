"""The letter as a message that any mail program opens."""

import email
import email.policy
import re
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, a_publication, an_edition
from pressrun.model.publication import Mailbox, MailSettings
from pressrun.newsletter.compose import Newsletter
from pressrun.newsletter.message import mailbox_value, message, text_value

SENDER = Mailbox("The Gazette", "news@gazette.example")
LETTER = Newsletter("Subject", "", "<!DOCTYPE html>\n<p>Grüße, 日本 😀</p>\n", "Grüße, 日本 😀\n\n.\nFrom here\n")


def written(letter: Newsletter = LETTER, **mail: object) -> bytes:
    settings = MailSettings(sender=SENDER, **mail)  # type: ignore[arg-type]
    return message(a_publication(mail=settings), an_edition(subject=letter.subject), letter, SENDER)


def parsed(data: bytes) -> EmailMessage:
    found = email.message_from_bytes(data, policy=email.policy.default.clone(raise_on_defect=True))
    assert isinstance(found, EmailMessage)
    for part in found.walk():
        assert part.defects == []
    return found


class TestForm:
    """Lines MUST be ended by CRLF, and SHOULD be no longer than 78 characters (RFC 5322, section 2.1.1)."""

    def test_they_are(self) -> None:
        data = written(replace(LETTER, html="<p>" + "word " * 3000 + "x" * 3000 + "</p>\n"))
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
        assert max(len(line) for line in data.split(b"\r\n")) <= 76
        assert data.isascii()


class TestAlternatives:
    """The parts of multipart/alternative come in order of increasing faithfulness (RFC 2046, section 5.1.4)."""

    def test_they_do(self) -> None:
        letter = parsed(written())
        assert letter.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]

    def test_both_come_back_as_they_were(self) -> None:
        letter = parsed(written())
        plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
        assert plain is not None
        assert html is not None
        assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == LETTER.text.rstrip("\n")
        assert html.get_content().replace("\r\n", "\n").rstrip("\n") == LETTER.html.rstrip("\n")

    def test_the_boundary_is_no_longer_than_70_and_in_no_part(self) -> None:
        boundary = parsed(written()).get_boundary()
        assert boundary is not None
        assert len(boundary) <= 70
        assert boundary not in LETTER.html + LETTER.text


class TestHeaders:
    """Date and From MUST be there once; every message SHOULD have a unique Message-ID (RFC 5322, section 3.6)."""

    def test_they_are(self) -> None:
        letter = parsed(written())
        for name in ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version"):
            assert len(letter.get_all(name, [])) == 1
        assert letter["Date"].datetime == NOON
        assert letter["From"].addresses[0].addr_spec == "news@gazette.example"
        assert re.fullmatch(r"<[0-9a-f]{32}@gazette\.example>", letter["Message-ID"])
        assert letter["Bcc"] is None

    def test_the_same_letter_is_the_same_bytes(self) -> None:
        assert written() == written()

    def test_a_reply_goes_where_it_should(self) -> None:
        letter = parsed(written(reply_to=Mailbox("Désk", "desk@gazette.example")))
        assert letter["Reply-To"].addresses[0].display_name == "Désk"
        assert letter["Reply-To"].addresses[0].addr_spec == "desk@gazette.example"

    def test_the_way_out_is_a_header_too(self) -> None:
        letter = parsed(written(unsubscribe="mailto:news@gazette.example?subject=unsubscribe"))
        assert letter["List-Unsubscribe"] == "<mailto:news@gazette.example?subject=unsubscribe>"


class TestEncodedWords:
    """An encoded-word may not be more than 75 characters long, and is decodable alone (RFC 2047, section 2)."""

    @pytest.mark.parametrize(
        "subject", ["é" * 200, "日本語" * 40, "😀" * 50, "a b " * 30 + "é", "plain " * 40, "x" * 300, "=?utf-8?q?x?="]
    )
    def test_they_are(self, subject: str) -> None:
        value = text_value(subject, "Subject")
        words = re.findall(r"=\?[^?]+\?[bq]\?[^?]*\?=", value)
        assert all(len(word) <= 75 for word in words)
        for word in words:
            str(make_header(decode_header(word)))
        assert parsed(written(replace(LETTER, subject=subject)))["Subject"] == subject.strip()

    def test_a_subject_is_encoded_as_a_whole_or_not_at_all(self) -> None:
        value = text_value("Plain words before, then é, then plain words", "Subject")
        assert re.fullmatch(r"(=\?utf-8\?[bq]\?[^? ]*\?=(\r\n )?)+", value)
        assert text_value("Only plain words", "Subject") == "Only plain words"

    def test_an_address_is_never_encoded(self) -> None:
        assert mailbox_value(Mailbox("Ünï", "a@x.example")).endswith(" <a@x.example>")


@pytest.mark.parametrize(
    "name", ["The Gazette", "=?utf-8?q?Bank?=", 'Say "hi", Bob', "A, B & C: D", "Ünï <x>", "日本新聞社", ""]
)
def test_the_name_of_a_sender_comes_back_as_it_was(name: str) -> None:
    sender = Mailbox(name, "news@gazette.example")
    letter = parsed(message(a_publication(mail=MailSettings(sender=sender)), an_edition(), LETTER, sender))
    assert letter["From"].addresses[0].display_name == name
    assert letter["From"].addresses[0].addr_spec == "news@gazette.example"


def test_a_long_name_is_written_in_words_that_stand_alone() -> None:
    # Python's own parser of addresses puts a space between such words; its decoder of headers does not.
    value = mailbox_value(Mailbox("日本新聞社" * 8, "news@gazette.example"))
    assert str(make_header(decode_header(value))) == "日本新聞社" * 8 + " <news@gazette.example>"


def test_a_long_name_makes_no_long_line() -> None:
    sender = Mailbox("word " * 250, "news@gazette.example")
    data = message(a_publication(mail=MailSettings(sender=sender)), an_edition(), LETTER, sender)
    assert max(map(len, data.split(b"\r\n"))) <= 78


@given(subject=st.text(max_size=200), name=st.text(max_size=60))
def test_no_text_begins_another_header(subject: str, name: str) -> None:
    sender = Mailbox(name, "news@gazette.example")
    data = message(a_publication(), an_edition(), replace(LETTER, subject=subject), sender)
    head = data.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    assert names == ["From", "To", "Subject", "Date", "Message-ID", "Content-Language", "MIME-Version", "Content-Type"]
