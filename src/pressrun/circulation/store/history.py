"""How far a store has come: a number that grows with every attempt, and a new token after every accepted backup."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, update

from pressrun.circulation.store.tables import editions, history, keys

_DIGITS = 32
_LAST = select(func.max(history.c.number)).scalar_subquery()
_ADVANCED = (
    update(history)
    .where(history.c.number == _LAST)
    .values(claims=history.c.claims + bindparam("more"))
    .returning(history.c.token, history.c.claims)
)


@dataclass(frozen=True, slots=True)
class Point:
    """A moment in the history of a store: *claims* were made by then. *token* is random, and new after each backup."""

    token: str
    claims: int


def name_of(connection: Connection) -> str:
    """Return a name that the store has for ever, and every copy of it; it tells nothing of the store's key."""
    key = connection.execute(select(keys.c.key).order_by(keys.c.number).limit(1)).scalar_one()
    return hashlib.sha256(b"the name of a store\0" + key).hexdigest()[:_DIGITS]


def point_of(connection: Connection) -> Point:
    """Return the point at which the store is."""
    row = connection.execute(select(history.c.token, history.c.claims).where(history.c.number == _LAST)).one()
    return Point(row.token, row.claims)


def has_been(connection: Connection, token: str) -> bool:
    """Return whether the store went on from a history with *token*, because somebody accepted a backup of it."""
    earlier = select(history.c.number).where(history.c.token == token, history.c.number < _LAST)
    return connection.execute(earlier).first() is not None


def advance(connection: Connection, more: int) -> Point:
    """Count *more* claims; the point after them."""
    row = connection.execute(_ADVANCED, {"more": more}).one()
    return Point(row.token, row.claims)


def begin_anew(connection: Connection, token: str) -> Point:
    """Go on from here under *token*, because a backup was accepted; all editions so far are settled by that."""
    claims = connection.execute(select(history.c.claims).where(history.c.number == _LAST)).scalar_one()
    newest = connection.execute(select(func.coalesce(func.max(editions.c.number), 0))).scalar_one()
    connection.execute(insert(history).values(token=token, claims=claims, editions=newest))
    return Point(token, claims)


def was_settled(connection: Connection, number: int) -> bool:
    """Return whether the mailing *number* was there when a backup was accepted."""
    newest = connection.execute(select(func.max(history.c.editions))).scalar_one()
    return bool(number <= newest)
