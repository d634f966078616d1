"""Merge conflicts that git left in a text."""

import re

from pressrun.model.problems import Problem
from pressrun.rendering.outline import Outline, SourceDocument

_BEGIN = re.compile(r"^<{7}(?= |$).*$", re.MULTILINE)
_MIDDLE = re.compile(r"^={7}$", re.MULTILINE)
_END = re.compile(r"^>{7}(?= |$)", re.MULTILINE)


def conflicts_in(document: SourceDocument) -> list[Problem]:
    """Return an error for each merge conflict in *document*: its three markers in order, outside of code."""
    # Positions cost six times a rendering, and nearly no text has even the first marker.
    if "<<<<<<<" not in document.body or _BEGIN.search(document.body) is None:
        return []
    nodes = Outline.of(document).tree.walk()
    shown = [(node.start, node.end) for node in nodes if node.kind in ("code", "code-block", "html-block")]
    problems: list[Problem] = []
    after = 0
    for begin in _BEGIN.finditer(document.body):
        if begin.start() < after:
            continue
        middle = _MIDDLE.search(document.body, begin.end())
        end = _END.search(document.body, middle.end()) if middle else None
        if end is None:
            break
        start = len(document.body[: begin.start()].encode())
        if any(first <= start < last for first, last in shown):
            continue
        after = end.end()
        place = document.position(start, start + len(begin.group().encode()))
        message = "a merge conflict begins here, and readers would see both sides of it"
        problems.append(Problem(place, "merge-conflict", message, "keep one side, and delete the three marker lines"))
    return problems
