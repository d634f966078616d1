"""What is kept of consent: entries of a ledger that only grows, and suppressions that outlive the person's data."""

import enum
from dataclasses import dataclass
from datetime import datetime

# Stands where a list's id would, for a suppression that holds on every list, also on those that come later.
EVERY_LIST = ""


class Event(enum.Enum):
    """What happened to a person's consent."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"


class ConsentSource(enum.Enum):
    """By which way it came."""

    FORM = "form"
    LETTER = "letter"
    ONE_CLICK = "one-click"
    PAGE = "page"
    COMMAND = "command"
    IMPORT = "import"
    REPORT = "report"  # of a bounce or a complaint


@dataclass(frozen=True, slots=True)
class Evidence:
    """By which way something was done, and what else proves it; *ip* and *agent* where the publisher keeps them."""

    way: ConsentSource
    ip: str | None = None
    agent: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the ledger: *at* is when it happened, *recorded* when it was written down here.

    *wording* is the text that the person agreed to, *version* the first digits of its SHA-256.
    """

    list: str
    event: Event
    at: datetime
    recorded: datetime
    evidence: Evidence
    version: str | None = None
    wording: str | None = None


class Reason(enum.Enum):
    """Why nobody may put an address on a list but its owner."""

    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Suppression:
    """No import brings the address back to *list*, or to any where that is EVERY_LIST."""

    list: str
    reason: Reason
    since: datetime
