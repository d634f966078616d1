"""Slots go through as words, and come out as what they stand for."""

from email.quoprimime import body_encode
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.model.slots import NAMES, Slot, as_written, filled, has_slots, slot_of, slots_in, slotted


@pytest.mark.parametrize("quotes", ['""', "''", "“”"])
def test_a_slot_is_written_with_a_name_and_a_fallback(quotes: str) -> None:
    assert slot_of(f"{{first_name, {quotes[0]}there{quotes[1]}}}") == Slot("first_name", "there")


@pytest.mark.parametrize("other", ["{}", "{dict}", '{nmae, "you"}', "{name,}", "{name, you}", "{{name}}", "{Name}"])
def test_other_braces_are_just_braces(other: str) -> None:
    assert filled(slotted(f"a {other} b"), {"name": "Ada"}) == (f"a {other} b" if other != "{{name}}" else "a {Ada} b")


def test_a_slot_is_filled_by_its_value_else_by_its_fallback_else_by_nothing() -> None:
    text = slotted('{first_name, "there"} {email} {unsubscribe_url}')

    assert filled(text, {"first_name": "Ada", "email": "ada@gazette.example"}) == "Ada ada@gazette.example "
    assert filled(text, {"first_name": ""}) == "there  "


def test_a_value_is_escaped_for_the_part_that_it_stands_in() -> None:
    assert filled(slotted("<p>{name}</p>"), {"name": '<b>&"'}, escape) == "<p>&lt;b&gt;&amp;&quot;</p>"


def test_a_value_within_an_address_is_percent_encoded() -> None:
    text = slotted('<a href="https://gazette.example/?e={email}&amp;n={name}">{name}</a>')

    assert filled(text, {"email": "a+b@gazette.example", "name": "A & B"}, escape) == (
        '<a href="https://gazette.example/?e=a%2Bb%40gazette.example&amp;n=A%20%26%20B">A &amp; B</a>'
    )


@pytest.mark.parametrize(
    "address",
    [
        "mailto:news@gazette.example?subject=Hi%20{name}",
        "HTTPS://gazette.example/?n={name}",
        "tel:{name}",
        "x-y:a{name}",
    ],
)
def test_a_value_adds_no_field_to_an_address_of_any_kind(address: str) -> None:
    value = "A&bcc=evil@x.example&body=<b>"

    result = filled(slotted(f'<a href="{address}">'), {"name": value}, escape)

    assert result == f'<a href="{address}">'.replace("{name}", quote(value, safe=""))


def test_an_address_within_an_address_is_encoded_and_what_begins_one_is_not() -> None:
    value = {"unsubscribe_url": "https://o.example/?a=1&b=2"}

    assert filled(slotted("https://x.example/?u={unsubscribe_url}&c=3"), value) == (
        "https://x.example/?u=https%3A%2F%2Fo.example%2F%3Fa%3D1%26b%3D2&c=3"
    )
    assert filled(slotted("{unsubscribe_url}&c=3"), value) == "https://o.example/?a=1&b=2&c=3"


def test_words_that_follow_an_address_without_a_space_are_words() -> None:
    text = slotted("见{browser_url}，{name}你好")

    assert filled(text, {"browser_url": "https://x.example/", "name": "张伟"}) == "见https://x.example/，张伟你好"


def test_a_backslash_keeps_braces() -> None:
    assert slotted('\\{name, "x"}') == '\\{name, "x"}'


def test_an_address_is_put_in_whole() -> None:
    text = slotted("({unsubscribe_url})")

    assert text.startswith("(https://")
    assert filled(text, {"unsubscribe_url": "https://gazette.example/u?a=1&b=2"}, escape) == (
        "(https://gazette.example/u?a=1&amp;b=2)"
    )
    assert filled(text, {"unsubscribe_url": "mailto:news@gazette.example"}) == "(mailto:news@gazette.example)"


def test_code_that_a_text_shows_is_kept() -> None:
    text = "{name} and `{name}`"

    assert filled(slotted(text, kept=[(11, 19)]), {"name": "Ada"}) == "Ada and `{name}`"


@given(text=st.text(alphabet='{}name, "first_"\'“”\n`é'))
def test_what_was_written_comes_back_to_the_letter(text: str) -> None:
    assert as_written(slotted(text)) == text


@given(value=st.text(max_size=40), name=st.sampled_from([name for name in NAMES if name != "email"]))
def test_no_value_brings_a_line_break_or_another_slot(value: str, name: str) -> None:
    hostile = f"{value}\r\nBcc: x {Slot('email').word}"

    result = filled(Slot(name).word, {name: hostile, "email": "secret@gazette.example"})

    assert "\n" not in result
    assert "\r" not in result
    assert "secret@gazette.example" not in result


def test_a_word_that_only_looks_like_a_slot_is_left_alone() -> None:
    assert filled("qslotqffq qslotq6162q", {}) == "qslotqffq qslotq6162q"
    assert not has_slots("qslotqffq")


@given(fallback=st.text(st.characters(exclude_characters="{}\n\"“”'", exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_a_word_is_of_ascii_letters_and_digits_and_tells_its_slot(fallback: str) -> None:
    word = Slot("name", fallback).word

    assert word.isascii()
    assert word.isalnum()
    assert slots_in(word) == [Slot("name", fallback)]
    assert body_encode(word[:70]) == word[:70]
