"""How many people come and go in a second: python tests/benchmarks/service.py [PEOPLE [URL ...]]

One process serves over HTTP on loopback, on a store of SQLite (whose every write waits for the disk) and on each
database that a URL names; without one a server of PostgreSQL is started. Another process asks, over several lines at
once. Subscribing is measured as it is, its answers evened out in time, and without that; no letter is posted meanwhile.
"""

import http.client
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from sqlalchemy.engine import URL

from database import fresh_database, postgresql, short_folder
from people import FORM as EVIDENCE
from people import WEEKLY
from pressrun.circulation.consent import ask, confirm
from pressrun.circulation.store.engine import create_store, engine_for, place_from, upgrade
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.web.service.limits import FormLimits
from serviceserver import FORM, House, house

PEOPLE = 2_000
LINES = (8, 64)


def post_all(port: int, posts: Sequence[tuple[str, str]], lines: int) -> float:
    """How many seconds it takes to post all of *posts*, each a path and a body, over so many *lines*."""
    waiting = iter(posts)
    lock = threading.Lock()

    def one_line(_: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while True:
            with lock:
                each = next(waiting, None)
            if each is None:
                return
            line.request("POST", each[0], each[1], {"Content-Type": FORM})
            answer = line.getresponse()
            answer.read()
            if answer.status not in (200, 303):
                raise RuntimeError(f"{each[0]} is answered by {answer.status}")

    started = time.perf_counter()
    with ThreadPoolExecutor(lines) as pool:
        list(pool.map(one_line, range(lines)))
    return time.perf_counter() - started


def measured(home: House, what: str, posts: Sequence[tuple[str, str]], lines: int) -> None:
    with get_context("spawn").Pool(1) as pool:
        seconds = pool.apply(post_all, (home.port, posts, lines))
    print(f"  {what:<34}{len(posts) / seconds:>8,.0f} a second over {lines} lines", flush=True)


def run(name: str, url: URL, people: int) -> None:
    print(name)
    store = create_store(url)
    for step in (0.2, 0):
        with house(store, step=step) as home:
            # Everybody asks from one place here.
            home.service.limits = FormLimits(*[10 * people] * 3)
            home.service.poster.wake = lambda: None  # type: ignore[method-assign]
            stamp = home.stamp()
            for lines in LINES:
                posts = []
                for number in range(people):
                    address = f"reader{step}.{lines}.{number}@mail{number % 50}.example"
                    fields = {"email": address, "list": "weekly", "stamp": stamp}
                    posts.append(("/subscribe", urlencode(fields)))
                measured(home, "subscribe" if step else "subscribe, answered at once", posts, lines)
    with house(store) as home:
        home.service.poster.wake = lambda: None  # type: ignore[method-assign]
        for lines in LINES:
            posts = []
            for number in range(people):
                asked = ask(
                    store, address_from(f"leaver{lines}.{number}@mail.example"), [WEEKLY], EVIDENCE, home.clock.now
                )
                assert asked.person is not None
                confirm(store, asked.person, [WEEKLY], EVIDENCE, home.clock.now)
                link = home.links.leave(asked.person, "weekly", home.clock.now)
                posts.append((urlsplit(link).path, "List-Unsubscribe=One-Click"))
            measured(home, "one-click", posts, lines)
        measured(home, "one-click, of those who are gone", posts, LINES[0])
    store.close()


def main(arguments: list[str]) -> None:
    people = int(arguments[0]) if arguments else PEOPLE
    with tempfile.TemporaryDirectory() as folder:
        run("SQLite", place_from(str(Path(folder) / "pressrun.db")), people)
    if arguments[1:]:
        for text in arguments[1:]:
            run("PostgreSQL", place_from(text), people)
        return
    with short_folder() as place, postgresql(place) as server:
        url = place_from(fresh_database(server, "service").render_as_string(hide_password=False))
        engine = engine_for(url)
        upgrade(engine)
        engine.dispose()
        run("PostgreSQL (its disk not waited for)", url, people)


if __name__ == "__main__":
    main(sys.argv[1:])
