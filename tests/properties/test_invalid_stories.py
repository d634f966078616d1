"""The law of invalid stories: the output is that of the valid ones, and the last good one of all others.

A machine writes, breaks, mends, and deletes stories, and loses the build state or the cache between builds. After each
build the output is held against one from nothing, of a content folder in which the last good text stands in for every
story that is invalid and was published, and from which every other invalid story is gone.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from builders import MASTHEAD, a_folder, a_story_file, build_request
from drawn import drawing, file_of
from pressrun.model.problems import errors_in
from pressrun.press.building.build import How, build, make
from pressrun.press.building.report import WHOLE, BuildReport
from pressrun.press.building.timing import untimed
from pressrun.press.building.unchanged import NOTHING_KNOWN, Call, look

pytestmark = pytest.mark.slow

NAMES = ("a", "b", "c", "deep/d")
FEEDS = "feeds: [{name: site, limit: 2}, {every: tag, content: summary}, {every: section, formats: [atom]}]\n"


def good(name: str, number: int) -> str:
    """A story that is valid whatever the others are."""
    extra: dict[str, Any] = {
        0: {},
        1: {"tags": "[Snow, news]", "aliases": f"/old/{name}/", "updated": "2026-05-08T10:00:00Z"},
        2: {"section": "World", "tags": "[news]", "language": "he", "correction": "It was Tuesday."},
        3: {"image": "/images/p.png", "image_alt": "P", "summary": "In a word.", "authors": "[Ada, Bob]"},
        4: {
            "audio": "{file: /files/x.mp3, duration: 12:30}",
            "section": "Town",
            "canonical_url": "https://e.example/a",
        },
        5: {"path": f"/own/{name}.html", "date": "2026-04-30T23:30:00+02:00"},
    }[number % 6]
    extra = {"date": f"2026-05-0{NAMES.index(name) + 1}", **extra}
    shown = "![P](/images/p.png) [F](/files/f.pdf)"
    body = f"Words {number} of {name}.\n\n{shown}\n\n<!--more-->\n\nMore & more.[^1]\n\n[^1]: N"
    return a_story_file(body, id=f"tag:x,2020:{name}", title=f"Story {name} {number}", **extra)


def bad(name: str, kind: int) -> str:
    """A story that is invalid whatever the others are."""
    known_by = f"tag:x,2020:{name}"
    return (
        a_story_file(id=known_by, date="never"),
        "No front matter.\n",
        f'---\nid: {known_by}\ntitle: "A\n---\n',
        a_story_file(id=known_by, audio="/none.mp3"),
        a_story_file("> " * 200 + "deep", id=known_by),
        a_story_file("qslotq7b7dq", id=known_by),
    )[kind]


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("public", "outbox")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and not path.name.startswith(".pressrun")
    }


class Newsroom(RuleBasedStateMachine):
    """One publication and what its readers have."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name) / "site"
        self.now: dict[str, tuple[str, bool]] = {}  # the text of each story, and whether it is valid
        self.published: dict[str, str] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    def files(self, stories: dict[str, str]) -> dict[str, str | bytes]:
        return {
            "content/publication.yaml": MASTHEAD + FEEDS,
            "content/images/p.png": file_of(drawing(20, 10), "PNG"),
            "content/files/f.pdf": b"%PDF",
            "content/files/x.mp3": b"ID3",
            **{f"content/stories/{name}.md": text for name, text in stories.items()},
        }

    @initialize(numbers=st.lists(st.integers(0, 5), min_size=3, max_size=3))
    def begin(self, numbers: list[int]) -> None:
        self.now = {name: (good(name, number), True) for name, number in zip(NAMES, numbers, strict=False)}
        a_folder(self.root, self.files({name: text for name, (text, _) in self.now.items()}))

    def write(self, name: str, text: str, *, is_valid: bool) -> None:
        self.now[name] = text, is_valid
        place = self.root / f"content/stories/{name}.md"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")

    @rule(name=st.sampled_from(NAMES), number=st.integers(0, 11))
    def write_a_good_one(self, name: str, number: int) -> None:
        self.write(name, good(name, number), is_valid=True)

    @rule(name=st.sampled_from(NAMES), kind=st.integers(0, 5))
    def break_one(self, name: str, kind: int) -> None:
        self.write(name, bad(name, kind), is_valid=False)

    @rule(name=st.sampled_from(NAMES))
    def delete_one(self, name: str) -> None:
        if self.now.pop(name, None) is not None:
            (self.root / f"content/stories/{name}.md").unlink()

    @rule(parts=st.sampled_from([{"newsletter"}, {"pages"}, {"feeds"}]))
    def build_a_part_of_the_last_state_once_more(self, parts: set[str]) -> None:
        if self.is_up_to_date:
            before = tree(self.root)
            build(self.root, self.root, build_request(), only=frozenset(parts))
            assert tree(self.root) == before

    @property
    def is_up_to_date(self) -> bool:
        return self.published == {
            name: text if is_valid else self.published.get(name, "") for name, (text, is_valid) in self.now.items()
        }

    @rule()
    def lose_the_state(self) -> None:
        shutil.rmtree(self.root / ".cache", ignore_errors=True)

    @rule()
    def build(self) -> None:
        self.hold(build(self.root, self.root, build_request(), allow_reflood=True))
        self.again()

    @rule()
    def build_without_the_cache(self) -> None:
        self.hold(build(self.root, self.root, build_request(), allow_reflood=True, how=How(cached=False)))

    def hold(self, report: BuildReport) -> None:
        kept = {name for name, (_, is_valid) in self.now.items() if not is_valid and name in self.published}
        left_out = {name for name, (_, is_valid) in self.now.items() if not is_valid} - kept
        self.published = {
            name: text if is_valid else self.published[name]
            for name, (text, is_valid) in self.now.items()
            if name not in left_out
        }
        model = Path(self.folder.name) / "model"
        a_folder(model, self.files(self.published))
        (model / "content/stories").mkdir(exist_ok=True)
        expected = build(model, model, build_request(), how=How(cached=False))
        assert not errors_in(expected.problems)
        ours, theirs = tree(self.root), tree(model)
        for path in sorted(ours.keys() | theirs.keys()):
            assert ours.get(path) == theirs.get(path), path
        assert report.kept == tuple(f"content/stories/{name}.md" for name in sorted(kept))
        assert report.left_out == tuple(f"content/stories/{name}.md" for name in sorted(left_out))
        assert {problem.position.file for problem in errors_in(report.problems)} == {*report.kept, *report.left_out}
        assert report.stories == len(self.published)
        shutil.rmtree(model)

    def again(self) -> None:
        call = Call.of(self.root, self.root, build_request(), WHOLE)
        glance = look(call, build_request().now).report
        assert glance is not None, "nothing has changed, and a glance does not show it"
        fully = make(call, build_request(), NOTHING_KNOWN, how=How(), stages=untimed())
        assert (glance.problems, glance.kept, glance.left_out) == (fully.problems, fully.kept, fully.left_out)
        assert (fully.written.new, fully.written.changed, fully.written.removed) == ((), (), ())


def test_the_output_is_that_of_valid_stories_and_the_last_good_one_of_all_others() -> None:
    run_state_machine_as_test(
        Newsroom,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
