"""An SVG is published without what runs or leads to other hosts, and byte for byte where there is nothing of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pressrun.rendering.pictures.drawings import SVG, harmless
from pressrun.rendering.pictures.unfit import Unfit

XLINK = "http://www.w3.org/1999/xlink"


def drawing(inside: str = "", attributes: str = "", before: str = "") -> bytes:
    return f'{before}<svg xmlns="{SVG}" xmlns:xlink="{XLINK}" {attributes}>{inside}</svg>'.encode()


CLEAN = {
    "shapes": drawing('<rect width="1" height="1" fill="#fff"/><g transform="scale(2)"><path d="M0 0L1 1"/></g>'),
    "a gradient": drawing('<linearGradient id="a"/><rect fill="url(#a)" style="stroke:url(\'#a\')"/>'),
    "a part used again": drawing('<g id="a"/><use href="#a"/><use xlink:href="#a"/>'),
    "styles": drawing("<style>.a { fill: red } /* url( */ .b { fill: url(#b) }</style>"),
    "styles in CDATA": drawing("<style><![CDATA[ a > b { fill: red } ]]></style>"),
    "a picture inside": drawing('<image href="data:image/png;base64,iVBORw0KGgo="/>'),
    "letters inside": drawing("<style>@font-face{src:url(data:font/woff2;base64,AAAA)}</style>"),
    "an animation": drawing('<rect><animate attributeName="width" values="1;2;3" dur="1s"/></rect>'),
    "another file beside it": drawing('<image href="photo.jpg"/><a href="/stories/"><text>x</text></a>'),
    "a drawing program's notes": drawing(
        '<i:grid xmlns:i="http://i.example/ns" i:on="1" x="2"/><metadata>x</metadata>'
    ),
    "the standard's document type": drawing(
        before='<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n<!-- made by hand -->\n'
    ),
    "a prefix": f'<s:svg xmlns:s="{SVG}"><s:g/></s:svg>'.encode(),
    "another encoding": b'<?xml version="1.0" encoding="ISO-8859-1"?><svg xmlns="http://www.w3.org/2000/svg">\xe9</svg>',
}
CLEAN["a drawing program's notes"] = CLEAN["a drawing program's notes"].replace(b' i:on="1"', b"")

HARMFUL = {
    "a script": "<script>alert(1)</script>",
    "a script elsewhere": '<script href="https://evil.example/a.js"/>',
    "a script in capitals": "<SCRIPT>alert(1)</SCRIPT>",
    "a script of XHTML": '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
    "an event": '<rect onload="alert(1)"/>',
    "an event in capitals": '<rect onClick="alert(1)"/>',
    "an event with a prefix": '<rect xlink:onload="alert(1)"/>',
    "a handler": '<handler type="text/javascript">alert(1)</handler>',
    "HTML": '<foreignObject><b xmlns="http://www.w3.org/1999/xhtml"><iframe src="//evil.example"/></b></foreignObject>',
    "a link that runs": '<a xlink:href="javascript:alert(1)"><text>x</text></a>',
    "a link that hides": '<a href=" java&#9;script:alert(1)"><text>x</text></a>',
    "a link elsewhere": '<a href="https://evil.example/"><text>x</text></a>',
    "a picture elsewhere": '<image href="https://evil.example/a.png"/>',
    "a picture of any scheme": '<image xlink:href="//evil.example/a.png"/>',
    "a picture with backslashes": '<image href="/\\evil.example/a.png"/>',
    "another drawing as data": '<image href="data:image/svg+xml,%3Csvg onload=alert(1)%3E"/>',
    "a page as data": '<a href="data:text/html,%3Cscript%3Ealert(1)%3C/script%3E"><text>x</text></a>',
    "a part of another file": '<use href="https://evil.example/a.svg#a"/>',
    "another base": '<g xml:base="https://evil.example/"><image href="a.png"/></g>',
    "an address that is set": '<a><set attributeName="href" to="javascript:alert(1)"/></a>',
    "an address that moves": '<a><animate attributeName="xlink:href" values="#a;javascript:alert(1)"/></a>',
    "an event that is set": '<rect><set attributeName="onclick" to="alert(1)"/></rect>',
    "a fill elsewhere": '<rect fill="url(https://evil.example/a.svg#a)"/>',
    "a filter elsewhere": "<rect filter=\"URL( 'https://evil.example/a' )\"/>",
    "a fill that moves": '<rect><animate attributeName="fill" to="url(https://evil.example/a)"/></rect>',
    "a style elsewhere": '<rect style="fill:red;background:url(//evil.example/a)"/>',
    "a style that hides": r'<rect style="fill:u\72l(https://evil.example/a)"/>',
    "a style in pieces": '<rect style="fill:u/**/rl(x);background:url/**/(https://evil.example/a)"/>',
    "an import": "<style>@import 'https://evil.example/a.css'; a{fill:red}</style>",
    "an import that hides": r"<style>@\69mport 'https://evil.example/a.css'; a{fill:red}</style>",
    "a style sheet elsewhere": "<style>a{fill:url(https://evil.example/a)}</style>",
    "a style sheet never closed": "<style>a{fill:url(https://evil.example/a</style>",
    "a set of pictures": "<style>a{background:image-set('https://evil.example/a' 1x)}</style>",
    "an instruction": '<?xml-stylesheet href="https://evil.example/a.css"?>',
}


@pytest.mark.parametrize("data", CLEAN.values(), ids=CLEAN.keys())
def test_a_harmless_drawing_is_published_byte_for_byte(data: bytes) -> None:
    assert (harmless(data).data, harmless(data).removed) == (data, ())


@pytest.mark.parametrize("inside", HARMFUL.values(), ids=HARMFUL.keys())
def test_what_runs_or_leads_elsewhere_is_taken_out(inside: str) -> None:
    made = harmless(drawing(f'\n<rect id="kept"/>{inside}behind<g id="also"/>'))

    text = made.data.decode()
    assert [line for line, _ in made.removed][:1] == [2]
    assert not [word for word in ("alert", "evil", "script", "onload", "onclick") if word in text.lower()]
    root = etree.fromstring(made.data)
    assert [node.get("id") for node in root.iter() if node.get("id")] == ["kept", "also"]
    assert "behind" in "".join(root.itertext())
    assert harmless(made.data).removed == ()


def test_what_stands_before_the_drawing_is_looked_at_too() -> None:
    made = harmless(drawing(before='<?xml-stylesheet href="https://evil.example/a.css"?>'))
    assert (b"evil" in made.data, len(made.removed)) == (False, 1)

    made = harmless(drawing(before='<!DOCTYPE svg SYSTEM "https://evil.example/a.dtd">'))
    assert (b"evil" in made.data, len(made.removed)) == (False, 1)


def test_only_what_a_style_loads_is_taken_out_of_it() -> None:
    made = harmless(drawing("<style>@import url(https://evil.example/a.css); .a { fill: red }</style>"))
    assert b".a { fill: red }" in made.data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'><g></svg>",
        b"<svg/>",
        b"<html xmlns='http://www.w3.org/1999/xhtml'><svg/></html>",
        b"\x1f\x8b\x08\x00compressed",
        b"<!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>",
        b"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>",
        drawing("<g>" * 5000 + "</g>" * 5000),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(Unfit) as raised:
        harmless(data)
    assert raised.value.hint


@given(
    pieces=st.lists(
        st.sampled_from(
            [*HARMFUL.values(), "<g>", "</g>", "text", "<!-- c -->", "<rect/>", '<use href="#a"/>', "&amp;"]
        )
    )
)
def test_whatever_is_left_is_harmless(pieces: list[str]) -> None:
    try:
        made = harmless(drawing("".join(pieces)))
    except Unfit:
        return
    assert harmless(made.data).removed == ()
    assert b"evil" not in made.data
    assert b"alert" not in made.data
