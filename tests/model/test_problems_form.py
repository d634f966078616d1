"""How a Problem reads."""

import pytest

from pressrun.model.problems import ContentError, Position, Problem, Severity, errors_in, in_file_order


def a_problem(**changes: object) -> Problem:
    values = {
        "position": Position("content/stories/2026-05-12-launch.md", 4, 7, 8, "date: 12th May"),
        "code": "story-date",
        "message": '"12th May" is not a date',
        "hint": "write 2026-05-12, or with a time 2026-05-12T09:30+02:00",
    }
    return Problem(**{**values, **changes})  # type: ignore[arg-type]


def test_a_problem_reads_the_way_compilers_print_so_that_editors_jump() -> None:
    assert str(a_problem()) == (
        'content/stories/2026-05-12-launch.md:4:7: error: "12th May" is not a date [story-date]\n'
        "    4 | date: 12th May\n"
        "      |       ^^^^^^^^\n"
        "  hint: write 2026-05-12, or with a time 2026-05-12T09:30+02:00"
    )


def test_without_an_excerpt_or_a_hint_it_is_one_line() -> None:
    problem = a_problem(position=Position("content/x"), hint=None, severity=Severity.WARNING)
    assert str(problem) == 'content/x:1:1: warning: "12th May" is not a date [story-date]'


@pytest.mark.parametrize(
    ("excerpt", "column", "width", "shown"),
    [
        ("日本語 x", 5, 1, ["    1 | 日本語 x", "      |        ^"]),
        ("\ttitle: x", 2, 5, ["    1 |  title: x", "      |  ^^^^^"]),
        ("e\u0301e\u0301 x", 6, 1, ["    1 | e\u0301e\u0301 x", "      |    ^"]),
        ("a \x1b[31m b", 3, 5, ["    1 | a \\u001b[31m b", "      |   ^^^^^^^^^^"]),
        ("x", 9, 1, ["    1 | x", "      |  ^"]),
    ],
)
def test_the_marker_stands_under_what_is_meant(excerpt: str, column: int, width: int, shown: list[str]) -> None:
    assert a_problem(position=Position("x", 1, column, width, excerpt), hint=None).details == shown


def test_a_long_line_is_cut_around_what_is_meant() -> None:
    line = "a" * 500 + " HERE " + "b" * 500
    excerpt, marker = a_problem(position=Position("x", 1, 502, 4, line), hint=None).details
    assert len(excerpt) < 130
    assert excerpt[marker.index("^") : marker.rindex("^") + 1] == "HERE"


def test_problems_come_in_file_order_and_each_once() -> None:
    def at(file: str, line: int) -> Problem:
        return a_problem(position=Position(file, line))

    problems = [at("b", 1), at("a", 9), at("a", 2), at("b", 1)]
    assert [(each.position.file, each.position.line) for each in in_file_order(problems)] == [
        ("a", 2),
        ("a", 9),
        ("b", 1),
    ]


def test_only_errors_stop_a_run() -> None:
    warning = a_problem(severity=Severity.WARNING)
    assert errors_in([warning, a_problem()]) == [a_problem()]


def test_a_content_error_says_all_of_them() -> None:
    error = ContentError([a_problem(), a_problem(position=Position("a", 1), hint=None)])
    assert str(error).count("[story-date]") == 2
    assert len(error.problems) == 2
