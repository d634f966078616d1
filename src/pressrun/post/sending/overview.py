"""All editions of a publication, and how far each is: planned in its file, begun in the store, or both."""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pressrun.model.edition import Edition

if TYPE_CHECKING:
    from pressrun.post.sending.dispatch import Status


class EditionPhase(enum.Enum):
    """How far an edition is, in the order in which it gets there."""

    DRAFT = "draft"
    PLANNED = "not due"
    DUE = "due, not sent"
    RUNNING = "running"
    UNFINISHED = "not finished"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class EditionStage:
    """How far an edition is; *edition* is None if its file is gone, *status* if this store never began it."""

    id: str
    stage: EditionPhase
    edition: Edition | None
    status: "Status | None"

    @property
    def date(self) -> datetime:
        """When it is due; where its file is gone, when its sending began."""
        if self.edition is not None:
            return self.edition.date
        assert self.status is not None  # an edition is in a file or in the store
        return self.status.mailing.frozen


def overview(
    editions: Sequence[Edition], statuses: Sequence["Status"], is_running: Callable[[int], bool], now: datetime
) -> list[EditionStage]:
    """Return all *editions*, and all that the store knows by *statuses*, the earliest first.

    *is_running* is asked whether a run is at work on the mailing of that number.
    """
    known = {each.mailing.id: each for each in statuses}
    files = {each.id: each for each in editions}
    found = [stage_of(key, files.get(key), known.get(key), is_running, now) for key in {**files, **known}]
    return sorted(found, key=lambda each: (each.date, each.id))


def stage_of(
    edition_id: str,
    edition: Edition | None,
    status: "Status | None",
    is_running: Callable[[int], bool],
    now: datetime,
) -> EditionStage:
    """Return how far the edition with *edition_id* is, by its file and by the store; one of the two may be missing."""
    if status is not None:
        return EditionStage(edition_id, _stage_in_store(status, is_running), edition, status)
    assert edition is not None  # it is in a file or in the store
    if edition.receipt is not None:
        stage = EditionPhase.SENT  # from another store: the receipt is all that is known here
    elif edition.draft:
        stage = EditionPhase.DRAFT
    else:
        stage = EditionPhase.PLANNED if edition.date > now else EditionPhase.DUE
    return EditionStage(edition_id, stage, edition, None)


def _stage_in_store(status: "Status", is_running: Callable[[int], bool]) -> EditionPhase:
    if is_running(status.number):
        return EditionPhase.RUNNING
    if not status.tally.is_finished:
        return EditionPhase.UNFINISHED
    return EditionPhase.WITHDRAWN if status.tally.is_withdrawn else EditionPhase.SENT
