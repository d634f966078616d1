"""The local rules of SpamAssassin find nothing against a newsletter as Pressrun makes it."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
SAMPLE = Path(__file__).parents[2]
RULE = re.compile(r"^\s*(-?\d+\.\d) ([A-Z][A-Z0-9_]+) ", re.MULTILINE)


def rules_against(letter: Path, home: Path) -> dict[str, float]:
    """Return the rules that count against the *letter*, with their points; no network is asked."""
    command = ["spamassassin", "--local", "--test-mode", "--prefspath", str(home / "preferences")]
    done = subprocess.run(
        command,
        input=letter.read_text("utf-8"),
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=True,
    )
    report = done.stdout[done.stdout.index("Content analysis details:") :]
    return {name: float(points) for points, name in RULE.findall(report) if float(points) > 0}


@pytest.mark.parametrize("start", ["new", "sample"])
def test_no_rule_counts_against_a_newsletter(
    start: str, tmp_path: Path, pressrun: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """The hidden preheader of 1 pixel, in the color of its background, once cost 1.7 points."""
    if shutil.which("spamassassin") is None and not os.environ.get("CI"):
        pytest.skip("SpamAssassin is not installed: apt-get install spamassassin")
    source = SAMPLE if start == "sample" else tmp_path / "gazette"
    if start == "new":
        assert pressrun("new", source).returncode == 0
    built = pressrun("build", "-C", source, "--destination", tmp_path / "out", "--no-cache")
    assert built.returncode == 0, built.stderr
    (letter,) = (tmp_path / "out").rglob("newsletter.eml")
    assert rules_against(letter, tmp_path) == {}
