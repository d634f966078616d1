"""`pressrun check`: what a person sees, and what a script goes by."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import a_folder, a_story_file

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow
NOW = ("--now", "2026-05-12T12:00Z")
ID = "tag:gazette.example,2020:stories/2026-05-01/thaw"
UNMINTED = a_story_file(id="")


def test_nothing_to_complain_about_is_said_in_a_line(pressrun: Run, tmp_path: Path) -> None:
    future = a_story_file(id="later", date="2026-06-01")
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(), "content/stories/later.md": future})
    done = pressrun("check", *NOW)
    ahead = pressrun("check", "--future", "--drafts", *NOW)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 story, 0 editions, 1 held back: nothing to complain about.\n"
    assert ahead.stdout == "2 stories, 0 editions: nothing to complain about.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["content"]


def test_an_error_ends_with_one_and_a_warning_with_nought(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(summry="x")})
    warned = pressrun("check", *NOW)
    a_folder(tmp_path, {"content/stories/ferry.md": UNMINTED, "content/stories/pass.md": "Nothing.\n"})
    wrong = pressrun("check", *NOW)

    assert (warned.returncode, warned.stdout) == (0, "1 warning.\n")
    assert (wrong.returncode, wrong.stdout) == (1, "2 errors and 1 warning.\n")
    assert "content/stories/ferry.md:2:8: error: this has no id of its own yet" in wrong.stderr


def test_a_folder_without_a_publication_is_an_error(pressrun: Run) -> None:
    done = pressrun("check")
    assert (done.returncode, done.stdout) == (1, "1 error.\n")
    assert "there is no publication here" in done.stderr


def test_fix_writes_ids_and_then_checks(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED})
    first = pressrun("check", "--fix", *NOW)
    text = (tmp_path / "content/stories/thaw.md").read_text()
    second = pressrun("check", "--fix", *NOW)

    line = "1 story, 0 editions: nothing to complain about.\n"
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == f"content/stories/thaw.md: id: {ID}\n{line}"
    assert text == UNMINTED.replace("---\n", f"---\nid: {ID}\n", 1)
    assert (second.returncode, second.stdout) == (0, line)
    assert (tmp_path / "content/stories/thaw.md").read_text() == text


def test_diff_shows_what_fix_would_do_and_does_nothing(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED})
    shown = pressrun("check", "--fix", "--diff", *NOW)

    assert shown.returncode == 1
    assert shown.stdout.splitlines()[:5] == [
        "--- a/content/stories/thaw.md",
        "+++ b/content/stories/thaw.md",
        "@@ -1,4 +1,5 @@",
        " ---",
        f"+id: {ID}",
    ]
    assert shown.stderr == "1 file to fix. 1 story, 0 editions: nothing to complain about.\n"
    assert (tmp_path / "content/stories/thaw.md").read_text() == UNMINTED

    pressrun("check", "--fix", *NOW)
    done = pressrun("check", "--fix", "--diff", *NOW)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_cannot_be_fixed_is_told_and_the_rest_is_fixed(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED, "content/stories/pass.md": "Nothing.\n"})
    done = pressrun("check", "--fix", *NOW)

    assert done.returncode == 1
    assert done.stdout == f"content/stories/thaw.md: id: {ID}\n1 error.\n"
    assert "content/stories/pass.md:1:1: error: front matter is missing" in done.stderr
    assert (tmp_path / "content/stories/pass.md").read_text() == "Nothing.\n"


def test_diff_alone_is_a_wrong_command_line(pressrun: Run) -> None:
    done = pressrun("check", "--diff")
    assert done.returncode == 2
    assert "--diff shows what --fix would change; write both." in done.stderr
