"""Work spread over processes, where there is enough of it to pay for them.

Each worker begins as a copy of this process, with all that was read and decided so far, so that nothing needs to be
handed over but the names of what is to be done. Where the system has no such copies, the work is done here.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import TypeVar

from pressrun.problems import PressrunError

Task = TypeVar("Task")
Result = TypeVar("Result")

# A worker costs some 10 ms; below this many tasks for each, one process is done sooner.
LEAST = 150


class Deserted(PressrunError):
    """A worker is gone, and its work is not done."""


@dataclass(frozen=True, slots=True)
class Crew:
    """At most *size* workers at a time."""

    size: int = 1

    @classmethod
    def of_this_machine(cls) -> "Crew":
        """One worker for every processor that this process may use; copies of a process are cheap on Linux only."""
        if sys.platform != "linux":
            return cls()
        return cls(len(os.sched_getaffinity(0)))

    def work(
        self, do: Callable[[Task], Result], tasks: Sequence[Task], *, least: int = LEAST, chunk: int = 32
    ) -> Generator[Result, None, None]:
        """What *do* gives for each of *tasks*, in no particular order, in groups of about *chunk*.

        An error in a worker is raised here, and ends the work; who may stop before the end closes this. With fewer
        than *least* tasks for each worker, fewer workers are made. Raises Deserted where a worker was killed.
        """
        size = min(self.size, len(tasks) // least if least else self.size)
        # A lock that another thread holds would be held forever in a copy, which has no such thread.
        if size < 2 or threading.active_count() > 1:
            yield from map(do, tasks)
            return
        groups = [tasks[start : start + chunk] for start in range(0, len(tasks), chunk)]
        gc.freeze()  # or looking for garbage would copy every page of this process into each worker
        yield from _spread(do, groups, size)


ALONE = Crew()


def _spread(do: Callable[[Task], Result], groups: Sequence[Sequence[Task]], size: int) -> Generator[Result, None, None]:
    context = multiprocessing.get_context("fork")
    workers = []
    lines: list[Connection] = []
    try:
        for number in range(size):
            here, there = context.Pipe(duplex=False)
            lines.append(here)
            worker = context.Process(target=_worker, args=(do, groups[number::size], there, tuple(lines)), daemon=True)
            worker.start()
            there.close()
            workers.append(worker)
        while lines:
            for line in wait(lines):
                assert isinstance(line, Connection)
                try:
                    found = line.recv()
                except (EOFError, OSError):  # it has said all, or was killed in the middle of a sentence
                    lines.remove(line)
                    line.close()
                    continue
                if isinstance(found, BaseException):
                    raise found
                yield from found
        for worker in workers:
            worker.join()
            if worker.exitcode:
                how = (
                    f"was killed by signal {-worker.exitcode}"
                    if worker.exitcode < 0
                    else f"left with {worker.exitcode}"
                )
                raise Deserted(f"a worker process {how}; build again, and see whether there is enough memory")
    finally:
        for line in lines:
            line.close()
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
            worker.join()


def _worker(
    do: Callable[[Task], Result], groups: Sequence[Sequence[Task]], line: Connection, others: Sequence[Connection]
) -> None:
    gc.disable()  # it lives for a moment, and what it makes has no circles
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all; whoever asked hears it, and ends this
    for other in others:  # as long as anybody could listen, nobody would notice that whoever asked was killed
        other.close()
    try:
        for group in groups:
            line.send([do(task) for task in group])
    except BrokenPipeError:  # whoever asked has stopped
        pass
    except Exception as error:
        with contextlib.suppress(BrokenPipeError):
            line.send(_sendable(error))
    finally:
        line.close()


def _sendable(error: Exception) -> Exception:
    """*error*, or what can be told of one that does not survive being sent."""
    try:
        again = ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:
        again = None
    if type(again) is type(error) and str(again) == str(error):
        return error
    return Deserted(f"a worker process failed: {type(error).__name__}: {error}")
