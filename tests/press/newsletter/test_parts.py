"""What templates made of a letter: two parts that say the same, headings in order, links, words, a way out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import NOON, a_picture, a_publication, a_rendered_story, an_edition, an_outline
from pressrun.model.edition import Edition, OutsideLink, RenderedSection
from pressrun.model.problems import Problem
from pressrun.model.publication import Mailbox, MailSettings, Publication
from pressrun.press.newsletter.checks import TEMPLATES
from pressrun.press.newsletter.compose import LetterSurroundings, Words, compose
from pressrun.press.newsletter.inboxline import Made
from pressrun.press.newsletter.parts import letter_findings, template_findings
from pressrun.rendering.templates import OwnTemplate, Templates

PUBLICATION = a_publication(
    mail=MailSettings(
        sender=Mailbox("The Gazette", "news@gazette.example"),
        postal_address="1 Long Road & Sons\nGhent",
        unsubscribe="https://gazette.example/leave?who={email}",
    )
)
EDITION = Edition("editions/x.md", "tag:x,2020:x", True, "Spring", "x", NOON, "Spring", "")
STORY = a_rendered_story(1, html='<h2>Why</h2><p><a href="https://pass.example/">The pass</a> is closed.</p>')
OUTLINE = an_outline("## Why\n\n[The pass](https://pass.example/) is closed.")


def without_styles(kind: str, key: Sequence[str], _make: Callable[[], bytes]) -> bytes:
    """Leaves the letter as it was filled, which is quicker: nothing here depends on its style."""
    return key[0].encode() if kind == "letter" else b"[]"


def page(block: str, name: str) -> str:
    return f'{{% extends "default/newsletter.html" %}}\n{{% block {name} %}}\n{block}\n{{% endblock %}}\n'


def row(html: str) -> str:
    return f'{{{{ super() }}}}\n<tr><td class="section">{html}</td></tr>'


def text(block: str, name: str) -> str:
    return page(block, name).replace(".html", ".txt")


def findings(
    folder: Path, *, html: str = "", txt: str = "", publication: Publication = PUBLICATION, **changes: Any
) -> list[Problem]:
    """What is told of a letter, with a newsletter.html and a newsletter.txt of the publication's own if given."""
    for own, name in ((html, "newsletter.html"), (txt, "newsletter.txt")):
        if own:
            (folder / name).write_text(own, encoding="utf-8")
    templates = Templates(folder)
    edition = an_edition(**{"opening": "<p>Dear reader.</p>\n", "lead": STORY, **changes})
    sections = [an_outline("Words.")] * len(edition.sections)
    words = Words(an_outline("Dear reader."), OUTLINE if edition.in_full else None, sections)
    offered = ["unsubscribe_url"] if publication.mail.unsubscribe else []
    around = LetterSurroundings(templates, "https://gazette.example/subscribe/", offered, memo=without_styles)
    newsletter = compose(publication, edition, words, around)
    return list(letter_findings(Made(EDITION, edition, newsletter), publication, templates.own(*TEMPLATES)))


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def test_the_packaged_letter_and_one_that_builds_on_it_give_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path) == []
    more = page(row("<h2>Before you go</h2><p>Tell a neighbour.</p>"), "lead")
    assert findings(tmp_path, html=more, txt=text("{{ super() }}\n\nTell a neighbour.", "lead")) == []


# Both parts


def test_a_link_that_the_plain_text_lacks_is_told_where_the_html_writes_it(tmp_path: Path) -> None:
    (problem,) = findings(tmp_path, html=page(row('<a href="https://vote.example/">Vote</a>'), "lead"))

    assert (problem.code, problem.position.file, problem.position.line) == (
        "letter-parts-differ",
        "templates/newsletter.html",
        4,
    )
    assert problem.message == "the plain text has no link to https://vote.example/, which the other part has"


def test_a_link_that_the_html_lacks_is_told_where_the_text_writes_it(tmp_path: Path) -> None:
    (problem,) = findings(tmp_path, txt=text("{{ super() }}\n\nVote: https://vote.example/.", "lead"))

    assert (problem.position.file, problem.position.line) == ("templates/newsletter.txt", 5)
    assert problem.message == "the HTML has no link to https://vote.example/, which the other part has"


def test_a_block_that_one_part_lost_is_told_at_that_part(tmp_path: Path) -> None:
    (problem,) = findings(tmp_path, txt=text("", "lead"))
    assert problem.position.file == "templates/newsletter.txt"
    assert problem.message.endswith(f"{STORY.link}, nor to 1 more that the other part has")

    (problem,) = findings(tmp_path, txt=text("{{ super() }}", "lead"), html=page("<tr><td></td></tr>", "lead"))[:1]
    assert problem.position.file == "templates/newsletter.html"


def test_a_slot_is_told_by_its_name(tmp_path: Path) -> None:
    lost = text("1 Long Road. {{ feed_url }}", "footer")
    (problem,) = findings(tmp_path, txt=lost)
    assert problem.message.startswith("the plain text has no link to {unsubscribe_url}")


def test_a_place_within_a_page_counts_as_the_page(tmp_path: Path) -> None:
    footnote = f'<a href="{STORY.link}#note-1">1</a> <a href="#note-1">1</a>'
    assert findings(tmp_path, html=page(row(footnote), "lead")) == []


def test_a_text_without_the_words_of_the_letter_is_told(tmp_path: Path) -> None:
    problems = findings(tmp_path, txt="Read on: {{ edition.link }}\n", opening=f"<p>{'word ' * 200}</p>")
    assert "letter-text" in codes(problems)
    assert "the plain text has 7 words, and the HTML has 2" in " ".join(problem.message for problem in problems)


# What a template loses


def test_a_footer_without_a_way_out_or_an_address_is_told_at_the_footer(tmp_path: Path) -> None:
    empty = page('<tr><td><a href="{{ feed_url }}">Follow</a></td></tr>', "footer")
    problems = [problem for problem in findings(tmp_path, html=empty) if problem.code != "letter-parts-differ"]

    assert codes(problems) == ["letter-way-out", "letter-postal-address"]
    assert {(problem.position.line, problem.position.column) for problem in problems} == {(2, 1)}


def test_a_letter_that_is_written_whole_is_told_at_its_beginning(tmp_path: Path) -> None:
    problems = findings(tmp_path, html="<html><body><h1>{{ edition.title }}</h1><p>Story 1</p></body></html>")
    assert codes(problems)[:2] == ["letter-way-out", "letter-postal-address"]
    assert problems[0].position.line == 1


def test_what_the_publication_does_not_say_is_not_told_at_a_template(tmp_path: Path) -> None:
    bare = replace(PUBLICATION, mail=MailSettings())
    empty = page('<tr><td><a href="{{ feed_url }}">Follow</a></td></tr>', "footer")
    assert findings(tmp_path, html=empty, publication=bare) == []


def test_a_personal_field_that_a_template_takes_apart_is_told(tmp_path: Path) -> None:
    shouted = row('{{ slot("first_name", "you") | upper }}')
    assert codes(findings(tmp_path, html=page(shouted, "lead"))) == ["letter-leftover"]
    (problem,) = findings(
        tmp_path, txt=text('{{ super() }}\n{{ slot("email") | upper }}', "lead"), html=page(row(""), "lead")
    )
    assert problem.position.file == "templates/newsletter.txt"


# Headings


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("<h4>More</h4>", '"More" is an h4 and follows an h2'),
        ("<h1>More</h1>", '"More" is an h1 and is a second headline'),
    ],
)
def test_a_heading_of_a_template_that_is_out_of_order_is_told_where_it_stands(
    added: str, message: str, tmp_path: Path
) -> None:
    (problem,) = findings(tmp_path, html=page(row(f"\n{added}"), "lead"))
    assert (problem.code, problem.message, problem.position.line) == ("letter-headings", message, 5)


def test_a_list_without_its_heading_is_told_at_its_template(tmp_path: Path) -> None:
    lost = page("<tr><td>{% for story in edition.stories %}{{ parts.item(story) }}{% endfor %}</td></tr>", "stories")
    (problem,) = findings(tmp_path, html=lost, opening="", lead=None, stories=(a_rendered_story(2),))
    assert problem.message == '"Story 2" is an h3 and follows an h1'
    assert (problem.position.file, problem.position.line) == ("templates/newsletter.html", 1)


def test_a_letter_that_begins_below_its_headline_is_told(tmp_path: Path) -> None:
    headless = page("<tr><td>{{ lead_html }}<h2>Dear reader</h2></td></tr>", "opening")
    (problem,) = findings(tmp_path, html=headless, lead=None)
    assert problem.message == '"Dear reader" is an h2 and comes first'


def test_headings_of_stories_are_their_own_affair(tmp_path: Path) -> None:
    story = replace(STORY, html="<h2>One</h2><h5>Deep</h5>")
    outline = page(row("<p>Words.</p>"), "opening")
    assert "letter-headings" not in codes(findings(tmp_path, html=outline, lead=story))


# Links and words


def test_many_links_and_the_same_link_many_times_are_hints(tmp_path: Path) -> None:
    links = "".join(f'<a href="https://pass.example/{number}">x</a> ' for number in range(101))
    again = '<a href="https://ferry.example/">x</a> ' * 6
    assert codes(findings(tmp_path, opening=f"<p>Dear reader. {links}</p>")) == ["letter-links-many"]
    (problem,) = findings(tmp_path, opening=f"<p>Dear reader. {again}</p>")
    assert (problem.code, problem.position.file) == ("letter-link-repeated", "content/editions/x.md")
    assert problem.message == "this letter leads 6 times to https://ferry.example/"


def test_a_letter_of_pictures_alone_is_told_at_its_edition(tmp_path: Path) -> None:
    picture = f'<p><img src="{a_picture().url}" alt=""></p>'
    assert codes(findings(tmp_path, opening=picture, lead=None)) == ["letter-words"]
    section = RenderedSection("Elsewhere", "", (), (OutsideLink("Mending bridges", "https://bridges.example/"),))
    assert "letter-words" not in codes(findings(tmp_path, opening=picture, lead=None, sections=(section,)))


def test_a_template_that_shows_pictures_alone_is_told_at_itself(tmp_path: Path) -> None:
    poster = "<html><body><img src='https://gazette.example/poster.png'></body></html>"
    told = {problem.code: problem for problem in findings(tmp_path, html=poster)}
    assert told["letter-words"].position.file == "templates/newsletter.html"


# The templates themselves


@pytest.mark.parametrize(
    "printed", ["lead_html | striptags", "opening", "edition.opening", "story.html", "sections_html[0]"]
)
def test_html_in_the_plain_text_is_told_where_it_is_printed(printed: str) -> None:
    template = OwnTemplate("newsletter.txt", "templates/newsletter.txt", f"Hello.\n{{{{ {printed} }}}}\n")
    (problem,) = template_findings([template])
    assert (problem.code, problem.position.line, problem.position.column) == ("letter-text", 2, 4)


def test_a_template_of_plain_text_may_ask_for_words_and_name_blocks() -> None:
    written = "{% if opening %}{% block opening %}{{ opening_text }}{% endblock %}{% endif %} {{ story.title }}"
    assert list(template_findings([OwnTemplate("newsletter.txt", "x", written)])) == []


def test_another_tools_tag_in_a_template_is_told_where_it_stands() -> None:
    written = '<p>{{ edition.title }} {# *|FNAME|* #}</p>\n<a href="*|UNSUB|*">Leave</a>\n'
    (problem,) = template_findings([OwnTemplate("newsletter.html", "templates/newsletter.html", written)])
    assert (problem.code, problem.position.line, problem.position.column) == ("letter-leftover", 2, 10)
