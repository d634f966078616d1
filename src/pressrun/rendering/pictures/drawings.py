"""SVG as it may be published: a picture that runs nothing and asks no other host for anything.

A browser runs the scripts of an SVG that somebody opens by itself, on the site's own address. What is harmless is
published byte for byte; of the rest, what runs, leads elsewhere, or loads something is taken out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pressrun.model.spans import Spans
from pressrun.rendering.pictures.unfit import Unfit

SVG, XHTML, MATHML = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"
EVENTS = "http://www.w3.org/2001/xml-events"
LARGEST = 10_000_000
_HARMFUL = frozenset(
    "script handler listener foreignobject iframe frame embed object audio video canvas link base".split()
)
_ANIMATIONS = frozenset("set animate animatetransform animatemotion animatecolor".split())
_ADDRESSES = frozenset("href src from to by values action formaction data poster srcset base cite background".split())
# Pictures and letters that are part of the file itself.
_OWN_DATA = re.compile(
    r"data:(?:image/(?:png|jpe?g|gif|webp|avif)|font/[a-z0-9.+-]+|application/(?:x-)?font[a-z0-9.+-]*"
    r"|application/vnd\.ms-fontobject)[;,]"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_COMMENTS = Spans((r"/\*", r"\*/|\Z"))
_IMPORT = re.compile(r"@import\b[^;{}]*;?", re.IGNORECASE)
_URL = re.compile(r"""\burl\(\s*+(?:"([^"]*)"\s*|'([^']*)'\s*|([^"'()]*))\)""", re.IGNORECASE)
_IN_CSS = re.compile(
    r"@import|@namespace|expression\(|-moz-binding|behaviou?r\s*:|(?:java|vb)script:|\bsrc\(|image(?:-set)?\("
)
_PUBLIC = re.compile(r"-//W3C//DTD SVG [0-9.]+(?: (?:Basic|Tiny))?//EN")


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG as it is published, and what was taken out of it: the line, and a few words for each."""

    data: bytes
    removed: tuple[tuple[int, str], ...] = ()


def harmless(data: bytes) -> Drawing:
    """The SVG *data* without all that runs or leads to other hosts; raises Unfit where it cannot be read."""
    from lxml import etree

    if len(data) > LARGEST:
        raise Unfit(f"this SVG picture has {len(data):,} bytes; {LARGEST:,} is the most", "save it as PNG")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        message = f"this is not a readable SVG picture: {getattr(error, 'msg', None) or error}"
        raise Unfit(message, "save it again as plain SVG") from error
    if root.tag != f"{{{SVG}}}svg":
        raise Unfit("this is not an SVG picture", f'it begins with <svg xmlns="{SVG}">; save it again as SVG')
    tree = root.getroottree()
    subset = tree.docinfo.internalDTD
    if subset is not None and any(subset.iterentities()):
        raise Unfit("this SVG picture declares entities", "save it again as plain SVG")
    removed = sorted(_taken_out(tree, etree))
    if not removed:
        return Drawing(data)
    # What is beside the root goes as well: instructions to load a style sheet are there, and comments.
    document_type = f"{tree.docinfo.doctype}\n" if _is_usual(tree.docinfo) and tree.docinfo.doctype else ""
    text = etree.tostring(root, encoding="unicode", with_tail=False)
    return Drawing(f'<?xml version="1.0" encoding="UTF-8"?>\n{document_type}{text}\n'.encode(), tuple(removed))


def _taken_out(tree: Any, etree: Any) -> Iterator[tuple[int, str]]:
    """Take out of *tree* what must not be published, and tell what it was."""
    info = tree.docinfo
    if info.doctype and not _is_usual(info):
        yield 1, "the document type"
    for node in [*tree.getroot().itersiblings(preceding=True), *tree.getroot().itersiblings()]:
        if node.tag is etree.ProcessingInstruction:
            yield node.sourceline or 1, f"<?{node.target}?>"
    for node in list(tree.getroot().iter()):
        line = node.sourceline or 1
        if node.tag is etree.Comment:
            continue
        if not isinstance(node.tag, str):
            yield line, "an instruction to another program"
            _remove(node)
            continue
        name = etree.QName(node)
        if why := _why_not(name, node):
            yield line, why
            _remove(node)
            continue
        yield from ((line, what) for what in _attributes(node, etree))
        if name.localname.lower() == "style":
            yield from ((line, what) for what in _style(node))


def _is_usual(info: Any) -> bool:
    """Whether a document type is the standard's own, which nobody fetches."""
    is_known = info.public_id is None or _PUBLIC.fullmatch(info.public_id) is not None
    system = info.system_url or ""
    return is_known and (not system or system.startswith("http://www.w3.org/Graphics/SVG/"))


def _why_not(name: Any, node: Any) -> str | None:
    local = name.localname.lower()
    if name.namespace in (XHTML, MATHML, EVENTS) or local in _HARMFUL:
        return f"<{name.localname}>"
    if local in _ANIMATIONS:
        target = (node.get("attributeName") or "").rpartition(":")[2].strip().lower()
        if target in _ADDRESSES or target.startswith("on"):
            return f"<{name.localname}> of {target}"
    return None


def _remove(node: Any) -> None:
    """Take *node* out of its parent, but not the text behind it."""
    parent, before = node.getparent(), node.getprevious()
    if parent is None:
        return
    if node.tail:
        if before is None:
            parent.text = (parent.text or "") + node.tail
        else:
            before.tail = (before.tail or "") + node.tail
    parent.remove(node)


def _attributes(node: Any, etree: Any) -> Iterator[str]:
    for written, value in list(node.attrib.items()):
        name = etree.QName(written)
        local = name.localname.lower()
        if local.startswith("on") or name.namespace == EVENTS:
            yield f"the attribute {name.localname}"
        elif local in _ADDRESSES and not all(map(_is_own, value.split(";") if local == "values" else [value])):
            yield f"the address {value[:60]}"
        elif local == "style" or "url" in value.lower() or "\\" in value:
            if _is_harmless_css(value):
                continue
            yield f"the attribute {name.localname}"
        elif re.match(r"(?:java|vb)script:", _bare(value)):
            yield f"the attribute {name.localname}"
        else:
            continue
        del node.attrib[written]


def _bare(address: str) -> str:
    """*address* as a browser reads it: white space and control characters do not count."""
    return _BLANKS.sub("", address).lower()


def _is_own(address: str) -> bool:
    """Whether *address* leads to a part of the same file, to data in it, or to another file of the same host."""
    for bare in (_bare(address), _bare(unquote(address))):
        if bare.startswith("data:"):
            if not _OWN_DATA.match(bare):
                return False
        elif _SCHEME.match(bare) or bare.replace("\\", "/").startswith("//"):
            return False
    return True


def _plain_css(css: str) -> str:
    """*css* with its escapes read, and without comments: as a browser understands it."""

    def read(found: re.Match[str]) -> str:
        number = int(found[1], 16) if found[1] else 0
        return found[2] or (chr(number) if number < 0x110000 else "\ufffd")

    return _COMMENTS.sub("", _ESCAPE.sub(read, _COMMENTS.sub("", css)))


def _is_harmless_css(css: str) -> bool:
    plain = _plain_css(css)
    if _IN_CSS.search(_BLANKS.sub(" ", plain).lower()):
        return False
    # What is left of a url( that was not understood is not trusted.
    rest = _URL.sub(lambda found: "" if _is_own(next(filter(None, found.groups()), "")) else found.group(), plain)
    return "url(" not in _BLANKS.sub("", rest).lower()


def _style(node: Any) -> Iterator[str]:
    """Take out of a style element what loads anything; all of it where that is hidden."""
    css = "".join(node.itertext())
    if len(node):
        yield "the elements in a <style>"
    elif _is_harmless_css(css):
        return
    kept = _URL.sub(
        lambda found: found.group() if _is_own(next(filter(None, found.groups()), "")) else "none", _IMPORT.sub("", css)
    )
    if kept != css:
        yield "what a <style> loads from elsewhere"
    if not _is_harmless_css(kept):
        yield "a <style>"
        kept = ""
    for child in list(node):
        node.remove(child)
    node.text = kept
