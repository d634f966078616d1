"""The tags of a letter or of its template, each with the offset where it stands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape

from pressrun.model.spans import COMMENTS, JINJA, Spans

_STYLE_SHEET = Spans((r"<style\b", ">", r"</style\s*>"), ignore_case=True)
_NO_MARKUP = Spans(*((rf"<{name}\b", ">", rf"</{name}\s*>") for name in ("style", "script")), ignore_case=True)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+)))?")
# Elements that have no end.
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


@dataclass(frozen=True, slots=True)
class Attribute:
    """The value of an attribute as written, and where it begins."""

    raw: str
    start: int

    @property
    def value(self) -> str:
        """The value as it is meant."""
        return unescape(self.raw)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: the name of its element in small letters, where it begins and ends, and its attributes."""

    name: str
    start: int
    end: int
    closes: bool
    attributes: Mapping[str, Attribute]

    def get(self, name: str) -> str:
        """The value of the attribute *name*; empty where there is none."""
        return self.attributes[name].value if name in self.attributes else ""


def tags_of(html: str) -> Iterator[Tag]:
    """The tags of *html* in order; comments, conditional ones too, and style sheets hold none."""
    quiet = _NO_MARKUP.sub(lambda part: part.opening + _blank(part.inside) + part.closing, without_comments(html))
    for found in _TAG.finditer(quiet):
        attributes: dict[str, Attribute] = {}
        for each in _ATTRIBUTE.finditer(found[3]):
            group = next((number for number in (2, 3, 4) if each[number] is not None), 1)
            raw = each[group] if group > 1 else ""
            place = found.start(3) + each.start(group)
            attributes.setdefault(each[1].lower(), Attribute(raw, place))
        yield Tag(found[2].lower(), found.start(), found.end(), bool(found[1]), attributes)


def style_sheets_of(html: str) -> Iterator[tuple[int, str]]:
    """What stands in each style element of *html*, and where it begins."""
    for found in _STYLE_SHEET.finditer(without_comments(html)):
        yield found.first, found.inside


def without_jinja(template: str) -> str:
    """*template* with all that Jinja fills in or acts on blanked out; offsets stay."""
    return JINJA.sub(lambda span: _blank(span.whole), template)


def without_comments(html: str) -> str:
    """*html* with its comments blanked out; offsets stay."""
    return COMMENTS.sub(lambda span: _blank(span.whole), html)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
