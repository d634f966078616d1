"""What no text may hold is found, however it is looked for."""

from hypothesis import given
from hypothesis import strategies as st

from pressrun.model.characters import CONTROL, MARK, control_in

SIGNS = [*map(chr, range(0x100)), "qslot", "q", MARK, "ü", "日", "\ud7ff", "\ud800", "\ue000", "\ufeff", "\ufffe", "😀"]


@given(st.lists(st.sampled_from(SIGNS), max_size=4).map("".join) | st.text())
def test_a_quick_look_finds_every_control_character(text: str) -> None:
    found, first = control_in(text), CONTROL.search(text)
    assert (found and found.span()) == (first and first.span())
