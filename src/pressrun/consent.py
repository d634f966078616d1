"""The moves of consent: each is one function and one transaction, whoever makes it.

Where a person is meant by their id, and nobody has it (any more), a move gives None back and changes nothing.
"""

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pressrun.confirmations import Asked, letter_queued, letters_answered, link_queued
from pressrun.model.consent import EVERY_LIST, Entry, Event, Evidence, Reason, Suppression, Way
from pressrun.model.notice import Notice
from pressrun.model.publication import MailingList, Trace
from pressrun.model.subscriber import (
    Bounce,
    Bounced,
    Complained,
    Confirmed,
    Pending,
    Person,
    PersonId,
    Standing,
    Unsubscribed,
)
from pressrun.store import people, proof
from pressrun.store.engine import Store, Transaction
from pressrun.subscribers import lifecycle
from pressrun.subscribers.addresses import Address
from pressrun.subscribers.suppression import marks_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request led to, and whose it was; *person* is None where nothing is kept of them."""

    outcome: Asked
    person: PersonId | None


@dataclass(frozen=True, slots=True)
class Moved:
    """How a person stood to a list before a move, and how they stand after it."""

    list: str
    before: Standing | None
    after: Standing | None

    @property
    def changed(self) -> bool:
        """Whether the move changed anything."""
        return self.before != self.after


class Admitted(enum.Enum):
    """What became of an address that the publisher put on a list."""

    ADDED = "added"
    ALREADY = "already"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of a person: *entries* of the ledger, and what keeps them off lists.

    *was_here* says whether there was anything else to remove.
    """

    was_here: bool
    entries: int
    suppressions: tuple[Suppression, ...]


def ask(
    store: Store,
    address: Address,
    lists: Sequence[MailingList],
    evidence: Evidence,
    now: datetime,
    *,
    name: str = "",
    tags: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
) -> Answer:
    """Somebody wants *address* on *lists*: they are pending, and a letter to confirm is queued, both or neither.

    What is said of a person who is known already is left alone: anybody can type their address. Who left one of *lists*
    is not asked again by the publisher, but by a form, which may be their own.
    """
    with store.write() as db:
        number = people.identity_made(db, marks_of(address.identity, people.keys_of(db)))
        person = people.person_at(db, number)
        if _not_to_be_asked(proof.suppressions_of(db, number), lists, evidence.way):
            return Answer(Asked.SUPPRESSED, person.id if person else None)
        if person is None:
            person = Person(store.entropy(16).hex(), address.written, now, name, tuple(tags), fields or {})
            people.add_person(db, number, person)
        wanted = [each for each in lists if isinstance(lifecycle.asked(person.standing(each.id), now), Pending)]
        if not wanted:
            return Answer(Asked.CONFIRMED, person.id)
        outcome = letter_queued(db, number, [each.id for each in wanted], now)
        for each in wanted:
            before = person.standing(each.id)
            if outcome is Asked.QUEUED or not isinstance(before, Pending):
                people.put_standing(db, number, each.id, Pending(now))
                entry = Entry(each.id, Event.ASKED, now, now, kept(evidence, each), wording=each.wording)
                proof.add_entry(db, number, entry)
        return Answer(outcome, person.id)


def _not_to_be_asked(kept_off: Sequence[Suppression], lists: Sequence[MailingList], way: Way) -> bool:
    """Whether not even a letter may ask them: they complained, or have left, and it is not they who come back."""
    about = {EVERY_LIST, *(each.id for each in lists)}
    return any(
        each.reason is Reason.COMPLAINED
        or (way is Way.COMMAND and each.list in about and each.reason is not Reason.BOUNCED)
        for each in kept_off
    )


def kept(evidence: Evidence, mailing_list: MailingList) -> Evidence:
    """*evidence* without what the publisher does not want to keep."""
    return replace(
        evidence,
        ip=evidence.ip if Trace.IP in mailing_list.keep else None,
        agent=evidence.agent if Trace.AGENT in mailing_list.keep else None,
    )


def confirm(
    store: Store, person: PersonId, lists: Sequence[MailingList], evidence: Evidence, now: datetime
) -> list[Moved] | None:
    """The owner of the address says yes to *lists*. It changes those alone for which they were asked."""
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        moves = []
        for each in lists:
            before = known.standing(each.id)
            after = lifecycle.confirmed(before, now)
            moves.append(Moved(each.id, before, before if after is None else after))
            if after is None or after == before:
                continue
            people.put_standing(db, number, each.id, after)
            asked = [entry for entry in proof.entries_of(db, number) if (entry.list, entry.event) == _asked(each)]
            version = asked[-1].version if asked else None
            proof.add_entry(db, number, Entry(each.id, Event.CONFIRMED, now, now, kept(evidence, each), version))
            _welcomed(db, number, each.id)
        return moves


def _welcomed(db: Transaction, number: int, name: str) -> None:
    """Nothing keeps them off the list *name* that their own yes is stronger than, and no letter asks for it."""
    # What held for all lists ends, too, or they would be on this one and get nothing; lists that they left stay left.
    for each in (name, EVERY_LIST):
        proof.lift(db, number, each, (Reason.LEFT, Reason.BOUNCED, Reason.ERASED))
    people.end_pause(db, number, name)
    letters_answered(db, number, name)


def _asked(mailing_list: MailingList) -> tuple[str, Event]:
    return mailing_list.id, Event.ASKED


def join(store: Store, person: PersonId, mailing_list: MailingList, evidence: Evidence, now: datetime) -> Moved | None:
    """The owner of the address, who has just proved to be that by a link of their own, says yes to *mailing_list*."""
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        before = known.standing(mailing_list.id)
        after = lifecycle.joined(before, now)
        if after != before:
            people.put_standing(db, number, mailing_list.id, after)
            proof_of_it = kept(evidence, mailing_list)
            entry = Entry(mailing_list.id, Event.CONFIRMED, now, now, proof_of_it, wording=mailing_list.wording)
            proof.add_entry(db, number, entry)
            _welcomed(db, number, mailing_list.id)
        return Moved(mailing_list.id, before, after)


def ask_for_link(store: Store, address: Address, kind: Notice, now: datetime) -> Asked | None:
    """Somebody wants a link for *address*, which only its owner will get, by mail; None where nobody has it.

    Who complained gets no letter, not even this one.
    """
    with store.write() as db:
        number = people.identity(db, marks_of(address.identity, people.keys_of(db)))
        if number is None or people.person_at(db, number) is None:
            return None
        if any(each.reason is Reason.COMPLAINED for each in proof.suppressions_of(db, number)):
            return Asked.SUPPRESSED
        return link_queued(db, number, kind, now)


def leave(store: Store, person: PersonId, name: str, evidence: Evidence, now: datetime) -> Moved | None:
    """They want no more of the list *name*; it need not be one of the publication's any more."""
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        return _left(db, number, name, known.standing(name), evidence, now)


def leave_all(store: Store, person: PersonId, evidence: Evidence, now: datetime) -> list[Moved] | None:
    """They want nothing more at all, of the lists that there are and of those that will be."""
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        moves = [_left(db, number, each.list, each.standing, evidence, now) for each in known.memberships]
        if not any(each.list == EVERY_LIST for each in proof.suppressions_of(db, number)):
            proof.suppress(db, number, EVERY_LIST, Reason.LEFT, now)
            if not any(each.changed for each in moves):
                proof.add_entry(db, number, Entry(EVERY_LIST, Event.LEFT, now, now, _way_alone(evidence)))
        return moves


def _left(db: Transaction, number: int, name: str, before: Standing | None, evidence: Evidence, now: datetime) -> Moved:
    after = lifecycle.left(before, now)
    if after is not None and after != before:
        people.put_standing(db, number, name, after)
        proof.suppress(db, number, name, Reason.LEFT, now)
        proof.add_entry(db, number, Entry(name, Event.LEFT, now, now, _way_alone(evidence)))
        letters_answered(db, number, name)
    return Moved(name, before, after)


def _way_alone(evidence: Evidence) -> Evidence:
    """Consent has to be proved; leaving need not, so where somebody was when they left is nobody's business."""
    return replace(evidence, ip=None, agent=None)


def bounce(store: Store, person: PersonId, kind: Bounce, evidence: Evidence, now: datetime) -> list[Moved] | None:
    """A letter to them came back: for good, or for now, which only counts up to `lifecycle.SOFT_LIMIT`."""
    return _everywhere(
        store,
        person,
        lambda standing: lifecycle.bounced(standing, kind, now),
        (Bounced, Event.BOUNCED, Reason.BOUNCED),
        evidence,
        now,
    )


def complain(store: Store, person: PersonId, evidence: Evidence, now: datetime) -> list[Moved] | None:
    """They told their provider that a letter was spam: they never get one again, of whatever list."""
    return _everywhere(
        store,
        person,
        lambda standing: lifecycle.complained(standing, now),
        (Complained, Event.COMPLAINED, Reason.COMPLAINED),
        evidence,
        now,
    )


def _everywhere(
    store: Store,
    person: PersonId,
    move: Callable[[Standing | None], Standing | None],
    end: tuple[type, Event, Reason],
    evidence: Evidence,
    now: datetime,
) -> list[Moved] | None:
    """What happened to the address, and so on all lists; *end* is where they stand if it ends there."""
    kind, event, reason = end
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        moves = []
        for each in known.memberships:
            after = move(each.standing)
            moves.append(Moved(each.list, each.standing, after))
            if after is None or after == each.standing:
                continue
            people.put_standing(db, number, each.list, after)
            if isinstance(after, kind):
                proof.suppress(db, number, EVERY_LIST, reason, now)
                proof.add_entry(db, number, Entry(each.list, event, now, now, _way_alone(evidence)))
                letters_answered(db, number, each.list)
        return moves


def admit(
    store: Store,
    address: Address,
    lists: Sequence[MailingList],
    evidence: Evidence,
    now: datetime,
    *,
    name: str = "",
    tags: Sequence[str] = (),
) -> tuple[Person | None, dict[str, Admitted]]:
    """The publisher puts *address* on *lists*, with a consent that was given elsewhere, such as on paper.

    Gives the person, and for each list what became of it; whoever left it, or is out of reach, is not put back.
    """
    with store.write() as db:
        number = people.identity_made(db, marks_of(address.identity, people.keys_of(db)))
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
            person = Person(store.entropy(16).hex(), address.written, now, name, tuple(tags))
            people.add_person(db, number, person)
        for each in added:
            people.put_standing(db, number, each.id, Confirmed(now))
            proof.add_entry(db, number, Entry(each.id, Event.CONFIRMED, now, now, evidence, wording=each.wording))
            letters_answered(db, number, each.id)
        return (people.person_at(db, number), outcomes)


def prefer(store: Store, person: PersonId, name: str, preferences: Mapping[str, str]) -> bool | None:
    """What they prefer on the list *name*, in the place of what they preferred; False where they are not on it."""
    with store.write() as db:
        number = people.number_of(db, person)
        return None if number is None else people.put_preferences(db, number, name, preferences)


def rename(store: Store, person: PersonId, name: str) -> bool | None:
    """They want to be called *name*."""
    with store.write() as db:
        number = people.number_of(db, person)
        if number is None:
            return None
        people.change_person(db, number, name=name)
        return True


def tag(store: Store, person: PersonId, added: Iterable[str], removed: Iterable[str] = ()) -> Person | None:
    """The person with the tags *added*, and without those *removed*."""
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        gone = set(removed)
        tags = [each for each in dict.fromkeys((*known.tags, *added)) if each not in gone]
        people.change_person(db, number, tags=tags)
        return replace(known, tags=tuple(tags))


def erase(store: Store, address: Address, evidence: Evidence, now: datetime) -> Erased | None:
    """Remove all that is known of *address*, but for the proof of what was agreed, and what keeps it from coming back.

    None where nothing was ever known of it.
    """
    with store.write() as db:
        number = people.identity(db, marks_of(address.identity, people.keys_of(db)))
        if number is None:
            return None
        was_here = people.person_at(db, number) is not None
        if was_here:
            people.remove_person(db, number)
            proof.suppress(db, number, EVERY_LIST, Reason.ERASED, now)
            proof.add_entry(db, number, Entry(EVERY_LIST, Event.ERASED, now, now, _way_alone(evidence)))
        erased = Erased(was_here, proof.entries_kept(db, number), tuple(proof.suppressions_of(db, number)))
    store.scrub()
    return erased


def forget_pending(store: Store, before: datetime) -> int:
    """Forget requests that are older than *before* and were never confirmed; how many people were forgotten."""
    with store.write() as db:
        return people.forget_pending(db, before)
