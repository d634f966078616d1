"""What a command takes: seconds, processor and memory of its process and of all that it started."""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PROCESSES = Path("/proc")
CAN_LOOK = (PROCESSES / "self/smaps_rollup").exists()
SECONDS_BETWEEN_LOOKS = 0.01
# A look at a large process takes milliseconds in which it is held up, so looks get rarer as they get longer.
REST_FOR_A_LOOK = 15
# Of what getrusage tells of memory: macOS counts bytes, others count kilobytes.
UNIT = 1 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A command that ended with *code*, and what it said."""

    def __init__(self, command: Sequence[str], code: int, said: str) -> None:
        super().__init__(f"{' '.join(command)} ended with {code}:\n{said}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took: seconds by the clock, seconds of all processors, and at its peak how many bytes of memory.

    *memory* counts all its processes together, what they share once; it is None where it cannot be looked at.
    *largest* is the largest of them alone.
    """

    seconds: float
    processor: float
    memory: int | None
    largest: int


def taken_by(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Taken:
    """What *command* took in *folder*; raises Failed unless it ended well."""
    # What a command leaves to be written to the disk must not be paid for by the next one.
    os.sync()
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        # A session of its own is what tells its processes from all others.
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        watch = Watch(process.pid)
        # Its processes and those that they waited for; getrusage would add up all commands since the first.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        memory = watch.peak()
        if process.returncode:
            raise Failed(command, process.returncode, _end_of(said))
    return Taken(seconds, usage.ru_utime + usage.ru_stime, memory, usage.ru_maxrss * UNIT)


def median_of(runs: Sequence[Taken]) -> Taken:
    """The median of each number of *runs*."""
    memory = [run.memory for run in runs if run.memory is not None]
    return Taken(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.processor for run in runs),
        round(statistics.median(memory)) if memory else None,
        round(statistics.median(run.largest for run in runs)),
    )


class Watch:
    """Looks at the memory of a process and of all in its session until it is asked for the peak.

    What counts is the proportional set size, which counts a page that several processes share once in all: adding
    up resident sets would count what a fork shares with its parent twice.
    """

    def __init__(self, session: int) -> None:
        self.session = session
        self.highest: int | None = None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        if CAN_LOOK:
            self.thread.start()

    def peak(self) -> int | None:
        """The most bytes that were seen at once, or None if there was no look; stops looking."""
        self.ended.set()
        if CAN_LOOK:
            self.thread.join()
        return self.highest

    def _look(self) -> None:
        rest = 0.0
        while not self.ended.wait(rest):
            started = time.perf_counter()
            if now := sum(map(_memory_of, self._processes())):
                self.highest = max(self.highest or 0, now)
            rest = max(SECONDS_BETWEEN_LOOKS, REST_FOR_A_LOOK * (time.perf_counter() - started))

    def _processes(self) -> list[Path]:
        return [each for each in PROCESSES.iterdir() if each.name.isdecimal() and _session_of(each) == self.session]


def _session_of(process: Path) -> int | None:
    try:
        # A program's name stands in brackets and may hold anything; behind it come state, parent, group, session.
        return int((process / "stat").read_bytes().rpartition(b")")[2].split()[3])
    except OSError:
        return None


def _memory_of(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_bytes().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))


def _end_of(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace")[-3000:]
