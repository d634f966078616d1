"""An edition's own words with their slots: what is filled for each reader, as opaque words."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.slots import MEANT, NAMES, WRITTEN, slot_of, slotted
from pressrun.rendering.outline import Outline, SourceDocument

# Of these nothing may be known; every reader has the others.
UNCERTAIN = frozenset({"name", "first_name"})


def personal(document: SourceDocument) -> tuple[SourceDocument, list[Problem]]:
    """*document* with its slots as words, but for those that it shows as code, and what is wrong in them."""
    if not (WRITTEN.search(document.body) or MEANT.search(document.body)):
        return document, []
    data = document.body.encode()
    shown = [
        (len(data[: node.start].decode()), len(data[: node.end].decode()))
        for node in Outline.of(document).tree.walk()
        if node.kind in ("code", "code-block")
    ]

    def place(found: re.Match[str]) -> Position:
        start = len(document.body[: found.start()].encode())
        return document.position(start, start + len(found.group().encode()))

    problems = [
        _problem(fault, place(found))
        for found in _written(document.body)
        if not any(start <= found.start() < end for start, end in shown) and (fault := _fault(found))
    ]
    return replace(document, body=slotted(document.body, shown)), problems


def personal_line(text: str, place: Position) -> tuple[str, list[Problem]]:
    """A line such as a subject, which stands at *place*, with its slots as words, and what is wrong in them."""
    problems = [_problem(fault, place) for found in _written(text) if (fault := _fault(found))]
    return slotted(text), problems


def never_personal(text: str, place: Position) -> list[Problem]:
    """A Problem for every slot in *text*, a line at *place* in which none is filled."""
    slots = (found.group() for found in WRITTEN.finditer(text) if slot_of(found.group()) is not None)
    hint = "personal fields are filled in subject, preheader and the edition's words"
    return [_problem(_Fault("slot-unknown", f"{slot} is not filled here", hint), place) for slot in slots]


@dataclass(frozen=True, slots=True)
class _Fault:
    code: str
    message: str
    hint: str


def _problem(fault: _Fault, place: Position) -> Problem:
    return Problem(place, fault.code, fault.message, fault.hint, Severity.WARNING)


def _written(text: str) -> Iterator[re.Match[str]]:
    """Every slot in *text*, and everything that was probably meant as one."""
    yield from WRITTEN.finditer(text)
    yield from (found for found in MEANT.finditer(text) if not WRITTEN.fullmatch(found.group()))


def _fault(found: re.Match[str]) -> _Fault | None:
    written = found.group()
    slot = slot_of(written)
    if slot is not None:
        if slot.name not in UNCERTAIN or slot.fallback:
            return None
        message = f"{written} is empty for readers of whom no name is known"
        return _Fault("slot-fallback", message, f'say what stands there then: {{{slot.name}, "reader"}}')
    name = found[1].lower().replace("-", "_")
    close = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.75)
    if not close and MEANT.fullmatch(written) is None:  # braces are just braces
        return None
    hint = f'did you mean {{{close[0]}, "…"}}?' if close else f"known are {', '.join(NAMES)}"
    return _Fault("slot-unknown", f"{written} is not filled: this is no personal field", hint)
