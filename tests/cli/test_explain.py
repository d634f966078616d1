"""`pressrun explain`: the page of a code, wherever it is asked for."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable

import pytest

from pressrun.manual.codes import pages

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow


def test_it_prints_the_page_of_a_code(pressrun: Run) -> None:
    done = pressrun("explain", "picture-alt")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == pages()["picture-alt"].text
    assert "\x1b" not in done.stdout


def test_brackets_and_capitals_do_no_harm(pressrun: Run) -> None:
    assert pressrun("explain", "[Picture-Alt]").stdout == pages()["picture-alt"].text


def test_alone_it_lists_every_code_in_a_line(pressrun: Run) -> None:
    done = pressrun("explain")
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(pages())
    assert "The picture has no text for those who do not see it. (warning)" in done.stdout


def test_a_typo_is_a_wrong_command_line_and_says_what_may_be_meant(pressrun: Run) -> None:
    near, far = pressrun("explain", "pictur-alt"), pressrun("explain", "xyzzy")
    assert (near.returncode, far.returncode) == (2, 2)
    assert 'There is no code "pictur-alt". Did you mean picture-alt?' in near.stderr
    assert 'There is no code "xyzzy". pressrun explain lists all codes.' in far.stderr


def test_on_a_terminal_it_is_set_for_reading() -> None:
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60"}
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pressrun", "explain", "picture-alt"],
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment,
    )
    os.close(child)
    shown = b""
    try:
        while piece := os.read(parent, 4096):
            shown += piece
    except OSError:  # Linux says so when nobody holds the other end any more
        pass
    os.close(parent)

    assert process.wait() == 0
    text = shown.decode()
    assert "\x1b[1m" in text
    assert "**" not in text
    assert "How to mend it:" in text
