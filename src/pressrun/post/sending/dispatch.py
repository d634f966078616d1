"""The moves of sending an edition to its readers: each is one function and one transaction.

The audience is frozen first; a run then claims a few deliveries at a time (`claims`), posts their letters, and settles
them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pressrun.circulation.store import carried, claiming, deliveries, history
from pressrun.circulation.store.engine import Store, Transaction
from pressrun.circulation.store.history import Point
from pressrun.circulation.store.runs import SendRun
from pressrun.model.chain import Record
from pressrun.model.delivery import LEFT, Delivery, DeliveryState, Mailing, Tally
from pressrun.model.problems import PressrunError
from pressrun.post.delivery.interface import DeliveryVerdict, Outcome
from pressrun.post.sending.letter import Ready, hash_of

LOST = "the run that had it in hand ended before the server's answer was written down"


class NotSent(PressrunError):
    """A reason why an edition is not sent, as a sentence."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far the sending of an edition is: *next_try* is the first of those that are deferred.

    *turned_away* is how many were refused by words that speak of the sender and not of them. *attempts* is how many
    the store knows of, and *is_settled* says that it was part of a backup that somebody accepted; `statuses` leaves
    out both.
    """

    number: int
    mailing: Mailing
    tally: Tally
    next_try: datetime | None
    turned_away: int = 0
    attempts: int = 0
    is_settled: bool = False


# Before the first letter


def remember_test(store: Store, letter: Ready, now: datetime) -> None:
    """Somebody got *letter* as a test *now*."""
    with store.write() as db:
        deliveries.put_test(db, letter.edition.id, hash_of(letter), now)


def tested(store: Store, edition: str) -> str | None:
    """The hash of the letter of *edition*, an id, that was tested last."""
    with store.read() as db:
        found = deliveries.tested(db, edition)
    return found[0] if found is not None else None


def status(store: Store, edition: str) -> Status | None:
    """How far the sending of *edition*, an id, is; None where this store never sent it."""
    with store.read() as db:
        found = deliveries.mailing_with(db, edition)
        if found is None:
            return None
        number = found[0]
        of_backups = deliveries.attempts_on(db, number), history.was_settled(db, number)
        return replace(_status(db, *found), attempts=of_backups[0], is_settled=of_backups[1])


def statuses(store: Store) -> list[Status]:
    """The same of all editions, the oldest first."""
    with store.read() as db:
        return [_status(db, *each) for each in deliveries.mailings(db)]


def _status(db: Transaction, number: int, mailing: Mailing) -> Status:
    said = deliveries.refusals(db, number)
    outcomes = [
        (Outcome(DeliveryVerdict.REFUSED, code=code, enhanced=enhanced), count) for code, enhanced, count in said
    ]
    turned_away = sum(count for outcome, count in outcomes if outcome.speaks_of_the_sender)
    return Status(number, mailing, deliveries.tally(db, number), deliveries.next_try(db, number), turned_away)


def deliveries_of(store: Store, number: int, states: Collection[DeliveryState]) -> Iterator[Delivery]:
    """The deliveries of the mailing *number* that stand in one of *states*, one after the other."""
    with store.read() as db:
        yield from deliveries.deliveries_of(db, number, states)


def audience(store: Store, mailing: Mailing) -> Tally:
    """Who would get *mailing* if it were frozen now."""
    with store.read() as db:
        return deliveries.audience(db, mailing)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a store knows of the editions that were sent from it: *records* by their ids.

    *last* is the number of the mailing that was begun last.
    """

    records: Mapping[str, Record] = field(default_factory=dict)
    last: int | None = None


def sent_from(store: Store) -> Sent:
    """Return what *store* knows of the editions that were sent from it."""
    with store.read() as db:
        return Sent({record.id: record for record in carried.records(db)}, carried.last(db))


def freeze(store: Store, mailing: Mailing, record: Record | None = None, sent: Sent | None = None) -> int:
    """Settle who gets *mailing*, and that it carries what *record* says, from now on and for ever; its number.

    *sent* is what was known when its stories were chosen. Raises NotSent where somebody else has just settled it for
    the same edition, or has begun to send another one since: that may carry the same stories. So where it corrects one
    that may go out still: whoever gets that later would not get the correction.
    """
    with store.write() as db:
        if sent is not None and carried.newest(db) != sent.last:
            raise NotSent("Another edition began to be sent just now, and may have the same stories. Send again.")
        if mailing.corrects is not None and (reason := _why_no_correction(db, mailing.corrects)):
            raise NotSent(reason)
        number = deliveries.freeze(db, mailing)
        if number is not None and record is not None:
            carried.put_carried(db, number, record)
    if number is None:
        raise NotSent("Somebody else began to send this edition just now. See how far it is: pressrun editions list")
    return number


def why_no_correction(store: Store, edition: str) -> str | None:
    """Why *edition*, an id, cannot be corrected now, as a sentence; None if it can."""
    with store.read() as db:
        return _why_no_correction(db, edition)


def _why_no_correction(db: Transaction, edition: str) -> str | None:
    found = deliveries.mailing_with(db, edition)
    if found is None:
        return f"{edition} was not sent from this store, so nobody can be sent its correction."
    left = deliveries.tally(db, found[0]).count(*LEFT)
    if not left:
        return None
    people = "1 person" if left == 1 else f"{left:,} people"
    return (
        f"{edition} may still go to {people}, who would get it after its correction, and no correction then. "
        "Finish it first, or end it with: pressrun editions withdraw"
    )


def withdraw(
    run: SendRun, number: int, now: datetime, remembered: Callable[[Point], None] = lambda _point: None
) -> int:
    """Whoever has not got the mailing *number* by now does not get it any more; how many that are.

    What a dead run had in hand is unknown from then on. *remembered* is told how far the store has come.
    """
    with run.turn() as db:
        claiming.put_in_doubt(db, number, now, LOST)
        withdrawn = claiming.withdraw(db, number, now)
        point = history.advance(db, 1)
    remembered(point)
    return withdrawn


# A run


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a run found: how many letters an earlier one left in hand, and how many are planned once more."""

    in_doubt: int
    again: int


def recover(run: SendRun, number: int, now: datetime, again: Collection[DeliveryState] = ()) -> Recovered:
    """What a run that is no more had in hand becomes unknown; what stands in a state of *again* is planned again.

    Raises NotSent, having changed nothing, where that would bring somebody the wrong edition after its correction, or
    one that was withdrawn.
    """
    with run.turn() as db:
        in_doubt = claiming.put_in_doubt(db, number, now, LOST)
        if again and deliveries.is_corrected(db, number):
            raise NotSent("This edition was corrected since. Nobody gets it any more, and nothing was sent.")
        if again and deliveries.tally(db, number).is_withdrawn:
            raise NotSent("This edition was withdrawn. Nobody gets it anymore, and nothing was sent.")
        return Recovered(in_doubt, claiming.plan_again(db, number, again, now) if again else 0)


def heard_last(run: SendRun, number: int, most: int) -> list[Outcome]:
    """What servers said at the last *most* attempts on the mailing *number*, the oldest first."""
    with run.turn() as db:
        return [
            Outcome(DeliveryVerdict(each.state.value), each.text, each.code, each.enhanced)
            for each in claiming.last_attempts(db, number, most)
        ]
