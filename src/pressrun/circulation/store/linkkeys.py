"""Keys of unsubscribe links, by their fingerprints: read and changed within a transaction of the caller."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from pressrun.circulation.store.people import keys_of, unless_there
from pressrun.circulation.store.tables import Moment, deliveries, link_keys
from pressrun.model.linkkey import LinkKey

# A run records its key once an hour, and ahead of the time: no email may be signed later than the record says.
AHEAD = timedelta(hours=2)
# Built once, because every turn of a run asks.
_HERE = (link_keys.c.fingerprint == bindparam("key"), link_keys.c.retired.is_(None))
_SIGNED_UNTIL = select(link_keys.c.signed).where(*_HERE)
_SIGNS = update(link_keys).where(*_HERE).values(signed=bindparam("until", type_=Moment()))


def own_key(connection: Connection) -> bytes:
    """Return the store's own key, under which fingerprints are made."""
    return keys_of(connection)[0]


def all_keys(connection: Connection) -> list[LinkKey]:
    """Return every key that was ever registered, the oldest first."""
    found = connection.execute(select(link_keys).order_by(link_keys.c.registered, link_keys.c.fingerprint))
    return [_key(row) for row in found]


def key_with(connection: Connection, fingerprint: str) -> LinkKey | None:
    """Return the key with *fingerprint*, which nobody else can change until the transaction ends; None if unknown."""
    here = link_keys.c.fingerprint == fingerprint
    row = connection.execute(select(link_keys).where(here).with_for_update()).first()
    return _key(row) if row is not None else None


def _key(row: Any) -> LinkKey:
    return LinkKey(row.fingerprint, row.registered, row.served, row.signed, row.retired, row.leaked)


def add(connection: Connection, fingerprint: str, now: datetime) -> bool:
    """Register the key with *fingerprint*; return False if it is known already, retired ones included.

    Emails that went out before any key was registered may be signed with this one, so it counts as their key.
    """
    first = connection.execute(select(func.min(link_keys.c.registered))).scalar()
    unregistered = [deliveries.c.begun.is_not(None), *([deliveries.c.changed < first] if first is not None else [])]
    signed = connection.execute(select(func.max(deliveries.c.changed)).where(*unregistered)).scalar()
    added = unless_there(connection, link_keys).values(fingerprint=fingerprint, registered=now, signed=signed)
    return connection.execute(added.returning(link_keys.c.fingerprint)).first() is not None


def put_served(connection: Connection, fingerprints: Collection[str], now: datetime) -> None:
    """Record that the service has the keys with *fingerprints*."""
    connection.execute(update(link_keys).where(link_keys.c.fingerprint.in_(fingerprints)).values(served=now))


def put_signed(connection: Connection, fingerprint: str, now: datetime) -> bool:
    """Record that emails are signed with a key *now* and for another hour; return False if it is not registered.

    A retired key counts as not registered. Writes once an hour at most.
    """
    row = connection.execute(_SIGNED_UNTIL, {"key": fingerprint}).first()
    if row is None:
        return False
    if row.signed is not None and row.signed >= now + AHEAD / 2:
        return True
    return bool(connection.execute(_SIGNS, {"key": fingerprint, "until": now + AHEAD}).rowcount)


def retire(connection: Connection, fingerprint: str, now: datetime, *, leaked: bool) -> None:
    """Record that nothing is signed with a key any more, and that its links do not open; it is for good."""
    here = link_keys.c.fingerprint == fingerprint
    retired = func.coalesce(link_keys.c.retired, bindparam("now", type_=Moment()))
    change: dict[str, Any] = {"retired": retired, **({"leaked": bindparam("now", type_=Moment())} if leaked else {})}
    connection.execute(update(link_keys).where(here).values(**change), {"now": now})
