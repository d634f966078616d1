"""Markdown as HTML and as a tree."""

import pytest

from pressrun.rendering.markdown import html_of, tree_of


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
