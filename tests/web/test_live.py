"""The latest State: swapped as a whole, and another also when time has passed or something failed."""

import asyncio
from collections.abc import Collection, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import NOON, a_folder, a_story_file, wanted
from pressrun.showing import Showing, State
from pressrun.web.live import Live

LATER = a_story_file(id="tag:x,2020:later", title="Later", date=(NOON + timedelta(hours=1)).isoformat())


class Faulty(Showing):
    """Shows the first state, and then runs into a fault of its own."""

    def next(self, now: datetime, latest: State, saved: Collection[str] = ()) -> State:
        if latest.number:
            raise ZeroDivisionError
        return super().next(now, latest, saved)


def live_of(root: Path, clock: Iterator[datetime] | None = None, kind: type[Showing] = Showing) -> Live:
    return Live(kind(root, wanted(), root), root, root, (lambda: next(clock)) if clock else (lambda: NOON))


def run(wish: Coroutine[Any, Any, State]) -> State:
    """What *wish* comes to, in a thread of its own: a browser of another test may have its own loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, wish).result()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_folder(tmp_path, {"content/stories/later.md": LATER})


def test_whoever_waits_for_news_gets_the_same_again_after_a_while(root: Path) -> None:
    async def wait() -> State:
        live = live_of(root)
        return await live.after(live.state.number, patience=0.01)

    assert run(wait()).number == 1


def test_whoever_waits_is_let_go_when_the_preview_ends(root: Path) -> None:
    async def end() -> State:
        live = live_of(root)
        waiting = asyncio.create_task(live.after(live.state.number, patience=60))
        await asyncio.sleep(0)
        await live.close()
        return await waiting

    assert run(end()).number == 1


@pytest.mark.slow
def test_a_story_comes_out_when_its_time_has_come(root: Path) -> None:
    def clock() -> Iterator[datetime]:
        yield from [NOON] * 2
        while True:
            yield NOON + timedelta(hours=2)

    async def follow() -> State:
        live = live_of(root, clock())
        assert live.state.entries == {}
        async with live.followed():
            return await live.after(live.state.number, patience=30)

    assert [title for title, _ in run(follow()).entries.values()] == ["Later"]


@pytest.mark.slow
def test_a_fault_of_the_program_is_seen_and_is_no_end(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def fail() -> State:
        live = live_of(root, kind=Faulty)
        async with live.followed():
            return await live.after(live.state.number, patience=30)

    state = run(fail())
    assert state.trouble is not None
    assert state.trouble.startswith("Pressrun itself failed (ZeroDivisionError")
    assert state.stories
    assert "Traceback" in capsys.readouterr().err
