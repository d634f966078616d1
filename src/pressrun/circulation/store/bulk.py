"""Many rows at once, without an object for each: what reading a whole store and filling it are made of.

Rows are tuples in the order of their table's columns, with moments as `ticks`.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Connection, Table, delete, insert, literal, select

from pressrun.circulation.store.tables import (
    folded,
    identities,
    keys,
    ledger,
    letters,
    link_keys,
    memberships,
    metadata,
    people,
    suppressions,
    whereabouts,
)

Rows = list[tuple[Any, ...]]
# How many rows PostgreSQL hands over at a time.
_AT_A_TIME = 5_000
# How many values SQLite takes in one statement, rounded down.
_PLACES = 30_000
_names = itertools.count()


def stand_alone(db: Connection) -> None:
    """Have nobody else change anything until the transaction ends, so that numbers can be given by us."""
    if db.dialect.name == "postgresql":
        # Every move locks a row of identities before it changes anything; SQLite lets one write at a time anyway.
        db.exec_driver_sql("LOCK TABLE identities IN EXCLUSIVE MODE")


def next_number(db: Connection, table: Table) -> int:
    """The first number for new rows of *table*; `numbers_used` tells where the next ones begin."""
    if db.dialect.name == "postgresql":
        return int(db.exec_driver_sql(f"SELECT nextval('{table.name}_number_seq')").scalar_one())
    return int(db.exec_driver_sql(f"SELECT COALESCE(MAX(number), 0) + 1 FROM {table.name}").scalar_one())


def numbers_used(db: Connection, table: Table, last: int) -> None:
    """New rows of *table* have numbers up to *last*."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"SELECT setval('{table.name}_number_seq', {last})")


def insert_rows(db: Connection, table: Table, rows: Rows) -> None:
    """Add *rows* to *table*."""
    if not rows:
        return
    names = [column.name for column in table.columns]
    if db.dialect.name == "postgresql":
        with _driver(db).cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join("?" * len(names))
    db.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", rows)


@dataclass(slots=True)
class Gathered:
    """Rows that wait to be added together, those first that others hang on; *places* are of `whereabouts`."""

    identities: Rows = field(default_factory=list)
    folded: Rows = field(default_factory=list)
    people: Rows = field(default_factory=list)
    memberships: Rows = field(default_factory=list)
    suppressions: Rows = field(default_factory=list)
    entries: Rows = field(default_factory=list)
    places: Rows = field(default_factory=list)
    letters: Rows = field(default_factory=list)

    def write(self, db: Connection) -> None:
        """Add all of them."""
        insert_rows(db, identities, self.identities)
        insert_rows(db, folded, self.folded)
        insert_rows(db, people, self.people)
        insert_rows(db, memberships, self.memberships)
        insert_rows(db, suppressions, self.suppressions)
        insert_rows(db, ledger, self.entries)
        insert_rows(db, whereabouts, self.places)
        insert_rows(db, letters, self.letters)


def join_all(db: Connection, numbers: tuple[int, int], name: str, now: int, note: str) -> None:
    """Put the people from the first to the last of *numbers* on the list *name*, and write it down.

    They are on it since they are here. The database does it by itself, in a quarter of the time that rows take.
    """
    mark = "%s" if db.dialect.name == "postgresql" else "?"
    among = f"FROM people WHERE number BETWEEN {numbers[0]} AND {numbers[1]} ORDER BY number"
    db.exec_driver_sql(
        "INSERT INTO memberships (person, list, state, since, bounces, preferences) "
        f"SELECT number, {mark}, 'confirmed', since, 0, '{{}}' {among}",
        (name,),
    )
    db.exec_driver_sql(
        "INSERT INTO ledger (identity, list, event, at, recorded, way, note) "
        f"SELECT number, {mark}, 'confirmed', since, {now}, 'import', {mark} {among}",
        (name, note),
    )


def add_wordings(db: Connection, rows: Rows) -> None:
    """Add those of *rows* of `wordings` that are not there."""
    mark = "%s" if db.dialect.name == "postgresql" else "?"
    for row in rows:
        db.exec_driver_sql(f"INSERT INTO wordings (version, text) VALUES ({mark}, {mark}) ON CONFLICT DO NOTHING", row)


def numbers_of(db: Connection, marks: Sequence[bytes]) -> dict[bytes, int]:
    """The number of each identity that one of *marks* is of, by the mark."""
    found = _among(db, "SELECT mark, number FROM identities WHERE mark", marks)
    return {bytes(mark): number for mark, number in found}


def addresses(db: Connection, *, before: int) -> list[tuple[int, str]]:
    """Return the number and the address of everybody whose number is lower than *before*."""
    return list(rows_of(db, f"SELECT number, address FROM people WHERE number < {before:d} ORDER BY number"))


def folded_people(db: Connection) -> list[tuple[int, str]]:
    """Return the number and the address of everybody whose mark is by the rule that folded mailboxes together."""
    return list(
        rows_of(
            db,
            "SELECT people.number, people.address FROM people JOIN folded ON folded.identity = people.number "
            "ORDER BY people.number",
        )
    )


def put_marks(db: Connection, rows: Sequence[tuple[bytes, int]]) -> None:
    """Give each identity in *rows*, which had a folded mark and that nothing keeps off lists, the exact mark there."""
    place = "%s" if db.dialect.name == "postgresql" else "?"
    if rows:
        db.exec_driver_sql(f"UPDATE identities SET mark = {place} WHERE number = {place}", list(rows))
        db.exec_driver_sql(f"DELETE FROM folded WHERE identity = {place}", [(number,) for _, number in rows])


def people_among(db: Connection, numbers: Sequence[int]) -> Rows:
    """The rows of `people` with one of *numbers*."""
    return _among(db, f"SELECT {_columns(people)} FROM people WHERE number", numbers)


def memberships_among(db: Connection, numbers: Sequence[int]) -> Rows:
    """The rows of `memberships` of people with one of *numbers*."""
    return _among(db, f"SELECT {_columns(memberships)} FROM memberships WHERE person", numbers)


def suppressions_among(db: Connection, numbers: Sequence[int]) -> Rows:
    """The identity, the list and the reason of every suppression of one of *numbers*."""
    return _among(db, "SELECT identity, list, reason FROM suppressions WHERE identity", numbers)


def everything(db: Connection, name: str) -> Iterator[tuple[Any, ...]]:
    """All rows of the table *name*, in the order of what identity they belong to, read as they are asked for."""
    table = metadata.tables[name]
    order = {"ledger": "identity, number", "letters": "person, number", "whereabouts": "person, entry"}
    order |= {"memberships": "person, list", "suppressions": "identity, list", "wordings": "version"}
    order |= {"folded": "identity"}
    return rows_of(db, f"SELECT {_columns(table)} FROM {name} ORDER BY {order.get(name, 'number')}")


def rows_of(db: Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    """What *statement* finds, read as it is asked for."""
    if db.dialect.name == "postgresql":
        with _driver(db).cursor(name=f"rows{next(_names)}") as cursor:
            cursor.itersize = _AT_A_TIME
            cursor.execute(statement)
            yield from cursor
    else:
        yield from _driver(db).execute(statement)


def _columns(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def _among(db: Connection, statement: str, values: Sequence[Any]) -> Rows:
    if not values:
        return []
    if db.dialect.name == "postgresql":
        return [tuple(row) for row in _driver(db).execute(f"{statement} = ANY(%s)", [list(values)])]
    found: Rows = []
    for start in range(0, len(values), _PLACES):
        some = list(values[start : start + _PLACES])
        found += _driver(db).execute(f"{statement} IN ({', '.join('?' * len(some))})", some)
    return found


def _driver(db: Connection) -> Any:
    """The driver's own connection, in the same transaction: SQLAlchemy's rows take longer than the rest of the work."""
    return db.connection.driver_connection


def add_keys(db: Connection, found: Sequence[bytes]) -> None:
    """Mark people under the keys *found*, too; where nothing is known by the store's own key yet, under these alone."""
    known = db.execute(select(keys.c.key)).scalars().all()
    if all(db.execute(select(each).limit(1)).first() is None for each in (identities.c.number, link_keys.c.registered)):
        db.execute(delete(keys))
        known = []
    for key in found:
        if key not in known:
            db.execute(insert(keys).values(key=key))


def entries_among(db: Connection, number: int) -> Rows:
    """The ledger of the identity *number*, each line as the tuple that `add_entries` takes, without the identity."""
    columns = "list, event, at, recorded, way, wording, note"
    return [row[1:] for row in _among(db, f"SELECT identity, {columns} FROM ledger WHERE identity", [number])]


def add_entries(db: Connection, rows: Rows) -> None:
    """Write *rows* down: the identity, and what `entries_among` tells of a line."""
    names = ("identity", "list", "event", "at", "recorded", "way", "wording", "note")
    for row in rows:
        # Moments come as they are kept.
        values = {
            name: literal(each, BigInteger) if name in ("at", "recorded") else each
            for name, each in zip(names, row, strict=True)
        }
        db.execute(insert(ledger).values(**values))
