"""The poster of letters that wait: whatever happens to one of them, the others go out."""

from pathlib import Path
from typing import Any

from people import NOON, a_pending
from pressrun.confirmations import CLAIMED_FOR
from pressrun.delivery.eml import EmlTransport
from pressrun.service.poster import LONGEST_SLEEP, Poster
from pressrun.store.engine import Store


class Unforeseen:
    """Makes letters, and fails in a way that nobody thought of."""

    def envelope(self, letter: Any, _now: Any) -> Any:
        raise ValueError(f"something about {letter.address}")


def test_a_fault_of_its_own_is_told_without_anybody_and_loses_no_letter(store: Store, tmp_path: Path) -> None:
    a_pending(store)
    told: list[str] = []
    now = NOON
    poster = Poster(store, Unforeseen(), lambda: EmlTransport(tmp_path), lambda: now, told.append)  # type: ignore[arg-type]
    for _ in range(3):
        assert poster.round() == LONGEST_SLEEP
        now += CLAIMED_FOR
    assert len(told) == 3
    assert [line[:38] for line in told] == ["letters: ValueError at test_poster.py:"] * 3
    assert "reader.example" not in "".join(told)
