"""How many emails of the service went out of late, to whom and where, without a word that names anybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select

from pressrun.circulation.store.tables import quotas


@dataclass(frozen=True, slots=True)
class CountedEmail:
    """An email as it is counted: of the share *share*, to a mailbox and a domain that are known by their marks."""

    share: str
    mailbox: bytes
    domain: bytes


def add(connection: Connection, email: CountedEmail, now: datetime) -> None:
    """Count *email*."""
    row = {"at": now, "share": email.share, "mailbox": email.mailbox, "domain": email.domain}
    connection.execute(insert(quotas).values(**row))


def forget(connection: Connection, before: datetime, after: datetime) -> None:
    """Forget what was counted by *before*, or, by a clock that was wrong, later than *after*."""
    connection.execute(delete(quotas).where(or_(quotas.c.at <= before, quotas.c.at > after)))


def nth_last(
    connection: Connection,
    number: int,
    share: str,
    *,
    mailbox: bytes | None = None,
    domain: bytes | None = None,
) -> datetime | None:
    """Return when the *number*th last email of *share* was counted, of those to *mailbox* or *domain* if given.

    None where there are fewer.
    """
    found = select(quotas.c.at).where(quotas.c.share == share)
    if mailbox is not None:
        found = found.where(quotas.c.mailbox == mailbox)
    if domain is not None:
        found = found.where(quotas.c.domain == domain)
    return connection.execute(found.order_by(quotas.c.at.desc()).offset(number - 1).limit(1)).scalar()
