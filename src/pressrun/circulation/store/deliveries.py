"""Who gets an edition, and what became of it: read and changed within a transaction of whoever calls."""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
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

from pressrun.circulation.store.people import Preference, as_json, unless_there
from pressrun.circulation.store.tables import (
    Moment,
    attempts,
    deliveries,
    editions,
    memberships,
    people,
    suppressions,
    tests,
)
from pressrun.model.consent import EVERY_LIST, Reason
from pressrun.model.delivery import Delivery, DeliveryState, Exclusion, Mailing, Tally
from pressrun.model.subscriber import PAUSED, pause_text
from pressrun.model.subscriber import SubscriptionState as Standing

BATCH = 1_000
# The last attempt of a delivery.
_LAST = and_(
    attempts.c.edition == deliveries.c.edition,
    attempts.c.person == deliveries.c.person,
    attempts.c.attempt == deliveries.c.attempts,
)
# What speaks against somebody on a list, the mildest first: on whichever of several lists they stand best, counts.
FINE = 0
REASONS = (
    Exclusion.PAUSED,
    Exclusion.UNCONFIRMED,
    Exclusion.BOUNCED,
    Exclusion.LEFT,
    Exclusion.ERASED,
    Exclusion.COMPLAINED,
)
_OF_SUPPRESSIONS = {
    Reason.BOUNCED: Exclusion.BOUNCED,
    Reason.LEFT: Exclusion.LEFT,
    Reason.ERASED: Exclusion.ERASED,
    Reason.COMPLAINED: Exclusion.COMPLAINED,
}
_END_OF_TIME = pause_text(datetime(9999, 12, 31, tzinfo=UTC))
_OF_STANDINGS = {
    Standing.PENDING: Exclusion.UNCONFIRMED,
    Standing.BOUNCED: Exclusion.BOUNCED,
    Standing.UNSUBSCRIBED: Exclusion.LEFT,
    Standing.COMPLAINED: Exclusion.COMPLAINED,
}


# Who it goes to


def level_of() -> ColumnElement[int]:
    """What speaks against somebody by one row of memberships and suppressions: FINE, or a number for the reason.

    The parameter `moment` is a `pause_text`: whoever paused the list until later is left out.
    """
    kept_off = {each.value: REASONS.index(reason) + 1 for each, reason in _OF_SUPPRESSIONS.items()}
    stands = {each.value: REASONS.index(reason) + 1 for each, reason in _OF_STANDINGS.items()}
    stands[Standing.CONFIRMED.value] = FINE
    until = Preference(memberships.c.preferences, PAUSED)
    # Most prefer nothing, and no JSON is read for them; what is no moment sorts behind the last one.
    paused = and_(
        memberships.c.state == Standing.CONFIRMED.value,
        memberships.c.preferences != "{}",
        until > bindparam("moment", type_=Text()),
        until < _END_OF_TIME,
    )
    return case(
        *((suppressions.c.reason == word, number) for word, number in kept_off.items()),
        (paused, REASONS.index(Exclusion.PAUSED) + 1),
        *((memberships.c.state == word, number) for word, number in stands.items()),
    )


def standings() -> Any:
    """Memberships, each beside what keeps the person off that list or off all."""
    kept_off = and_(
        suppressions.c.identity == memberships.c.person, suppressions.c.list.in_((memberships.c.list, EVERY_LIST))
    )
    return memberships.outerjoin(suppressions, kept_off)


def _candidates(connection: Connection, mailing: Mailing) -> Select[Any]:
    """Everybody who has to do with the lists of *mailing*, each once, with what speaks against them."""
    joined = standings()
    chosen: list[ColumnElement[bool]] = [memberships.c.list.in_(mailing.lists)]
    if mailing.tags:
        joined = joined.join(people, people.c.number == memberships.c.person)
        # A word in its quotes stands nowhere in a JSON list of words but where it is one of them.
        place = func.strpos if connection.dialect.name == "postgresql" else func.instr
        chosen.append(or_(*(place(people.c.tags, as_json(tag)) > 0 for tag in mailing.tags)))
    if mailing.corrects is not None:
        got = (
            select(deliveries.c.person)
            .join(editions, editions.c.number == deliveries.c.edition)
            .where(editions.c.id == mailing.corrects)
            .where(deliveries.c.state.in_((DeliveryState.ACCEPTED.value, DeliveryState.UNKNOWN.value)))
        )
        chosen.append(memberships.c.person.in_(got))
    level = func.min(level_of()).label("level")
    found = select(memberships.c.person, level).select_from(joined).where(*chosen).group_by(memberships.c.person)
    return found.params(moment=pause_text(mailing.frozen))


def audience(connection: Connection, mailing: Mailing) -> Tally:
    """Who would get *mailing* if it were frozen now; nothing is written."""
    each = _candidates(connection, mailing).subquery()
    found = connection.execute(select(each.c.level, func.count().label("count")).group_by(each.c.level))
    levels: dict[int, int] = {row[0]: row[1] for row in found}
    excluded = {reason: levels[number] for number, reason in enumerate(REASONS, 1) if number in levels}
    states = {DeliveryState.PLANNED: levels.get(FINE, 0), DeliveryState.EXCLUDED: sum(excluded.values())}
    return Tally({state: count for state, count in states.items() if count}, excluded)


def freeze(connection: Connection, mailing: Mailing) -> int | None:
    """Settle who gets *mailing*: a row for each of them, whatever lists they are on.

    Its number; None where the edition is there already, and nothing is changed.
    """
    row = {"id": mailing.id, "hash": mailing.hash, "frozen": mailing.frozen, "corrects": mailing.corrects}
    chosen = {"lists": as_json(mailing.lists), "tags": as_json(mailing.tags)}
    added = unless_there(connection, editions).values(**row, **chosen).returning(editions.c.number)
    number: int | None = connection.execute(added).scalar()
    if number is None:
        return None
    each = _candidates(connection, mailing).subquery()
    rows = select(
        literal(number),
        each.c.person,
        case((each.c.level == FINE, DeliveryState.PLANNED.value), else_=DeliveryState.EXCLUDED.value),
        case(*((each.c.level == level, reason.value) for level, reason in enumerate(REASONS, 1)), else_=null()),
        literal(0),
        literal(mailing.frozen, Moment()),
    ).order_by(each.c.person)
    columns = ("edition", "person", "state", "reason", "attempts", "changed")
    connection.execute(insert(deliveries).from_select(columns, rows))
    return number


# What is known of it


def mailing_with(connection: Connection, edition: str) -> tuple[int, Mailing] | None:
    """The mailing of *edition*, an id, and its number; None where it was never sent from this store."""
    row = connection.execute(select(editions).where(editions.c.id == edition)).first()
    return (row.number, _mailing(row)) if row is not None else None


def is_corrected(connection: Connection, number: int) -> bool:
    """Whether there is a mailing that corrects the mailing *number*."""
    corrected = select(editions.c.id).where(editions.c.number == number).scalar_subquery()
    return connection.execute(select(editions.c.number).where(editions.c.corrects == corrected)).first() is not None


def refusals(connection: Connection, number: int) -> list[tuple[int | None, str | None, int]]:
    """With which code and enhanced status deliveries of the mailing *number* were refused, and how many with each."""
    here = (deliveries.c.edition == number, deliveries.c.state == DeliveryState.REFUSED.value)
    said = (attempts.c.code, attempts.c.enhanced)
    joined = deliveries.join(attempts, _LAST)
    counted = select(*said, func.count()).select_from(joined).where(*here).group_by(*said)
    return [(code, enhanced, count) for code, enhanced, count in connection.execute(counted)]


def mailings(connection: Connection) -> list[tuple[int, Mailing]]:
    """All of them, the oldest first."""
    return [(row.number, _mailing(row)) for row in connection.execute(select(editions).order_by(editions.c.number))]


def _mailing(row: Any) -> Mailing:
    return Mailing(
        id=row.id,
        hash=row.hash,
        lists=tuple(json.loads(row.lists)),
        frozen=row.frozen,
        tags=tuple(json.loads(row.tags)),
        corrects=row.corrects,
        folds=row.folds,
    )


def tally(connection: Connection, number: int) -> Tally:
    """Where the deliveries of the mailing *number* stand."""
    here = deliveries.c.edition == number
    counted = select(deliveries.c.state, deliveries.c.reason, func.count()).where(here)
    states: dict[DeliveryState, int] = {}
    excluded: dict[Exclusion, int] = {}
    for word, reason, count in connection.execute(counted.group_by(deliveries.c.state, deliveries.c.reason)):
        state = DeliveryState(word)
        states[state] = states.get(state, 0) + count
        if reason is not None:
            excluded[Exclusion(reason)] = count
    return Tally(states, excluded)


def attempts_on(connection: Connection, number: int) -> int:
    """Return how many attempts the mailing *number* took so far; it never becomes less while nothing is claimed."""
    here = deliveries.c.edition == number
    return int(connection.execute(select(func.coalesce(func.sum(deliveries.c.attempts), 0)).where(here)).scalar_one())


def next_try(connection: Connection, number: int) -> datetime | None:
    """When the first deferred delivery of the mailing *number* is tried again; None where there is none."""
    here = and_(deliveries.c.edition == number, deliveries.c.state == DeliveryState.DEFERRED.value)
    return connection.execute(select(func.min(deliveries.c.next_try)).where(here)).scalar()


def deliveries_of(
    connection: Connection, number: int, states: Collection[DeliveryState] = tuple(DeliveryState)
) -> Iterator[Delivery]:
    """The deliveries of the mailing *number* that stand in one of *states*, in the order in which people came."""
    here = [deliveries.c.edition == number, deliveries.c.state.in_([state.value for state in states])]
    joined = deliveries.outerjoin(people, people.c.number == deliveries.c.person).outerjoin(attempts, _LAST)
    columns = (attempts.c.code, attempts.c.enhanced, attempts.c.text)
    before = -1
    while True:  # a part at a time, for a list may be longer than memory
        rows = connection.execute(
            select(deliveries, people.c.address, *columns)
            .select_from(joined)
            .where(*here, deliveries.c.person > before)
            .order_by(deliveries.c.person)
            .limit(BATCH)
        ).all()
        for row in rows:
            yield _delivery(row)
        if len(rows) < BATCH:
            return
        before = rows[-1].person


def _delivery(row: Any) -> Delivery:
    return Delivery(
        address=row.address,
        state=DeliveryState(row.state),
        changed=row.changed,
        attempts=row.attempts,
        reason=Exclusion(row.reason) if row.reason is not None else None,
        next_try=row.next_try,
        code=row.code,
        enhanced=row.enhanced,
        text=row.text,
    )


def tested(connection: Connection, edition: str) -> tuple[str, datetime] | None:
    """The hash of the letter of *edition*, an id, that was tested last, and when; None where none was."""
    row = connection.execute(select(tests.c.hash, tests.c.at).where(tests.c.edition == edition)).first()
    return (row.hash, row.at) if row is not None else None


def put_test(connection: Connection, edition: str, letter: str, now: datetime) -> None:
    """The letter with the hash *letter* was tested *now*."""
    if not connection.execute(update(tests).where(tests.c.edition == edition).values(hash=letter, at=now)).rowcount:
        connection.execute(insert(tests).values(edition=edition, hash=letter, at=now))
