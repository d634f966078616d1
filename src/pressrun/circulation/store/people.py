"""One person at a time: what the store knows of them, read and changed within a transaction of whoever calls."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from pressrun.circulation.store.tables import identities, keys, ledger, memberships, people
from pressrun.model.moments import moment_at
from pressrun.model.subscriber import (
    PAUSED,
    Bounce,
    Bounced,
    Complained,
    Confirmed,
    Membership,
    Pending,
    Person,
    PersonId,
    Standing,
    SubscriptionState,
    Unsubscribed,
    state_of,
)


def as_json(value: Any) -> str:
    """*value* as it is kept in a column of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Preference(GenericFunction[str]):
    """What a column of preferences says under a name, as text; NULL where it says nothing."""

    inherit_cache = True
    type = Text()

    def __init__(self, column: ColumnElement[str], name: str) -> None:
        super().__init__(column, name)


@compiles(Preference, "sqlite")
def _of_sqlite(element: Preference, compiler: Any, **how: Any) -> str:
    column, name = (compiler.process(each, **how) for each in element.clauses)
    return f"json_extract({column}, '$.' || {name})"


@compiles(Preference, "postgresql")
def _of_postgresql(element: Preference, compiler: Any, **how: Any) -> str:
    column, name = (compiler.process(each, **how) for each in element.clauses)
    return f"(CAST({column} AS JSON) ->> CAST({name} AS TEXT))"


def keys_of(connection: Connection) -> tuple[bytes, ...]:
    """The keys under which addresses are marked: the store's own first, then those that came with imports."""
    return tuple(row.key for row in connection.execute(select(keys.c.key).order_by(keys.c.number)))


def unless_there(connection: Connection, table: Any) -> Any:
    """An insertion into *table* that leaves alone what is there already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


def number_seen(connection: Connection, person: PersonId) -> int | None:
    """The number of *person*; None where nobody has that id."""
    try:
        sought = bytes.fromhex(person)
    except ValueError:
        return None
    return connection.execute(select(people.c.number).where(people.c.id == sought)).scalar()


def number_of(connection: Connection, person: PersonId) -> int | None:
    """The same, nobody else's to change until the transaction ends."""
    number = number_seen(connection, person)
    if number is None:
        return None
    connection.execute(select(identities.c.number).where(identities.c.number == number).with_for_update())
    return number_seen(connection, person)  # while we waited, they may have been erased


def person_at(connection: Connection, number: int) -> Person | None:
    """The person with the identity *number*; None where there is none, or they were erased."""
    row = connection.execute(select(people).where(people.c.number == number)).first()
    if row is None:
        return None
    joined = connection.execute(select(memberships).where(memberships.c.person == number).order_by(memberships.c.list))
    return person_of(row, joined.all())


def somebody(connection: Connection, person: PersonId) -> tuple[int, Person] | None:
    """The person with the id *person*, whom nobody else changes until the transaction ends, and their number."""
    number = number_of(connection, person)
    known = person_at(connection, number) if number is not None else None
    return (number, known) if number is not None and known is not None else None


def person_of(row: Any, joined: Sequence[Any]) -> Person:
    """The person that *row* tells of, with the memberships in the rows *joined*."""
    return Person(
        id=row.id.hex(),
        address=row.address,
        since=row.since,
        name=row.name,
        tags=tuple(json.loads(row.tags)),
        fields=json.loads(row.fields),
        memberships=tuple(
            Membership(
                each.list,
                standing_of(each.state, each.since, each.bounces, each.bounced),
                json.loads(each.preferences),
            )
            for each in joined
        ),
    )


def add_person(connection: Connection, number: int, person: Person) -> None:
    """Keep *person*, without their memberships, under the identity *number*."""
    connection.execute(
        insert(people).values(
            number=number,
            id=bytes.fromhex(person.id),
            address=person.address,
            name=person.name,
            since=person.since,
            tags=as_json(person.tags),
            fields=as_json(dict(person.fields)),
        )
    )


def change_person(
    connection: Connection,
    number: int,
    *,
    name: str | None = None,
    tags: Sequence[str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> None:
    """Put what is given in the place of what was known."""
    changed: dict[str, Any] = {} if name is None else {"name": name}
    if tags is not None:
        changed["tags"] = as_json(list(tags))
    if fields is not None:
        changed["fields"] = as_json(dict(fields))
    if changed:
        connection.execute(update(people).where(people.c.number == number).values(**changed))


def put_address(connection: Connection, number: int, address: str) -> None:
    """Write to the person *number* at *address* from now on; it is another spelling of the one that they have."""
    connection.execute(update(people).where(people.c.number == number).values(address=address))


def remove_person(connection: Connection, number: int) -> None:
    """Forget all that hangs on the person; the identity stays."""
    connection.execute(delete(people).where(people.c.number == number))


def standing_of(state: str, since: datetime, bounces: int, bounced: datetime | None) -> Standing:
    """How the person of a row of `memberships` stands."""
    match SubscriptionState(state):
        case SubscriptionState.PENDING:
            return Pending(since)
        case SubscriptionState.CONFIRMED:
            return Confirmed(since, bounces, bounced)
        case SubscriptionState.UNSUBSCRIBED:
            return Unsubscribed(since)
        case SubscriptionState.BOUNCED:
            return Bounced(since, Bounce.SOFT if bounces else Bounce.HARD)
        case SubscriptionState.COMPLAINED:
            return Complained(since)


def standing_from(state: str, since: int, bounces: int, bounced: int | None) -> Standing:
    """The same of what is kept, moments as `ticks`."""
    return standing_of(state, moment_at(since), bounces, None if bounced is None else moment_at(bounced))


# How many soft bounces stand in the row of somebody who is out of reach because of them.
_OF_A_KIND = {Bounce.SOFT: 1, Bounce.HARD: 0}


def row_of(number: int, name: str, standing: Standing) -> dict[str, Any]:
    """The row of `memberships` for *standing* on the list *name*, without preferences."""
    bounces, bounced = 0, None
    match standing:
        case Confirmed():
            bounces, bounced = standing.bounces, standing.bounced
        case Bounced():
            bounces = _OF_A_KIND[standing.kind]
    return {
        "person": number,
        "list": name,
        "state": state_of(standing).value,
        "since": standing.since,
        "bounces": bounces,
        "bounced": bounced,
    }


def standing_at(connection: Connection, number: int, name: str) -> Standing | None:
    """How the identity *number* stands to the list *name*."""
    here = (memberships.c.person == number) & (memberships.c.list == name)
    row = connection.execute(select(memberships).where(here)).first()
    return None if row is None else standing_of(row.state, row.since, row.bounces, row.bounced)


def put_standing(connection: Connection, number: int, name: str, standing: Standing) -> None:
    """Keep *standing* as that of *number* on the list *name*; preferences stay."""
    row = row_of(number, name, standing)
    here = (memberships.c.person == number) & (memberships.c.list == name)
    if not connection.execute(update(memberships).where(here).values(**row)).rowcount:
        connection.execute(insert(memberships).values(**row, preferences="{}"))


def put_preferences(connection: Connection, number: int, name: str, preferences: Mapping[str, str]) -> bool:
    """Keep *preferences* for the list *name*; whether the person has to do with it."""
    here = (memberships.c.person == number) & (memberships.c.list == name)
    changed = connection.execute(update(memberships).where(here).values(preferences=as_json(dict(preferences))))
    return bool(changed.rowcount)


def end_pause(connection: Connection, number: int, name: str) -> None:
    """They want letters of the list *name* from now on."""
    here = (memberships.c.person == number) & (memberships.c.list == name)
    kept = json.loads(connection.execute(select(memberships.c.preferences).where(here)).scalar() or "{}")
    if kept.pop(PAUSED, None) is not None:
        put_preferences(connection, number, name, kept)


def forget_pending(connection: Connection, before: datetime) -> int:
    """Forget every request that is older than *before* and was never confirmed; how many people went with theirs."""
    return _forget(
        connection, (memberships.c.state == SubscriptionState.PENDING.value) & (memberships.c.since < before)
    )


def forget_some_pending(connection: Connection, before: datetime, most: int) -> tuple[int, int]:
    """The same of at most *most* people; how many requests were looked at, and how many people went with theirs.

    What was recorded since *before*, such as by an import of older requests, is not forgotten yet.
    """
    recorded = exists().where(
        ledger.c.identity == memberships.c.person, ledger.c.list == memberships.c.list, ledger.c.recorded >= before
    )
    stale = (memberships.c.state == SubscriptionState.PENDING.value) & (memberships.c.since < before) & ~recorded
    some = connection.execute(select(memberships.c.person).where(stale).distinct().limit(most)).scalars().all()
    # Whoever asks or confirms at this moment has done so before, or comes after.
    held = select(identities.c.number).where(identities.c.number.in_(some)).order_by(identities.c.number)
    connection.execute(held.with_for_update())
    return len(some), _forget(connection, stale & memberships.c.person.in_(some)) if some else 0


def _forget(connection: Connection, stale: ColumnElement[bool]) -> int:
    numbers = connection.execute(select(memberships.c.person).where(stale).distinct()).scalars().all()
    connection.execute(delete(memberships).where(stale))
    gone = 0
    for number in numbers:
        still = select(memberships.c.person).where(memberships.c.person == number).exists()
        gone += connection.execute(delete(people).where(people.c.number == number, ~still)).rowcount
    return gone
