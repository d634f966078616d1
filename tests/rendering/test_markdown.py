"""Markdown as HTML and as a tree."""

import pytest

from pressrun.rendering.markdown import html_of, large_table, tree_of


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("~~gone~~", "<p><del>gone</del></p>\n"),
        ("# T {#part}", '<h1 id="part">T</h1>\n'),
        ("| a |\n|--:|\n| 1 |", '<table><thead><tr><th style="text-align: right">a</th></tr></thead><tbody>\n'),
        ("```python\n{{ x }}\n```", '<pre><code class="language-python">{{ x }}\n</code></pre>\n'),
        ("- [x] done", '<ul>\n<li><input disabled="" type="checkbox" checked=""/>\ndone</li>\n</ul>\n'),
        (
            "> [!NOTE]\n> x",
            '<blockquote class="markdown-alert-note">\n<p><strong>Note</strong></p>\n<p>x</p>\n</blockquote>\n',
        ),
    ],
)
def test_what_github_adds_to_commonmark(markdown: str, html: str) -> None:
    assert html_of(markdown).startswith(html)


def test_footnotes_come_last_in_the_order_of_their_numbers() -> None:
    html = html_of("One[^b] two[^a].\n\n[^b]: Note b.\n\nThree.\n\n[^a]: Note a.\n\n    <div>More</div>\n")
    assert html.index("Three.") < html.index("Note b.") < html.index("Note a.")
    assert html.count("footnote-definition-label") == 2


def test_a_division_that_is_never_closed_does_not_lose_text() -> None:
    html = html_of("One[^b].\n\n[^b]: Note\n    <div>\n\nAfter.\n")
    assert "Note" in html
    assert "After." in html


def test_a_piece_of_the_tree_knows_its_bytes() -> None:
    body = "Grüße an [alle](x.md)!"
    link = next(node for node in tree_of(body).walk() if node.kind == "link")
    assert body.encode()[link.start : link.end].decode() == "[alle](x.md)"
    assert (link.url, link.plain()) == ("x.md", "alle")


def test_every_kind_of_piece_has_a_name() -> None:
    body = (
        "# H\n\nA *b* **c** ~~d~~ `e`[^1] <i>f</i> <a@b.example>  \nbreak\nsoft ![p](q.png)\n\n* * *\n\n"
        "> q\n\n- [ ] t\n\n3. n\n\n| a |\n|---|\n| b |\n\n    code\n\n<div>html</div>\n\n[^1]: note\n"
    )
    kinds = {node.kind for node in tree_of(body).walk()}
    assert kinds >= {
        "document", "heading", "paragraph", "emphasis", "strong", "strikethrough", "code", "footnote-mark", "html",
        "link", "hard-break", "soft-break", "picture", "rule", "quote", "list", "item", "task", "table", "table-head",
        "table-row", "table-cell", "code-block", "html-block", "footnote", "text",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("這個段落很長，\n一行寫不完。", "<p>這個段落很長，一行寫不完。</p>\n"),
        ("一**二**\n三", "<p>一<strong>二</strong>三</p>\n"),
        ("一\n[二](x)", '<p>一<a href="x">二</a></p>\n'),
        ("한국어\n띄어", "<p>한국어\n띄어</p>\n"),
        ("中文\nEnglish\n中文", "<p>中文\nEnglish\n中文</p>\n"),
        ("```\n一\n二\n```\n\n三\n四", "<pre><code>一\n二\n</code></pre>\n<p>三四</p>\n"),
        ("一  \n二", "<p>一<br />\n二</p>\n"),
        ("- 一\n- 二", "<ul>\n<li>一</li>\n<li>二</li>\n</ul>\n"),
    ],
)
def test_lines_of_chinese_and_japanese_are_joined_without_a_space(body: str, html: str) -> None:
    assert html_of(body) == html


def test_the_tree_too_joins_lines_of_chinese_and_japanese_without_a_space() -> None:
    assert tree_of("這個段落很長，\n一行**寫不完**。\nEnglish").plain() == "這個段落很長，一行寫不完。 English"


class TestTablesThatGrow:
    """Every row has as many cells as the first: a few kilobytes would be millions of cells."""

    @staticmethod
    def table(columns: int, rows: int) -> str:
        return f"{'|a' * columns}|\n{'|-' * columns}|\n{'|x|' + chr(10)}" + "|x|\n" * (rows - 1)

    def test_a_table_within_the_limit_is_one(self) -> None:
        body = self.table(130, 130)
        assert large_table(body) is None
        assert html_of(body).count("<td") == 130 * 130

    def test_beyond_it_no_table_is_made(self) -> None:
        for body in (self.table(300, 300), "> " + self.table(300, 300).replace("\n", "\n> "), self.table(20, 20) * 200):
            assert large_table(body) is not None
            assert "<td" not in html_of(body)
            assert all(node.kind != "table" for node in tree_of(body).walk())

    def test_many_small_tables_are_not_one_large_one(self) -> None:
        body = "\n".join([self.table(3, 10)] * 300)
        assert large_table(body) is None
        assert html_of(body).count("<table>") == 300
