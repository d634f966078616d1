"""What makes a build look again, although no file of the publication has changed; and what shows that one has."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from builders import MASTHEAD, NOON, PNG, a_folder, a_story_file, build_request
from pressrun.press.building import filestates as states
from pressrun.press.building.build import How, build
from pressrun.press.building.filestates import FileState, zone_file
from pressrun.press.building.report import WHOLE
from pressrun.press.building.unchanged import Call, look

EDITION = "---\nid: tag:gazette.example,2020:{0}\ntitle: {0}\ndate: {1}\n---\nDear reader.\n"
FILES: dict[str, str | bytes] = {
    "content/publication.yaml": MASTHEAD,
    "content/stories/a.md": a_story_file("![P](p.png) [note](/files/note.txt)"),
    "content/stories/p.png": PNG,
    "content/files/note.txt": "A note.",
    "content/static/robots.txt": "Come in.",
    "content/editions/e.md": EDITION.format("spring", "2026-05-02"),
    "templates/part.txt": "words",
    "templates/redirect.html": '{% include "part.txt" %}',
}

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_folder(tmp_path, FILES)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def has_nothing_to_do(root: Path, now: datetime = NOON) -> bool:
    return look(Call.of(root, root / "out", build_request(), WHOLE), now).report is not None


def built(root: Path, now: datetime = NOON) -> None:
    """Build, and hold what comes of it against a build from nothing."""
    build(root, root / "out", build_request(now=now), allow_reflood=True)
    build(root, root / "fresh", build_request(now=now), allow_reflood=True, how=How(cached=False))
    assert tree(root / "out") == tree(root / "fresh")
    assert has_nothing_to_do(root, now)


# Time


@pytest.mark.parametrize(
    ("path", "text", "page"),
    [
        ("stories/b.md", a_story_file(id="tag:x,2020:b", date="2026-05-12T12:30:00Z"), "public/stories/b/index.html"),
        ("editions/f.md", EDITION.format("summer", "2026-05-12T12:30:00Z"), "outbox/f/newsletter.html"),
    ],
)
def test_what_falls_due_comes_out_and_goes_again_when_time_goes_back(
    root: Path, path: str, text: str, page: str
) -> None:
    a_folder(root, {f"content/{path}": text})
    built(root)
    assert has_nothing_to_do(root, NOON + timedelta(minutes=29))
    assert not has_nothing_to_do(root, NOON + timedelta(minutes=30))
    built(root, NOON + timedelta(minutes=30))
    assert (root / "out" / page).is_file()
    assert has_nothing_to_do(root, NOON + timedelta(days=300))
    assert not has_nothing_to_do(root, NOON + timedelta(minutes=29))
    built(root)
    assert not (root / "out" / page).exists()


def test_before_everything_there_is_nothing(root: Path) -> None:
    built(root)
    built(root, datetime(1999, 12, 31, tzinfo=UTC))
    assert not (root / "out/public/stories").exists()


def test_a_moment_counts_and_not_how_it_is_written(root: Path) -> None:
    built(root)
    assert has_nothing_to_do(root, NOON.astimezone(ZoneInfo("Asia/Tokyo")))


def test_new_data_of_the_time_zone_are_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(root)
    for module in ("stories", "unchanged"):
        monkeypatch.setattr(
            f"pressrun.press.building.{module}.zone_file", lambda name: zone_file(name) + b"another rule"
        )
    assert not has_nothing_to_do(root)
    built(root)


# The program


def test_another_program_begins_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(root)
    for module in ("build", "unchanged"):
        monkeypatch.setattr(f"pressrun.press.building.{module}.program", lambda: "another")
    assert not has_nothing_to_do(root)
    built(root)


def test_another_version_of_a_library_is_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = states.program()
    (tmp_path / "Jinja2-99.9.dist-info").mkdir()
    (tmp_path / "unheard_of-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    states.program.cache_clear()
    try:
        assert states.program() != before
        (tmp_path / "Jinja2-99.9.dist-info").rmdir()
        states.program.cache_clear()
        assert states.program() == before
    finally:
        states.program.cache_clear()


# Files that change without showing it


@pytest.fixture
def still_clock() -> Iterator[None]:
    """A clock of the file system that does not move: whatever is written was written just now."""
    of = FileState.of
    still = patch.object(FileState, "of", lambda found: of(found)._replace(mtime=7, changed=7))
    with ExitStack() as stack:
        stack.enter_context(still)
        for module in ("build", "touchup", "unchanged"):
            stack.enter_context(patch(f"pressrun.press.building.{module}.tick_of", lambda _: 7))
        yield


@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("content/stories/a.md", lambda data: data.replace(b"house", b"mouse")),
        ("content/editions/e.md", lambda data: data.replace(b"Dear", b"Near")),
        ("content/publication.yaml", lambda data: data.replace(b"The", b"tHE")),
        ("content/static/robots.txt", lambda data: data.swapcase()),
        ("content/files/note.txt", lambda data: data.swapcase()),
        ("templates/part.txt", lambda data: data.swapcase()),
    ],
)
def test_a_change_within_one_tick_of_the_clock_is_noticed(
    root: Path, path: str, change: Callable[[bytes], bytes]
) -> None:
    built(root)
    place = root / path
    before = place.read_bytes()
    place.write_bytes(change(before))
    assert place.read_bytes() != before
    assert not has_nothing_to_do(root)
    built(root)


def test_a_change_that_hides_its_time_is_noticed(root: Path) -> None:
    built(root)
    place = root / "content/stories/a.md"
    before = place.stat()
    place.write_bytes(place.read_bytes().replace(b"house", b"mouse"))
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not has_nothing_to_do(root)
    built(root)


# The output


def replaced(place: Path) -> None:
    """Another file of the same name, size and time."""
    before = place.stat()
    place.with_name("aside").write_bytes(place.read_bytes()[::-1])
    os.utime(place.with_name("aside"), ns=(before.st_atime_ns, before.st_mtime_ns))
    place.with_name("aside").replace(place)


@pytest.mark.parametrize("meddle", [os.utime, Path.unlink, replaced, lambda place: place.write_bytes(b"x")])
def test_an_output_that_somebody_meddled_with_is_looked_at(root: Path, meddle: Callable[[Path], object]) -> None:
    built(root)
    for path in (
        *("public/stories/a/index.html", "public/atom.xml", "public/robots.txt", "public/feeds.opml"),
        *("outbox/e/newsletter.html", "outbox/e/newsletter.eml"),
    ):
        meddle(root / "out" / path)
        assert not has_nothing_to_do(root)
    built(root)


@pytest.mark.parametrize("meddle", [os.utime, Path.unlink, replaced, lambda place: place.write_bytes(b"x")])
def test_a_manifest_that_somebody_meddled_with_is_looked_at(root: Path, meddle: Callable[[Path], object]) -> None:
    built(root)
    meddle(root / "out/public/.pressrun-manifest.json")
    assert not has_nothing_to_do(root)
    built(root)
