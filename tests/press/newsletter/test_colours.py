"""Colours of a publication's own, in a letter as it was made."""

from pathlib import Path

import pytest

from builders import a_publication, a_rendered_story, an_edition, an_outline
from pressrun.model.problems import Problem
from pressrun.press.newsletter.colours import contrast_findings
from pressrun.press.newsletter.compose import LetterSurroundings, Words, compose
from pressrun.rendering.templates import OwnTemplate, Templates

PUBLICATION = a_publication()
pytestmark = pytest.mark.slow  # style sheets are moved into elements


def findings(folder: Path, **own: str) -> list[Problem]:
    """What is told of a letter that is made with the templates *own*, by their name with _ for a dot."""
    for name, text in own.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem.replace('_', '-')}.{ending}").write_text(text, encoding="utf-8")
    templates = Templates(folder)
    edition = an_edition(lead=a_rendered_story(1), opening="<p>Dear <strong>reader</strong>.</p>")
    around = LetterSurroundings(templates, "https://gazette.example/atom.xml")
    letter = compose(PUBLICATION, edition, Words(an_outline("Dear reader."), an_outline("It snowed.")), around)
    own_templates = templates.own("newsletter.html", "newsletter.css", "newsletter-head.css")
    return contrast_findings(own_templates, letter.html, PUBLICATION.look)


def sheet(rules: str, name: str = "newsletter.css") -> str:
    return f'{{% include "default/{name}" %}}\n{rules}\n'


def dark(rules: str) -> str:
    return sheet(f"@media (prefers-color-scheme: dark) {{ {rules} }}", "newsletter-head.css")


def test_the_packaged_letter_gives_no_finding_and_nor_does_one_whose_colours_can_be_read(tmp_path: Path) -> None:
    assert findings(tmp_path) == []
    assert findings(tmp_path, newsletter_css=sheet(".prose a { color: #7a1f16; } .x { margin: 0; }")) == []


def test_a_colour_is_held_against_what_is_behind_it_in_the_letter(tmp_path: Path) -> None:
    (problem,) = findings(tmp_path, newsletter_css=sheet(".prose p { color: #999; }"))

    assert (problem.position.file, problem.position.line, problem.position.column) == (
        "templates/newsletter.css",
        2,
        12,
    )
    assert problem.message == "text #999999 on #ffffff has a contrast of 2.84:1 on light screens; it needs 4.5:1"


def test_a_ground_is_held_against_the_words_on_it_wherever_they_got_their_colour(tmp_path: Path) -> None:
    told = findings(tmp_path, newsletter_css=sheet(".footer { background-color: #777777; }"))
    assert {problem.message.split(" on ")[1].split(" ")[0] for problem in told} == {"#777777"}
    assert told[0].position.column == 11


def test_large_words_need_less(tmp_path: Path) -> None:
    faint, small = ".prose .title-link { color: #808080; }", ".prose .lead-title { font-size: 18px; }"
    assert "light" not in "".join(problem.message for problem in findings(tmp_path, newsletter_css=sheet(faint)))
    assert "light" in findings(tmp_path, newsletter_css=sheet(faint + small))[0].message


def test_a_rule_that_sets_both_is_looked_at_whether_this_letter_uses_it_or_not(tmp_path: Path) -> None:
    (problem,) = findings(tmp_path, newsletter_css=sheet(".unused { color: white; background: #fd6 }"))
    assert problem.message.startswith("text #ffffff on #ffdd66")


def test_colours_of_the_look_count_as_what_they_are(tmp_path: Path) -> None:
    (problem,) = findings(tmp_path, newsletter_css=sheet(".prose p { color: {{ look.light.rule }}; }"))
    assert problem.message.startswith("text #d9d5cc on #ffffff")


def test_dark_rules_are_held_against_dark_grounds(tmp_path: Path) -> None:
    (problem,) = findings(tmp_path, newsletter_head_css=dark(".prose p { color: #333333 !important; }"))

    assert problem.position.file == "templates/newsletter-head.css"
    assert problem.message == "text #333333 on #17191e has a contrast of 1.39:1 on dark screens; it needs 4.5:1"


def test_a_dark_rule_that_is_not_important_gives_way_to_the_element(tmp_path: Path) -> None:
    assert findings(tmp_path, newsletter_head_css=dark(".lead-title { color: #333333; }")) == []


def test_a_light_ground_under_text_that_turns_light_is_told_where_the_ground_is_set(tmp_path: Path) -> None:
    told = findings(tmp_path, newsletter_css=sheet(".lead { background-color: #fff8e0; }"))

    assert {problem.position.file for problem in told} == {"templates/newsletter.css"}
    assert all("on dark screens" in problem.message for problem in told)
    assert told != []
    mended = dark(".lead { background-color: #2a2619 !important; }")
    assert findings(tmp_path, newsletter_head_css=mended) == []


def test_a_style_attribute_in_a_template_is_told_where_it_stands(tmp_path: Path) -> None:
    page = (
        '{% extends "default/newsletter.html" %}\n{% block opening %}\n<tr>\n'
        '<td style="padding: 0; color: #aaa">Dear reader.</td>\n</tr>\n{% endblock %}\n'
    )
    (problem,) = findings(tmp_path, newsletter_html=page)
    assert (problem.position.line, problem.position.column, problem.position.width) == (4, 24, 11)


def test_a_style_element_in_a_template_counts_too(tmp_path: Path) -> None:
    page = (
        '{% extends "default/newsletter.html" %}\n{% block head %}\n<style>\n'
        ".prose p { color: #aaaaaa; }\n</style>\n{% endblock %}\n"
    )
    (problem,) = findings(tmp_path, newsletter_html=page)
    assert (problem.position.line, problem.position.column) == (4, 12)


@pytest.mark.parametrize(
    "rules",
    [
        ".prose p { color: #aaaaaa; background: url(x.png); }",
        ".section { background-image: url(x.png); } .prose p { color: #bbbbbb; }",
        ".prose p { color: transparent; }",
        ".prose p:hover { color: #aaaaaa; }",
        "@media (max-width: 480px) { .prose p { color: #aaaaaa; } }",
        ".preheader { color: #eeeeee; }",
    ],
)
def test_where_nobody_knows_what_is_behind_or_nobody_sees_it_nothing_is_told(tmp_path: Path, rules: str) -> None:
    light = [problem for problem in findings(tmp_path, newsletter_css=sheet(rules)) if "light" in problem.message]
    assert light == []


def test_what_the_publication_did_not_colour_is_not_its_fault() -> None:
    letter = '<body style="background: #fff"><!-- x --><p style="color: #eee"><b>Words<br>&nbsp;</p></body>'
    own = OwnTemplate("a.css", "templates/a.css", ".other { color: #000000 } .x { background: #fff; color: #111 }")
    text = OwnTemplate("newsletter.txt", "templates/newsletter.txt", "p { color: #eee }")
    assert contrast_findings([own, text], letter, PUBLICATION.look) == []
    assert contrast_findings([OwnTemplate("a.css", "x", "p { color: #eee }")], letter, PUBLICATION.look) != []


def test_a_rule_is_for_those_elements_alone_that_its_selector_means() -> None:
    letter = (
        '<html><head></head><body style="background: rgb(255, 255, 255); color: #000000">'
        '<div class="a" id="b" dir="rtl"><p class="c" style="color: #aaaaaa">Words</p></div>'
        '<p style="color: #aaaaaa" class="d" bgcolor="#000000">Words</p></body></html>'
    )

    def told(selector: str) -> bool:
        template = OwnTemplate("a.css", "templates/a.css", f"{selector} {{ color: #aaaaaa }}")
        return bool(contrast_findings([template], letter, PUBLICATION.look))

    for selector in (
        "p",
        ".c",
        "p.c",
        ".a p",
        ".a > .c",
        "#b .c",
        '[dir="rtl"] .c',
        "[dir] p",
        "* .c",
        "x, .c",
        "div.a p",
    ):
        assert told(selector), selector
    for selector in ("div", ".e", "h1.c", ".c p", ".d .c", "#c .c", '[dir="ltr"] .c', ".d", ".c:hover", "x .c"):
        assert not told(selector), selector
