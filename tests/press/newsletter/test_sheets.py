"""A style sheet and a page, taken apart so that every piece knows its place."""

from hypothesis import given
from hypothesis import strategies as st

from pressrun.press.newsletter.markup import style_sheets_of, tags_of, without_jinja
from pressrun.press.newsletter.sheets import declarations_of, rules_of

SHEET = """\
@import url(a;b.css);
/* a { color: red; } */
.a, .b > c { color: #111; background: url("x;y.png") /* why */ no-repeat; margin:0 !important }
@media (prefers-color-scheme: dark) {
  .a { color: #eee; }
}
@font-face { font-family: "}" }
.broken
"""


def test_every_rule_comes_with_what_is_around_it() -> None:
    assert [(rule.prelude, rule.within) for rule in rules_of(SHEET)] == [
        ("@import url(a;b.css)", ()),
        (".a, .b > c", ()),
        ("@media (prefers-color-scheme: dark)", ()),
        (".a", ("@media (prefers-color-scheme: dark)",)),
        ("@font-face", ()),
    ]


def test_every_declaration_stands_where_it_says() -> None:
    rule = list(rules_of(SHEET))[1]

    assert [(each.name, each.value, each.important) for each in rule.declarations] == [
        ("color", "#111", False),
        ("background", 'url("x;y.png")   no-repeat', False),
        ("margin", "0", True),
    ]
    for each in rule.declarations:
        assert SHEET.startswith(f"{each.name}:", each.start)
    assert SHEET.startswith(rule.prelude, rule.start)


def test_a_style_attribute_is_declarations_without_braces() -> None:
    style = "color: red; ; nothing; Margin: 0"

    assert [(each.name, each.value, each.start) for each in declarations_of(style)] == [
        ("color", "red", 0),
        ("margin", "0", 23),
    ]


@given(st.text(alphabet="a{};:@/*\"' \n!-"))
def test_no_style_sheet_is_too_broken_to_be_looked_at(css: str) -> None:
    for rule in rules_of(css):
        for each in rule.declarations:
            assert css[each.start :].lower().startswith(each.name)


PAGE = """\
<td class='a' style="color: red"{% if b %} dir="rtl"{% endif %} hidden width=5>
<!-- <b> --><style>i > b { x: y }</style><script>if (a<b) c("<i>")</script></TD>
"""


def test_tags_come_with_their_attributes_and_neither_comments_nor_scripts_hold_any() -> None:
    tags = list(tags_of(without_jinja(PAGE)))

    assert [(tag.name, tag.closes) for tag in tags] == [
        ("td", False),
        ("style", False),
        ("style", True),
        ("script", False),
        ("script", True),
        ("td", True),
    ]
    assert {name: each.value for name, each in tags[0].attributes.items()} == {
        "class": "a",
        "style": "color: red",
        "dir": "rtl",
        "hidden": "",
        "width": "5",
    }
    assert PAGE.startswith("color: red", tags[0].attributes["style"].start)
    assert (tags[0].get("class"), tags[0].get("id")) == ("a", "")


def test_style_sheets_know_where_they_begin() -> None:
    ((start, css),) = style_sheets_of(PAGE)

    assert css == "i > b { x: y }"
    assert PAGE.startswith(css, start)


@given(st.text(alphabet="<>/a=\"'! -{}%#\n"))
def test_no_page_is_too_broken_to_be_looked_at(html: str) -> None:
    assert len(without_jinja(html)) == len(html)
    for tag in tags_of(html):
        assert html[tag.start] == "<"
        assert html[tag.end - 1] == ">"
