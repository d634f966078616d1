"""Names are right or absent: what is none, and which part of one is given."""

import pytest

from pressrun.model.personalnames import first_name_of, given_name_in, joined_name, known_first_name, name_in, parts_in

NO_NAMES = (
    *"N/A n/a NA - -- . ? null NULL None none nil undefined unknown Unbekannt inconnu 不明 *|FNAME|*".split(),
    "{{first_name}}",
    *"{name} %%FirstName%% %NAME% [NAME] [[name]] <name> ${name} $name$ #N/A #NAME? ##NAME## (none) Test test".split(),
    *"ann@reader.example https://reader.example www.reader.example reader.com 12345 +41-555-0100 NaN 0".split(),
    *"Dr. Mr Mrs. Frau Herr Prof.Dr.".split(),
    *("", " ", "Unknown Name", "No name", "Prof. Dr.", "first name", "not set", "Sr. Dr."),
)


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_is_no_name_is_none(text: str) -> None:
    assert name_in(text) == given_name_in(text) == first_name_of(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Ann",
            "Na",
            "Don",
            "O'Brien",
            "Mary Ann",
            "Jean-Luc",
            "Ünal",
            "太郎",
            "J.",
            "Dr. Ann Lee",
            "Lee, Ann",
            "Ngô",
        ),
        "Null-Smith",
    ],
)
def test_a_name_stays_as_it_is(text: str) -> None:
    assert name_in(f"  {text.replace(' ', '   ')} ") == text


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Mary Ann", "Mary Ann"),
        ("Dr. Ann", "Ann"),
        ("Mrs Ann", "Ann"),
        ("Don", "Don"),
        ("Jean-Luc", "Jean-Luc"),
        ("太郎", "太郎"),
        ("María José", "María José"),
        ("Lee, Ann", "Ann"),
    ],
)
def test_a_column_of_first_names_holds_them_whole(text: str, given: str) -> None:
    assert given_name_in(text) == given


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Lee, Ann", "Ann"),
        ("Lee , Mary Ann", "Mary Ann"),
        ("Lee, Dr. Ann", "Ann"),
        ("Lee, Ann, PhD", "Ann"),
        ("García Márquez, Gabriel", "Gabriel"),
        ("山田 太郎", "太郎"),
        ("山田　太郎", "太郎"),
        ("山田 太郎 様", "太郎"),
        ("やまだ たろう", "たろう"),
        ("김 민준", "민준"),
        ("王 小明", "小明"),
        # What does not say which part is which
        *((name, "") for name in "Ann Smith 山田太郎 김민준 Madonna".split()),
        *((name, "") for name in ("Ann Lee", "Nagy Ágnes", "Nguyễn Văn An", "Wang Xiaoming", "Prof. Dr. Müller")),
        *(
            (name, "")
            for name in ("ジョン スミス", "Ann and Bob Lee", "Lee, Ann & Bob", "Müller GmbH, Berlin", "The Lee Family")
        ),
        *(
            (name, "")
            for name in ("Smith, Jr.", "Lee,", ", Ann", "Lee, Ann, Bern", "Smith, Dr.", "Lee, 12", "山田 Taro")
        ),
    ],
)
def test_a_whole_name_gives_a_first_name_where_it_says_which_part_is_which(name: str, first: str) -> None:
    assert first_name_of(name) == first


@pytest.mark.parametrize(
    ("given", "family", "whole"),
    [
        ("Mary Ann", "Smith", "Mary Ann Smith"),
        ("太郎", "山田", "山田 太郎"),
        ("민준", "김", "김 민준"),
        ("ジョン", "スミス", "ジョン スミス"),
        ("Taro", "山田", "Taro 山田"),
        ("", "Smith", "Smith"),
        ("Ann", "", "Ann"),
        ("", "", ""),
    ],
)
def test_a_whole_name_is_in_the_order_of_its_script(given: str, family: str, whole: str) -> None:
    assert joined_name(given, family) == whole


def test_what_a_table_said_of_the_parts_counts_before_the_whole() -> None:
    assert known_first_name("Lee, Ann", {}) == "Ann"
    assert known_first_name("Lee, Ann", {"last_name": "Lee, Ann"}) == ""
    assert known_first_name("x", {"first_name": "Mary Ann", "last_name": "Smith"}) == "Mary Ann"
    assert known_first_name("x", {"first_name": "*|FNAME|*"}) == ""


def test_a_name_is_split_where_somebody_says_in_which_order_it_is() -> None:
    assert parts_in("Ann Lee", is_family_first=False) == ("Ann", "Lee")
    assert parts_in("Nagy Ágnes", is_family_first=True) == ("Ágnes", "Nagy")
    for name in ("Ann", "Mary Ann Smith", "Lee, Ann", "N/A", "Lee GmbH"):
        assert parts_in(name, is_family_first=False) is None
