"""OPML 2.0: all feeds in one file, for readers that subscribe to many at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """One feed of the list."""

    title: str
    url: str
    home: str
    type: str  # "rss" for RSS and Atom alike, as OPML has it


def opml(title: str, outlines: Iterable[OpmlFeed]) -> bytes:
    """The list *title* of *outlines*, in their order. No date: it would change without a change."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = title
    body = ElementTree.SubElement(root, "body")
    for outline in outlines:
        ElementTree.SubElement(
            body,
            "outline",
            type=outline.type,
            text=outline.title,
            title=outline.title,
            xmlUrl=outline.url,
            htmlUrl=outline.home,
        )
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
