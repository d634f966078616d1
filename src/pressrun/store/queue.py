"""Letters to one person: each waits here from the moment of the request until a server has taken it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from pressrun.model.notice import Notice
from pressrun.model.subscriber import PersonId
from pressrun.store.people import as_json
from pressrun.store.tables import letters, people


@dataclass(frozen=True, slots=True)
class Queued:
    """A letter as the queue knows it, and whether it still waits."""

    number: int
    kind: Notice
    lists: tuple[str, ...]
    queued: datetime
    attempts: int
    next_try: datetime | None
    posted: datetime | None

    @property
    def waits(self) -> bool:
        """Whether it is still to be posted."""
        return self.next_try is not None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter to be posted now: to whom, for which lists, the how manieth attempt it is, and when it was asked for."""

    number: int
    kind: Notice
    person: PersonId
    address: str
    lists: tuple[str, ...]
    attempt: int
    queued: datetime


def letters_of(connection: Connection, number: int, *kinds: Notice) -> list[Queued]:
    """The letters of *kinds* to the person *number*, the oldest first."""
    wanted = letters.c.kind.in_([each.value for each in kinds])
    found = select(letters).where(letters.c.person == number, wanted).order_by(letters.c.number)
    return [_queued(row) for row in connection.execute(found)]


def _queued(row: Row[tuple[object, ...]]) -> Queued:
    lists = tuple(json.loads(row.lists))
    return Queued(row.number, Notice(row.kind), lists, row.queued, row.attempts, row.next_try, row.posted)


def add_letter(
    connection: Connection, number: int, kind: Notice, lists: Sequence[str], now: datetime, first_try: datetime
) -> None:
    """Queue a letter of *kind* to the person *number* about *lists*."""
    row = {"person": number, "kind": kind.value, "lists": as_json(list(lists)), "queued": now}
    connection.execute(insert(letters).values(**row, attempts=0, next_try=first_try))


def put_lists(connection: Connection, letter: int, lists: Sequence[str]) -> None:
    """Let *letter* be about *lists*; about none, it waits no more."""
    changed: dict[str, object] = {"lists": as_json(list(lists))}
    if not lists:
        changed["next_try"] = None
    connection.execute(update(letters).where(letters.c.number == letter).values(**changed))


def forget_letters(connection: Connection, number: int, kind: Notice, before: datetime | None = None) -> None:
    """Forget all letters of *kind* to the person *number*; with *before*, those that were queued by then."""
    here = delete(letters).where(letters.c.person == number, letters.c.kind == kind.value)
    connection.execute(here if before is None else here.where(letters.c.queued <= before))


def claim(connection: Connection, limit: int, now: datetime, until: datetime) -> list[Claimed]:
    """At most *limit* letters whose time has come, which nobody else gets before *until*."""
    chosen = (
        select(letters.c.number)
        .where(letters.c.next_try <= now)
        .order_by(letters.c.next_try, letters.c.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    numbers = connection.execute(chosen).scalars().all()
    here = letters.c.number.in_(numbers)
    connection.execute(update(letters).where(here).values(attempts=letters.c.attempts + 1, next_try=until))
    joined = letters.join(people, people.c.number == letters.c.person)
    found = select(letters, people.c.id, people.c.address).select_from(joined).where(here).order_by(letters.c.number)
    return [
        Claimed(
            number=row.number,
            kind=Notice(row.kind),
            person=row.id.hex(),
            address=row.address,
            lists=tuple(json.loads(row.lists)),
            attempt=row.attempts,
            queued=row.queued,
        )
        for row in connection.execute(found)
    ]


def settle(
    connection: Connection, letter: int, *, posted: datetime | None = None, next_try: datetime | None = None
) -> None:
    """Write down that *letter* was *posted*, or when it is tried again; with neither, it never is."""
    changed = update(letters).where(letters.c.number == letter, letters.c.posted.is_(None))
    if next_try is not None:  # what it asked for may have been answered meanwhile
        changed = changed.where(letters.c.next_try.is_not(None))
    connection.execute(changed.values(posted=posted, next_try=next_try))


def put_back(connection: Connection, numbers: Sequence[int], until: datetime) -> None:
    """Let the letters *numbers*, which were claimed and still wait, be as before, but not before *until*."""
    here = letters.c.number.in_(numbers), letters.c.next_try.is_not(None)
    connection.execute(update(letters).where(*here).values(attempts=letters.c.attempts - 1, next_try=until))


def next_due(connection: Connection) -> datetime | None:
    """When the first letter that waits is to be tried."""
    first = select(letters.c.next_try).where(letters.c.next_try.is_not(None)).order_by(letters.c.next_try).limit(1)
    return connection.execute(first).scalar()
