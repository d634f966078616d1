"""Moves that are killed in the middle, and moves that come at the same time, on both databases."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from people import a_confirmed, a_pending
from pressrun.circulation.dossiers import Dossier, dossier
from pressrun.circulation.store.engine import Store, create_store, engine_for, upgrade
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.consent import Event
from pressrun.model.subscriber import SubscriptionState, state_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unmeasured")]
TESTS = Path(__file__).parents[1]

# Moves by name, for one address; each process has a store of its own.
MOVES = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from sqlalchemy import Engine, event
from people import *
from pressrun.circulation.consent import *
from pressrun.circulation.intake import Source, take_over
from pressrun.model.notice import Notice
from pressrun.model.subscriber import SubscriptionState
from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import create_store, place_from
from pressrun.circulation.subscribers.arrivals import Arrival

def address(number): return address_from(f"reader{number}@reader.example")
def person(store, number):
    found = find(store, address(number))
    return found.id if found else "0" * 32
def arrival(number): return Arrival(address(number).written, address(number).identity, SubscriptionState.UNSUBSCRIBED)
MOVES = {
    "ask": lambda store, number: ask(store, address(number), [WEEKLY], FORM, NOON),
    "confirm": lambda store, number: confirm(store, person(store, number), [WEEKLY], LETTER, NOON),
    "leave": lambda store, number: leave(store, person(store, number), "weekly", ONE_CLICK, NOON),
    "import": lambda store, number: list(take_over(store, [arrival(number)], Source(("weekly",), NOON, "a file"))),
    "join": lambda store, number: join(store, person(store, number), DAILY, LETTER, NOON),
    "link": lambda store, number: ask_for_link(store, address(number), Notice.MANAGE, NOON),
    "erase": lambda store, number: erase(store, address(number), COMMAND, NOON),
}
"""
# A child for each step, which is killed before it: before a statement, or before the commit.
KILLED = f"""{MOVES}
moves = sys.argv[3].split(",")
for step in range(1, 100):
    store = create_store(place_from(sys.argv[2]))
    for move in moves[:-1]:
        MOVES[move](store, step)
    store.close()
    child = os.fork()
    if not child:
        store = create_store(place_from(sys.argv[2]))
        left = [step]
        def count(*_, **__):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
        event.listen(Engine, "before_cursor_execute", count)
        event.listen(Engine, "commit", count)
        MOVES[moves[-1]](store, step)
        os._exit(0)
    if not os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        break
print(step)
"""
TOGETHER = f"""{MOVES}
store = create_store(place_from(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[4])):
    for move in sys.argv[3].split(","):
        MOVES[move](store, number)
"""


def made(url: URL) -> Store:
    engine = engine_for(url)
    upgrade(engine)
    engine.dispose()
    return create_store(url)


def named(url: URL) -> str:
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=False)


def of(store: Store, number: int) -> Dossier | None:
    return dossier(store, address_from(f"reader{number}@reader.example"))


def seen(known: Dossier | None) -> str:
    """All that counts of somebody, in a form that can be compared."""
    if known is None:
        return "nobody"
    return json.dumps(
        [
            known.person is not None,
            [(each.list, state_of(each.standing).value) for each in known.memberships],
            [(each.list, each.event.value) for each in known.entries],
            [(each.list, each.reason.value) for each in known.suppressions],
            len(known.letters),
        ]
    )


@pytest.mark.parametrize(
    "moves",
    [
        *("ask", "ask,confirm", "ask,confirm,leave", "ask,confirm,import", "import", "ask,confirm,erase"),
        *("ask,join", "ask,confirm,link"),
    ],
)
def test_a_move_that_is_killed_between_any_two_steps_was_made_or_was_not(database: URL, moves: str) -> None:
    store = made(database)
    told = subprocess.run(
        [sys.executable, "-c", KILLED, str(TESTS), named(database), moves], capture_output=True, text=True, check=True
    )
    steps = int(told.stdout)
    assert 4 < steps < 99
    after = seen(of(store, steps))  # the last one was not killed
    before = {seen(of(store, step)) for step in range(1, steps)} - {after}
    assert len(before) == 1
    store.close()


def at_once(database: URL, moves: str, count: int, processes: int = 2) -> None:
    """The same *moves* for the same *count* people in several processes."""
    command = [sys.executable, "-c", TOGETHER, str(TESTS), named(database), moves, str(count)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        process.communicate(timeout=60)
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("moves", "state", "events"),
    [
        ("ask", SubscriptionState.PENDING, [Event.ASKED]),
        ("confirm", SubscriptionState.CONFIRMED, [Event.ASKED, Event.CONFIRMED]),
        ("leave", SubscriptionState.UNSUBSCRIBED, [Event.ASKED, Event.CONFIRMED, Event.LEFT]),
    ],
)
def test_double_clicks_at_the_same_time_are_one_move(
    database: URL, moves: str, state: SubscriptionState, events: list[Event]
) -> None:
    store, count = made(database), 25
    for number in range(count):
        address = address_from(f"reader{number}@reader.example")
        if moves == "confirm":
            a_pending(store, address)
        if moves == "leave":
            a_confirmed(store, address)
    at_once(database, moves, count)
    for number in range(count):
        known = of(store, number)
        assert known is not None
        assert [state_of(each.standing) for each in known.memberships] == [state]
        assert [entry.event for entry in known.entries] == events
        assert len(known.letters) == (1 if moves == "ask" else 0)
    store.close()


def test_moves_and_imports_at_the_same_time_end_in_a_legal_state(database: URL) -> None:
    store = made(database)
    at_once(database, "ask,confirm,link,join,leave,import,erase", 10, processes=3)
    for number in range(10):
        known = of(store, number)
        assert known is not None
        assert known.suppressions != ()
    store.close()
