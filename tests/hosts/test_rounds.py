"""Many at once, but never two at one host."""

import threading
from contextlib import closing

import pytest

from pressrun.hosts.answers import FINE, Answer
from pressrun.hosts.rounds import answers_of

HOSTS = [f"https://{name}.example" for name in ("snow", "thaw", "ferry", "harbour", "lock")]


def test_every_address_is_visited_once() -> None:
    urls = [f"{host}/{number}" for host in HOSTS for number in range(4)]
    assert dict(answers_of(urls, lambda _: FINE)) == dict.fromkeys(urls, FINE)
    assert list(answers_of([], lambda _: FINE)) == []


def test_so_many_are_visited_at_once_and_no_more() -> None:
    """Two meet at the barrier, which they could not if one had to wait for the other."""
    together = threading.Barrier(2, timeout=10)
    counting = threading.Lock()
    at_work, most = 0, 0

    def visit(url: str) -> Answer:
        nonlocal at_work, most
        with counting:
            at_work += 1
            most = max(most, at_work)
        together.wait()
        with counting:
            at_work -= 1
        return FINE

    assert len(list(answers_of([f"{host}/" for host in HOSTS[:4]], visit, at_once=2))) == 4
    assert most == 2


def test_one_host_is_visited_by_one_at_a_time_in_the_order_of_its_addresses() -> None:
    seen: list[tuple[str, str]] = []
    urls = [f"{host}/{number}" for number in range(20) for host in HOSTS]

    def visit(url: str) -> Answer:
        seen.append((url, threading.current_thread().name))
        return FINE

    list(answers_of(urls, visit))
    for host in HOSTS:
        assert [url for url, _ in seen if url.startswith(host)] == [url for url in urls if url.startswith(host)]
        assert len({thread for url, thread in seen if url.startswith(host)}) == 1


def test_a_fault_in_a_visit_is_not_lost_in_its_thread() -> None:
    def visit(url: str) -> Answer:
        raise ZeroDivisionError(url)

    with pytest.raises(ZeroDivisionError):
        list(answers_of([f"{HOSTS[0]}/"], visit))


def test_whoever_stops_listening_stops_the_visits() -> None:
    seen: list[str] = []
    go_on = threading.Event()
    stopped = threading.Event()
    threads: set[threading.Thread] = set()

    def visit(url: str) -> Answer:
        seen.append(url)
        threads.add(threading.current_thread())
        if url.endswith("/1"):
            stopped.set()
            go_on.wait()
        return FINE

    with closing(answers_of([f"{HOSTS[0]}/{number}" for number in range(9)], visit)) as coming:
        assert next(coming) == (f"{HOSTS[0]}/0", FINE)
        assert stopped.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert seen == [f"{HOSTS[0]}/0", f"{HOSTS[0]}/1"]
