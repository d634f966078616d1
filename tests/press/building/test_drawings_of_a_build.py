"""What a build publishes of SVG pictures, first and when something is saved again."""

from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file, build_request
from pressrun.desk.checking.check import check
from pressrun.model.problems import errors_in
from pressrun.press.building.build import BuildReport, How, build

CLEAN = b'<svg xmlns="http://www.w3.org/2000/svg"  viewBox="0 0 1 1"><!-- kept --><g/></svg>'
HARMFUL = b'<svg xmlns="http://www.w3.org/2000/svg"><g onclick="alert(1)"/></svg>'


def a_publication_with(root: Path, **pictures: bytes) -> Path:
    return a_folder(
        root,
        {
            "content/publication.yaml": MASTHEAD,
            "content/stories/a.md": a_story_file("![A plan](../images/plan.svg)"),
            "content/images/plan.svg": pictures.get("plan", CLEAN),
            "content/static/icon.svg": pictures.get("icon", CLEAN),
        },
    )


def built(root: Path, how: How | None = None) -> BuildReport:
    return build(root, root, build_request(), how=how or How())


def published(root: Path) -> dict[str, bytes]:
    return {
        path.name[:4]: path.read_bytes() for path in sorted((root / "public").rglob("*.svg")) if path.suffix == ".svg"
    }


def test_a_harmless_picture_is_published_byte_for_byte(tmp_path: Path) -> None:
    report = built(a_publication_with(tmp_path))

    assert published(tmp_path) == {"icon": CLEAN, "plan": CLEAN}
    assert "picture-svg" not in {problem.code for problem in report.problems}


def test_of_another_only_what_is_harmless_and_that_is_told_each_time(tmp_path: Path) -> None:
    a_publication_with(tmp_path, plan=HARMFUL, icon=HARMFUL)
    for how in (How(), How(), How(cached=False)):
        report = built(tmp_path, how)

        places = [problem.position.file for problem in report.problems if problem.code == "picture-svg"]
        assert places == ["content/images/plan.svg", "content/static/icon.svg"]
        assert all(b"alert" not in data for data in published(tmp_path).values())


def test_a_picture_that_becomes_harmful_is_published_anew(tmp_path: Path) -> None:
    a_publication_with(tmp_path)
    built(tmp_path)
    for path in ("images/plan.svg", "static/icon.svg"):
        (tmp_path / "content" / path).write_bytes(HARMFUL)
    built(tmp_path)

    assert all(b"alert" not in data and b"<g/>" in data for data in published(tmp_path).values())


def test_a_picture_that_was_copied_before_anybody_looked_is_published_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is after an update: the stock says that the copy still stands."""
    a_publication_with(tmp_path, icon=HARMFUL)
    with monkeypatch.context() as earlier:
        earlier.setattr("pressrun.press.building.sourcefiles.DRAWINGS", ())
        built(tmp_path)
    assert b"alert" in published(tmp_path)["icon"]
    (tmp_path / "content/stories/b.md").write_text(a_story_file("Another.", id="tag:x,2020:b", slug="b"))
    built(tmp_path)

    assert b"alert" not in published(tmp_path)["icon"]


@pytest.mark.parametrize(
    "data", [b"<svg", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_a_picture_that_nobody_can_read_is_refused_and_its_story_named(tmp_path: Path, data: bytes) -> None:
    report = built(a_publication_with(tmp_path, plan=data))

    (problem,) = [each for each in report.problems if each.code == "picture-missing"]
    assert problem.position.file == "content/stories/a.md"
    assert "content/images/plan.svg" in problem.message
    assert set(published(tmp_path)) == {"icon"}
    assert "picture-missing" in {each.code for each in errors_in(check(tmp_path, build_request()).problems)}


def test_so_is_one_that_is_only_copied(tmp_path: Path) -> None:
    report = built(a_publication_with(tmp_path, icon=b"<svg"))

    places = [each.position.file for each in report.problems if each.code == "picture-missing"]
    assert places == ["content/static/icon.svg"]
    assert set(published(tmp_path)) == {"plan"}
    assert "picture-missing" in {each.code for each in errors_in(check(tmp_path, build_request()).problems)}
