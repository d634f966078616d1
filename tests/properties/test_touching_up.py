"""Whatever is saved, one after the other: a build that only touches up comes to what a build from nothing makes."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import pressrun.press.building.build
from builders import MASTHEAD, PNG, a_folder, a_story_file, build_request
from pressrun.model.problems import ContentError, Problem
from pressrun.press.building.build import How, build
from pressrun.press.building.report import BuildReport
from pressrun.press.building.touchup import NotMerely

EXAMPLES = int(os.environ.get("TOUCHINGS_UP", "8"))
NAMES = "abcdefg"
BODIES = (
    "Some words.",
    "Other words, *all* of them new.\n\n## A heading\n\n- one\n- two",
    "[The first](a.md), [the second](/stories/b/#top) and [the home page](/).",
    "![A dot](p.png) and [a file](../files/n.txt).",
    "![A dot](p.png)",
    "A note[^1].\n\n[^1]: It is here.\n\n| a | b |\n|---|---|\n| c | d |",
    "Short. <!--more--> Long.",
    "",
)
FIELDS = (
    ("title", ("A title", "Another & <title>", "“Quoted”")),
    ("summary", ("What it is about.", "")),
    ("updated", ("2026-05-09", "")),
    ("tags", ("[one]", "[one, two]", "")),
    ("section", ("World", "")),
    ("lang", ("fr", "ar", "")),
    ("image", ("p.png", "q.png", "")),
    ("mood", ("cheerful", "")),
    ("aliases", ("/old/{name}/", "")),
    ("authors", ("[Ada]", "[Ada, Grace]", "")),
    ("draft", ("true", "")),
    ("correction", ("It was Monday.", "")),
    ("date", ("2026-05-01", "2026-05-08T09:00+02:00", "2027-01-01")),
)
EDITIONS = {
    "content/editions/one.md": "---\nid: tag:x,2020:one\ntitle: One\ndate: 2026-05-10\nlead: a\nstories: [b]\n"
    "preheader: First\n---\n\nHello.\n",
    "content/editions/two.md": "---\nid: tag:x,2020:two\ntitle: Two\ndate: 2026-05-11\ntags: [one]\nsince: 2026-01-01\n"
    "limit: 9\n---\n\nHello again.\n",
}
HOME = '{% extends "default/index.html" %}{% block title %}{{ editions | length }} WORD'
HOME += "{% for edition in editions if edition.lead %} {{ edition.lead.title }}{% endfor %}{% endblock %}"


class Newsroom:
    """A publication without a fault, and what its stories say."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.fields = {
            name: {"id": f"tag:x,2020:{name}", "title": f"Story {name}", "date": f"2026-05-0{number}", "tags": "[one]"}
            for number, name in enumerate(NAMES, 1)
        }
        self.bodies = dict.fromkeys(NAMES, BODIES[0])
        publication = f"{MASTHEAD}feeds:\n  - name: site\n    limit: 4\n  - every: tag\n"
        other = {"content/stories/p.png": PNG, "content/stories/q.png": PNG, "content/files/n.txt": "note"}
        a_folder(root, {"content/publication.yaml": publication, **EDITIONS, **other})
        for name in NAMES:
            self.save(name)

    def save(self, name: str) -> None:
        fields = {field: value.format(name=name) for field, value in self.fields[name].items() if value}
        self.write(f"content/stories/{name}.md", a_story_file(self.bodies[name], **fields))

    def write(self, path: str, content: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(content, encoding="utf-8")


Step = Callable[[Newsroom], None]


def another_body(name: str, body: str) -> Step:
    def step(newsroom: Newsroom) -> None:
        newsroom.bodies[name] = body
        newsroom.save(name)

    return step


def another_field(name: str, field: str, value: str) -> Step:
    def step(newsroom: Newsroom) -> None:
        newsroom.fields[name][field] = value
        if field == "image":
            newsroom.fields[name]["image_alt"] = "A dot" if value else ""
        newsroom.save(name)

    return step


def another_file(path: str, content: str | None) -> Step:
    def step(newsroom: Newsroom) -> None:
        place = newsroom.root / path
        if content is None:
            place.unlink(missing_ok=True)
        else:
            newsroom.write(path, content)

    return step


def swapped(one: str, other: str) -> Step:
    def step(newsroom: Newsroom) -> None:
        newsroom.bodies[one], newsroom.bodies[other] = newsroom.bodies[other], newsroom.bodies[one]
        newsroom.save(one)
        newsroom.save(other)

    return step


names = st.sampled_from(NAMES)
words = st.builds(another_body, names, st.sampled_from(BODIES))
lines = st.sampled_from(FIELDS).flatmap(
    lambda field: st.builds(another_field, names, st.just(field[0]), st.sampled_from(field[1]))
)
rest = st.one_of(
    st.builds(swapped, names, names),
    st.builds(
        another_file, st.just("templates/index.html"), st.sampled_from([HOME, HOME.replace("WORD", "word"), None])
    ),
    st.builds(another_file, st.just("content/static/robots.txt"), st.sampled_from(["a", "b", None])),
    st.builds(
        another_file,
        st.just("content/editions/one.md"),
        st.sampled_from([EDITIONS["content/editions/one.md"].replace("Hello", each) for each in ("Hi", "Good day")]),
    ),
)
steps = st.lists(st.one_of(words, words, words, lines, lines, rest), min_size=2, max_size=8)


def outcome(root: Path, destination: Path, how: How) -> BuildReport | list[Problem]:
    try:
        return build(root, destination, build_request(), allow_reflood=True, all_or_nothing=True, how=how)
    except ContentError as error:
        return error.problems


def tree(root: Path) -> dict[str, bytes]:
    paths = (path for part in ("public", "outbox") for path in (root / part).rglob("*"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_one_saved_after_the_other(steps: list[Step]) -> None:
    whole = pressrun.press.building.build.touched_up

    def told(*arguments: object) -> BuildReport:
        try:
            report = whole(*arguments)  # type: ignore[arg-type]
        except NotMerely:
            event("planned anew")
            raise
        event("touched up")
        return report

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(pressrun.press.building.build, "touched_up", told)
        root, out, fresh = Path(folder, "gazette"), Path(folder, "out"), Path(folder, "fresh")
        newsroom = Newsroom(root)
        first = outcome(root, out, How())
        assert isinstance(first, BuildReport)
        assert first.problems == ()
        for step in steps:
            step(newsroom)
            cached, plain = outcome(root, out, How()), outcome(root, fresh, How(cached=False))
            if isinstance(plain, BuildReport):
                assert isinstance(cached, BuildReport)
                assert cached.problems == plain.problems
                assert cached.letters == plain.letters
                ours, theirs = tree(out), tree(fresh)
                assert ours.keys() == theirs.keys()
                assert [path for path in ours if ours[path] != theirs[path]] == []
            else:
                assert cached == plain
            shutil.rmtree(fresh, ignore_errors=True)
