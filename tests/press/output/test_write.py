"""Output brought to disk: whole, only where it changed, and never over what is somebody else's."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pressrun.model.output import OutputFile
from pressrun.model.problems import ContentError, OutputError
from pressrun.press.building.workers import Workers
from pressrun.press.output import stage as stage_module
from pressrun.press.output import write as write_module
from pressrun.press.output.manifest import NAME, Manifest
from pressrun.press.output.write import are_apart, clashes, settle, staged, write


def file(path: str, content: bytes | Path = b"x", origin: str = "content/a.md") -> OutputFile:
    return OutputFile(path, content, origin)


def brought(destination: Path, *files: OutputFile) -> write_module.WrittenOutput:
    return write(files, destination, ("public", "outbox"))


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME
    }


def test_files_are_written_with_the_folders_above_them(tmp_path: Path) -> None:
    written = brought(tmp_path, file("public/a/b/index.html", b"one"), file("outbox/x/newsletter.txt", b"two"))

    assert written.new == ("outbox/x/newsletter.txt", "public/a/b/index.html")
    assert tree(tmp_path) == {"public/a/b/index.html": b"one", "outbox/x/newsletter.txt": b"two"}


def test_a_file_can_be_a_copy(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"png")
    brought(tmp_path / "out", file("public/a.png", tmp_path / "a.png"))
    assert tree(tmp_path / "out") == {"public/a.png": b"png"}


def test_what_did_not_change_is_not_touched(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a"), file("public/b"))
    for path in (tmp_path / "public/a", tmp_path / "public/b", tmp_path / "public" / NAME):
        os.utime(path, ns=(1, 1))
    inode = (tmp_path / "public/a").stat().st_ino

    written = brought(tmp_path, file("public/a"), file("public/b"))

    assert (written.new, written.changed, written.unchanged) == ((), (), ("public/a", "public/b"))
    assert (tmp_path / "public/a").stat().st_ino == inode
    assert (tmp_path / "public/a").stat().st_mtime_ns == 1
    assert (tmp_path / "public" / NAME).stat().st_mtime_ns == 1


def test_what_changed_is_replaced_whole(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a", b"old"))
    reader = (tmp_path / "public/a").open("rb")

    assert brought(tmp_path, file("public/a", b"new")).changed == ("public/a",)
    assert reader.read() == b"old"
    assert (tmp_path / "public/a").read_bytes() == b"new"
    reader.close()


def test_stale_files_go_and_empty_folders_with_them(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a/b/c"), file("public/d"))

    assert brought(tmp_path, file("public/d")).removed == ("public/a/b/c",)
    assert not (tmp_path / "public/a").exists()


def test_nothing_that_somebody_else_wrote_is_ever_deleted(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a/b"), file("public/c"))
    (tmp_path / "public/a/mine.txt").write_text("mine")
    (tmp_path / "public/CNAME").write_text("mine")

    brought(tmp_path)

    assert tree(tmp_path) == {"public/a/mine.txt": b"mine", "public/CNAME": b"mine"}


def test_a_stale_file_that_was_changed_by_hand_is_left_alone(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a"), file("public/b"))
    (tmp_path / "public/a").write_text("mine now")

    written = brought(tmp_path, file("public/b"))

    assert written.left_alone == ("public/a",)
    assert tree(tmp_path) == {"public/a": b"mine now", "public/b": b"x"}


def test_a_file_of_ours_that_was_changed_by_hand_is_made_again(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a"))
    (tmp_path / "public/a").write_text("changed")
    assert brought(tmp_path, file("public/a")).changed == ("public/a",)


def test_a_file_in_the_way_that_is_not_ours_stops_the_build_before_it_writes(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a", b"old"))
    (tmp_path / "public/b").write_text("mine")

    with pytest.raises(ContentError) as caught:
        brought(tmp_path, file("public/a", b"new"), file("public/b", b"ours"))

    assert [(problem.code, problem.position.file) for problem in caught.value.problems] == [
        ("output-foreign", "public/b")
    ]
    assert tree(tmp_path) == {"public/a": b"old", "public/b": b"mine"}


def test_a_file_in_the_way_with_the_same_bytes_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public/a").write_bytes(b"x")
    assert brought(tmp_path, file("public/a")).unchanged == ("public/a",)
    assert brought(tmp_path).removed == ("public/a",)


def test_a_link_out_of_the_output_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "public").mkdir()
    (tmp_path / "public/stories").symlink_to(outside)
    (tmp_path / "public/a").symlink_to(outside / "a")

    with pytest.raises(ContentError) as caught:
        brought(tmp_path, file("public/stories/x"), file("public/a"))

    assert [problem.code for problem in caught.value.problems] == ["output-foreign"] * 2
    assert list(outside.iterdir()) == []


def test_a_manifest_that_names_files_elsewhere_deletes_nothing_there(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"x")
    brought(tmp_path, file("public/a"))
    digests = Manifest.read(tmp_path / "public").files["a"]
    (tmp_path / "public" / NAME).write_bytes(Manifest({"a": digests, "../victim": digests}).to_bytes())

    brought(tmp_path)

    assert victim.exists()
    assert not (tmp_path / "public/a").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 99}', '{"format": 1, "files": 3}', "\x00"])
def test_a_manifest_that_cannot_be_read_makes_nothing_ours(tmp_path: Path, text: str) -> None:
    brought(tmp_path, file("public/a"), file("public/b"))
    (tmp_path / "public" / NAME).write_text(text)

    written = brought(tmp_path, file("public/a"))

    assert written.removed == ()
    assert (tmp_path / "public/b").exists()


def test_a_build_that_was_stopped_between_two_files_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought(tmp_path, file("public/a", b"old a"), file("public/b", b"old b"), file("public/stale"))
    replace = os.replace
    done = []

    def stop_at_the_third(source: str, target: Path) -> None:
        if len(done) == 2:  # the manifest and one file
            raise KeyboardInterrupt
        done.append(target)
        replace(source, target)

    monkeypatch.setattr(stage_module.os, "replace", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        brought(tmp_path, file("public/a", b"new a"), file("public/b", b"new b"), file("public/c"))
    monkeypatch.undo()
    assert tree(tmp_path) == {"public/a": b"new a", "public/b": b"old b", "public/stale": b"x"}

    written = brought(tmp_path, file("public/b", b"newest b"))

    assert tree(tmp_path) == {"public/b": b"newest b"}
    assert written.removed == ("public/a", "public/stale")


def test_what_an_interrupted_build_left_half_written_is_swept_away(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a/x"))
    (tmp_path / "public/.pressrun-new-abc/a").mkdir(parents=True)
    (tmp_path / "public/.pressrun-new-abc/a/x").write_text("half")

    brought(tmp_path, file("public/a/x", b"new"))

    assert tree(tmp_path) == {"public/a/x": b"new"}


@pytest.mark.skipif(os.name == "nt", reason="nobody knows there whether a build goes on")
def test_what_another_build_brings_at_this_moment_is_left_to_it(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        waiting = [stage.put(file("public/a", b"slow")), stage.put(file("public/b/c", b"slow"))]
        assert brought(tmp_path, file("public/a", b"fast"), file("public/d")).new == ("public/a", "public/d")
        settle(stage, waiting, ("public", "outbox"))
    assert tree(tmp_path) == {"public/a": b"slow", "public/b/c": b"slow"}


@pytest.mark.parametrize("data", [b"old", b"new"])
def test_what_a_build_counted_on_and_another_took_away_stops_it(tmp_path: Path, data: bytes) -> None:
    brought(tmp_path, file("public/a", b"old"), file("public/b"))
    digest = Manifest.read(tmp_path / "public").files["b"][0]
    with staged(tmp_path) as stage:
        waiting = [stage.put(file("public/a", data)), stage.put(file("public/c"))]
        brought(tmp_path, file("public/d"))
        with pytest.raises(OutputError, match="another build has just changed"):
            settle(stage, waiting, ("public", "outbox"), {"public/b": digest})
    assert tree(tmp_path) == {"public/d": b"x"}


@pytest.mark.slow
def test_two_builds_put_their_files_in_their_places_one_after_the_other(tmp_path: Path) -> None:
    """Each of them may delete what the other no longer needs, and both write one manifest."""
    script = f"""if True:
        import sys
        sys.path[:0] = {sys.path!r}
        from pathlib import Path
        from pressrun.model.output import OutputFile
        from pressrun.press.output.write import write
        for number in range(20):
            names = [f"public/{{name}}/{{number % 3}}" for name in "abcdefgh"]
            data = f"{{sys.argv[1]}} {{number}}".encode()
            files = [OutputFile(name, data, "content/a.md") for name in names]
            write(files, Path({str(tmp_path)!r}), ("public", "outbox"))
    """
    both = [subprocess.Popen([sys.executable, "-c", script, name], stderr=subprocess.PIPE) for name in ("x", "y")]
    errors = [process.communicate()[1].decode() for process in both]
    assert errors == ["", ""]
    assert set(tree(tmp_path)) == {f"public/{name}/{19 % 3}" for name in "abcdefgh"}
    assert set(Manifest.read(tmp_path / "public").files) == {f"{name}/{19 % 3}" for name in "abcdefgh"}
    assert brought(tmp_path).left_alone == ()
    assert tree(tmp_path) == {}


def test_files_get_the_mode_that_any_new_file_gets(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    brought(tmp_path, file("public/a"))
    assert (tmp_path / "public/a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_disk_that_says_no_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        brought(tmp_path / ("x" * 300), file("public/a"))


@pytest.mark.parametrize("taken", ["public", "public/a"])
def test_a_file_where_a_folder_belongs_stops_the_build_before_it_writes(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("mine")
    with pytest.raises(ContentError) as caught:
        brought(tmp_path, file("public/a/b"), file("outbox/c"))
    assert [problem.code for problem in caught.value.problems] == ["output-foreign"]
    assert not (tmp_path / "outbox").exists()


def test_two_things_that_want_one_path_are_told() -> None:
    files = [file("public/a/index.html"), file("public/A/index.html", origin="content/b.md"), file("public/c")]
    (problem,) = clashes(files)
    assert (problem.code, problem.position.file) == ("output-clash", "content/b.md")


def test_a_file_where_another_needs_a_folder_is_told() -> None:
    (problem,) = clashes([file("public/a"), file("public/a/index.html", origin="content/b.md")])
    assert problem.position.file == "content/b.md"


@pytest.mark.parametrize(
    "path", ["public/.pressrun-manifest.json", "public/.PRESSRUN-x", "public/a/../b", "public/a:b"]
)
def test_nothing_is_written_over_the_manifest_or_outside(path: str) -> None:
    assert [problem.code for problem in clashes([file(path)])] == ["output-clash"]


def test_a_folder_that_is_new_takes_its_place_as_a_whole(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a/x"))
    inode = (tmp_path / "public/a").stat().st_ino
    brought(tmp_path, file("public/a/x"), file("public/b/c/y", b"y"))
    assert tree(tmp_path) == {"public/a/x": b"x", "public/b/c/y": b"y"}
    assert (tmp_path / "public/a").stat().st_ino == inode


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.put(file("public/a/x"))
        stage.put(file("outbox/b"))
    assert list(tmp_path.iterdir()) == []


def test_what_lies_in_its_place_already_can_be_kept_without_being_read(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a"), file("public/b"))
    digest = Manifest.read(tmp_path / "public").files["a"][0]
    with staged(tmp_path) as stage:
        written = settle(stage, [stage.put(file("public/c"))], ("public", "outbox"), {"public/a": digest})
    assert (written.new, written.unchanged, written.removed) == (("public/c",), ("public/a",), ("public/b",))


def test_a_part_of_the_output_deletes_nothing_of_the_rest(tmp_path: Path) -> None:
    brought(tmp_path, file("public/a"), file("outbox/b"))
    with staged(tmp_path) as stage:
        settle(stage, [stage.put(file("public/c"))], ("public", "outbox"), is_whole=False)
    assert tree(tmp_path) == {"public/a": b"x", "public/c": b"x", "outbox/b": b"x"}
    assert brought(tmp_path).removed == ("outbox/b", "public/a", "public/c")


def test_nothing_is_deleted_through_a_link_that_leads_out(tmp_path: Path) -> None:
    brought(tmp_path / "elsewhere", file("public/a"))
    (tmp_path / "site").mkdir()
    (tmp_path / "site/public").symlink_to(tmp_path / "elsewhere/public")
    brought(tmp_path / "site")
    assert (tmp_path / "elsewhere/public/a").exists()


def test_an_output_folder_that_is_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site/public").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ContentError) as caught:
        brought(tmp_path / "site", file("public/a"))
    assert [(problem.code, problem.position.file) for problem in caught.value.problems] == [
        ("output-foreign", "public")
    ]
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("paths", "apart"),
    [
        (["public/a", "public/b/c", "public/b/d"], True),
        ([], True),
        (["public/a", "public/A"], False),
        (["public/a", "public/a/b"], False),
        (["public/a/b/c/d", "public/A/b"], False),
        (["public/a", "public/../b"], False),
    ],
)
def test_paths_are_apart_unless_they_clash(paths: list[str], apart: bool) -> None:
    assert are_apart(paths) is apart
    assert (clashes(map(file, paths)) == []) is apart


class TestPlaces:
    @pytest.mark.parametrize(
        "name", ["with a space.html", "Grüße/日本語.txt", "e\u0301/x", "-rf", "%41", "🦊/index.html"]
    )
    def test_files_may_be_called_anything_that_an_address_can(self, tmp_path: Path, name: str) -> None:
        brought(tmp_path, file(f"public/{name}"))
        assert brought(tmp_path, file(f"public/{name}", b"y")).changed == (f"public/{name}",)
        assert tree(tmp_path) == {f"public/{name}": b"y"}
        assert brought(tmp_path).removed == (f"public/{name}",)

    @pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="there is no second file system")
    def test_the_output_may_lie_on_another_file_system_than_what_is_copied(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(b"png")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
            for _ in range(2):
                brought(Path(elsewhere), file("public/a.png", tmp_path / "a.png"), file("public/b/c"))
                assert tree(Path(elsewhere)) == {"public/a.png": b"png", "public/b/c": b"x"}

    def test_an_output_folder_may_be_a_link_within_the_destination(self, tmp_path: Path) -> None:
        (tmp_path / "site/current").mkdir(parents=True)
        (tmp_path / "public").symlink_to("site/current")
        brought(tmp_path, file("public/a/b"), file("public/c"))
        assert tree(tmp_path / "site/current") == {"a/b": b"x", "c": b"x"}
        assert brought(tmp_path, file("public/c")).removed == ("public/a/b",)
        assert tree(tmp_path / "site/current") == {"c": b"x"}
        assert not list(tmp_path.rglob(f"{stage_module.STAGE}*"))

    def test_a_folder_in_it_may_be_a_link_within_it(self, tmp_path: Path) -> None:
        (tmp_path / "public/real").mkdir(parents=True)
        (tmp_path / "public/other").symlink_to("real")
        brought(tmp_path, file("public/other/a"))
        assert (tmp_path / "public/real/a").read_bytes() == b"x"
        assert (tmp_path / "public/other").is_symlink()

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may do anything is refused nothing")
    def test_a_folder_that_nobody_may_write_is_an_error_of_its_own(self, tmp_path: Path) -> None:
        (tmp_path / "public").mkdir(mode=0o500)
        with pytest.raises(OutputError, match="cannot write"):
            brought(tmp_path, file("public/a"))

    def test_a_folder_made_anew_has_the_mode_of_any(self, tmp_path: Path) -> None:
        """Not that of the stage, which nobody else may look into."""
        (tmp_path / "plain").mkdir()
        brought(tmp_path, file("public/a/b"))
        for path in ("public", "public/a"):
            assert (tmp_path / path).stat().st_mode == (tmp_path / "plain").stat().st_mode

    def test_a_disk_that_is_full_leaves_what_was_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        brought(tmp_path, file("public/a", b"old"))

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "public/b")

        monkeypatch.setattr(stage_module, "_write_all", full)
        with pytest.raises(OutputError, match="No space left"):
            brought(tmp_path, file("public/b", b"new"), file("outbox/c"))
        assert tree(tmp_path) == {"public/a": b"old"}
        assert not list(tmp_path.rglob(f"{stage_module.STAGE}*"))
        assert not (tmp_path / "outbox").exists()

    def test_a_copy_of_what_is_gone_leaves_what_was_there(self, tmp_path: Path) -> None:
        brought(tmp_path, file("public/a", b"old"))
        with pytest.raises(OutputError, match=r"nothing\.png"):
            brought(tmp_path, file("public/a", b"new"), file("public/b", tmp_path / "nothing.png"))
        assert tree(tmp_path) == {"public/a": b"old"}


class TestSeveralProcesses:
    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there all is brought by one process")
    def test_may_bring_files_to_one_stage(self, tmp_path: Path) -> None:
        brought(tmp_path, *(file(f"public/old/{number}", b"old") for number in range(40)))
        with staged(tmp_path) as stage:
            stage.open("public")
            found = list(
                Workers(2).work(lambda path: stage.put(file(path, b"new")), paths_to_bring(), least=1, chunk=1)
            )
            written = settle(stage, found, ("public", "outbox"))
        assert written.changed == tuple(sorted(f"public/old/{number}" for number in range(40)))
        assert set(tree(tmp_path)) == set(paths_to_bring())
        assert set(tree(tmp_path).values()) == {b"new"}

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there all is brought by one process")
    def test_that_bring_two_files_of_one_name_end_in_no_traceback(self, tmp_path: Path) -> None:
        """Which is told as a clash before anything takes its place."""
        with staged(tmp_path) as stage:
            stage.open("public")
            paths = ["public/a", "public/a/b", "public/a/b/c"] * 20
            found = list(Workers(2).work(lambda path: stage.put(file(path)), paths, least=1, chunk=1))
        assert {each.path for each in found} == set(paths)
        assert list(tmp_path.iterdir()) == []


def paths_to_bring() -> list[str]:
    return [f"public/{folder}/{number}" for number in range(40) for folder in ("old", "new/deep", f"{number}/own")]
