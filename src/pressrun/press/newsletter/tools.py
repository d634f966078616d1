"""A letter with the tags of a mailing tool in its slots, for pasting it there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from pressrun.model.characters import MARK
from pressrun.model.slots import ADDRESSES, Slot, replaced
from pressrun.model.spans import Spans

if TYPE_CHECKING:
    from pressrun.press.newsletter.compose import Newsletter

_BRACE = rf"\{{(?=(?:https://slot\.invalid/)?{MARK})"
_STYLE_SHEET = Spans((r"<style\b", "</style>"))


@dataclass(frozen=True, slots=True)
class MergeTool:
    """How a mailing tool writes what it fills in.

    *tags* are its tags by the name of our slot; a slot that it has none for keeps its fallback. *choice* puts a tag
    and a fallback behind a question of whether *field*, the tag's inner name, is known. *encoded* is a tag within a
    web address. What would start a tag in the words of the letter is kept from it: *literal_html*, *literal_text*, and
    a single brace before a tag by *brace_html*, *brace_text*.
    """

    name: str
    tags: Mapping[str, str]
    fields: Mapping[str, str]
    choice: str
    encoded: Mapping[str, str]
    literal_html: Mapping[str, str]
    literal_text: Mapping[str, str]
    brace_html: str = "{"
    brace_text: str = "{"


TOOLS = {
    tool.name: tool
    for tool in (
        MergeTool(
            name="mailchimp",
            tags={
                "name": "*|FNAME|* *|LNAME|*",
                "first_name": "*|FNAME|*",
                "email": "*|EMAIL|*",
                "unsubscribe_url": "*|UNSUB|*",
                "preferences_url": "*|UPDATE_PROFILE|*",
                "browser_url": "*|ARCHIVE|*",
            },
            fields={"name": "FNAME", "first_name": "FNAME"},
            choice="*|IF:{field}|*{tag}*|ELSE:|*{fallback}*|END:IF|*",
            encoded={"name": "*|FNAME|*%20*|LNAME|*"},
            literal_html={"*|": "*&#124;"},
            literal_text={"*|": "* |"},
        ),
        MergeTool(
            name="listmonk",
            tags={
                "name": "{{ .Subscriber.Name }}",
                "first_name": "{{ .Subscriber.FirstName }}",
                "email": "{{ .Subscriber.Email }}",
                "unsubscribe_url": "{{ UnsubscribeURL }}",
                "preferences_url": "{{ UnsubscribeURL }}?manage=true",
                "browser_url": "{{ MessageURL }}",
            },
            fields={"name": ".Subscriber.Name", "first_name": ".Subscriber.FirstName"},
            choice="{{{{ if {field} }}}}{tag}{{{{ else }}}}{fallback}{{{{ end }}}}",
            encoded={
                "email": "{{ .Subscriber.Email | urlquery }}",
                "name": "{{ .Subscriber.Name | urlquery }}",
                "first_name": "{{ .Subscriber.FirstName | urlquery }}",
            },
            literal_html={"{{": "&#123;&#123;"},
            literal_text={"{{": '{{ "{{" }}'},
            brace_html="&#123;",
            brace_text='{{ "{" }}',
        ),
        MergeTool(
            name="buttondown",
            tags={
                "name": "{{ subscriber.metadata.name }}",
                "first_name": "{{ subscriber.metadata.first_name }}",
                "email": "{{ subscriber.email }}",
                "unsubscribe_url": "{{ unsubscribe_url }}",
                "browser_url": "{{ email_url }}",
            },
            fields={"name": "subscriber.metadata.name", "first_name": "subscriber.metadata.first_name"},
            choice="{{% if {field} %}}{tag}{{% else %}}{fallback}{{% endif %}}",
            encoded={
                "email": "{{ subscriber.email|urlencode }}",
                "name": "{{ subscriber.metadata.name|urlencode }}",
                "first_name": "{{ subscriber.metadata.first_name|urlencode }}",
            },
            literal_html={"{{": "&#123;&#123;", "{%": "&#123;%", "{#": "&#123;#"},
            literal_text={
                "{{": "{% templatetag openvariable %}",
                "{%": "{% templatetag openblock %}",
                "{#": "{% templatetag opencomment %}",
            },
            brace_html="&#123;",
            brace_text="{% templatetag openbrace %}",
        ),
    )
}


def offered_by(tool: MergeTool) -> list[str]:
    """The slots for addresses that *tool* fills."""
    return [name for name in ADDRESSES if name in tool.tags]


def for_tool(newsletter: "Newsletter", tool: MergeTool, addresses: Mapping[str, str]) -> "Newsletter":
    """*newsletter* with *tool*'s own tags in its slots, and no words in it that *tool* would take for one.

    *addresses* are what slots for addresses lead to where *tool* has no tag, and the edition's own page in any case.
    """

    def text(part: str) -> str:
        return _tagged(_literal(part, tool.literal_text, tool.brace_text), tool, addresses, in_html=False)

    # Character references are not read in a style sheet, and nothing there looks like a tag.
    pieces, start = [], 0
    for sheet in _STYLE_SHEET.finditer(newsletter.html):
        pieces += [_literal(newsletter.html[start : sheet.start], tool.literal_html, tool.brace_html), sheet.whole]
        start = sheet.end
    pieces.append(_literal(newsletter.html[start:], tool.literal_html, tool.brace_html))
    html = _tagged("".join(pieces), tool, addresses, in_html=True)
    return replace(
        newsletter,
        subject=text(newsletter.subject),
        preheader=text(newsletter.preheader),
        html=html,
        text=text(newsletter.text),
    )


def _literal(text: str, literal: Mapping[str, str], brace: str = "{") -> str:
    """*text* with no sign of *literal* as such, and no brace right before a slot, which would become one of its tag."""
    signs = "|".join(map(re.escape, literal))
    return re.sub(rf"{signs}|{_BRACE}", lambda found: literal.get(found.group(), brace), text)


def _tagged(text: str, tool: MergeTool, addresses: Mapping[str, str], *, in_html: bool) -> str:
    def tag(slot: Slot, *, within_address: bool) -> str:
        if slot.name in addresses and (slot.name == "browser_url" or slot.name not in tool.tags):
            address = addresses[slot.name]
            return quote(address, safe="") if within_address else escape(address) if in_html else address
        plain = slot.fallback or ""
        fallback = _literal(escape(plain), tool.literal_html) if in_html else _literal(plain, tool.literal_text)
        found = tool.tags.get(slot.name)
        if found is None:
            return fallback
        if within_address:
            found, fallback = tool.encoded.get(slot.name, found), quote(plain, safe="")
        if not fallback or slot.name not in tool.fields:
            return found
        return tool.choice.format(field=tool.fields[slot.name], tag=found, fallback=fallback)

    return replaced(text, tag)
