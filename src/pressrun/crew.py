"""Work spread over processes, where there is enough of it to pay for them.

Each worker begins as a copy of this process, with all that was read and decided so far, so that nothing needs to be
handed over but the names of what is to be done. Where the system has no such copies, the work is done here.
"""

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# A worker costs some 10 ms; below this many tasks for each, one process is done sooner.
LEAST = 150


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
    ) -> Iterator[Result]:
        """What *do* gives for each of *tasks*, in no particular order, in groups of about *chunk*.

        An error in a worker is raised here, and ends the work. With fewer than *least* tasks for each worker, fewer
        workers are made.
        """
        size = min(self.size, len(tasks) // least if least else self.size)
        if size < 2:
            yield from map(do, tasks)
            return
        groups = [tasks[start : start + chunk] for start in range(0, len(tasks), chunk)]
        gc.freeze()  # or looking for garbage would copy every page of this process into each worker
        yield from _spread(do, groups, size)


ALONE = Crew()


def _spread(do: Callable[[Task], Result], groups: Sequence[Sequence[Task]], size: int) -> Iterator[Result]:
    context = multiprocessing.get_context("fork")
    workers = []
    lines: list[Connection] = []
    try:
        for number in range(size):
            here, there = context.Pipe(duplex=False)
            worker = context.Process(target=_worker, args=(do, groups[number::size], there), daemon=True)
            worker.start()
            there.close()
            workers.append(worker)
            lines.append(here)
        while lines:
            for line in wait(lines):
                assert isinstance(line, Connection)
                try:
                    found = line.recv()
                except EOFError:
                    lines.remove(line)
                    continue
                if isinstance(found, BaseException):
                    raise found
                yield from found
        for worker in workers:
            worker.join()
            if worker.exitcode:
                raise ChildProcessError(f"a worker ended with {worker.exitcode} and did not say why")
    finally:
        for line in lines:
            line.close()
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
            worker.join()


def _worker(do: Callable[[Task], Result], groups: Sequence[Sequence[Task]], line: Connection) -> None:
    gc.disable()  # it lives for a moment, and what it makes has no circles
    try:
        for group in groups:
            line.send([do(task) for task in group])
    except BrokenPipeError:  # whoever asked has stopped
        pass
    except Exception as error:
        line.send(error)
    finally:
        line.close()
