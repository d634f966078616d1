"""Letters to one person, above all those that ask for confirmation: when one is queued.

A request and its letter are kept in one transaction, so that a mail server that is down loses nobody.
"""

import enum
from datetime import datetime, timedelta

from pressrun.circulation.store import people, queue
from pressrun.circulation.store.engine import Transaction
from pressrun.model.notice import Notice
from pressrun.model.subscriber import Confirmed, Pending

# A stranger can type anybody's address into a form: more letters than these they cannot cause.
BETWEEN_LETTERS = timedelta(hours=1)
LETTERS_IN_ALL = 3
LINKS_A_DAY = 4
DAY = timedelta(days=1)


class ConfirmationRequest(enum.Enum):
    """What a request for a subscription led to; nobody but the publisher is told."""

    QUEUED = "queued"  # a letter will ask
    UNDER_WAY = "under way"  # one waits already, or went out less than an hour ago
    LIMITED = "limited"  # they got three letters and answered none, or the day had its letters with links
    CONFIRMED = "confirmed"  # they are on all these lists
    SUPPRESSED = "suppressed"  # they complained once


def letter_queued(db: Transaction, number: int, lists: list[str], now: datetime) -> ConfirmationRequest:
    """Queue a letter about *lists*, if the limits allow one more."""
    letters = queue.letters_of(db, number, Notice.CONFIRM)
    fresh = next((each for each in letters if each.waits and not each.attempts), None)
    if fresh is not None:  # it cannot be on its way yet, and one letter can ask for several lists
        if set(lists) <= set(fresh.lists):
            return ConfirmationRequest.UNDER_WAY
        queue.put_lists(db, fresh.number, list(dict.fromkeys((*fresh.lists, *lists))))
        return ConfirmationRequest.QUEUED
    last = max((each.posted or each.queued for each in letters), default=None)
    under_way = {
        name
        for each in letters
        if each.waits or (each.posted or each.queued) + BETWEEN_LETTERS > now
        for name in each.lists
    }
    if set(lists) <= under_way:
        return ConfirmationRequest.UNDER_WAY
    if len(letters) >= LETTERS_IN_ALL:
        return ConfirmationRequest.LIMITED
    queue.add_letter(db, number, Notice.CONFIRM, lists, now, max(now, last + BETWEEN_LETTERS) if last else now)
    return ConfirmationRequest.QUEUED


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


def link_queued(db: Transaction, number: int, kind: Notice, now: datetime) -> ConfirmationRequest:
    """Queue a letter with the link that *kind* means, unless one waits, or was asked for within the hour, or the day
    has had its letters with links, of whatever kind.
    """
    earlier = queue.letters_of(db, number, Notice.MANAGE, Notice.DATA)
    if any(each.waits or each.queued + BETWEEN_LETTERS > now for each in earlier if each.kind is kind):
        return ConfirmationRequest.UNDER_WAY
    if sum(each.queued + DAY > now for each in earlier) >= LINKS_A_DAY:
        return ConfirmationRequest.LIMITED
    queue.forget_letters(db, number, kind, before=now - DAY)
    queue.add_letter(db, number, kind, [], now, now)
    return ConfirmationRequest.QUEUED
