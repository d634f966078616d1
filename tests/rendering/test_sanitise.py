"""What of a story's HTML may reach a feed, a page and a letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from pressrun.rendering.markdown import html_of
from pressrun.rendering.sanitise import SCHEMES, TAGS, has_lost_address, removals, sanitised, text_of


def clean(html: str) -> str:
    return str(sanitised(html, lambda url: f"https://gazette.example/{url}", "story-"))


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<a href=' javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
        "<style>body{display:none}</style>",
        "<p style='background:url(javascript:alert(1))'>x</p>",
        "<form action='https://evil.example'><input name=password><button>x</button></form>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<base href='https://evil.example/'>",
        "<object data='javascript:alert(1)'></object>",
        "<embed src='javascript:alert(1)'>",
        "<video onplay=alert(1)><source src=x onerror=alert(1)></video>",
        "<details ontoggle=alert(1) open>x</details>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        '<iframe src="x" title=\'"><img src=y onerror=alert(1)>\'></iframe>',
        "[x](javascript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x][y]\n\n[y]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
    ],
)
def test_nothing_that_runs_comes_through(attack: str) -> None:
    result = clean(html_of(attack))
    tree = lxml_html.fragment_fromstring(result, create_parent="div")

    for element in tree.iter():
        assert element.tag in TAGS | {"div"}
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            if name in ("href", "src"):
                assert value.split(":")[0] in SCHEMES


@pytest.mark.parametrize(
    ("markdown", "kept"),
    [
        ("| a |\n|:-:|\n| 1 |", '<td style="text-align:center">1</td>'),
        ("```c++\nx\n```", '<code class="language-c++">'),
        ("- [x] done", '<input disabled="" type="checkbox" checked="">'),
        ("a[^1]\n\n[^1]: b", '<div class="footnote-definition" id="story-1">'),
        ("3. a", '<ol start="3">'),
        ("<kbd>x</kbd> H<sub>2</sub>O", "<p><kbd>x</kbd> H<sub>2</sub>O</p>"),
        ('<p dir="rtl" lang="ar">x</p>', '<p dir="rtl" lang="ar">x</p>'),
        ("> [!WARNING]\n> x", '<blockquote class="markdown-alert-warning">'),
        ("[x](mailto:a@b.example)", '<a href="mailto:a@b.example">x</a>'),
    ],
)
def test_what_markdown_makes_survives(markdown: str, kept: str) -> None:
    assert kept in clean(html_of(markdown))


@pytest.mark.parametrize("tag", ["iframe", "video", "audio", "embed", "object"])
def test_what_is_embedded_becomes_a_link_to_it(tag: str) -> None:
    attribute = "data" if tag == "object" else "src"
    closing = "" if tag == "embed" else f"</{tag}>"
    html = f'<p>a</p>\n<{tag} {attribute}="https://film.example/?a=1&amp;b=2" width="5">inside{closing}\n<p>b</p>'
    link = '<a href="https://film.example/?a=1&amp;b=2">https://film.example/?a=1&amp;b=2</a>'

    assert link in clean(html)
    assert "inside" not in clean(html) or tag == "embed"


def test_an_input_is_a_task_s_box_or_nothing_a_person_could_fill() -> None:
    assert clean("<input name=password type=text value=x>") == '<input type="checkbox" disabled="">'


def test_ids_are_prefixed_because_two_stories_share_a_letter() -> None:
    assert clean('<h2 id="part">x</h2>') == '<h2 id="story-part">x</h2>'


def test_a_lost_address_is_noticed() -> None:
    assert has_lost_address(sanitised(html_of("[x](javascript:x)"), str, ""))
    assert has_lost_address(sanitised(html_of("![x](javascript:x)"), str, ""))
    assert not has_lost_address(sanitised(html_of("[x](https://x.example) <abbr>a</abbr> ![x](y.png)"), str, ""))


@pytest.mark.parametrize(
    ("html", "place", "sentence"),
    [
        ("<b>x</b> <script>y</script>", (9, 8), "<script> is removed"),
        ("<p\nonclick=x>", (0, 2), "the attribute onclick of <p> is removed"),
        ("<a href='javascript:x'>", (0, 23), "the address javascript:x of <a> is removed"),
        ("<iframe src=x></iframe>", (0, 14), "<iframe> is shown as a link to its address"),
        ('<div class="callout">', (0, 21), 'class="callout" of <div> is removed'),
        ('<td style="color: red">', (0, 23), "all of <td>'s style but text-align is removed"),
    ],
)
def test_what_is_removed_is_told_with_its_place(html: str, place: tuple[int, int], sentence: str) -> None:
    assert list(removals(html)) == [(*place, sentence)]


@pytest.mark.parametrize("html", ["<!-- a comment -->", "<b>x</b>", '<td style="text-align: right">', "<br/>", "</p>"])
def test_what_stays_is_not_told(html: str) -> None:
    assert list(removals(html)) == []


@given(st.text(alphabet=st.sampled_from("<>/=\"' abimgsrcpthfiv:;&#x41onscript()\n"), max_size=120))
def test_any_html_comes_out_with_allowed_tags_only(html: str) -> None:
    result = clean(html)
    for element in lxml_html.fragment_fromstring(result, create_parent="div").iter():
        assert element.tag in TAGS | {"div"}
    list(removals(html))


def test_the_words_of_html() -> None:
    assert text_of("<p>One &amp; <b>two</b></p>\n<p>three</p>") == "One & two three"


@pytest.mark.parametrize(
    ("html", "sentence"),
    [
        ("<?php echo 1 ?>", "<?php echo 1  … is removed"),
        ("<![CDATA[x]]>", "<![ … is removed"),
        ("<!-- never closed\n<b>x</b>", "this comment is never closed, and takes all that follows with it"),
        ('<input type="text">', "<input> is shown as a box that cannot be ticked"),
    ],
)
def test_what_vanishes_without_being_a_tag_is_told_too(html: str, sentence: str) -> None:
    assert sentence in [each for _, _, each in removals(html)]


@pytest.mark.parametrize("tag", ["a href", "img src"])
def test_a_host_of_another_script_is_written_so_that_every_program_finds_it(tag: str) -> None:
    assert "https://xn--bcher-kva.example/%C3%BC?q" in clean(f'<{tag}="https://b%C3%BCcher.example/%C3%BC?q">')
    assert "https://xn--bcher-kva.example" in clean(f'<{tag}="https://bücher.example">')
    assert "https://plain.example/%C3%BC" in clean(f'<{tag}="https://plain.example/%C3%BC">')


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("http://user:pw@bücher.example:8080/", "http://user:pw@xn--bcher-kva.example:8080/"),
    ],
)
def test_a_host_keeps_its_name_and_what_stands_beside_it(written: str, url: str) -> None:
    assert f'href="{url}"' in clean(f'<a href="{written}">x</a>')


@pytest.mark.parametrize("before", ["", "<iframe src=y></iframe><video src=y></video>"])
def test_embeds_that_are_never_closed_are_links_however_many(before: str) -> None:
    # Work that grew by the square of these would not end while anyone waited.
    html = clean(before + "<iframe src=x>" * 100_000 + "<video src=x>" * 100_000)
    assert html.count('<a href="https://gazette.example/x">') == 200_000
    assert html.count('<a href="https://gazette.example/y">') == 2 * bool(before)
