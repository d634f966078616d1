"""Text cut to length and broken into lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.model.widths import columns_of
from pressrun.rendering.text import cut_at_a_word, wrapped


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("short", 10, "short"),
        ("one two three", 9, "one two…"),
        ("one, two three", 5, "one…"),
        ("日本語の文章は空白で区切られない", 6, "日本語の文…"),
        ("Donaudampfschifffahrt", 8, "Donauda…"),
        ("e\u0301" * 10, 6, "e\u0301e\u0301…"),
    ],
)
def test_text_is_cut_at_a_word_where_there_are_words(text: str, limit: int, cut: str) -> None:
    assert cut_at_a_word(text, limit) == cut


@given(text=st.text(max_size=200), limit=st.integers(min_value=2, max_value=80))
def test_cut_text_is_never_too_long_and_begins_as_the_text_does(text: str, limit: int) -> None:
    cut = cut_at_a_word(text, limit)
    assert len(cut) <= limit
    assert text.startswith(cut.removesuffix("…")) or cut == text


def test_lines_break_at_spaces_and_hang() -> None:
    assert wrapped("one two three four", 9, "* ", "  ") == "* one two\n  three\n  four"


def test_an_address_is_never_broken() -> None:
    address = "https://gazette.example/" + "long/" * 20
    assert wrapped(f"see {address} there", 40).split("\n") == ["see", address, "there"]


def test_a_script_without_spaces_breaks_between_its_characters() -> None:
    lines = wrapped("日本語の文章は空白で区切られない、と言う。", 20).split("\n")
    assert len(lines) > 1
    assert all(columns_of(line) <= 22 for line in lines)
    assert not any(line.startswith(("、", "。")) for line in lines)


@given(text=st.text(max_size=300), width=st.integers(min_value=5, max_value=80))
def test_wrapping_loses_no_word(text: str, width: int) -> None:
    assert "".join(wrapped(text, width).split()) == "".join(text.split())


def test_no_line_ends_in_an_opening_bracket() -> None:
    """UAX #14, class OP."""
    for size in range(30, 40):
        assert not any(line.endswith("「") for line in wrapped("あ" * size + "「いう」。", 72).split("\n"))


def test_an_emoji_of_a_family_is_not_taken_apart() -> None:
    family = "👨\u200d👩\u200d👧"
    assert cut_at_a_word("x" + family * 10, 20).rstrip("…").removeprefix("x") == family * 3
