"""What each edition carried when it was sent: read and changed within a transaction of the caller."""

import json
from collections import defaultdict

from sqlalchemy import Connection, exists, func, insert, select, text, update

from pressrun.circulation.store.tables import carried, deliveries, editions
from pressrun.model.chain import Chain, Record
from pressrun.model.delivery import LEFT, DeliveryState

FOUND, NAMED = "found", "named"
# Whoever is in one of these states has the edition, or may get it.
_REACHED = (*LEFT, DeliveryState.ACCEPTED, DeliveryState.UNKNOWN)


def put_carried(connection: Connection, number: int, record: Record) -> None:
    """Write down what the edition that has just become the mailing *number* carries, as *record* says."""
    chain = record.chain.to_text() if record.chain is not None else None
    connection.execute(update(editions).where(editions.c.number == number).values(chain=chain))
    ways = [*((FOUND, each) for each in record.found or ()), *((NAMED, each) for each in record.named or ())]
    rows = [
        {"edition": number, "position": position, "story": story, "way": way}
        for position, (way, story) in enumerate(ways)
    ]
    if rows:
        connection.execute(insert(carried), rows)


def records(connection: Connection) -> list[Record]:
    """Return what is known of every edition that was sent, the oldest first."""
    stories: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in connection.execute(select(carried).order_by(carried.c.edition, carried.c.position)):
        stories[row.edition, row.way].append(row.story)
    states = [state.value for state in _REACHED]
    got = exists().where(deliveries.c.edition == editions.c.number, deliveries.c.state.in_(states))
    columns = (editions.c.number, editions.c.id, editions.c.lists, editions.c.chain, got.label("reached"))
    found = []
    for row in connection.execute(select(*columns).order_by(editions.c.number)):
        is_known = row.chain is not None or (row.number, NAMED) in stories
        found.append(
            Record(
                row.id,
                frozenset(json.loads(row.lists)),
                bool(row.reached),
                tuple(stories[row.number, FOUND]) if row.chain is not None else None,
                tuple(stories[row.number, NAMED]) if is_known else None,
                Chain.from_text(row.chain) if row.chain is not None else None,
            )
        )
    return found


def newest(connection: Connection) -> int | None:
    """Return the number of the mailing that was begun last. Nobody begins another before this transaction ends."""
    if connection.dialect.name == "postgresql":  # SQLite lets one write at a time
        connection.execute(text("LOCK TABLE editions IN SHARE ROW EXCLUSIVE MODE"))
    return last(connection)


def last(connection: Connection) -> int | None:
    """Return the number of the mailing that was begun last; None where there is none."""
    number: int | None = connection.execute(select(func.max(editions.c.number))).scalar()
    return number
