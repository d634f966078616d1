"""From a Story as written to what feeds, pages and letters show."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_publication, a_story, some_targets
from pressrun.model.problems import Position, Problem
from pressrun.model.story import Audio, RenderedStory, Story
from pressrun.rendering import pieces
from pressrun.rendering.links import Targets
from pressrun.rendering.markdown import FOOTNOTE
from pressrun.rendering.pieces import rendered_story
from pressrun.rendering.sanitise import text_of
from pressrun.rendering.text import cut_at_a_word

TARGETS = some_targets(
    {"stories/other.md": "/stories/other/"}, files=("images/house.png", "images/plan.svg", "papers/report.pdf")
)
LINK = "https://gazette.example/stories/moving-house/"


def render(story: Story, targets: Targets = TARGETS) -> tuple[RenderedStory, list[Problem]]:
    return rendered_story(story, targets, a_publication(), LINK)


def told(body: str) -> list[tuple[str, int, int, int]]:
    _, problems = render(a_story(body=body, body_line=10))
    return [
        (problem.code, problem.position.line, problem.position.column, problem.position.width) for problem in problems
    ]


def test_every_address_in_the_html_is_absolute() -> None:
    story, problems = render(
        a_story(body="[a](other.md) [b](#c) ![d](../images/house.png)\n\n<img src='/atom.xml' alt=''>")
    )

    assert problems == []
    assert 'href="https://gazette.example/stories/other/"' in story.html
    assert f'href="{LINK}#moving-house-c"' in story.html
    assert 'src="https://gazette.example/images/house.png"' in story.html


def test_a_picture_in_the_text_states_its_size() -> None:
    story, _ = render(
        a_story(body='![x "y" > z](../images/house.png)\n\n<img src="../images/house.png" alt="" width="9">')
    )

    assert 'alt="x &quot;y&quot; &gt; z" width="1200" height="675">' in story.html
    assert 'width="9">' in story.html
    assert [picture.source for picture in story.pictures] == ["images/house.png"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("Grüße\nan [alle](nowhere.md).", ("link-broken", 11, 4, 18)),
        ("![](../images/house.png)", ("picture-alt", 10, 1, 24)),
        ("Ünd ![x](none.png)", ("picture-missing", 10, 5, 14)),
        ("a\n\n<p>\n<script>x</script>\n</p>", ("html-removed", 13, 1, 8)),
        ("ä <b onclick=x>b</b>", ("html-removed", 10, 3, 13)),
        ("[x](javascript:y)", ("html-removed", 10, 1, 17)),
        ("![x](javascript:y)", ("html-removed", 10, 1, 18)),
        ("<img src='../images/house.png'>", ("picture-alt", 10, 1, 31)),
        ("a\n\n<p>\n<a href='nowhere.md'>x</a>", ("link-broken", 13, 10, 10)),
        ("<iframe src='https://x.example/'></iframe>", ("html-removed", 10, 1, 33)),
    ],
)
def test_a_fault_in_the_text_is_told_where_it_stands(body: str, problem: tuple[str, int, int, int]) -> None:
    assert told(body) == [problem]


@pytest.mark.parametrize(
    "body",
    [
        "`<script>`",
        "    <script>",
        "```html\n<script>\n```",
        "<https://x.example/>",
        "a < b and <3",
        "<!-- comment -->",
        '<img src="../images/house.png" alt="">',
        "\\[x](nowhere.md)",
        "<b>bold</b>",
    ],
)
def test_what_only_looks_like_a_fault_is_not_told(body: str) -> None:
    assert told(body) == []


def test_a_broken_address_is_told_wherever_it_stands() -> None:
    assert [line for _, line, _, _ in told("[a](no.md)\n\n[b](no.md)")] == [10, 12]


def test_an_address_that_markdown_changed_is_still_told() -> None:
    assert told("<a href='no&#46;md'>x</a>") == [("link-broken", 10, 1, 1)]


@pytest.mark.parametrize(
    ("fields", "summary"),
    [
        ({"summary": "In short."}, "In short."),
        ({"summary": ""}, ""),
        ({"description": "About it."}, "About it."),
        ({"body": "First *words*.\n\n<!-- more -->\n\nMore."}, "First words."),
        ({"body": "# Title\n\nOne[^1] & two.\n\n[^1]: Note.\n"}, "One & two."),
        ({"body": "- only\n- a list"}, "only a list"),
        ({"body": ""}, ""),
        ({"body": "word " * 100}, "word " * 59 + "word…"),
    ],
)
def test_what_stands_in_for_a_summary(fields: dict[str, str], summary: str) -> None:
    assert render(a_story(**fields))[0].summary == summary


def test_the_lead_picture_carries_its_text() -> None:
    story, problems = render(a_story(image="../images/house.png", image_alt="Our house"))

    assert problems == []
    assert story.picture is not None
    assert (story.picture.alt, story.picture.width) == ("Our house", 1200)
    assert not story.opens_with_picture


def test_a_lead_picture_that_the_text_shows_is_not_shown_twice() -> None:
    body = "![Our house](../images/house.png)"
    assert render(a_story(image="../images/house.png", image_alt="x", body=body))[0].opens_with_picture


def test_a_lead_picture_may_lie_among_the_static_files() -> None:
    targets = some_targets(files=("static/img/a.png",), static=("img/a.png",))
    story, problems = render(a_story(image="/img/a.png", image_alt="x"), targets)
    assert problems == []
    assert story.picture is not None
    assert (story.picture.url, story.picture.width) == ("https://gazette.example/img/a.png", 1200)
    assert story.pictures == ()


def test_beside_another_site_its_pictures_are_taken_on_trust() -> None:
    story, problems = render(a_story(image="/img/a.png", image_alt="x"), some_targets(is_whole=False))
    assert problems == []
    assert story.picture is not None
    assert story.picture.url == "https://gazette.example/img/a.png"


def test_a_lead_picture_on_another_host_is_shown_and_never_fetched() -> None:
    story, problems = render(a_story(image="https://cdn.example/a.webp", image_alt="x"))

    assert problems == []
    assert story.picture is not None
    assert (story.picture.url, story.picture.media_type, story.picture.width) == (
        "https://cdn.example/a.webp",
        "image/webp",
        None,
    )
    assert story.pictures == ()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"image": "../images/none.png", "image_alt": "x"}, "picture-missing"),
        ({"image": "../images/house.png"}, "picture-alt"),
        ({"image": "http://[x", "image_alt": "x"}, "picture-missing"),
        ({"image": "other.md", "image_alt": "x"}, "picture-missing"),
    ],
)
def test_what_can_be_wrong_with_a_lead_picture(fields: dict[str, str], code: str) -> None:
    place = Position("content/x.md", 5, 8)
    _, problems = render(a_story(**fields, positions={"image": place}))
    assert [(problem.code, problem.position) for problem in problems] == [(code, place)]


def test_a_story_in_another_language_says_so() -> None:
    story, _ = render(a_story(language="ar"))
    assert (story.language, story.direction) == ("ar", "rtl")


@pytest.mark.parametrize("address", ["http://[::1", "http://", "<https://exa mple.example>"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    assert [code for code, *_ in told(f"[x]({address})")] == ["link-broken"]


def test_an_address_that_goes_with_its_element_is_not_told_beside_it() -> None:
    assert [code for code, *_ in told('<form action="no.md"></form>\n\n<script src="no.js"></script>')] == [
        "html-removed",
        "html-removed",
    ]


def test_a_broken_address_is_marked_in_its_attribute() -> None:
    assert told('<b title="x">x</b> <a href="x">here</a>') == [("link-broken", 10, 29, 1)]


def test_a_comment_is_no_content() -> None:
    assert told('<!-- <img src="no.png"> <a href="no.md">x</a> -->') == []


def test_classes_of_a_heading_are_lost_and_told() -> None:
    assert [code for code, *_ in told("# Title {.big}")] == ["html-removed"]
    assert told("# Title {#part}") == []


@pytest.mark.parametrize(
    ("written", "hint"),
    [("www.example.com", "write https://www.example.com"), ("news@x.example", "write mailto:news@x.example")],
)
def test_an_address_without_its_beginning_is_completed(written: str, hint: str) -> None:
    _, problems = render(a_story(body=f"[x]({written})"))
    assert [problem.hint for problem in problems] == [hint]


def test_a_link_to_what_is_held_back_says_why() -> None:
    targets = some_targets(held_back={"stories/later.md": "is a draft", "/stories/later/": "is a draft"})
    for written in ("later.md", "later", "/stories/later/", "/stories/later"):
        _, problems = render(a_story(body=f"[x]({written})"), targets)
        assert [problem.message for problem in problems] == [f"{written} is a draft"]


@pytest.mark.parametrize("reference", ["&#12;", "&#x1;", "&#0012;"])
def test_a_character_that_only_a_reference_names_is_told_where_it_stands(reference: str) -> None:
    story, problems = render(a_story(body=f"Grüße\n\nä {reference} b", body_line=10))
    assert [(problem.code, problem.position.line, problem.position.column) for problem in problems] == [
        ("control-character", 12, 3)
    ]
    assert "\x0c" not in story.html


def test_a_broken_address_with_an_apostrophe_is_told() -> None:
    assert [code for code, *_ in told("[gone](it's-missing.md) [and](a&b.md)")] == ["link-broken", "link-broken"]


@pytest.mark.parametrize("address", ["javascript://x/%0aalert(1)", "file://localhost/etc/passwd", "data:image/png,x"])
def test_pictures_and_recordings_come_from_the_web_or_from_here(address: str) -> None:
    _, problems = render(a_story(image=address, image_alt="x", audio=Audio(address, 5, "audio/mpeg")))
    assert [problem.code for problem in problems] == ["picture-missing", "audio-missing"]


def test_what_is_nested_without_end_is_told_and_dropped() -> None:
    story, problems = render(a_story(body="> " * 300 + "x\n\nafter"))
    assert [problem.code for problem in problems] == ["too-deep"]
    assert story.html == ""
    assert told("> " * 50 + "x") == []


def test_pieces_of_text_are_not_glued_together() -> None:
    body = "<p>One<br>two</p>\n<table><tr><td>Bern</td><td>130000</td></tr></table>"
    assert render(a_story(body=body))[0].summary == "One two"
    assert text_of("<table><tr><td>Bern</td><td>130000</td></tr></table><li>a</li><li>b</li>") == "Bern 130000 a b"


@pytest.mark.parametrize("tag", ['{{< figure src="a.png" >}}', "{{% note %}}", "{% include a.html %}"])
def test_a_tag_of_another_tool_s_templates_is_told_unless_it_is_shown_as_code(tag: str) -> None:
    assert told(f"Grüße\n\nä {tag} b") == [("template-tag", 12, 3, len(tag))]
    assert told(f"`{tag}`\n\n```\n{tag}\n```\n\n    {tag}\n") == []
    assert told("{{ x }} and {a}") == []


PIECES = (
    f'<sup>¦<sup class="footnote-reference">1¦</sup>¦{FOOTNOTE}>¦</div>¦'
    "<p>¦</p>¦<br>¦<em>¦</em>¦<table>¦<td>¦<code>¦</code>¦a¦ ¦\n¦&amp;¦&nbsp;¦ü¦\ufeff¦<script>¦"
    + f"{'word ' * 29}¦{'x' * 150}¦<p>{'many words ' * 14}</p>¦<p><em>{'in form ' * 20}</em></p>"
).split("¦")


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_summary_is_the_beginning_of_all_paragraphs(html: str) -> None:
    """However few of them are looked at."""
    text = re.sub('<sup class="footnote-reference">.*?</sup>', "", html.partition(FOOTNOTE)[0], flags=re.DOTALL)
    paragraphs = " ".join(re.findall("<p>(.*?)</p>", text, re.DOTALL))
    whole = text_of(paragraphs or html.partition(FOOTNOTE)[0])
    assert pieces._beginning_of(html) == cut_at_a_word(whole, pieces.SUMMARY_LIMIT)


def test_a_summary_of_many_empty_paragraphs_takes_no_longer_than_it_has_to() -> None:
    assert pieces._beginning_of("<p></p>" * 200_000 + f"<p>{'word ' * 100}</p>").startswith("word word")
