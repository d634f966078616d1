"""Claiming for a run: what is due is claimed, and every outcome is recorded, within the transaction of the caller."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from pressrun.circulation.store.deliveries import FINE, REASONS, level_of, standings
from pressrun.circulation.store.tables import Moment, attempts, deliveries, identities, memberships, people
from pressrun.model.delivery import DeliveryState, Exclusion
from pressrun.model.personalnames import FIRST, LAST, known_first_name
from pressrun.model.subscriber import PersonId, pause_text

LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery that may be tried: to whom, how often it was, and when that was first.

    *domain* is where it goes, where anybody asked. *is_retry* says that it was deferred until now.
    """

    person: int
    attempts: int
    begun: datetime | None
    domain: str = ""
    is_retry: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody to whom an edition may go now: by the list *list*, unless *reason* speaks against it.

    *given* is their given name, empty where it is known that nobody knows it, None where only the whole name can tell.
    """

    id: PersonId
    address: str
    name: str
    list: str
    reason: Exclusion | None
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where the delivery to *person* stands after the attempt of the number *attempt*, and what was said then."""

    person: int
    attempt: int
    state: DeliveryState
    next_try: datetime | None = None
    code: int | None = None
    enhanced: str | None = None
    text: str = ""


def put_in_doubt(connection: Connection, number: int, now: datetime, text: str) -> int:
    """What is claimed becomes unknown, for whoever claimed it is no more; how many that are."""
    here = and_(deliveries.c.edition == number, deliveries.c.state == DeliveryState.CLAIMED.value)
    said = (literal(DeliveryState.UNKNOWN.value), literal(now, Moment()), literal(text))
    lost = (
        select(deliveries.c.edition, deliveries.c.person, deliveries.c.attempts, *said)
        .join(people, people.c.number == deliveries.c.person)
        .where(here)
        .with_for_update(of=people, read=True, key_share=True)
    )
    columns = ("edition", "person", "attempt", "verdict", "at", "text")
    connection.execute(insert(attempts).from_select(columns, lost))
    changed = update(deliveries).where(here).values(state=DeliveryState.UNKNOWN.value, changed=now)
    return connection.execute(changed).rowcount


def put_unknown(connection: Connection, number: int, now: datetime, text: str) -> int:
    """Mark what is planned or deferred as unknown, as if it had been attempted once more; how many those are."""
    waiting = (DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value)
    here = and_(deliveries.c.edition == number, deliveries.c.state.in_(waiting))
    changed = update(deliveries).where(here)
    begun = func.coalesce(deliveries.c.begun, literal(now, Moment()))
    connection.execute(
        changed.values(
            state=DeliveryState.CLAIMED.value, attempts=deliveries.c.attempts + 1, begun=begun, next_try=None
        )
    )
    return put_in_doubt(connection, number, now, text)


def plan_again(connection: Connection, number: int, states: Collection[DeliveryState], now: datetime) -> int:
    """What stands in one of *states* is planned once more, because a person says so; how many that are."""
    here = and_(deliveries.c.edition == number, deliveries.c.state.in_([state.value for state in states]))
    changed = update(deliveries).where(here).values(state=DeliveryState.PLANNED.value, changed=now, begun=None)
    return connection.execute(changed).rowcount


def withdraw(connection: Connection, number: int, now: datetime) -> int:
    """Who has not got it yet gets nothing any more, because a person says so; how many that are."""
    waiting = (DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value)
    changed = (
        update(deliveries)
        .where(deliveries.c.edition == number, deliveries.c.state.in_(waiting))
        .values(state=DeliveryState.EXCLUDED.value, reason=Exclusion.WITHDRAWN.value, changed=now, next_try=None)
    )
    return connection.execute(changed).rowcount


def refused(connection: Connection, number: int, persons: Collection[int]) -> list[DueDelivery]:
    """The deliveries to those of *persons* that were refused."""
    here = (deliveries.c.edition == number, deliveries.c.person.in_(persons))
    chosen = select(deliveries.c.person, deliveries.c.attempts, deliveries.c.begun)
    found = connection.execute(chosen.where(*here, deliveries.c.state == DeliveryState.REFUSED.value))
    return [DueDelivery(row.person, row.attempts, row.begun) for row in found]


def put_off(connection: Connection, number: int, next_tries: Mapping[int, datetime], now: datetime) -> None:
    """The deliveries to the persons are deferred, each until the moment that *next_tries* has."""
    for person, next_try in next_tries.items():
        connection.execute(
            update(deliveries)
            .where(deliveries.c.edition == number, deliveries.c.person == person)
            .values(state=DeliveryState.DEFERRED.value, next_try=next_try, changed=now)
        )


@dataclass(frozen=True, slots=True)
class Attempted:
    """What was said at an attempt, and where the delivery stood after it."""

    state: DeliveryState
    code: int | None
    enhanced: str | None
    text: str


def last_attempts(connection: Connection, number: int, most: int) -> list[Attempted]:
    """The last *most* attempts on the mailing *number*, the oldest first."""
    columns = (attempts.c.verdict, attempts.c.code, attempts.c.enhanced, attempts.c.text)
    chosen = select(*columns).where(attempts.c.edition == number)
    found = connection.execute(chosen.order_by(attempts.c.at.desc(), attempts.c.person.desc()).limit(most)).all()
    return [Attempted(DeliveryState(row.verdict), row.code, row.enhanced, row.text) for row in reversed(found)]


_HERE = deliveries.c.edition == bindparam("of_edition")
_PLANNED = and_(_HERE, deliveries.c.state == DeliveryState.PLANNED.value)
_RETRIED = and_(
    _HERE,
    deliveries.c.state == DeliveryState.DEFERRED.value,
    or_(deliveries.c.next_try <= bindparam("now"), deliveries.c.next_try > bindparam("farthest")),
)
# Statements of every turn are put together once: that takes longer than what the database does with them.
_DUE = tuple(
    select(deliveries.c.person, deliveries.c.attempts, deliveries.c.begun)
    .where(which)
    .order_by(deliveries.c.next_try, deliveries.c.person)
    .limit(bindparam("most"))
    for which in (_PLANNED, _RETRIED)
)


def due(
    connection: Connection,
    number: int,
    most: int,
    rooms: Mapping[str, int],
    now: datetime,
    farthest: timedelta,
    *,
    retries_first: bool = False,
) -> list[DueDelivery]:
    """At most *most* deliveries that may be tried now, no more to a domain than *rooms* has.

    Those not tried yet come first, or with *retries_first* those that were deferred and are due. There may be more,
    unless there is none. What is deferred for longer than *farthest* was deferred by a clock that was wrong, and may be
    tried, too.
    """
    found: list[DueDelivery] = []
    values = {"of_edition": number, "now": now, "farthest": now + farthest}
    for is_retry in (True, False) if retries_first else (False, True):
        chosen = _DUE[is_retry]
        if len(found) < most:
            if rooms:
                domain = func.coalesce(_domain(connection), "")
                chosen = chosen.add_columns(domain.label("domain"))
                chosen = chosen.outerjoin(people, people.c.number == deliveries.c.person)
                chosen = chosen.where(domain.not_in(sorted(name for name, room in rooms.items() if room < 1)))
            for row in connection.execute(chosen, {**values, "most": most - len(found)}):
                where = row.domain if rooms else ""
                if sum(each.domain == where for each in found) < rooms.get(where, most):
                    found.append(DueDelivery(row.person, row.attempts, row.begun, where, is_retry))
    return found


def _domain(connection: Connection) -> ColumnElement[str]:
    if connection.dialect.name == "postgresql":
        return func.split_part(people.c.address, "@", 2)
    return func.substr(people.c.address, func.instr(people.c.address, "@") + 1)


_OF_READER = (people.c.number, people.c.id, people.c.address, people.c.name, people.c.fields, memberships.c.list)
_READERS = (
    select(*_OF_READER, func.max(level_of()).label("level"))
    .select_from(standings().join(people, people.c.number == memberships.c.person))
    .where(
        people.c.number.in_(bindparam("persons", expanding=True)),
        memberships.c.list.in_(bindparam("lists", expanding=True)),
    )
    .group_by(*_OF_READER)
)

_HELD_STILL = (
    select(identities.c.number)
    .where(identities.c.number.in_(bindparam("persons", expanding=True)))
    .order_by(identities.c.number)
    .with_for_update(read=True)
)


def readers(
    connection: Connection, persons: Sequence[int], lists: Sequence[str], now: datetime
) -> Mapping[int, Candidate]:
    """Those of *persons* who are known, each as they stand to *lists* *now*; the first that allows it counts.

    Nobody changes how they stand until the transaction ends.
    """
    if connection.dialect.name == "postgresql":  # in SQLite there is one writer, and that is us
        connection.execute(_HELD_STILL, {"persons": persons})
    found = connection.execute(_READERS, {"persons": persons, "lists": lists, "moment": pause_text(now)})
    rows = sorted(found, key=lambda row: (row.level, lists.index(row.list)), reverse=True)
    return {
        row.number: Candidate(
            id=row.id.hex(),
            address=row.address,
            name=row.name,
            given=_given_in(row.fields),
            list=row.list,
            reason=REASONS[row.level - 1] if row.level != FINE else None,
        )
        for row in rows  # the best comes last, and stays
    }


def _given_in(fields: str) -> str | None:
    """The given name that the JSON of *fields* knows; None where it knows no part of a name."""
    if f'"{FIRST}"' not in fields and f'"{LAST}"' not in fields:
        return None
    known = json.loads(fields)
    return known_first_name("", known) if FIRST in known or LAST in known else None


_CLAIMED = (
    update(deliveries)
    .where(_HERE, deliveries.c.person.in_(bindparam("persons", expanding=True)))
    .values(
        state=DeliveryState.CLAIMED.value,
        attempts=deliveries.c.attempts + 1,
        changed=bindparam("now"),
        begun=func.coalesce(deliveries.c.begun, bindparam("now", type_=Moment())),
        next_try=None,
    )
)


def put_claimed(connection: Connection, number: int, persons: Sequence[int], now: datetime) -> None:
    """The deliveries to *persons* are in hand."""
    connection.execute(_CLAIMED, {"of_edition": number, "persons": persons, "now": now})


def put_back(connection: Connection, number: int, persons: Sequence[int], now: datetime) -> int:
    """The deliveries to *persons* are in hand and were not tried: as if they had never been claimed; how many are."""
    here = (deliveries.c.edition == number, deliveries.c.person.in_(persons))
    changed = (
        update(deliveries)
        .where(*here, deliveries.c.state == DeliveryState.CLAIMED.value)
        .values(
            state=DeliveryState.PLANNED.value,
            attempts=deliveries.c.attempts - 1,
            changed=now,
            begun=case((deliveries.c.attempts > 1, deliveries.c.begun), else_=null()),
        )
    )
    return connection.execute(changed).rowcount


def put_excluded(connection: Connection, number: int, reasons: Mapping[int, Exclusion], now: datetime) -> None:
    """The persons get nothing, each for the reason that *reasons* has."""
    for person, reason in reasons.items():
        connection.execute(
            update(deliveries)
            .where(deliveries.c.edition == number, deliveries.c.person == person)
            .values(state=DeliveryState.EXCLUDED.value, reason=reason.value, changed=now, next_try=None)
        )


_SETTLED = (
    update(deliveries)
    .where(
        deliveries.c.edition == bindparam("of_edition"),
        deliveries.c.person == bindparam("of_person"),
        deliveries.c.state == DeliveryState.CLAIMED.value,
    )
    .values(state=bindparam("to_state"), changed=bindparam("now"), next_try=bindparam("again"))
)
_COLUMNS = ("edition", "person", "attempt", "at", "verdict", "code", "enhanced", "text")
# A person who was erased meanwhile has nothing said of them any more.
_ATTEMPTED = insert(attempts).from_select(
    _COLUMNS,
    select(
        bindparam("of_edition", type_=deliveries.c.edition.type),
        people.c.number,
        bindparam("attempt", type_=attempts.c.attempt.type),
        bindparam("now", type_=Moment()),
        bindparam("to_state", type_=attempts.c.verdict.type),
        bindparam("code", type_=attempts.c.code.type),
        bindparam("enhanced", type_=attempts.c.enhanced.type),
        bindparam("text", type_=attempts.c.text.type),
    )
    .where(people.c.number == bindparam("of_person"))
    .with_for_update(read=True, key_share=True),
)


def settle(connection: Connection, number: int, settlements: Iterable[Settlement], now: datetime) -> int:
    """Write down what became of deliveries that are in hand; how many of them were.

    Whoever erases somebody waits for the end of the transaction, so they are taken in one order.
    """
    rows = [
        {
            "of_edition": number,
            "of_person": each.person,
            "to_state": each.state.value,
            "again": each.next_try,
            "now": now,
            "attempt": each.attempt,
            "code": each.code,
            "enhanced": each.enhanced,
            "text": _kept(each.text),
        }
        for each in sorted(settlements, key=lambda each: each.person)
    ]
    settled = connection.execute(_SETTLED, [{name: row[name] for name in _OF_SETTLED} for row in rows]).rowcount
    connection.execute(_ATTEMPTED, [{name: row[name] for name in row if name != "again"} for row in rows])
    return settled


_OF_SETTLED = ("of_edition", "of_person", "to_state", "again", "now")


def _kept(text: str) -> str:
    """*text* as databases take it, whatever a server said."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST_TEXT]
