"""What the manual says of each code: the one list of all that can be told."""

import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

_PAGE = re.compile(r"# (?P<code>\S+)\n\n\*\*(?P<severity>[^*.]+)\.\*\* (?P<gist>.+?[.])(?=\s)", re.DOTALL)
_LINK = re.compile(r"\[([^\[\]]*)\]\((?:\.\./)?([\w-]+)\.md[^()]*\)")


@dataclass(frozen=True, slots=True)
class CodePage:
    """The manual's page of a *code*: its severity in words, its gist in one line, and the whole *text* in Markdown.

    Other pages are named in the text, not linked: it is read where they do not lie beside it.
    """

    code: str
    severity: str
    gist: str
    text: str

    @classmethod
    def of(cls, text: str) -> "CodePage":
        """The page that *text* is; raises ValueError where it does not begin as such a page does."""
        found = _PAGE.match(text)
        if found is None:
            raise ValueError(f"this is no page of a code: {text[:40]!r}")
        return cls(
            found["code"],
            found["severity"].lower(),
            " ".join(found["gist"].split()),
            without_links(text),
        )


def without_links(text: str) -> str:
    """Return *text*, a page in Markdown, with the names of other pages in place of links to them."""
    return _LINK.sub(r"\1 (manual: \2)", text)


@functools.cache
def pages() -> Mapping[str, CodePage]:
    """Every code's page, by code, in the order of the alphabet."""
    folder = resources.files("pressrun") / "manual" / "problems"
    found = [CodePage.of(file.read_text(encoding="utf-8")) for file in folder.iterdir() if file.name.endswith(".md")]
    return {page.code: page for page in sorted(found, key=lambda page: page.code)}


def nearest(code: str, known: Iterable[str]) -> str | None:
    """The one of *known* that *code* most likely means; None where none is like it."""
    known = list(known)
    written = code.lower().replace("_", "-")
    # The right words in a wrong order look little alike to difflib.
    reordered = [each for each in known if sorted(each.split("-")) == sorted(written.split("-"))]
    return next(iter(reordered or difflib.get_close_matches(written, known, n=1)), None)
