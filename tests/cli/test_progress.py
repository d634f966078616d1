"""How far a run is, on a terminal and elsewhere."""

import io
import re

import pytest
from rich.console import Console

from pressrun.cli.progress import ROOM, shown_progress

REASON = "20 letters in a row were not accepted, the last refused (554 5.7.1 Blocked)"


def a_screen(width: int, *, is_terminal: bool = True) -> Console:
    return Console(
        file=io.StringIO(), width=width, force_terminal=is_terminal, soft_wrap=True, highlight=False, color_system=None
    )


def told(screen: Console) -> list[str]:
    """The lines on *screen*, one for each time that one was written, without what moves its cursor."""
    assert isinstance(screen.file, io.StringIO)
    plain = re.sub(r"\x1b\[[\d?]*[a-zA-Z]", "", screen.file.getvalue())
    return [line.rstrip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


@pytest.mark.parametrize("width", [40, 60, 200])
def test_a_bar_leaves_room_for_what_a_terminal_writes_at_ctrl_c(width: int) -> None:
    screen = a_screen(width)
    with shown_progress(2_000, screen) as progress:
        progress.advance(100)
    bars = [line for line in told(screen) if line.startswith("Sending")]
    assert bars
    assert max(map(len, bars)) <= width - ROOM
    assert "100/2000" in bars[-1]


def test_a_wait_is_told_with_its_reason_and_its_end() -> None:
    screen = a_screen(80)
    with shown_progress(50, screen) as progress:
        progress.advance(20)
        progress.pause(REASON, 120)
        progress.advance(1)
    assert f"Waiting for 2 minutes, then one letter is tried: {REASON}" in told(screen)
    assert told(screen)[-1].startswith("Sending")


@pytest.mark.parametrize("width", [45, 80])
def test_a_bar_counts_the_wait_down(width: int) -> None:
    screen = a_screen(width)
    with shown_progress(50, screen) as progress:
        progress.pause(REASON, 120)
    assert re.search(r"Waiting .* 0/50 +one letter in 2:00$", told(screen)[-1])


def test_where_nobody_looks_only_reasons_are_told() -> None:
    screen = a_screen(80, is_terminal=False)
    with shown_progress(50, screen) as progress:
        progress.advance(20)
        progress.pause(REASON, 60)
        progress.advance(0)
    assert told(screen) == [f"Waiting for 1 minute, then one letter is tried: {REASON}"]
