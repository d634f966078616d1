"""Scripts without spaces between words, and what readers see as one character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.model.scripts import beginning_of, cut_before, with_folds_joined, with_lines_joined

CLUSTERS = [
    "é",
    "e\u0301",
    "👨\u200d👩\u200d👧",
    "👍🏽",
    "🇧🇪",
    "क्षि",
    "ノ\u0308",
    "a",
    "日",
    " ",
    "한",
    "\u1112\u1161\u11ab",
]


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("一行寫不完。\n最好", "一行寫不完。最好"),
        ("カタカナ\nひらがな", "カタカナひらがな"),
        ("一行，\n  「二行」", "一行，「二行」"),
        ("中文\nEnglish", "中文\nEnglish"),
        ("한국어\n띄어쓰기", "한국어\n띄어쓰기"),
        ("一\n\n二", "一\n\n二"),
        ("🎉\n🎉", "🎉\n🎉"),
        ("one\ntwo", "one\ntwo"),
    ],
)
def test_a_line_end_between_two_characters_of_a_script_without_spaces_goes(text: str, joined: str) -> None:
    assert with_lines_joined(text) == joined


def test_a_folded_text_keeps_the_spaces_that_were_written() -> None:
    assert with_folds_joined("東京 大阪 名古屋", "東京 大阪\n  名古屋") == "東京 大阪名古屋"


@given(st.lists(st.sampled_from(CLUSTERS), min_size=1, max_size=20), st.integers(0, 60))
def test_a_cut_falls_between_clusters(clusters: list[str], limit: int) -> None:
    text = "".join(clusters)
    ends = {0}
    for cluster in clusters:
        ends.add(max(ends) + len(cluster))
    kept = beginning_of(text, limit)
    assert text.startswith(kept)
    assert len(kept) <= limit
    assert len(kept) in ends or max(each for each in ends if each <= limit) == 0


def test_one_endless_cluster_is_cut_all_the_same() -> None:
    assert len(beginning_of("a" + "\u0301" * 100, 40)) == 40
    assert cut_before("abc", 99) == 3
