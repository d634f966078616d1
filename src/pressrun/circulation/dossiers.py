"""What the store knows, told: of one person, and of all together."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pressrun.circulation.store import bulk, identities, people, proof, queue
from pressrun.circulation.store.engine import Store, Transaction
from pressrun.circulation.store.queue import Queued
from pressrun.circulation.subscribers.growth import grown
from pressrun.circulation.subscribers.moments import FORMAT, moment_text
from pressrun.circulation.subscribers.records import FOLDED, Record
from pressrun.circulation.subscribers.suppression import marks_of
from pressrun.model.consent import LedgerEntry, Suppression
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.moments import ticks
from pressrun.model.notice import Notice
from pressrun.model.subscriber import Membership, Person, PersonId, SubscriptionState, state_of

STANDINGS = "SELECT list, state, COUNT(*) FROM memberships GROUP BY list, state ORDER BY list, state"
EVENTS = "SELECT identity, list, event, at FROM ledger ORDER BY identity, number"
LEDGER = (
    "SELECT ledger.identity, ledger.list, event, at, recorded, way, wording, note, ip, agent FROM ledger "
    "LEFT JOIN whereabouts ON whereabouts.entry = ledger.number ORDER BY ledger.identity, ledger.number"
)


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is kept of one person; *person* is None where they were erased."""

    person: Person | None
    entries: tuple[LedgerEntry, ...]
    suppressions: tuple[Suppression, ...]
    letters: tuple[Queued, ...]

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """How they stand to each list."""
        return self.person.memberships if self.person else ()


def dossier(store: Store, who: EmailAddress | PersonId) -> Dossier | None:
    """All that is kept of *who*; None where nothing is."""
    with store.read() as db:
        if not isinstance(who, EmailAddress):
            number = people.number_seen(db, who)
            return None if number is None else _dossier(db, number, ())
        known = identities.found(db, marks_of(who.shown, people.keys_of(db)))
        # What was agreed to by somebody who was erased may have been theirs; what anybody else did who is here is not.
        left = identities.without_person(db, known.shared)
        if known.own is not None:
            return _dossier(db, known.own, left)
        noes = tuple(identities.noes_of(db, known.shared))
        entries = tuple(entry for each in left for entry in proof.entries_of(db, each))
        return Dossier(None, entries, noes, ()) if left or noes else None


def _dossier(db: Transaction, number: int, left: Sequence[int]) -> Dossier:
    """All that is kept of the identity *number*, with the ledger of what is *left* of the same address from before."""
    return Dossier(
        people.person_at(db, number),
        tuple(entry for each in (*left, number) for entry in proof.entries_of(db, each)),
        tuple(proof.suppressions_of(db, number)),
        tuple(queue.letters_of(db, number, *Notice)),
    )


def record_of(known: Dossier) -> Record:
    """*known* in the form that an export has, with the words that were agreed to: what a person is given of theirs."""
    person = known.person
    about: dict[str, Any] = {"record": "person" if person else "erased"}
    if person is not None:
        about |= {"address": person.address, "name": person.name, "id": person.id, "since": _text(person.since)}
        about |= {"tags": list(person.tags), "fields": dict(person.fields)}
        about["lists"] = [
            {
                "list": each.list,
                "state": state_of(each.standing).value,
                "since": _text(each.standing.since),
                "preferences": dict(each.preferences),
            }
            for each in person.memberships
        ]
        about["letters"] = [
            {"kind": each.kind.value, "lists": list(each.lists), "queued": _text(each.queued)} for each in known.letters
        ]
    about["consent"] = [
        {
            "list": each.list,
            "event": each.event.value,
            "at": _text(each.at),
            "recorded": _text(each.recorded),
            "way": each.evidence.way.value,
            **{
                name: value
                for name, value in (
                    ("wording", each.wording),
                    ("note", each.evidence.note),
                    ("ip", each.evidence.ip),
                    ("agent", each.evidence.agent),
                )
                if value is not None
            },
        }
        for each in known.entries
    ]
    about["suppressions"] = [
        {"list": each.list, "reason": each.reason.value, "since": _text(each.since)} for each in known.suppressions
    ]
    return about


def _text(moment: datetime) -> str:
    return moment_text(ticks(moment))


def find(store: Store, address: EmailAddress) -> Person | None:
    """The person with *address*."""
    with store.read() as db:
        number = identities.found(db, marks_of(address.shown, people.keys_of(db))).own
        return people.person_at(db, number) if number is not None else None


@dataclass(frozen=True, slots=True)
class Listed:
    """A person in one line: *standings* are the lists and the words for how they stand there."""

    address: str
    name: str
    standings: tuple[tuple[str, str], ...]


def people_in(store: Store, name: str | None, state: SubscriptionState | None, tag: str | None) -> Iterator[Listed]:
    """Everybody who has to do with the list *name* and stands so there, or on any, and has *tag*; as they came."""
    with store.read() as db:
        joined = _Followed(bulk.everything(db, "memberships"))
        for row in bulk.everything(db, "people"):
            standings = tuple((each[1], each[2]) for each in joined.of(row[0]))
            about = [how for listed, how in standings if name in (None, listed)]
            fits = (not about and name is None and state is None) or any(
                state is None or how == state.value for how in about
            )
            if fits and (tag is None or tag in json.loads(row[5])):
                yield Listed(row[2], row[3], standings)


def census(store: Store, name: str | None = None) -> dict[str, dict[str, int]]:
    """How many people stand how, by list and by state."""
    counts: dict[str, dict[str, int]] = {}
    with store.read() as db:
        for listed, state, count in bulk.rows_of(db, STANDINGS):
            if name in (None, listed):
                counts.setdefault(listed, {})[state] = count
    return counts


def growth(store: Store, name: str | None, now: datetime) -> list[tuple[str, int]]:
    """How many people were confirmed at the end of each month until *now*, on the list *name* or on any."""
    with store.read() as db:
        lines = ((number, listed, event, moment_text(at)[:7]) for number, listed, event, at in bulk.rows_of(db, EVENTS))
        return grown(lines, name, f"{now.astimezone(UTC):%Y-%m}")


def records(store: Store) -> Iterator[Record]:
    """Everything that the store holds, the record of the store first: what `restore` makes the same store of."""
    with store.read() as db:
        keys = [row[1].hex() for row in bulk.everything(db, "keys")]
        yield {
            "record": "store",
            "format": FORMAT,
            "keys": keys,
            "wordings": dict(bulk.everything(db, "wordings")),
        }
        known = _Followed(bulk.everything(db, "people"))
        joined = _Followed(bulk.everything(db, "memberships"))
        proofs = _Followed(bulk.rows_of(db, LEDGER))
        kept_off = _Followed(bulk.everything(db, "suppressions"))
        letters = _Followed((row[1], row) for row in bulk.everything(db, "letters"))
        folded = _Followed(bulk.everything(db, "folded"))
        for number, mark in bulk.everything(db, "identities"):
            shared = {
                "mark": bytes(mark).hex(),
                **({"rule": FOLDED} if folded.of(number) else {}),
                "consent": [_entry_record(row) for row in proofs.of(number)],
                "suppressions": [_suppression_record(row) for row in kept_off.of(number)],
            }
            person = next(iter(known.of(number)), None)
            if person is None:
                if shared["consent"] or shared["suppressions"]:
                    yield {"record": "erased", **shared}
                continue
            yield {
                "record": "person",
                "address": person[2],
                "name": person[3],
                "id": bytes(person[1]).hex(),
                "since": moment_text(person[4]),
                "tags": json.loads(person[5]) if person[5] != "[]" else [],
                "fields": json.loads(person[6]) if person[6] != "{}" else {},
                "lists": [_membership_record(row) for row in joined.of(number)],
                "letters": [_letter_record(row[1]) for row in letters.of(number)],
                **shared,
            }


class _Followed:
    """Rows that begin with the number of an identity, in its order, handed out as that number goes up."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, number: int) -> list[tuple[Any, ...]]:
        """The rows of the identity *number*, which is higher than any that was asked for before."""
        found = []
        while self._next is not None and self._next[0] <= number:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _membership_record(row: tuple[Any, ...]) -> Record:
    record = {"list": row[1], "state": row[2], "since": moment_text(row[3])}
    if row[4]:
        record["bounces"] = row[4]
    if row[5] is not None:
        record["bounced"] = moment_text(row[5])
    if row[6] != "{}":
        record["preferences"] = json.loads(row[6])
    return record


def _entry_record(row: tuple[Any, ...]) -> Record:
    record = {
        "list": row[1],
        "event": row[2],
        "at": moment_text(row[3]),
        "recorded": moment_text(row[4]),
        "way": row[5],
    }
    for at, name in ((6, "wording"), (7, "note"), (8, "ip"), (9, "agent")):
        if row[at] is not None:
            record[name] = row[at]
    return record


def _suppression_record(row: tuple[Any, ...]) -> Record:
    return {"list": row[1], "reason": row[2], "since": moment_text(row[3])}


def _letter_record(row: tuple[Any, ...]) -> Record:
    record: dict[str, Any] = {"kind": row[7], "lists": json.loads(row[2])}
    record |= {"queued": moment_text(row[3]), "attempts": row[4]}
    for at, name in ((5, "next_try"), (6, "posted")):
        if row[at] is not None:
            record[name] = moment_text(row[at])
    return record
