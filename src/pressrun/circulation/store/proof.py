"""What proves consent, and what outlives it: the ledger, which only grows, and suppressions."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from pressrun.circulation.store.people import unless_there
from pressrun.circulation.store.tables import ledger, people, suppressions, whereabouts, wordings
from pressrun.model.consent import ConsentSource, Event, Evidence, LedgerEntry, Reason, Suppression

_DIGITS = 12
# A mailbox can be mended; a will counts more, and a complaint is for ever.
_STRENGTH = (Reason.BOUNCED, Reason.LEFT, Reason.ERASED, Reason.COMPLAINED)


def version_of(wording: str) -> str:
    """What a text is called that people agreed to: another text has another version."""
    return hashlib.sha256(wording.encode()).hexdigest()[:_DIGITS]


def add_wording(connection: Connection, wording: str) -> str:
    """Keep *wording*, if it is new; its version."""
    version = version_of(wording)
    connection.execute(unless_there(connection, wordings).values(version=version, text=wording))
    return version


def add_entry(connection: Connection, number: int, entry: LedgerEntry) -> None:
    """Write *entry* down for the identity *number*."""
    version = add_wording(connection, entry.wording) if entry.wording is not None else entry.version
    added = connection.execute(
        insert(ledger).values(
            identity=number,
            list=entry.list,
            event=entry.event.value,
            at=entry.at,
            recorded=entry.recorded,
            way=entry.evidence.way.value,
            wording=version,
            note=entry.evidence.note,
        )
    )
    if entry.evidence.ip is None and entry.evidence.agent is None:
        return
    known = connection.execute(select(people.c.number).where(people.c.number == number)).scalar()
    if known is not None:  # where somebody was is kept as long as the person is, and no longer
        key = added.inserted_primary_key
        assert key is not None
        connection.execute(
            insert(whereabouts).values(entry=key[0], person=number, ip=entry.evidence.ip, agent=entry.evidence.agent)
        )


def entries_of(connection: Connection, number: int) -> list[LedgerEntry]:
    """The ledger of the identity *number*, in the order in which it was written."""
    joined = ledger.outerjoin(whereabouts, whereabouts.c.entry == ledger.c.number)
    joined = joined.outerjoin(wordings, wordings.c.version == ledger.c.wording)
    found = (
        select(ledger, whereabouts.c.ip, whereabouts.c.agent, wordings.c.text)
        .select_from(joined)
        .where(ledger.c.identity == number)
        .order_by(ledger.c.number)
    )
    return [
        LedgerEntry(
            list=row.list,
            event=Event(row.event),
            at=row.at,
            recorded=row.recorded,
            evidence=Evidence(ConsentSource(row.way), row.ip, row.agent, row.note),
            version=row.wording,
            wording=row.text,
        )
        for row in connection.execute(found)
    ]


def entries_kept(connection: Connection, number: int) -> int:
    """How many lines of the ledger are about the identity *number*."""
    return connection.execute(select(func.count()).where(ledger.c.identity == number)).scalar_one()


def suppressions_of(connection: Connection, number: int) -> list[Suppression]:
    """What keeps the identity *number* off lists."""
    found = select(suppressions).where(suppressions.c.identity == number).order_by(suppressions.c.list)
    return [Suppression(row.list, Reason(row.reason), row.since) for row in connection.execute(found)]


def is_stronger(reason: Reason, known: Reason) -> bool:
    """Whether *reason* takes the place of *known*."""
    return _STRENGTH.index(reason) > _STRENGTH.index(known)


def suppress(connection: Connection, number: int, name: str, reason: Reason, now: datetime) -> None:
    """Keep the identity *number* off the list *name*; a weaker reason never takes the place of a stronger one."""
    here = (suppressions.c.identity == number) & (suppressions.c.list == name)
    known = connection.execute(select(suppressions.c.reason).where(here)).scalar()
    if known is not None and not is_stronger(reason, Reason(known)):
        return
    connection.execute(delete(suppressions).where(here))
    connection.execute(insert(suppressions).values(identity=number, list=name, reason=reason.value, since=now))


def lift(connection: Connection, number: int, name: str, reasons: Iterable[Reason]) -> None:
    """Let the identity *number* be on the list *name* again, if it was kept off for one of *reasons*."""
    words = [reason.value for reason in reasons]
    here = (suppressions.c.identity == number) & (suppressions.c.list == name)
    connection.execute(delete(suppressions).where(here, suppressions.c.reason.in_(words)))
