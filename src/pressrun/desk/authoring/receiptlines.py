"""Where the receipt of a sending, and the list of what an edition carried, go into the text of its file.

All else stays byte for byte.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from pressrun.content.editions import read_edition
from pressrun.content.source.fields import quoted
from pressrun.content.source.frontmatter import page_of
from pressrun.desk.authoring.edits import Edit, lines_of, source_of
from pressrun.desk.authoring.ids import placeless
from pressrun.model.edition import Edition, Receipt, Reference
from pressrun.model.problems import Position
from pressrun.model.publication import Masthead
from pressrun.model.story import Story

# Joiners are parts of words and emoji; every other sign that cannot be seen is left out of comments.
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Entries:
    """What is to be written into an edition's file; None where it stays as it is.

    *carried* are the ids of stories, each with its title, which becomes a comment. *begin* is a moment in *zone*.
    """

    receipt: Receipt | None = None
    carried: Sequence[tuple[str, str]] | None = None
    begin: datetime | None = None

    def in_edition(self, edition: Edition) -> Edition:
        """Return *edition* as it should be read once these entries are in its file."""
        nowhere = Position(edition.source)
        carried = edition.carried
        if self.carried is not None:
            carried = tuple(Reference(story, nowhere) for story, _ in self.carried)
        sent, begin = self.receipt or edition.sent, self.begin or edition.begin
        return replace(edition, sent=sent, carried=carried, begin=begin)


# The line as it is written below; one that somebody has written in another way is left alone.
_LINE = re.compile(r"[ \t]*sent[ \t]*[:=][ \t]*\{[^\r\n]*\}[ \t]*")


def receipted(text: str, edition: Edition, receipt: Receipt, masthead: Masthead) -> str | None:
    """Return *text* with *receipt*, as `with_entries` does."""
    return with_entries(text, edition, Entries(receipt), masthead)


def with_entries(text: str, edition: Edition, entries: Entries, masthead: Masthead) -> str | None:
    """Return *text*, the whole of *edition*'s file as it is on disk, with *entries* in its front matter.

    A receipt is one line at the top, or replaces the one that Pressrun wrote before; the others go below the rule.
    None where that would change anything else: the text is read back before it is taken.
    """
    before, told = _read(text, edition, masthead)
    if not isinstance(before, Edition):
        return None
    build_request = placeless(entries.in_edition(before)), told
    for edits in _ways(text, edition, entries, masthead.publication.timezone):
        after = text
        for edit in edits:
            after = edit.made_in(after)
        if _read(after, edition, masthead) == build_request:
            return after
    return None


def _ways(text: str, edition: Edition, entries: Entries, zone: tzinfo) -> Iterator[list[Edit]]:
    """Every set of edits that may do it, the best first; of one set, those further down come first."""
    source = source_of(text, edition.source, f"content/{edition.source}")
    page, _ = page_of(source)
    if page is None:
        return  # it was written anew since it was read
    fence, word = next((number, line) for number, line in enumerate(source.text.split("\n"), 1) if line.strip())
    lines = lines_of(text)
    end = lines[fence - 1][len(lines[fence - 1].rstrip("\r\n")) :]
    is_toml = word.startswith("+++")
    indentation = "" if is_toml else " " * (page.fields.position.column - 1)
    listed = [*_written_begin(entries.begin, zone, is_toml=is_toml), *_written_list(entries.carried, is_toml=is_toml)]
    block = "".join(f"{indentation}{line}{end}" for line in listed)
    receipt = f"{indentation}{_written(entries.receipt, is_toml=is_toml)}" if entries.receipt else ""
    top = Edit(fence + 1, 1, "", f"{receipt}{end}" if receipt else "")
    there = [number for number in range(fence, page.body_line - 2) if _LINE.fullmatch(lines[number].rstrip("\r\n"))]
    if entries.receipt and len(there) == 1:
        top = Edit(there[0] + 1, 1, lines[there[0]].rstrip("\r\n"), receipt)
    place = edition.positions.get("begin")  # a name that has no value yet makes room for the one that gets it
    gone = [Edit(place.line, 1, lines[place.line - 1], "")] if place is not None and entries.begin is not None else []
    below = [
        edition.positions[name].line for name in ("since", "tags", "section", "limit") if name in edition.positions
    ]
    for line in [*sorted(below, reverse=True), fence]:
        yield sorted((*gone, top, Edit(line + 1, 1, "", block)), key=lambda edit: -edit.line)


def _written(receipt: Receipt, *, is_toml: bool) -> str:
    """*receipt* as one line; what is in its braces means the same in YAML and in TOML, but for one sign."""
    values: dict[str, object] = {
        "id": receipt.id,
        "hash": receipt.hash,
        "list": list(receipt.lists),
        "time": receipt.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **({} if receipt.attempts is None else {"attempts": receipt.attempts}),
    }
    if receipt.nobody:
        values["nobody"] = True
    sign = " = " if is_toml else ": "
    inside = ", ".join(f"{name}{sign}{json.dumps(value)}" for name, value in values.items())
    return f"sent{sign}{{{inside}}}"


def _written_begin(begin: datetime | None, zone: tzinfo, *, is_toml: bool) -> list[str]:
    if begin is None:
        return []
    text = moment_text(begin, zone)
    return [f'begin = "{text}"' if is_toml else f"begin: {text}"]


def moment_text(moment: datetime, zone: tzinfo) -> str:
    """Return *moment* as a field has it: a bare day for a midnight in *zone*."""
    local = moment.astimezone(zone)
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return local.date().isoformat()
    return local.isoformat()


def _written_list(carried: Sequence[tuple[str, str]] | None, *, is_toml: bool) -> list[str]:
    if carried is None:
        return []
    if not carried:
        return ["carried = []" if is_toml else "carried: []"]
    if not is_toml:
        return list_lines(carried)
    items = (f"  {_toml(story)},{comment(title)}" for story, title in carried)
    return ["carried = [", *items, "]"]


def list_lines(carried: Sequence[tuple[str, str]]) -> list[str]:
    """Return the lines of `carried` in YAML: an id on each, with the title as a comment."""
    if not carried:
        return ["carried: []"]
    return ["carried:", *(f"  - {_yaml(story)}{comment(title)}" for story, title in carried)]


def comment(title: str) -> str:
    """Return *title* as the comment that ends a line, whatever is in it; nothing where nothing of it can be seen."""
    seen = " ".join(title.split())
    seen = "".join(sign for sign in seen if sign.isprintable() or sign in _JOINERS)
    return f"  # {seen}" if seen.strip() else ""


def _yaml(story: str) -> str:
    # A tag: address needs no quotes, and is easier to read without.
    is_plain = story.startswith("tag:") and all(sign.isalnum() or sign in "-._~:/@%,+" for sign in story)
    return story if is_plain and story.isascii() and not story.endswith(":") else quoted(story)


def _toml(story: str) -> str:
    return json.dumps(story, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(text: str, edition: Edition, masthead: Masthead) -> tuple[Story | Edition | None, Counter[str]]:
    found, problems = read_edition(source_of(text, edition.source, f"content/{edition.source}"), masthead)
    return found and placeless(found), Counter(problem.code for problem in problems)
