"""Letters to one person, above all those that ask for confirmation: when one may go out, and what becomes of it.

A request and its letter are kept in one transaction, so that a mail server that is down loses nobody.
"""

import enum
from collections.abc import Sequence
from datetime import datetime, timedelta

from pressrun.model.notice import Notice
from pressrun.model.subscriber import Confirmed, Pending
from pressrun.store import people, queue
from pressrun.store.engine import Store, Transaction
from pressrun.store.queue import Claimed

# A stranger can type anybody's address into a form: more letters than these they cannot cause.
BETWEEN_LETTERS = timedelta(hours=1)
LETTERS_IN_ALL = 3
LINKS_A_DAY = 4
DAY = timedelta(days=1)
# Whoever claims a letter and dies may have posted it: it is tried again, but not sooner than a second letter would go.
CLAIMED_FOR = BETWEEN_LETTERS
# How long a letter waits after each attempt that failed; after the last one it is given up.
WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360, 720, 1440, 1440))


class Asked(enum.Enum):
    """What a request for a subscription led to; nobody but the publisher is told."""

    QUEUED = "queued"  # a letter will ask
    UNDER_WAY = "under way"  # one waits already, or went out less than an hour ago
    LIMITED = "limited"  # they got three letters and answered none, or the day had its letters with links
    CONFIRMED = "confirmed"  # they are on all these lists
    SUPPRESSED = "suppressed"  # they complained once


def letter_queued(db: Transaction, number: int, lists: list[str], now: datetime) -> Asked:
    """Queue a letter about *lists*, if the limits allow one more."""
    letters = queue.letters_of(db, number, Notice.CONFIRM)
    fresh = next((each for each in letters if each.waits and not each.attempts), None)
    if fresh is not None:  # it cannot be on its way yet, and one letter can ask for several lists
        if set(lists) <= set(fresh.lists):
            return Asked.UNDER_WAY
        queue.put_lists(db, fresh.number, list(dict.fromkeys((*fresh.lists, *lists))))
        return Asked.QUEUED
    last = max((each.posted or each.queued for each in letters), default=None)
    under_way = {
        name
        for each in letters
        if each.waits or (each.posted or each.queued) + BETWEEN_LETTERS > now
        for name in each.lists
    }
    if set(lists) <= under_way:
        return Asked.UNDER_WAY
    if len(letters) >= LETTERS_IN_ALL:
        return Asked.LIMITED
    queue.add_letter(db, number, Notice.CONFIRM, lists, now, max(now, last + BETWEEN_LETTERS) if last else now)
    return Asked.QUEUED


def letters_answered(db: Transaction, number: int, name: str) -> None:
    """No letter asks about the list *name* any more; where none is left to be asked for, all are forgotten."""
    for letter in queue.letters_of(db, number, Notice.CONFIRM):
        if letter.waits and name in letter.lists:
            queue.put_lists(db, letter.number, [each for each in letter.lists if each != name])
    person = people.person_at(db, number)
    assert person is not None
    confirmed = isinstance(person.standing(name), Confirmed)
    if confirmed and not any(isinstance(each.standing, Pending) for each in person.memberships):
        queue.forget_letters(db, number, Notice.CONFIRM)


def link_queued(db: Transaction, number: int, kind: Notice, now: datetime) -> Asked:
    """Queue a letter with the link that *kind* means, unless one waits, or was asked for within the hour, or the day
    has had its letters with links, of whatever kind.
    """
    earlier = queue.letters_of(db, number, Notice.MANAGE, Notice.DATA)
    if any(each.waits or each.queued + BETWEEN_LETTERS > now for each in earlier if each.kind is kind):
        return Asked.UNDER_WAY
    if sum(each.queued + DAY > now for each in earlier) >= LINKS_A_DAY:
        return Asked.LIMITED
    queue.forget_letters(db, number, kind, before=now - DAY)
    queue.add_letter(db, number, kind, [], now, now)
    return Asked.QUEUED


def claim_letters(store: Store, limit: int, now: datetime) -> list[Claimed]:
    """At most *limit* letters to post now, the oldest first; nobody else is given them meanwhile.

    What became of each has to be told by `letter_posted`, `letter_put_off`, `letter_refused` or `letters_put_back`. Of
    a letter of which nothing is told nobody can know whether it went out; it is given out again after CLAIMED_FOR.
    """
    with store.write() as db:
        return queue.claim(db, limit, now, now + CLAIMED_FOR)


def next_letter(store: Store) -> datetime | None:
    """When the next letter is due; None where none waits."""
    with store.read() as db:
        return queue.next_due(db)


def letter_posted(store: Store, letter: int, now: datetime) -> None:
    """A server has taken it."""
    with store.write() as db:
        queue.settle(db, letter, posted=now)


def letter_put_off(store: Store, claimed: Claimed, now: datetime) -> datetime | None:
    """No server took it for now: it is tried again at the moment that is given; None where it was given up."""
    wait = WAITS[claimed.attempt - 1] if claimed.attempt <= len(WAITS) else None
    until = now + wait if wait is not None else None
    with store.write() as db:
        queue.settle(db, claimed.number, next_try=until)
    return until


def letters_put_back(store: Store, claimed: Sequence[Claimed], until: datetime) -> None:
    """None of *claimed* was tried, so that it costs them no attempt; they wait until *until*."""
    with store.write() as db:
        queue.put_back(db, [each.number for each in claimed], until)


def letter_refused(store: Store, letter: int) -> None:
    """A server said that it will never take it."""
    with store.write() as db:
        queue.settle(db, letter)
