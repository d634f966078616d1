"""Why someone gets nothing of an edition: a case for every reason."""

import pytest

from pressrun.circulation.store.claiming import Candidate
from pressrun.model.delivery import Exclusion
from pressrun.model.subscriber import PersonId
from pressrun.post.sending.exclusions import why_not


def a_reader(reason: Exclusion | None) -> Candidate:
    return Candidate(PersonId("p1"), "ada@readers.example", "Ada", "weekly", reason)


@pytest.mark.parametrize("reason", Exclusion)
def test_the_reason_that_the_store_knows_counts(reason: Exclusion) -> None:
    assert why_not(a_reader(reason)) is reason


def test_without_a_reason_it_is_the_address() -> None:
    assert why_not(a_reader(None)) is Exclusion.ADDRESS


def test_a_person_whom_the_store_does_not_know_was_erased() -> None:
    assert why_not(None) is Exclusion.ERASED
