"""Tags that are nearly others: written in another way, in the plural, or with a slip."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pressrun.content.checks import place_of
from pressrun.content.source.files import ContentFolder, source_file
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.story import Story

FIELDS = ("tags", "categories", "taxonomies")
# A slip is told only in a long word that is used once beside one that is used often: house and horse are both words.
SHORTEST_SLIP, OFTEN = 6, 3
SHORTEST_PLURAL = 4


def tag_findings(stories: Sequence[Story], allowed: Sequence[str], folder: ContentFolder) -> Iterator[Problem]:
    """A warning for every tag of *stories* that is not *allowed*; where none is named, for each that is nearly another.

    *folder* is where the stories' files lie, which are read again only to tell the place.
    """
    if allowed:
        yield from _unknown(stories, allowed, folder)
        return
    counts = Counter(tag for story in stories for tag in story.tags)
    for tag, other in near_tags(counts):
        story = next(story for story in stories if tag in story.tags)
        yield Problem(
            _place_of_tag(tag, story, folder),
            code="tag-near",
            message=f'"{tag}" is on {_stories(counts[tag])}, "{other}" on {_stories(counts[other])}',
            hint=f"write {other}, if the same is meant",
            severity=Severity.WARNING,
        )


def _stories(number: int) -> str:
    return "1 story" if number == 1 else f"{number:,} stories"


def _unknown(stories: Sequence[Story], allowed: Sequence[str], folder: ContentFolder) -> Iterator[Problem]:
    by_key = {_key(tag): tag for tag in allowed}
    for story in stories:
        for tag in story.tags:
            if tag in allowed:
                continue
            close = difflib.get_close_matches(_key(tag), by_key, n=1, cutoff=0.7)
            yield Problem(
                _place_of_tag(tag, story, folder),
                code="tag-unknown",
                message=f'"{tag}" is not among the tags of publication.yaml',
                hint=f"did you mean {by_key[close[0]]}?" if close else "use one that is there, or add it to tags:",
                severity=Severity.WARNING,
            )


def near_tags(counts: Counter[str]) -> list[tuple[str, str]]:
    """Each tag of *counts* that is nearly another one, with that one; the rarer is told of the more frequent."""
    by_key: dict[str, list[str]] = {}
    for tag in counts:
        by_key.setdefault(_key(tag), []).append(tag)
    found = []
    for same in by_key.values():
        best, *others = sorted(same, key=lambda tag: -counts[tag])  # stable: of two equals the first to be met
        found += [(tag, best) for tag in others]
    totals = {key: sum(counts[tag] for tag in same) for key, same in by_key.items()}
    spelled = {key: max(same, key=lambda tag: counts[tag]) for key, same in by_key.items()}
    for key, plural in _plurals(totals):
        rarer, other = (plural, key) if totals[plural] <= totals[key] else (key, plural)
        found.append((spelled[rarer], spelled[other]))
    told = {_key(tag) for tag, _ in found}
    found += [(spelled[key], spelled[other]) for key, other in _slips(totals) if key not in told]
    return found


def _key(tag: str) -> str:
    return re.sub(r"[\s_-]+", " ", tag.casefold())


def _plurals(keys: dict[str, int]) -> Iterator[tuple[str, str]]:
    for key in keys:
        if len(key) >= SHORTEST_PLURAL:
            plurals = [f"{key}s", f"{key}es", *([f"{key[:-1]}ies"] if key.endswith("y") else [])]
            yield from ((key, plural) for plural in plurals if plural in keys)


def _slips(totals: dict[str, int]) -> Iterator[tuple[str, str]]:
    often: dict[str, list[str]] = {}
    for key, total in totals.items():
        if total >= OFTEN:
            often.setdefault(key[:1], []).append(key)
    for key, total in totals.items():
        if total == 1 and len(key) >= SHORTEST_SLIP:
            # Nobody mistypes the first letter without seeing it.
            other = next((other for other in often.get(key[:1], ()) if _is_slip(key, other)), None)
            if other is not None:
                yield key, other


def _is_slip(one: str, other: str) -> bool:
    """Whether a single letter was left out, added, changed or swapped with its neighbour; digits are never a slip."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < SHORTEST_SLIP:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if not (one + other).isalpha():
        return False
    swapped = len(one) == len(other) == 2 and one == other[::-1]
    return swapped or max(len(one), len(other)) == 1


def _place_of_tag(tag: str, story: Story, folder: ContentFolder) -> Position:
    """Where *tag* is written in the front matter of *story*; else where its tags begin."""
    place = place_of(story, *FIELDS)
    source, _ = source_file(folder, story.source)
    if source is None or not place.excerpt:
        return place
    word = re.compile(rf"(?<![\w-]){re.escape(tag)}(?![\w-])")
    lines = source.text.split("\n")
    first = min(story.positions[name].line for name in FIELDS if name in story.positions)
    for number in range(first, story.body_line):
        if found := word.search(lines[number - 1]):
            return source.position(number, found.start() + 1, len(tag))
    return place
