"""What a publication's templates ask for, and which mail programs lack it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.content.masthead.mailclients import PACKAGED, read_clients
from pressrun.content.source.files import packaged
from pressrun.model.mailclients import Feature, MailClients, Sign, Support
from pressrun.model.problems import Problem, Severity
from pressrun.model.publication import Look
from pressrun.press.newsletter.colours import contrast_findings
from pressrun.press.newsletter.features import client_findings, uses_in_page, uses_in_sheet
from pressrun.press.newsletter.parts import template_findings
from pressrun.rendering.templates import OwnTemplate

TABLE, _ = read_clients(packaged(PACKAGED), MailClients())
KEYS = {id(feature): key for key, feature in TABLE.features.items()}


def findings(text: str, name: str = "newsletter.css") -> list[Problem]:
    return client_findings([OwnTemplate(name, f"templates/{name}", text)], TABLE)


def in_sheet(css: str) -> set[str]:
    return {KEYS[id(use.feature)] for use in uses_in_sheet(css, TABLE)}


def in_page(html: str) -> set[str]:
    return {KEYS[id(use.feature)] for use in uses_in_page(html, TABLE)}


@pytest.mark.parametrize(
    ("css", "features"),
    [
        ("display: flex", {"display-flex"}),
        ("display: inline-grid", {"display-grid"}),
        ("display: block", set()),
        ("POSITION: Relative", {"position"}),
        ("background-position: top", set()),
        ("float: left", {"float"}),
        ("column-gap: 3px", {"gap"}),
        ("padding-left: 2rem", {"padding", "rem"}),
        ("width: calc(100% - 2px)", {"calc"}),
        ("width: 3px; content: 'calc(1rem)'", set()),
        ("color: var(--ink)", {"variables"}),
        ("--ink: #111111", {"variables"}),
        ("color: rgba(1, 2, 3, .5)", {"transparent-colour"}),
        ("color: rgb(1, 2, 3)", set()),
        ("border-top-left-radius: 3px", {"border-radius"}),
        ("background: url(x.webp)", {"background-image", "webp"}),
        ("background: url(x.webp); background-color: #ffffff", set()),
        ("background: linear-gradient(#fff, #000)", {"gradient"}),
        ("background: #ffffff", set()),
        ("max-width: 10px; margin: 0", {"max-width", "margin"}),
    ],
)
def test_what_a_declaration_asks_for(css: str, features: set[str]) -> None:
    assert in_sheet(f".a {{ {css} }}") == features


@pytest.mark.parametrize(
    ("html", "features"),
    [
        ("<table><tr><td>", set()),
        ('<td style="display: grid">', {"display-grid"}),
        ('<img src="a.svg">', {"svg-picture"}),
        ('<a href="a.svg">', set()),
        ('<img src="a.png?x=b.svg">', set()),
        ('<img src="data:image/webp;base64,x">', {"webp"}),
        ('<img src="a.png" srcset="a.webp 2x">', {"picture", "webp"}),
        ("<svg></svg><video></video><audio></audio>", {"svg", "video", "audio"}),
        ("<form><script>a</script><iframe></iframe>", {"form", "script", "frame"}),
        ("<section>", {"html5-sections"}),
        ('<td background="x.png">', {"background-image"}),
        ("<style>.a { float: left }</style>", {"style-element", "float"}),
        ("<!--[if mso]><section><![endif]-->", set()),
    ],
)
def test_what_a_page_asks_for(html: str, features: set[str]) -> None:
    assert in_page(html) == features


def test_a_feature_is_told_at_the_first_place_that_asks_for_it_with_whom_it_fails() -> None:
    (problem,) = findings(".a { gap: 1px }\n.b { gap: 2px }\n")

    assert (problem.position.line, problem.position.column, problem.position.width) == (1, 6, 8)
    assert problem.message == (
        "gap does not hold in Outlook for Windows and Yahoo on the web (here, and 1 more in this file)"
    )
    assert problem.severity is Severity.WARNING


def test_what_one_mail_program_lacks_is_a_hint() -> None:
    (problem,) = findings(".a { border-radius: 3px }")

    assert problem.message == "border-radius does not hold in Outlook for Windows"
    assert problem.severity is Severity.HINT


def test_what_holds_everywhere_at_least_in_parts_is_not_told() -> None:
    assert findings(".a { margin: 0; padding: 3px; max-width: 100% }") == []


def test_a_rule_for_some_screens_is_held_against_those_alone_that_read_it() -> None:
    """Outlook for Windows passes over @media, and only Apple's and Outlook.com know prefers-color-scheme."""
    assert findings("@media (max-width: 480px) { .a { display: flex } }") == []
    assert findings("@media (prefers-color-scheme: dark) { .a { position: relative } }") == []
    (problem,) = findings("@media (prefers-color-scheme: dark) { .a { color: var(--ink) } }")
    assert problem.message == "a variable of CSS does not hold in Outlook.com"


def test_an_at_rule_that_is_no_condition_is_told() -> None:
    (problem,) = findings("@font-face { font-family: Gazette }")
    assert problem.message.startswith("@font-face does not hold in Gmail on the web, Gmail on iOS")


def test_what_jinja_says_is_not_taken_for_css_or_html() -> None:
    template = '{# <form> #}\n<td style="color: {{ look.light.ink }}"{% if a < b %} class="x"{% endif %}>\n'
    assert findings(template, "newsletter.html") == []


def test_plain_text_is_no_page() -> None:
    assert findings("<form>", "newsletter.txt") == []


@given(st.text(alphabet="<>td/=\"'{}%#:;@.-, \n()acolrbgund"), st.sampled_from(["a.css", "a.html", "a.txt"]))
def test_no_template_is_too_broken_to_be_looked_at(text: str, name: str) -> None:
    template = OwnTemplate(name, f"templates/{name}", text)
    for problem in (
        *client_findings([template], TABLE),
        *contrast_findings([template], f"<body>{text}</body>", Look()),
        *template_findings([template]),
    ):
        assert problem.position.line <= text.count("\n") + 1


def test_a_table_of_ones_own_can_ask_for_less_and_for_more() -> None:
    zoom = Feature("zoom", (Sign(properties=("zoom",)),), "do not", {"pine": Support.NO, "elm": Support.PARTLY})
    table = MailClients("", {"pine": "Pine", "elm": "Elm"}, {"zoom": zoom})
    template = OwnTemplate("a.css", "templates/a.css", "a { zoom: 2; float: left }")

    (problem,) = client_findings([template], table)

    assert problem.message == "zoom does not hold in Pine"
