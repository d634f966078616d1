"""A letter for another tool: its tags where ours were, and nothing else that it would take for one."""

from html import unescape

import pytest

from pressrun.model.slots import NAMES, Slot, has_slots
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.tools import TOOLS, for_tool, offered_by


def a_letter(html: str, text: str = "") -> Newsletter:
    return Newsletter("", "", html, text)


BUTTONDOWN = "{% if subscriber.metadata.first_name %}{{ subscriber.metadata.first_name }}"
ADDRESSES = {"preferences_url": "https://gazette.example/"}
GREETING = f"Dear {Slot('first_name', 'R&D').word},"


@pytest.mark.parametrize(
    ("tool", "html", "text"),
    [
        (
            "mailchimp",
            "Dear *|IF:FNAME|**|FNAME|**|ELSE:|*R&amp;D*|END:IF|*,",
            "Dear *|IF:FNAME|**|FNAME|**|ELSE:|*R&D*|END:IF|*,",
        ),
        (
            "listmonk",
            "Dear {{ if .Subscriber.FirstName }}{{ .Subscriber.FirstName }}{{ else }}R&amp;D{{ end }},",
            "Dear {{ if .Subscriber.FirstName }}{{ .Subscriber.FirstName }}{{ else }}R&D{{ end }},",
        ),
        (
            "buttondown",
            f"Dear {BUTTONDOWN}{{% else %}}R&amp;D{{% endif %}},",
            f"Dear {BUTTONDOWN}{{% else %}}R&D{{% endif %}},",
        ),
    ],
)
def test_a_slot_becomes_the_tool_s_own_tag_with_its_fallback(tool: str, html: str, text: str) -> None:
    letter = for_tool(a_letter(GREETING, GREETING), TOOLS[tool], ADDRESSES)

    assert (letter.html, letter.text) == (html, text)


@pytest.mark.parametrize("tool", TOOLS)
def test_no_slot_is_left_and_addresses_are_the_tool_s(tool: str) -> None:
    words = " ".join(Slot(name).word for name in NAMES)

    letter = for_tool(Newsletter(words, words, words, words), TOOLS[tool], ADDRESSES)

    for part in (letter.subject, letter.preheader, letter.html, letter.text):
        assert not has_slots(part)
        assert "slot.invalid" not in part
        assert all(TOOLS[tool].tags[name] in part for name in offered_by(TOOLS[tool]))


@pytest.mark.parametrize("tool", TOOLS)
def test_words_that_the_tool_would_take_for_a_tag_are_kept_from_it_and_read_the_same(tool: str) -> None:
    words = "{{ x }} {% y %} {# z #} *|A|*"
    style = "<style>a{b:c}</style>"

    letter = for_tool(a_letter(f"<p>{words}</p>{style}", words), TOOLS[tool], ADDRESSES)

    assert unescape(letter.html) == f"<p>{words}</p>{style}"
    assert not any(sign in letter.html.replace(style, "") for sign in TOOLS[tool].literal_html)


@pytest.mark.parametrize(
    ("tool", "address"),
    [
        ("listmonk", "https://x.example/?e={{ .Subscriber.Email | urlquery }}"),
        ("buttondown", "https://x.example/?e={{ subscriber.email|urlencode }}"),
        ("mailchimp", "https://x.example/?e=*|EMAIL|*"),
    ],
)
def test_a_slot_within_an_address_is_encoded_where_the_tool_can(tool: str, address: str) -> None:
    letter = for_tool(a_letter(f'<a href="https://x.example/?e={Slot("email").word}">'), TOOLS[tool], ADDRESSES)

    assert letter.html == f'<a href="{address}">'


@pytest.mark.parametrize("tool", ["listmonk", "buttondown"])
def test_a_brace_before_a_slot_does_not_become_one_of_its_tag(tool: str) -> None:
    slot = Slot("first_name", "you").word

    letter = for_tool(a_letter(f"<p>{{{slot}}}</p>", f"{{{slot}}}"), TOOLS[tool], ADDRESSES)

    assert "{{{" not in letter.html + letter.text
    assert "{{%" not in letter.html + letter.text
    assert letter.html.startswith("<p>&#123;{")


def test_a_fallback_within_an_address_is_kept() -> None:
    letter = for_tool(
        a_letter(f'<a href="https://x.example/?n={Slot("first_name", "a b").word}">'), TOOLS["listmonk"], ADDRESSES
    )

    assert letter.html == (
        '<a href="https://x.example/?n={{ if .Subscriber.FirstName }}{{ .Subscriber.FirstName | urlquery }}'
        '{{ else }}a%20b{{ end }}">'
    )


def test_the_edition_s_own_page_is_kept_and_an_address_that_the_tool_lacks_leads_home() -> None:
    words = f"{Slot('browser_url').word} {Slot('preferences_url').word}"
    addresses = {"browser_url": "https://gazette.example/e/", **ADDRESSES}

    letter = for_tool(a_letter(words, words), TOOLS["buttondown"], addresses)

    assert letter.html == letter.text == "https://gazette.example/e/ https://gazette.example/"


def test_a_name_within_an_address_has_no_space() -> None:
    letter = for_tool(a_letter(f'<a href="https://x.example/?n={Slot("name").word}">'), TOOLS["mailchimp"], ADDRESSES)

    assert letter.html == '<a href="https://x.example/?n=*|FNAME|*%20*|LNAME|*">'
