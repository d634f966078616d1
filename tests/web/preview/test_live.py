"""The latest State: swapped as a whole, and another also when time has passed or something failed."""

import asyncio
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders import NOON, a_folder, a_story_file, build_request
from eventloops import run_apart
from pressrun.web.preview.live import Live
from pressrun.web.preview.state import PreviewState, Showing

LATER = a_story_file(id="tag:x,2020:later", title="Later", date=(NOON + timedelta(hours=1)).isoformat())


class Faulty(Showing):
    """Shows the first state, and then runs into a fault of its own."""

    def next(self, now: datetime, latest: PreviewState, saved: Collection[str] = ()) -> PreviewState:
        if latest.number:
            raise ZeroDivisionError
        return super().next(now, latest, saved)


class Hasty(Showing):
    """Looks first when a story has just been saved, before anybody can have told of it."""

    def next(self, now: datetime, latest: PreviewState, saved: Collection[str] = ()) -> PreviewState:
        if latest.number == 1 and not saved:
            (latest.texts["content/stories/later.md"]).write_text(a_story_file(id="tag:x,2020:later", title="Now"))
        return super().next(now, latest, saved)


def live_of(root: Path, clock: Iterator[datetime] | None = None, kind: type[Showing] = Showing) -> Live:
    return Live(kind(root, build_request(), root), root, root, (lambda: next(clock)) if clock else (lambda: NOON))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_folder(tmp_path, {"content/stories/later.md": LATER})


def test_whoever_waits_for_news_gets_the_same_again_after_a_while(root: Path) -> None:
    async def wait() -> PreviewState:
        live = live_of(root)
        return await live.after(live.state.number, patience=0.01)

    assert run_apart(wait).number == 1


def test_whoever_waits_is_let_go_when_the_preview_ends(root: Path) -> None:
    async def end() -> PreviewState:
        live = live_of(root)
        waiting = asyncio.create_task(live.after(live.state.number, patience=60))
        await asyncio.sleep(0)
        await live.close()
        return await waiting

    assert run_apart(end).number == 1


@pytest.mark.slow
def test_a_story_comes_out_when_its_time_has_come(root: Path) -> None:
    def clock() -> Iterator[datetime]:
        yield from [NOON] * 2
        while True:
            yield NOON + timedelta(hours=2)

    async def follow() -> PreviewState:
        live = live_of(root, clock())
        assert live.state.entries == {}
        async with live.followed():
            return await live.after(live.state.number, patience=30)

    assert [title for title, _ in run_apart(follow).entries.values()] == ["Later"]


@pytest.mark.slow
def test_a_fault_of_the_program_is_seen_and_is_no_end(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def fail() -> PreviewState:
        live = live_of(root, kind=Faulty)
        async with live.followed():
            return await live.after(live.state.number, patience=30)

    state = run_apart(fail)
    assert state.trouble is not None
    assert state.trouble.startswith("Pressrun itself failed (ZeroDivisionError")
    assert state.stories
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.slow
def test_a_save_is_named_also_where_it_was_read_before_it_was_told(root: Path) -> None:
    async def follow() -> PreviewState:
        live = live_of(root, kind=Hasty)
        async with live.followed():
            await asyncio.sleep(0)
            return await live.after(live.state.number, patience=30)

    assert run_apart(follow).moved.saved == ("content/stories/later.md",)
