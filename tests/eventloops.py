"""Event loops of tests, each in a thread of its own: a browser of other tests may have a loop in this one."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_apart(
    work: Callable[[], Coroutine[Any, Any, T]], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> T:
    """Return what *work* gives on a loop that nothing else runs on."""

    def run() -> T:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(work())

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result()
