"""The moves of sending an edition to its readers: each is one function and one transaction.

The audience is frozen first; a run then claims a few deliveries at a time, posts their letters, and settles them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pressrun.delivery.interface import Envelope, Outcome, Verdict
from pressrun.delivery.pool import Claimed, Settled
from pressrun.delivery.retries import Schedule
from pressrun.model.delivery import LEFT, Delivery, Exclusion, Mailing, State, Tally
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import MailingList
from pressrun.model.recipient import Recipient
from pressrun.model.subscriber import PersonId
from pressrun.newsletter.message import CompiledLetter, Letter, compiled
from pressrun.problems import PressrunError
from pressrun.send import Ready, from_list, hash_of
from pressrun.store import deliveries, turns
from pressrun.store.engine import Store, Transaction
from pressrun.store.runs import Run
from pressrun.store.turns import Due, Reader, Settlement

LOST = "the run that had it in hand ended before the server's answer was written down"


class NotSent(PressrunError):
    """A reason why an edition is not sent, as a sentence."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far the sending of an edition is: *next_try* is the first of those that are deferred.

    *turned_away* is how many were refused by words that speak of the sender and not of them.
    """

    number: int
    mailing: Mailing
    tally: Tally
    next_try: datetime | None
    turned_away: int = 0


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
        return _status(db, *found) if found is not None else None


def statuses(store: Store) -> list[Status]:
    """The same of all editions, the oldest first."""
    with store.read() as db:
        return [_status(db, *each) for each in deliveries.mailings(db)]


def _status(db: Transaction, number: int, mailing: Mailing) -> Status:
    said = deliveries.refusals(db, number)
    outcomes = [(Outcome(Verdict.REFUSED, code=code, enhanced=enhanced), count) for code, enhanced, count in said]
    turned_away = sum(count for outcome, count in outcomes if outcome.speaks_of_the_sender)
    return Status(number, mailing, deliveries.tally(db, number), deliveries.next_try(db, number), turned_away)


def deliveries_of(store: Store, number: int, states: Collection[State]) -> Iterator[Delivery]:
    """The deliveries of the mailing *number* that stand in one of *states*, one after the other."""
    with store.read() as db:
        yield from deliveries.deliveries_of(db, number, states)


def audience(store: Store, mailing: Mailing) -> Tally:
    """Who would get *mailing* if it were frozen now."""
    with store.read() as db:
        return deliveries.audience(db, mailing)


def freeze(store: Store, mailing: Mailing) -> int:
    """Settle who gets *mailing*, from now on and for ever; its number.

    Raises NotSent where somebody else has just settled it for the same edition, or where it corrects one that may go
    out still: whoever gets that later would not get the correction.
    """
    with store.write() as db:
        if mailing.corrects is not None and (reason := _why_no_correction(db, mailing.corrects)):
            raise NotSent(reason)
        number = deliveries.freeze(db, mailing)
    if number is None:
        raise NotSent("Somebody else began to send this edition just now; pressrun send --status tells how far it is.")
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
        "Finish it first, or end it: pressrun send with --withdraw."
    )


def withdraw(run: Run, number: int, now: datetime) -> int:
    """Whoever has not got the mailing *number* by now does not get it any more; how many that are.

    What a dead run had in hand is unknown from then on.
    """
    with run.turn() as db:
        turns.put_in_doubt(db, number, now, LOST)
        return turns.withdraw(db, number, now)


# A run


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a run found: how many letters an earlier one left in hand, and how many are planned once more."""

    in_doubt: int
    again: int


def recover(run: Run, number: int, now: datetime, again: Collection[State] = ()) -> Recovered:
    """What a run that is no more had in hand becomes unknown; what stands in a state of *again* is planned again.

    Raises NotSent where that would bring somebody the wrong edition after its correction.
    """
    with run.turn() as db:
        in_doubt = turns.put_in_doubt(db, number, now, LOST)
        if again and deliveries.is_corrected(db, number):
            raise NotSent("This edition was corrected since. Nobody gets it any more, and nothing was sent.")
        return Recovered(in_doubt, turns.plan_again(db, number, again, now) if again else 0)


def heard_last(run: Run, number: int, most: int) -> list[Outcome]:
    """What servers said at the last *most* attempts on the mailing *number*, the oldest first."""
    with run.turn() as db:
        return [
            Outcome(Verdict(each.state.value), each.text, each.code, each.enhanced)
            for each in turns.last_attempts(db, number, most)
        ]


@dataclass(frozen=True, slots=True)
class Post:
    """How the letters of an edition are made: *date* is on all of them, so that a letter is the same on every attempt.

    *lists* are those that it goes to, by their ids; one that the publication no longer has is None. *address_of* gives
    a reader's own address to leave a list by, where there is a service that answers it; *preferences* is where they
    change what they get. *signed* signs a letter.
    """

    letter: Ready
    date: datetime
    lists: Mapping[str, MailingList | None]
    address_of: Callable[[PersonId, str], str] | None = None
    preferences: str | None = None
    signed: Callable[[Letter], Letter] = lambda unsigned: unsigned
    _compiled: dict[str, tuple[EmailAddress, CompiledLetter]] = field(default_factory=dict)

    def envelope(self, reader: Reader, address: EmailAddress) -> Envelope:
        """The letter to *reader*; raises ValueError where it is none that servers take."""
        sender, letter = self._compiled.get(reader.list) or self._compile(reader.list)
        way_out = self.address_of(reader.id, reader.list) if self.address_of is not None else None
        recipient = Recipient(address, reader.name, way_out, way_out, self.preferences)
        return Envelope(sender, address, self.signed(letter.to(recipient)).wire())

    def _compile(self, name: str) -> tuple[EmailAddress, CompiledLetter]:
        letter = from_list(self.letter, self.lists.get(name))
        date = self.date.astimezone(letter.publication.timezone)
        once = compiled(letter.publication, letter.edition, letter.newsletter, letter.sender, date=date)
        # Two threads may make it at the same time, and it is the same.
        return self._compiled.setdefault(name, (EmailAddress.parse(letter.sender.address), once))


class Sending:
    """The claims of a run on the mailing *number*, as a pool asks for them; at most *limit* in all, where one is given.

    *now* tells the time, and *chance* a number from 0 to 1, for the jitter of retries.
    """

    def __init__(
        self,
        run: Run,
        number: int,
        post: Post,
        now: Callable[[], datetime],
        chance: Callable[[], float],
        *,
        schedule: Schedule,
        limit: int | None = None,
    ) -> None:
        self._run = run
        self._number = number
        self._post = post
        self._now = now
        self._chance = chance
        self._schedule = schedule
        self._left = limit
        self._in_hand: dict[int, Due] = {}

    def __call__(self, settled: Sequence[Settled[int]], room: int, rooms: Mapping[str, int]) -> list[Claimed[int]]:
        """Settle, claim and give back, in one transaction."""
        now = self._now()
        room = room if self._left is None else min(room, self._left)
        settlements = [self._settlement(each.key, each.outcome, now) for each in settled if each.outcome is not None]
        untried = [each.key for each in settled if each.outcome is None]
        with self._run.turn() as db:
            mine = turns.settle(db, self._number, settlements, now) if settlements else 0
            mine += turns.put_back(db, self._number, untried, now) if untried else 0
            if mine != len(settled):
                raise NotSent("Somebody else settled what this run had in hand; it stops, and claims nothing more.")
            claimed = self._claim(db, room, rooms, now) if room else []
        for each in settled:
            del self._in_hand[each.key]
        self._in_hand |= {due.person: due for due, _, _ in claimed}
        if self._left is not None:
            self._left -= len(claimed) - len(untried)
        return [self._letter(due, reader, address) for due, reader, address in claimed]

    def let_off(self, persons: Sequence[int]) -> None:
        """Defer what was refused to *persons*, as long as it is not too old: the server meant us, and not them."""
        now = self._now()
        with self._run.turn() as db:
            again: dict[int, datetime] = {}
            for each in turns.refused(db, self._number, persons):
                next_try = self._schedule.next_try(each.attempts, each.begun or now, now, self._chance())
                again |= {each.person: next_try} if next_try is not None else {}
            turns.put_off(db, self._number, again, now)

    def _claim(
        self, db: Transaction, room: int, rooms: Mapping[str, int], now: datetime
    ) -> list[tuple[Due, Reader, EmailAddress]]:
        claimed: list[tuple[Due, Reader, EmailAddress]] = []
        longest = self._schedule.longest * (1 + self._schedule.jitter)
        while len(claimed) < room:
            taken = Counter(each.domain for each, _, _ in claimed)
            left = {domain: number - taken[domain] for domain, number in rooms.items()}
            found = turns.due(db, self._number, room - len(claimed), left, now, longest)
            if not found:
                break
            known = turns.readers(db, [each.person for each in found], [*self._post.lists], now)
            excluded: dict[int, Exclusion] = {}
            for each in found:
                reader = known.get(each.person)
                address = mail_address(reader.address) if reader is not None else None
                if reader is None or reader.reason is not None or address is None:
                    excluded[each.person] = why_not(reader)
                else:
                    claimed.append((each, reader, address))
            fresh = [each.person for each in found if each.person not in excluded]
            turns.put_excluded(db, self._number, excluded, now)
            turns.put_claimed(db, self._number, fresh, now)
        return claimed

    def _letter(self, due: Due, reader: Reader, address: EmailAddress) -> Claimed[int]:
        return Claimed(due.person, address, lambda: self._post.envelope(reader, address))

    def _settlement(self, person: int, outcome: Outcome, now: datetime) -> Settlement:
        due = self._in_hand[person]
        attempt = due.attempts + 1
        begun = due.begun if due.begun is not None else now
        state, next_try, text = settled_as(outcome, attempt, begun, now, self._schedule, self._chance())
        return Settlement(due.person, attempt, state, next_try, outcome.code, outcome.enhanced, text)


def settled_as(
    outcome: Outcome, attempts: int, begun: datetime, now: datetime, schedule: Schedule, chance: float
) -> tuple[State, datetime | None, str]:
    """Where a delivery stands after *outcome*, when it is tried again, and what is said of it.

    What was deferred for too long is refused.
    """
    match outcome.verdict:
        case Verdict.ACCEPTED:
            return State.ACCEPTED, None, outcome.text
        case Verdict.REFUSED:
            return State.REFUSED, None, outcome.text
        case Verdict.UNKNOWN:
            return State.UNKNOWN, None, outcome.text
        case Verdict.DEFERRED:
            again = schedule.next_try(attempts, begun, now, chance)
            if again is None:
                return State.REFUSED, None, f"{outcome.text} (given up after {attempts} attempts)"
            return State.DEFERRED, again, outcome.text


def why_not(reader: Reader | None) -> Exclusion:
    """Why nothing goes to *reader*, to whom nothing can; nobody knows somebody who was erased."""
    if reader is None:
        return Exclusion.ERASED
    return reader.reason or Exclusion.ADDRESS


def mail_address(written: str) -> EmailAddress | None:
    """The address *written* as envelopes have it; None where it is none. It may take SMTPUTF8 (RFC 6531)."""
    try:
        return EmailAddress.of_reader(written)
    except ValueError:
        return None
