"""What an earlier build kept is not taken for what a later one needs."""

import os
import sqlite3
from pathlib import Path

import pytest

from builders import MASTHEAD, PNG, a_folder, a_story_file, build_request
from drawn import drawing, file_of
from pressrun.model.problems import ContentError
from pressrun.press.building.build import How, build
from pressrun.press.building.filestates import FileState
from pressrun.press.building.report import WHOLE, BuildReport
from pressrun.press.building.unchanged import Call, look

EDITION = "---\nid: tag:gazette.example,2020:e\ntitle: Spring\ndate: 2026-05-02\n{}\n---\nDear reader.\n"
pytestmark = pytest.mark.slow
PLAIN = How(cached=False)


def built(
    root: Path, to: str = "out", how: How | None = None, only: set[str] | None = None, **changes: object
) -> BuildReport:
    parts = {"only": frozenset(only)} if only else {}
    return build(root, root / to, build_request(**changes), how=how or How(), allow_reflood=True, **parts)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(root: Path, name: str, text: str | bytes) -> None:
    (root / "content" / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def is_right(root: Path) -> bool:
    built(root)
    built(root, "fresh", PLAIN)
    return tree(root / "out") == tree(root / "fresh")


def test_a_story_that_got_its_date_from_its_file_s_name_gets_a_new_one_with_a_new_name(tmp_path: Path) -> None:
    stories = {
        "content/stories/2026-04-02-a.md": a_story_file(date="", id=""),
        "content/stories/b.md": a_story_file(id="tag:x,2020:b", date="2026-05-01"),
    }
    a_folder(tmp_path, stories)
    built(tmp_path)
    (tmp_path / "content/stories/2026-04-02-a.md").rename(tmp_path / "content/stories/2026-04-01-a.md")
    assert is_right(tmp_path)


def test_a_page_is_dated_anew_with_its_file_although_a_build_failed_between(tmp_path: Path) -> None:
    stories = {
        "content/stories/2026-04-02-a.md": a_story_file(date="", id=""),
        "content/stories/b.md": a_story_file(id="tag:x,2020:b", date="2026-05-01"),
    }
    a_folder(tmp_path, stories)
    built(tmp_path)
    (tmp_path / "content/stories/2026-04-02-a.md").rename(tmp_path / "content/stories/2026-04-01-a.md")
    write(tmp_path, "stories/b.md", a_story_file("[x](nowhere.md)", id="tag:x,2020:b", date="2026-05-01"))
    write(tmp_path, "publication.yaml", "title: Nothing else\n")
    with pytest.raises(ContentError):
        built(tmp_path)
    write(tmp_path, "publication.yaml", MASTHEAD)
    write(tmp_path, "stories/b.md", a_story_file(id="tag:x,2020:b", date="2026-05-01"))
    assert is_right(tmp_path)


def test_a_letter_that_a_failed_build_made_is_not_taken_for_written(tmp_path: Path) -> None:
    stories = {
        "content/stories/a.md": a_story_file(),
        "content/stories/b.md": a_story_file(id="tag:x,2020:b"),
        "content/editions/e.md": EDITION.format("lead: a"),
    }
    a_folder(tmp_path, stories)
    built(tmp_path)
    write(tmp_path, "stories/a.md", a_story_file("Other text."))
    a_folder(tmp_path, {"templates/index.html": "{{ nothing }}"})
    with pytest.raises(ContentError):
        built(tmp_path)
    (tmp_path / "templates/index.html").unlink()
    write(tmp_path, "stories/b.md", a_story_file(id="tag:x,2020:b"))
    assert is_right(tmp_path)


def test_an_id_that_changed_before_a_build_of_letters_alone_is_still_noticed(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    built(tmp_path)
    write(tmp_path, "stories/a.md", a_story_file(id="tag:gazette.example,2020:other"))
    built(tmp_path, only={"newsletter"})
    with pytest.raises(ContentError) as caught:
        build(tmp_path, tmp_path / "out", build_request())
    assert [problem.code for problem in caught.value.problems] == ["feed-reflood"]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("outputs", "digest"), ("outputs", "path"), ("stories", "form"), ("stories", "source"), ("files", "digest")),
        *(("renderings", "asked"), ("renderings", "carries"), ("renderings", "made"), ("letters", "form")),
        *(("frames", "above"), ("said", "value")),
    ],
)
def test_a_damage_that_turns_text_into_bytes_or_bytes_into_text_is_noticed(
    tmp_path: Path, table: str, column: str
) -> None:
    """One bit of SQLite's file says which of the two a value is."""
    stories = {
        "content/stories/a.md": a_story_file("[b](b.md) ![P](p.png)"),
        "content/stories/b.md": a_story_file(id="tag:x,2020:b"),
        "content/stories/p.png": PNG,
        "content/editions/e.md": EDITION.format("lead: a"),
    }
    a_folder(tmp_path, stories)
    built(tmp_path)
    with sqlite3.connect(tmp_path / ".cache/pressrun/stock.sqlite") as line:
        (kind,) = line.execute(f"SELECT typeof({column}) FROM {table} WHERE {column} IS NOT NULL").fetchone()
        other = "BLOB" if kind == "text" else "TEXT"
        line.execute(f"UPDATE {table} SET {column} = CAST({column} AS {other})")
    line.close()
    write(tmp_path, "stories/b.md", a_story_file("Other text.", id="tag:x,2020:b"))
    assert is_right(tmp_path)


@pytest.mark.parametrize("value", [7, 1.5, "text"])
def test_what_is_said_of_the_whole_is_bytes_or_nothing(tmp_path: Path, value: object) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    built(tmp_path)
    with sqlite3.connect(tmp_path / ".cache/pressrun/stock.sqlite") as line:
        line.execute("UPDATE said SET value = ? WHERE name != 'program'", (value,))
    line.close()
    assert is_right(tmp_path)


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock of the file system that does not move: whatever is written was written just now."""
    of = FileState.of
    monkeypatch.setattr(FileState, "of", lambda found: of(found)._replace(mtime=7, changed=7))
    for module in ("build", "touchup", "unchanged"):
        monkeypatch.setattr(f"pressrun.press.building.{module}.tick_of", lambda _: 7)


@pytest.mark.usefixtures("still_clock")
def test_a_picture_that_changes_while_no_time_passes_is_shown_as_it_is(tmp_path: Path) -> None:
    stories = {
        "content/stories/a.md": a_story_file("![P](p.png)"),
        "content/stories/p.png": file_of(drawing(9, 9), "PNG", compress_level=0),
        "content/editions/e.md": EDITION.format("lead: a"),
    }
    a_folder(tmp_path, stories)
    built(tmp_path)
    write(tmp_path, "stories/p.png", file_of(drawing(9, 9).rotate(90), "PNG", compress_level=0))
    assert is_right(tmp_path)


def test_a_picture_that_changes_in_the_moment_before_a_build_ends_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still for the first build only; the next one sees nothing fresh."""
    stories = {
        "content/stories/a.md": a_story_file("![P](p.png)"),
        "content/stories/p.png": file_of(drawing(9, 9), "PNG", compress_level=0),
    }
    a_folder(tmp_path, stories)
    place = tmp_path / "content/stories/p.png"
    of = FileState.of
    monkeypatch.setattr(
        FileState, "of", lambda found: of(found)._replace(changed=7, mtime=7 if found.st_size == size else 8, inode=7)
    )
    size = place.stat().st_size
    with monkeypatch.context() as patched:
        patched.setattr("pressrun.press.building.build.tick_of", lambda _: 7)
        built(tmp_path)
    place.write_bytes(file_of(drawing(9, 9).rotate(90), "PNG", compress_level=0))
    assert place.stat().st_size == size
    assert is_right(tmp_path)


@pytest.mark.usefixtures("still_clock")
def test_a_second_build_has_nothing_to_do_although_no_time_has_passed(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(), "content/editions/e.md": EDITION.format("lead: a")})
    built(tmp_path)
    call = Call.of(tmp_path, tmp_path / "out", build_request(), WHOLE)
    assert look(call, build_request().now).report is not None


def test_an_output_that_somebody_changes_in_the_moment_it_was_written_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(), "content/editions/e.md": EDITION.format("lead: a")})
    with monkeypatch.context() as patched:
        patched.setattr("pressrun.press.building.build.tick_of", lambda _: 7)
        built(tmp_path)
    for name in ("public/stories/a/index.html", "public/atom.xml", "outbox/e/newsletter.html", "public/feeds.opml"):
        place = tmp_path / "out" / name
        before = place.stat()
        place.write_bytes(place.read_bytes()[::-1])
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert is_right(tmp_path)


def test_what_a_build_of_some_parts_left_lying_clashes_all_the_same(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(), "content/static/Note.txt": "A note."})
    built(tmp_path)
    (tmp_path / "content/static/Note.txt").rename(tmp_path / "content/static/note.txt")
    built(tmp_path, only={"pages"})
    write(tmp_path, "static/Note.txt", "A note.")
    with pytest.raises(ContentError) as caught:
        built(tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["output-clash"]


def test_an_output_folder_that_became_a_link_is_told(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    built(tmp_path)
    (tmp_path / "out/public").rename(tmp_path / "elsewhere")
    (tmp_path / "out/public").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ContentError) as caught:
        built(tmp_path)
    assert {problem.code for problem in caught.value.problems} == {"output-foreign"}


def test_a_damage_that_no_message_can_name_is_noticed(tmp_path: Path) -> None:
    """What SQLite says of it holds the damaged bytes themselves, which are no text."""
    a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    built(tmp_path)
    place = tmp_path / ".cache/pressrun/stock.sqlite"
    data = place.read_bytes().replace(b"renderings", b"\xf4enderings")
    place.write_bytes(data.replace(b"TABLE \xf4enderings (", b"TABLE \xf4enderings )"))
    assert is_right(tmp_path)


def test_a_damage_that_shows_when_all_is_written_takes_nothing_from_what_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    with monkeypatch.context() as patched:
        patched.setattr("pressrun.press.building.buildstate.BuildState.keep_outputs", fail)
        assert "public/stories/a/index.html" in built(tmp_path).written.new
    assert built(tmp_path).written.new == ()
    assert is_right(tmp_path)
