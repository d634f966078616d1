"""What readers of a text would stumble over is told at its place; what is meant so is not."""

from collections.abc import Mapping

import pytest

from builders import a_rendered_story, a_story, an_outline, some_targets
from pressrun.model.problems import Position, Severity
from pressrun.rendering.checks import (
    LONGEST_ALT,
    address_findings,
    fragment_findings,
    has_lost_fragment,
    ids_in,
    line_findings,
    picture_findings,
    placeholder_findings,
    summary_findings,
    text_findings,
)
from pressrun.rendering.links import Resolver
from pressrun.rendering.words import EMPTY_LINKS, SHORTENERS, says_nothing

HERE = Position("content/x.md", 2, 8)


def codes(body: str, language: str = "en") -> list[str]:
    return [problem.code for problem in text_findings(an_outline(body), language)]


def places(body: str) -> list[tuple[int, int, int]]:
    findings = text_findings(an_outline(body), "en")
    return [(each.position.line, each.position.column, each.position.width) for each in findings]


# The words of links


@pytest.mark.parametrize("words", ["here", "Click here!", "» read more «", "*here*", "This link", "[more]", "HERE"])
def test_a_link_that_says_nothing_is_told(words: str) -> None:
    assert codes(f"[{words}](https://x.example/)") == ["link-text"]


@pytest.mark.parametrize(
    ("words", "language"),
    [("hier", "de-AT"), ("Weiterlesen", "de"), ("En savoir plus", "fr"), ("cliquez ici", "fr-CA"), ("Leer más", "es"),
     ("aquí", "es"), ("lees verder", "nl"), ("here", "de"), ("plus d’infos", "fr")],
)  # fmt: skip
def test_each_language_has_words_of_its_own(words: str, language: str) -> None:
    assert codes(f"[{words}](https://x.example/)", language) == ["link-text"]


@pytest.mark.parametrize("words", ["plus", "hier", "the here and now", "1", "→", "more than this", "Download", "§ 4"])
def test_a_link_that_says_something_is_not_told(words: str) -> None:
    assert codes(f"[{words}](https://x.example/)") == []


def test_no_language_lists_a_word_twice() -> None:
    for language, words in EMPTY_LINKS.items():
        listed = words.split(", ")
        assert len(listed) == len(set(listed))
        assert all(says_nothing(word, language) for word in listed)


def test_a_long_address_as_words_is_a_hint() -> None:
    address = f"https://x.example/{'a' * 60}"
    (problem,) = text_findings(an_outline(f"<{address}> <https://x.example/short>"), "en")

    assert (problem.code, problem.severity) == ("link-text", Severity.HINT)


@pytest.mark.parametrize(
    "body",
    ["[](https://x.example/)", '<a href="https://x.example/"></a>', 'A <a href="https://x.example/"> </a> b',
     '<div>\n<a href="https://x.example/"><b></b></a>\n</div>'],
)  # fmt: skip
def test_a_link_without_words_is_told(body: str) -> None:
    assert codes(body) == ["link-empty"]


@pytest.mark.parametrize(
    "body",
    ["[![Snow](snow.png)](https://x.example/)", '<a href="https://x.example/"><img src="a.png" alt="Snow"></a>',
     '<a name="part"></a>', '<a id="part">', "<!-- <a href='x'></a> -->", "`<a href='x'></a>`",
     '<div>\n<a href="x"><img src="a.png" alt="Snow"></a>\n</div>', 'A <a href="x">**snow**</a>'],
)  # fmt: skip
def test_a_link_that_shows_something_or_leads_nowhere_is_not_told(body: str) -> None:
    assert codes(body) == []


def test_the_place_of_a_link_in_raw_html_is_its_own() -> None:
    assert places('Ä <a href="x">here</a>\n\n<div>\n<!-- ü --> <a\nhref="x">here</a>\n</div>') == [
        (1, 3, 20),
        (4, 12, 2),
    ]


# The addresses of links


def test_a_link_that_can_be_read_on_the_way_is_told_once_a_host() -> None:
    body = "[a](http://example.org/a) [b](HTTP://example.org/b) [c](http://example.com/)"
    findings = list(text_findings(an_outline(body), "en"))

    assert [(each.code, each.severity, each.position.column) for each in findings] == [
        ("link-insecure", Severity.HINT, 1),
        ("link-insecure", Severity.HINT, 53),
    ]


@pytest.mark.parametrize(
    "url",
    ["https://example.org/", "http://localhost:8000/", "http://127.0.0.1/", "http://[::1]/", "http://printer.local/",
     "http://192.168.1.1/", "http://x.example/", "http://abc.onion/", "http://printer/", "http:///", "http://[",
     "page.md"],
)  # fmt: skip
def test_what_stays_in_the_house_or_is_encrypted_is_not_told(url: str) -> None:
    assert list(address_findings(url, HERE)) == []


@pytest.mark.parametrize("host", [*sorted(SHORTENERS), "www.bit.ly", "BIT.LY"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_link_that_hides_where_it_leads_is_told(scheme: str, host: str) -> None:
    assert [problem.code for problem in address_findings(f"{scheme}://{host}/x", HERE)] == ["link-shortener"]


@pytest.mark.parametrize("url", ["https://bit.ly.example/", "https://nobit.ly/", "https://youtu.be/x"])
def test_hosts_that_only_sound_like_it_are_not_told(url: str) -> None:
    assert list(address_findings(url, HERE)) == []


def test_a_picture_that_pages_will_not_show_is_a_warning() -> None:
    (problem,) = text_findings(an_outline("![Snow](http://example.org/snow.png)"), "en")

    assert (problem.code, problem.severity) == ("link-insecure", Severity.WARNING)


# Parts of pages


LINK = "https://gazette.example/stories/snow/"
OTHER = "https://gazette.example/stories/ferry/"


def lost(body: str, ids: Mapping[str, frozenset[str]]) -> list[tuple[str, str | None]]:
    targets = some_targets({"stories/snow.md": "/stories/snow/", "stories/ferry.md": "/stories/ferry/"})
    resolver = Resolver(targets, "stories/snow.md", LINK, "snow-")
    return [(each.message, each.hint) for each in fragment_findings(an_outline(body), resolver, ids)]


IDS = {LINK.rstrip("/"): frozenset({"snow-deep", "snow-über"}), OTHER.rstrip("/"): frozenset({"ferry-times"})}


def test_a_part_that_is_not_there_is_told() -> None:
    assert lost("[a](#nowhere) [b](ferry.md#fares)", IDS) == [
        ('nothing here has the id "nowhere"', "write it behind a heading: ## Heading {#nowhere}"),
        ('nothing on that page has the id "fares"', "write it behind a heading: ## Heading {#fares}"),
    ]


def test_a_heading_that_other_tools_would_have_found_is_named() -> None:
    assert lost("[a](#the-quay)\n\n### The quay ###", IDS)[0][1] == (
        "write the id behind the heading: ### The quay {#the-quay}"
    )


def test_a_slip_in_an_id_is_named() -> None:
    assert lost("[a](#depp)", IDS)[0][1] == "did you mean #deep?"


def test_parts_that_are_there_and_pages_that_nobody_knows_are_not_told() -> None:
    body = (
        "[a](#deep) [b](ferry.md#times) [c](/stories/ferry#times) [d](#über) [e](https://x.example/#y) [f](#:~:text=a)"
    )
    assert lost(body, IDS) == []


def test_only_a_text_that_has_lost_something_is_looked_at_closely() -> None:
    assert has_lost_fragment(f'<a href="{LINK}#snow-x">', IDS)
    assert not has_lost_fragment(f'<a href="{LINK}#snow-deep"> <a href="{LINK}">', IDS)
    assert ids_in('<h2 id="a">A</h2> <p id="b&amp;c">') == {"a", "b&c"}


# Headings


def test_a_heading_of_the_titles_level_is_told_once() -> None:
    (problem,) = text_findings(an_outline("# A\n\n# B\n\nC\n=\n"), "en")

    assert problem.message == "this heading is of level 1, as the story's title is (and 2 more like it)"


@pytest.mark.parametrize("body", ["## A\n\n#### B", "### A", "<h2>A</h2>\n\n<h4>B</h4>", "## A\n\n<h5>B</h5>"])
def test_a_level_that_is_left_out_is_told(body: str) -> None:
    assert codes(body) == ["heading-order"]


@pytest.mark.parametrize(
    "body",
    ["## A\n\n### B\n\n#### C\n\n## D\n\n### E", "A\n-\n\n### B", "```\n# A\n#### B\n```", "<!-- <h1>A</h1> -->"],
)
def test_headings_in_order_are_not_told(body: str) -> None:
    assert codes(body) == []


# Pictures


@pytest.mark.parametrize(
    "alt",
    ["image", "A photo", "IMG_1234", "img-20260501-wa0003", "DSC01234.JPG", "snow.png",
     "Screenshot 2026-05-12 at 10.03.22", "a-snow", "Bild 3", "untitled", "Foto"],
)  # fmt: skip
def test_a_text_that_does_not_say_what_is_shown_is_told(alt: str) -> None:
    (problem,) = picture_findings(alt, "../images/a-snow.png", HERE)
    assert problem.code == "alt-meaningless"


@pytest.mark.parametrize(
    "alt",
    [
        "",
        "Snow",
        "A photo of snow",
        "A diagram of how snow.png is made",
        "P",
        "Photo finish",
        "Picture postcards",
        "1812",
    ],
)
def test_a_text_that_says_what_is_shown_is_not_told(alt: str) -> None:
    assert list(picture_findings(alt, "../images/snow.png", HERE)) == []


def test_a_name_is_what_a_portrait_says() -> None:
    assert list(picture_findings("Ada", "../images/Ada.png", HERE)) == []


def test_a_very_long_text_is_a_hint() -> None:
    assert list(picture_findings("a " * (LONGEST_ALT // 2), "snow.png", HERE)) == []
    (problem,) = picture_findings("a " * LONGEST_ALT, "snow.png", HERE)

    assert (problem.code, problem.severity) == ("alt-long", Severity.HINT)


# Gaps


GAPS = ["[NAME]", "[YOUR NAME]", "[INSERT LINK HERE]", "*|FNAME|*", "%%first_name%%", "{{ name }}", "{{site.url}}",
        "{{ page.date | date: '%Y' }}", "Lorem ipsum", "TODO:", "XXX:", "TKTK", "TKTKTK",
        "[[The other note]]", "[[map.png]]", "%% do not print: the source is Bob %%"]  # fmt: skip


@pytest.mark.parametrize("words", ["Write here.", "The opening words."])
def test_the_starters_own_words_are_reported_where_they_are_a_paragraph(words: str) -> None:
    (problem,) = text_findings(an_outline(f"One.\n\n{words}\n"), "en")
    assert (problem.code, problem.position.line) == ("placeholder-left", 3)
    assert list(text_findings(an_outline(f"He said: {words}\n\n    {words}\n"), "en")) == []


@pytest.mark.parametrize(
    "address", "TODO todo #TODO https://TODO FIXME TBD TK your-link-here INSERT_URL link-here".split()
)
def test_a_link_without_an_address_yet_is_reported(address: str) -> None:
    assert [each.code for each in placeholder_findings(an_outline(f"See [the pass]({address})."))] == [
        "placeholder-left"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "`if [[ -f x ]]` and\n\n    [[ -f x ]]\n",
        "A note [[1]](https://example.org/) and [[2]][2]\n\n[2]: https://example.org/two\n",
        "50%% and 60%%",
        "[todo](https://todo.example/) and [link](/link/) and [url](#url)",
        "a[[0]] is a list",
        "100 % % 3",
    ],
)
def test_what_only_looks_like_a_gap_is_left_alone(text: str) -> None:
    assert list(placeholder_findings(an_outline(text))) == []


@pytest.mark.parametrize("gap", GAPS)
def test_what_was_left_to_be_filled_in_is_told(gap: str) -> None:
    (problem,) = text_findings(an_outline(f"Dear {gap} and all,"), "en")

    assert (problem.position.column, problem.position.width) == (6, len(gap))
    assert [each.code for each in line_findings([(f"A {gap}", HERE)])] == ["placeholder-left"]


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize(
    "form", ["`{}`", "    {}", "```\n{}\n```", "<!-- {} -->", "<pre>{}</pre>", "<code>{}</code> a"]
)
def test_what_is_shown_as_code_or_is_a_comment_is_not_told(form: str, gap: str) -> None:
    assert codes(form.format(gap)) == []


@pytest.mark.parametrize(
    "text",
    ["[sic] [PDF] [1] [UPDATE]", "Super Bowl XXX", "A todo: later", "100%% sure, 5%%", r"\frac{{a}}{{b}} $x_{{ij}}$",
     "[NAME](https://x.example/)", "[NAME][1]\n\n[1]: https://x.example/", "[NAME]\n\n[NAME]: https://x.example/",
     r"\{{ name }} \*|FNAME|\*", "{name}", "TK 421", "[^NAME]\n\n[^NAME]: Ada", "{% raw %}{{ name }}{% endraw %}"],
)  # fmt: skip
def test_what_only_looks_like_a_gap_is_not_told(text: str) -> None:
    assert codes(text) == []


# Summaries


def summaries(made: str, html: str, **changes: object) -> list[str | None]:
    rendered = a_rendered_story(summary=made, html=html)
    return [each.message for each in summary_findings(a_story(**changes), rendered, HERE)]


LONG = f"<p>{'All that the snow brought to the quay. ' * 5}</p>"


def test_a_summary_that_says_almost_nothing_is_told() -> None:
    said = "lists of stories, feeds and inboxes show {} of this story"
    assert summaries("What it brought:", LONG) == [said.format('only "What it brought:"')]
    assert summaries("", LONG) == [said.format("nothing")]
    assert len(summaries("All that the long winter has brought to the quay:", "")) == 1


def test_a_short_story_and_a_summary_of_its_own_are_not_told() -> None:
    assert summaries("It thaws.", "<p>It thaws.</p>") == []
    assert summaries("What it brought:", LONG, summary="What it brought:") == []
    assert summaries("", LONG, summary="") == []
    assert summaries("Snow.", LONG, description="Snow.") == []
    assert summaries("Snow.", LONG, body="Snow.\n\n<!-- more -->\n\nMuch of it.") == []


# Emphasis that is shown


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("**注意：**後面", (1, 7)),
        ("See **this.**now", (5, 9)),
        ("a ** b ** c", (3, 7)),
        ("**one.**two **three**", (1, 8)),
    ],
)
def test_stars_that_markdown_leaves_are_reported(text: str, columns: tuple[int, int]) -> None:
    (problem,) = text_findings(an_outline(text), "zh")
    assert problem.code == "emphasis-shown"
    assert (problem.position.column, problem.position.width) == columns


@pytest.mark.parametrize(
    "text",
    [
        r"\*\*a\*\* b",
        "```\n/** a */ **b.**c\n```",
        "`**a.**b`",
        "2**3",
        "**bold** and **more**",
        "a *** b *** c",
        "* * *",
        "**注意**：後面",
        "x ** y",
    ],
)
def test_stars_that_are_meant_are_left_alone(text: str) -> None:
    assert list(text_findings(an_outline(text), "en")) == []
