"""A run in memory: the same files and problems whatever is remembered, and nobody but the run collects problems."""

from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file, build_request
from pressrun.model.output import OutputFile
from pressrun.press.building.madefiles import MadeFiles
from pressrun.press.building.memory import DictionaryMemory, Memory, NoMemory
from pressrun.press.building.reading import Reading
from pressrun.press.building.run import Run

EDITION = (
    "---\nid: tag:x,2026:e\ntitle: Spring\ndate: 2026-05-02\nstories: [snow]\n---\nHello {name}, [see](gone.md).\n"
)
FILES = {
    "content/publication.yaml": f"{MASTHEAD}logo: no-logo.png\nlook:\n  logo: no-letter-logo.png\n",
    "content/stories/snow.md": a_story_file("Snow, and [ice](ice.md)."),
    "content/stories/ice.md": a_story_file("Ice, and [water](water.md).", id="tag:x,2026:ice"),
    "content/editions/spring.md": EDITION,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_folder(tmp_path, FILES)


def run_with(memory: Memory, root: Path) -> tuple[list[OutputFile], Run]:
    run = Run.planned(Reading.of(root, build_request(), memory), build_request(), memory)
    return run.files(), run


def test_a_run_makes_the_same_with_and_without_a_memory(root: Path) -> None:
    files, run = run_with(NoMemory(), root)
    memory = DictionaryMemory()
    for _ in range(3):
        again, remembered = run_with(memory, root)
        assert again == files
        assert remembered.problems == run.problems
        memory.turn()
    assert {"picture-missing", "link-broken"} <= {problem.code for problem in run.problems}


def test_a_remembered_story_is_rendered_again_when_its_link_leads_elsewhere(root: Path) -> None:
    memory = DictionaryMemory()
    run_with(memory, root)
    (root / "content/stories/water.md").write_text(a_story_file("Water.", id="tag:x,2026:water"))
    files, run = run_with(memory, root)
    assert (files, run.problems) == ((without := run_with(NoMemory(), root))[0], without[1].problems)
    assert "water" in run.rendered["stories/ice.md"].html


def test_one_newsletter_renders_only_what_it_carries(root: Path) -> None:
    memory = NoMemory()
    run = Run.planned(Reading.of(root, build_request(), memory), build_request(), memory)
    _, made = run.letter("editions/spring.md")
    assert list(run.rendered) == ["stories/snow.md"]
    assert made.newsletter == run_with(memory, root)[1].letters["editions/spring.md"].newsletter


def test_the_plan_returns_what_is_wrong_and_keeps_no_list(root: Path) -> None:
    press = Run.of(root, build_request()).press
    before = list(press.problems)
    found = [press.pictures_of_feeds(), press.pictures_of_letters(), press.pictures_of_feeds()]
    assert [[problem.code for problem in each.problems] for each in found] == [["picture-missing"]] * 3
    assert press.looked_over() == press.looked_over()
    assert press.problems == before


def test_files_and_problems_of_several_makers_come_in_their_order() -> None:
    parts = [MadeFiles((OutputFile(name, b"", name),)) for name in "ab"]
    assert MadeFiles.all_of(parts) == MadeFiles(parts[0].files + parts[1].files)
