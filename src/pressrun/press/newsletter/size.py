"""How large a letter is, of what, and whether mail programs will show all of it."""

import re
from dataclasses import dataclass

from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.spans import COMMENTS, Spans

# Gmail shows no more of a letter than this, and hides the rest, the way out included.
CLIPPED_AT = 102_000
WARNED_AT = CLIPPED_AT * 85 // 100

_STYLE_SHEET = Spans((r"<style\b", "</style>"), ignore_case=True)
_TAG = re.compile(r"<[a-zA-Z/!](?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>")
_STYLE = re.compile(r"\sstyle=(?:\"[^\"]*\"|'[^']*')")
_LINK = re.compile(r"\s(?:href|src)=(?:\"[^\"]*\"|'[^']*')")


@dataclass(frozen=True, slots=True)
class Size:
    """The bytes of a letter's HTML as a mail program decodes it, by what they are spent on."""

    text: int
    markup: int
    inline_styles: int
    head_styles: int
    links: int

    @property
    def total(self) -> int:
        """All of them; Gmail clips at CLIPPED_AT."""
        return self.text + self.markup + self.inline_styles + self.head_styles + self.links

    def __str__(self) -> str:
        parts = {
            "text": self.text,
            "markup": self.markup,
            "inline styles": self.inline_styles,
            "head styles": self.head_styles,
            "links": self.links,
        }
        return ", ".join(f"{name} {bytes_:,}" for name, bytes_ in parts.items())


def size_of(html: str) -> Size:
    """The Size of a letter's *html*: every byte of it is counted once."""
    total = _bytes(html)
    without_sheets = _STYLE_SHEET.sub("", html)
    head_styles = total - _bytes(without_sheets)
    tags = "".join(_TAG.findall(COMMENTS.sub("", without_sheets)))
    comments = "".join(comment.whole for comment in COMMENTS.finditer(without_sheets))
    inline_styles = sum(map(_bytes, _STYLE.findall(tags)))
    links = sum(map(_bytes, _LINK.findall(tags)))
    markup = _bytes(tags) + _bytes(comments) - inline_styles - links
    return Size(total - head_styles - inline_styles - links - markup, markup, inline_styles, head_styles, links)


def size_problem(size: Size, edition: str, *, allowed: bool = False) -> Problem | None:
    """What speaks against a letter of *size*; *edition* is the file to blame.

    Near the limit it is a warning. Beyond it, it is an error, unless the edition has *allowed* it.
    """
    if size.total <= WARNED_AT:
        return None
    clipped = size.total > CLIPPED_AT
    hint = "carry the lead as content: summary, or name fewer stories"
    return Problem(
        Position(edition),
        code="letter-size",
        message=f"this letter has {size.total:,} bytes ({size}); Gmail cuts it off at {CLIPPED_AT:,}",
        hint=f"{hint}; allow_clipping: true sends it all the same" if clipped and not allowed else hint,
        severity=Severity.ERROR if clipped and not allowed else Severity.WARNING,
    )


def _bytes(text: str) -> int:
    return len(text.encode())
