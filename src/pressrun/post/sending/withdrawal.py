"""An edition that is withdrawn: nobody gets it who has not got it, for good."""

from datetime import datetime
from pathlib import Path

from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.runs import only_run
from pressrun.post.sending import backups, dispatch, receipts
from pressrun.post.sending.dispatch import Status
from pressrun.settings.counter import counter_of


def withdraw(source: Path, store: Store, known: Status, now: datetime) -> Status:
    """Exclude everybody who is planned or deferred for the edition *known*, in one transaction; return how far it is.

    What a dead run had in hand becomes unknown. The edition's file in *source* says whether it reached anybody.
    Raises Busy where a run is at work on it.
    """
    with only_run(store, known.number) as run, counter_of(store) as counter:
        # Nothing is sent by this. What the counter knows of a newer store stays, so that a send is refused.
        remembered = counter.write if backups.is_newest(store, counter) else lambda _point: None
        dispatch.withdraw(run, known.number, now, remembered)
    after = dispatch.status(store, known.mailing.id)
    assert after is not None  # it was there before
    receipts.note_whether_reached(source, after)
    return after
