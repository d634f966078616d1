"""Locks on files: who has one, who asks, and that no question keeps anybody from taking one."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pressrun.circulation.store import locks
from pressrun.model.problems import StoreError


@contextmanager
def held(file: Path) -> Iterator[bool]:
    place = locks.opened(file)
    try:
        yield locks.is_mine(place, file)
    finally:
        os.close(place)


@contextmanager
def flocked(file: Path, kind: int) -> Iterator[None]:
    """What an earlier version does: it runs with LOCK_EX, and asks with LOCK_SH."""
    place = locks.opened(file)
    try:
        fcntl.flock(place, kind | fcntl.LOCK_NB)
        yield
    finally:
        os.close(place)


def test_a_lock_has_one_holder_and_is_free_after_it(tmp_path: Path) -> None:
    file = tmp_path / "run1"
    with held(file) as first:
        assert first
        assert locks.is_taken(file)
        with held(file) as second:
            assert not second
        assert locks.is_taken(file)
    assert not locks.is_taken(file)
    with held(file) as third:
        assert third


def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "run1"
    program = (
        "import sys, pathlib\n"
        "from pressrun.circulation.store import locks\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "print(locks.is_mine(locks.opened(file), file), flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert locks.is_taken(file)
        with held(file) as mine:
            assert not mine
        holder.kill()
        holder.wait()
        assert not locks.is_taken(file)


def test_to_ask_creates_nothing(tmp_path: Path) -> None:
    assert not locks.is_taken(tmp_path / "run1")
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "run1").touch()
    for ask in (locks.opened, locks.is_taken):
        with pytest.raises(StoreError, match=r"cannot lock the store by .*run1/x: Not a directory"):
            ask(tmp_path / "run1" / "x")


def test_a_run_of_an_earlier_version_is_seen_and_keeps_others_out(tmp_path: Path) -> None:
    file = tmp_path / "run1"
    with flocked(file, fcntl.LOCK_EX):
        assert locks.is_taken(file)
        with held(file) as mine:
            assert not mine
    with held(file) as mine:
        assert mine
        with pytest.raises(BlockingIOError), flocked(file, fcntl.LOCK_EX):
            pass


def test_a_question_of_an_earlier_version_keeps_no_run_from_beginning(tmp_path: Path) -> None:
    file = tmp_path / "run1"
    with flocked(file, fcntl.LOCK_SH), held(file) as mine:
        assert mine
        assert locks.is_taken(file)
    with flocked(file, fcntl.LOCK_SH):
        assert not locks.is_taken(file)


def test_where_the_kernel_has_no_such_locks_one_run_keeps_the_next_out_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run1"
    known = fcntl.fcntl

    def unsupported(place: int, command: int, *words: object) -> object:
        if command in (fcntl.F_OFD_SETLK, fcntl.F_OFD_GETLK):
            raise OSError(22, "Invalid argument")
        return known(place, command, *words)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "fcntl", unsupported)
        with held(file) as first, held(file) as second:
            assert (first, second) == (True, False)
            assert locks.is_taken(file)
    with held(file) as first, monkeypatch.context() as patched:
        patched.setattr(fcntl, "fcntl", unsupported)
        with held(file) as second:
            assert (first, second) == (True, False)


@pytest.mark.slow
def test_however_many_ask_all_the_time_nobody_who_takes_it_is_refused(tmp_path: Path) -> None:
    """Threads of this process, and other processes, ask without a pause while the lock is taken again and again."""
    file = tmp_path / "run1"
    file.touch()
    program = (
        "import sys, pathlib\n"
        "from pressrun.circulation.store import locks\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "print('asking', flush=True)\n"
        "while not file.with_name('over').exists():\n"
        "    locks.is_taken(file)\n"
    )
    over = threading.Event()
    answers: list[bool] = []

    def ask() -> None:
        while not over.is_set():
            answers.append(locks.is_taken(file))

    asking = [
        subprocess.Popen([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for process in asking:
            assert process.stdout is not None
            assert process.stdout.readline() == "asking\n"
        for _ in range(2_000):
            with held(file) as mine:
                assert mine
    finally:
        over.set()
        file.with_name("over").touch()
        for thread in threads:
            thread.join()
        for process in asking:
            process.communicate(timeout=60)
    assert len(answers) > 10
