"""An edition's own words with their slots: what is filled for each reader, as opaque words."""

import difflib
from dataclasses import replace

from pressrun.model.slots import NAMES, WRITTEN, slot_of, slotted
from pressrun.problems import Position, Problem, Severity
from pressrun.rendering.outline import Document, Outline

# Of these nothing may be known; every reader has the others.
UNCERTAIN = frozenset({"name", "first_name"})


def personal(document: Document) -> tuple[Document, list[Problem]]:
    """*document* with its slots as words, but for those that it shows as code, and what is wrong in them."""
    if not WRITTEN.search(document.body):
        return document, []
    data = document.body.encode()
    shown = [
        (len(data[: node.start].decode()), len(data[: node.end].decode()))
        for node in Outline.of(document).tree.walk()
        if node.kind in ("code", "code-block")
    ]
    problems = []
    for found in WRITTEN.finditer(document.body):
        if any(start <= found.start() < end for start, end in shown):
            continue
        start = len(document.body[: found.start()].encode())
        place = document.position(start, start + len(found.group().encode()))
        problems += _faults(found.group(), place)
    return replace(document, body=slotted(document.body, shown)), problems


def personal_line(text: str, place: Position) -> tuple[str, list[Problem]]:
    """A line such as a subject, which stands at *place*, with its slots as words, and what is wrong in them."""
    problems = [problem for found in WRITTEN.finditer(text) for problem in _faults(found.group(), place)]
    return slotted(text), problems


def _faults(written: str, place: Position) -> list[Problem]:
    slot = slot_of(written)
    if slot is not None:
        if slot.name not in UNCERTAIN or slot.fallback is not None:
            return []
        message = f"{written} is empty for readers of whom no name is known"
        hint = f'say what stands there then: {{{slot.name}, "reader"}}'
        return [Problem(place, "slot-fallback", message, hint, Severity.WARNING)]
    found = WRITTEN.fullmatch(written)
    assert found is not None  # the caller found it so
    close = difflib.get_close_matches(found[1], NAMES, n=1, cutoff=0.75)
    if not close and "," not in written:  # braces are just braces
        return []
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(NAMES)}"
    message = f"{written} is not filled: nothing of this name is known of readers"
    return [Problem(place, "slot-unknown", message, hint, Severity.WARNING)]
