"""What is an address at a glance is one by email-validator, and the same."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from pressrun.subscribers.addresses import address_from, plain_address

letters = st.text("abcxyzABC019", min_size=0, max_size=70)
signs = st.text("abZ09.-_+!#$%&'*/=?^`{|}~@ \"(),:;<>[\\]\n\tüß", max_size=12)
labels = st.one_of(letters, st.text("ab-09xn", max_size=8), st.sampled_from(["xn--bcher-kva", "test", "local", "arpa"]))
nearly = st.builds(
    lambda local, domain: f"{local}@{'.'.join(domain)}",
    st.one_of(letters, signs),
    st.lists(labels, max_size=6),
)


@given(st.one_of(nearly, signs))
@example("a@b.example")
@example("a@b-.example")
@example("a@ab--c.example")
@example("a..b@c.example")
@example("A.B@MAIL.Example")
@example(f"{'a' * 64}@b.example")
@example(f"{'a' * 65}@b.example")
@example(f"a@{'b' * 63}.example")
@example(f"a@{'b' * 64}.example")
@example(f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.example")
@example("a@b.test")
@example("a@b.c1")
@example("a@b.example\n")
def test_what_is_an_address_at_a_glance_is_the_same_address_to_email_validator(text: str) -> None:
    written = plain_address(text)
    if written is not None:
        assert validate_email(text, check_deliverability=False).normalized == written


@given(nearly)
def test_whoever_is_asked_the_answer_is_that_of_email_validator(text: str) -> None:
    try:
        expected = validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        expected = None
    try:
        found = address_from(text).written
    except ValueError:
        found = None
    assert found == expected


@pytest.mark.parametrize("text", ["ada@reader.example", "ADA.L+news@Mail.Reader.Example", "o'hara_1@x-y.example"])
def test_the_addresses_that_people_have_are_known_at_a_glance(text: str) -> None:
    assert plain_address(text) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Reader.Example", "ada@reader.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("Åda@reader.example", "a\u030ada@reader.example"),
        ("straße@reader.example", "STRASSE@reader.example"),
    ],
)
def test_spellings_of_one_address_are_one_identity(one: str, other: str) -> None:
    assert address_from(one).identity == address_from(other).identity


@pytest.mark.parametrize("text", ["ada", "ada@localhost", "ada@reader.test", "Ada <ada@reader.example>", ""])
def test_what_is_no_address_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not a mail address: "):
        address_from(text)
