"""A newsroom's stories for benchmarks, as many as are wanted: realistic, and the same on every machine and every run.

One folder holds them as Pressrun reads them; `newsroom.py FOLDER STORIES` writes it for a look.
"""

import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnprstvw"
SECTIONS = ("Politics", "World", "Culture", "Science", "Sport", "Business", "Opinion")
AUTHORS = 40
TAGS = 120
NEWEST = datetime(2026, 5, 12, 18, 0, tzinfo=timezone(timedelta(hours=-4)))
MINUTES_BETWEEN = 55  # ten thousand stories are a little more than a year
EDITION_STORIES = 8

MASTHEAD = """\
title: The Benchmark Gazette
subtitle: What happened, and how long it took
home: https://gazette.example/
language: en
timezone: America/New_York
ids: gazette.example,2020
author: The Gazette
mail:
  from: The Gazette <news@gazette.example>
  postal_address: 1 Example Street
  unsubscribe: mailto:news@gazette.example?subject=unsubscribe
feeds:
  - name: site
  - every: tag
"""


class Words:
    """A language nobody speaks: 4,000 words of which few are common, as in every language."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.words = [self._word() for _ in range(4000)]
        self.weights = [1 / rank for rank in range(3, 4003)]
        # Drawn once and read in turn from anywhere, or drawing words would take longer than all that is measured.
        self.text = chance.choices(self.words, self.weights, k=200_000)

    def _word(self) -> str:
        syllables = self.chance.choice((1, 2, 2, 3, 3, 4))
        return "".join(self.chance.choice(CONSONANTS) + self.chance.choice(VOWELS) for _ in range(syllables))

    def some(self, count: int) -> str:
        start = self.chance.randrange(len(self.text) - count)
        return " ".join(self.text[start : start + count])

    def sentence(self) -> str:
        return self.some(self.chance.randint(6, 26)).capitalize() + "."


class Newsroom:
    """*count* stories, the oldest first; story *n* is the same whatever *count* is but for its date."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.words = Words(random.Random(2026))
        self.tags = [self.words.some(1) for _ in range(TAGS)]
        self.authors = [self.words.some(2).title() for _ in range(AUTHORS)]

    def slug(self, number: int) -> str:
        return f"story-{number:06}"

    def published(self, number: int) -> datetime:
        return NEWEST - timedelta(minutes=MINUTES_BETWEEN * (self.count - 1 - number))

    def story(self, number: int) -> str:
        chance = self.words.chance = random.Random(number)
        title = self.words.some(chance.randint(4, 9)).capitalize()
        moment = self.published(number)
        # Few tags are on many stories, many on few.
        tags = {self.tags[int(TAGS * chance.random() ** 2.5)] for _ in range(chance.randint(1, 4))}
        lines = [
            "---",
            f"id: tag:gazette.example,2020:stories/{number}",
            f"title: {title}",
            f"date: {moment.isoformat()}",
            f"tags: [{', '.join(sorted(tags))}]",
            f"section: {chance.choice(SECTIONS)}",
            f"authors: [{chance.choice(self.authors)}]",
            f"slug: {self.slug(number)}",
        ]
        if chance.random() < 0.6:
            lines.append(f"summary: {self.words.sentence()}")
        if chance.random() < 0.05:
            lines.append(f"updated: {(moment + timedelta(hours=5)).isoformat()}")
        return "\n".join([*lines, "---", "", *self._body(number)])

    def _body(self, number: int) -> Iterator[str]:
        chance = self.words.chance
        for paragraph in range(chance.choice((5, 8, 8, 11, 11, 15, 22))):
            if paragraph and chance.random() < 0.18:
                yield f"## {self.words.some(chance.randint(2, 6)).capitalize()}\n"
            sentences = [self.words.sentence() for _ in range(chance.randint(2, 5))]
            if chance.random() < 0.3:
                sentences.insert(1, f"*{self.words.some(3)}*, said {chance.choice(self.authors)}.")
            if chance.random() < 0.25:
                sentences.append(f"See [{self.words.some(3)}](https://news.example/{self.words.some(1)}).")
            if chance.random() < 0.1 and number:
                sentences.append(f"Earlier: [{self.words.some(4)}](/stories/{self.slug(chance.randrange(number))}/).")
            yield " ".join(sentences) + "\n"
            if chance.random() < 0.06:
                yield "\n".join(f"- {self.words.some(chance.randint(3, 9))}" for _ in range(4)) + "\n"
            if chance.random() < 0.04:
                yield f"> {self.words.sentence()}\n"

    def edition(self) -> str:
        lead, *stories = (self.slug(self.count - 1 - number) for number in range(min(EDITION_STORIES, self.count)))
        lines = ["---", "id: tag:gazette.example,2020:editions/1", "title: The week", f"date: {NEWEST.isoformat()}"]
        lines += ["preheader: What mattered", f"lead: {lead}"]
        if stories:
            lines.append(f"stories: [{', '.join(stories)}]")
        return "\n".join([*lines, "---", "", "Good morning. This is what mattered.", ""])


def write_newsroom(root: Path, count: int) -> Newsroom:
    """The publication of *count* stories below *root*."""
    newsroom = Newsroom(count)
    stories = root / "content" / "stories"
    stories.mkdir(parents=True)
    for number in range(count):
        (stories / f"{newsroom.slug(number)}.md").write_text(newsroom.story(number), encoding="utf-8")
    (root / "content" / "editions").mkdir()
    (root / "content" / "editions" / "the-week.md").write_text(newsroom.edition(), encoding="utf-8")
    (root / "content" / "publication.yaml").write_text(MASTHEAD, encoding="utf-8")
    return newsroom


if __name__ == "__main__":
    write_newsroom(Path(sys.argv[1]), int(sys.argv[2]))
