"""Subscribers that the publisher adds: consent that was given elsewhere, such as on paper."""

import enum
from collections.abc import Sequence
from datetime import datetime

from pressrun.circulation.confirmations import letters_answered
from pressrun.circulation.store import identities, people, proof
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.suppression import marks_of
from pressrun.model.consent import EVERY_LIST, Event, Evidence, LedgerEntry
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import MailingList
from pressrun.model.subscriber import Bounced, Complained, Confirmed, Person, Unsubscribed


class Admitted(enum.Enum):
    """What became of an address that the publisher put on a list."""

    ADDED = "added"
    ALREADY = "already"
    SUPPRESSED = "suppressed"


def admit(
    store: Store,
    address: EmailAddress,
    lists: Sequence[MailingList],
    evidence: Evidence,
    now: datetime,
    *,
    name: str = "",
    tags: Sequence[str] = (),
) -> tuple[Person | None, dict[str, Admitted]]:
    """Put *address* on *lists* in one transaction, with *evidence* of a consent that was given elsewhere.

    Return the person, and for each list what became of it. An address that left a list or is suppressed is not put
    back.
    """
    with store.write() as db:
        number = identities.made(db, marks_of(address.shown, people.keys_of(db)))
        kept_off = {each.list for each in proof.suppressions_of(db, number)}
        person = people.person_at(db, number)
        outcomes: dict[str, Admitted] = {}
        for each in lists:
            before = person.standing(each.id) if person else None
            if kept_off & {each.id, EVERY_LIST} or isinstance(before, Unsubscribed | Bounced | Complained):
                outcomes[each.id] = Admitted.SUPPRESSED
            elif isinstance(before, Confirmed):
                outcomes[each.id] = Admitted.ALREADY
            else:
                outcomes[each.id] = Admitted.ADDED
        added = [each for each in lists if outcomes[each.id] is Admitted.ADDED]
        if added and person is None:
            person = Person(store.entropy(16).hex(), address.shown, now, name, tuple(tags))
            people.add_person(db, number, person)
        for each in added:
            people.put_standing(db, number, each.id, Confirmed(now))
            proof.add_entry(db, number, LedgerEntry(each.id, Event.CONFIRMED, now, now, evidence, wording=each.wording))
            letters_answered(db, number, each.id)
        return (people.person_at(db, number), outcomes)
