"""What mends itself: ids, times without a zone, names that are nearly right; in place, and nothing else."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import MASTHEAD, a_folder, a_story_file, build_request
from pressrun.content.source.files import content_folder, rewrite
from pressrun.desk.checking.check import check
from pressrun.desk.checking.fix import Fix, fixes_for, mend
from pressrun.model.problems import ContentError

ID = "tag:gazette.example,2020:stories/2026-05-01/thaw"
UNMINTED = a_story_file(id="")


def codes(root: Path) -> list[str]:
    return [problem.code for problem in check(root, build_request()).problems]


def mended(root: Path) -> list[str]:
    """What was done to the files below *root*."""
    fixing = fixes_for(root)
    for fix in fixing.fixes:
        mend(fix)
    return [f"{fix.file}: {done}" for fix in fixing.fixes for done in fix.done]


# Ids


def test_every_story_and_edition_gets_the_id_that_readers_know(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/thaw.md": UNMINTED,
            "content/stories/draft.md": a_story_file(id="", draft="true"),
            "content/stories/2027-01-01-future.md": "+++\r\ntitle = 'Later'\r\n+++\r\n",
            "content/stories/kept.md": a_story_file(id="kept", title="Kept"),
            "content/editions/spring.md": "---\ntitle: Spring\ndate: 2026-05-02\npreheader: Ice\nlead: thaw\n---\n",
        },
    )
    assert mended(tmp_path) == [
        "content/stories/2027-01-01-future.md: id: tag:gazette.example,2020:stories/2027-01-01/future",
        "content/stories/draft.md: id: tag:gazette.example,2020:stories/2026-05-01/draft",
        f"content/stories/thaw.md: id: {ID}",
        "content/editions/spring.md: id: tag:gazette.example,2020:editions/2026-05-02/spring",
    ]
    assert mended(tmp_path) == []
    assert codes(tmp_path) == []
    assert (tmp_path / "content/stories/thaw.md").read_text() == UNMINTED.replace("---\n", f"---\nid: {ID}\n", 1)
    future = (tmp_path / "content/stories/2027-01-01-future.md").read_bytes()
    assert future == (
        b"+++\r\nid = \"tag:gazette.example,2020:stories/2027-01-01/future\"\r\ntitle = 'Later'\r\n+++\r\n"
    )


def test_authors_whom_the_masthead_knows_are_no_hindrance(tmp_path: Path) -> None:
    masthead = f"{MASTHEAD}authors:\n- {{name: Ada, uri: https://ada.example/}}\n"
    story = a_story_file(id="", author="Ada")
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/stories/thaw.md": story})
    assert mended(tmp_path) == [f"content/stories/thaw.md: id: {ID}"]


def test_where_there_is_no_publication_there_is_nothing_to_mend(tmp_path: Path) -> None:
    assert fixes_for(tmp_path).fixes == ()


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
    told = [problem for problem in check(tmp_path, build_request()).problems if problem.code == "duplicate-id"]
    assert [problem.position.file for problem in told] == ["content/stories/b/thaw.md"]
    assert ID in told[0].message


def test_an_id_that_another_has_already_is_not_written(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED, "content/stories/spring.md": a_story_file(id=ID)})

    assert mended(tmp_path) == []
    assert "duplicate-id" in codes(tmp_path)


def test_what_cannot_be_mended_is_told_once_and_better(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": "---\n{title: Thaw, date: 2026-05-01}\n---\nText.\n"})
    fixing = fixes_for(tmp_path)
    (problem,) = check(tmp_path, build_request(), fixing).problems

    assert fixing.fixes == ()
    assert problem.message == "an id cannot be written in here without changing something else"


def test_what_is_about_to_be_mended_is_not_told(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/thaw.md": UNMINTED, "content/stories/ferry.md": a_story_file(draft="maybe")})
    fixing = fixes_for(tmp_path)

    assert [problem.code for problem in check(tmp_path, build_request(), fixing).problems] == ["wrong-type"]


# Names and times


def test_several_mends_of_a_file_are_one_change(tmp_path: Path) -> None:
    story = "---\r\n# why\r\ntilte: Thaw\r\ndtae: 2026-05-01 09:30\r\n---\r\nText."
    a_folder(tmp_path, {"content/stories/thaw.md": story})
    (fix,) = fixes_for(tmp_path).fixes

    assert fix.done == ("tilte is now title", "dtae is now date", "date: 2026-05-01 09:30-04:00", f"id: {ID}")
    assert fix.after == (f"---\r\nid: {ID}\r\n# why\r\ntitle: Thaw\r\ndate: 2026-05-01 09:30-04:00\r\n---\r\nText.")
    assert mended(tmp_path) == [f"{fix.file}: {done}" for done in fix.done]
    assert mended(tmp_path) == []
    assert codes(tmp_path) == []


def test_the_masthead_is_mended_first_and_holds_for_the_rest(tmp_path: Path) -> None:
    masthead = MASTHEAD.replace("timezone:", "timezoen:") + "storis: posts\n"
    post = "---\nid: a\ntitle: Thaw\ndate: 2026-05-01 09:30\n---\n"
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/posts/thaw.md": post})

    assert mended(tmp_path) == [
        "content/publication.yaml: timezoen is now timezone",
        "content/publication.yaml: storis is now stories",
        "content/posts/thaw.md: date: 2026-05-01 09:30-04:00",
    ]
    assert mended(tmp_path) == []


def test_a_masthead_that_stays_unreadable_is_mended_as_far_as_can_be(tmp_path: Path) -> None:
    masthead = MASTHEAD.replace("timezone:", "timezoen:").replace("https://gazette.example/", "nowhere")
    a_folder(tmp_path, {"content/publication.yaml": masthead})

    assert mended(tmp_path) == ["content/publication.yaml: timezoen is now timezone"]
    assert codes(tmp_path) == ["bad-value"]


def test_an_id_that_readers_know_is_written_before_what_it_is_made_of_is_put_right(tmp_path: Path) -> None:
    """Otherwise they would see the story a second time."""
    story = "---\ntitle: Thaw\ndate: 2026-05-01\nslgu: spring-thaw\n---\n"
    a_folder(tmp_path, {"content/stories/thaw.md": story})

    assert mended(tmp_path) == [f"content/stories/thaw.md: id: {ID}", "content/stories/thaw.md: slgu is now slug"]
    assert mended(tmp_path) == []


def test_a_name_that_a_template_uses_stays_and_is_told(tmp_path: Path) -> None:
    page = '{% extends "default/story.html" %}{% block text %}{{ story.extra.sumary }}{% endblock %}'
    story = a_story_file(sumary="x")
    a_folder(tmp_path, {"content/stories/thaw.md": story, "templates/parts/page.html": page})

    assert mended(tmp_path) == []
    assert codes(tmp_path) == ["near-miss"]


def test_a_name_whose_warning_is_silenced_stays(tmp_path: Path) -> None:
    masthead = f"# pressrun: ignore near-miss\ntagilne: x\n{MASTHEAD}"
    stories = {
        "content/stories/thaw.md": a_story_file(sumary="x # pressrun: ignore near-miss", tgas="a"),
        "content/stories/ferry.md": a_story_file(id="b", title="Ferry", sumary="x", pressrun_ignore="near-miss"),
    }
    a_folder(tmp_path, {"content/publication.yaml": masthead, **stories})

    assert mended(tmp_path) == ["content/stories/thaw.md: tgas is now tags"]
    assert codes(tmp_path) == []


def test_what_is_not_asked_for_is_not_mended(tmp_path: Path) -> None:
    masthead = f"tagilne: x\n{MASTHEAD}"
    story = a_story_file(id="", date="2026-05-01 09:30", sumary="x")
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/stories/thaw.md": story})

    def done(asked: set[str]) -> list[str]:
        return [each for fix in fixes_for(tmp_path, asked).fixes for each in fix.done]

    assert done(set()) == ["date: 2026-05-01 09:30-04:00"]
    assert done({"id-not-minted"}) == [f"id: {ID}", "date: 2026-05-01 09:30-04:00"]
    assert done({"near-miss"}) == ["tagilne is now tagline", "sumary is now summary", "date: 2026-05-01 09:30-04:00"]


def test_a_check_beside_a_diff_sees_the_publication_as_it_would_be(tmp_path: Path) -> None:
    masthead = MASTHEAD.replace("title:", "titel:")
    story = a_story_file(sumary="x", tilte="Thaw", title="")
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/stories/thaw.md": story})

    assert set(codes(tmp_path)) == {"missing-field", "near-miss"}
    assert check(tmp_path, build_request(), fixes_for(tmp_path)).problems == ()
    assert set(codes(tmp_path)) == {"missing-field", "near-miss"}


def test_a_file_that_is_no_text_is_left_alone(tmp_path: Path) -> None:
    a_folder(
        tmp_path, {"content/stories/a.md": b"---\ntilte: \xff\n---\n", "content/stories/b.md": b"---\ntilte: \x07"}
    )
    assert mended(tmp_path) == []


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
    told = [problem for problem in check(tmp_path, build_request(), fixing).problems if problem.code == "id-not-minted"]
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


def test_of_a_link_the_diff_changes_what_it_leads_to(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/shared/thaw.md": UNMINTED, "content/stories/ferry.md": a_story_file()})
    (tmp_path / "content/stories/thaw.md").symlink_to("../shared/thaw.md")
    (fix,) = fixes_for(tmp_path).fixes

    assert fix.diff().startswith("--- a/content/shared/thaw.md\n+++ b/content/shared/thaw.md\n")


NAMES = st.sampled_from(["thaw.md", "der erste schnee.md", "été.md", "deep/er/index.md", "a'b.md"])
LINES = st.sampled_from(
    [
        "tilte: Thaw",
        "date: 2026-05-01 09:30  # noon",
        "sumary: 'x'",
        '"tgas": [a, b]',
        "mood: 1.10",
        "",
        "# é",
        "updated: ",
    ]
)


@pytest.mark.slow
@settings(max_examples=15)
@given(
    name=NAMES,
    lines=st.lists(LINES, unique=True),
    end=st.sampled_from(["\n", "\r\n"]),
    body=st.sampled_from(["", "\n", "\nText", "\nText\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_git_takes_the_diff_and_makes_of_the_file_what_fix_makes(
    name: str, lines: list[str], end: str, body: str, mark: str
) -> None:
    story = mark + "\n".join(["---", *lines, f"---{body}"]).replace("\n", end)
    with tempfile.TemporaryDirectory() as folder:
        root = a_folder(Path(folder), {f"content/stories/{name}": story})
        place = root / "content/stories" / name
        fixes = fixes_for(root).fixes
        diff = "".join(fix.diff() for fix in fixes)
        if diff:
            subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=root, input=diff.encode(), check=True)
        applied = place.read_bytes()
        place.write_bytes(story.encode())
        mended(root)

        assert applied == place.read_bytes()
        assert (applied != story.encode()) == bool(fixes)
