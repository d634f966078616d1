"""Dates as they are written, and which moments they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NEW_YORK
from pressrun.content.source import moments
from pressrun.content.source.moments import moment_written


@given(
    day=st.from_regex(r"[12][09][0-9]{2}-[01][0-9]-[0-3][0-9]", fullmatch=True),
    hour=st.sampled_from(["00", "23", "24", "09"]),
    second=st.sampled_from(["00", "59", "60"]),
    offset=st.sampled_from(["Z", "+00:00", "-00:00", "+23:59", "+24:00", "-12:60", "+05:30", "-04:00"]),
)
def test_a_whole_date_is_read_at_once_as_it_is_part_by_part(day: str, hour: str, second: str, offset: str) -> None:
    text = f"{day}T{hour}:30:{second}{offset}"
    at_once = moment_written(text, NEW_YORK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "_WHOLE", re.compile("(?!)"))
        assert repr(moment_written(text, NEW_YORK)) == repr(at_once)
