"""What is between two marks is found as `re` finds it, and in one pass."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.model.spans import ByteOffsets, Covered, Spans

PAIRS = (("<!--", "-->"), ("<s\\b", ">", "</s>"), ("\\{%", "%\\}"))
AS_A_PATTERN = re.compile("|".join(".*?".join(pair) for pair in PAIRS), re.DOTALL)
TEXTS = st.lists(st.sampled_from(["<!--", "-->", "<s", " ", ">", "</s>", "{%", "%}", "-", "x", "\n"])).map("".join)


@given(text=TEXTS)
def test_the_same_is_found_as_by_a_pattern(text: str) -> None:
    found = [(span.start, span.end) for span in Spans(*PAIRS).finditer(text)]

    assert found == [each.span() for each in AS_A_PATTERN.finditer(text)]


@given(text=TEXTS)
def test_the_same_is_replaced_as_by_a_pattern(text: str) -> None:
    replaced = Spans(*PAIRS).sub(lambda span: f"[{span.whole}]", text)

    assert replaced == AS_A_PATTERN.sub(lambda found: f"[{found.group()}]", text)


@given(text=TEXTS)
def test_a_closing_mark_may_be_the_end(text: str) -> None:
    found = [(span.start, span.end) for span in Spans(("<!--", r"-->|\Z")).finditer(text)]

    assert found == [each.span() for each in re.finditer(r"<!--.*?(?:-->|\Z)", text, re.DOTALL)]


def test_a_stretch_knows_its_parts() -> None:
    (span,) = Spans(*PAIRS).finditer("a <s x>b</s> c")

    assert (span.opening, span.inside, span.closing, span.kind) == ("<s x>", "b", "</s>", 1)


@pytest.mark.parametrize("openings", [10, 1000])
def test_what_is_missing_is_looked_for_once(openings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = Spans(("<!--", "-->"))
    looked = []
    original = Spans._span
    monkeypatch.setattr(Spans, "_span", lambda *given: looked.append(1) or original(*given))

    assert list(spans.finditer("<!--" * openings)) == []
    assert len(looked) == 1


@given(text=TEXTS)
def test_by_line_the_same_is_found_as_in_each_line_alone(text: str) -> None:
    found = [(span.start, span.end) for span in Spans(*PAIRS).finditer_by_line(text)]

    assert found == [each.span() for each in re.finditer(AS_A_PATTERN.pattern, text)]


@given(text=st.text())
def test_bytes_are_counted_as_they_are_written(text: str) -> None:
    bytes_in = ByteOffsets(text)

    written = [len(text[:number].encode()) for number in range(len(text) + 1)]
    assert [bytes_in[number] for number in range(len(text) + 1)] == written


@given(stretches=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))), number=st.integers(0, 30))
def test_what_is_covered_lies_in_some_stretch(stretches: list[tuple[int, int]], number: int) -> None:
    real = [(start, end) for start, end in stretches if start < end]

    assert (number in Covered(real)) == any(start <= number < end for start, end in real)
