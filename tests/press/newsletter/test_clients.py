"""What a letter is made of, held against what mail programs understand: the packaged table."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html as lxml_html

import pressrun
from letters import LETTERS, letter_of
from pressrun.content.masthead.mailclients import PACKAGED, read_clients
from pressrun.content.source.files import packaged
from pressrun.model.mailclients import MailClients, Support
from pressrun.press.newsletter.checks import TEMPLATES
from pressrun.press.newsletter.features import client_findings, uses_in_page
from pressrun.rendering.templates import Templates

DEFAULTS = Path(pressrun.__file__).parent / "defaults" / "templates"
TABLE, WRONG = read_clients(packaged(PACKAGED), MailClients())
# What is understood by some only, and is used nevertheless.
USED = {
    "max-width": "Outlook for Windows goes by the width of the table around the letter, and of each picture",
    "padding": "Outlook for Windows ignores it but on cells and paragraphs, where it stands",
    "margin": "partly: no negative ones, and none of these is",
}
# Everything else that letters say, in two kinds. These hold everywhere that the table looks at:
HOLD = set(
    "background-color border border-bottom border-collapse border-left border-right border-top color direction display "
    "font-family font-size font-style font-weight height letter-spacing line-height margin max-width "
    "padding text-align text-decoration text-transform vertical-align white-space width".split()
)
# And these are lost here and there, at no loss:
ENHANCEMENTS = {
    "max-height": "hides the preheader once more",
    "overflow": "hides the preheader once more",
    "mso-hide": "hides the preheader in Outlook for Windows",
    "mso-padding-alt": "a button's padding in Outlook for Windows, whose links have none",
    "overflow-wrap": "breaks words that are longer than the screen is wide",
    "word-break": "the same, for those who do not know overflow-wrap",
    "table-layout": "the same, for the letter as a whole",
    "unicode-bidi": "keeps code from left to right",
}


def styles(html: str) -> Iterator[str]:
    for element in lxml_html.document_fromstring(html).body.iter(lxml_html.etree.Element):
        if style := element.get("style"):
            yield style


def body_of(name: str) -> str:
    return letter_of(name).html.partition("</head>")[2]


each_letter = pytest.mark.parametrize("name", LETTERS)


@each_letter
def test_a_letter_asks_for_nothing_that_some_program_does_not_understand(name: str) -> None:
    used = {use.feature.name: use.feature for use in uses_in_page(body_of(name), TABLE)}

    assert [feature.name for feature in used.values() if TABLE.without(feature)] == []
    assert {feature.name for feature in used.values() if Support.PARTLY in feature.support.values()} <= USED.keys()


def test_the_packaged_templates_and_style_sheets_ask_for_nothing_either() -> None:
    own = Templates(DEFAULTS).own(*TEMPLATES)

    assert {template.name for template in own} == {*TEMPLATES, "macros.html"}
    assert client_findings(own, TABLE) == []


def test_the_table_says_of_every_feature_what_each_program_does_with_it() -> None:
    assert WRONG == []
    assert len(TABLE.names) == 6
    for feature in TABLE.features.values():
        assert feature.support.keys() == TABLE.names.keys()


@each_letter
def test_every_property_that_a_letter_uses_is_known_to_hold_or_can_be_missed(name: str) -> None:
    used = {piece.partition(":")[0].strip() for style in styles(body_of(name)) for piece in style.split(";")}
    assert used <= HOLD | ENHANCEMENTS.keys()


@each_letter
def test_colours_are_hexadecimal_and_sizes_are_pixels(name: str) -> None:
    for style in styles(body_of(name)):
        for piece in style.split(";"):
            property_name, _, value = (part.strip() for part in piece.partition(":"))
            if property_name == "font-family":
                continue
            if property_name.endswith("color"):
                assert re.fullmatch(r"#[0-9a-f]{6}", value), piece
            for size in re.findall(r"-?[\d.]+[a-z%]*", re.sub(r"#\w+", "", value)):
                assert re.fullmatch(r"0|\d+px|100%", size), piece


@each_letter
def test_grounds_and_alignments_of_the_layout_are_on_cells_and_tables_too_old_programs_know(name: str) -> None:
    body = lxml_html.document_fromstring(letter_of(name).html).body
    for table in body.iter("table"):
        if table.get("role") == "presentation":
            assert (table.get("cellpadding"), table.get("cellspacing"), table.get("border")) == ("0", "0", "0")
    for cell in body.find_class("button-cell"):
        assert cell.get("bgcolor")


@each_letter
def test_the_only_style_sheet_left_is_one_that_may_be_lost(name: str) -> None:
    (sheet,) = lxml_html.document_fromstring(letter_of(name).html).iter("style")
    rules = re.sub(r"@media[^{]*\{(?:[^{}]|\{[^{}]*\})*\}|/\*.*?\*/", "", sheet.text, flags=re.DOTALL)
    assert re.findall(r"^([^{\n]+) \{", rules, re.MULTILINE) == [":root", "a[x-apple-data-detectors]"]


def test_thirty_stories_stay_well_below_the_size_at_which_gmail_clips() -> None:
    assert len(letter_of("thirty-stories").html.encode()) < 60_000
