"""How long feeds take, and how large they are: python tests/benchmarks/feeds.py [ENTRIES …]

Stories of 4 KB of Markdown, the same on every run, are rendered once; then every format is written three times
with all of them as entries, and the median is told. In the end, as many stories with tags are chosen and planned.
"""

import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders import NOON, a_publication, a_story, some_targets
from pressrun.model.publication import Every, FeedSettings
from pressrun.press.feeds.choices import choices_of
from pressrun.press.feeds.documents import FORMATS, Desk
from pressrun.press.feeds.entries import Feed, entry_of, in_order
from pressrun.rendering.pieces import rendered_story

WORDS = "harbour bridge council winter teacher market ferry library storm season voters river station garden".split()
SIZE = 4096


def markdown(chance: random.Random) -> str:
    """About 4 KB of headings, paragraphs with emphasis and links, a list and a quote."""
    parts: list[str] = []
    while sum(map(len, parts)) < SIZE:
        sentence = " ".join(chance.choices(WORDS, k=40)).capitalize()
        parts.append(f"{sentence}, *{chance.choice(WORDS)}* and [{chance.choice(WORDS)}](https://news.example/a).")
        if chance.random() < 0.2:
            parts.append(f"## {' '.join(chance.choices(WORDS, k=4)).capitalize()}")
        if chance.random() < 0.1:
            parts.append("\n".join(f"- {word}" for word in chance.choices(WORDS, k=4)))
    return "\n\n".join(parts)


def main(counts: list[int]) -> None:
    chance = random.Random(2026)
    publication, targets = a_publication(), some_targets()
    feed = Feed("tag:x,2020:feeds/site", "https://x.example/atom.xml", "https://x.example/", "Benchmark")
    rendered = []
    started = time.perf_counter()
    for number in range(max(counts)):
        moment = NOON - timedelta(hours=number)
        story = a_story(id=f"tag:x,2020:{number}", body=markdown(chance), published=moment, updated=moment)
        rendered.append(rendered_story(story, targets, publication, f"https://x.example/{number}/")[0])
    print(f"rendered {len(rendered):,} stories in {time.perf_counter() - started:.2f} s (generating them included)")
    print(f"{'entries':>8} {'format':>6} {'seconds':>8} {'µs each':>8} {'bytes':>12}")
    for count in counts:
        entries = [entry_of(story) for story in in_order(rendered[:count])]
        for name, each in FORMATS.items():
            times = []
            for _ in range(3):
                started = time.perf_counter()
                data = each.serialise(publication, replace(feed), entries)
                times.append(time.perf_counter() - started)
            middle = statistics.median(times)
            print(f"{count:>8,} {name:>6} {middle:>8.3f} {middle / count * 1e6:>8.1f} {len(data):>12,}")
    plan(chance, max(counts))


def plan(chance: random.Random, count: int) -> None:
    """How long it takes to choose among *count* stories with four of 120 tags each, and to plan all documents."""
    publication = a_publication(feeds=(FeedSettings(), FeedSettings("tags", every=Every.TAG)))
    tags = [f"{word} {number}" for word in WORDS[:12] for number in range(10)]
    stories = {}
    for number in range(count):
        moment = NOON.astimezone(timezone(timedelta(hours=-4))) - timedelta(minutes=55 * number)
        details = {"id": f"tag:x,2020:{number}", "published": moment, "updated": moment}
        stories[str(number)] = a_story(source=str(number), tags=tuple(chance.sample(tags, 4)), **details)
    started = time.perf_counter()
    choices = choices_of(publication, list(stories.values()))
    chosen = time.perf_counter()
    desk = Desk(publication, lambda path: f"https://x.example{path}")
    documents = sum(len(desk.plan(choice, stories)) for choice in choices)
    planned = time.perf_counter()
    print(f"{len(choices)} feeds of {count:,} stories: chosen in {chosen - started:.3f} s, ", end="")
    print(f"their {documents} documents planned in {planned - chosen:.3f} s")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [20, 1000, 10_000])
