"""A letter that was compiled and filled says what the standard library's own message would say, and nothing else."""

import email
import email.policy
import html
import re
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from builders import a_publication, an_edition
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import Mailbox, MailSettings
from pressrun.model.recipient import Recipient
from pressrun.model.slots import Slot, filled
from pressrun.model.wire import Wire
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.message import compiled, values_for

SENDER = Mailbox("The Gazette", "news@gazette.example")
STRICT = email.policy.SMTP.clone(raise_on_defect=True)
ATTACKS = ["\r\nBcc: all@reader.example\r\n\r\nx", "x\r\n.\r\nMAIL FROM:<x@y.example>\r\n", "\n.\n", ".", "..", ". x"]
ATTACKS += [
    "=?utf-8?q?x?=",
    "a" * 1200,
    "From x",
    "<b>&amp;",
    "x=",
    "--=_",
    '"',
    "é" * 80,
    "Lovelace, Ada (x) <a@b.example>",
]

words = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\u00ad"), max_size=30)
values = st.one_of(words, st.sampled_from(ATTACKS))
slots = st.sampled_from(["name", "first_name", "email", "unsubscribe_url"]).map(lambda name: Slot(name, None).word)
addresses = slots.map(lambda word: f"https://gazette.example/?who={word}")
constants = st.one_of(words, st.sampled_from([*ATTACKS[3:], "\n", " \n", ".\n", "\n.", "x" * 75 + "."]))
texts = st.lists(st.one_of(constants, slots, addresses), max_size=8).map("".join)
links = st.one_of(st.none(), values.map(lambda value: f"https://gazette.example/out?{value[:300]}"))


def content_of(message: EmailMessage, kind: str) -> str:
    """The plain or the HTML part as it is read, whatever stands for its line breaks."""
    part = message.get_body((kind,))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def by_the_standard_library(letter: Newsletter, recipient: Recipient) -> EmailMessage:
    filling = values_for(a_publication(), an_edition(), recipient)
    lines = []
    for line in letter.text.removesuffix("\n").split("\n"):
        text = filled(line, filling)
        if text != line and not line.endswith(" "):
            text = text.rstrip(" ")
        lines.append(f" {text}" if text.startswith((" ", "From ")) else text)
    message = EmailMessage(policy=STRICT)
    message["Subject"] = " ".join(filled(letter.subject, filling).split())
    message["To"] = Address(" ".join(recipient.name.split()), addr_spec=str(recipient.address))
    message.set_content("\n".join(lines) + "\n", cte="base64")
    page = filled(letter.html.removesuffix("\n"), filling, html.escape)
    message.add_alternative(f"{page}\n", subtype="html", cte="base64")
    return message


def read_back(data: bytes) -> EmailMessage:
    found = email.message_from_bytes(data, policy=STRICT)
    assert isinstance(found, EmailMessage)
    for part in found.walk():
        assert part.defects == []
    return found


@given(subject=texts, text=texts, page=texts, name=values, page_url=links)
@example(subject=Slot("name").word, text=Slot("name").word, page=Slot("name").word, name=ATTACKS[1], page_url=None)
@example(
    subject="x", text=Slot("name").word, page="", name="." * 200, page_url="https://x.example/\r\nBcc: a@b.example"
)
@example(subject="x", text="." * 200 + "\n.\n..", page=".\n" + "x" * 75 + ".", name="", page_url=None)
def test_it_reads_as_the_standard_librarys_own(
    subject: str, text: str, page: str, name: str, page_url: str | None
) -> None:
    letter = Newsletter(subject, "", page, text)
    recipient = Recipient(EmailAddress.parse("ada@reader.example"), name, page_url, page_url)
    publication = a_publication(mail=MailSettings(sender=SENDER, one_click="https://gazette.example/out?{email}"))

    data = compiled(publication, an_edition(), letter, SENDER).to(recipient).wire()
    ours, theirs = read_back(data), by_the_standard_library(letter, recipient)

    # What looks like an encoded word is data to us, and EmailMessage decodes it.
    if "=?" not in filled(subject, values_for(publication, an_edition(), recipient)):
        assert ours["Subject"] == theirs["Subject"]
    (mine,), (other,) = ours["To"].addresses, theirs["To"].addresses
    assert mine.addr_spec == other.addr_spec
    # That parser puts a space between two encoded words of a name.
    if "=?" not in name:
        assert "".join(mine.display_name.split()) == "".join(other.display_name.split())
    for kind in ("plain", "html"):
        # The last line break belongs to the boundary behind it.
        assert content_of(ours, kind) + "\n" == content_of(theirs, kind)
    assert [part.get_content_type() for part in ours.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    if page_url is not None:
        unfolded = re.sub(r"\s", "", ours["List-Unsubscribe"])
        address = quote(page_url, safe="%!#$&'()*+,/:;=?@[]~").replace("=?", "=%3F")
        assert unfolded == f"<{address}>"


def test_an_address_that_is_too_long_for_a_line_makes_no_letter() -> None:
    reader = Recipient(EmailAddress.parse("ada@reader.example"), "", None, f"https://gazette.example/{'a' * 1000}")
    letter = compiled(a_publication(), an_edition(), Newsletter("x", "", "", ""), SENDER).to(reader)
    with pytest.raises(ValueError, match="no line of a message is longer than 998"):
        letter.wire()


@given(text=texts, page=texts, name=values)
def test_nothing_in_it_ends_the_letter_on_the_way(text: str, page: str, name: str) -> None:
    """No line begins with a dot, so that no server sees an end before the end, however it reads line breaks."""
    recipient = Recipient(EmailAddress.parse("ada@reader.example"), name)
    data = compiled(a_publication(), an_edition(), Newsletter("x", "", page, text), SENDER).to(recipient).wire()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|^\.", data, re.MULTILINE)
    assert data.isascii()
    assert Wire.checked(data) == data
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert max(map(len, data.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76


@given(text=texts, page=texts, names=st.lists(values, min_size=2, max_size=4))
def test_readers_get_the_same_whoever_came_before_them(text: str, page: str, names: list[str]) -> None:
    letter = Newsletter("For you", "", page, text)
    readers = [Recipient(EmailAddress.parse(f"r{number}@reader.example"), name) for number, name in enumerate(names)]
    once = compiled(a_publication(), an_edition(), letter, SENDER)
    alone = [compiled(a_publication(), an_edition(), letter, SENDER).to(reader).wire() for reader in readers]
    assert [once.to(reader).wire() for reader in readers] == alone
    assert [once.to(reader).wire() for reader in reversed(readers)] == alone[::-1]
