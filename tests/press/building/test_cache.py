"""What one run made and the next need not make again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pressrun
from pressrun.press.building.cache import FURNITURE, TEMPORARY, USED, Cache, Key, versions

KEYS = st.one_of(st.binary(max_size=8), st.text(max_size=4), st.lists(st.binary(max_size=3) | st.text(max_size=2)))


class Kitchen:
    """Something that makes things, and counts how often it has to."""

    def __init__(self) -> None:
        self.times = 0

    def making(self, content: bytes) -> Callable[[], bytes]:
        def make() -> bytes:
            self.times += 1
            return content

        return make


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*/*") if not path.name.startswith(TEMPORARY))


def nothing_is_made() -> bytes:
    raise AssertionError("this had been made before")


def test_the_second_run_takes_what_the_first_has_made(tmp_path: Path, kitchen: Kitchen) -> None:
    for _ in range(2):
        with Cache(tmp_path / "cache") as cache:
            assert cache.made("letters", "key", kitchen.making(b"letter")) == b"letter"
    assert kitchen.times == 1


def test_nothing_is_an_answer_too(tmp_path: Path, kitchen: Kitchen) -> None:
    cache = Cache(tmp_path)
    assert [cache.made("letters", b"", kitchen.making(b"")) for _ in range(2)] == [b"", b""]
    assert kitchen.times == 1


def test_without_a_folder_everything_is_made(kitchen: Kitchen) -> None:
    with Cache(None) as cache:
        assert [cache.made("letters", "key", kitchen.making(b"a")) for _ in range(2)] == [b"a", b"a"]
    assert kitchen.times == 2


def test_what_fails_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    with pytest.raises(AssertionError):
        cache.made("letters", "key", nothing_is_made)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("kind", ["", "..", "a/b", "Letters", "a-", "a.b"])
def test_a_kind_is_a_word(kind: str) -> None:
    with pytest.raises(ValueError, match="is no kind of entry"):
        Cache(None).made(kind, "key", bytes)


class TestKeys:
    @given(one=KEYS, other=KEYS)
    def test_two_keys_are_one_only_where_they_are_equal(
        self, one: Key, other: Key, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        cache = Cache(tmp_path_factory.mktemp("cache"))
        cache.made("letters", one, lambda: b"one")
        same = parts(one) == parts(other)
        assert cache.made("letters", other, lambda: b"other") == (b"one" if same else b"other")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (["ab", "c"], ["a", "bc"]),
            (["ab"], "a b"),
            ("ab", ["a", "b"]),
            (["a", ""], ["a"]),
            ([], ""),
            ("a", b"a"),
            ("\ud800", "\udfff"),
        ],
    )
    def test_no_two_run_together(self, one: Key, other: Key, tmp_path: Path) -> None:
        cache = Cache(tmp_path)
        cache.made("letters", one, lambda: b"one")
        assert cache.made("letters", other, lambda: b"other") == b"other"

    def test_nor_do_two_kinds(self, tmp_path: Path) -> None:
        cache = Cache(tmp_path)
        cache.made("letters", "key", lambda: b"letter")
        assert cache.made("pictures", "key", lambda: b"picture") == b"picture"

    def test_versions_are_those_that_are_installed(self) -> None:
        assert versions("Pillow", "no-such-thing").startswith("Pillow 1")
        assert versions("no-such-thing") == "no-such-thing unknown"

    def test_another_program_makes_everything_again(self, tmp_path: Path) -> None:
        copy = tmp_path / "program" / "pressrun"
        shutil.copytree(Path(pressrun.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
        program = (
            "import sys, pathlib\n"
            "from pressrun.press.building.cache import Cache\n"
            "with Cache(pathlib.Path(sys.argv[1])) as cache:\n"
            "    cache.made('letters', 'key', lambda: print('made') or b'letter')\n"
        )

        # Another program is none of ours to measure.
        quiet = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}

        def run() -> str:
            return subprocess.run(
                [sys.executable, "-c", program, str(tmp_path / "cache")],
                env={**quiet, "PYTHONPATH": str(copy.parent)},
                capture_output=True,
                text=True,
                check=True,
            ).stdout

        told = [run(), run()]
        with (copy / "diff.py").open("a") as stream:
            stream.write("\n# a thought\n")
        assert [*told, run()] == ["made\n", "", "made\n"]


def parts(key: Key) -> list[bytes | str]:
    return [key] if isinstance(key, bytes | str) else list(key)


class TestEntriesThatAreNotWhatTheyWere:
    @pytest.mark.parametrize(
        ("start", "end", "put"),
        [
            (0, None, b""),
            (-1, None, b""),
            (20, None, b""),
            (0, 65, b""),
            (0, 0, b"\n"),
            (-6, None, b"LETTER"),
            (-6, None, b"letters"),
        ],
        ids="empty cut short bare moved changed longer".split(),
    )
    def test_a_damaged_entry_is_made_again_and_repaired(
        self, start: int, end: int | None, put: bytes, tmp_path: Path, kitchen: Kitchen
    ) -> None:
        Cache(tmp_path).made("letters", "key", lambda: b"letter")
        (entry,) = entries(tmp_path)
        whole = entry.read_bytes()
        harmed = bytearray(whole)
        harmed[start:end] = put
        entry.write_bytes(harmed)

        assert Cache(tmp_path).made("letters", "key", kitchen.making(b"letter")) == b"letter"
        assert kitchen.times == 1
        assert entry.read_bytes() == whole

    def test_also_where_two_have_changed_places(self, tmp_path: Path) -> None:
        cache = Cache(tmp_path)
        for name in ("one", "other"):
            cache.made("letters", name, name.encode)
        first, second = entries(tmp_path)
        first_bytes, second_bytes = first.read_bytes(), second.read_bytes()
        first.write_bytes(second_bytes)
        second.write_bytes(first_bytes)

        assert [cache.made("letters", name, name.encode) for name in ("one", "other")] == [b"one", b"other"]

    def test_also_where_a_folder_lies_in_the_way(self, tmp_path: Path, kitchen: Kitchen) -> None:
        Cache(tmp_path).made("letters", "key", lambda: b"letter")
        (entry,) = entries(tmp_path)
        entry.unlink()
        entry.mkdir()

        with Cache(tmp_path) as cache:
            assert cache.made("letters", "key", kitchen.making(b"letter")) == b"letter"
        assert kitchen.times == 1
        assert not list(tmp_path.rglob(f"{TEMPORARY}*"))

    @given(key=KEYS, content=st.binary(max_size=40), place=st.integers(0, 200), byte=st.binary(max_size=2))
    def test_made_always_gives_what_make_gives(
        self, key: Key, content: bytes, place: int, byte: bytes, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = tmp_path_factory.mktemp("cache")
        Cache(folder).made("letters", key, lambda: content)
        (entry,) = entries(folder)
        whole = bytearray(entry.read_bytes())
        whole[place : place + len(byte)] = byte
        entry.write_bytes(whole)
        assert Cache(folder).made("letters", key, lambda: content) == content


class TestTheFolder:
    def test_is_left_out_by_git_and_by_backups(self, tmp_path: Path) -> None:
        Cache(tmp_path / "a" / "b").made("letters", "key", bytes)
        assert (tmp_path / "a" / "b" / ".gitignore").read_bytes().endswith(b"\n*\n")
        tag = (tmp_path / "a" / "b" / "CACHEDIR.TAG").read_bytes()
        assert tag.startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")

    def test_a_folder_is_not_made_where_nothing_is_kept(self, tmp_path: Path) -> None:
        with Cache(tmp_path / "cache"):
            pass
        assert not (tmp_path / "cache").exists()

    def test_a_folder_that_cannot_be_made_is_no_error(self, tmp_path: Path, kitchen: Kitchen) -> None:
        (tmp_path / "cache").write_text("a file")
        with Cache(tmp_path / "cache" / "pressrun") as cache:
            assert [cache.made("letters", "key", kitchen.making(b"a")) for _ in range(2)] == [b"a", b"a"]
        assert kitchen.times == 2
        assert (tmp_path / "cache").read_text() == "a file"

    def test_where_nothing_can_be_added_still_gives_what_it_holds(self, tmp_path: Path) -> None:
        Cache(tmp_path).made("letters", "key", lambda: b"letter")
        (tmp_path / "pictures").write_text("a file")
        with Cache(tmp_path) as cache:
            assert cache.made("letters", "key", nothing_is_made) == b"letter"
            assert cache.made("pictures", "other", lambda: b"other") == b"other"

    def test_is_shared_by_runs_at_the_same_time(self, tmp_path: Path) -> None:
        def run(number: int) -> list[bytes]:
            with Cache(tmp_path) as cache:
                return [cache.made("letters", str(key), str(key).encode) for key in range(number % 3, 12)]

        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(run, range(48)))

        assert told == [[str(key).encode() for key in range(number % 3, 12)] for number in range(48)]
        assert not list(tmp_path.rglob(f"{TEMPORARY}*"))

    def test_what_others_put_there_stays(self, tmp_path: Path) -> None:
        for path in ("letters/sub/.new-precious", ".new-folder/x", "other/.new-precious"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text("mine")
        with Cache(tmp_path) as cache:
            cache.made("letters", "key", bytes)
        assert sorted(path.name for path in tmp_path.rglob(".new-*")) == [
            ".new-folder",
            ".new-precious",
            ".new-precious",
        ]
        assert (tmp_path / "used").exists()


class TestForgetting:
    def run(self, folder: Path, *keys: str, kind: str = "letters") -> None:
        with Cache(folder) as cache:
            for key in keys:
                cache.made(kind, key, key.encode)

    def run_cut_short(self, folder: Path) -> None:
        with Cache(folder) as cache:
            cache.made("letters", "b", lambda: b"b")
            cache.made("letters", "c", nothing_is_made)

    def kept(self, folder: Path) -> set[bytes]:
        return {entry.read_bytes().partition(b"\n")[2] for entry in entries(folder)}

    def test_what_two_runs_did_not_use_is_gone(self, tmp_path: Path) -> None:
        self.run(tmp_path, "a", "b")
        self.run(tmp_path, "a")
        assert self.kept(tmp_path) == {b"a", b"b"}
        self.run(tmp_path, "a")
        assert self.kept(tmp_path) == {b"a"}

    def test_a_run_says_nothing_about_kinds_it_did_not_ask_for(self, tmp_path: Path) -> None:
        self.run(tmp_path, "a")
        for _ in range(3):
            self.run(tmp_path, "p", kind="pictures")
        assert self.kept(tmp_path) == {b"a", b"p"}
        self.run(tmp_path, "b")
        assert self.kept(tmp_path) == {b"a", b"b", b"p"}

    def test_a_run_that_was_cut_short_forgets_nothing(self, tmp_path: Path) -> None:
        self.run(tmp_path, "a")
        for _ in range(3):
            with pytest.raises(AssertionError):
                self.run_cut_short(tmp_path)
        assert self.kept(tmp_path) == {b"a", b"b"}

    def test_what_somebody_else_put_there_stays(self, tmp_path: Path) -> None:
        self.run(tmp_path, "a")
        for name in ("notes.txt", "letters/notes.txt", "letters/aa/notes.txt", "letters/aa/folder/notes.txt"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("mine")
        for _ in range(3):
            self.run(tmp_path, "b")
        assert len(list(tmp_path.rglob("notes.txt"))) == 4

    def test_leftovers_of_a_run_that_was_killed_are_swept(self, tmp_path: Path) -> None:
        self.run(tmp_path, "a")
        (entries(tmp_path)[0].parent / f"{TEMPORARY}x").write_bytes(b"half")
        self.run(tmp_path, "a")
        assert not list(tmp_path.rglob(f"{TEMPORARY}*"))

    @pytest.mark.parametrize("damaged", [b"", b"\xff\xfe", b"../../notes.txt\nletters/aa/../../../notes.txt"])
    def test_a_damaged_list_of_what_was_used_is_no_error(self, damaged: bytes, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        self.run(tmp_path / "cache", "a", "b")
        (tmp_path / "cache" / USED).write_bytes(damaged)
        self.run(tmp_path / "cache", "a")
        assert self.kept(tmp_path / "cache") == {b"a"}
        assert (tmp_path / "notes.txt").read_text() == "mine"

    def test_a_run_that_changes_nothing_writes_nothing(self, tmp_path: Path) -> None:
        self.run(tmp_path, "a")
        before = {path: path.stat().st_ino for path in tmp_path.rglob("*")}
        self.run(tmp_path, "a")
        assert {path: path.stat().st_ino for path in tmp_path.rglob("*")} == before
        assert {path.name for path in tmp_path.iterdir()} == {*FURNITURE, USED, "letters"}
