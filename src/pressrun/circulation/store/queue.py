"""Letters to one person: each waits here from the moment of the request until a server has taken it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, exists, func, insert, literal, select, update

from pressrun.circulation.store.people import as_json
from pressrun.circulation.store.tables import Moment, letters, memberships, people
from pressrun.model.notice import Notice
from pressrun.model.subscriber import PersonId, SubscriptionState


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
class ClaimedConfirmation:
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
    build_request = letters.c.kind.in_([each.value for each in kinds])
    found = select(letters).where(letters.c.person == number, build_request).order_by(letters.c.number)
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


@dataclass(frozen=True, slots=True)
class DueConfirmation:
    """A letter that may be posted now, and nobody has in hand.

    *was_counted* says whether it was counted against the limits already; *is_known*, whether the person is more than
    pending anywhere: somebody may have typed any address, but not that.
    """

    letter: ClaimedConfirmation
    was_counted: bool
    is_known: bool


def due(connection: Connection, limit: int, now: datetime) -> list[DueConfirmation]:
    """At most *limit* letters whose time has come and which nobody has in hand, the first due first.

    They stay as they are; nobody else gets them before the transaction ends.
    """
    known = exists().where(
        memberships.c.person == letters.c.person, memberships.c.state != SubscriptionState.PENDING.value
    )
    joined = letters.join(people, people.c.number == letters.c.person)
    chosen = (
        select(letters, people.c.id, people.c.address, known.label("known"))
        .select_from(joined)
        .where(letters.c.claimer.is_(None), letters.c.next_try <= now)
        .order_by(letters.c.next_try, letters.c.number)
        .limit(limit)
        .with_for_update(of=letters, skip_locked=True)
    )
    return [DueConfirmation(_claimed(row), row.counted is not None, row.known) for row in connection.execute(chosen)]


def _claimed(row: Row[tuple[object, ...]]) -> ClaimedConfirmation:
    return ClaimedConfirmation(
        number=row.number,
        kind=Notice(row.kind),
        person=row.id.hex(),
        address=row.address,
        lists=tuple(json.loads(row.lists)),
        attempt=row.attempts + 1,
        queued=row.queued,
    )


def put_claimed(connection: Connection, letter: int, claimer: int, now: datetime, in_doubt: datetime) -> None:
    """Write down that the service *claimer* has *letter* in hand.

    Should it die with it, the letter is tried again at *in_doubt*.
    """
    counted = func.coalesce(letters.c.counted, literal(now, Moment()))
    changed = {"claimer": claimer, "attempts": letters.c.attempts + 1, "next_try": in_doubt, "counted": counted}
    connection.execute(update(letters).where(letters.c.number == letter).values(**changed))


def put_later(connection: Connection, letter: int, next_try: datetime | None) -> None:
    """Have *letter*, which nobody has in hand, wait until *next_try*; with None it is never posted."""
    connection.execute(update(letters).where(letters.c.number == letter).values(next_try=next_try))


def claimers(connection: Connection) -> list[int]:
    """The numbers of the services that have letters in hand."""
    found = select(letters.c.claimer).where(letters.c.claimer.is_not(None)).distinct()
    return [number for number in connection.execute(found).scalars() if number is not None]


def put_in_doubt(connection: Connection, claimer: int) -> int:
    """Let go of what the service *claimer*, which is no more, had in hand; how many letters that are."""
    changed = update(letters).where(letters.c.claimer == claimer).values(claimer=None)
    return connection.execute(changed).rowcount


def waiting(connection: Connection, now: datetime) -> int:
    """How many letters that were never tried wait for a moment after *now*."""
    here = letters.c.claimer.is_(None), letters.c.next_try > now, letters.c.attempts == 0
    return connection.execute(select(func.count()).select_from(letters).where(*here)).scalar_one()


def settle(
    connection: Connection, letter: int, *, posted: datetime | None = None, next_try: datetime | None = None
) -> None:
    """Write down that *letter* was *posted*, or when it is tried again; with neither, it never is."""
    here = update(letters).where(letters.c.number == letter)
    connection.execute(here.values(claimer=None))
    changed = here.where(letters.c.posted.is_(None))
    if next_try is not None:  # what it asked for may have been answered meanwhile
        changed = changed.where(letters.c.next_try.is_not(None))
    connection.execute(changed.values(posted=posted, next_try=next_try))


def next_due(connection: Connection) -> datetime | None:
    """When the first letter that waits is to be tried."""
    here = letters.c.next_try.is_not(None), letters.c.claimer.is_(None)
    return connection.execute(select(letters.c.next_try).where(*here).order_by(letters.c.next_try).limit(1)).scalar()
