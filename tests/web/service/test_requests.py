"""How long an answer takes, on a clock that goes on only while somebody waits."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from math import isclose
from typing import Any

import pytest

from eventloops import run_apart
from pressrun.web.service.requests import evenly


class Waiting(selectors.DefaultSelector):
    """Takes no time to wait, and counts how long it would have."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.passed += timeout or 0
        return super().select(0)


class Hurried(asyncio.SelectorEventLoop):
    """A loop whose time passes by waiting alone."""

    def __init__(self) -> None:
        self.waiting = Waiting()
        super().__init__(self.waiting)

    def time(self) -> float:
        return self.waiting.passed


def seconds_of(answer: Callable[[], Coroutine[Any, Any, float]]) -> float:
    """What *answer* tells, on a loop whose time passes by waiting alone."""
    return run_apart(answer, Hurried)


@pytest.mark.parametrize("work", [0, 0.001, 0.1, 0.199, 0.2, 0.201, 0.5, 0.61])
def test_an_answer_takes_a_whole_multiple_and_at_most_one_step_more_than_its_work(work: float) -> None:
    async def answer() -> float:
        async with evenly(0.2):
            await asyncio.sleep(work)
        return asyncio.get_running_loop().time()

    took = seconds_of(answer)
    assert isclose(took / 0.2, round(took / 0.2), abs_tol=1e-6)
    assert work < took <= work + 0.2 + 1e-9


def test_without_a_step_it_takes_as_long_as_its_work() -> None:
    async def answer() -> float:
        async with evenly(0):
            await asyncio.sleep(0.3)
        return asyncio.get_running_loop().time()

    assert isclose(seconds_of(answer), 0.3)
