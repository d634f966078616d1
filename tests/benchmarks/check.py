"""How long a check takes, and what each room's rules cost: python tests/benchmarks/check.py [STORIES …]

Stories of 4 KB of Markdown with tags, links and headings, the same on every run, are checked three times after a
first run that fills the cache; the median is told.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from feeds import WORDS, markdown

from builders import a_folder, a_story_file, build_request
from pressrun.desk.checking.check import check
from pressrun.desk.checking.rules import about_feeds, about_front_matter, about_letters, about_texts
from pressrun.press.building.run import Run
from pressrun.rendering.outline import Outline, SourceDocument

RUNS = 3


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def a_publication_of(count: int, root: Path) -> Path:
    chance = random.Random(2026)
    tags = (f"[{', '.join(chance.sample(WORDS, 3))}]" for _ in range(count))
    stories = {
        f"content/stories/story-{number}.md": a_story_file(
            markdown(chance), id=f"tag:x,2020:{number}", title=f"Story {number}", tags=words
        )
        for number, words in enumerate(tags)
    }
    return a_folder(root, stories)


def report(what: str, work: Callable[[], object]) -> None:
    print(f"  {what:<48} {median(work):5.2f} s")


def told_of(count: int, root: Path) -> None:
    found = check(root, build_request()).problems
    print(f"{count:,} stories, {len(found)} findings")
    report("the whole check", lambda: check(root, build_request()))
    report("of it reading", lambda: Run.of(root, build_request()))
    run = Run.of(root, build_request())
    started = time.perf_counter()
    files = run.files()
    print(f"  {'of it rendering, feeds, pages':<48} {time.perf_counter() - started:5.2f} s")
    report("of it the rules of front matter (content)", lambda: list(about_front_matter(run.press)))
    report("of it the rules of texts (rendering, pictures)", lambda: list(about_texts(run)))
    report("    in which places are found (outlines)", lambda: outlines(run))
    report("of it the rules of feeds", lambda: list(about_feeds(run, files)))
    report("of it the rules of letters", lambda: list(about_letters(run)))


def outlines(run: Run) -> list[Outline]:
    return [Outline.of(SourceDocument("x", story.body)) for story in run.press.stories.values()]


def main(counts: list[int]) -> None:
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            told_of(count, a_publication_of(count, Path(folder)))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100, 1000])
