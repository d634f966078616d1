"""How a letter differs from the one that was built before: in its words, its links and its size."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape

from pressrun.model.spans import Spans
from pressrun.press.newsletter.size import Size, size_of

_TITLE = Spans(("<title>", "</title>"))
_LINK = re.compile(r"<a\b[^<>]*?\shref=\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class WordRun:
    """Some words in a row: those that are there still, or *gone*, or *new*."""

    words: str
    gone: bool = False
    new: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of a letter: of the *subject* from the old to the new, of each paragraph that is another, of links.

    *sizes* are the old and the new one.
    """

    subject: tuple[str, str] | None
    paragraphs: tuple[tuple[WordRun, ...], ...]
    new_links: tuple[str, ...]
    gone_links: tuple[str, ...]
    sizes: tuple[Size, Size]

    @property
    def is_empty(self) -> bool:
        """Whether subject, words and links are the same; the markup may be another."""
        return not (self.subject or self.paragraphs or self.new_links or self.gone_links)

    @property
    def counts(self) -> tuple[int, int]:
        """How many words are new, and how many are gone."""
        runs = [run for paragraph in self.paragraphs for run in paragraph]
        new, gone = (" ".join(run.words for run in runs if getattr(run, kind)) for kind in ("new", "gone"))
        return len(new.split()), len(gone.split())


def changes(html_before: str, text_before: str, html: str, text: str) -> Changes:
    """What became of the letter of *html_before* and *text_before*, which is *html* and *text* now."""
    subjects = _subject(html_before), _subject(html)
    before, after = (tuple(dict.fromkeys(map(unescape, _LINK.findall(each)))) for each in (html_before, html))
    return Changes(
        subject=subjects if subjects[0] != subjects[1] else None,
        paragraphs=tuple(_paragraphs(text_before, text)),
        new_links=tuple(link for link in after if link not in before),
        gone_links=tuple(link for link in before if link not in after),
        sizes=(size_of(html_before), size_of(html)),
    )


def _subject(html: str) -> str:
    title = next(_TITLE.finditer(html), None)
    return unescape(title.inside).strip() if title else ""


def _paragraphs(before: str, after: str) -> Iterator[tuple[WordRun, ...]]:
    """Each paragraph that is another, word by word."""
    old, new = ([" ".join(each.split()) for each in re.split(r"\n[^\S\n]*\n\s*", text)] for text in (before, after))
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pairs = max(last - first, end - start)
        gone = old[first:last] + [""] * (pairs - (last - first))
        come = new[start:end] + [""] * (pairs - (end - start))
        yield from (tuple(_runs(one, other)) for one, other in zip(gone, come, strict=True))


def _runs(before: str, after: str) -> Iterator[WordRun]:
    old, new = before.split(), after.split()
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield WordRun(" ".join(old[first:last]))
            continue
        if first < last:
            yield WordRun(" ".join(old[first:last]), gone=True)
        if start < end:
            yield WordRun(" ".join(new[start:end]), new=True)
