"""premailer behind its door."""

import os
import re
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.press.newsletter.inline import Unreadable, inlined, style_element_faults, style_sheet_faults
from pressrun.press.newsletter.sheetlimits import beyond_limits

CSS_PIECES = [
    *("p", ".a", "#b", "[c=d]", ":not(", "::x", "*", ">", "+", "~", ",", "{", "}", "(", ")", "[", "]", ";", ":", "!"),
    *(
        "@media ",
        "@import ",
        "@x",
        "@",
        "lo@r",
        "!important",
        "url(",
        "rgb(1,2)",
        "calc(",
        "#12g",
        "1px",
        "-",
        "--",
        "/",
    ),
    *(
        "/*",
        "*/",
        "<!--",
        "-->",
        "\\",
        '"',
        "'",
        "\n",
        " ",
        "color",
        "é",
        "\x00",
        "U+1",
        "\\61",
        "=",
        "$",
        "%",
        "&",
        "0",
    ),
]

PAGE = (
    '<!DOCTYPE html>\n<html><head><style>{css}</style><style data-premailer="ignore">{head}</style></head>'
    "<body>{body}</body></html>"
)


def page(css: str = "", head: str = "", body: str = "<p class='x'>a</p>") -> str:
    return PAGE.format(css=css, head=head, body=body)


def test_rules_move_into_the_elements() -> None:
    html = inlined(page("p { color: #ff0000; margin: 0 }", body="<p>a</p>"))
    assert '<p style="color:#ff0000; margin:0">a</p>' in html
    assert "<style>p" not in html


def test_what_depends_on_the_screen_stays_as_it_was_written() -> None:
    head = "@media (prefers-color-scheme: dark) { .x { color: #fff !important } }"
    html = inlined(page(".x { color: #000 }", head))
    assert f"<style>{head}</style>" in html
    assert 'class="x"' in html


def test_important_rules_stay_important() -> None:
    assert "color:#000 !important" in inlined(page(".x { color: #000 !important }"))


def test_no_attribute_is_forced_from_css() -> None:
    html = inlined(
        page(
            "img { height: auto; width: 100% } td { background-color: #fff; text-align: left }",
            body='<img src="x" alt="" width="600"><table><tr><td>a</td></tr></table>',
        )
    )
    assert 'height="auto"' not in html
    assert 'width="600"' in html
    assert "bgcolor" not in html
    assert "align=" not in html


def test_the_doctype_and_outlook_s_comments_stay() -> None:
    html = inlined(
        page(body="<!--[if mso]><table><tr><td><![endif]--><p>a</p><!--[if mso]></td></tr></table><![endif]-->")
    )
    assert html.startswith("<!DOCTYPE html>\n<html>")
    assert "<!--[if mso]><table><tr><td><![endif]-->" in html


def test_inlining_styles_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    html = inlined(
        page(
            '@import url("https://x.example/a.css"); p { color: #000 }',
            body='<link rel="stylesheet" href="https://x.example/b.css"><p>a</p>',
        )
    )
    assert '<p style="color:#000">' in html


def test_letters_of_every_script_stay_letters() -> None:
    assert "<p>日本 😀 é &amp; &lt;</p>" in inlined(page(body="<p>日本 😀 é &amp; &lt;</p>"))


@pytest.mark.parametrize(
    ("css", "line", "column"),
    [
        ("a { color: #000 }\n}\nb { color: #000 }", 2, 1),
        ("a { color #000 }", 1, 15),
        ("p { color: #000 }\n\na >> b { color: #000 }", 3, 4),
        ("p { color: #000 }\n@media screen {\n  p { color: #fff }\n", 2, 15),
        ("a {", 1, 3),
    ],
)
def test_a_style_sheet_that_does_not_parse_is_told_at_its_line(css: str, line: int, column: int) -> None:
    assert [fault[:2] for fault in style_sheet_faults(css)] == [(line, column)]


@pytest.mark.parametrize(
    "css",
    [
        "",
        "/* { */ a { color: #000 }",
        ".x::before { content: '{' }",
        "td { mso-line-height-rule: exactly; -webkit-text-size-adjust: 100% }",
        "@media (prefers-color-scheme: dark) { .x { color: #fff !important } }",
        "u + .body .x { width: calc(100% - 2px); background: linear-gradient(#fff, #000) }",
        "[data-ogsc] .x { color: #fff }",
        ":root { color-scheme: light dark }",
    ],
)
def test_a_sound_style_sheet_has_no_fault(css: str) -> None:
    assert style_sheet_faults(css) == []


@pytest.mark.parametrize(
    "rule",
    [
        '@import url("https://x.example/a.css");',
        "@font-face { font-family: x }",
        "@supports (a: b) { p { color: #fff } }",
    ],
)
def test_a_rule_that_would_be_lost_is_told(rule: str) -> None:
    faults = style_sheet_faults(f"p {{ color: #000 }}\n{rule}")
    assert [fault[:2] for fault in faults][-1:] == [(2, 1)]
    assert "newsletter-head.css" in faults[-1][2]


def test_a_rule_that_cannot_be_inlined_may_stand_in_the_head() -> None:
    assert style_sheet_faults("@font-face { font-family: x }", inlines=False) == []


@pytest.mark.parametrize(
    ("css", "place"),
    [
        ("p { color: #000 }\n\n  :is(p, q) .x { color: #fff }", (3, 8)),
        ('[title="a,b"] { color: #fff }', (1, 1)),
        ("p:not(.x) { color: #fff }", (1, 1)),
        (".a,\n tr:nth-child(2) { color: #fff }", (2, 2)),
        ("p { color: #000 }\n* { color: #fff }", (2, 1)),
        (".a > * { color: #fff }", (1, 1)),
        ("P { color: #fff }", (1, 1)),
        (".a > Td { color: #fff }", (1, 1)),
        ('[DIR="rtl"] { color: #fff }', (1, 1)),
    ],
)
def test_a_selector_that_would_be_misread_is_told(css: str, place: tuple[int, int]) -> None:
    (fault,) = style_sheet_faults(css)
    assert fault[:2] == place
    assert fault[2].startswith("Selector")


def test_in_the_head_every_selector_may_stand() -> None:
    assert style_sheet_faults("p:not(.x), * { color: #fff }", inlines=False) == []


@pytest.mark.parametrize(
    "css",
    [
        "a:hover { color: #fff }",
        "a::after { color: #fff }",
        "td:last-child, tr:first-child { color: #fff }",
        "/* a, b */ p, q { color: #fff }",
        "@media print { p:not(.x), * { color: #fff } }",
        '[dir="rtl"].x > p + q, .Big #Id { color: #fff }',
    ],
)
def test_a_selector_that_moves_or_stays_as_it_should_has_no_fault(css: str) -> None:
    assert style_sheet_faults(css) == []


@pytest.mark.parametrize(
    ("heavier", "lighter"),
    [
        ("[title].x", ".x"),
        (".x > p", "p"),
        ("div > p", ".unused, p"),
        ("p#a", ".x p.y.z"),
        ("p:first-child", "p"),
    ],
)
def test_the_heavier_selector_wins_wherever_it_stands(heavier: str, lighter: str) -> None:
    body = '<div class="x" title="t"><p id="a" class="y z">a</p></div>'
    target = "div" if heavier.startswith("[") else "p"
    first = inlined(page(f"{heavier} {{ color: #111111 }} {lighter} {{ color: #222222 }}", body=body))
    last = inlined(page(f"{lighter} {{ color: #222222 }} {heavier} {{ color: #111111 }}", body=body))
    for html in (first, last):
        element = re.search(rf"<{target} [^>]*>", html)
        assert element is not None
        assert "color:#111111" in element.group()


@pytest.mark.parametrize(
    ("css", "style"),
    [
        ("p { margin-top: 5px } .x { margin: 0 } p.x { margin-top: 9px }", "margin:0; margin-top:9px"),
        (
            "p { border: 0 } .x { border-top: 1px solid } p.x { border: 2px solid }",
            "border-top:1px solid; border:2px solid",
        ),
        ("p { color: #000000 !important } .x { color: #ffffff }", "color:#000000 !important"),
    ],
)
def test_what_wins_stands_last(css: str, style: str) -> None:
    assert f'style="{style}"' in inlined(page(css))


def test_what_an_element_said_itself_wins() -> None:
    html = inlined(page("p { margin: 0; color: #000000 }", body='<p style="margin-top: 5px">a</p>'))
    assert 'style="margin:0; color:#000000; margin-top:5px"' in html


@pytest.mark.parametrize("css", [".a + { color: #fff }", ".a,, .k { color: #fff }"])
def test_half_a_selector_is_told(css: str) -> None:
    assert style_sheet_faults(css) != []


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    css = "".join(f".x{number}, a:hover {{ color: #0000{number:02}; margin: {number}px }}" for number in range(20))
    body = '<a class="' + " ".join(f"x{number}" for number in range(20)) + '">a</a>'
    script = f"from pressrun.press.newsletter.inline import inlined; print(inlined({page(css, body=body)!r}))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("css", "place"),
    [
        ("p { color: #000 }\n.a { color: rgb(1,2) }", (2, 1)),
        ("p { color: #000 }\n/* never closed\nq { color: #000 }", (2, 1)),
        ("p { color: #000 }\nq { color: #12263g; }", (2, 12)),
        ("p { color: #000 }\nq { color: ; }", (2, 5)),
        ("p { color: #000 !importent }", (1, 18)),
        ("p { color: #000 }\nq { co@lor: red }", (2, 7)),
        ("p { color: \0; }", (1, 12)),
        ("p { a: " + "(" * 30 + ")" * 30 + " }", (1, 27)),
        ("p { a: b }\n" * 5000, (4546, 6)),
    ],
)
def test_a_value_that_the_library_stumbles_over_is_told(css: str, place: tuple[int, int]) -> None:
    assert [fault[:2] for fault in style_sheet_faults(css)] == [place]


def test_the_library_s_own_complaints_stay_silent(capfd: pytest.CaptureFixture[str]) -> None:
    style_sheet_faults("p { color #000 }")
    inlined(page("p { color: #12263g; background }"))
    assert capfd.readouterr() == ("", "")


def test_whatever_cssutils_raises_is_one_kind_of_error() -> None:
    for css in (
        "p { co@lor: red }",
        "p { color: rgb(1,2) }",
        "p { a: " + "(" * 1000,
        "p { a: b }" * 10_000,
        "p { \0 }",
    ):
        with pytest.raises(Unreadable):
            inlined(page(css))


def test_style_elements_that_cannot_be_read_have_a_place() -> None:
    html = "<html>\n<head><style>\np { a: b }\n q { co@lor: red }\n</style></head></html>"

    assert style_element_faults(html) == [(4, 2, "this cannot be read as CSS")]


@given(css=st.lists(st.sampled_from(CSS_PIECES), max_size=40).map("".join))
def test_any_style_sheet_is_moved_or_has_a_fault(css: str) -> None:
    """Nothing that somebody writes into a style sheet is a traceback."""
    assert all(line >= 1 and column >= 1 and message for line, column, message in style_sheet_faults(css))
    try:
        inlined(page(css))
    except Unreadable:
        assert style_element_faults(page(css)) or beyond_limits(css)
