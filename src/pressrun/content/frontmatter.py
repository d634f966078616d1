"""Front matter: where it ends and the text begins."""

from dataclasses import dataclass

from pressrun.content.fields import Field, toml_fields, yaml_fields
from pressrun.content.files import SourceFile
from pressrun.problems import Problem

EXAMPLE = "begin the file with a line ---, then title: and date:, then a line --- again"


@dataclass(frozen=True, slots=True)
class Page:
    """A file taken apart: its named *fields*, and the text below, which begins at *body_line*."""

    fields: Field
    body: str
    body_line: int


def page_of(source: SourceFile) -> tuple[Page | None, list[Problem]]:
    """*source* taken apart: YAML between `---` lines, or TOML between `+++` lines, then text."""
    lines = source.text.split("\n")
    fence = lines[0].rstrip()
    if fence not in ("---", "+++"):
        return None, [Problem(source.position(), code="front-matter", message="front matter is missing", hint=EXAMPLE)]
    # Jekyll and pandoc also take "..." as YAML's end.
    ends = ("---", "...") if fence == "---" else ("+++",)
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() in ends), None)
    if end is None:
        return None, [
            Problem(
                source.position(width=3),
                code="front-matter",
                message=f"the front matter that begins here has no end; a line {fence} is missing",
                hint=EXAMPLE.replace("---", fence),
            )
        ]
    read = yaml_fields if fence == "---" else toml_fields
    fields, problems = read(source, "\n".join(lines[1:end]) + "\n", 2)
    if fields is None:
        return None, problems
    return Page(fields, "\n".join(lines[end + 1 :]), end + 2), problems
