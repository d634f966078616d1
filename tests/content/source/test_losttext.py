"""Text that YAML drops without a word is reported where it is."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MASTHEAD, a_folder, a_masthead, a_source
from pressrun.content.load import load
from pressrun.content.source.fields import yaml_fields
from pressrun.content.source.files import SourceFile
from pressrun.content.source.scalars import NOTHING
from pressrun.content.storyfields import read_story


def lost(block: str) -> list[tuple[int, int, str]]:
    _, problems = yaml_fields(SourceFile("a.yaml", "content/a.yaml", block))
    assert {problem.code for problem in problems} <= {"text-lost"}
    return [(each.position.line, each.position.column, each.message.split('"')[1]) for each in problems]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("subject: The Gazette #42", [(1, 22, "#42")]),
        ("subject: The Gazette # 42", [(1, 22, "# 42")]),
        ("title: Weekly #1 for gardeners", [(1, 15, "#1 for gardeners")]),
        ("title: Learn C #", [(1, 16, "#")]),
        ("postal_address: 12 High Street, Apt #4, Exampletown", [(1, 37, "#4, Exampletown")]),
        ("lists:\n  - id: weekly\n    wording: Yes, send me list #1", [(3, 32, "#1")]),
        ("author: {name: Ada #1\n  }", [(1, 20, "#1")]),
        ("authors:\n  - Ada #1\n  - Bob", [(2, 9, "#1")]),
        ("email_subject: The #1", [(1, 20, "#1")]),
        ("Meta_Description: The #1", [(1, 23, "#1")]),
        ("title:\t#42 is out", [(1, 8, "#42 is out")]),
        ('title: "The Gazette" #42', [(1, 22, "#42")]),
        ("summary: See issue\n  #42 for more", [(2, 3, "#42 for more")]),
        ("title: &copy 2026", [(1, 8, "&copy")]),
        ("title: &Sons", [(1, 8, "&Sons")]),
        ("tags: news #1", [(1, 12, "#1")]),
        ("tags:\n  - C #sharp", [(2, 7, "#sharp")]),
        ("section: #news", [(1, 10, "#news")]),
        ("extra: a #b", [(1, 10, "#b")]),
    ],
)
def test_lost_text_is_reported_at_its_column(block: str, expected: list[tuple[int, int, str]]) -> None:
    assert lost(block) == expected


@pytest.mark.parametrize(
    "block",
    [
        "date: 2026-05-01 # a Friday",
        "tags: [a, b] # two",
        "lead: first-snow  # First snow",
        "stories:\n  - first-snow  # First snow",
        "title: C# in depth",
        "title: https://example.org/#part",
        "title: 'The Gazette #42'",
        'title: "The Gazette"  # the name of the paper',
        "title: The Gazette\n# a comment of its own\nsubject: a",
        "title: The Gazette\n\n  # an indented comment\nsubject: a",
        "summary: |\n  See #42\n  #43 too\ndate: 2026-05-01",
        "summary: >\n  See #42\ndate: 2026-05-01",
        "# title: x\ntitle: y",
        "#title: x\ntitle: y",
        "title: # the title goes here",
        "accent: #9c2a1f",
        "title: &name The Gazette\nsubject: *name",
        "look: &look\n  a: 1\nother: *look",
    ],
)
def test_a_comment_that_is_meant_as_one_is_left_alone(block: str) -> None:
    assert lost(block) == []


def test_the_hint_is_what_to_write() -> None:
    _, problems = yaml_fields(SourceFile("a.yaml", "content/a.yaml", 'subject: A "quoted" word #42'))
    assert problems[0].hint == r'if it is, put quotes around all of it: subject: "A \"quoted\" word #42"'


WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@given(st.sampled_from(["title", "summary", "correction"]), st.lists(WORDS, min_size=1, max_size=5))
def test_every_line_of_free_text_says_all_of_it_or_is_reported(name: str, words: list[str]) -> None:
    """Whatever a person writes behind the colon without quotes: nothing is less than written without a word of it."""
    line = " ".join(words)
    text = "---\ntitle: a\nsummary: b\ncorrection: c\ndate: 2026-05-01\n---\n".replace(
        {"title": "title: a", "summary": "summary: b", "correction": "correction: c"}[name], f"{name}: {line}"
    )
    story, problems = read_story(a_source(text), a_masthead())
    written = line[1:-1] if len(line) > 1 and line[0] == line[-1] and line[0] in "'\"" else line
    assert problems or story is None or _same(getattr(story, name), written)


def _same(read: str | None, written: str) -> bool:
    return (read or "") == " ".join(unicodedata.normalize("NFC", written).split()) or written in NOTHING


def test_publication_yaml_is_read_so_too(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/publication.yaml": MASTHEAD.replace("1 Example Street", "1 Example Street, Apt #4")})
    _, problems = load(tmp_path)
    assert [(each.code, each.position.line) for each in problems if each.code == "text-lost"] == [("text-lost", 7)]
