"""What a build does where the disk, another program or another build gets in its way."""

import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import a_folder, a_story_file, build_request
from pressrun.model.problems import ContentError
from pressrun.press.building import filestates as states_module
from pressrun.press.building import outputs as making_module
from pressrun.press.building.build import How, build
from pressrun.press.building.buildstate import NAME, BuildState
from pressrun.press.building.cache import FOLDER, FURNITURE
from pressrun.press.building.report import BuildReport
from pressrun.press.building.stories import FileChanged
from pressrun.press.output import stage as stage_module

EDITION = "---\nid: tag:gazette.example,2020:e\ntitle: Spring\ndate: 2026-05-02\nlead: a\n---\nDear reader.\n"
FILES: dict[str, str | bytes] = {
    "content/stories/a.md": a_story_file("Text, and [the other](b.md)."),
    "content/stories/b.md": a_story_file("Other text.", id="tag:x,2020:b", title="Other"),
    "content/editions/e.md": EDITION,
    "content/static/robots.txt": "User-agent: *\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_folder(tmp_path / "site", FILES)


def built(root: Path, how: How | None = None, **changes: object) -> BuildReport:
    return build(root, root, build_request(**changes), how=how or How())


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for folder in ("public", "outbox")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def as_it_should_be(root: Path) -> dict[str, bytes]:
    elsewhere = root.with_name("fresh")
    build(root, elsewhere, build_request(), how=How(cached=False))
    return tree(elsewhere)


def stock_of(root: Path) -> Path:
    return root / FOLDER / NAME


class TestTheStock:
    def test_it_lies_where_git_and_backups_leave_it_out(self, root: Path) -> None:
        built(root)
        assert {name: (root / FOLDER / name).read_bytes() for name in FURNITURE} == FURNITURE
        assert stock_of(root).is_file()

    def test_it_has_the_mode_of_any_new_file(self, root: Path) -> None:
        (root / "plain").write_text("x")
        built(root)
        assert stat.S_IMODE(stock_of(root).stat().st_mode) == stat.S_IMODE((root / "plain").stat().st_mode)

    def test_where_there_is_no_publication_none_is_made(self, tmp_path: Path) -> None:
        with pytest.raises(ContentError):
            built(tmp_path)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("what", ["text", "nothing", "another", "folder", "link"])
    def test_whatever_lies_in_its_place_a_build_is_right(self, root: Path, tmp_path: Path, what: str) -> None:
        place = stock_of(root)
        place.parent.mkdir(parents=True)
        match what:
            case "text":
                place.write_text("This is no database.")
            case "nothing":
                place.write_bytes(b"")
            case "another":
                with contextlib.closing(sqlite3.connect(place)) as line:
                    line.executescript("CREATE TABLE said (name, value, more); INSERT INTO said VALUES (1, 2, 3);")
            case "folder":
                (place / "mine").mkdir(parents=True)
            case "link":
                place.symlink_to(tmp_path / "nowhere/at/all")
        for _ in range(2):
            built(root)
            assert tree(root) == as_it_should_be(root)
        assert (place / "mine").is_dir() == (what == "folder")

    def test_of_another_program_nothing_is_believed(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        built(root)
        with monkeypatch.context() as other:
            other.setattr("pressrun.press.building.build.program", lambda: "another")
            other.setattr("pressrun.press.building.unchanged.program", lambda: "another")
            assert built(root).written.unchanged
        (root / "content/stories/a.md").write_text(a_story_file("Changed."))
        built(root)
        assert tree(root) == as_it_should_be(root)

    def test_one_that_another_program_holds_is_done_without(self, root: Path) -> None:
        built(root)
        (root / "content/stories/a.md").write_text(a_story_file("Changed."))
        with held(stock_of(root), "BEGIN EXCLUSIVE"):
            built(root)
            assert tree(root) == as_it_should_be(root)
        (root / "content/stories/a.md").write_text(a_story_file("Changed again."))
        built(root)
        assert tree(root) == as_it_should_be(root)

    def test_somebody_who_only_reads_it_stops_nobody(self, root: Path) -> None:
        built(root)
        (root / "content/stories/a.md").write_text(a_story_file("Changed."))
        with held(stock_of(root), "BEGIN; SELECT * FROM said"):
            report = built(root)
        assert "public/stories/a/index.html" in report.written.changed
        assert tree(root) == as_it_should_be(root)
        assert built(root).written.changed == ()

    @pytest.mark.parametrize("method", ["keep_outputs", "say", "commit"])
    def test_where_the_disk_is_full_at_the_end_the_build_is_done_all_the_same(
        self, root: Path, method: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built(root)
        for name in ("a", "b"):
            (root / f"content/stories/{name}.md").write_text(a_story_file("Changed.", id=f"tag:x,2020:{name}"))
        (root / "content/stories/c.md").write_text(a_story_file("New.", id="tag:x,2020:c"))
        do = getattr(BuildState, method)

        def full_at_the_end(build_state: BuildState, *arguments: Any, **others: Any) -> Any:
            if (root / "public/stories/c").exists():
                raise sqlite3.OperationalError("database or disk is full")
            return do(build_state, *arguments, **others)

        with monkeypatch.context() as disk:
            disk.setattr(BuildState, method, full_at_the_end)
            report = build(root, root, build_request(), allow_reflood=True)
        assert "public/stories/c/index.html" in report.written.new
        assert tree(root) == as_it_should_be(root)
        assert built(root).written.new == ()
        assert tree(root) == as_it_should_be(root)

    def test_where_its_times_cannot_be_set_every_file_is_looked_at_again(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It belongs to somebody else, who lets a group write it."""

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(states_module.os, "utime", refuse)
        built(root)
        (root / "content/stories/a.md").write_text(a_story_file("Changed."))
        built(root)
        assert tree(root) == as_it_should_be(root)

    def test_a_file_system_may_number_its_files_as_high_as_it_likes(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Some use all 64 bits, and SQLite has 63."""

        def high(found: os.stat_result) -> os.stat_result:
            times = {name: getattr(found, name) for name in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")}
            return os.stat_result((found[0], found[1] | 1 << 63, *found[2:]), times)

        for name in ("stat", "lstat", "fstat"):
            ask = getattr(os, name)
            monkeypatch.setattr(os, name, lambda *place, ask=ask, **how: high(ask(*place, **how)))
        built(root)
        report = built(root)
        assert (report.written.changed, report.written.new) == ((), ())
        (root / "content/stories/a.md").write_text(a_story_file("Changed."))
        assert "public/stories/a/index.html" in built(root).written.changed
        assert tree(root) == as_it_should_be(root)


@contextlib.contextmanager
def held(place: Path, how: str) -> Iterator[None]:
    """Somebody else has the database at *place*, as *how* says."""
    script = f"""
        import sqlite3, sys
        line = sqlite3.connect({str(place)!r}, isolation_level=None)
        for order in {how!r}.split(";"):
            line.execute(order).fetchone()
        print("held", flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield
        other.communicate()


@pytest.mark.usefixtures("unmeasured")
class TestTheDisk:
    @pytest.mark.slow
    @pytest.mark.parametrize("most", [0, 3_000, 20_000])
    def test_where_nothing_more_can_be_written_that_is_said(self, root: Path, most: int) -> None:
        for number in range(30):
            story = a_story_file("word " * 50, id=f"tag:x,2020:{number}", title=f"Story {number}")
            (root / f"content/stories/{number}.md").write_text(story)
        script = f"""
            import resource, sys
            resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))
            sys.argv = ["pressrun", "build", "-C", {str(root)!r}, "--now", "2026-05-12T12:00Z"]
            from pressrun.cli.main import main
            main()
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
        assert done.stderr.startswith("pressrun: ")
        assert not (root / "public").exists()
        built(root)
        assert tree(root) == as_it_should_be(root)


class TestFilesThatChangeMeanwhile:
    def while_it_is_built(
        self, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object], name: str = "_render"
    ) -> None:
        """Between reading and rendering, *happens*."""
        do = getattr(making_module.Making, name)

        def after_it_happened(making: making_module.Making, *arguments: Any) -> Any:
            happens()
            return do(making, *arguments)

        monkeypatch.setattr(making_module.Making, name, after_it_happened)

    def test_a_story_that_is_written_while_it_is_read_is_told(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as meanwhile:
            place = root / "content/stories/b.md"
            self.while_it_is_built(meanwhile, lambda: place.write_text(a_story_file("Other.", id="tag:x,2020:b")))
            with pytest.raises(FileChanged, match=r"content/stories/b\.md was changed"):
                built(root)
        assert tree(root) == {}
        built(root)
        assert tree(root) == as_it_should_be(root)

    def test_a_story_that_is_deleted_while_it_is_read_is_told(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.while_it_is_built(monkeypatch, (root / "content/stories/b.md").unlink)
        with pytest.raises(FileChanged, match=r"content/stories/b\.md was changed"):
            built(root)
        assert tree(root) == {}

    def test_a_file_that_is_deleted_before_it_is_copied_is_told(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.while_it_is_built(monkeypatch, (root / "content/static/robots.txt").unlink)
        with pytest.raises(FileChanged, match=r"content/static/robots\.txt was changed"):
            built(root)
        assert tree(root) == {}

    @pytest.mark.parametrize("is_new", [True, False])
    def test_a_template_that_was_another_for_a_moment_leaves_nothing(
        self, root: Path, is_new: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = root / "templates/story.html"
        place.parent.mkdir()
        if not is_new:
            place.write_text("{% extends 'default/story.html' %}")
        with monkeypatch.context() as meanwhile:
            self.while_it_is_built(meanwhile, lambda: place.write_text("wrong"))
            with pytest.raises(FileChanged, match="templates/ was changed"):
                built(root)
        place.write_text("{% extends 'default/story.html' %}")
        built(root)
        assert tree(root) == as_it_should_be(root)

    def test_a_new_story_waits_for_the_next_build(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        story = a_story_file("New.", id="tag:x,2020:c", title="New")
        with monkeypatch.context() as meanwhile:
            self.while_it_is_built(meanwhile, lambda: (root / "content/stories/c.md").write_text(story))
            assert built(root).stories == 2
        assert built(root).stories == 3
        assert tree(root) == as_it_should_be(root)


BUILD = (sys.executable, "-m", "pressrun", "build", "--now", "2026-05-12T12:00Z")


class TestTwoBuildsAtOnce:
    @pytest.mark.slow
    @pytest.mark.parametrize("places", [("one", "two"), ("one", "one")])
    def test_two_builds_at_once_both_write_what_they_should(
        self, root: Path, tmp_path: Path, places: tuple[str, str]
    ) -> None:
        for number in range(100):
            story = a_story_file("word " * 50, id=f"tag:x,2020:{number}", title=f"Story {number}")
            (root / f"content/stories/{number}.md").write_text(story)
        expected = as_it_should_be(root)
        for _ in range(3):
            both = [
                subprocess.Popen(
                    [*BUILD, "-C", root, "-d", tmp_path / place],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                for place in places
            ]
            for process in both:
                said, _ = process.communicate()
                assert process.returncode == 0, said
            for place in places:
                assert tree(tmp_path / place) == expected
                assert not list((tmp_path / place).rglob(".pressrun-new-*"))
            story = a_story_file("Changed.", id="tag:x,2020:0", title="Story 0", tags="new")
            (root / "content/stories/0.md").write_text(story)
            expected = as_it_should_be(root)


class TestABuildThatIsKilled:
    @pytest.mark.slow
    @pytest.mark.parametrize("moment", ["_render", "_feeds", "remember"])
    def test_it_leaves_the_last_good_output_and_the_next_is_right(self, root: Path, moment: str) -> None:
        built(root)
        before = tree(root)
        for name in "ab":
            story = a_story_file("Changed.", id=f"tag:x,2020:{name}", title=f"New {name}", date="2026-04-01")
            (root / f"content/stories/{name}.md").write_text(story)
        script = f"""
            import os, signal, sys
            from pressrun.press.building.outputs import Making
            do = Making.{moment}

            def dies(making, *arguments):
                do(making, *arguments)
                os.kill(os.getpid(), signal.SIGKILL)

            Making.{moment} = dies
            sys.argv = ["pressrun", "build", "-C", {str(root)!r}, "--now", "2026-05-12T12:00Z", "--allow-reflood"]
            from pressrun.cli.main import main
            main()
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        if moment != "remember":
            there = {path: data for path, data in tree(root).items() if ".pressrun-new-" not in path}
            assert there == before
        build(root, root, build_request(), allow_reflood=True)
        assert tree(root) == as_it_should_be(root)

    def test_its_stage_goes_although_nothing_else_has_changed(self, root: Path) -> None:
        """It may hold drafts, and whoever copies the folder to a server would publish them."""
        built(root)
        for folder in ("public", "outbox"):
            (root / folder / f"{stage_module.STAGE}abc").mkdir()
            (root / folder / f"{stage_module.STAGE}abc/draft.html").write_text("secret")
        assert built(root).written.changed == ()
        assert tree(root) == as_it_should_be(root)
