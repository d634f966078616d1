"""What the system says of files, and what a program is known by."""

import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pressrun.press.building import filestates as states_module
from pressrun.press.building.filestates import FileState, digest_of_states, program, states_of, tick_of, zone_file


def state_of(path: Path) -> FileState:
    return FileState.of(path.stat())


def test_a_file_that_is_written_has_another_state(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.write_text("one")
    os.utime(place, ns=(1, 1))
    before = state_of(place)
    place.write_text("two")
    assert state_of(place) != before


@pytest.mark.skipif(sys.platform == "win32", reason="there a file tells when it was made, and not when it changed")
def test_so_it_has_where_somebody_sets_its_time_back(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.write_text("one")
    os.utime(place, ns=(1, 1))
    before = state_of(place)
    while state_of(place).changed == before.changed:  # the clock of a file system ticks some 250 times a second
        place.write_text("two")
        os.utime(place, ns=(1, 1))
    after = state_of(place)
    assert (after.size, after.mtime, after.inode) == (before.size, before.mtime, before.inode)
    assert after != before


def test_so_it_has_where_another_file_takes_its_place(tmp_path: Path) -> None:
    place, other = tmp_path / "a", tmp_path / "b"
    for path in (place, other):
        path.write_text("x")
        os.utime(path, ns=(1, 1))
    before = state_of(place)
    other.replace(place)
    assert state_of(place).inode != before.inode


def test_what_was_written_in_the_moment_of_a_look_may_change_without_showing_it(tmp_path: Path) -> None:
    clock, place = tmp_path / "clock", tmp_path / "a"
    clock.write_text("")
    place.write_text("one")
    tick = tick_of(clock)
    assert state_of(place).mtime <= tick
    place.write_text("two")
    assert state_of(place).is_fresh(tick)
    os.utime(place, ns=(1, 1))  # which moves the other of its two times
    assert state_of(place).is_fresh(tick)
    assert not FileState(1, 10, 11, 1).is_fresh(12)
    assert FileState(1, 12, 11, 1).is_fresh(12)
    assert FileState(1, 11, 12, 1).is_fresh(12)


def test_to_ask_for_the_time_changes_no_file_s_own(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.write_text("x")
    os.utime(place, ns=(5, 7))
    assert tick_of(place) > 7
    assert place.stat().st_mtime_ns == 7
    assert list(tmp_path.iterdir()) == [place]


def test_where_the_time_cannot_be_known_every_file_may_have_changed(tmp_path: Path) -> None:
    assert tick_of(tmp_path / "nobody") == 0


def test_a_file_that_is_gone_has_no_state(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    found = states_of({"a": str(tmp_path / "a"), "b": str(tmp_path / "b")})
    assert list(found) == ["a"]


def test_states_are_told_apart_by_name_and_order() -> None:
    one, two = FileState(1, 2, 3, 4), FileState(1, 2, 34, 4)
    told = [{"a": one}, {"b": one}, {"a": two}, {"a": one, "b": one}, {"b": one, "a": one}, {}, {"\udcff": one}]
    assert len({digest_of_states(each) for each in told}) == len(told)


def test_a_program_is_known_by_its_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = program()
    monkeypatch.syspath_prepend(str(tmp_path))
    program.cache_clear()
    try:
        assert program() == before
        (tmp_path / "unrelated-1.0.dist-info").mkdir()
        program.cache_clear()
        assert program() == before
        (tmp_path / "Jinja2-99.0.dist-info").mkdir()
        program.cache_clear()
        assert program() != before
    finally:
        program.cache_clear()


def test_a_time_zone_is_known_by_its_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert zone_file("Europe/Berlin")
    assert zone_file("Europe/Berlin") != zone_file("Asia/Tokyo")
    assert zone_file("No/Where") == b""
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe/Berlin").write_bytes(b"new rules")
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path),))
    assert zone_file("Europe/Berlin") == b"new rules"
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    assert zone_file("Europe/Berlin").startswith(b"TZif")  # that of the package tzdata
    assert ZoneInfo("Europe/Berlin").key == "Europe/Berlin"


def test_all_that_comes_with_pressrun_is_part_of_what_it_is_known_by() -> None:
    """A file of another kind would be read, and no build would notice that it has changed."""
    root = Path(states_module.pressrun.__file__).parent
    known = set(states_module._parts(str(root)))
    others = {path for path in root.rglob("*") if path.is_file() and str(path) not in known}
    assert {
        path.relative_to(root).as_posix()
        for path in others
        if "__pycache__" not in path.parts and path.relative_to(root).parts[0] != "manual"
    } == {
        "py.typed",
        # What a browser gets of the preview, and no build reads.
        *(f"web/preview/static/{name}" for name in ("preview.js", "icon.svg")),
        # What `pressrun new` puts down, and no build reads.
        *(f"defaults/starter/{name}" for name in ("gitignore", "content/images/hello.png")),
        "defaults/starter/content/stories/@DATE@-hello.md",
        "defaults/starter/content/editions/@DATE@-first-edition.md",
    }
