"""Signatures that another implementation verifies, and keys that the DNS can tell of."""

import re
from collections.abc import Sequence

import dkim
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from builders import a_publication, an_edition
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import Mailbox, Mailboxes, MailSettings
from pressrun.model.recipient import Recipient
from pressrun.model.slots import slotted
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.dkim import ED25519, RSA, PrivateKey, Signer, name_in_dns, zone_line
from pressrun.press.newsletter.message import compiled

DOMAIN = "gazette.example"
KEYS = [PrivateKey.new("news2026", RSA), PrivateKey.new("news2026e", ED25519)]
SENDER = Mailbox("The Gazette", f"news@{DOMAIN}")
MAIL = MailSettings(
    sender=SENDER,
    reply_to=Mailboxes([Mailbox("Désk", f"desk@{DOMAIN}")]),
    unsubscribe=f"mailto:out@{DOMAIN}",
    one_click=f"https://{DOMAIN}/out?who={{email}}",
)
LETTER = Newsletter(slotted("For {name}"), "", slotted("<p>Dear  {name},</p>\n\n\n"), slotted("Dear  {name},\n \n\n"))
ADA = Recipient(EmailAddress.parse("ada@reader.example"), "Ada  Lovelace")


def signed(letter: Newsletter = LETTER, recipient: Recipient = ADA, keys: Sequence[PrivateKey] = KEYS) -> bytes:
    once = compiled(a_publication(mail=MAIL), an_edition(), letter, SENDER)
    return Signer(DOMAIN, keys)(once.to(recipient)).wire()


def of_the_dns(name: bytes, timeout: int = 5) -> bytes | None:
    records = {f"{name_in_dns(key.selector, DOMAIN)}.": key.record for key in KEYS}
    record = records.get(name.decode())
    return record.encode() if record else None


def is_verified(message: bytes, count: int = 2) -> bool:
    try:
        return all(dkim.DKIM(message).verify(number, dnsfunc=of_the_dns) for number in range(count))
    except (dkim.MessageFormatError, dkim.ValidationError):
        return False


def signatures_in(message: bytes) -> list[dict[str, str]]:
    head = message.partition(b"\r\n\r\n")[0].decode()
    found = re.findall(r"^DKIM-Signature: ((?:[^\r]|\r\n )*)", head, re.MULTILINE)
    return [dict(re.findall(r"(\w+)=([^;]*)", re.sub(r"\s", "", each))) for each in found]


class TestSignature:
    """A signature covers From, the body, and what a reader sees (RFC 6376, section 5.4)."""

    @pytest.mark.parametrize("keys", [KEYS[:1], KEYS[1:], KEYS])
    def test_each_signature_is_verified_by_another_implementation(self, keys: Sequence[PrivateKey]) -> None:
        message = signed(keys=keys)
        assert [each["a"] for each in signatures_in(message)] == [f"{key.kind}-sha256" for key in keys]
        assert is_verified(message, len(keys))

    @given(
        subject=st.text(max_size=90), text=st.text(max_size=200), name=st.text(max_size=60), page=st.text(max_size=300)
    )
    @example(subject="  ", text=" \n\t\n ", name="", page="\n\n\n")
    @example(subject="x" * 200, text=".\n..\n", name="\r\n.\r\n", page="a  \t b \n")
    def test_it_is_whatever_the_letter_says(self, subject: str, text: str, name: str, page: str) -> None:
        letter = Newsletter(subject + slotted("{name}"), "", page + slotted(" {name}"), text + slotted("{name}"))
        assert is_verified(signed(letter, Recipient(ADA.address, name), KEYS[1:]), 1)

    def test_it_is_where_the_reader_s_address_is_of_another_script(self) -> None:
        """Headers are signed as they are written, in UTF-8 (RFC 8616, section 5)."""
        reader = Recipient(EmailAddress.of_reader("grüße@müller.example"), "Zoë")
        message = signed(recipient=reader)
        assert "<grüße@xn--mller-kva.example>".encode() in message
        assert is_verified(message)

    def test_every_header_that_counts_is_covered_and_cannot_be_added(self) -> None:
        message = signed()
        names = [name.lower() for name in re.findall(r"^([\w-]+):", message.partition(b"\r\n\r\n")[0].decode(), re.M)]
        for tags in signatures_in(message):
            covered = tags["h"].split(":")
            assert set(names) - set(covered) == {"dkim-signature"}
            for name in ("from", "to", "subject", "date", "message-id", "reply-to", "cc", "list-unsubscribe"):
                assert covered.count(name) == names.count(name) + 1

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (b"Subject: For Ada", b"Subject: For Bob"),
            (b"From: The", b"From: Not the"),
            (b"From: The", b"From: Bob <bob@x.example>\r\nFrom: The"),
            (b"Subject: For", b"Subject: Win\r\nSubject: For"),
            (b"List-Post: NO", b"List-Post: <mailto:x@x.example>"),
            (b"Dear  Ada", b"Dear  Bob"),
            (b"List-Unsubscribe-Post", b"X-Nothing"),
        ],
    )
    def test_what_was_changed_on_the_way_is_not(self, before: bytes, after: bytes) -> None:
        message = signed()
        assert before in message
        assert not is_verified(message.replace(before, after, 1))

    def test_blanks_and_folds_that_servers_change_do_not_matter(self) -> None:
        """Relaxed is relaxed (RFC 6376, section 3.4)."""
        message = signed()
        changed = message.replace(b"Dear  Ada", b"Dear Ada").replace(b"\r\nSubject: For", b"\r\nSUBJECT:   For\r\n\t")
        assert changed != message
        assert is_verified(changed)

    def test_it_is_the_same_for_the_same_letter(self) -> None:
        assert signed() == signed()

    def test_its_lines_are_short(self) -> None:
        assert max(map(len, signed().partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78


class TestKeys:
    def test_they_come_back_from_their_files(self) -> None:
        for key in KEYS:
            again = PrivateKey.read(key.selector, key.pem)
            assert (again.kind, again.record) == (key.kind, key.record)

    def test_what_is_none_is_told(self) -> None:
        with pytest.raises(ValueError, match="not a private key in PEM"):
            PrivateKey.read("x", b"hello")

    def test_one_that_nobody_believes_is_told(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

        with pytest.raises(ValueError, match=r"1,024 bits, and nobody believes fewer than 2,048"):
            PrivateKey.read("x", PrivateKey("x", generate_private_key(65537, 1024)).pem)

    def test_one_of_another_kind_is_told(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(ValueError, match="neither RSA nor Ed25519"):
            PrivateKey.read("x", pem)

    def test_the_dns_has_strings_of_255_at_most(self) -> None:
        """Text records are strings of at most 255 octets, put together as they are (RFC 6376, section 3.6.2.2)."""
        for key in KEYS:
            line = zone_line(key, DOMAIN)
            strings = re.findall(r'"([^"]*)"', line)
            assert line.startswith(f"{key.selector}._domainkey.{DOMAIN}. IN TXT ")
            assert "".join(strings) == key.record
            assert max(map(len, strings)) <= 255
