"""How fast people go in and out: python tests/benchmarks/subscribers.py [ROWS [URL ...]]

Each database is measured beside its floor in the same run: the csv module and one executemany, or one query and the csv
module. Without a URL of PostgreSQL a server is started for the run. Memory is that of the process at its peak.
"""

import csv
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sqlalchemy.engine import URL

from database import fresh_database, postgresql, short_folder
from pressrun.circulation.dossiers import records
from pressrun.circulation.intake import Source, key_of, take_over
from pressrun.circulation.store.engine import Store, create_store, engine_for, place_from, upgrade
from pressrun.circulation.subscribers.arrivals import reader_of
from pressrun.circulation.subscribers.columns import columns_of
from pressrun.circulation.subscribers.records import WRITERS
from pressrun.circulation.subscribers.sheets import TableFile, lots_in, sheet_in
from pressrun.model.subscriber import SubscriptionState
from pressrun.press.building.workers import Workers

ROWS = 1_000_000
NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
FIRST = "Ada Grace Alan Mary Edsger Barbara Donald Frances Ken Radia".split()
LAST = "Lovelace Hopper Turing Shelley Dijkstra Liskov Knuth Allen Thompson Perlman".split()


def write_people(path: Path, count: int) -> None:
    """A file of *count* made-up people, the same on every run, with a name, a moment and a label each."""
    chance = random.Random(2026)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "name", "status", "created_at", "tags"])
        for number in range(count):
            first, last = chance.choice(FIRST), chance.choice(LAST)
            moment = NOW - timedelta(seconds=chance.randrange(100_000_000))
            address = f"{first}.{last}.{number}@mail{chance.randrange(500)}.example"
            label = chance.choice(("fair", "website", "shop"))
            writer.writerow([address, f"{first} {last}", "confirmed", moment.isoformat(), label])


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak() -> float:
    """The memory of this process at its peak, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def floor_in(url: URL, path: Path) -> None:
    """The csv module and one executemany of the driver."""
    engine = engine_for(url)
    is_postgresql = engine.dialect.name == "postgresql"
    with engine.begin() as db:
        db.exec_driver_sql(
            "CREATE TABLE bottom (address TEXT PRIMARY KEY, name TEXT, status TEXT, created TEXT, tags TEXT)"
        )
        cursor = db.connection.driver_connection.cursor()  # type: ignore[union-attr]
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            values = ", ".join(["%s" if is_postgresql else "?"] * 5)
            cursor.executemany(f"INSERT INTO bottom VALUES ({values})", rows)
    engine.dispose()


def import_all(store: Store, path: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    with sheet_in(TableFile(path)) as sheet:
        columns = columns_of(sheet.labels)
        read = reader_of(columns, SubscriptionState.CONFIRMED)
        key = key_of(store)
        with Workers.of_this_machine().ahead(lambda: lots_in(sheet, read, key)) as lots:
            arrivals = (arrival for lot in lots for arrival in lot.arrivals)
            for batch in take_over(store, arrivals, Source(("weekly",), NOW, "benchmark")):
                for outcome, count in batch.items():
                    counts[outcome.value] = counts.get(outcome.value, 0) + count
    return counts


def export_floor(url: URL, path: Path) -> None:
    """One query of the driver and the csv module."""
    engine = engine_for(url)
    with engine.connect() as db, path.open("w", encoding="utf-8", newline="") as file:
        cursor = db.connection.driver_connection.cursor()  # type: ignore[union-attr]
        cursor.execute(
            "SELECT address, name, people.since, tags, fields, state, memberships.since, event, at, recorded, way "
            "FROM people JOIN memberships ON person = people.number JOIN ledger ON identity = people.number"
        )
        csv.writer(file).writerows(cursor)
    engine.dispose()


def export_all(store: Store, path: Path, kind: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for _ in WRITERS[kind](records(store), file):
            pass


def told_of_export(url: URL, store: Store, folder: Path, count: int) -> None:
    lowest = timed(lambda: export_floor(url, folder / "floor.csv"))
    for kind in WRITERS:
        took = timed(lambda kind=kind: export_all(store, folder / f"all.{kind}", kind))  # type: ignore[misc]
        print(f"  export as {kind}: {took:.1f} s, {count / took:,.0f} people/s, {took / lowest:.1f} times the floor")
    print(f"  floor {lowest:.1f} s; peak memory {peak():.0f} MB after")


def told_of(name: str, url: URL, floor: URL, path: Path, count: int) -> None:
    lowest = timed(lambda: floor_in(floor, path))
    engine = engine_for(url)
    upgrade(engine)
    engine.dispose()
    store = create_store(url)
    before = peak()
    took = timed(lambda: import_all(store, path))
    print(f"{name}: import of {count:,}: {took:.1f} s, {count / took:,.0f} rows/s, {took / lowest:.1f} times the floor")
    print(f"  floor {lowest:.1f} s; peak memory {before:.0f} MB before, {peak():.0f} MB after")
    told_of_export(url, store, path.parent, count)
    again = timed(lambda: print(" ", import_all(store, path)))
    print(f"  the same again, which adds nobody: {again:.1f} s")
    store.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(f"processors: {os.cpu_count()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "people.csv"
        write_people(path, count)
        told_of("SQLite", place_from(str(folder / "a.db")), place_from(str(folder / "b.db")), path, count)
        with short_folder() as place, postgresql(place) as server:
            urls = [fresh_database(server, each) for each in ("imported", "bottom")]
            store, floor = (place_from(url.render_as_string(hide_password=False)) for url in urls)
            told_of("PostgreSQL", store, floor, path, count)


if __name__ == "__main__":
    main()
