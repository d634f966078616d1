"""How far each edition is, by its file and by the store."""

from dataclasses import replace

import pytest

from builders import an_edition_as_read, an_edition_file
from people import DAY, NOON
from pressrun.model.delivery import DeliveryState, Exclusion, Mailing, Tally
from pressrun.model.edition import Edition, Receipt
from pressrun.post.sending.dispatch import Status
from pressrun.post.sending.overview import EditionPhase, overview, stage_of

SPRING = an_edition_as_read(an_edition_file())
RECEIPT = Receipt(SPRING.id, "0123456789abcdef", ("weekly",), NOON)


def a_status(number: int = 1, edition: str = SPRING.id, withdrawn: int = 0, **outcomes: int) -> Status:
    states = {DeliveryState(word): count for word, count in outcomes.items()}
    excluded = {Exclusion.WITHDRAWN: withdrawn} if withdrawn else {}
    return Status(number, Mailing(edition, "a" * 32, ("weekly",), NOON), Tally(states, excluded), None)


@pytest.mark.parametrize(
    ("edition", "stage"),
    [
        (replace(SPRING, draft=True), EditionPhase.DRAFT),
        (replace(SPRING, date=NOON + DAY), EditionPhase.PLANNED),
        (replace(SPRING, date=NOON), EditionPhase.DUE),
        (replace(SPRING, draft=True, sent=RECEIPT), EditionPhase.SENT),
        (replace(SPRING, sent=replace(RECEIPT, id="tag:copied")), EditionPhase.DUE),
    ],
)
def test_what_the_store_does_not_know_is_as_its_file_says(edition: Edition, stage: EditionPhase) -> None:
    assert stage_of(SPRING.id, edition, None, lambda _: False, NOON).stage is stage


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        (a_status(accepted=1, planned=1), EditionPhase.UNFINISHED),
        (a_status(accepted=1, unknown=1), EditionPhase.UNFINISHED),
        (a_status(accepted=1, refused=1), EditionPhase.SENT),
        (a_status(accepted=1, excluded=1, withdrawn=1), EditionPhase.WITHDRAWN),
        (a_status(unknown=1, excluded=1, withdrawn=1), EditionPhase.UNFINISHED),
    ],
)
def test_what_the_store_knows_counts_for_more_than_the_file(status: Status, stage: EditionPhase) -> None:
    found = stage_of(SPRING.id, replace(SPRING, draft=True), status, lambda _: False, NOON)
    assert found.stage is stage
    running = stage_of(SPRING.id, SPRING, status, lambda number: number == status.number, NOON)
    assert running.stage is EditionPhase.RUNNING


def test_all_are_listed_once_the_earliest_first_also_those_whose_file_is_gone() -> None:
    june = replace(SPRING, id="june", date=NOON + DAY)
    gone = a_status(2, "gone", accepted=1)
    found = overview([june, SPRING], [a_status(accepted=1), gone], lambda _: False, NOON)
    assert [(each.id, each.stage) for each in found] == [
        (SPRING.id, EditionPhase.SENT),
        ("gone", EditionPhase.SENT),
        ("june", EditionPhase.PLANNED),
    ]
    assert found[1].edition is None
    assert found[1].date == NOON
