"""Front matter: where it ends and the text begins."""

from dataclasses import dataclass

from pressrun.content.source.fields import Field, yaml_fields
from pressrun.content.source.files import SourceFile
from pressrun.content.source.toml import toml_fields
from pressrun.model.problems import Problem

EXAMPLES = {
    "---": "begin the file with a line ---, then title: and date:, then a line --- again",
    "+++": 'begin the file with a line +++, then title = "…" and date = …, then a line +++ again',
}


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file taken apart: its named *fields*, and the text below, which begins at *body_line*."""

    fields: Field
    body: str
    body_line: int


def page_of(source: SourceFile) -> tuple[ParsedFile | None, list[Problem]]:
    """*source* taken apart: YAML between `---` lines, or TOML between `+++` lines, then text."""
    lines = source.text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    fence = lines[first].rstrip()
    if fence not in EXAMPLES:
        return None, [
            Problem(
                source.position(first + 1, 1, len(fence) or 1),
                code="front-matter",
                message="front matter is missing; a file begins with it",
                hint=EXAMPLES["---"],
            )
        ]
    # Jekyll and pandoc also take "..." as YAML's end.
    ends = ("---", "...") if fence == "---" else ("+++",)
    end = next((number for number in range(first + 1, len(lines)) if lines[number].rstrip() in ends), None)
    if end is None:
        return None, [
            Problem(
                source.position(first + 1, 1, 3),
                code="front-matter",
                message=f"the front matter that begins here has no end; a line {fence} is missing",
                hint=EXAMPLES[fence],
            )
        ]
    read = yaml_fields if fence == "---" else toml_fields
    fields, problems = read(source, "\n".join(lines[first + 1 : end]) + "\n", first + 2)
    if fields is None:
        return None, problems
    return ParsedFile(fields, "\n".join(lines[end + 1 :]), end + 2), problems
