"""What a letter is made of, held against what mail programs understand.

The table is that of caniemail.com, of 13 May 2026: y for yes, a for partly, n for no.
"""

import re
from collections.abc import Iterator

import pytest
from lxml import html as lxml_html

from letters import LETTERS, letter_of

# Gmail on the web, Gmail on iOS, Outlook for Windows, Outlook.com, Apple Mail on iOS, Yahoo on the web.
TABLE = {
    "display:flex": "yanyya",
    "display:grid": "yanyyn",
    "position": "nnnaaa",
    "float": "yanyya",
    "background-image": "yynyya",
    "border-radius": "yynyya",
    "max-width": "yyayyy",
    "padding": "yyayyy",
    "margin": "aaaaya",
    "var()": "nnnnyn",
    "calc()": "yannyn",
    "rem": "yynyyn",
    "rgba()": "aanyya",
    "picture": "nnnnyn",
    "webp": "aanyyy",
    "svg": "nayyyy",
    "semantics": "aanayn",
    "gap": "aanayn",
}
FOUND_BY = {
    "display:flex": r"display: *(inline-)?flex",
    "display:grid": r"display: *(inline-)?grid",
    "var()": r"var\(",
    "calc()": r"calc\(",
    "rem": r"\drem\b",
    "rgba()": r"rgba?\(|hsla?\(|#(\w{4}|\w{8})\b",
    "picture": r"<(picture|source)\b|srcset=",
    "webp": r"\.webp\b",
    "svg": r"\.svg\b|<svg\b",
    "semantics": r"<(article|section|header|footer|main|nav|aside|figure|figcaption)\b",
    **{
        name: rf"(?:^|[;\"'] *){name}(-[a-z]+)*:" for name in ("position", "float", "background-image", "border-radius")
    },
    **{name: rf"(?:^|[;\"'] *){name}(-[a-z]+)*:" for name in ("max-width", "padding", "margin", "gap")},
}
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


@pytest.mark.parametrize("feature", TABLE)
@each_letter
def test_a_letter_asks_for_nothing_that_some_program_does_not_understand(name: str, feature: str) -> None:
    if feature in USED:
        assert "n" not in TABLE[feature]
    else:
        assert set(TABLE[feature]) != {"y"}
        assert re.search(FOUND_BY[feature], body_of(name)) is None


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
