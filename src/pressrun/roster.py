"""What the store knows, told: of one person, and of all together."""

from dataclasses import dataclass

from pressrun.model.consent import Entry, Suppression
from pressrun.model.subscriber import Membership, Person, PersonId
from pressrun.store import people, proof, queue
from pressrun.store.engine import Store
from pressrun.store.queue import Queued
from pressrun.subscribers.addresses import Address
from pressrun.subscribers.suppression import marks_of


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is kept of one person; *person* is None where they were erased."""

    person: Person | None
    entries: tuple[Entry, ...]
    suppressions: tuple[Suppression, ...]
    letters: tuple[Queued, ...]

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """How they stand to each list."""
        return self.person.memberships if self.person else ()


def dossier(store: Store, who: Address | PersonId) -> Dossier | None:
    """All that is kept of *who*; None where nothing is."""
    with store.read() as db:
        if isinstance(who, Address):
            number = people.identity_seen(db, marks_of(who.identity, people.keys_of(db)))
        else:
            number = people.number_seen(db, who)
        if number is None:
            return None
        return Dossier(
            people.person_at(db, number),
            tuple(proof.entries_of(db, number)),
            tuple(proof.suppressions_of(db, number)),
            tuple(queue.letters_of(db, number)),
        )


def find(store: Store, address: Address) -> Person | None:
    """The person with *address*."""
    with store.read() as db:
        number = people.identity_seen(db, marks_of(address.identity, people.keys_of(db)))
        return people.person_at(db, number) if number is not None else None
