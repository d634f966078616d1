"""A store that was restored from a backup: noticed by a counter outside of it, and accepted by a person.

Whoever restores a store ends with `accept`, however they restored it.
"""

from dataclasses import dataclass
from datetime import datetime

from pressrun.circulation.store import claiming, deliveries, history
from pressrun.circulation.store.counterfile import CounterFile
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.runs import only_run
from pressrun.model.delivery import LEFT
from pressrun.model.problems import StoreError
from pressrun.post.sending.dispatch import LOST

RESTORED = "the store was restored from a backup, and nobody knows what was sent after it was made"
WAY_OUT = (
    "Bring the newer store back. Or accept this one, so that nobody gets an edition twice: pressrun store accept-backup"
)


class OlderStore(StoreError):
    """The store is older than what was sent from it."""

    def __init__(self, evidence: str) -> None:
        super().__init__(f"this store is older than what was sent from it: {evidence}. Nothing was sent. {WAY_OUT}")


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many deliveries of *edition*, an id, became unknown because a backup was accepted."""

    edition: str
    unknown: int


def refuse_older(store: Store, counter: CounterFile) -> None:
    """Raise OlderStore where *counter* knows of more than *store* does, and StoreError where it is damaged."""
    known = counter.read()
    if known is None:
        return
    with store.read() as db:
        here = history.point_of(db)
        is_of_before = history.has_been(db, known.token)
    if known.token == here.token and known.claims > here.claims:
        raise OlderStore(f"{counter.path} counts {known.claims:,} attempts, and the store {here.claims:,}")
    if known.token != here.token and not is_of_before:
        raise OlderStore(f"{counter.path} counts attempts that this store has never heard of")


def is_newest(store: Store, counter: CounterFile) -> bool:
    """Return whether `refuse_older` has nothing against *store*."""
    try:
        refuse_older(store, counter)
    except StoreError:
        return False
    return True


def left_open(store: Store) -> list[Accepted]:
    """Return what `accept` would change now, edition by edition."""
    return [Accepted(edition, left) for _, edition, left in _open(store)]


def accept(store: Store, counter: CounterFile, now: datetime) -> list[Accepted]:
    """Settle what a restored *store* cannot know, and let *counter* go on from it; what that changed.

    Whoever is planned, claimed, or deferred for an edition may have got it after the backup was made: they are unknown
    from then on, so that no run sends it to them by itself. Raises Busy, having changed less, where a run is at work.
    """
    accepted = []
    for number, edition, _ in _open(store):
        with only_run(store, number) as run, run.turn() as db:
            unknown = claiming.put_in_doubt(db, number, now, LOST) + claiming.put_unknown(db, number, now, RESTORED)
        accepted.append(Accepted(edition, unknown))
    with store.write() as db:
        point = history.begin_anew(db, store.entropy(16).hex())
    counter.write(point, anew=True)
    return accepted


def _open(store: Store) -> list[tuple[int, str, int]]:
    """The editions that somebody may still get: the number, the id, and how many those are."""
    with store.read() as db:
        found = [(number, mailing.id, deliveries.tally(db, number)) for number, mailing in deliveries.mailings(db)]
    return [(number, edition, tally.count(*LEFT)) for number, edition, tally in found if tally.count(*LEFT)]
