"""Work spread over processes, where there is enough of it to pay for them.

Each worker begins as a copy of this process, with all that was read and decided so far, so that nothing needs to be
handed over but the names of what is to be done. Where the system has no such copies, the work is done here.
"""

import contextlib
import functools
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeAlias, TypeVar

from pressrun.model.problems import PressrunError

Task = TypeVar("Task")
Result = TypeVar("Result")

# A worker costs some 10 ms; below this many tasks for each, one process is done sooner.
LEAST = 150


class Deserted(PressrunError):
    """A worker is gone, and its work is not done."""


@dataclass(frozen=True, slots=True)
class Workers:
    """At most *size* workers at a time."""

    size: int = 1

    @classmethod
    def of_this_machine(cls) -> "Workers":
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
        done = [functools.partial(_done, do, groups[number::size]) for number in range(size)]
        with _hired(done) as hired:
            yield from hired.heard()

    @contextlib.contextmanager
    def ahead(self, make: Callable[[], Iterable[Result]]) -> Iterator[Iterator[Result]]:
        """What *make* gives, in its order, made by a worker while whoever asks is busy with what came before.

        The worker is there when the block begins: what is opened within it is not copied. It is raised as by `work`.
        """
        if self.size < 2 or threading.active_count() > 1:
            yield iter(make())
            return
        with _hired([lambda: ([each] for each in make())]) as hired:
            yield hired.heard()


ALONE = Workers()


def _done(do: Callable[[Task], Result], groups: Sequence[Sequence[Task]]) -> Iterator[list[Result]]:
    for group in groups:
        yield [do(task) for task in group]


# What a worker has to say, a group at a time.
_Says: TypeAlias = Callable[[], Iterable[list[Any]]]


@dataclass(frozen=True, slots=True)
class _Hired:
    """Workers, and the line on which each is heard."""

    workers: list[ForkProcess]
    lines: list[Connection]

    def heard(self) -> Generator[Any, None, None]:
        """What they say, as it comes, until all have said everything; raises what one of them raised, or Deserted."""
        while self.lines:
            for line in wait(self.lines):
                assert isinstance(line, Connection)
                try:
                    found = line.recv()
                except (EOFError, OSError):  # it has said all, or was killed in the middle of a sentence
                    self.lines.remove(line)
                    line.close()
                    continue
                if isinstance(found, BaseException):
                    raise found
                yield from found
        for worker in self.workers:
            worker.join()
            if worker.exitcode:
                how = (
                    f"was killed by signal {-worker.exitcode}"
                    if worker.exitcode < 0
                    else f"left with {worker.exitcode}"
                )
                raise Deserted(f"a worker process {how}; do it again, and see whether there is enough memory")


@contextlib.contextmanager
def _hired(says: Sequence[_Says]) -> Iterator[_Hired]:
    """A worker for each of *says*, all of whom are gone at the end, whatever they were at."""
    context = multiprocessing.get_context("fork")
    hired = _Hired([], [])
    gc.freeze()  # or looking for garbage would copy every page of this process into each worker
    try:
        for each in says:
            here, there = context.Pipe(duplex=False)
            hired.lines.append(here)
            worker = context.Process(target=_worker, args=(each, there, tuple(hired.lines)), daemon=True)
            worker.start()
            there.close()
            hired.workers.append(worker)
        yield hired
    finally:
        for line in hired.lines:
            line.close()
        for worker in hired.workers:
            if worker.is_alive():
                worker.terminate()
            worker.join()


def _worker(says: _Says, line: Connection, others: Sequence[Connection]) -> None:
    gc.disable()  # it lives for a moment, and what it makes has no circles
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all; whoever asked hears it, and ends this
    for other in others:  # as long as anybody could listen, nobody would notice that whoever asked was killed
        other.close()
    try:
        for group in says():
            line.send(group)
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
