"""A check finds what a build would find, and is stricter about ids."""

from pathlib import Path

from builders import a_folder, a_story_file, build_request
from pressrun.desk.checking.check import check
from pressrun.model.problems import Severity
from pressrun.press.building.build import build

ID = "tag:gazette.example,2020:stories/2026-05-01/thaw"
UNMINTED = a_story_file(id="")


def codes(root: Path) -> list[str]:
    return [problem.code for problem in check(root, build_request()).problems]


# What a check finds


def test_a_story_that_readers_would_see_again_is_found_by_the_last_build(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file()})
    build(tmp_path, tmp_path, build_request())
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(id="tag:gazette.example,2020:other")})

    assert codes(tmp_path) == ["feed-reflood"]


def test_a_sound_publication_gives_no_problem(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {"content/stories/thaw.md": a_story_file(), "content/stories/soon.md": a_story_file(id="b", draft="true")},
    )
    findings = check(tmp_path, build_request())

    assert (findings.stories, findings.editions, findings.held_back, findings.problems) == (1, 0, 1, ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["content"]


def test_an_id_that_is_not_written_down_is_an_error(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED})
    (problem,) = check(tmp_path, build_request()).problems

    assert (problem.code, problem.severity) == ("id-not-minted", Severity.ERROR)
    assert problem.hint == f"add a line id: {ID} (pressrun check --fix does)"


def test_only_what_is_due_must_have_its_id(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(id="", draft="true")})

    assert codes(tmp_path) == []
    assert [problem.code for problem in check(tmp_path, build_request(drafts=True)).problems] == ["id-not-minted"]


def test_a_publication_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["publication-missing"]


def test_two_files_for_one_place_are_told_as_a_build_tells_them(tmp_path: Path) -> None:
    stories = {"content/stories/thaw.md": a_story_file(), "content/static/stories/thaw/index.html": "x"}
    assert codes(a_folder(tmp_path, stories)) == ["output-clash"]


def test_one_address_twice_is_told_once(tmp_path: Path) -> None:
    stories = {f"content/stories/{name}/thaw.md": a_story_file(id=name) for name in "ab"}
    assert codes(a_folder(tmp_path, stories)) == ["duplicate-slug"]
