"""Many people at once: the moves of consent that another tool's file tells of.

Some batches are one transaction. A run that is killed has kept whole ones, and doing it again does the rest.
"""

import enum
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from pressrun.circulation.confirmations import letters_answered
from pressrun.circulation.store import bulk, people, proof
from pressrun.circulation.store import identities as known_identities
from pressrun.circulation.store.engine import Store, Transaction
from pressrun.circulation.store.tables import identities, ledger
from pressrun.circulation.subscribers import lifecycle
from pressrun.circulation.subscribers.arrivals import SUPPRESSES, Arrival, suppressed_list
from pressrun.circulation.subscribers.suppression import folded_marks_under, marks_of, marks_under
from pressrun.model.consent import EVERY_LIST, ConsentSource, Event, Reason
from pressrun.model.mailaddress import identity_of
from pressrun.model.moments import moment_at, ticks
from pressrun.model.subscriber import (
    Bounce,
    Bounced,
    Complained,
    Confirmed,
    Pending,
    Standing,
    SubscriptionState,
    Unsubscribed,
)

# What is in memory at a time, and how many of these make a transaction: each commit writes down every page of the
# indexes of random numbers that has changed, and that is nearly all of them.
BATCH = 20_000
BATCHES = 10
_ENDS = {
    SubscriptionState.UNSUBSCRIBED: Event.LEFT,
    SubscriptionState.BOUNCED: Event.BOUNCED,
    SubscriptionState.COMPLAINED: Event.COMPLAINED,
}


class Arrived(enum.Enum):
    """What became of somebody in a file."""

    ADDED = "added"
    PENDING = "added, not confirmed"
    SUPPRESSED = "suppressed"  # the file says that they are gone: whatever comes, they are not written to
    KEPT_OFF = "kept off"  # the file has them on the list, and we know that they left
    ALREADY = "here already"


@dataclass(frozen=True, slots=True)
class Source:
    """Where people come from: for which lists, since when they are here, and what the ledger says of their file."""

    lists: tuple[str, ...]
    now: datetime
    note: str


def take_over(store: Store, arrivals: Iterable[Arrival], source: Source) -> Iterator[Counter[Arrived]]:
    """What became of *arrivals*, some at a time, once these are kept. Whoever is met twice is here already then."""
    batches = _batches(iter(arrivals))
    while some := list(islice(batches, 1)):
        counts: Counter[Arrived] = Counter()
        with store.write() as db:
            for batch in chain(some, islice(batches, BATCHES - 1)):
                while batch:
                    # Of two rows of one person the second finds what became of the first.
                    first = {arrival.identity: arrival for arrival in reversed(batch)}
                    counts += _Batch(db, store, source).taken(list(first.values()))
                    batch = [arrival for arrival in batch if first[arrival.identity] is not arrival]
        yield counts


def _batches(arrivals: Iterator[Arrival]) -> Iterator[list[Arrival]]:
    while batch := list(islice(arrivals, BATCH)):
        yield batch


@dataclass(slots=True)
class _Known:
    """What the store knows of people that a batch meets again, by their number."""

    people: dict[int, tuple[str, str, str]]  # name, tags, fields
    standings: dict[int, dict[str, Standing]]
    kept_off: dict[int, dict[str, Reason]]


@dataclass(slots=True)
class _Batch:
    """One batch on its way: rows are gathered, and added at the end, those first that others hang on."""

    db: Transaction
    store: Store
    source: Source
    rows: bulk.Gathered = field(default_factory=bulk.Gathered)
    entry: int = 0  # the number of the next one in the ledger
    now: int = 0
    note: str = ""
    first: int = 0  # the number of the first of those who are on the lists since they are here, and how many they are
    plain: int = 0

    def taken(self, arrivals: Sequence[Arrival]) -> Counter[Arrived]:
        """Keep *arrivals*, no two of whom are one person."""
        self.now, self.note = ticks(self.source.now), self.source.note
        bulk.stand_alone(self.db)
        self.entry = bulk.next_number(self.db, ledger)
        key, *others = people.keys_of(self.db)
        known_by = [arrival.identity for arrival in arrivals]
        marks = _marks_told(arrivals, key) or marks_under(key, known_by)
        numbers = bulk.numbers_of(self.db, marks)
        for other in others:  # keys that came with an import, and marks under them that nobody else has
            found = bulk.numbers_of(self.db, old := marks_under(other, known_by))
            numbers |= {
                mark: found[mark_before] for mark, mark_before in zip(marks, old, strict=True) if mark_before in found
            }
        pairs = list(zip(marks, arrivals, strict=True))
        counts: Counter[Arrived] = Counter()
        if known_identities.any_folded(self.db):
            pairs = self._told_apart(pairs, numbers, (key, *others), counts)
        met = [(numbers[mark], arrival) for mark, arrival in pairs if mark in numbers] if numbers else []
        fresh = [pair for pair in pairs if pair[0] not in numbers] if met else pairs
        if fresh:
            self._add_fresh(fresh, counts)
        if met:
            self._add_met(met, counts)
        self._write()
        return counts

    # Whom a mark of the earlier rule may stand for

    def _told_apart(
        self,
        pairs: list[tuple[bytes, Arrival]],
        numbers: dict[bytes, int],
        keys: Sequence[bytes],
        counts: Counter[Arrived],
    ) -> list[tuple[bytes, Arrival]]:
        """Complete *numbers*, by the marks in *pairs*, with identities that have a folded mark; those pairs that are
        left to be kept. Whoever shares such a mark with others is counted, or gets an identity of their own.
        """
        shared = self._shared(pairs, numbers, keys)
        noes: dict[int, dict[str, Reason]] = defaultdict(dict)
        for number, name, reason in bulk.suppressions_among(
            self.db, list({each for some in shared.values() for each in some})
        ):
            noes[number][name] = Reason(reason)
        left = []
        for mark, arrival in pairs:
            kept_off: dict[str, Reason] = {}
            for number in shared.get(mark, ()) if mark not in numbers else ():
                for name, reason in noes[number].items():
                    if name not in kept_off or proof.is_stronger(reason, kept_off[name]):
                        kept_off[name] = reason
            outcome = self._nothing_new(arrival, kept_off) if kept_off else None
            if outcome is not None:
                counts[outcome] += 1
                continue
            if kept_off:
                numbers[mark] = known_identities.made(self.db, marks_of(arrival.written, keys))
            left.append((mark, arrival))
        return left

    def _shared(
        self, pairs: list[tuple[bytes, Arrival]], numbers: dict[bytes, int], keys: Sequence[bytes]
    ) -> dict[bytes, list[int]]:
        """The identities that have a folded mark of somebody in *pairs* and are not theirs, by their own mark.

        Those that are theirs come into *numbers*.
        """
        shared: dict[bytes, list[int]] = defaultdict(list)
        for key in keys:
            old = folded_marks_under(key, [arrival.written for _, arrival in pairs])
            found = bulk.numbers_of(self.db, old)
            living = {row[0]: identity_of(row[2]) for row in bulk.people_among(self.db, list(found.values()))}
            for folded, (mark, arrival) in zip(old, pairs, strict=True) if found else ():
                number = found.get(folded)
                if number is None:
                    continue
                if living.get(number) == arrival.identity:
                    numbers[mark] = number  # the person counts before what is left of one
                else:
                    shared[mark].append(number)
        return shared

    def _nothing_new(self, arrival: Arrival, kept_off: dict[str, Reason]) -> Arrived | None:
        """What becomes of *arrival*, of whom nothing is known but what keeps them off lists, where that says it all."""
        if arrival.state not in SUPPRESSES:
            is_off = EVERY_LIST in kept_off or all(name in kept_off for name in self.source.lists)
            return Arrived.KEPT_OFF if is_off else None
        reason = SUPPRESSES[arrival.state]
        names = {suppressed_list(arrival.state, name) for name in self.source.lists}
        is_old = all(name in kept_off and not proof.is_stronger(reason, kept_off[name]) for name in names)
        return Arrived.ALREADY if is_old else None

    # Who was never here

    def _add_fresh(self, fresh: Sequence[tuple[bytes, Arrival]], counts: Counter[Arrived]) -> None:
        # Those come first of whom nothing else has to be written down than that they are here.
        plain: list[tuple[bytes, Arrival]] = []
        others: list[tuple[bytes, Arrival]] = []
        for pair in fresh:
            _, arrival = pair
            says_more = (
                arrival.state is not SubscriptionState.CONFIRMED
                or arrival.asked is not None
                or arrival.confirmed is not None
                or arrival.confirmed_ip
            )
            (others if says_more else plain).append(pair)
        self.first = number = bulk.next_number(self.db, identities)
        self.plain = len(plain)
        random = self.store.entropy(16 * len(fresh))
        people_added = [*plain, *(pair for pair in others if pair[1].state not in SUPPRESSES)]
        for mark, arrival in people_added:
            at = (number - self.first) * 16
            self.rows.identities.append((number, mark))
            self._add_person(number, arrival, random[at : at + 16])
            number += 1
        for number, (_, arrival) in enumerate(people_added[len(plain) :], self.first + len(plain)):
            for name in self.source.lists:
                self._join(number, name, arrival)
            counts[Arrived.ADDED if arrival.state is SubscriptionState.CONFIRMED else Arrived.PENDING] += 1
        number = self.first + len(people_added)
        for mark, arrival in others:
            if arrival.state in SUPPRESSES:
                self.rows.identities.append((number, mark))
                self._suppress(number, arrival)
                counts[Arrived.SUPPRESSED] += 1
                number += 1
        counts[Arrived.ADDED] += len(plain)
        bulk.numbers_used(self.db, identities, number - 1)

    def _suppress(self, number: int, arrival: Arrival) -> None:
        since = self.now if arrival.left is None else arrival.left
        for name in dict.fromkeys(suppressed_list(arrival.state, name) for name in self.source.lists):
            self.rows.suppressions.append((number, name, SUPPRESSES[arrival.state].value, since))
            self._proof(number, name, arrival)

    def _add_person(self, number: int, arrival: Arrival, person: bytes) -> None:
        since = arrival.created or arrival.asked or arrival.confirmed or self.now
        self.rows.people.append((number, person, arrival.written, arrival.name, since, arrival.tags, arrival.fields))

    def _join(self, number: int, name: str, arrival: Arrival) -> None:
        if arrival.state is SubscriptionState.CONFIRMED:
            since = arrival.confirmed or arrival.created or arrival.asked or self.now
        else:
            since = arrival.asked or arrival.created or self.now
        self.rows.memberships.append((number, name, arrival.state.value, since, 0, None, "{}"))
        self._proof(number, name, arrival)

    def _proof(self, number: int, name: str, arrival: Arrival) -> None:
        """Write into the ledger what the file proves: who asked, who confirmed, who left, as far as it tells."""
        state = arrival.state
        stays = state is SubscriptionState.CONFIRMED or state is SubscriptionState.PENDING
        if arrival.asked is not None or state is SubscriptionState.PENDING:
            at = arrival.asked or arrival.created or self.now
            self._write_down(number, name, Event.ASKED, at, arrival.asked_ip if stays else None)
        if arrival.confirmed is not None or state is SubscriptionState.CONFIRMED:
            at = arrival.confirmed or arrival.created or arrival.asked or self.now
            self._write_down(number, name, Event.CONFIRMED, at, arrival.confirmed_ip if stays else None)
        if not stays:
            self._write_down(number, name, _ENDS[state], self.now if arrival.left is None else arrival.left, None)

    def _write_down(self, number: int, name: str, event: Event, at: int, ip: str | None) -> None:
        if ip:
            self.rows.places.append((self.entry, number, ip, None))
        row = (self.entry, number, name, event.value, at, self.now, ConsentSource.IMPORT.value, None, self.note)
        self.rows.entries.append(row)
        self.entry += 1

    # Whom we know

    def _add_met(self, met: Sequence[tuple[int, Arrival]], counts: Counter[Arrived]) -> None:
        known = _known(self.db, [number for number, _ in met])
        for number, arrival in met:
            if arrival.state in SUPPRESSES:
                counts[self._gone(number, arrival, known)] += 1
                continue
            outcomes = [self._met_again(number, name, arrival, known) for name in self.source.lists]
            if number in known.people:
                self._fill_in(number, arrival, known)
            counts[min(outcomes, key=list(Arrived).index)] += 1

    def _met_again(self, number: int, name: str, arrival: Arrival, known: _Known) -> Arrived:
        if known.kept_off[number].keys() & {name, EVERY_LIST}:
            return Arrived.KEPT_OFF
        before = known.standings[number].get(name)
        after = lifecycle.taken_over(before, self._told(arrival))
        if after == before:
            gone = not isinstance(before, Confirmed | Pending)
            return Arrived.KEPT_OFF if gone else Arrived.ALREADY
        if number not in known.people:
            self._add_person(number, arrival, self.store.entropy(16))
            known.people[number] = (arrival.name, arrival.tags, arrival.fields)
        if before is None:
            self._join(number, name, arrival)
        else:
            people.put_standing(self.db, number, name, after)
            letters_answered(self.db, number, name)
            self._proof(number, name, arrival)
        return Arrived.ADDED if arrival.state is SubscriptionState.CONFIRMED else Arrived.PENDING

    def _gone(self, number: int, arrival: Arrival, known: _Known) -> Arrived:
        told, reason = self._told(arrival), SUPPRESSES[arrival.state]
        everywhere = arrival.state is not SubscriptionState.UNSUBSCRIBED
        standings = known.standings[number]
        ended = Arrived.ALREADY
        for name in standings if everywhere else self.source.lists:
            before = standings.get(name)
            after = lifecycle.taken_over(before, told)
            if before is not None and after != before:
                people.put_standing(self.db, number, name, after)
                letters_answered(self.db, number, name)
                ended = Arrived.SUPPRESSED
        for name in dict.fromkeys(suppressed_list(arrival.state, name) for name in self.source.lists):
            kept = known.kept_off[number].get(name)
            if kept is None or proof.is_stronger(reason, kept):
                proof.suppress(self.db, number, name, reason, told.since)
                ended = Arrived.SUPPRESSED
            if ended is Arrived.SUPPRESSED:
                self._proof(number, name, arrival)
        return ended

    def _told(self, arrival: Arrival) -> Standing:
        """How the file says that they stand."""
        ended = moment_at(self.now if arrival.left is None else arrival.left)
        match arrival.state:
            case SubscriptionState.CONFIRMED:
                return Confirmed(moment_at(arrival.confirmed or arrival.created or arrival.asked or self.now))
            case SubscriptionState.PENDING:
                return Pending(moment_at(arrival.asked or arrival.created or self.now))
            case SubscriptionState.UNSUBSCRIBED:
                return Unsubscribed(ended)
            case SubscriptionState.BOUNCED:
                return Bounced(ended, Bounce.HARD)
            case SubscriptionState.COMPLAINED:
                return Complained(ended)

    def _fill_in(self, number: int, arrival: Arrival, known: _Known) -> None:
        """Add what the file knows of somebody and we do not; what we know stays."""
        name, tags, fields = known.people[number]
        if arrival.tags not in ("[]", tags):
            ours = json.loads(tags)
            more = [tag for tag in json.loads(arrival.tags) if tag not in ours]
            if more:
                people.change_person(self.db, number, tags=[*ours, *more])
        if arrival.fields not in ("{}", fields):
            both = {**json.loads(arrival.fields), **(ours := json.loads(fields))}
            if both != ours:
                people.change_person(self.db, number, fields=both)
        if arrival.name and not name:
            people.change_person(self.db, number, name=arrival.name)

    # All of it

    def _write(self) -> None:
        self.rows.write(self.db)
        if self.rows.entries:
            bulk.numbers_used(self.db, ledger, self.entry - 1)
        for name in self.source.lists if self.plain else ():
            bulk.join_all(self.db, (self.first, self.first + self.plain - 1), name, self.now, self.note)


def key_of(store: Store) -> bytes:
    """The key under which people are marked who come now."""
    with store.read() as db:
        return people.keys_of(db)[0]


def _marks_told(arrivals: Sequence[Arrival], key: bytes) -> list[bytes] | None:
    """The marks that *arrivals* came with, if they are under *key*; all of a file are under one."""
    marks = [arrival.mark for arrival in arrivals if arrival.mark is not None]
    is_mine = len(marks) == len(arrivals) and marks[:1] == marks_under(key, [arrivals[0].identity])
    return marks if is_mine else None


def _known(db: Transaction, numbers: Sequence[int]) -> _Known:
    standings: dict[int, dict[str, Standing]] = defaultdict(dict)
    kept_off: dict[int, dict[str, Reason]] = defaultdict(dict)
    for row in bulk.memberships_among(db, numbers):
        standings[row[0]][row[1]] = people.standing_from(*row[2:6])
    for number, name, reason in bulk.suppressions_among(db, numbers):
        kept_off[number][name] = Reason(reason)
    rows = {row[0]: (row[3], row[5], row[6]) for row in bulk.people_among(db, numbers)}
    return _Known(rows, standings, kept_off)
