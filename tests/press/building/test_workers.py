"""Work spread over processes: what comes back, and what is left when something goes wrong."""

import contextlib
import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pressrun.model.problems import ContentError, OutputError, Position, PressrunError, Problem, Severity
from pressrun.press.building.stories import FileChanged
from pressrun.press.building.workers import ALONE, Deserted, Workers

TWO = Workers(2)
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all work is done in one process"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


def children() -> set[str]:
    """The processes that this one has started and that are not gone, zombies among them."""
    tasks = Path("/proc/self/task").iterdir()
    return {child for task in tasks for child in (task / "children").read_text().split()}


@pytest.fixture(autouse=True)
def nobody_stays() -> Iterator[None]:
    """Whatever happens, no worker outlives the work; what other tests have started is none of our business."""
    before = children()
    yield
    gc.collect()
    assert multiprocessing.active_children() == []
    assert children() <= before


@pytest.fixture(autouse=True)
def no_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that other tests have left open has threads, and then no process would be copied."""
    monkeypatch.setattr("pressrun.press.building.workers.threading", SimpleNamespace(active_count=lambda: 1))


def doubled(number: int) -> int:
    return 2 * number


def where(_: int) -> int:
    return os.getpid()


def all_of(found: Iterable[Any], look: Callable[[Any], object]) -> None:
    for each in found:
        look(each)


def a_problem(**changes: object) -> Problem:
    place = Position("content/a.md", 4, 7, 8, "date: 12th May")
    return Problem(**{"position": place, "code": "story-date", "message": "is no date", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_every_task_is_done_once(size: int, chunk: int) -> None:
    found = list(Workers(size).work(doubled, range(100), least=1, chunk=chunk))
    assert sorted(found) == [2 * number for number in range(100)]


def test_work_is_shared_by_as_many_processes_as_there_is_work_for() -> None:
    done = set(Workers(3).work(where, range(9), least=3, chunk=1))
    assert len(done) == 3
    assert os.getpid() not in done


@pytest.mark.parametrize("tasks", [0, 1, 5])
def test_too_little_work_is_done_here(tasks: int) -> None:
    assert set(TWO.work(where, range(tasks), least=3)) <= {os.getpid()}


def test_alone_all_is_done_here_and_in_order() -> None:
    assert list(ALONE.work(doubled, range(1000), least=1)) == list(range(0, 2000, 2))


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_processes_cannot_be_copied_everybody_works_alone(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert Workers.of_this_machine() == ALONE


def test_here_there_is_a_worker_for_each_processor() -> None:
    assert Workers.of_this_machine() == Workers(len(os.sched_getaffinity(0)))


def test_results_may_be_larger_than_what_a_pipe_holds() -> None:
    def long(number: int) -> bytes:
        return bytes([number]) * 3_000_000

    found = list(TWO.work(long, range(6), least=1, chunk=1))
    assert sorted(data[0] for data in found) == list(range(6))
    assert {len(data) for data in found} == {3_000_000}


def test_a_worker_knows_what_was_decided_before_it_began() -> None:
    known = {"a": 1}
    assert list(TWO.work(lambda name: known[name], ["a"] * 4, least=1, chunk=1)) == [1] * 4


@pytest.mark.parametrize("size", [1, 2])
def test_what_is_made_ahead_comes_in_its_order(size: int) -> None:
    with Workers(size).ahead(lambda: ((number, os.getpid()) for number in range(1000))) as found:
        made = list(found)
    assert [number for number, _ in made] == list(range(1000))
    assert ({process for _, process in made} == {os.getpid()}) == (size == 1)


def test_whoever_reads_ahead_is_there_before_anything_is_asked_of_them(tmp_path: Path) -> None:
    place = tmp_path / "later"
    with TWO.ahead(lambda: [place.exists() for _ in range(1)]) as found:
        assert list(found) == [False]
        place.touch()


def test_whoever_stops_listening_in_the_middle_leaves_nobody_behind() -> None:
    with TWO.ahead(lambda: iter(lambda: b"x" * 1_000_000, None)) as found:
        assert len(next(found)) == 1_000_000


def test_an_error_of_whoever_reads_ahead_is_raised_after_what_came_before() -> None:
    def fails() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with TWO.ahead(fails) as found:
        assert next(found) == 1
        with pytest.raises(ValueError, match="no more"):
            next(found)


def test_whoever_reads_ahead_and_is_killed_is_missed() -> None:
    def killed() -> Iterator[int]:
        yield 1
        os.kill(os.getpid(), signal.SIGKILL)

    with TWO.ahead(killed) as found, pytest.raises(Deserted, match="was killed by signal 9; do it again"):
        list(found)


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [
            ValueError("no"),
            KeyError("name"),
            FileNotFoundError(2, "No such file", "content/a.md"),
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
            OutputError("cannot write a"),
            ContentError([a_problem(), a_problem(hint="h", severity=Severity.WARNING, instead="x")]),
            FileChanged("content/stories/a.md"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_an_error_in_a_worker_is_raised_here_as_what_it_is(self, error: Exception) -> None:
        def fails_once(number: int) -> int:
            if number == 5:
                raise error
            return number

        with pytest.raises(type(error)) as caught:
            list(TWO.work(fails_once, range(10), least=1, chunk=1))
        assert type(caught.value) is type(error)
        assert str(caught.value) == str(error)
        assert caught.value.__dict__ == error.__dict__

    def test_one_that_cannot_be_handed_over_is_told_as_far_as_it_can_be(self) -> None:
        class Odd(Exception):
            def __init__(self, one: str, other: str) -> None:
                super().__init__(f"{one} and {other}")

        def fails(_: int) -> None:
            raise Odd("salt", "pepper")

        with pytest.raises(Deserted, match="Odd: salt and pepper"):
            list(TWO.work(fails, range(4), least=1, chunk=1))

    def test_a_result_that_cannot_be_handed_over_is_an_error(self) -> None:
        with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
            list(TWO.work(lambda _: lambda: None, range(4), least=1, chunk=1))

    def test_a_worker_that_was_killed_is_told_and_not_waited_for(self) -> None:
        def dies(number: int) -> int:
            if number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return number

        with pytest.raises(Deserted, match="signal 9"):
            list(TWO.work(dies, range(10), least=1, chunk=1))

    @pytest.mark.slow
    def test_so_is_one_that_was_killed_in_the_middle_of_a_sentence(self) -> None:
        def dies_while_it_sends(number: int) -> bytes:
            if number == 1:
                threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGKILL)).start()
            return b"x" * 50_000_000 if number == 1 else b""

        def slowly(data: bytes) -> None:  # who takes long to look at one result has a worker waiting with the next
            threading.Event().wait(0.2)

        with pytest.raises(Deserted, match="signal 9"):
            all_of(TWO.work(dies_while_it_sends, range(4), least=1, chunk=1), slowly)

    def test_one_that_leaves_by_itself_is_told(self) -> None:
        with pytest.raises(Deserted, match="7"):
            list(TWO.work(lambda _: os._exit(7), range(4), least=1, chunk=1))

    def test_an_error_where_the_results_are_looked_at_ends_the_work(self) -> None:
        found = TWO.work(doubled, range(1000), least=1)
        with pytest.raises(ZeroDivisionError), contextlib.closing(found):
            all_of(found, lambda number: 1 / (number - number))

    def test_who_stops_listening_ends_the_work(self) -> None:
        found = TWO.work(doubled, range(10_000), least=1, chunk=1)
        assert next(found) % 2 == 0
        assert len(multiprocessing.active_children()) == 2
        found.close()
        assert multiprocessing.active_children() == []


def test_where_other_threads_run_nothing_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy would wait forever for a lock that a thread held which was not copied; Python 3.12 warns of it."""
    monkeypatch.setattr("pressrun.press.building.workers.threading", threading)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert set(TWO.work(where, range(10), least=1, chunk=1)) == {os.getpid()}
    finally:
        stop.set()
        thread.join()


SCRIPT = """
import os, sys, time
from pressrun.press.building.workers import Workers

def slow(number):
    with open(f"{sys.argv[1]}/{os.getpid()}", "w"):
        pass
    if sys.argv[2] == "talking":
        return b"x" * 1_000_000
    time.sleep(600)

found = Workers(2).work(slow, range(100), least=1, chunk=1)
for each in found:
    time.sleep(600)
"""


def is_running(number: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "to_all", "habit"),
    [
        (signal.SIGINT, True, "silent"),  # Ctrl+C in a terminal reaches all
        (signal.SIGINT, False, "silent"),
        (signal.SIGINT, True, "talking"),
        (signal.SIGKILL, False, "talking"),
    ],
)
def test_workers_end_with_whoever_started_them(
    tmp_path: Path, number: signal.Signals, to_all: bool, habit: str
) -> None:
    errors = tmp_path / "errors"
    places = tmp_path / "workers"
    places.mkdir()
    with errors.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(places), habit], stderr=said, start_new_session=True
        )
    try:
        wait_until(lambda: len(list(places.iterdir())) == 2)
        (os.killpg if to_all else os.kill)(process.pid, number)
        process.wait(timeout=60)
        workers = [int(path.name) for path in places.iterdir()]
        wait_until(lambda: not any(map(is_running, workers)))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    # One person stopped one program, and is told once.
    assert errors.read_text().count("Traceback") == (0 if number is signal.SIGKILL else 1)


def wait_until(happens: Callable[[], bool]) -> None:
    """Come back when it *happens*; a test that waits for what never comes fails."""
    for _ in range(2000):
        if happens():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never happened")


@pytest.mark.parametrize("error", [ContentError([a_problem()]), FileChanged("content/a.md"), PressrunError("x")])
def test_our_errors_survive_being_sent(error: PressrunError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)
