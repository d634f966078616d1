"""A build whose work is spread over processes."""

import functools
import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders import MASTHEAD, a_folder, a_story_file, build_request
from pressrun.model.problems import ContentError
from pressrun.press.building import feedfiles
from pressrun.press.building import workers as crew_module
from pressrun.press.building.build import How, build
from pressrun.press.building.buildstate import BuildState
from pressrun.press.building.report import BuildReport
from pressrun.press.building.workers import Workers

TWO = How(workers=Workers(2))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(Workers.of_this_machine().size == 1, reason="here everybody works alone"),
]


@pytest.fixture(autouse=True)
def every_task_is_worth_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedfiles, "MANY_ENTRIES", 0)
    work = crew_module.Workers.work
    monkeypatch.setattr(crew_module.Workers, "work", functools.partialmethod(work_at_once, work))


def work_at_once(workers: Workers, work: Callable[..., Any], do: Any, tasks: Any, **_: int) -> Any:
    return work(workers, do, tasks, least=1, chunk=1)


def some_stories(root: Path, count: int = 8, **others: str) -> Path:
    files: dict[str, str | bytes] = {
        f"content/stories/{number}.md": a_story_file(
            f"Text {number}, and [the first](0.md).",
            id=f"tag:x,2020:{number}",
            title=f"Story {number}",
            tags=f"[a{number % 30}, b{number % 30}]",
        )
        for number in range(count)
    }
    masthead = MASTHEAD + "feeds:\n- name: tags\n  every: tag\n"
    return a_folder(root, {"content/publication.yaml": masthead, **files, **others})


def made(root: Path, how: How = TWO) -> BuildReport:
    return build(root, root, build_request(), how=how)


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_many_hands_make_the_same_bytes(tmp_path: Path) -> None:
    made(some_stories(tmp_path / "many"))
    made(some_stories(tmp_path / "one"), How())
    for folder in ("public", "outbox"):
        assert tree(tmp_path / "many" / folder) == tree(tmp_path / "one" / folder)


def test_a_problem_that_a_worker_finds_is_told_as_if_there_were_none(tmp_path: Path) -> None:
    for name in ("many", "one"):
        some_stories(tmp_path / name)
        (tmp_path / name / "content/stories/3.md").write_text(a_story_file("[x](none.md)", id="tag:x,2020:3"))
        (tmp_path / name / "content/stories/5.md").write_text(a_story_file(date="soon"))
        (tmp_path / name / "templates").mkdir()
        (tmp_path / name / "templates/story.html").write_text("{{ nobody }}")
    with pytest.raises(ContentError) as many:
        made(tmp_path / "many")
    with pytest.raises(ContentError) as one:
        made(tmp_path / "one", How())
    assert many.value.problems == one.value.problems
    assert not (tmp_path / "many/public").exists()


@pytest.mark.parametrize("method", ["keep_stories", "keep_renderings", "keep_frames"])
def test_a_build_that_stops_in_the_middle_leaves_no_worker_and_no_stage(
    tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_stories(tmp_path, 1200 if method == "keep_stories" else 500)

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(BuildState, method, stop)
    with pytest.raises(KeyboardInterrupt) as caught:
        made(tmp_path)
    assert multiprocessing.active_children() == []
    assert not (tmp_path / "public").exists()
    del caught


def test_nothing_is_kept_while_workers_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = BuildState.keep_frames

    def alone(build_state: BuildState, *arguments: Any) -> None:
        assert multiprocessing.active_children() == []
        keep(build_state, *arguments)

    monkeypatch.setattr(BuildState, "keep_frames", alone)
    made(some_stories(tmp_path, 30))


def test_what_a_worker_misses_in_the_stock_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some_stories(tmp_path)
    expected = made(tmp_path).written.new
    before = tree(tmp_path / "public")
    with sqlite3.connect(tmp_path / ".cache/pressrun/stock.sqlite") as line:
        line.execute("UPDATE renderings SET html = x'00' WHERE source = 'stories/3.md'")
        line.execute("DELETE FROM said WHERE name IN ('report', 'plan')")
    line.close()
    (tmp_path / "public/atom.xml").unlink()
    made(tmp_path)
    assert tree(tmp_path / "public") == before
    assert expected
