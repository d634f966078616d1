"""What an export of Pressrun's own holds, back in a store.

Into an empty one it comes exactly as it was, into another one by the same moves that any file makes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from pressrun.circulation.confirmations import letters_answered
from pressrun.circulation.intake import Arrived
from pressrun.circulation.store import bulk, people, proof
from pressrun.circulation.store import identities as known_identities
from pressrun.circulation.store.engine import Entropy, Store, Transaction
from pressrun.circulation.store.people import as_json
from pressrun.circulation.store.tables import identities, ledger, letters
from pressrun.circulation.subscribers import lifecycle
from pressrun.circulation.subscribers.moments import moment_kept
from pressrun.circulation.subscribers.records import FOLDED, Record
from pressrun.circulation.subscribers.suppression import marks_of
from pressrun.model.consent import EVERY_LIST, Reason, Suppression
from pressrun.model.marks import Marks
from pressrun.model.moments import moment_at
from pressrun.model.subscriber import (
    Bounce,
    Bounced,
    Complained,
    Confirmed,
    Pending,
    Person,
    Standing,
    Unsubscribed,
)

BATCH = 5_000


def restore(store: Store, records: Iterable[Record]) -> Iterator[Counter[Arrived]]:
    """Return what became of each batch of *records*, as `records_in` gives them, once it is kept.

    Whoever is here already stays as they are, but for ends that the file tells of.
    """
    remaining = iter(records)
    file = _File()
    while batch := list(islice(remaining, BATCH)):
        with store.write() as db:
            counts = _Restored(db, store.entropy, file).taken(batch)
        yield counts
    with store.write() as db:
        reunited = _reunited(db, file)
    yield Counter({Arrived.SUPPRESSED: reunited})


@dataclass(slots=True)
class _File:
    """What a whole file tells: the *noes* by their marks, of people of whom nothing else is left, and who is in it.

    Identities from the number *first* on are new here.
    """

    first: int | None = None
    noes: dict[bytes, int] = field(default_factory=dict)
    folded_noes: dict[bytes, int] = field(default_factory=dict)
    met: set[int] = field(default_factory=set)


def _reunited(db: Transaction, file: _File) -> int:
    """Have the noes of *file* count for people who are here; how many people that met.

    Somebody who was erased in one store is a mark alone, and may be here under another key, or by another rule. A mark
    by the folded rule may be of several mailboxes, and counts for each that the file itself does not have.
    """
    if not (file.first and (file.noes or file.folded_noes)):
        return 0
    keys = people.keys_of(db)
    bulk.stand_alone(db)
    found = []
    for number, address in bulk.addresses(db, before=file.first):
        marks = marks_of(address, keys)
        theirs = {file.noes[mark] for mark in marks.exact if mark in file.noes} - {number}
        found += [(number, other, True) for other in theirs]
        if number not in file.met:
            shared = {file.folded_noes[mark] for mark in marks.folded if mark in file.folded_noes} - {number}
            found += [(number, other, False) for other in shared]
    for number, other, is_theirs in found:
        for each in proof.suppressions_of(db, other):
            _keep_off(db, number, each)
            if is_theirs:
                proof.lift(db, other, each.list, Reason)
    return len({number for number, *_ in found})


def _keep_off(db: Transaction, number: int, suppression: Suppression) -> None:
    """Keep *number* off what *suppression* is about, and end what they have to do with it."""
    proof.suppress(db, number, suppression.list, suppression.reason, suppression.since)
    known = people.person_at(db, number)
    for each in known.memberships if known else ():
        after = lifecycle.taken_over(each.standing, _END[suppression.reason](suppression.since))
        if suppression.list in (EVERY_LIST, each.list) and after != each.standing:
            people.put_standing(db, number, each.list, after)
            letters_answered(db, number, each.list)


_END: Mapping[Reason, Callable[[datetime], Standing]] = {
    Reason.LEFT: Unsubscribed,
    Reason.ERASED: Unsubscribed,
    Reason.BOUNCED: lambda since: Bounced(since, Bounce.HARD),
    Reason.COMPLAINED: Complained,
}


@dataclass(slots=True)
class _Restored:
    """One batch on its way; rows of people who are new here are added at the end."""

    db: Transaction
    entropy: Entropy
    file: _File
    rows: bulk.Gathered = field(default_factory=bulk.Gathered)
    numbers: dict[bytes, int] = field(default_factory=dict)  # of identities, by their marks
    living: dict[int, str] = field(default_factory=dict)  # the addresses of people, by their numbers

    def taken(self, records: list[Record]) -> Counter[Arrived]:
        """Keep *records*."""
        bulk.stand_alone(self.db)
        for record in records:
            if record["record"] == "store":
                self._keys(record)
        keys = people.keys_of(self.db)
        ours = [record for record in records if record["record"] != "store"]
        marked = [marks_of(record["address"], keys) if record["record"] == "person" else None for record in ours]
        self._look_up(ours, marked)
        first = number = bulk.next_number(self.db, identities)
        self.file.first = first if self.file.first is None else self.file.first
        entry, letter = bulk.next_number(self.db, ledger), bulk.next_number(self.db, letters)
        counts: Counter[Arrived] = Counter()
        for record, marks in zip(ours, marked, strict=True):
            known = self._known(record, marks)
            if known is not None and known < first:
                self._noted(known, record)
                counts[self._met(known, record)] += 1
                continue
            if known is not None:  # twice in one file
                counts[Arrived.ALREADY] += 1
                continue
            self._noted(number, record)
            self.rows.identities.append((number, bytes.fromhex(record["mark"])))
            if record.get("rule") == FOLDED:
                self.rows.folded.append((number,))
            self.numbers |= dict.fromkeys((bytes.fromhex(record["mark"]), *(marks.exact if marks else ())), number)
            if marks is not None:
                self.living[number] = record["address"]
            entry, letter = self._fresh(number, record, entry, letter)
            counts[Arrived.ADDED if record["record"] == "person" else Arrived.SUPPRESSED] += 1
            number += 1
        self.rows.write(self.db)
        for table, last in ((identities, number), (ledger, entry), (letters, letter)):
            if last > 1:
                bulk.numbers_used(self.db, table, last - 1)
        return counts

    def _look_up(self, records: Sequence[Record], marked: Sequence[Marks | None]) -> None:
        """Find those of *records* who are here; whoever shares a mark that is kept off lists gets one of their own."""
        build_request = [bytes.fromhex(record["mark"]) for record in records]
        build_request += [mark for marks in marked if marks for mark in (*marks.exact, *marks.folded)]
        self.numbers = bulk.numbers_of(self.db, list(dict.fromkeys(build_request)))
        rows = bulk.people_among(self.db, list(set(self.numbers.values())))
        self.living = {row[0]: row[2] for row in rows}
        for marks in filter(None, marked):
            known = known_identities.found_among(marks, self.numbers, self.living)
            others = [number for number in known.shared if self.file.first is None or number < self.file.first]
            if known.own is None and known_identities.noes_of(self.db, others):
                self.numbers[marks.exact[0]] = known_identities.made(self.db, marks)

    def _known(self, record: Record, marks: Marks | None) -> int | None:
        if marks is None:
            return self.numbers.get(bytes.fromhex(record["mark"]))
        return known_identities.found_among(marks, self.numbers, self.living).own

    def _noted(self, number: int, record: Record) -> None:
        """Have the whole file know of *record*, which is of the identity *number*."""
        if record["record"] == "person":
            self.file.met.add(number)
        elif record["suppressions"]:
            noes = self.file.folded_noes if record.get("rule") == FOLDED else self.file.noes
            noes[bytes.fromhex(record["mark"])] = number

    def _keys(self, record: Record) -> None:
        """Marks are of use under their key only: an empty store takes the key over, another one has one more."""
        bulk.add_keys(self.db, [bytes.fromhex(key) for key in record["keys"]])
        bulk.add_wordings(self.db, list(record["wordings"].items()))

    def _fresh(self, number: int, record: Record, entry: int, letter: int) -> tuple[int, int]:
        """Keep *record* as it is; the numbers of the next entry and of the next letter."""
        if record["record"] == "person":
            person, since = bytes.fromhex(record["id"]), moment_kept(record["since"])
            tags, fields = as_json(record["tags"]), as_json(record["fields"])
            self.rows.people.append((number, person, record["address"], record["name"], since, tags, fields))
            self.rows.memberships += [_membership_row(number, each) for each in record["lists"]]
            for each in record["letters"]:
                self.rows.letters.append((letter, number, *_letter_row(each)))
                letter += 1
        for each in record["suppressions"]:
            self.rows.suppressions.append((number, each["list"], each["reason"], moment_kept(each["since"])))
        for each in record["consent"]:
            self.rows.entries.append((entry, number, *_entry_row(each)))
            if "ip" in each or "agent" in each:
                self.rows.places.append((entry, number, each.get("ip"), each.get("agent")))
            entry += 1
        return entry, letter

    def _met(self, number: int, record: Record) -> Arrived:
        """Somebody who is known here already: an end that the file tells of holds, a beginning only if nothing speaks
        against it; the ledger gets what it does not have.
        """
        outcome = Arrived.ALREADY
        kept_off = {each.list: each for each in proof.suppressions_of(self.db, number)}
        for each in record["suppressions"]:
            told = Suppression(each["list"], Reason(each["reason"]), moment_at(moment_kept(each["since"])))
            if each["list"] not in kept_off or proof.is_stronger(told.reason, kept_off[each["list"]].reason):
                _keep_off(self.db, number, told)
                outcome = Arrived.SUPPRESSED
        for each in record.get("lists", ()):
            before = people.standing_at(self.db, number, each["list"])
            told_of = people.standing_from(*_membership_row(number, each)[2:6])
            after = lifecycle.taken_over(before, told_of)
            comes = isinstance(told_of, Confirmed | Pending)
            if comes and kept_off.keys() & {each["list"], EVERY_LIST}:
                outcome = Arrived.KEPT_OFF if outcome is Arrived.ALREADY else outcome
            elif after != before:
                self._here(number, record)
                people.put_standing(self.db, number, each["list"], after)
                letters_answered(self.db, number, each["list"])
                outcome = Arrived.ADDED if comes else Arrived.SUPPRESSED
        kept = bulk.entries_among(self.db, number)
        self._added_entries(number, [row for each in record["consent"] if (row := _entry_row(each)) not in kept])
        return outcome

    def _here(self, number: int, record: Record) -> None:
        """Have there be a person with the identity *number*, of whom a mark alone was left or came with a file."""
        if people.person_at(self.db, number) is None:
            known = people.number_seen(self.db, record["id"])
            person = Person(
                record["id"] if known is None else self.entropy(16).hex(),
                record["address"],
                moment_at(moment_kept(record["since"])),
                record["name"],
                tuple(record["tags"]),
                record["fields"],
            )
            people.add_person(self.db, number, person)

    def _added_entries(self, number: int, rows: bulk.Rows) -> None:
        bulk.add_entries(self.db, [(number, *row) for row in rows])


def _membership_row(number: int, record: Record) -> tuple[int, str, str, int, int, int | None, str]:
    bounced = moment_kept(record["bounced"]) if "bounced" in record else None
    preferences = as_json(record.get("preferences", {}))
    since = moment_kept(record["since"])
    return (number, record["list"], record["state"], since, record.get("bounces", 0), bounced, preferences)


def _entry_row(record: Record) -> tuple[str, str, int, int, str, str | None, str | None]:
    at, recorded = moment_kept(record["at"]), moment_kept(record["recorded"])
    wording, note = record.get("wording"), record.get("note")
    return (record["list"], record["event"], at, recorded, record["way"], wording, note)


def _letter_row(record: Record) -> tuple[str, int, int, int | None, int | None, str, None, None]:
    """Return the row of a letter that nobody has in hand, and that was not counted here."""
    queued = moment_kept(record["queued"])
    next_try, posted = (moment_kept(record[name]) if name in record else None for name in ("next_try", "posted"))
    return (as_json(record["lists"]), queued, record["attempts"], next_try, posted, record["kind"], None, None)
