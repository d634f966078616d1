"""How long feeds take, and how large they are: python tests/benchmarks/feeds.py [ENTRIES …]

Stories of 4 KB of Markdown, the same on every run, are rendered once; then every format is written three times
with all of them as entries, and the median is told.
"""

import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders import NOON, a_publication, a_story, some_targets
from pressrun.feeds.documents import FORMATS
from pressrun.feeds.entries import Feed, entry_of, in_order
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
    print(f"{'entries':>8} {'format':>6} {'seconds':>8} {'bytes':>12}")
    for count in counts:
        entries = [entry_of(story) for story in in_order(rendered[:count])]
        for name, each in FORMATS.items():
            times = []
            for _ in range(3):
                started = time.perf_counter()
                data = each.serialise(publication, replace(feed), entries)
                times.append(time.perf_counter() - started)
            print(f"{count:>8,} {name:>6} {statistics.median(times):>8.3f} {len(data):>12,}")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [20, 1000, 10_000])
