"""The processor that threads run on which hand letters on to each other."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def one_processor() -> Iterator[None]:
    """What this thread does, and the threads that it begins, is done on one processor, where the system lets us choose.

    One thread of Python runs at a time. On several processors each waits for what another has just left, which takes a
    third of all the time that it takes to post letters.
    """
    if sys.platform != "linux":
        yield
        return
    allowed = os.sched_getaffinity(0)  # of this thread, whatever others do
    with suppress(OSError):  # a sandbox may forbid it, and it only saves time
        # Two runs are seldom on the same.
        os.sched_setaffinity(0, {sorted(allowed)[os.getpid() % len(allowed)]})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed)
