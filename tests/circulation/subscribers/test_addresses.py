"""What is an address at a glance is one by email-validator, and the same."""

import unicodedata

import idna
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, reject
from hypothesis import strategies as st

from pressrun.circulation.subscribers.addresses import address_from, plain_address
from pressrun.model.mailaddress import EmailAddress, identity_of

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
        found = address_from(text).shown
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
        ("åDA@reader.example", "a\u030ada@reader.example"),
        ("kim@fuß.example", "KIM@xn--fu-hia.EXAMPLE"),
        ("kim@FUẞ.example", "kim@fuß.example"),
        ("kim@bücher。example", "kim@BÜCHER.example"),
        ("J\u030cim@reader.example", "j\u030cim@reader.example"),
    ],
)
def test_spellings_of_one_address_are_one_identity(one: str, other: str) -> None:
    assert address_from(one).identity == address_from(other).identity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kim@fuß.de", "kim@fuss.de"),
        ("x@σας.gr", "x@σασ.gr"),
        ("x@ΣΑΣ.gr", "x@σας.gr"),
        ("kim@i\u0307stanbul.example", "kim@istanbul.example"),
        ("ſusan@reader.example", "susan@reader.example"),
        ("ß@reader.example", "ss@reader.example"),
        ("ﬁona@reader.example", "fiona@reader.example"),
        ("µ@reader.example", "μ@reader.example"),
        ("Åda@reader.example", "åda@reader.example"),
        ("strasse@reader.example", "straße@reader.example"),
        ("İbo@reader.example", "ibo@reader.example"),
        ("k.im@reader.example", "kim@reader.example"),
        ("kim+news@reader.example", "kim@reader.example"),
    ],
)
def test_two_mailboxes_are_two_identities(one: str, other: str) -> None:
    assert address_from(one).identity != address_from(other).identity


@pytest.mark.parametrize("text", ["kim@ﬁsh.example", "kim@ｆｉｓｈ.example", "kim@xn--fuss-.example", "kim@①.example"])
def test_a_domain_is_not_mapped_into_another_one(text: str) -> None:
    with pytest.raises(ValueError, match="is not a mail address: "):
        address_from(text)


mailboxes = st.builds(
    lambda local, label: f"{local}@{label}.example",
    st.text("abkKsS.ſßẞÅåA\u030aJj\u030cµμǰﬁ", min_size=1, max_size=6),
    st.text("abkKsSßẞσςΣüÜ\u0308", min_size=1, max_size=5)
    | st.sampled_from(["xn--fu-hia", "fuß", "XN--FU-HIA", "FUẞ"]),
)


def mailbox(text: str) -> tuple[str, str]:
    """What the standards say that *text* is: its part before the @, and the domain as it is looked up in the DNS."""
    local, _, domain = unicodedata.normalize("NFC", text).rpartition("@")
    small = "".join(chr(ord(sign) + 32) if "A" <= sign <= "Z" else sign for sign in local)
    labels = unicodedata.normalize("NFC", "".join(sign.lower() for sign in domain))
    return unicodedata.normalize("NFC", small), idna.encode(labels).decode()


@given(mailboxes, mailboxes)
@example("J\u030c@a.example", "ǰ@a.example")
def test_two_texts_are_one_identity_exactly_where_they_are_one_mailbox(one: str, other: str) -> None:
    try:
        first, second = address_from(one), address_from(other)
    except ValueError:
        reject()
    assert (first.identity == second.identity) == (mailbox(one) == mailbox(other))


@given(mailboxes)
def test_an_address_is_the_same_however_it_was_kept(text: str) -> None:
    try:
        address = address_from(text)
    except ValueError:
        reject()
    for form in (address.shown, address.written, address.identity):
        assert EmailAddress.of_reader(form).identity == address.identity == identity_of(form)
    assert address_from(address.shown).shown == address.shown


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "a" * 40 + "(@b.org", "a." * 50_000 + "@b.org", " " * 100_000 + "@", "@" * 9_000]
)
def test_a_text_that_is_too_long_is_refused_before_it_is_looked_at(text: str) -> None:
    for parsed in (address_from, EmailAddress.parse, EmailAddress.of_reader):
        with pytest.raises(ValueError, match=r"mail address|cannot stand there") as refused:
            parsed(text)
        assert len(str(refused.value)) < 20_000


@pytest.mark.parametrize("text", ["ada", "ada@localhost", "ada@reader.test", "Ada <ada@reader.example>", ""])
def test_what_is_no_address_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not a mail address: "):
        address_from(text)
