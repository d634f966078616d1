"""`pressrun schema`: what it prints, and that it prints the same every time."""

import json
import subprocess
from collections.abc import Callable

import pytest

from pressrun.desk.authoring.schema import KINDS

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bytes_are_printed_every_time(pressrun: Run, kind: str) -> None:
    first, second = (pressrun("schema", kind, PYTHONHASHSEED=seed) for seed in ("1", "2"))

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    assert json.loads(first.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_of_something_else_there_is_no_schema(pressrun: Run) -> None:
    done = pressrun("schema", "letter")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'story', 'edition', 'publication'" in done.stderr
