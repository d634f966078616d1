"""The link to the privacy policy is on every page, below every form, and in every letter that a build writes."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from builders import MASTHEAD, a_folder, a_story_file

PAGE = "https://gazette.example/privacy/"
SERVICE = "service:\n  address: https://letters.gazette.example/\n"
EDITION = "---\nid: tag:x,2020:editions/1\ntitle: Cold\ndate: 2026-05-08\nlead: first-snow\n---\nGood morning.\n"


@pytest.mark.slow
def test_a_build_links_to_it_everywhere(pressrun: Callable[..., CompletedProcess[str]], tmp_path: Path) -> None:
    files = {
        "content/publication.yaml": f"{MASTHEAD}{SERVICE}privacy: /privacy/\n",
        "content/stories/first-snow.md": a_story_file(),
        "content/editions/cold.md": EDITION,
    }
    a_folder(tmp_path, files)
    done = pressrun("build", "--now", "2026-05-12T12:00Z")
    assert done.returncode == 0, done.stderr
    pages = [path for path in (tmp_path / "public").rglob("*.html") if "http-equiv" not in path.read_text("utf-8")]
    assert len(pages) > 2
    for path in pages:
        assert f'<a href="{PAGE}">Privacy</a>' in path.read_text("utf-8"), path
    form = (tmp_path / "public/subscribe/index.html").read_text("utf-8")
    assert f'How we use your address: <a href="{PAGE}">Privacy policy</a>' in form
    letters = {path.suffix: path.read_text("utf-8") for path in (tmp_path / "outbox").rglob("newsletter.*")}
    assert f"Privacy: {PAGE}" in letters[".txt"]
    assert f'href="{PAGE}"' in letters[".html"]
