"""Who is on a list although a table that they came in says that they should not be, as far as the store can tell.

Earlier imports kept columns that they did not understand as free fields: `opt_out: yes`. Whoever confirmed by a link of
their own has said otherwise.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pressrun.circulation.store import bulk, proof
from pressrun.circulation.store.engine import Store, Transaction
from pressrun.circulation.subscribers.arrivals import said_by_field, state_of_tags
from pressrun.circulation.subscribers.columns import Column, meaning_of
from pressrun.circulation.subscribers.consentcells import Kind, Knowing, Undecided, kind_of, said_by
from pressrun.circulation.subscribers.consentwords import is_about_reaching, label_of, mentions_an_end
from pressrun.model.consent import ConsentSource, Event
from pressrun.model.subscriber import SubscriptionState

# By these ways only the owner of an address says yes.
_THEIR_OWN = frozenset((ConsentSource.FORM, ConsentSource.LETTER, ConsentSource.PAGE, ConsentSource.ONE_CLICK))
_HERE = frozenset((SubscriptionState.CONFIRMED.value, SubscriptionState.PENDING.value))


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """Somebody who gets emails, or may soon, and what is kept of them that speaks against it.

    *lists* are those that they are on; *said* is how they stand by *evidence*, None where it is not certain.
    """

    person: str
    address: str
    lists: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    said: SubscriptionState | None


def audited(store: Store) -> Iterator[AuditFinding]:
    """Yield everybody of whom something is kept that speaks against the emails that they get; nothing changes."""
    with store.read() as db:
        for number, person, address, tags, fields in bulk.rows_of(
            db, "SELECT number, id, address, tags, fields FROM people ORDER BY number"
        ):
            evidence, said = _evidence(tags, fields)
            if not evidence:
                continue
            lists = tuple(
                (name, state)
                for name, state in _lists_of(db, number)
                if state in _HERE and not _agreed_themselves(db, number, name)
            )
            if lists:
                yield AuditFinding(bytes(person).hex(), address, lists, evidence, said)


def _evidence(tags: str, fields: str) -> tuple[tuple[str, ...], SubscriptionState | None]:
    """What is kept of somebody that speaks against emails, and how they stand by it."""
    found: list[str] = []
    states: list[SubscriptionState] = []
    if tags != "[]" and (tagged := state_of_tags(tags)) is not None:
        found.append(f"tags: {', '.join(json.loads(tags))}")
        states.append(tagged)
    for name, text in json.loads(fields).items() if fields != "{}" else ():
        state = said_by_field(name, text)
        if state is not None and state is not SubscriptionState.PENDING:
            states.append(state)
            found.append(f"{name}: {text}")
        elif state is None and text and _is_doubtful(name, text):
            found.append(f"{name}: {text}")
    strictest = (SubscriptionState.COMPLAINED, SubscriptionState.BOUNCED, SubscriptionState.UNSUBSCRIBED)
    return tuple(found), next((state for state in strictest if state in states), None)


def _is_doubtful(name: str, text: str) -> bool:
    """Whether a field is about a no, and nobody knows what it says: not what it says of no such thing."""
    about = label_of(name)
    if about.topic is None or not about.certain or about.around:
        is_denied = is_about_reaching(name) and kind_of(text) in (Kind.FALSE, Kind.NO_MARK)
        return mentions_an_end(text) or (about.topic is None and is_denied)
    return (
        not about.clear or said_by(Column(name, meaning_of(about), about=about), text, Knowing()) is Undecided.UNCLEAR
    )


def _lists_of(db: Transaction, number: int) -> list[tuple[str, str]]:
    return [(row[1], row[2]) for row in bulk.memberships_among(db, [number])]


def _agreed_themselves(db: Transaction, number: int, name: str) -> bool:
    """Whether the last that the ledger has of their consent to the list *name* is their own yes."""
    entries = [entry for entry in proof.entries_of(db, number) if entry.list == name]
    return any(entry.event is Event.CONFIRMED and entry.evidence.way in _THEIR_OWN for entry in entries)
