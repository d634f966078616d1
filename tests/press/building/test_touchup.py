"""One story saved: what shows it is made anew by the plan of the last build, and that is what a whole build makes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file, build_request
from pressrun.press.building.build import How, build
from pressrun.press.building.outputs import Making
from pressrun.press.building.report import BuildReport

EDITION = "---\nid: tag:x,2020:week\ntitle: The week\ndate: 2026-05-12\nlead: c\nstories: [a]\n---\n\nGood morning.\n"


def a_newsroom(root: Path) -> Path:
    stories = {
        f"content/stories/{name}.md": a_story_file(
            f"The text of {name}, after [the other](../stories/a.md).",
            id=f"tag:x,2020:{name}",
            title=f"Story {name}",
            date=f"2026-05-0{number}",
            tags="[one]",
        )
        for number, name in enumerate("abcdef", 1)
    }
    return a_folder(
        root,
        {
            "content/publication.yaml": f"{MASTHEAD}feeds:\n  - name: site\n  - every: tag\n",
            "content/editions/e.md": EDITION,
            **stories,
        },
    )


def edited(root: Path, name: str, old: str, new: str) -> None:
    path = root / f"content/stories/{name}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def tree(root: Path) -> dict[str, bytes]:
    paths = (path for part in ("public", "outbox") for path in (root / part).rglob("*"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def from_nothing(root: Path, elsewhere: Path) -> dict[str, bytes]:
    build(root, elsewhere, build_request(), how=How(cached=False))
    return tree(elsewhere)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A publication that was built, where no build may plan anew."""
    root = a_newsroom(tmp_path / "gazette")
    build(root, root, build_request())

    def planned(_: Making) -> None:
        raise AssertionError("everything is planned anew")

    monkeypatch.setattr(Making, "run", planned)
    return root


def touched(root: Path) -> BuildReport:
    return build(root, root, build_request())


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("b", "The text", "The new text"),
        ("c", "The text", "The new text, with [a link](b.md) and [another](/stories/d/)"),
        ("a", "title: Story a", "title: What a is called now"),
        ("d", "title: Story d", "title: Story d\nsummary: What it is about."),
        ("e", "title: Story e", "title: Story e\nmood: cheerful\nlang: fr"),
        ("f", "after [the other](../stories/a.md)", "after all"),
    ],
)
def test_the_output_is_what_a_build_from_nothing_makes(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str
) -> None:
    edited(built, name, old, new)
    report = touched(built)
    monkeypatch.undo()
    assert tree(built) == from_nothing(built, tmp_path / "elsewhere")
    assert f"public/stories/{name}/index.html" in report.written.changed
    assert not {path for path in report.written.changed if path.startswith("public/stories/")} - {
        f"public/stories/{name}/index.html"
    }
    assert (report.stories, report.editions, len(report.letters)) == (6, 1, 1)


def test_feeds_and_letters_that_do_not_show_the_story_are_not_touched(built: Path) -> None:
    edited(built, "b", "The text", "The new text")
    assert not any(path.startswith("outbox/") for path in touched(built).written.changed)


def test_the_letter_that_carries_the_story_is_made_anew(built: Path) -> None:
    edited(built, "c", "The text", "The new text")
    assert {"outbox/e/newsletter.html", "outbox/e/newsletter.txt", "outbox/e/newsletter.eml"} <= set(
        touched(built).written.changed
    )


def test_one_after_the_other_and_then_nothing(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcabc":
        edited(built, name, "The text", "The text, again")
        assert touched(built).written.changed
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*") if ".cache" not in path.parts}
    assert not touched(built).written.changed
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*") if ".cache" not in path.parts} == before
    monkeypatch.undo()
    assert tree(built) == from_nothing(built, tmp_path / "elsewhere")


def test_a_file_that_was_written_again_with_the_same_bytes_changes_nothing(built: Path) -> None:
    path = built / "content/stories/b.md"
    path.write_bytes(path.read_bytes())
    assert not touched(built).written.changed


def with_another(part: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        match part:
            case "story":
                a_folder(root, {"content/stories/g.md": a_story_file(id="tag:x,2020:g", title="G")})
            case "name":
                (root / "content/stories/b.md").rename(root / "content/stories/z.md")
            case "setting":
                masthead = root / "content/publication.yaml"
                masthead.write_text(masthead.read_text().replace("The Gazette", "The Times"))
            case "template":
                a_folder(root, {"templates/feed.css": "feed { color: red }"})
            case "edition":
                path = root / "content/editions/e.md"
                path.write_text(path.read_text().replace("Good morning", "Good evening"))
            case "picture":
                a_folder(root, {"content/static/x.txt": "x"})
            case "output":
                (root / "public/atom.xml").write_text("mine")
            case field:
                edited(root, "b", "title: Story b", f"title: Story b\n{field}")

    return change


@pytest.mark.parametrize(
    "part",
    "story|name|setting|template|edition|picture|output|slug: other|draft: true|updated: 2026-05-11|section: World"
    "|aliases: /old/|authors: [Ada]|path: /elsewhere/".split("|"),
)
def test_whatever_else_has_changed_is_planned_anew(tmp_path: Path, part: str) -> None:
    root = a_newsroom(tmp_path / "gazette")
    build(root, root, build_request())
    with_another(part)(root)
    edited(root, "c", "The text", "The new text")
    build(root, root, build_request())
    assert tree(root) == from_nothing(root, tmp_path / "elsewhere")


def test_what_is_wrong_is_told_as_by_a_whole_build(tmp_path: Path) -> None:
    root = a_newsroom(tmp_path / "gazette")
    build(root, root, build_request())
    edited(root, "c", "The text", "[Nowhere](nowhere.md)")
    assert [problem.code for problem in build(root, root, build_request()).problems] == ["link-broken"]
    assert tree(root) == from_nothing(root, tmp_path / "elsewhere")
    edited(root, "c", "[Nowhere](nowhere.md)", "![](https://pictures.example/a.png)")
    assert [problem.code for problem in build(root, root, build_request()).problems] == ["picture-alt"]
    edited(root, "b", "The text", "The new text")
    assert [problem.code for problem in build(root, root, build_request()).problems] == ["picture-alt"]
    assert tree(root) == from_nothing(root, tmp_path / "elsewhere")


def test_another_call_is_planned_anew(tmp_path: Path) -> None:
    root = a_newsroom(tmp_path / "gazette")
    build(root, root, build_request())
    edited(root, "c", "The text", "The new text")
    build(root, root, replace(build_request(), home="https://other.example/"))
    assert b"https://other.example/stories/c/" in tree(root)["public/atom.xml"]
