"""People split from those with whom they were one until the migration `identities`, by a rule that folded mailboxes."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from pressrun.circulation.store import bulk, people
from pressrun.circulation.store import identities as known_identities
from pressrun.circulation.store.engine import Store, Transaction
from pressrun.circulation.subscribers.suppression import marks_of

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Split:
    """How many *people* got a mark of their own; *shared* are those addresses that were folded into others."""

    people: int
    shared: tuple[str, ...]


def folded_people(store: Store) -> int:
    """Return how many people are here under a mark that may be of several mailboxes."""
    with store.read() as db:
        return len(bulk.folded_people(db))


def split(store: Store) -> Split:
    """Give everybody who is here a mark that is of their mailbox alone, in one transaction.

    What kept them off lists goes on to count for all mailboxes of the mark that they had. Nothing else changes: neither
    their numbers nor their ids, nor what is written in the ledger.
    """
    with store.write() as db:
        bulk.stand_alone(db)
        keys = people.keys_of(db)
        count, shared = 0, []
        remaining = iter(bulk.folded_people(db))
        while batch := list(islice(remaining, BATCH)):
            done = _split(db, batch, keys)
            count += len(done)
            shared += [address for _, address in done if _is_folded(address)]
    return Split(count, tuple(shared))


def _split(db: Transaction, batch: list[tuple[int, str]], keys: Sequence[bytes]) -> list[tuple[int, str]]:
    """Give each of *batch* a mark of their own; those who got one."""
    marks = {number: marks_of(address, keys).exact[0] for number, address in batch}
    # An import may have brought this mark of theirs, without a person: by that they are found as well.
    taken = bulk.numbers_of(db, list(marks.values()))
    done = [(number, address) for number, address in batch if marks[number] not in taken]
    kept_off = {row[0] for row in bulk.suppressions_among(db, [number for number, _ in done])}
    for number in kept_off:
        known_identities.leave_noes(db, number)
    bulk.put_marks(db, [(marks[number], number) for number, _ in done])
    return done


def _is_folded(address: str) -> bool:
    """Whether a letter of *address* was another one by the earlier rule, other than A to Z."""
    return any(letter.casefold() != letter for letter in unicodedata.normalize("NFC", address) if not letter.isascii())
