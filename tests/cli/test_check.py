"""`pressrun check`: what a person sees, and what a script goes by."""

import json
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
    future = a_story_file(id="later", title="Later", date="2026-06-01")
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
    unminted = a_story_file(id="", title="The ferry")
    a_folder(tmp_path, {"content/stories/ferry.md": unminted, "content/stories/pass.md": "Nothing.\n"})
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


# For machines, and for gates


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_document_stands_alone_on_standard_output(pressrun: Run, tmp_path: Path, form: str) -> None:
    a_folder(tmp_path / "docs/news", {"content/stories/thaw.md": UNMINTED})
    done = pressrun("check", "-C", "docs/news", "--format", form, *NOW)
    fixed = pressrun("check", "-C", "docs/news", "--format", form, "--fix", *NOW)

    assert (done.returncode, done.stderr) == (1, "1 error.\n")
    assert "docs/news/content/stories/thaw.md" in done.stdout
    assert isinstance(json.loads(done.stdout), dict)
    assert fixed.returncode == 0
    assert isinstance(json.loads(fixed.stdout), dict)
    assert fixed.stderr.startswith(f"content/stories/thaw.md: id: {ID}\n")


def test_github_sees_files_from_the_root_of_the_repository(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path / "docs/news", {"content/stories/thaw.md": UNMINTED})
    (tmp_path / ".git").mkdir()
    done = pressrun("check", "--format", "github", *NOW, cwd=tmp_path / "docs/news")
    sound = pressrun("check", "--format", "github", "--ignore", "id-not-minted", *NOW, cwd=tmp_path / "docs/news")

    assert done.stdout.startswith("::error file=docs/news/content/stories/thaw.md,line=2,col=8,")
    assert (sound.returncode, sound.stdout) == (0, "")
    assert sound.stderr == "1 story, 0 editions: nothing to complain about.\n"


def test_people_are_told_where_to_read_on_once(pressrun: Run, tmp_path: Path) -> None:
    stories = {f"content/stories/{name}.md": a_story_file(id=name, summry="x") for name in "ab"}
    a_folder(tmp_path / "news", stories)
    done = pressrun("check", "-C", "news", *NOW)

    assert done.stderr.startswith("news/content/stories/a.md:")
    assert done.stderr.count("pressrun explain") == 1
    assert done.stderr.endswith("\n\npressrun explain near-miss tells more.\n")


def test_strict_fails_on_warnings_and_not_on_hints(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(pubDate="2026-05-01")})
    assert pressrun("check", "--strict", *NOW).returncode == 0
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(summry="x")})
    assert pressrun("check", *NOW).returncode == 0
    assert pressrun("check", "--strict", *NOW).returncode == 1


def test_codes_are_chosen_by_name_by_comma_and_by_star(pressrun: Run, tmp_path: Path) -> None:
    picture = "\n![](https://pictures.example/a.png)\n"
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(summry="x", id="") + picture})

    def told(*arguments: str) -> list[str]:
        done = pressrun("check", "--format", "json", *arguments, *NOW)
        return [finding["code"] for finding in json.loads(done.stdout)["findings"]]

    assert told() == ["id-not-minted", "near-miss", "picture-alt"]
    assert told("--select", "picture-*,near-miss") == ["near-miss", "picture-alt"]
    assert told("--select", "picture-alt", "--select", "near-miss") == ["near-miss", "picture-alt"]
    assert told("--ignore", "id-*", "--ignore", "near-miss") == ["picture-alt"]
    assert told("--select", "picture-*", "--ignore", "picture-alt") == []


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_code_is_a_wrong_command_line(pressrun: Run, option: str) -> None:
    near, far = pressrun("check", option, "near-miss,pictur-alt"), pressrun("check", option, "nonsense-*")
    assert (near.returncode, far.returncode) == (2, 2)
    assert 'there is no code "pictur-alt"; did you mean picture-alt?' in near.stderr
    assert 'there is no code "nonsense-*"; pressrun explain lists all codes' in far.stderr


def test_an_unknown_format_is_a_wrong_command_line(pressrun: Run) -> None:
    done = pressrun("check", "--format", "jsn")
    assert done.returncode == 2
    assert "'jsn' is not one of" in done.stderr


def test_a_diff_and_a_document_do_not_share_standard_output(pressrun: Run) -> None:
    done = pressrun("check", "--fix", "--diff", "--format", "json")
    assert done.returncode == 2
    assert "--diff and --format json both want standard output" in done.stderr
