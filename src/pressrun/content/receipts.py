"""Where the receipt of a sending goes into the text of an edition, all else staying byte for byte."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC

from pressrun.content.editions import read_edition
from pressrun.content.edits import Edit, lines_of, source_of
from pressrun.content.frontmatter import page_of
from pressrun.content.mint import placeless
from pressrun.model.edition import Edition, Receipt
from pressrun.model.publication import Masthead
from pressrun.model.story import Story


def receipted(text: str, edition: Edition, receipt: Receipt, masthead: Masthead) -> str | None:
    """*text*, the whole of *edition*'s file as it lies on disk, with *receipt* in its front matter.

    None where that would change anything else: it is read back before it is taken.
    """
    source = source_of(text, edition.source, f"content/{edition.source}")
    fence, word = next((number, line) for number, line in enumerate(source.text.split("\n"), 1) if line.strip())
    line = lines_of(text)[fence - 1]
    end = line[len(line.rstrip("\r\n")) :]
    page, _ = page_of(source)
    assert page is not None  # an edition came from it
    is_toml = word.startswith("+++")
    indentation = "" if is_toml else " " * (page.fields.position.column - 1)
    after = Edit(fence + 1, 1, "", f"{indentation}{_written(receipt, is_toml=is_toml)}{end}").made_in(text)
    before, told = _read(text, edition, masthead)
    if not isinstance(before, Edition) or _read(after, edition, masthead) != (replace(before, sent=receipt), told):
        return None
    return after


def _written(receipt: Receipt, *, is_toml: bool) -> str:
    """*receipt* as one line; what is in its braces means the same in YAML and in TOML, but for one sign."""
    values = {
        "id": receipt.id,
        "hash": receipt.hash,
        "list": list(receipt.lists),
        "time": receipt.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    sign = " = " if is_toml else ": "
    inside = ", ".join(f"{name}{sign}{json.dumps(value)}" for name, value in values.items())
    return f"sent{sign}{{{inside}}}"


def _read(text: str, edition: Edition, masthead: Masthead) -> tuple[Story | Edition | None, Counter[str]]:
    found, problems = read_edition(source_of(text, edition.source, f"content/{edition.source}"), masthead)
    return found and placeless(found), Counter(problem.code for problem in problems)
