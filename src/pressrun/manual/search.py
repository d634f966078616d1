"""The pages of the manual by their names, and what is found in them by words."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from pressrun.manual.codes import without_links

_ABOUT_THE_CODE = ("architecture", "design-notes")
_IN_NAME, _IN_HEADING, _MOST_IN_TEXT = 8, 10, 5


@dataclass(frozen=True, slots=True)
class ManualTopic:
    """A page of the manual: its *name* without `.md`, its *title*, and its whole *text* in Markdown."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ManualSection:
    """What a page, named *topic*, has below one *heading*."""

    topic: str
    heading: str
    text: str


@functools.cache
def topics() -> Mapping[str, ManualTopic]:
    """Return every page of the manual, by name, in the order of the alphabet; pages of codes are in `codes`."""
    folder = resources.files("pressrun") / "manual"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".md")}
    found = [
        ManualTopic(name.removesuffix(".md"), text.partition("\n")[0].removeprefix("# "), without_links(text))
        for name, text in sorted(texts.items())
    ]
    return {topic.name: topic for topic in found}


def sections(name: str, text: str) -> Iterator[ManualSection]:
    """Yield the sections of the page *text*; a line in a code block is no heading."""
    heading, lines, in_code = name, list[str](), False
    for line in text.splitlines():
        in_code ^= line.startswith("```")
        if line.startswith("#") and not in_code:
            if lines:
                yield ManualSection(name, heading, "\n".join(lines))
            heading, lines = line.lstrip("#").strip(), []
        else:
            lines.append(line)
    yield ManualSection(name, heading, "\n".join(lines))


def search(words: Sequence[str]) -> list[ManualSection]:
    """Return the sections that have all *words*, in any case, the most likely first.

    Pages about Pressrun's own code come last.
    """
    build_request = [word.casefold() for word in words]
    found: list[tuple[bool, int, int, ManualSection]] = []
    for topic in topics().values():
        for section in sections(topic.name, topic.text):
            if score := _score(section, build_request):
                found.append((topic.name in _ABOUT_THE_CODE, -score, len(found), section))
    return [section for *_, section in sorted(found, key=lambda each: each[:3])]


def first_line(section: ManualSection, words: Sequence[str]) -> str:
    """Return the first line of *section* that has one of *words*; its first line where only the heading has one."""
    lines = [line.strip() for line in section.text.splitlines() if line.strip(" `")]
    build_request = [word.casefold() for word in words]
    having = (line for line in lines if any(word in line.casefold() for word in build_request))
    return next(having, lines[0] if lines else "")


def _score(section: ManualSection, words: Sequence[str]) -> int:
    heading, text = section.heading.casefold(), section.text.casefold()
    score = 0
    for word in words:
        count = text.count(word)
        if not count and word not in heading:
            return 0
        score += _IN_HEADING * (word in heading) + _IN_NAME * (word == section.topic) + min(count, _MOST_IN_TEXT)
    return score
