"""Which identity an address is: found by its marks, also by those of the rule that folded mailboxes together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from pressrun.circulation.store import proof
from pressrun.circulation.store.people import unless_there
from pressrun.circulation.store.tables import folded, identities, people, suppressions
from pressrun.model.consent import Reason, Suppression
from pressrun.model.mailaddress import identity_of
from pressrun.model.marks import Marks


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """What a store knows of an address: the number of its *own* identity, and those of identities that it *shares*.

    A shared one has a folded mark. It is of another mailbox, or of somebody who was erased, and nobody can tell who of
    several it was. What keeps it off lists counts for this address as well; nothing in it may be changed for it.
    """

    own: int | None
    shared: tuple[int, ...]


def found(connection: Connection, marks: Marks) -> KnownAddress:
    """Return what is known of the address with *marks*."""
    build_request = select(identities.c.mark, identities.c.number).where(
        identities.c.mark.in_((*marks.exact, *marks.folded))
    )
    numbers = {bytes(row.mark): row.number for row in connection.execute(build_request)}
    if not numbers:
        return KnownAddress(None, ())
    here = people.c.number.in_(numbers.values())
    living = {
        row.number: row.address for row in connection.execute(select(people.c.number, people.c.address).where(here))
    }
    return found_among(marks, numbers, living)


def found_among(marks: Marks, numbers: Mapping[bytes, int], living: Mapping[int, str]) -> KnownAddress:
    """Return what is known of the address with *marks*, given the *numbers* of identities by their marks.

    *living* are the addresses of those of them whose person is here.
    """
    own = {numbers[mark] for mark in marks.exact if mark in numbers}
    shared = []
    for number in sorted({numbers[mark] for mark in marks.folded if mark in numbers}):
        if number in living and identity_of(living[number]) == marks.identity:
            own.add(number)
        else:
            shared.append(number)
    # Keys that came with imports may know an address more than once: the person counts before what is left of one.
    return KnownAddress(min(own, key=lambda number: (number not in living, number), default=None), tuple(shared))


def own(connection: Connection, marks: Marks) -> int | None:
    """Return the number of the identity of the address, which nobody else changes until the transaction ends."""
    number = found(connection, marks).own
    if number is not None:
        _lock(connection, number)
    return number


def made(connection: Connection, marks: Marks) -> int:
    """Return the same; it is made where there is none, and is kept off all that its shared identities are kept off."""
    known = found(connection, marks)
    if known.own is not None:
        _lock(connection, known.own)
        return known.own
    added = connection.execute(unless_there(connection, identities).values(mark=marks.exact[0]))
    # Whoever came first has it, and we waited for them.
    build_request = select(identities.c.number).where(identities.c.mark == marks.exact[0]).with_for_update()
    number: int = connection.execute(build_request).scalar_one()
    if added.rowcount:
        for each in noes_of(connection, known.shared):
            proof.suppress(connection, number, each.list, each.reason, each.since)
    return number


def _lock(connection: Connection, number: int) -> None:
    connection.execute(select(identities.c.number).where(identities.c.number == number).with_for_update())


def noes_of(connection: Connection, shared: Sequence[int]) -> list[Suppression]:
    """Return what keeps the identities *shared* off lists, and so every mailbox that has their marks.

    Of several for one list, it is the strongest.
    """
    if not shared:
        return []
    strongest: dict[str, Suppression] = {}
    rows = select(suppressions).where(suppressions.c.identity.in_(shared)).order_by(suppressions.c.list)
    for row in connection.execute(rows):
        each = Suppression(row.list, Reason(row.reason), row.since)
        kept = strongest.get(each.list)
        if kept is None or proof.is_stronger(each.reason, kept.reason):
            strongest[each.list] = each
    return list(strongest.values())


def without_person(connection: Connection, numbers: Sequence[int]) -> list[int]:
    """Return those of the identities *numbers* whose person is not here."""
    here = select(people.c.number).where(people.c.number.in_(numbers)) if numbers else None
    living = set(connection.execute(here).scalars()) if here is not None else set()
    return [number for number in numbers if number not in living]


def any_folded(connection: Connection) -> bool:
    """Return whether any identity has a folded mark."""
    return connection.execute(select(folded.c.identity).limit(1)).first() is not None


def leave_noes(connection: Connection, number: int) -> None:
    """Have what keeps the identity *number* off lists go on to count for every mailbox that has its folded mark.

    The mark and the noes come into an identity without a person, and the identity *number* has no mark any more that
    anybody has: the caller gives it another one.
    """
    here = identities.c.number == number
    before = connection.execute(select(identities.c.mark).where(here)).scalar_one()
    connection.execute(update(identities).where(here).values(mark=b"%d" % number))  # shorter than any mark
    kept = connection.execute(insert(identities).values(mark=before)).inserted_primary_key
    assert kept is not None
    connection.execute(insert(folded).values(identity=kept[0]))
    for each in noes_of(connection, [number]):
        proof.suppress(connection, kept[0], each.list, each.reason, each.since)
