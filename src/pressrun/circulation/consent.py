"""The moves of consent: each is one function and one transaction, whoever makes it.

Where a person is meant by their id, and nobody has it (any more), a move gives None back and changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pressrun.circulation.confirmations import ConfirmationRequest, letter_queued, letters_answered, link_queued
from pressrun.circulation.store import identities, people, proof
from pressrun.circulation.store.engine import Store, Transaction
from pressrun.circulation.subscribers import lifecycle
from pressrun.circulation.subscribers.suppression import marks_of
from pressrun.model.consent import EVERY_LIST, ConsentSource, Event, Evidence, LedgerEntry, Reason, Suppression
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.marks import Marks
from pressrun.model.notice import Notice
from pressrun.model.personalnames import without_parts
from pressrun.model.publication import MailingList, Trace
from pressrun.model.subscriber import (
    Bounce,
    Bounced,
    Complained,
    Pending,
    Person,
    PersonId,
    Standing,
)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What a request led to, and whose it was; *person* is None where nothing is kept of them."""

    outcome: ConfirmationRequest
    person: PersonId | None


@dataclass(frozen=True, slots=True)
class StateChange:
    """How a person stood to a list before a move, and how they stand after it."""

    list: str
    before: Standing | None
    after: Standing | None

    @property
    def changed(self) -> bool:
        """Whether the move changed anything."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is left of a person: *entries* of the ledger, and what keeps them off lists.

    *was_here* says whether there was anything else to remove.
    """

    was_here: bool
    entries: int
    suppressions: tuple[Suppression, ...]


def ask(
    store: Store,
    address: EmailAddress,
    lists: Sequence[MailingList],
    evidence: Evidence,
    now: datetime,
    *,
    name: str = "",
    tags: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
) -> ActionResult:
    """Somebody wants *address* on *lists*: they are pending, and a letter to confirm is queued, both or neither.

    What is said of a person who is known already is left alone: anybody can type their address. Who left one of *lists*
    is not asked again by the publisher, but by a form, which may be their own.
    """
    with store.write() as db:
        number = identities.made(db, marks_of(address.shown, people.keys_of(db)))
        person = people.person_at(db, number)
        if _not_to_be_asked(proof.suppressions_of(db, number), lists, evidence.way):
            return ActionResult(ConfirmationRequest.SUPPRESSED, person.id if person else None)
        if person is None:
            person = Person(store.entropy(16).hex(), address.shown, now, name, tuple(tags), fields or {})
            people.add_person(db, number, person)
        elif person.address != address.shown and _never_proved(person):
            # Another spelling of it. Nobody has proved yet that the one we have reaches anybody.
            people.put_address(db, number, address.shown)
        build_request = [each for each in lists if isinstance(lifecycle.asked(person.standing(each.id), now), Pending)]
        if not build_request:
            return ActionResult(ConfirmationRequest.CONFIRMED, person.id)
        outcome = letter_queued(db, number, [each.id for each in build_request], now)
        for each in build_request:
            before = person.standing(each.id)
            if outcome is ConfirmationRequest.QUEUED or not isinstance(before, Pending):
                people.put_standing(db, number, each.id, Pending(now))
                entry = LedgerEntry(each.id, Event.ASKED, now, now, kept(evidence, each), wording=each.wording)
                proof.add_entry(db, number, entry)
        return ActionResult(outcome, person.id)


def _never_proved(person: Person) -> bool:
    """Whether all that is known of *person* is that somebody typed their address."""
    return all(isinstance(each.standing, Pending) for each in person.memberships)


def _not_to_be_asked(kept_off: Sequence[Suppression], lists: Sequence[MailingList], way: ConsentSource) -> bool:
    """Whether not even a letter may ask them: they complained, or have left, and it is not they who come back."""
    about = {EVERY_LIST, *(each.id for each in lists)}
    return any(
        each.reason is Reason.COMPLAINED
        or (way is ConsentSource.COMMAND and each.list in about and each.reason is not Reason.BOUNCED)
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
) -> list[StateChange] | None:
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
            moves.append(StateChange(each.id, before, before if after is None else after))
            if after is None or after == before:
                continue
            people.put_standing(db, number, each.id, after)
            asked = [entry for entry in proof.entries_of(db, number) if (entry.list, entry.event) == _asked(each)]
            version = asked[-1].version if asked else None
            proof.add_entry(db, number, LedgerEntry(each.id, Event.CONFIRMED, now, now, kept(evidence, each), version))
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


def join(
    store: Store, person: PersonId, mailing_list: MailingList, evidence: Evidence, now: datetime
) -> StateChange | None:
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
            entry = LedgerEntry(mailing_list.id, Event.CONFIRMED, now, now, proof_of_it, wording=mailing_list.wording)
            proof.add_entry(db, number, entry)
            _welcomed(db, number, mailing_list.id)
        return StateChange(mailing_list.id, before, after)


def ask_for_link(store: Store, address: EmailAddress, kind: Notice, now: datetime) -> ConfirmationRequest | None:
    """Somebody wants a link for *address*, which only its owner will get, by mail; None where nobody has it.

    Who complained gets no letter, not even this one.
    """
    with store.write() as db:
        number = identities.own(db, marks_of(address.shown, people.keys_of(db)))
        if number is None or people.person_at(db, number) is None:
            return None
        if any(each.reason is Reason.COMPLAINED for each in proof.suppressions_of(db, number)):
            return ConfirmationRequest.SUPPRESSED
        return link_queued(db, number, kind, now)


def leave(store: Store, person: PersonId, name: str, evidence: Evidence, now: datetime) -> StateChange | None:
    """They want no more of the list *name*; it need not be one of the publication's any more."""
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        return _left(db, number, name, known.standing(name), evidence, now)


def leave_all(store: Store, person: PersonId, evidence: Evidence, now: datetime) -> list[StateChange] | None:
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
                proof.add_entry(db, number, LedgerEntry(EVERY_LIST, Event.LEFT, now, now, _way_alone(evidence)))
        return moves


def _left(
    db: Transaction, number: int, name: str, before: Standing | None, evidence: Evidence, now: datetime
) -> StateChange:
    after = lifecycle.left(before, now)
    if after is not None and after != before:
        people.put_standing(db, number, name, after)
        proof.suppress(db, number, name, Reason.LEFT, now)
        proof.add_entry(db, number, LedgerEntry(name, Event.LEFT, now, now, _way_alone(evidence)))
        letters_answered(db, number, name)
    return StateChange(name, before, after)


def _way_alone(evidence: Evidence) -> Evidence:
    """Consent has to be proved; leaving need not, so where somebody was when they left is nobody's business."""
    return replace(evidence, ip=None, agent=None)


def bounce(store: Store, person: PersonId, kind: Bounce, evidence: Evidence, now: datetime) -> list[StateChange] | None:
    """A letter to them came back: for good, or for now, which only counts up to `lifecycle.SOFT_LIMIT`."""
    return _everywhere(
        store,
        person,
        lambda standing: lifecycle.bounced(standing, kind, now),
        (Bounced, Event.BOUNCED, Reason.BOUNCED),
        evidence,
        now,
    )


def complain(store: Store, person: PersonId, evidence: Evidence, now: datetime) -> list[StateChange] | None:
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
) -> list[StateChange] | None:
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
            moves.append(StateChange(each.list, each.standing, after))
            if after is None or after == each.standing:
                continue
            people.put_standing(db, number, each.list, after)
            if isinstance(after, kind):
                proof.suppress(db, number, EVERY_LIST, reason, now)
                proof.add_entry(db, number, LedgerEntry(each.list, event, now, now, _way_alone(evidence)))
                letters_answered(db, number, each.list)
        return moves


def prefer(store: Store, person: PersonId, name: str, preferences: Mapping[str, str]) -> bool | None:
    """What they prefer on the list *name*, in the place of what they preferred; False where they are not on it."""
    with store.write() as db:
        number = people.number_of(db, person)
        return None if number is None else people.put_preferences(db, number, name, preferences)


def rename(store: Store, person: PersonId, name: str) -> bool | None:
    """They want to be called *name*. What a table once said of its parts does not hold any more."""
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        people.change_person(db, number, name=name, fields=without_parts(known.fields))
        return True


def edit(store: Store, person: PersonId, change: Callable[[Person], Person]) -> Person | None:
    """Change the name, the tags, and the fields of *person*, and nothing else, into those that *change* gives."""
    with store.write() as db:
        found = people.somebody(db, person)
        if found is None:
            return None
        number, known = found
        after = change(known)
        people.change_person(db, number, name=after.name, tags=after.tags, fields=after.fields)
        return replace(known, name=after.name, tags=after.tags, fields=after.fields)


def tag(store: Store, person: PersonId, added: Iterable[str], removed: Iterable[str] = ()) -> Person | None:
    """The person with the tags *added*, and without those *removed*."""
    more, gone = list(added), set(removed)

    def tagged(known: Person) -> Person:
        return replace(known, tags=tuple(each for each in dict.fromkeys((*known.tags, *more)) if each not in gone))

    return edit(store, person, tagged)


def erase(store: Store, address: EmailAddress, evidence: Evidence, now: datetime) -> Erasure | None:
    """Remove all that is known of *address*, but for the proof of what was agreed, and what keeps it from coming back.

    None where nothing was ever known of it.
    """
    with store.write() as db:
        marks = marks_of(address.shown, people.keys_of(db))
        number = identities.own(db, marks)
        if number is None:
            return _erased_before(db, marks)
        was_here = people.person_at(db, number) is not None
        if was_here:
            people.remove_person(db, number)
            proof.suppress(db, number, EVERY_LIST, Reason.ERASED, now)
            proof.add_entry(db, number, LedgerEntry(EVERY_LIST, Event.ERASED, now, now, _way_alone(evidence)))
        erased = Erasure(was_here, proof.entries_kept(db, number), tuple(proof.suppressions_of(db, number)))
    store.scrub()
    return erased


def _erased_before(db: Transaction, marks: Marks) -> Erasure | None:
    """What is left of an address that has no identity of its own, under a mark that it may share with others."""
    left = identities.without_person(db, identities.found(db, marks).shared)
    if not left:
        return None
    entries = sum(proof.entries_kept(db, number) for number in left)
    return Erasure(was_here=False, entries=entries, suppressions=tuple(identities.noes_of(db, left)))


def forget_pending(store: Store, before: datetime) -> int:
    """Forget requests that are older than *before* and were never confirmed; how many people were forgotten."""
    with store.write() as db:
        gone = people.forget_pending(db, before)
    store.scrub()
    return gone


def forget_pending_in_lots(store: Store, before: datetime, most: int = 500) -> int:
    """The same, *most* people in a transaction, so that nobody waits long; what was recorded since *before* stays."""
    gone, found = 0, most
    while found == most:
        with store.write() as db:
            found, forgotten = people.forget_some_pending(db, before, most)
        gone += forgotten
    if gone:
        store.scrub()
    return gone
