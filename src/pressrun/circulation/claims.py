"""Letters of the service as they are posted: claimed one at a time, within limits, and settled.

A claim is written down before its attempt. A service that dies leaves one letter at most of which nobody knows whether
it went out; everything else goes out as soon as a service runs.
"""

import enum
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pressrun.circulation.store import people, queue, quotas
from pressrun.circulation.store.engine import Store, Transaction
from pressrun.circulation.store.queue import ClaimedConfirmation, DueConfirmation
from pressrun.circulation.store.quotas import CountedEmail
from pressrun.circulation.store.runs import Busy, SendRun, only_claimer
from pressrun.circulation.subscribers.mailboxes import quota_marks
from pressrun.model.notice import Notice
from pressrun.model.problems import StoreError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Whoever claims a letter and dies may have posted it: it is tried again, but not sooner than a second letter would go.
CLAIMED_FOR = HOUR
# How long a letter waits after each attempt that failed; after the last one it is given up.
WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360, 720, 1440, 1440))
# A letter that found no room for so long is not sent any more.
LONGEST_WAIT = DAY
# It is looked at again after that time at the latest: by then, others may have been dropped.
LONGEST_SLOT = 6 * HOUR
# Services on one store at once; one is usual, and two while one takes over from the other.
MOST_CLAIMERS = 64
# So many letters are looked at in one transaction, where most have to wait for room.
LOOKED_AT = 200


class Share(enum.Enum):
    """What an email counts for. Each share has limits of its own, so that an attack on one leaves the other alone."""

    STRANGERS = "strangers"  # to addresses that anybody may have typed, and nobody ever confirmed
    READERS = "readers"  # links to preferences and data, to people who are or were subscribed


class EmailLimit(enum.Enum):
    """A limit on emails of one share."""

    MAILBOX = "to one mailbox in a day"
    DOMAIN = "to one domain in an hour"
    ALL = "of the service in an hour"


@dataclass(frozen=True, slots=True)
class Ceilings:
    """How many emails of one share go out at most, to whomever they go: *each_hour* in all, and a quarter to a domain.

    What is over a limit waits for room, up to a day; what is over that of a mailbox is not sent.
    """

    each_hour: int = 1_000
    each_mailbox: int = 6

    @property
    def each_domain(self) -> int:
        """How many go to one domain in an hour: a crowd at one provider leaves room for all others."""
        return max(1, self.each_hour // 4)


@dataclass(slots=True)
class Held:
    """How many emails wait for room, and how many are not sent at all, by the limit that they met."""

    later: Counter[EmailLimit] = field(default_factory=Counter)
    never: Counter[EmailLimit] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class SettledConfirmation:
    """What became of *letter*: it was *posted*, or is tried again at *next_try*; with neither, it never is."""

    letter: int
    posted: datetime | None = None
    next_try: datetime | None = None


def put_off(letter: ClaimedConfirmation, now: datetime) -> SettledConfirmation:
    """Return when *letter*, which no server took for now, is tried again; after the last attempt it never is."""
    wait = WAITS[letter.attempt - 1] if letter.attempt <= len(WAITS) else None
    return SettledConfirmation(letter.number, next_try=now + wait if wait is not None else None)


class ServiceClaims:
    """The letters that one service has in hand; make it with `claims_of`. What limits hold is counted in *held*."""

    def __init__(self, run: SendRun, number: int, ceilings: Ceilings) -> None:
        self._run = run
        self._number = number
        self._ceilings = ceilings
        self.held = Held()

    def next(self, now: datetime, settled: SettledConfirmation | None = None) -> ClaimedConfirmation | None:
        """Settle what became of a letter, and claim the next that may go out; None where there is none."""
        with self._run.turn() as db:
            self._settle(db, settled)
            return _Turn(db, self._number, self._ceilings, self.held, now).claimed()

    def settle(self, settled: SettledConfirmation) -> None:
        """Settle what became of a letter, and claim no other."""
        with self._run.turn() as db:
            self._settle(db, settled)

    def _settle(self, db: Transaction, settled: SettledConfirmation | None) -> None:
        if settled is not None:
            queue.settle(db, settled.letter, posted=settled.posted, next_try=settled.next_try)


@dataclass(slots=True)
class _Turn:
    """One transaction in which a letter is claimed."""

    db: Transaction
    claimer: int
    ceilings: Ceilings
    held: Held
    now: datetime
    waiting: int | None = None

    def claimed(self) -> ClaimedConfirmation | None:
        looked_at = 0
        while looked_at < LOOKED_AT and (found := queue.due(self.db, 20, self.now)):
            if not looked_at:
                quotas.forget(self.db, self.now - DAY, self.now + HOUR)
            for each in found:
                if self._may_go(each):
                    queue.put_claimed(self.db, each.letter.number, self.claimer, self.now, self.now + CLAIMED_FOR)
                    return each.letter
            looked_at += len(found)
        return None

    def _may_go(self, due: DueConfirmation) -> bool:
        """Whether *due* is within all limits; else it waits, or is not sent."""
        if due.was_counted:
            return True
        (key, *_) = people.keys_of(self.db)
        share = Share.READERS if due.is_known and due.letter.kind is not Notice.CONFIRM else Share.STRANGERS
        email = CountedEmail(share.value, *quota_marks(due.letter.address, key))
        free = quotas.nth_last(self.db, self.ceilings.each_mailbox, email.share, mailbox=email.mailbox)
        if free is not None and free + DAY > self.now:
            self._hold(due, EmailLimit.MAILBOX, None)
            return False
        for limit, most, domain in (
            (EmailLimit.DOMAIN, self.ceilings.each_domain, email.domain),
            (EmailLimit.ALL, self.ceilings.each_hour, None),
        ):
            last = quotas.nth_last(self.db, most, email.share, domain=domain)
            if last is not None and last + HOUR > self.now:
                self._hold(due, limit, self._slot(last + HOUR, most))
                return False
        quotas.add(self.db, email, self.now)
        return True

    def _slot(self, free: datetime, most: int) -> datetime:
        """When there may be room for one more letter, behind all that wait already and before which there is none.

        So a backlog is looked at a few times, however long it is.
        """
        if self.waiting is None:
            self.waiting = queue.waiting(self.db, self.now)
        self.waiting += 1
        return max(free, self.now + min(HOUR * self.waiting / most, LONGEST_SLOT))

    def _hold(self, due: DueConfirmation, limit: EmailLimit, until: datetime | None) -> None:
        is_late = until is None or until > due.letter.queued + LONGEST_WAIT
        queue.put_later(self.db, due.letter.number, None if is_late else until)
        (self.held.never if is_late else self.held.later)[limit] += 1


@contextmanager
def claims_of(store: Store, ceilings: Ceilings) -> Iterator[ServiceClaims]:
    """The claims of one service on the letters of *store*, under a number that no other living service has.

    First, what dead services had in hand is let go: it may have gone out, and is tried again CLAIMED_FOR after its
    claim. Raises StoreError where all numbers are taken.
    """
    with ExitStack() as lock:
        number, run = _numbered(store, lock)
        with run.turn() as db:
            queue.put_in_doubt(db, number)
            others = [each for each in queue.claimers(db) if each != number]
        for other in others:
            # It lives as long as somebody has its lock.
            with suppress(Busy), only_claimer(store, other), run.turn() as db:
                queue.put_in_doubt(db, other)
        yield ServiceClaims(run, number, ceilings)


def _numbered(store: Store, lock: ExitStack) -> tuple[int, SendRun]:
    """The first number that nobody has, and its run, which lasts as long as *lock*."""
    for number in range(1, MOST_CLAIMERS + 1):
        with suppress(Busy):
            return number, lock.enter_context(only_claimer(store, number))
    raise StoreError(f"{MOST_CLAIMERS} services post letters of this store already")


def next_letter(store: Store) -> datetime | None:
    """When the next letter is due; None where none waits."""
    with store.read() as db:
        return queue.next_due(db)
