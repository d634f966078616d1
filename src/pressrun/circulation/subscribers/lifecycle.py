"""The legal moves: how a person stands to a list after something happened, given how they stood before.

Each gives back what it was given where the move changes nothing, and None where it is not allowed.
"""

from datetime import datetime, timedelta

from pressrun.model.subscriber import (
    Bounce,
    Bounced,
    Complained,
    Confirmed,
    Pending,
    Standing,
    Unsubscribed,
)

# So many soft bounces in a row mean that nobody is there; the row ends where none came for so long.
SOFT_LIMIT = 5
SOFT_MEMORY = timedelta(days=90)


def asked(standing: Standing | None, now: datetime) -> Standing:
    """Somebody typed their address into a form. Who complained gets no letter again, not even one that asks."""
    match standing:
        case Confirmed() | Complained():
            return standing
        case None | Pending() | Unsubscribed() | Bounced():
            return Pending(now)


def confirmed(standing: Standing | None, now: datetime) -> Standing | None:
    """The owner of the address said yes; None where nobody asked, or they have left since."""
    match standing:
        case Pending():
            return Confirmed(now)
        case Confirmed():
            return standing
        case None | Unsubscribed() | Bounced() | Complained():
            return None


def joined(standing: Standing | None, now: datetime) -> Standing:
    """The owner of the address, known to be that, wants the list. Who complained has to be asked by a person first."""
    match standing:
        case Confirmed() | Complained():
            return standing
        case None | Pending() | Unsubscribed() | Bounced():
            return Confirmed(now)


def left(standing: Standing | None, now: datetime) -> Standing | None:
    """They want no more; None where they never had to do with the list."""
    match standing:
        case Pending() | Confirmed() | Bounced():
            return Unsubscribed(now)
        case None | Unsubscribed() | Complained():
            return standing


def bounced(standing: Standing | None, kind: Bounce, now: datetime) -> Standing | None:
    """A letter to them came back; None where they never had to do with the list."""
    match standing:
        case Pending() | Confirmed() if kind is Bounce.HARD:
            return Bounced(now, Bounce.HARD)
        case Confirmed():
            recent = standing.bounced is not None and now - standing.bounced <= SOFT_MEMORY
            count = standing.bounces + 1 if recent else 1
            return Bounced(now, Bounce.SOFT) if count >= SOFT_LIMIT else Confirmed(standing.since, count, now)
        case None | Pending() | Unsubscribed() | Bounced() | Complained():
            return standing


def complained(standing: Standing | None, now: datetime) -> Standing | None:
    """They told their provider that the letter was spam; None where they never had to do with the list."""
    match standing:
        case Pending() | Confirmed() | Unsubscribed() | Bounced():
            return Complained(now)
        case None | Complained():
            return standing


def taken_over(standing: Standing | None, told: Standing) -> Standing:
    """Another tool's file tells how they stood there: what it says of an end holds, what it says of a beginning only
    where nothing speaks against it.
    """
    match standing, told:
        case None, _:
            return told
        case Pending(), Confirmed():
            return told
        case ((Pending() | Confirmed()), (Unsubscribed() | Bounced() | Complained())):
            return told
        case _, Complained() if not isinstance(standing, Complained):
            return told
        case _:
            return standing
