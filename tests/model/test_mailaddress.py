"""An address is read once, and fit for headers and envelopes after that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.model.mailaddress import EmailAddress


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("ada@gazette.example", "ada@gazette.example"),
        (" Ada.L+news@Gazette.EXAMPLE ", "Ada.L+news@gazette.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("o'hara@gazette.example", "o'hara@gazette.example"),
        ("ada@localhost", "ada@localhost"),
    ],
)
def test_an_address_is_written_in_ascii(text: str, written: str) -> None:
    assert str(EmailAddress.parse(text)) == written
    assert EmailAddress.parse(written).written == written


def test_two_spellings_are_one_person() -> None:
    assert EmailAddress.parse("ADA@Bücher.Example").identity == EmailAddress.parse("ada@bücher.example").identity


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a mail address"),
        ("ada", "is not a mail address"),
        ("@gazette.example", "is not a mail address"),
        ("ada@", "is not a mail address"),
        ("bücher@gazette.example", "is not of ASCII letters"),
        ("ada lovelace@gazette.example", "cannot stand there"),
        ("ada..l@gazette.example", "cannot stand there"),
        (".ada@gazette.example", "cannot stand there"),
        ('"ada"@gazette.example', "cannot stand there"),
        ("a" * 65 + "@gazette.example", "cannot stand there"),
        ("ada\r\nBcc: x@gazette.example", "cannot stand there"),
        ("ada@gazette.example\r\n.example", "is not a domain"),
        ("ada@gmail", "is not a domain"),
        ("ada@-x.example", "is not a domain"),
        ("ada@x..example", "is not a domain"),
        ("ada@[127.0.0.1]", "is not a domain"),
        ("ada@☃\u2028.example", "is not a domain"),
        ("a" * 60 + "@" + ".".join(["a" * 60] * 4), "longer than"),
        ("ada@" + ".".join(["a" * 60] * 5), "is not a domain"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EmailAddress.parse(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("grüße@müller.example", "grüße@xn--mller-kva.example"),
        ("gru\u0308ße@reader.example", "grüße@reader.example"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_a_reader_may_write_in_any_script(text: str, written: str) -> None:
    assert EmailAddress.of_reader(text).written == written


@pytest.mark.parametrize(
    "text", ["zoë x@reader.example", "zoë>@reader.example", "zoë\u2028@reader.example", "zoë.@reader.example", "ü" * 65]
)
def test_what_no_header_can_hold_is_no_reader_s_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot stand there|is not a mail address"):
        EmailAddress.of_reader(text)


@given(text=st.text(max_size=60))
def test_what_is_taken_of_a_reader_can_stand_in_a_header_and_in_an_envelope(text: str) -> None:
    try:
        address = EmailAddress.of_reader(f"{text}@reader.example")
    except ValueError:
        return
    assert address.written.isprintable()
    assert not set(address.written.rpartition("@")[0]) & set('\r\n <>,;:"\\()[]\0')


@given(text=st.text(max_size=80))
def test_what_is_taken_can_stand_in_a_header_and_in_an_envelope(text: str) -> None:
    try:
        address = EmailAddress.parse(f"{text}@{text}.example")
    except ValueError:
        return
    assert address.written.isascii()
    assert not set(address.written) & set('\r\n <>,;:"\\()[]\0')
