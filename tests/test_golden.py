"""Golden cases: a folder in, bytes out. For what a person would look at; laws are properties."""

import shutil
from pathlib import Path

import pytest

from builders import build_request
from pressrun.press.building.build import build
from pressrun.press.output.manifest import NAME

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = GOLDEN.parent.parent


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def source_of(case: str, folder: Path) -> Path:
    """A copy of *case* in *folder*, so that nothing is remembered beside it; the sample is this repository itself."""
    if case == "letter-sample":
        return REPOSITORY
    return shutil.copytree(GOLDEN / case, folder, ignore=shutil.ignore_patterns("expected"))


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))
def test_what_a_build_makes_is_what_was_looked_at(case: str, tmp_path: Path, rewrite: bool) -> None:
    """Of a case called letter-…, the outbox alone."""
    report = build(source_of(case, tmp_path / "source"), tmp_path / "output", build_request())
    assert report.problems == ()
    expected = GOLDEN / case / "expected"
    made_below = "outbox" if case.startswith("letter-") else ""
    if rewrite:
        shutil.rmtree(expected, ignore_errors=True)
        ignored = shutil.ignore_patterns(NAME)
        shutil.copytree(tmp_path / "output" / made_below, expected / made_below, ignore=ignored)

    made, looked_at = tree(tmp_path / "output" / made_below), tree(expected / made_below)

    assert sorted(made) == sorted(looked_at)
    for path, data in looked_at.items():
        assert made[path] == data, path
