"""Light letters where a mail program turns the colours around by itself, whatever the letter says of dark screens.

What such programs do is not documented; this is the model of it that people who write letters have made from
looking. Two ways are known. *In full* (Gmail on iOS, Outlook for Windows): every colour, of text and of ground,
keeps its hue and saturation (HSL) and swaps its lightness for the opposite. *In part* (Outlook.com, Gmail on
Android): the same, but only for light grounds and for dark text; grounds that are dark and text that is light
already stay. No program makes paper quite black; the darkest ground here is #1f1f1f, where text stands out less
than on black.
"""

import colorsys
import re
from collections.abc import Callable, Iterator

import pytest
from lxml import html as lxml_html

from letters import LETTERS, letter_of
from pressrun.model.contrast import READABLE, contrast

DARKEST = 0x1F / 0xFF
# What shows a ground of its own without words to read on it, or is not shown at all.
UNSEEN = {"head", "style", "title", "script"}

Colours = tuple[str, str]


def in_full(text: str, ground: str) -> Colours:
    return turned(text), turned(ground, darkest=DARKEST)


def in_part(text: str, ground: str) -> Colours:
    return (
        turned(text) if lightness(text) < 0.5 else text,
        turned(ground, darkest=DARKEST) if lightness(ground) >= 0.5 else ground,
    )


def turned(colour: str, darkest: float = 0.0) -> str:
    hue, light, saturation = colorsys.rgb_to_hls(*channels(colour))
    rgb = colorsys.hls_to_rgb(hue, max(1 - light, darkest), saturation)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)


def lightness(colour: str) -> float:
    return colorsys.rgb_to_hls(*channels(colour))[1]


def channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def texts(element: lxml_html.HtmlElement, text: str, ground: str) -> Iterator[tuple[str, Colours]]:
    """Every piece of text below *element* with its colour and what is behind it, as the style attributes say."""
    style = element.get("style", "")
    if element.tag in UNSEEN or "display:none" in style:
        return
    own, behind = (re.search(rf"(?:^|; ?){name}:(#\w{{6}})", style) for name in ("color", "background-color"))
    text, ground = own[1] if own else text, behind[1] if behind else ground
    words = [element.text, *(child.tail for child in element), element.get("alt")]
    yield from ((each, (text, ground)) for each in words if each and each.strip())
    for child in element.iterchildren(tag=lxml_html.etree.Element):
        yield from texts(child, text, ground)


@pytest.mark.parametrize("invert", [in_full, in_part])
@pytest.mark.parametrize("name", LETTERS)
def test_light_colours_hold_where_they_are_turned_around(name: str, invert: Callable[[str, str], Colours]) -> None:
    body = lxml_html.document_fromstring(letter_of(name).html).body
    found = list(texts(body, "#000000", "#ffffff"))
    assert len(found) > 10
    for words, colours in found:
        assert contrast(*colours) >= READABLE, words
        assert contrast(*invert(*colours)) >= READABLE, (words, colours, invert(*colours))
