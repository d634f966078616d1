"""A key that unsubscribe links are signed with, as the store knows it: by its fingerprint."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# An unsubscribe link works for at least 30 days after its email was sent (CAN-SPAM, 15 U.S.C. 7704(a)(3)(A)(ii)).
LINKS_WORK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LinkKey:
    """A registered key.

    *served* is when it was last known, or a person said, that the service has it. No email was signed with it after
    *signed*; None means that none ever was.
    """

    fingerprint: str
    registered: datetime
    served: datetime | None = None
    signed: datetime | None = None
    retired: datetime | None = None
    leaked: datetime | None = None

    @property
    def needed_until(self) -> datetime | None:
        """Return until when readers may rely on its links by law; None if no email has one."""
        return self.signed + LINKS_WORK if self.signed is not None else None
