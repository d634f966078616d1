"""The plain text of a letter, made for people who read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import an_outline
from pressrun.model.publication import TextLinks
from pressrun.model.slots import Slot
from pressrun.model.widths import columns_of
from pressrun.press.newsletter.plaintext import NumberedLinks, plain_text, settled, tidy


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("One\ntwo.\n\nThree.", "One two.\n\nThree."),
        ("# Title\n\nText.", "Title\n-----\n\nText."),
        ("### Small\n\nText.", "Small\n\nText."),
        ("*a* **b** `c` ~~d~~", "_a_ *b* c ~~d~~"),
        ("line  \nbreak", "line\nbreak"),
        ("- a\n- b\n  - c\n- d", "* a\n* b\n  * c\n* d"),
        ("- a\n\n- b", "* a\n\n* b"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- [x] a\n- [ ] b", "* [x] a\n* [ ] b"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("```\nx = {{ 1 }}\n\n    y\n```", "    x = {{ 1 }}\n\n        y"),
        ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
        (
            "[a](https://x.example/1) and [b](https://x.example/2), [a](https://x.example/1)",
            "a [1] and b [2], a [1]\n\n[1] https://x.example/1\n[2] https://x.example/2",
        ),
        ("<https://x.example/>", "https://x.example/"),
        ("[x.example](https://x.example/)", "https://x.example/"),
        ("<a@x.example>", "a@x.example"),
        ("![A house](h.png)\n\n![](h.png)", "[Picture: A house]"),
        ("a[^1]\n\n[^1]: b", "a (note 1)\n\nNote 1: b"),
        ("| a | bb |\n|---|---:|\n| ccc | 1 |", "a    bb\n---  --\nccc   1"),
        ("<div>raw <b>html</b> &amp; more</div>", "raw html & more"),
        ("a<br>b <i>c</i>", "a\nb c"),
        ('<a href="https://x.example/?a&amp;b">words</a>', "words [1]\n\n[1] https://x.example/?a&b"),
        ('<iframe src="https://x.example/"></iframe>', "[1]\n\n[1] https://x.example/"),
        ("[b](javascript:x)", "b"),
        ("> a\n>\n> > b", "> a\n>\n>> b"),
        ("\\> not a quote", " > not a quote"),
        ("Hello <script>alert(1)</script> <style>p{}</style> world", "Hello world"),
        ("a <img src='c.png' alt='A cat'> b", "a [Picture: A cat] b"),
        (
            '<p>one <a href="https://a.example">first</a> and\n<a\nhref="https://b.example">second</a></p>\n<p>two</p>',
            "one first [1] and second [2]\ntwo\n\n[1] https://a.example\n[2] https://b.example",
        ),
        ("<details><summary>Sum</summary>text</details>", "Sum\ntext"),
        ("<div>a<!-- hidden --><br>b<script>x</script></div>", "a\nb"),
        ("a[^1]\n\n[^1]: b\n\nlast", "a (note 1)\n\nlast\n\nNote 1: b"),
        ("> [!WARNING]\n> Ice.", "> *Warning*\n>\n> Ice."),
        ("", ""),
    ],
)  # fmt: skip
def test_every_piece_of_markdown_reads_well(markdown: str, text: str) -> None:
    assert plain_text(an_outline(markdown)) == text


def test_a_table_that_is_too_wide_becomes_lines() -> None:
    table = "| Name | What it is |\n|---|---|\n| One | " + "word " * 20 + "|\n| Two | short |"
    assert plain_text(an_outline(table), width=40).endswith("Name: Two\nWhat it is: short")


def test_lines_of_quotes_and_lists_stay_within_the_width() -> None:
    words = "word " * 40
    text = plain_text(an_outline(f"> {words}\n\n1. {words}\n   - {words}\n"), width=40)
    assert max(len(line) for line in text.split("\n")) <= 40


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=300))
def test_no_line_of_prose_is_too_long(text: str) -> None:
    prose = "".join(character if character.isalnum() or character == " " else " " for character in text)
    for line in plain_text(an_outline(f"x {prose}")).split("\n"):
        assert columns_of(line) <= 74 or " " not in line.strip()


def test_text_is_tidy() -> None:
    assert tidy("\n\na  \n\n\n\nb\n \n") == "a\n\nb\n"


def test_lines_of_a_paragraph_flow_and_no_others() -> None:
    """RFC 3676: a space at a line's end says that the next belongs to it."""
    words = "word " * 12
    markdown = f"{words}\n\n- {words}\n\n> {words}\n\n```\n{words}\n```\n"

    text = tidy(plain_text(an_outline(markdown), width=30))

    flowing = [line for line in text.split("\n") if line.endswith(" ")]
    assert flowing == ["word word word word word word ", "> word word word word word ", "> word word word word word "]
    assert settled(text) == "\n".join(line.rstrip() for line in text.split("\n"))


def test_a_line_of_chinese_does_not_flow_for_joining_would_put_a_space_in_it() -> None:
    assert " \n" not in tidy(plain_text(an_outline("文章は空白で区切られない" * 9), width=30))


def test_links_can_be_told_at_once() -> None:
    markdown = "[a](https://x.example/1), <https://x.example/2>"
    assert (
        plain_text(an_outline(markdown), NumberedLinks(TextLinks.INLINE))
        == "a <https://x.example/1>, https://x.example/2"
    )


def test_numbers_go_on_from_part_to_part_and_each_part_has_the_notes_that_it_needs() -> None:
    links = NumberedLinks()
    plain_text(an_outline("[a](https://x.example/1) [b](https://x.example/2)"), links)

    text = plain_text(an_outline("[b](https://x.example/2) [c](https://x.example/3)"), links)

    assert text == "b [2] c [3]\n\n[2] https://x.example/2\n[3] https://x.example/3"


def test_a_slot_is_as_wide_as_its_fallback() -> None:
    slot = Slot("first_name", "you").word
    assert plain_text(an_outline(f"| {slot} | b |\n|---|---|\n| c | d |")).split("\n")[1] == "---  -"
    assert plain_text(an_outline(f"## Hi {slot}")).split("\n")[1] == "------"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x" * 70 + " > c d e", ["x" * 70 + " >", "c d e"]),
        ("x" * 70 + " -- yyy", ["x" * 70 + " --", "yyy"]),
        ("x" * 66 + " 10\u00a0000\u00a0€", ["x" * 66, "10\u00a0000\u00a0€"]),
        ("x" * 70 + "👩\u200d💻", ["x" * 70, "👩\u200d💻"]),
        ("x" * 69 + "👍🏽", ["x" * 69, "👍🏽"]),
    ],
)
def test_a_line_breaks_only_where_nobody_misreads_it(text: str, lines: list[str]) -> None:
    assert [line.rstrip() for line in tidy(plain_text(an_outline(text))).rstrip("\n").split("\n")] == lines
