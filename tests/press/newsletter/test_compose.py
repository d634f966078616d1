"""From a rendered edition to its letter."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html as lxml_html
from markupsafe import Markup

from builders import a_picture, a_publication, a_rendered_story, an_edition, an_outline
from pressrun.model.edition import Layout, LeadContent, OutsideLink, RenderedEdition, RenderedSection
from pressrun.model.picture import Picture
from pressrun.model.problems import ContentError
from pressrun.model.publication import Look, MailSettings, Publication, ServiceSettings
from pressrun.model.slots import Slot
from pressrun.press.newsletter.compose import (
    LetterSurroundings,
    Newsletter,
    Words,
    compose,
    letter_html,
    with_headings_from,
)
from pressrun.rendering.templates import Templates

LEAD = a_rendered_story(
    1,
    title='The "lead" & <more>',
    section="World",
    picture=a_picture(alt="A house"),
    html="<p>Text.</p>\n<h2>Part</h2>\n<p><em>More</em> text.</p>\n",
)
EDITION = an_edition(
    opening="<p>Dear reader.</p>\n", lead=LEAD, stories=(a_rendered_story(2), a_rendered_story(3, picture=a_picture()))
)


def letter(
    edition: RenderedEdition = EDITION, publication: Publication | None = None, templates: Templates | None = None
) -> Newsletter:
    lead = an_outline("Text.\n\n## Part\n\n*More* text.") if edition.in_full else None
    words = Words(an_outline("Dear reader."), lead, [an_outline(section.text) for section in edition.sections])
    publication = publication or a_publication()
    offered = ["unsubscribe_url"] if publication.mail.unsubscribe else []
    around = LetterSurroundings(templates or Templates(), "https://gazette.example/atom.xml", offered)
    return compose(publication, edition, words, around).filled({"unsubscribe_url": publication.mail.unsubscribe or ""})


def compose_with(publication: Publication, logo: Picture) -> Newsletter:
    edition = an_edition(opening="<p>Dear reader.</p>\n")
    around = LetterSurroundings(Templates(), "https://gazette.example/atom.xml", logo=logo)
    return compose(publication, edition, Words(an_outline("Dear reader.")), around)


def tree(html: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html)


def test_the_letter_says_its_language_and_direction_on_html_and_body() -> None:
    page = tree(letter(publication=a_publication(language="ar")).html)
    for element in (page, page.body):
        assert (element.get("lang"), element.get("dir")) == ("ar", "rtl")


def test_headings_come_in_order() -> None:
    levels = [int(each.tag[1]) for each in tree(letter().html).iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_there_is_one_title_and_it_is_the_subject() -> None:
    assert [each.text for each in tree(letter().html).iter("title")] == ["What spring brought"]


def test_tables_that_lay_out_say_so() -> None:
    for table in tree(letter().html).iter("table"):
        assert table.get("role") == "presentation"


def test_pictures_have_words_and_a_width_that_fits() -> None:
    pictures = list(tree(letter().html).iter("img"))
    assert [(each.get("alt"), each.get("width"), each.get("height")) for each in pictures] == [
        ("A house", "600", "338"),
        ("A house", "164", "92"),
    ]


def test_every_address_is_absolute() -> None:
    addresses = [value for _, attribute, value, _ in tree(letter().html).iterlinks() if attribute in ("href", "src")]
    assert len(addresses) > 5
    assert all(re.match("https://|mailto:", address) for address in addresses)


def test_the_look_is_inlined_and_dark_and_narrow_rules_are_kept() -> None:
    page = tree(letter().html)
    (kept,) = page.iter("style")
    assert "prefers-color-scheme: dark" in kept.text
    assert "max-width: 480px" in kept.text
    assert "!important" in kept.text
    title = page.find(".//h1")
    assert title is not None
    assert "font-size:32px" in title.get("style", "")


def test_the_preheader_is_hidden_and_padded() -> None:
    (hidden,) = tree(letter().html).find_class("preheader")
    assert "display:none" in hidden.get("style", "")
    assert hidden.text.startswith("Three stories and a picture.")
    assert len(hidden.text) > 200


def test_what_a_title_holds_is_text_and_not_markup() -> None:
    assert 'The "lead" &amp; &lt;more&gt;</a>' in letter().html


def test_html_and_text_say_the_same_in_the_same_order() -> None:
    newsletter = letter()
    words = ["Dear reader.", 'The "lead" & <more>', "Text.", "Part", "Story 2", "What story 2 is about.", "Story 3"]
    for text in (tree(newsletter.html).text_content(), newsletter.text):
        places = [text.index(each) for each in words]
        assert places == sorted(places)


def test_html_and_text_carry_the_same_links() -> None:
    newsletter = letter()
    html = {value for _, attribute, value, _ in tree(newsletter.html).iterlinks() if attribute == "href"}
    text = set(re.findall(r"(?:https|mailto):[^\s<>]+", newsletter.text))
    assert text == html - {"https://gazette.example/"}


def test_the_footer_says_who_sends_it_and_how_to_leave() -> None:
    mail = MailSettings(postal_address="1 Example Street\nExampletown", unsubscribe="https://gazette.example/leave")
    newsletter = letter(publication=a_publication(mail=mail, rights="© The Gazette"))
    for text in (newsletter.html, newsletter.text):
        assert "1 Example Street" in text
        assert "https://gazette.example/leave" in text
        assert "© The Gazette" in text


def test_a_letter_can_carry_the_summary_of_its_lead_and_a_button() -> None:
    newsletter = letter(replace(EDITION, content=LeadContent.SUMMARY))
    assert "Read the story" in newsletter.html
    assert "What story 1 is about." in newsletter.html
    assert "What story 1 is about." in newsletter.text
    assert "More</em>" not in newsletter.html


def test_a_letter_without_a_lead_is_a_list() -> None:
    newsletter = letter(replace(EDITION, lead=None))
    headings = [(each.tag, each.text_content()) for each in tree(newsletter.html).iter("h1", "h2", "h3")]
    assert headings == [("h1", "Spring"), ("h2", "More Stories"), ("h3", "Story 2"), ("h3", "Story 3")]
    assert "Spring\n" in newsletter.text


def test_a_lead_picture_that_the_text_shows_is_not_shown_twice() -> None:
    picture = a_picture()
    lead = replace(LEAD, html=f'<p><img src="{picture.url}" alt="x"></p>', picture=picture)
    assert letter(replace(EDITION, lead=lead, stories=())).html.count(picture.url) == 1
    assert letter(replace(EDITION, lead=lead, stories=(), content=LeadContent.SUMMARY)).html.count(picture.url) == 1


def test_a_letter_of_words_alone() -> None:
    newsletter = letter(an_edition(opening="<p>Only words.</p>"))
    assert [each.text_content() for each in tree(newsletter.html).iter("h1")] == ["Spring"]
    assert "Only words." in newsletter.html
    assert "Dear reader." in newsletter.text


def test_without_pages_there_is_no_view_in_browser() -> None:
    assert "View in browser" not in letter(replace(EDITION, link=None)).html
    assert "View in browser" not in letter(replace(EDITION, link=None)).text


def test_the_footer_says_to_which_address_and_list_a_letter_goes() -> None:
    around = LetterSurroundings(Templates(), "https://gazette.example/atom.xml", list_title="The Gazette, daily")
    newsletter = compose(a_publication(), EDITION, Words(an_outline("Dear reader."), an_outline("Text.")), around)
    for values, who in (({"email": "ada@reader.example"}, "ada@reader.example"), ({}, "this address")):
        sentence = f"You're getting this email because {who} is subscribed to The Gazette, daily."
        filled = newsletter.filled(values)
        assert sentence in " ".join(filled.text.split())
        assert sentence in tree(filled.html).text_content()


def test_who_gets_a_letter_from_a_friend_finds_the_form_to_subscribe() -> None:
    address = "https://letters.gazette.example/"
    with_service = a_publication(service=ServiceSettings(address=address))
    assert f"Forwarded to you? Subscribe: {address}" in letter(publication=with_service).text
    assert f'href="{address}"' in letter(publication=with_service).html
    assert "Forwarded" not in letter().html + letter().text


def test_without_a_page_and_a_way_out_the_footer_has_no_hole() -> None:
    html = letter(replace(EDITION, link=None)).html
    assert '">Follow in a feed reader</a></p>' in html


def test_the_way_out_may_be_a_slot() -> None:
    """Each reader has an address of their own; until it is known, a word stands for it."""
    slot = Slot("unsubscribe_url").word
    assert f'href="{slot}"' in letter(publication=a_publication(mail=MailSettings(unsubscribe=slot))).html


def test_a_digest_is_a_list_of_all_stories_under_the_title() -> None:
    newsletter = letter(replace(EDITION, layout=Layout.DIGEST))
    headings = [(each.tag, each.text_content()) for each in tree(newsletter.html).iter("h1", "h2", "h3")]
    assert headings == [("h1", "Spring"), ("h2", LEAD.title), ("h2", "Story 2"), ("h2", "Story 3")]
    assert "What story 1 is about." in newsletter.html
    assert "More</em>" not in newsletter.html


def test_a_digest_without_opening_words_has_a_headline() -> None:
    html = letter(replace(EDITION, opening="", layout=Layout.DIGEST)).html
    assert [each.text_content() for each in tree(html).iter("h1")] == ["Spring"]


def test_a_publication_s_own_block_holds_in_a_digest_too(tmp_path: Path) -> None:
    (tmp_path / "newsletter.html").write_text(
        '{% extends "default/newsletter.html" %}{% block footer %}<tr><td>Printed in Ghent.</td></tr>{% endblock %}'
    )
    html = letter(replace(EDITION, layout=Layout.DIGEST), templates=Templates(tmp_path)).html
    assert "Printed in Ghent." in html
    assert "Story 3" in html


def test_sections_stand_below_the_stories_with_their_links() -> None:
    link = OutsideLink("Mending <bridges>", "https://bridges.example/", "Bridges Quarterly", "Long, and good.")
    sections = (
        RenderedSection("Elsewhere", Markup("<h2>Far</h2><p>Words.</p>"), (a_rendered_story(4),), (link,)),
        RenderedSection(None, Markup("<h1>Near</h1>"), (a_rendered_story(5),)),
    )
    page = tree(letter(replace(EDITION, sections=sections)).html)
    headings = [(each.tag, each.text_content()) for each in page.iter("h2", "h3")]
    assert headings[headings.index(("h3", "Story 3")) + 1 :] == [
        ("h2", "Elsewhere"),
        ("h3", "Far"),
        ("h3", "Story 4"),
        ("h2", "Near"),
        ("h2", "Story 5"),
    ]
    (outside,) = page.find_class("outside")
    assert outside.text_content() == "Mending <bridges> · Bridges QuarterlyLong, and good."


def test_a_logo_stands_for_the_title_and_says_it() -> None:
    look = Look(logo="images/logo.png", logo_width=120)
    newsletter = compose_with(a_publication(look=look), logo=a_picture(width=480, height=160, alt=""))
    (logo,) = tree(newsletter.html).find_class("logo")
    assert [logo.get(name) for name in ("alt", "width", "height")] == ["The Gazette", "120", "40"]
    (wordmark,) = tree(newsletter.html).find_class("wordmark")
    assert wordmark.text_content() == ""


def test_a_logo_is_shown_no_wider_than_it_is() -> None:
    newsletter = compose_with(a_publication(), logo=a_picture(width=100, height=50))
    (logo,) = tree(newsletter.html).find_class("logo")
    assert logo.get("width") == "100"


def test_a_logo_of_unknown_size_has_the_width_that_was_asked_for() -> None:
    newsletter = compose_with(a_publication(), logo=a_picture(width=None, height=None))
    (logo,) = tree(newsletter.html).find_class("logo")
    assert (logo.get("width"), logo.get("height")) == ("160", None)


def test_a_logo_that_mail_programs_would_not_show_gives_way_to_the_title() -> None:
    around = LetterSurroundings(
        Templates(), "https://gazette.example/atom.xml", logo=a_picture(), scale=lambda *_: None
    )
    words = Words(an_outline("Dear reader."), an_outline("Text."))
    page = tree(compose(a_publication(), EDITION, words, around).html)
    assert list(page.iter("img")) == []
    assert [each.text_content() for each in page.find_class("wordmark")] == ["The Gazette"]


def test_a_letter_is_as_wide_as_the_look_says() -> None:
    html = letter(
        replace(EDITION, opening='<img src="x" alt="" width="1200" height="600">'), a_publication(look=Look(width=720))
    ).html
    assert "max-width:720px" in html
    assert [each.get("width") for each in tree(html).iter("img")] == ["656", "720", "205"]


def test_a_picture_that_is_a_link_is_no_stop_of_its_own() -> None:
    silent = replace(LEAD, picture=a_picture(alt=""))
    spoken, unspoken = (
        tree(letter(replace(EDITION, lead=lead)).html).find(".//td[@class='lead-picture']/a") for lead in (LEAD, silent)
    )
    assert spoken is not None
    assert unspoken is not None
    assert (spoken.get("tabindex"), spoken.get("aria-hidden")) == ("-1", None)
    assert (unspoken.get("tabindex"), unspoken.get("aria-hidden")) == ("-1", "true")


def test_a_story_in_another_language_says_so_and_the_others_do_not() -> None:
    arabic = replace(EDITION.stories[0], language="ar", direction="rtl")
    page = tree(letter(replace(EDITION, stories=(arabic, EDITION.stories[1]))).html)
    assert [(each.get("lang"), each.get("dir")) for each in page.find_class("item")] == [("ar", "rtl"), (None, None)]
    assert [each.get("align") for each in page.find_class("item-text")] == ["right", None]


def test_a_correction_is_in_the_letter() -> None:
    newsletter = letter(replace(EDITION, lead=replace(LEAD, correction="It was Bob.")))
    assert "It was Bob." in newsletter.html
    assert "Correction: It was Bob." in newsletter.text


def test_a_publication_s_own_block_replaces_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "newsletter.html").write_text(
        '{% extends "default/newsletter.html" %}{% block footer %}<tr><td>Printed in Ghent.</td></tr>{% endblock %}'
    )
    newsletter = letter(templates=Templates(tmp_path))
    assert "Printed in Ghent." in newsletter.html
    assert "Follow in a feed reader" not in newsletter.html
    assert "Dear reader." in newsletter.html


def test_a_broken_style_sheet_of_one_s_own_is_told_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "newsletter.css").write_text('{% include "default/newsletter.css" %}\n')
    (tmp_path / "newsletter-head.css").write_text("p { color: #000 }\nq { color #fff }\n")
    with pytest.raises(ContentError) as caught:
        letter(templates=Templates(tmp_path))
    (problem,) = caught.value.problems
    assert (problem.code, problem.position.file, problem.position.line) == (
        "style-sheet",
        "templates/newsletter-head.css",
        2,
    )


@pytest.mark.parametrize(
    ("html", "top", "moved"),
    [
        ("<h1>a</h1><h2>b</h2>", 2, "<h2>a</h2><h3>b</h3>"),
        ("<h3 id=x>a</h3>", 2, "<h2 id=x>a</h2>"),
        ("<h1>a</h1><h6>b</h6>", 3, "<h3>a</h3><h6>b</h6>"),
        ("<p>&lt;h1&gt;</p><hr>", 2, "<p>&lt;h1&gt;</p><hr>"),
    ],
)
def test_headings_move_below_the_letter_s_own(html: str, top: int, moved: str) -> None:
    assert with_headings_from(html, top) == moved


def test_a_picture_in_the_text_is_no_wider_than_the_text() -> None:
    wide = letter_html('<img src="x" alt="a &gt; b" width="1200" height="675">', top_heading=2, text_width=536)
    assert (
        wide == '<img src="x" alt="a &gt; b" width="536" height="302" style="width:100%;max-width:536px;height:auto">'
    )
    assert 'width="40"' in letter_html('<img src="x" alt="" width="40" height="20">', top_heading=2, text_width=536)
    assert (
        letter_html('<img src="x" alt="">', top_heading=2, text_width=536)
        == '<img src="x" alt="" width="536" style="width:auto;max-width:100%;height:auto">'
    )


def test_task_boxes_are_signs_in_a_letter() -> None:
    html = '<li><input disabled="" type="checkbox" checked=""> a</li><li><input disabled="" type="checkbox"> b</li>'
    assert letter_html(html, top_heading=2, text_width=536) == "<li>☑ a</li><li>☐ b</li>"


@pytest.mark.parametrize("template", ["", "{# nothing #}", "<p>no page</p>"])
def test_a_letter_that_is_no_page_is_a_problem(tmp_path: Path, template: str) -> None:
    (tmp_path / "newsletter.html").write_text(template)
    with pytest.raises(ContentError) as caught:
        letter(templates=Templates(tmp_path))
    assert [(problem.code, problem.position.file) for problem in caught.value.problems] == [
        ("template-error", "templates/newsletter.html")
    ]


def test_a_style_element_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "newsletter.html").write_text(
        "<html><head><style>p { color: rgb(1,2) }</style></head><body></body></html>"
    )
    with pytest.raises(ContentError) as caught:
        letter(templates=Templates(tmp_path))
    assert [problem.code for problem in caught.value.problems] == ["style-sheet"]


def test_faults_of_html_text_and_style_sheets_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "newsletter.html").write_text("{{ nobody }}")
    (tmp_path / "newsletter.txt").write_text("{{ nobody }}")
    (tmp_path / "newsletter.css").write_text("{{ nobody }}")
    (tmp_path / "newsletter-head.css").write_text(
        '{% include "default/newsletter-head.css" %}\n\n:is(a, b) { color: #000 }'
    )
    with pytest.raises(ContentError) as caught:
        letter(templates=Templates(tmp_path))
    assert [(problem.code, problem.position.file, problem.position.line) for problem in caught.value.problems] == [
        ("style-sheet", "templates/newsletter-head.css", 3),
        ("template-undefined", "templates/newsletter.css", 1),
        ("template-undefined", "templates/newsletter.html", 1),
        ("template-undefined", "templates/newsletter.txt", 1),
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("parts.button()", "parameter 'link' was not provided"),
        ('parts.picture(edition.lead.picture, "wide")', "a number and a text cannot be compared"),
        ("parts.nope()", 'there is no macro "nope"'),
        ("parts.byline(none, language)", 'nothing here that could have a "authors"'),
        ("edition.sections[5]", "this list has no element 5"),
        ("edition.title + 5", "texts are joined with ~"),
        ("edition.stories_title.upper(5)", "upper() takes no arguments (1 given)"),
        ("edition.subject | date", 'a text has no "month"'),
        ("none | length", "nothing has no length"),
        ("5 | join", "a number stands where a text or a list is wanted"),
    ],
)
def test_a_macro_used_wrongly_is_told_at_the_publisher_s_own_line(tmp_path: Path, written: str, message: str) -> None:
    block = f'{{% extends "default/newsletter.html" %}}\n{{% block footer %}}\n{{{{ {written} }}}}\n{{% endblock %}}'
    (tmp_path / "newsletter.html").write_text(block)
    with pytest.raises(ContentError) as caught:
        letter(templates=Templates(tmp_path))
    (problem,) = caught.value.problems
    assert (problem.position.file, problem.position.line) == ("templates/newsletter.html", 3)
    assert message in problem.message


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('width="300"', 300),
        ('width="600px"', 536),
        ('width=" 120 px "', 120),
        ('width="50%"', 268),
        ('width="200%"', 536),
        ('width="33.3%"', 176),
        ('width="0"', 536),
        ('width="auto"', 536),
        ('width="20em"', 536),
        ('width="99999999"', 536),
        ('height="50"', 536),
        ("", 536),
    ],
)
def test_every_picture_has_a_width_in_pixels_no_wider_than_the_text(written: str, shown: int) -> None:
    """Outlook on Windows goes by the attribute alone."""
    html = letter_html(f'<img src="https://cdn.example/x.png" alt="" {written}>', top_heading=2, text_width=536)
    assert re.findall(r' width="([^"]*)"', html) == [str(shown)]


@pytest.mark.parametrize("tail", ["", "?v=2", "#part", "?v=2&amp;w=1#x"])
def test_a_picture_of_ours_is_known_whatever_follows_its_path(tail: str) -> None:
    picture = a_picture(url="https://gazette.example/images/house.png")
    asked: list[Picture] = []
    letter_html(
        f'<img src="{picture.url}{tail}" alt="" width="300" height="200">',
        top_heading=2,
        text_width=536,
        pictures={picture.url: picture},
        scale=lambda known, _width: asked.append(known) or known,
    )
    assert asked == [picture]
