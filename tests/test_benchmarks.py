"""What benchmarks are fed is the same everywhere, and sound; nothing here is timed."""

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.newsroom import NEWEST, Newsroom, write_newsroom
from benchmarks.produced import Produced, produced_in
from builders import wanted
from pressrun.build import build

COUNT = 30


def test_a_newsroom_is_the_same_whenever_it_is_written(tmp_path: Path) -> None:
    write_newsroom(tmp_path / "one", COUNT)
    write_newsroom(tmp_path / "other", COUNT)
    files = sorted(path.relative_to(tmp_path / "one") for path in tmp_path.glob("one/content/**/*.*"))
    assert len(files) == COUNT + 2
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes() for file in files)


def test_a_story_is_the_same_in_a_larger_newsroom_but_for_its_dates() -> None:
    def undated(count: int) -> list[str]:
        return [line for line in Newsroom(count).story(7).splitlines() if not line.startswith(("date:", "updated:"))]

    assert undated(COUNT) == undated(1000)


@pytest.mark.slow
def test_a_newsroom_is_built_without_a_finding_and_counted_as_it_is(tmp_path: Path) -> None:
    write_newsroom(tmp_path, COUNT)
    report = build(tmp_path, tmp_path, wanted(now=NEWEST + timedelta(hours=1)))
    assert report.problems == ()
    assert (report.stories, report.editions) == (COUNT, 1)

    produced = produced_in([tmp_path / "public", tmp_path / "outbox", tmp_path / "nothing"])
    feeds = [path for name in ("atom.xml", "rss.xml", "feed.json") for path in (tmp_path / "public").rglob(name)]
    # The home page, the page on feeds and the edition's are pages, too.
    assert (produced.pages, produced.letters, produced.feeds) == (COUNT + 3, 1, len(feeds))
    # The site's feed holds the newest 20, the archive of the one month all.
    assert produced_in([tmp_path / "public/archive"]).entries == 3 * COUNT
    assert produced.entries > 3 * (20 + COUNT)
    assert produced_in([]) == Produced()
