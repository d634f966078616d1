"""Golden cases: a folder in, bytes out. For what a person would look at; laws are properties."""

import shutil
from pathlib import Path

import pytest

from builders import wanted
from pressrun.build import build
from pressrun.output.manifest import NAME

GOLDEN = Path(__file__).parent / "golden"


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))
def test_what_a_build_makes_is_what_was_looked_at(case: str, tmp_path: Path, rewrite: bool) -> None:
    report = build(GOLDEN / case, tmp_path, wanted())
    assert report.problems == ()
    expected = GOLDEN / case / "expected"
    if rewrite:
        shutil.rmtree(expected, ignore_errors=True)
        shutil.copytree(tmp_path, expected, ignore=shutil.ignore_patterns(NAME))

    made, looked_at = tree(tmp_path), tree(expected)

    assert sorted(made) == sorted(looked_at)
    for path, data in looked_at.items():
        assert made[path] == data, path
