"""A person, and how they stand to each list: asked, confirmed, gone by themselves, out of reach, or offended."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

# 128 random bits as 32 digits: what a link in a letter knows a person by, and nothing can be read from it.
PersonId: TypeAlias = str
# The preference by which a list is silent for somebody until a moment, in UTC: such texts sort as their moments do.
PAUSED = "paused"
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def pause_text(moment: datetime) -> str:
    """*moment*, to the second, as the preference PAUSED has it."""
    return moment.astimezone(UTC).strftime(_MOMENT)


class SubscriptionState(enum.Enum):
    """How a person stands to a list, in one word."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Bounce(enum.Enum):
    """Why a letter came back: for now (a full mailbox), or for good (nobody is there); RFC 3463, classes 4 and 5."""

    SOFT = "soft"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody typed this address; we do not know yet that it was its owner."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The owner of this address asked for the list. *bounces* came back softly in a row, the last of them *bounced*."""

    since: datetime
    bounces: int = 0
    bounced: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """They left."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Bounced:
    """Letters do not arrive: *kind* tells whether a hard bounce said so, or many soft ones did."""

    since: datetime
    kind: Bounce


@dataclass(frozen=True, slots=True)
class Complained:
    """They told their provider that our letter was spam, and never get another."""

    since: datetime


Standing: TypeAlias = Pending | Confirmed | Unsubscribed | Bounced | Complained
STATES: Mapping[type, SubscriptionState] = {
    Pending: SubscriptionState.PENDING,
    Confirmed: SubscriptionState.CONFIRMED,
    Unsubscribed: SubscriptionState.UNSUBSCRIBED,
    Bounced: SubscriptionState.BOUNCED,
    Complained: SubscriptionState.COMPLAINED,
}


def state_of(standing: Standing) -> SubscriptionState:
    """The one word for *standing*."""
    return STATES[type(standing)]


@dataclass(frozen=True, slots=True)
class Membership:
    """How a person stands to one list, and what they prefer there."""

    list: str
    standing: Standing
    preferences: Mapping[str, str] = field(default_factory=dict)

    @property
    def paused(self) -> datetime | None:
        """Until when they want no letters of this list, which may be over; None where they said nothing of it."""
        try:
            return datetime.strptime(self.preferences.get(PAUSED, ""), _MOMENT).replace(tzinfo=UTC)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Person:
    """One person: *address* as they write it, and all that is known of them but their consent, which the ledger has."""

    id: PersonId
    address: str
    since: datetime
    name: str = ""
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    memberships: tuple[Membership, ...] = ()

    def standing(self, name: str) -> Standing | None:
        """How they stand to the list *name*; None where they never had to do with it."""
        return next((each.standing for each in self.memberships if each.list == name), None)
