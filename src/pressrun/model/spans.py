"""Stretches of a text between two marks, such as comments, found in one pass.

`<!--.*?-->` as a pattern of `re` goes to the end of the text from every `<!--`, where no `-->` follows: a thousand
openings take a thousand passes. Here, what was looked for and is missing is not looked for again.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of *text* from *start* to *end*, both marks included; its inside is from *first* to *last*.

    *kind* is the number of its pair of marks.
    """

    text: str
    start: int
    first: int
    last: int
    end: int
    kind: int = 0

    @property
    def whole(self) -> str:
        """All of it."""
        return self.text[self.start : self.end]

    @property
    def opening(self) -> str:
        """The mark that begins it."""
        return self.text[self.start : self.first]

    @property
    def inside(self) -> str:
        """What is between its marks."""
        return self.text[self.first : self.last]

    @property
    def closing(self) -> str:
        """The mark that ends it; empty where the text ended first."""
        return self.text[self.last : self.end]


class Spans:
    r"""Finds the stretches between pairs of marks, from left to right, each as short as it can be.

    A pair is two or more patterns: what opens it, what has to follow in that order, and what closes it; the opening
    mark ends with the last but one. A pair of one pattern is a stretch by itself. Where several pairs open at one
    place, the first counts. What is never closed is no stretch, and the next may begin inside of it; a closing pattern
    that also allows `\Z` closes it at the end of the text.

    No pattern may be slow by itself (`tests/test_patterns.py`).
    """

    def __init__(self, *pairs: tuple[str, ...], ignore_case: bool = False) -> None:
        flags = re.IGNORECASE if ignore_case else re.NOFLAG
        self._opening = re.compile("|".join(f"(?P<kind{at}>{pair[0]})" for at, pair in enumerate(pairs)), flags)
        self._following = [[re.compile(mark, flags) for mark in pair[1:]] for pair in pairs]

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
        """Every stretch in *text* from *start* to *end*, in order; none overlaps another."""
        end = len(text) if end is None else end
        missing: set[int] = set()
        while len(missing) < len(self._following) and (opening := self._opening.search(text, start, end)):
            kind = int((opening.lastgroup or "")[4:])
            span = None if kind in missing else self._span(text, opening, kind, end)
            if span is None:
                missing.add(kind)
                start = opening.start() + 1
            else:
                yield span
                start = span.end

    def _span(self, text: str, opening: re.Match[str], kind: int, end: int) -> Span | None:
        marks = [opening]
        for mark in self._following[kind]:
            found = mark.search(text, marks[-1].end(), end)
            if found is None:
                return None
            marks.append(found)
        if len(marks) == 1:
            return Span(text, opening.start(), opening.end(), opening.end(), opening.end(), kind)
        return Span(text, opening.start(), marks[-2].end(), marks[-1].start(), marks[-1].end(), kind)

    def finditer_by_line(self, text: str) -> Iterator[Span]:
        """Every stretch in *text* that begins and ends on one line."""
        for line in re.finditer(r"[^\n]+", text):
            yield from self.finditer(text, line.start(), line.end())

    def sub(self, replace: str | Callable[[Span], str], text: str) -> str:
        """*text* with each stretch replaced."""
        pieces: list[str] = []
        start = 0
        for span in self.finditer(text):
            pieces += text[start : span.start], replace if isinstance(replace, str) else replace(span)
            start = span.end
        return "".join([*pieces, text[start:]]) if pieces else text


class ByteOffsets:
    """How many bytes of UTF-8 come before a character of *text*, by the number of the character."""

    def __init__(self, text: str) -> None:
        self._sums = None if text.isascii() else array("Q", [0])
        if self._sums is not None:
            self._sums.extend(
                accumulate(1 if sign < "\x80" else len(sign.encode("utf-8", "surrogatepass")) for sign in text)
            )

    def __getitem__(self, number: int) -> int:
        return number if self._sums is None else self._sums[number]


class Covered:
    """The numbers that any of *stretches*, each from its first number up to its last, covers."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(stretches):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._starts, number) - 1
        return at >= 0 and number < self._ends[at]


COMMENTS = Spans(("<!--", "-->"))
# Where templates of Jinja2 do anything but say their text.
JINJA = Spans((r"\{\{", r"\}\}"), (r"\{%", r"%\}"), (r"\{#", r"#\}"))
