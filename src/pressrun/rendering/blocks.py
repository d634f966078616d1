"""Blocks of a publication's templates that no template shows: mostly a name that is misspelled."""

import difflib
from collections.abc import Iterator

from jinja2 import TemplateNotFound, TemplateSyntaxError, nodes

from pressrun.model.problems import Problem, Severity
from pressrun.rendering.templates import Templates


def idle_blocks(templates: Templates) -> Iterator[Problem]:
    """Return a warning for every block of the publication's own templates that the template it extends lacks."""
    for shown in sorted(templates.own_files()):
        try:
            parsed, file = templates.parsed(shown.removeprefix("templates/"))
            known = _blocks_above(parsed, templates)
        except (TemplateNotFound, TemplateSyntaxError, UnicodeDecodeError):  # reported where it is filled
            continue
        for block in () if known is None else _outermost(parsed, known):
            yield _idle_block(block, templates, file, known or set())


def _blocks_above(parsed: nodes.Template, templates: Templates) -> set[str] | None:
    """Return the blocks of all that *parsed* extends; None where it extends nothing, or by a name made up there."""
    known: set[str] | None = None
    seen: set[str] = set()
    while (parent := parsed.find(nodes.Extends)) is not None:
        if not isinstance(parent.template, nodes.Const) or parent.template.value in seen:
            return None
        seen.add(parent.template.value)
        parsed, _ = templates.parsed(parent.template.value)
        known = (known or set()) | {block.name for block in parsed.find_all(nodes.Block)}
    return known


def _outermost(parsed: nodes.Template, known: set[str]) -> list[nodes.Block]:
    """Return the blocks of *parsed* that are neither *known* nor inside of one that is, and so are shown nowhere."""
    waiting: list[nodes.Node] = [parsed]
    found = []
    while waiting:
        for node in waiting.pop().iter_child_nodes():
            if not isinstance(node, nodes.Block):
                waiting.append(node)
            elif node.name not in known:
                found.append(node)
    return sorted(found, key=lambda block: block.lineno)


def _idle_block(block: nodes.Block, templates: Templates, file: str | None, known: set[str]) -> Problem:
    close = difflib.get_close_matches(block.name, sorted(known), n=1, cutoff=0.6)
    message = f"the template that this one extends has no block {block.name}, so this is never shown"
    hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(known))}"
    place = templates.position(file, block.lineno) if file else templates.place("")
    return Problem(place, "template-block", message, hint, Severity.WARNING)
