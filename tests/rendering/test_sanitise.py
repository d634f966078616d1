"""What of a story's HTML may reach a feed, a page and a letter."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from pressrun.rendering import sanitise
from pressrun.rendering.markdown import html_of
from pressrun.rendering.plainhtml import cleaned_plain, plain_words
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


class Asked:
    """Makes addresses absolute in one way, and knows which it was asked for."""

    def __init__(self, way: Callable[[str], str | None]) -> None:
        self.way = way
        self.addresses: dict[str, None] = {}

    def __call__(self, url: str) -> str | None:
        self.addresses[url] = None
        return self.way(url)


def unfit(url: str) -> str:
    raise OSError(url)


WAYS: list[Callable[[str], str | None]] = [
    lambda url: f"https://gazette.example/{url}",
    lambda url: f"http://127.0.0.1:8000/{url}",
    lambda url: f"https://gazette.example/x?a&b=&amp;#{url}",
    lambda url: f"https://b%C3%BCcher.example/{url}",
    lambda url: f"https://bücher.example/{url}",
    lambda url: f"javascript:{url}",
    lambda url: url,
    lambda url: f'https://gazette.example/"<{url}>\xa0',
    lambda _: None,
]


def compare(html: str, way: Callable[[str], str | None]) -> bool:
    """Whether *html* is plain; fails where that changes anything."""
    quick, slow = Asked(way), Asked(way)
    plain = cleaned_plain(html, quick)
    cleaned = sanitise._cleaned(html, slow, "story-")
    for text in (html, cleaned):
        words = plain_words(text)
        assert words is None or words == sanitise._words_of(text)
    if plain is not None:
        assert plain == cleaned
        assert list(quick.addresses) == list(slow.addresses)
    # Where it is not plain after all, nobody was asked for an address who would not be asked anyway.
    assert list(quick.addresses) == list(slow.addresses)[: len(quick.addresses)]
    return plain is not None


MARKDOWN = (
    "a¦b c¦*¦**¦_¦~~¦`¦```¦\n¦\n\n¦- ¦1. ¦3) ¦> ¦# ¦## ¦    ¦\t¦[x](¦)¦[¦]¦[^1]¦[^1]: ¦ {#id}¦|¦\n---\n¦\\¦  \n¦- [ ] ¦"
    "[x](https://x.example/a?b=1&c=2)¦[y](/p/q)¦[*z*](a%20b#c)¦<https://u.example>¦<a.b@c.example>¦![p](q.png)¦"
    "&amp;¦&lt;¦&nbsp;¦&copy;¦&¦<¦>¦\"¦'¦ü¦日本¦\xa0¦\u200d¦\ufeff¦\x0c¦\x0b¦\x01¦\x7f¦\x85¦\u2028¦\0¦\r¦"
    '<b>¦</b>¦<p>¦</p>¦<a href="¦">¦</a>¦<br>¦<hr />¦<em>¦</em>¦<!--¦-->¦<script>¦<li>¦<ul>¦<pre>¦<code>¦<table>'
).split("¦")
NAMES = "p h1 h2 em strong del ul ol li blockquote code pre a table td div svg b sub select plaintext".split()
ADDRESSES = (
    "https://x.example/ /y?a=1&amp;b //x.y/ mailto:a@b.c?subject=x ./ https://1.2.3/ https://a.b:70/# https://xn--a.b/ "
    "http:x x&lt;y https://a_b.c/ https://-a.b/"
).split()
HTML = [
    *(f"<{name}>" for name in NAMES),
    *(f"</{name}>" for name in NAMES),
    *(f'<a href="{address}">' for address in ADDRESSES),
    *"<hr />¦<br />¦<hr>¦<br>¦</br>¦\n¦a¦ ¦&amp;¦&lt;¦&quot;¦&¦\"¦'¦>¦<¦&am¦p;¦lt;¦&nbsp;¦\xa0¦\0¦\r¦\ufeff".split("¦"),
    *'<pre><code>¦</code></pre>¦<h2 id="x">¦<ol start="3">¦<code class="language-c++">¦<p onclick="x">¦'.split("¦"),
    *'<a href="">¦<img src="x">¦<A HREF="x">'.split("¦"),
]
BALANCED = st.recursive(
    st.sampled_from(["a", "b &amp; c", "\n", "\xa0", "ü &lt;", " ", "<br />", "<hr />", ""]),
    lambda inside: st.builds(
        lambda tag, *parts: f"<{tag}>{''.join(parts)}</{tag.partition(' ')[0]}>",
        st.sampled_from([*NAMES[:13], 'a href="/x?y&amp;z"', 'a href="https://b.example"', 'ol start="2"']),
        inside,
        inside,
        inside,
    ),
)
WRITTEN = st.one_of(
    st.lists(st.sampled_from(MARKDOWN), max_size=30).map(lambda pieces: html_of("".join(pieces))),
    st.lists(st.sampled_from(HTML), max_size=12).map("".join),
    BALANCED,
    st.builds(
        lambda html, piece, at, width: html[:at] + piece + html[at + width :],
        BALANCED,
        st.sampled_from(HTML),
        st.integers(0, 80),
        st.integers(0, 2),
    ),
)


@given(html=WRITTEN, way=st.sampled_from(WAYS))
def test_what_is_found_plain_is_what_the_sanitiser_would_leave(html: str, way: Callable[[str], str | None]) -> None:
    compare(html, way)


@pytest.mark.parametrize(
    "markdown",
    [
        'One & *two* **three** ~~four~~ `five` "six" <https://seven.example> 8\xa0km',
        "# a\n\n## *b*\n\n- c\n  1. d\n\n     e\n- [f](g.md)\n\n> h\n> > i\n\n---\n\n3. j  \n   k",
        "    code <b>\n\n```c++\nx & y\n```",
        "[a](https://b.example/c?d=e&f=g#h) [i](mailto:j@k.example) [l](/m/?n#o) [p](#q)",
        "",
    ],
)
def test_what_markdown_makes_of_plain_text_is_plain(markdown: str) -> None:
    """Otherwise sanitising takes most of the time of a build."""
    assert compare(html_of(markdown), WAYS[0])


def test_plain_html_may_be_deep() -> None:
    assert compare("<blockquote>" * 1000 + "x" + "</blockquote>" * 1000, WAYS[0])


@pytest.mark.parametrize(
    "html",
    [
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java&#115;cript:alert(1)">x</a>',
        '<a href="JavaScript:alert(1)">x</a>',
        '<a href=" javascript:alert(1)">x</a>',
        '<a href="java\tscript:alert(1)">x</a>',
        '<a href="\x01javascript:alert(1)">x</a>',
        '<a href="vbscript:x">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="https://x.example" onmouseover=alert(1)>x</a>',
        '<a href="https://x.example"onmouseover="alert(1)">x</a>',
        "<a href='https://x.example'>x</a>",
        "<a href=https://x.example>x</a>",
        '<a href="https://x.example/ y">x</a>',
        '<a href="https://x.example\\@y.example">x</a>',
        '<a href="https://x@y.example/">x</a>',
        '<a href="https://b%C3%BCcher.example/">x</a>',
        '<a href="https://1.2.3.4.5/">x</a>',
        '<a href="https://0x7f.1/">x</a>',
        '<a href="https://xn--a/">x</a>',
        '<a href="https://x.example:99999/">x</a>',
        '<a href="https://[::1]/">x</a>',
        '<a href="/x&quot;y">x</a>',
        '<a href="/x&copy=y">x</a>',
        '<a href="/x"><a href="/y">z</a></a>',
        '<a href="/x"><em><a href="/y">z</a></em></a>',
        '<a href="/x">never closed',
        "<p onclick>x</p>",
        "<p/onclick>x</p>",
        "<p\nonclick=x>x</p>",
        "<P>x</P>",
        "<p >x</p>",
        "<p>x</p >",
        "<p>x",
        "</p><p>",
        "</p>",
        "<p><p>x</p></p>",
        "<p><ul><li>x</li></ul></p>",
        "<em>a<strong>b</em>c</strong>",
        "<li>x</li>",
        "<ul><p>x</p></ul>",
        "<h1><h2>x</h2></h1>",
        "<pre>\n<code>x</code></pre>",
        "<code><em>x</em></code>",
        '<ol start="1" onclick="x"></ol>',
        '<ol start="a"></ol>',
        '<code class="evil">x</code>',
        '<code class="language-x evil">x</code>',
        "<script>alert(1)</script>",
        "<script",
        "<p>x</p><script",
        "<svg><p>x</p></svg>",
        "<table><tr><td>x</td></tr></table>",
        "<!-- x -->",
        "<!DOCTYPE html>",
        "<?x?>",
        "<![CDATA[x]]>",
        "<p>&#60;script&#62;</p>",
        "<p>&lt</p>",
        "<p>&copy;</p>",
        "<p>a > b</p>",
        "<p>a < b</p>",
        "<<p>x</p>",
        "<p>x\0</p>",
        "<p>x\r\n</p>",
        "\ufeff<p>x</p>",
    ],
)
def test_what_is_not_plain_is_left_to_the_sanitiser(html: str) -> None:
    assert not compare(html, WAYS[0])


@pytest.mark.parametrize(
    "html",
    [
        "".join(f'<p><a href="/{number}">x</a></p>' for number in range(100_000)),
        f'<a href="https://{"a-" * 200_000}">x</a>',
        f'<a href="https://{"a." * 200_000}">x</a>',
        "<p>" * 200_000,
    ],
    ids=["links", "hyphens", "labels", "unbalanced"],
)
def test_a_look_at_a_long_text_takes_no_longer_than_it_has_to(html: str) -> None:
    # Work that grew by the square of these would not end while anyone waited.
    assert (cleaned_plain(html, WAYS[0]) is not None) == html.endswith("</p>")


def test_an_address_of_which_nothing_is_known_is_left_to_the_sanitiser() -> None:
    assert cleaned_plain('<a href="/x">y</a>', unfit) is None


@given(WRITTEN)
def test_the_words_are_the_same_however_they_are_found(html: str) -> None:
    assert text_of(html) == " ".join(sanitise._words_of(html))
