"""The letter as a message that any mail program opens."""

import email
import email.policy
import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from builders import NOON, a_publication, an_edition
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import Mailbox, Mailboxes, MailSettings
from pressrun.model.recipient import Recipient
from pressrun.model.slots import slotted
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.headers import mailbox_value, text_value
from pressrun.press.newsletter.message import flowed, message, quoted_printable, values_for

SENDER = Mailbox("The Gazette", "news@gazette.example")
LETTER = Newsletter("Subject", "", "<!DOCTYPE html>\n<p>Grüße, 日本 😀</p>\n", "Grüße, 日本 😀\n\n.\nFrom here\n")
ADA = Recipient(EmailAddress.parse("ada+news@reader.example"), "Ada Lovelace", given="Ada")
MAILTO = "mailto:news@gazette.example?subject=unsubscribe"
ONE_CLICK = "https://gazette.example/out?who={email}"


def written(
    letter: Newsletter = LETTER,
    recipient: Recipient | None = None,
    *,
    test: bool = False,
    date: datetime | None = None,
    **mail: object,
) -> bytes:
    settings = MailSettings(sender=SENDER, **mail)  # type: ignore[arg-type]
    edition = an_edition(subject=letter.subject)
    return message(a_publication(mail=settings), edition, letter, SENDER, recipient, test=test, date=date)


def parsed(data: bytes) -> EmailMessage:
    found = email.message_from_bytes(data, policy=email.policy.SMTP.clone(raise_on_defect=True))
    assert isinstance(found, EmailMessage)
    for part in found.walk():
        assert part.defects == []
    return found


def part_of(data: bytes, kind: str) -> str:
    """The plain or the HTML part as a mail program decodes it; its lines end in LF."""
    part = parsed(data).get_body((kind,))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def unstuffed(text: str) -> str:
    """*text* as RFC 3676 (section 4.4) has it read, lines not joined."""
    return "\n".join(line.removeprefix(" ") for line in text.split("\n"))


def head_of(data: bytes) -> list[str]:
    """The lines of the message's header."""
    return data.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")


def names_in(data: bytes) -> list[str]:
    return [line.partition(":")[0] for line in head_of(data) if not line.startswith((" ", "\t"))]


class TestForm:
    """Lines MUST be ended by CRLF, and SHOULD be no longer than 78 characters (RFC 5322, section 2.1.1)."""

    def test_lines_end_in_crlf_and_are_short_and_ascii(self) -> None:
        data = written(replace(LETTER, html="<p>" + "word " * 3000 + "x" * 3000 + "</p>\n"))
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
        assert max(len(line) for line in data.split(b"\r\n")) <= 76
        assert data.isascii()

    @given(text=st.text(max_size=400))
    def test_no_text_breaks_them(self, text: str) -> None:
        data = written(replace(LETTER, html=text, text=text, subject=text))
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
        assert max(len(line) for line in data.split(b"\r\n")) <= 76
        assert data.isascii()


class TestAlternatives:
    """The parts of multipart/alternative come in order of increasing faithfulness (RFC 2046, section 5.1.4)."""

    def test_plain_text_comes_before_html(self) -> None:
        letter = parsed(written())
        assert letter["MIME-Version"] == "1.0"
        assert letter.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]

    def test_both_come_back_as_they_were(self) -> None:
        assert unstuffed(part_of(written(), "plain")).rstrip("\n") == LETTER.text.rstrip("\n")
        assert part_of(written(), "html").rstrip("\n") == LETTER.html.rstrip("\n")

    def test_the_boundary_is_no_longer_than_70_and_in_no_part(self) -> None:
        boundary = parsed(written()).get_boundary()
        assert boundary is not None
        assert len(boundary) <= 70
        assert boundary not in LETTER.html + LETTER.text


class TestTransferEncoding:
    """Quoted-Printable lines MUST be no longer than 76 characters, multiparts 7bit, 8bit or binary (RFC 2045, 6)."""

    def test_the_parts_are_quoted_printable_and_the_whole_is_not_encoded(self) -> None:
        letter = parsed(written(replace(LETTER, text="é" * 500)))
        assert letter["Content-Transfer-Encoding"] is None
        assert {part["Content-Transfer-Encoding"] for part in letter.iter_parts()} == {"quoted-printable"}

    @given(text=st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=400))
    @example(text="one\n\n")
    def test_every_text_comes_back(self, text: str) -> None:
        data = written(replace(LETTER, html=text, text=f"x{text}"))
        assert part_of(data, "html") == text.removesuffix("\n")

    @pytest.mark.parametrize("length", range(70, 80))
    def test_a_space_at_the_end_of_a_line_is_kept(self, length: int) -> None:
        encoded = quoted_printable("x" * length + " \nnext")
        assert not re.search(r"[ \t](\r\n|$)", encoded)
        data = written(replace(LETTER, text="x" * length + " \nnext"))
        assert part_of(data, "plain").startswith("x" * length + " \nnext")


class TestFlowed:
    """A generating agent SHOULD space-stuff lines which start with a space, "From ", or ">" (RFC 3676, 4.2)."""

    def test_lines_that_begin_with_a_space_or_from_are_space_stuffed(self) -> None:
        assert flowed("one\n  two\nFrom here\nFromage\n") == "one\n   two\n From here\nFromage\n"

    def test_what_is_quoted_stays_a_quote(self) -> None:
        assert flowed("> she said\n>> he said") == "> she said\n>> he said"

    def test_the_text_says_that_it_flows_and_the_html_does_not(self) -> None:
        plain, page = parsed(written()).iter_parts()
        assert plain["Content-Type"].params == {"charset": "utf-8", "format": "flowed"}
        assert page["Content-Type"].params == {"charset": "utf-8"}

    def test_a_line_that_goes_on_keeps_its_space_and_no_other_line_gets_one(self) -> None:
        text = slotted("Dear {name} \nreader {name}\nfrom {email}\n")
        assert part_of(written(replace(LETTER, text=text)), "plain") == "Dear  \nreader\nfrom"

    @given(text=st.text(alphabet=" >Fromx.\n", max_size=80))
    def test_every_flowed_text_comes_back(self, text: str) -> None:
        assert unstuffed(flowed(text)) == text
        assert not re.search(r"^From ", flowed(text), re.MULTILINE)


class TestHeaders:
    """Date and From MUST be there once; every message SHOULD have a unique Message-ID (RFC 5322, section 3.6)."""

    @pytest.mark.parametrize("recipient", [None, ADA])
    def test_a_message_has_each_header_once_and_no_bcc(self, recipient: Recipient | None) -> None:
        letter = parsed(written(recipient=recipient))
        for name in ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version"):
            assert len(letter.get_all(name, [])) == 1
        assert letter["Date"].datetime == NOON
        assert letter["From"].addresses[0].addr_spec == "news@gazette.example"
        assert re.fullmatch(r"<[0-9a-f]{32}@gazette\.example>", letter["Message-ID"])
        assert letter["Bcc"] is None

    def test_to_is_one_person(self) -> None:
        (to,) = parsed(written(recipient=ADA))["To"].addresses
        assert (to.display_name, to.addr_spec) == ("Ada Lovelace", "ada+news@reader.example")

    def test_a_letter_to_nobody_goes_back_to_its_sender(self) -> None:
        assert parsed(written())["To"].addresses[0].addr_spec == "news@gazette.example"

    def test_the_date_is_when_it_is_sent_where_that_is_known(self) -> None:
        sent = datetime(2026, 6, 1, 9, tzinfo=UTC)
        assert parsed(written(date=sent))["Date"].datetime == sent

    def test_the_same_letter_is_the_same_bytes(self) -> None:
        assert written() == written()
        assert written(recipient=ADA) == written(recipient=ADA)

    def test_a_reply_goes_to_all_who_are_named(self) -> None:
        names = ["Désk", "", "Lovelace, Ada", "The department of letters to the editor, Gazette"]
        mailboxes = [Mailbox(name, f"desk{number}@gazette.example") for number, name in enumerate(names)]
        header = parsed(written(reply_to=Mailboxes(mailboxes)))["Reply-To"]
        assert [(each.display_name, each.addr_spec) for each in header.addresses] == [
            (each.name, each.address) for each in mailboxes
        ]

    def test_a_reply_goes_where_it_should(self) -> None:
        letter = parsed(written(reply_to=Mailboxes([Mailbox("Désk", "desk@gazette.example")])))
        assert letter["Reply-To"].addresses[0].display_name == "Désk"
        assert letter["Reply-To"].addresses[0].addr_spec == "desk@gazette.example"


class TestMessageId:
    """The message identifier is intended to be that of one version of one message (RFC 5322, section 3.6.4)."""

    def test_it_is_the_same_for_one_edition_and_person_whatever_else_changes(self) -> None:
        first = parsed(written(recipient=ADA))["Message-ID"]
        again = written(
            replace(LETTER, subject="Corrected"), replace(ADA, name="A. L."), date=datetime(2027, 1, 1, tzinfo=UTC)
        )
        assert parsed(again)["Message-ID"] == first

    def test_a_person_is_the_same_however_they_write_their_address(self) -> None:
        shouting = replace(ADA, address=EmailAddress.parse("ADA+News@Reader.EXAMPLE"))
        assert parsed(written(recipient=shouting))["Message-ID"] == parsed(written(recipient=ADA))["Message-ID"]

    def test_two_people_get_two(self) -> None:
        grace = Recipient(EmailAddress.parse("grace@reader.example"))
        ids = {parsed(written(recipient=recipient))["Message-ID"] for recipient in (None, ADA, grace)}
        assert len(ids) == 3

    def test_a_test_does_not_hide_the_edition_nor_the_next_test(self) -> None:
        letters = [written(recipient=ADA), written(recipient=ADA, test=True)]
        letters.append(written(replace(LETTER, text="Corrected.\n"), ADA, test=True))
        assert len({parsed(letter)["Message-ID"] for letter in letters}) == 3


class TestListId:
    """The list identifier SHOULD be the same for the list's life; List-Id: phrase <list-id> (RFC 2919, section 3)."""

    def test_it_is_of_the_home_page_unless_it_was_set(self) -> None:
        assert parsed(written())["List-Id"] == "The Gazette <newsletter.gazette.example>"
        assert parsed(written(list_id="weekly.gazette.example"))["List-Id"] == "The Gazette <weekly.gazette.example>"

    @pytest.mark.parametrize(
        ("home", "identifier"),
        [
            ("https://gazette.example:8000/news/", "newsletter.gazette.example"),
            ("http://[::1]:8000/", "newsletter.--1"),
            ("http://localhost:8000/", "newsletter.localhost"),
        ],
    )
    def test_it_is_made_of_atoms_whatever_the_home_page(self, home: str, identifier: str) -> None:
        data = message(a_publication(home=home), an_edition(), LETTER, SENDER)
        assert parsed(data)["List-Id"].endswith(f"<{identifier}>")

    @pytest.mark.parametrize("title", ["A, B <c>", "Zeitung für Köln", "日本新聞社" * 20, "word " * 60])
    def test_any_title_stands_before_it(self, title: str) -> None:
        data = message(a_publication(title=title), an_edition(), LETTER, SENDER)
        assert "<newsletter.gazette.example>" in parsed(data)["List-Id"]
        assert max(map(len, head_of(data))) <= 78


class TestListHeaders:
    """Each List- field at most once, its URLs in angle brackets, the preferred one first (RFC 2369, section 2)."""

    def test_each_list_header_is_there_once_with_the_preferred_address_first(self) -> None:
        data = written(recipient=ADA, unsubscribe=MAILTO, one_click=ONE_CLICK)
        names = [name for name in names_in(data) if name.startswith("List-")]
        assert len(names) == len(set(names)) == 6
        letter = parsed(data)
        assert letter["List-Unsubscribe"].split(", ") == [
            "<https://gazette.example/out?who=ada%2Bnews%40reader.example>",
            f"<{MAILTO}>",
        ]
        assert letter["List-Archive"] == "<https://gazette.example/>"

    def test_nobody_may_post_and_the_owner_can_be_reached(self) -> None:
        letter = parsed(written(reply_to=Mailboxes([Mailbox("", "a/b@gazette.example")])))
        assert letter["List-Post"] == "NO"
        assert letter["List-Owner"] == "<mailto:a%2Fb@gazette.example>"

    def test_all_owners_are_named(self) -> None:
        letter = parsed(
            written(reply_to=Mailboxes([Mailbox("", "a@gazette.example"), Mailbox("", "b@gazette.example")]))
        )
        assert letter["List-Owner"] == "<mailto:a@gazette.example>, <mailto:b@gazette.example>"

    def test_without_pages_there_is_no_archive(self) -> None:
        data = message(a_publication(pages=False), an_edition(), LETTER, SENDER)
        assert parsed(data)["List-Archive"] is None

    def test_an_unaddressed_letter_has_the_way_out_that_is_for_everybody(self) -> None:
        letter = parsed(written(unsubscribe=MAILTO, one_click=ONE_CLICK))
        assert letter["List-Unsubscribe"] == f"<{MAILTO}>"
        assert letter["List-Unsubscribe-Post"] is None

    def test_without_a_way_out_nothing_is_said(self) -> None:
        assert parsed(written(recipient=ADA))["List-Unsubscribe"] is None


class TestOneClick:
    """The List-Unsubscribe header field MUST contain one HTTPS URI; List-Unsubscribe-Post MUST contain the single
    key/value pair "List-Unsubscribe=One-Click" (RFC 8058, section 3.1).
    """

    def test_one_click_needs_an_https_address_and_the_word_of_rfc_8058(self) -> None:
        letter = parsed(written(recipient=ADA, unsubscribe="https://gazette.example/out/", one_click=ONE_CLICK))
        assert letter["List-Unsubscribe"] == "<https://gazette.example/out?who=ada%2Bnews%40reader.example>"
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_it_is_promised_only_where_somebody_answers(self) -> None:
        letter = parsed(written(recipient=ADA, unsubscribe="https://gazette.example/out?who={email}"))
        assert letter["List-Unsubscribe"] == "<https://gazette.example/out?who=ada%2Bnews%40reader.example>"
        assert letter["List-Unsubscribe-Post"] is None

    def test_the_addresses_of_a_person_come_before_the_publications(self) -> None:
        ada = replace(ADA, one_click_url="https://gazette.example/1/x", unsubscribe_url="mailto:x@gazette.example")
        letter = parsed(written(recipient=ada, unsubscribe=MAILTO, one_click=ONE_CLICK))
        assert letter["List-Unsubscribe"] == "<https://gazette.example/1/x>, <mailto:x@gazette.example>"


class TestEncodedWords:
    """An encoded-word may not be more than 75 characters long, and is decodable alone (RFC 2047, section 2)."""

    @pytest.mark.parametrize(
        "subject", ["é" * 200, "日本語" * 40, "😀" * 50, "a b " * 30 + "é", "plain " * 40, "x" * 300, "=?utf-8?q?x?="]
    )
    def test_encoded_words_are_at_most_75_characters_and_decode_alone(self, subject: str) -> None:
        value = text_value(subject, "Subject")
        words = re.findall(r"=\?[^?]+\?[bq]\?[^?]*\?=", value)
        assert all(len(word) <= 75 for word in words)
        for word in words:
            str(make_header(decode_header(word)))
        assert parsed(written(replace(LETTER, subject=subject)))["Subject"] == subject.strip()

    @given(subject=st.text(max_size=300))
    def test_no_subject_makes_a_line_too_long(self, subject: str) -> None:
        lines = f"Subject: {text_value(subject, 'Subject')}".split("\r\n")
        assert max(map(len, lines)) <= 76
        for word in re.findall(r"=\?\S*", " ".join(lines)):
            assert len(word) <= 75
            assert str(make_header(decode_header(word)))

    def test_a_subject_is_encoded_as_a_whole_or_not_at_all(self) -> None:
        value = text_value("Plain words before, then é, then plain words", "Subject")
        assert re.fullmatch(r"(=\?utf-8\?[bq]\?[^? ]*\?=(\r\n )?)+", value)
        assert text_value("Only plain words", "Subject") == "Only plain words"

    def test_an_address_is_never_encoded(self) -> None:
        assert mailbox_value(Mailbox("Ünï", "a@x.example")).endswith(" <a@x.example>")


class TestNames:
    """Names with special characters appear in quoted strings or as encoded words (RFC 5322, section 3.2.5)."""

    @pytest.mark.parametrize(
        "name", ["The Gazette", "=?utf-8?q?Bank?=", 'Say "hi", Bob', "A, B & C: D", "Ünï <x>", "日本新聞社", ""]
    )
    def test_the_name_of_a_sender_comes_back_as_it_was(self, name: str) -> None:
        sender = Mailbox(name, "news@gazette.example")
        letter = parsed(message(a_publication(mail=MailSettings(sender=sender)), an_edition(), LETTER, sender))
        assert letter["From"].addresses[0].display_name == name
        assert letter["From"].addresses[0].addr_spec == "news@gazette.example"

    def test_a_long_name_is_written_in_words_that_stand_alone(self) -> None:
        # Python's own parser of addresses puts a space between such words; its decoder of headers does not.
        value = mailbox_value(Mailbox("日本新聞社" * 8, "news@gazette.example"))
        assert str(make_header(decode_header(value))) == "日本新聞社" * 8 + " <news@gazette.example>"

    @given(name=st.text(max_size=200))
    @example(name='"' * 60)
    @example(name="word " * 250)
    @example(name="x" * 66)
    def test_no_name_makes_a_long_line_or_a_second_address(self, name: str) -> None:
        value = mailbox_value(Mailbox(name, "news@gazette.example"))
        assert max(map(len, f"Reply-To: {value}".split("\r\n"))) <= 76
        letter = parsed(message(a_publication(), an_edition(), LETTER, Mailbox(name, "news@gazette.example")))
        assert [address.addr_spec for address in letter["From"].addresses] == ["news@gazette.example"]


class TestInjection:
    """No CR or LF from a title or a name reaches a header: each line is a field, or folded from one (RFC 5322, 2.2)."""

    @given(
        subject=st.text(max_size=200),
        name=st.text(max_size=60),
        title=st.text(max_size=60),
        local=st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}", fullmatch=True),
    )
    @example(subject="x\r\nBcc: all@x.example", name='"\r\nBcc: x@x.example', title="t\nX: y", local="a%0d%0abcc")
    def test_no_text_begins_another_header(self, subject: str, name: str, title: str, local: str) -> None:
        mail = MailSettings(
            SENDER, Mailboxes([Mailbox(name, "desk@gazette.example")]), None, MAILTO, one_click=ONE_CLICK
        )
        recipient = Recipient(EmailAddress.parse(f"{local}@reader.example"), name)
        letter = replace(LETTER, subject=subject + slotted("{name}"))
        data = message(
            a_publication(title=title, mail=mail), an_edition(), letter, Mailbox(name, SENDER.address), recipient
        )
        assert (
            names_in(data)
            == (
                "From Reply-To To Subject Date Message-ID List-Id List-Post List-Owner List-Archive List-Unsubscribe "
                "List-Unsubscribe-Post Content-Language MIME-Version Content-Type"
            ).split()
        )
        assert max(map(len, data.split(b"\r\n"))) <= 998
        assert parsed(data)["To"].addresses[0].addr_spec == f"{local}@reader.example"


class TestAnyScript:
    """The address of a reader stands in To as it is (RFC 6532, section 3.2); all else stays ASCII."""

    @given(
        local=st.from_regex(r"[a-zäöüßéñ用户ж]{1,30}(\.[a-zäöüßéñ用户ж]{1,30})?", fullmatch=True),
        name=st.text(max_size=60),
    )
    @example(local="grüße", name="Grüße, Ünal")
    @example(local="a", name="𜼀𜼀𝌀𝐀𝒩𝔍𝕊𝕊𝕊𝕊")
    def test_a_strict_reader_finds_it_there(self, local: str, name: str) -> None:
        recipient = Recipient(EmailAddress.of_reader(f"{local}@müller.example"), name)
        data = written(LETTER, recipient, unsubscribe="mailto:out@gazette.example?subject={email}", one_click=ONE_CLICK)
        found = email.message_from_string(data.decode(), policy=email.policy.SMTPUTF8.clone(raise_on_defect=True))
        assert found["To"].addresses[0].addr_spec == recipient.address.written
        # Python's reader leaves the space between two encoded words, which RFC 2047 (section 6.2) has it leave out.
        assert "".join(found["To"].addresses[0].display_name.split()) == "".join(name.split()) or not name.isprintable()
        head, _, body = data.partition(b"\r\n\r\n")
        assert body.isascii()
        lines = head.decode().replace("\r\n ", " ").split("\r\n")
        assert [line for line in lines if not line.isascii()] == [
            line for line in lines if line.startswith("To:") and not local.isascii()
        ]


class TestSlots:
    def test_they_are_filled_for_the_reader_and_escaped_for_their_part(self) -> None:
        words = slotted('Dear {first_name, "reader"}')
        bold = Recipient(ADA.address, "", given='<b>"O\'Hara"')
        data = written(Newsletter(words, "", f"<p>{words}</p>", words), bold)
        assert parsed(data)["Subject"] == 'Dear <b>"O\'Hara"'
        assert part_of(data, "html") == f"<p>{html.escape('Dear <b>')}&quot;O&#x27;Hara&quot;</p>"
        assert part_of(data, "plain") == 'Dear <b>"O\'Hara"'

    def test_without_a_reader_their_fallbacks_stand_there(self) -> None:
        words = slotted('Dear {first_name, "reader"}')
        data = written(Newsletter(words, "", words, words))
        assert parsed(data)["Subject"] == "Dear reader"
        assert part_of(data, "html") == part_of(data, "plain") == "Dear reader"

    def test_a_test_says_so_and_fills_them_too(self) -> None:
        data = written(Newsletter(slotted("For {name}"), "", "", ""), ADA, test=True)
        assert parsed(data)["Subject"] == "[TEST] For Ada Lovelace"

    def test_every_reader_has_values(self) -> None:
        publication = a_publication(mail=MailSettings(SENDER, unsubscribe="mailto:out@gazette.example?body={email}"))
        assert values_for(publication, an_edition(), ADA) == {
            "name": "Ada Lovelace",
            "first_name": "Ada",
            "email": "ada+news@reader.example",
            "unsubscribe_url": "mailto:out@gazette.example?body=ada%2Bnews%40reader.example",
            "preferences_url": "https://gazette.example/",
            "browser_url": "https://gazette.example/editions/spring/",
        }
        assert values_for(a_publication(), an_edition(link=None), None) == {
            **dict.fromkeys(("name", "first_name", "email"), ""),
            **dict.fromkeys(("unsubscribe_url", "preferences_url", "browser_url"), "https://gazette.example/"),
        }

    @given(text=st.text(alphabet="qslot0123456789abcdefhi x\n", max_size=80), name=st.text(max_size=30))
    def test_a_name_never_brings_a_line(self, text: str, name: str) -> None:
        letter = replace(LETTER, text=f"{text}\n" + slotted("{name}!"))
        data = written(letter, replace(ADA, name=name))
        assert len(part_of(data, "plain").split("\n")) == len(letter.text.split("\n"))
