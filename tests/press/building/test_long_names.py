"""What is too long for the name of a file is cut, or reported at its line; it never stops while files are written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MASTHEAD, PNG, a_folder, build_request
from pressrun.desk.checking.check import check
from pressrun.model.addresses import LONGEST_NAME, name_within
from pressrun.press.building.build import build
from pressrun.press.feeds.choices import key_of

WORDS = st.text(st.sampled_from("aéß日本ا́ -+#/"), min_size=1, max_size=400)
LONG = "日本語の長い言葉" * 20  # 480 bytes
STORY = "---\nid: tag:gazette.example,2020:a\ntitle: A\ndate: 2026-05-01\n{}\n---\n{}\n"


@given(WORDS)
def test_every_tag_fits_the_name_of_a_folder(word: str) -> None:
    assert len(key_of(word).encode()) <= LONGEST_NAME


@given(WORDS, st.integers(40, LONGEST_NAME))
def test_what_fits_stays_and_what_does_not_is_cut_to_fit(word: str, room: int) -> None:
    name = name_within(word, room)
    assert len(name.encode()) <= room
    assert (name == word) is (len(word.encode()) <= room)


@given(WORDS, WORDS)
def test_two_long_names_stay_two(one: str, other: str) -> None:
    one, other = f"{LONG}{one}", f"{LONG}{other}"
    assert (name_within(one) == name_within(other)) is (one == other)


def test_a_tag_an_author_and_a_section_of_any_length_have_their_feeds(tmp_path: Path) -> None:
    masthead = (
        f"{MASTHEAD}feeds: [{{every: tag}}, {{every: author}}, {{every: section}}]\nstory_url: /{{section}}/{{slug}}/\n"
    )
    fields = f"tags: [{LONG}, {LONG}2]\nauthor: {LONG}\nsection: {LONG}"
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/stories/a.md": STORY.format(fields, "Text.")})

    build(tmp_path, tmp_path, build_request())

    assert len(list((tmp_path / "public/tags").iterdir())) == 2
    assert len(list((tmp_path / "public/authors").iterdir())) == 1
    assert len(list((tmp_path / "public").glob("日本*/a/index.html"))) == 1


def test_pictures_and_files_with_the_longest_names_are_published(tmp_path: Path) -> None:
    picture, file = f"{'p' * 251}.png", f"f.{'f' * 253}"
    text = f"![Snow]({picture}) and [a file]({file})"
    files = {f"content/stories/{picture}": PNG, f"content/stories/{file}": b"x"}
    a_folder(tmp_path, {"content/stories/a.md": STORY.format("", text), **files})

    build(tmp_path, tmp_path, build_request())

    assert len(list((tmp_path / "public/images").iterdir())) == 1
    assert len(list((tmp_path / "public/files").iterdir())) == 1


@pytest.mark.parametrize(
    "field", [f"aliases: [/old/, /{LONG}/]", f"slug: {LONG}", f"path: /a/{LONG}/", f"aliases: /{'a/' * 1200}"]
)
def test_a_longer_address_is_reported_at_its_line(tmp_path: Path, field: str) -> None:
    a_folder(tmp_path, {"content/stories/a.md": STORY.format(field, "Text.")})

    (problem,) = check(tmp_path, build_request()).problems
    assert (problem.code, problem.position.line) == ("bad-value", 5)
