"""A check finds what a build would find, is stricter about ids, and mends what mends itself."""

from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file, wanted
from pressrun.build import build
from pressrun.check import check
from pressrun.content.files import content_folder, rewrite
from pressrun.fix import Fix, fixes_for, mend
from pressrun.problems import ContentError, Severity

ID = "tag:gazette.example,2020:stories/2026-05-01/thaw"
UNMINTED = a_story_file(id="")


def codes(root: Path) -> list[str]:
    return [problem.code for problem in check(root, wanted()).problems]


def mended(root: Path) -> list[str]:
    """What was done to the files below *root*."""
    fixing = fixes_for(root)
    for fix in fixing.fixes:
        mend(fix)
    return [f"{fix.file}: {done}" for fix in fixing.fixes for done in fix.done]


# What a check finds


def test_a_story_that_readers_would_see_again_is_found_by_the_last_build(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file()})
    build(tmp_path, tmp_path, wanted())
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(id="tag:gazette.example,2020:other")})

    assert codes(tmp_path) == ["feed-reflood"]


def test_a_sound_publication_gives_no_problem(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {"content/stories/thaw.md": a_story_file(), "content/stories/soon.md": a_story_file(id="b", draft="true")},
    )
    findings = check(tmp_path, wanted())

    assert (findings.stories, findings.editions, findings.held_back, findings.problems) == (1, 0, 1, ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["content"]


def test_an_id_that_is_not_written_down_is_an_error(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED})
    (problem,) = check(tmp_path, wanted()).problems

    assert (problem.code, problem.severity) == ("id-not-minted", Severity.ERROR)
    assert problem.hint == f"add a line id: {ID} (pressrun check --fix does)"


def test_only_what_is_due_must_have_its_id(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": a_story_file(id="", draft="true")})

    assert codes(tmp_path) == []
    assert [problem.code for problem in check(tmp_path, wanted(drafts=True)).problems] == ["id-not-minted"]


def test_a_publication_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["publication-missing"]
    assert fixes_for(tmp_path).fixes == ()


def test_two_files_for_one_place_are_told_as_a_build_tells_them(tmp_path: Path) -> None:
    stories = {"content/stories/thaw.md": a_story_file(), "content/static/stories/thaw/index.html": "x"}
    assert codes(a_folder(tmp_path, stories)) == ["output-clash"]


def test_one_address_twice_is_told_once(tmp_path: Path) -> None:
    stories = {f"content/stories/{name}/thaw.md": a_story_file(id=name) for name in "ab"}
    assert codes(a_folder(tmp_path, stories)) == ["duplicate-slug"]


# What it mends


def test_every_story_and_edition_gets_the_id_that_readers_know(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/thaw.md": UNMINTED,
            "content/stories/draft.md": a_story_file(id="", draft="true"),
            "content/stories/2030-01-01-future.md": "+++\r\ntitle = 'Later'\r\n+++\r\n",
            "content/stories/kept.md": a_story_file(id="kept"),
            "content/editions/spring.md": "---\ntitle: Spring\ndate: 2026-05-02\nlead: thaw\n---\n",
        },
    )
    assert mended(tmp_path) == [
        "content/stories/2030-01-01-future.md: id: tag:gazette.example,2020:stories/2030-01-01/future",
        "content/stories/draft.md: id: tag:gazette.example,2020:stories/2026-05-01/draft",
        f"content/stories/thaw.md: id: {ID}",
        "content/editions/spring.md: id: tag:gazette.example,2020:editions/2026-05-02/spring",
    ]
    assert mended(tmp_path) == []
    assert codes(tmp_path) == []
    assert (tmp_path / "content/stories/thaw.md").read_text() == UNMINTED.replace("---\n", f"---\nid: {ID}\n", 1)
    future = (tmp_path / "content/stories/2030-01-01-future.md").read_bytes()
    assert future == (
        b"+++\r\nid = \"tag:gazette.example,2020:stories/2030-01-01/future\"\r\ntitle = 'Later'\r\n+++\r\n"
    )


def test_authors_whom_the_masthead_knows_are_no_hindrance(tmp_path: Path) -> None:
    masthead = f"{MASTHEAD}authors:\n- {{name: Ada, uri: https://ada.example/}}\n"
    story = a_story_file(id="", author="Ada")
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/stories/thaw.md": story})
    assert mended(tmp_path) == [f"content/stories/thaw.md: id: {ID}"]


def test_what_cannot_be_read_is_left_alone_and_told(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": "---\ntitle: [\n---\n", "content/stories/ferry.md": "No.\n"})

    assert mended(tmp_path) == []
    assert codes(tmp_path) == ["front-matter", "yaml-syntax"]


def test_two_that_would_get_one_id_get_none(tmp_path: Path) -> None:
    stories = {f"content/stories/{name}/thaw.md": UNMINTED for name in "ab"}
    a_folder(tmp_path, stories)

    assert mended(tmp_path) == []
    assert "duplicate-slug" in codes(tmp_path)


def test_two_of_one_id_at_two_addresses_are_told(tmp_path: Path) -> None:
    masthead = f"{MASTHEAD}story_url: /{{section}}/{{slug}}/\n"
    stories = {f"content/stories/{name}/thaw.md": a_story_file(id="", section=name) for name in "ab"}
    a_folder(tmp_path, {"content/publication.yaml": masthead, **stories})

    assert mended(tmp_path) == []
    told = [problem for problem in check(tmp_path, wanted()).problems if problem.code == "duplicate-id"]
    assert [problem.position.file for problem in told] == ["content/stories/b/thaw.md"]
    assert ID in told[0].message


def test_an_id_that_another_has_already_is_not_written(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED, "content/stories/spring.md": a_story_file(id=ID)})

    assert mended(tmp_path) == []
    assert "duplicate-id" in codes(tmp_path)


def test_what_cannot_be_mended_is_told_once_and_better(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": "---\n{title: Thaw, date: 2026-05-01}\n---\n"})
    fixing = fixes_for(tmp_path)
    (problem,) = check(tmp_path, wanted(), fixing).problems

    assert fixing.fixes == ()
    assert problem.message == "an id cannot be written in here without changing something else"


def test_what_is_about_to_be_mended_is_not_told(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED, "content/stories/ferry.md": a_story_file(draft="maybe")})
    fixing = fixes_for(tmp_path)

    assert [problem.code for problem in check(tmp_path, wanted(), fixing).problems] == ["wrong-type"]


# Links and modes


def test_a_link_inside_of_the_folder_is_written_through(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/shared/thaw.md": UNMINTED, "content/stories/ferry.md": a_story_file()})
    link = tmp_path / "content/stories/thaw.md"
    link.symlink_to("../shared/thaw.md")

    assert mended(tmp_path) == [f"content/stories/thaw.md: id: {ID}"]
    assert link.is_symlink()
    assert f"id: {ID}\n" in (tmp_path / "content/shared/thaw.md").read_text()


def test_one_file_under_two_names_gets_no_id(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED})
    (tmp_path / "content/stories/spring.md").symlink_to("thaw.md")
    fixing = fixes_for(tmp_path)

    assert fixing.fixes == ()
    told = check(tmp_path, wanted(), fixing).problems
    assert [(problem.code, problem.position.file) for problem in told] == [
        ("id-not-minted", "content/stories/spring.md"),
        ("id-not-minted", "content/stories/thaw.md"),
    ]


def test_a_link_that_leads_out_by_now_is_refused(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED, "elsewhere.md": UNMINTED})
    folder, _ = content_folder(tmp_path / "content", "content")
    place = tmp_path / "content/stories/thaw.md"
    place.unlink()
    place.symlink_to("../../elsewhere.md")

    with pytest.raises(ContentError, match="leads out of content/"):
        rewrite(folder, "stories/thaw.md", b"x")
    assert (tmp_path / "elsewhere.md").read_text() == UNMINTED


def test_a_file_that_is_rewritten_keeps_its_mode(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED})
    place = tmp_path / "content/stories/thaw.md"
    place.chmod(0o640)

    mended(tmp_path)

    assert place.stat().st_mode & 0o7777 == 0o640


def test_a_file_that_cannot_be_rewritten_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED})

    def full(self: Path, target: Path) -> Path:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        mended(tmp_path)

    stories = tmp_path / "content/stories"
    assert [path.name for path in stories.iterdir()] == ["thaw.md"]
    assert (stories / "thaw.md").read_text() == UNMINTED


# Diffs


def a_diff(tmp_path: Path, before: str, after: str) -> str:
    a_folder(tmp_path, {"content/stories/a.md": before})
    folder, _ = content_folder(tmp_path / "content", "content")
    return Fix(folder, "stories/a.md", before, after, ()).diff()


def test_a_diff_is_one_that_git_takes(tmp_path: Path) -> None:
    assert a_diff(tmp_path, "---\r\n---", "---\r\nid: x\r\n---") == (
        "--- a/content/stories/a.md\n+++ b/content/stories/a.md\n@@ -1,2 +1,3 @@\n"
        " ---\r\n+id: x\r\n ---\n\\ No newline at end of file\n"
    )


def test_a_diff_does_not_end_lines_where_no_editor_does(tmp_path: Path) -> None:
    assert a_diff(tmp_path, "a\u2028b\n", "id\na\u2028b\n").endswith("+id\n a\u2028b\n")


def test_line_ends_of_an_old_system_are_shown_as_lines(tmp_path: Path) -> None:
    assert a_diff(tmp_path, "a\rb\r", "id\ra\rb\r").endswith("+id\n a\n b\n")
