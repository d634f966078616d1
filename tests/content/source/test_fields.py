"""YAML and TOML read as text, every value with its place."""

import pytest

from builders import a_source
from pressrun.content.source.fields import Field, quoted, yaml_fields
from pressrun.content.source.toml import toml_fields


def tree(text: str) -> object:
    field, problems = yaml_fields(a_source(text))
    assert problems == []
    assert field is not None
    return field.text_tree()


def codes(text: str) -> list[str]:
    return [problem.code for problem in yaml_fields(a_source(text))[1]]


@pytest.mark.parametrize("written", ["no", "12:30", "1.10", "0o17", "1_000", "2014-01-13", "on", "1e3", "0x1F"])
def test_yaml_1_1_does_not_turn_text_into_something_else(written: str) -> None:
    assert tree(f"title: {written}\ntags: [{written}]") == {"title": written, "tags": [written]}


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_a_field_without_a_value_holds_nothing(written: str) -> None:
    assert tree(f"title: {written}") == {"title": None}


def test_an_empty_text_is_not_nothing() -> None:
    assert tree('summary: ""') == {"summary": ""}


def test_a_value_knows_its_line_column_and_width() -> None:
    field, _ = yaml_fields(a_source("title: x\ndate: 12th May\n"))
    assert field is not None
    assert isinstance(field.value, dict)
    date = field.value["date"]

    assert (date.position.line, date.position.column, date.position.width) == (2, 7, 8)
    assert date.position.excerpt == "date: 12th May"
    assert date.key is not None
    assert (date.key.line, date.key.column) == (2, 1)


def test_columns_count_characters_not_bytes() -> None:
    field, _ = yaml_fields(a_source("{é: ü, 日本: x}"))
    assert field is not None
    assert isinstance(field.value, dict)
    assert field.value["日本"].position.column == 12


def test_a_repeated_key_is_told_and_the_first_holds() -> None:
    field, problems = yaml_fields(a_source("title: one\ndate: x\ntitle: two\n"))

    assert [problem.code for problem in problems] == ["repeated-key"]
    assert problems[0].position.line == 3
    assert field is not None
    assert field.text_tree() == {"title": "one", "date": "x"}


def test_an_alias_repeats_what_it_names() -> None:
    assert tree("a: &a [x, y]\nb: *a") == {"a": ["x", "y"], "b": ["x", "y"]}


def test_a_merge_key_adds_what_is_not_there() -> None:
    assert tree("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3") == {"a": {"x": "1", "y": "2"}, "b": {"y": "2", "x": "3"}}


def bomb(levels: int = 9) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    assert codes(bomb()) == ["alias-bomb"]


def test_an_alias_inside_of_itself_is_refused() -> None:
    assert codes("a: &a [*a]") == ["alias-bomb"]


def test_deep_nesting_is_refused_where_the_library_alone_would_end_the_process() -> None:
    assert codes("a: " + "[" * 100_000) == ["yaml-syntax"]


@pytest.mark.parametrize(
    "text",
    [
        "title: one: two",
        'title: "open',
        "\ttitle: x",
        "- a list",
        "just words",
        "a: *nobody",
        "a: !!python/object:os.system x",
        "a: !own x",
        "? [a, b]\n: c",
        "a: b\n---\nc: d",
        "title: @x",
        "a: [b",
    ],
)
def test_what_is_not_yaml_or_not_named_fields_is_a_problem_and_not_a_traceback(text: str) -> None:
    field, problems = yaml_fields(a_source(text))

    assert [problem.code for problem in problems] == ["yaml-syntax"]
    assert field is None or text.count("---")


def test_an_empty_document_has_no_fields() -> None:
    assert tree("") == {}
    assert tree("# nothing yet\n") == {}


def test_unquoted_values_can_be_had_as_yaml_1_2_means_them() -> None:
    field, _ = yaml_fields(a_source('a: true\nb: "true"\nc: 12\nd: 1.5\ne: no\nf: [1, x]\ng: {h: false}\ni:\nj: 012'))
    assert field is not None
    assert field.native() == {
        "a": True,
        "b": "true",
        "c": 12,
        "d": 1.5,
        "e": "no",
        "f": [1, "x"],
        "g": {"h": False},
        "i": None,
        "j": 12,
    }


def toml(text: str) -> tuple[Field | None, list[str]]:
    field, problems = toml_fields(a_source(f"+++\n{text}\n+++\n"), text, 2)
    return field, [str(problem) for problem in problems]


def test_toml_values_come_as_the_text_that_was_written() -> None:
    field, problems = toml(
        'title = "no"\ndate = 2014-01-13T09:30:00-05:00\nday = 2014-01-13\ndraft = true\nweight = 1.10\n'
        'tags = ["a", "b"]\n[extra]\nnumber = 3'
    )
    assert problems == []
    assert field is not None
    assert field.text_tree() == {
        "title": "no",
        "date": "2014-01-13 09:30:00-05:00",
        "day": "2014-01-13",
        "draft": "true",
        "weight": "1.10",
        "tags": ["a", "b"],
        "extra": {"number": "3"},
    }
    assert field.native() == {**field.text_tree(), "draft": True, "weight": 1.1, "extra": {"number": 3}}  # type: ignore[dict-item]


def test_a_toml_value_knows_its_line() -> None:
    field, _ = toml('title = "x"\n\ndate = 2014-01-13')
    assert field is not None
    assert isinstance(field.value, dict)
    assert field.value["date"].position.line == 4


@pytest.mark.parametrize(("text", "line"), [("title = one", 2), ("a = 1\nb = [", 3)])
def test_broken_toml_is_told_at_its_line(text: str, line: int) -> None:
    field, problems = toml(text)

    assert field is None
    assert problems[0].startswith(f"content/stories/2026-05-12-moving-house.md:{line}:")
    assert "[toml-syntax]" in problems[0]


def test_toml_nested_without_end_is_a_problem() -> None:
    assert "[toml-syntax]" in toml("a = " + "[" * 5000)[1][0]


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "no",
        "1.10",
        "a: b",
        '"quoted"',
        "it's",
        "",
        "two\nlines",
        "# x",
        "- x",
        "12:30",
        "~",
        "[x]",
        "a #b",
    ],
)
def test_quoted_text_comes_back_from_yaml(text: str) -> None:
    assert tree(f"title: {quoted(text)}") == {"title": text}
    assert "\n" not in quoted(text)


def test_a_repeated_key_of_toml_is_told() -> None:
    field, problems = toml("a = 1\na = 2")
    assert field is None
    assert "[repeated-key]" in problems[0]


def test_a_toml_name_below_a_table_is_not_taken_for_the_one_above() -> None:
    field, _ = toml('title = "x"\n[extra]\ntitle = "y"\n[[extra.list]]\n"title" = "z"')
    assert field is not None
    assert isinstance(field.value, dict)
    assert field.value["title"].position.line == 2
    extra = field.value["extra"].value
    assert isinstance(extra, dict)
    assert extra["title"].position.line == 4


def test_line_ends_that_only_yaml_knows_do_not_shift_the_lines() -> None:
    field, _ = yaml_fields(a_source("a: 'x\u2028y'\nb: z"))
    assert field is not None
    assert isinstance(field.value, dict)
    assert field.value["b"].position.line == 2


def test_a_quote_that_is_never_closed_is_told_where_it_was_opened() -> None:
    _, problems = yaml_fields(a_source('a: x\nb: "open\nc: y\n'))
    assert [(problem.position.line, problem.position.column) for problem in problems] == [(2, 4)]


def test_what_quoted_yaml_spells_out_is_checked_too() -> None:
    assert codes('a: {b: ["\\x07"]}') == ["control-character"]


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a" + ".a" * 3000 + " = 1"])
def test_toml_without_end_is_a_problem(text: str) -> None:
    assert "[toml-syntax]" in toml(text)[1][0]
