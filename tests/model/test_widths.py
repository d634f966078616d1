"""How wide text is: ASCII, East Asia, combining characters, and slots."""

import pytest

from pressrun.model.slots import slotted
from pressrun.model.widths import columns_of


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("plain", 5), ("日本", 4), ("ａ", 2), ("e\N{COMBINING ACUTE ACCENT}", 1), ("Köln 日", 7)],
)
def test_wide_characters_take_two_columns_and_combining_ones_none(text: str, columns: int) -> None:
    assert columns_of(text) == columns


def test_a_slot_is_as_wide_as_its_fallback() -> None:
    assert columns_of(slotted('Dear {first_name, "日本"}')) == 9
