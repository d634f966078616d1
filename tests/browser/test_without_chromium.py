"""Where there is no Chromium the proof is left out, which is said; but never where it is relied on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROOF = Path(__file__).with_name("test_letters.py")


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "outcome", "status"), [("", "skipped", 0), ("true", "error", 1)])
def test_a_missing_browser_is_a_skip_at_home_and_a_failure_in_ci(
    ci: str, outcome: str, status: int, tmp_path: Path
) -> None:
    environment = {**os.environ, "CI": ci, "PATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-k", "mirrored", "-p", "no:cacheprovider", str(PROOF)],
        env=environment, capture_output=True, text=True, check=False, cwd=PROOF.parents[2],
    )  # fmt: skip
    assert run.returncode == status
    assert f"1 {outcome}" in run.stdout
    assert "there is no Chromium" in run.stdout
