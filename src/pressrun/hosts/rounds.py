"""Many addresses at once: a few threads, each with one host at a time."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from urllib.parse import urlsplit

from pressrun.hosts.answers import Answer

AT_ONCE = 8
_Hosts = SimpleQueue[list[str]]
_Results = SimpleQueue[tuple[str, Answer | BaseException]]


def answers_of(
    urls: Iterable[str], visit: Callable[[str], Answer], *, at_once: int = AT_ONCE
) -> Generator[tuple[str, Answer], None, None]:
    """Each of *urls* with what *visit* says of it, as they come in; at most *at_once* are visited at a time.

    Those of one host are visited one after the other. Whoever stops listening stops the visits, too.
    """
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[urlsplit(url).hostname or ""].append(url)
    hosts: _Hosts = SimpleQueue()
    # The longest way is begun first, or all would wait for it at the end.
    for addresses in sorted(by_host.values(), key=len, reverse=True):
        hosts.put(addresses)
    results: _Results = SimpleQueue()
    enough = Event()
    for _ in range(min(at_once, len(by_host))):
        # No pool: at the end of the program that waits for the slowest server, also for a person who pressed Ctrl-C.
        Thread(target=_walk, args=(hosts, visit, results, enough), daemon=True).start()
    try:
        for _ in range(sum(map(len, by_host.values()))):
            url, answer = results.get()
            if isinstance(answer, BaseException):
                raise answer
            yield url, answer
    finally:
        enough.set()


def _walk(hosts: _Hosts, visit: Callable[[str], Answer], results: _Results, enough: Event) -> None:
    """Visit what waits, host by host, until nothing is left or it is *enough*; a fault goes to whoever listens."""
    url = ""
    try:
        while True:
            for url in hosts.get_nowait():
                if enough.is_set():
                    return
                results.put((url, visit(url)))
    except Empty:
        return
    except BaseException as fault:
        results.put((url, fault))
