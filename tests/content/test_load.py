"""The content folder as a whole: what is read, what is not, and what stands in each other's way."""

import os
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file
from pressrun.content.load import Content, load
from pressrun.content.source.files import source_of
from pressrun.model.characters import CONTROL


def loaded(root: Path) -> Content:
    content, problems = load(root)
    assert [str(problem) for problem in problems] == []
    assert content is not None
    return content


def codes(root: Path) -> list[tuple[str, str]]:
    return [(problem.code, problem.position.file) for problem in load(root)[1]]


def test_stories_are_found_below_their_folder_in_order_of_their_paths(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/b.md": a_story_file(id="tag:x,2020:b"),
            "content/stories/2020/a.markdown": a_story_file(id="tag:x,2020:a"),
            "content/stories/bundle/index.md": a_story_file(id="tag:x,2020:c"),
            "content/stories/bundle/pic.png": b"",
            "content/stories/_index.md": "+++\n+++\n",
            "content/stories/.hidden.md": "nothing",
            "content/stories/b.md~": "nothing",
            "content/stories/notes.txt": "nothing",
            "content/about.md": "no story",
        },
    )
    assert [story.source for story in loaded(tmp_path).stories] == [
        "stories/2020/a.markdown",
        "stories/b.md",
        "stories/bundle/index.md",
    ]


def test_the_masthead_may_be_called_yml(tmp_path: Path) -> None:
    (tmp_path / "content/stories").mkdir(parents=True)
    (tmp_path / "content/publication.yml").write_text(MASTHEAD)
    (tmp_path / "content/stories/a.md").write_text(a_story_file())
    assert loaded(tmp_path).publication.title == "The Gazette"


def test_the_home_page_can_be_another_one_for_a_run(tmp_path: Path) -> None:
    content, _ = load(a_folder(tmp_path, {}), home="http://localhost:8000/")
    assert content is not None
    assert content.publication.home == "http://localhost:8000/"
    assert content.publication.authority == "gazette.example,2020"


def test_without_a_masthead_there_is_no_publication(tmp_path: Path) -> None:
    assert codes(tmp_path) == [("publication-missing", "content/publication.yaml")]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    text = a_story_file("One.\n\nTwo.")
    a_folder(tmp_path, {"content/stories/a.md": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()})
    assert loaded(tmp_path).stories[0].body == "One.\n\nTwo.\n"


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"---\ntitle: caf\xe9\n---\n", "file-encoding", (2, 11)),
        (b"---\ntitle: a\ndate: 2026-05-01\n---\nText \x1b[31m\n", "control-character", (5, 6)),
        ("---\ntitle: a\ndate: 2026-05-01\n---\n\ufffe".encode(), "control-character", (5, 1)),
        (b"\xff\xfe-\x00-\x00", "file-encoding", (1, 1)),
    ],
)
def test_bytes_that_are_no_text_are_told_where_they_stand(
    tmp_path: Path, data: bytes, code: str, place: tuple[int, int]
) -> None:
    _, problems = load(a_folder(tmp_path, {"content/stories/a.md": data}))
    assert [(problem.code, (problem.position.line, problem.position.column)) for problem in problems] == [(code, place)]


def test_a_text_is_read_as_if_what_no_output_can_hold_were_not_there(tmp_path: Path) -> None:
    text = a_story_file("One \x07two.").replace("title: ", "title: \x1b")
    content, problems = load(a_folder(tmp_path, {"content/stories/a.md": text}))
    assert content is not None
    assert content.stories[0].body == "One two.\n"
    assert [(problem.code, "(and 1 more like it)" in problem.message) for problem in problems] == [
        ("control-character", True)
    ]


@pytest.mark.parametrize("name", ["link.md", "folder"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text(a_story_file())
    root = a_folder(tmp_path / "site", {"content/stories/a.md": a_story_file()})
    target = outside if name == "folder" else outside / "secret.md"
    (root / "content/stories" / name).symlink_to(target)

    content, problems = load(root)

    assert content is not None
    assert [story.source for story in content.stories] == ["stories/a.md"]
    assert [problem.code for problem in problems] == ["path-outside"]


def test_a_link_inside_of_the_folder_is_followed(tmp_path: Path) -> None:
    root = a_folder(tmp_path, {"content/stories/a.md": a_story_file(), "content/images/x.png": b"png"})
    (root / "content/images/y.png").symlink_to(root / "content/images/x.png")
    assert "images/y.png" in loaded(root).folder.files


def test_a_link_to_a_folder_above_does_not_run_for_ever(tmp_path: Path) -> None:
    root = a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    (root / "content/stories/loop").symlink_to(root / "content")
    assert codes(root) == [("path-outside", "content/stories/loop")]


def test_a_file_name_that_no_address_can_hold_is_told(tmp_path: Path) -> None:
    root = a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    with open(os.fsencode(root) + b"/content/images-\xff.png", "wb"):
        pass
    (root / "content/stories/a\nb.md").write_text(a_story_file())
    assert [code for code, _ in codes(root)] == ["file-name", "file-name"]


def test_accents_that_the_disk_takes_apart_are_whole_again(tmp_path: Path) -> None:
    root = a_folder(tmp_path, {"content/stories/caf\u0065\u0301.md": a_story_file()})
    assert loaded(root).stories[0].slug == "caf\u00e9"


@pytest.mark.parametrize(
    "name", ["a", "stories/2020-01-02-a.md", "stories/2020-01-02-a", "../stories/2020-01-02-a.md", "tag:x,2020:a"]
)
def test_an_edition_can_name_a_story_in_many_ways(tmp_path: Path, name: str) -> None:
    root = a_folder(tmp_path, {"content/stories/2020-01-02-a.md": a_story_file(id="tag:x,2020:a", date="")})
    found = loaded(root).stories_named(name, beside="editions/spring.md")
    assert [story.slug for story in found] == ["a"]


def test_where_no_story_lies_the_setting_that_may_be_wrong_is_named(tmp_path: Path) -> None:
    root = a_folder(tmp_path, {"content/posts/a.md": a_story_file()})
    _, problems = load(root)
    assert [(problem.code, problem.severity.value) for problem in problems] == [("no-stories", "warning")]
    assert "stories: posts" in str(problems[0].hint)


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    root = a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    (root / "content/loop").symlink_to(root / "content/loop")
    assert codes(root) == [("path-outside", "content/loop")]


def test_exactly_what_no_output_can_hold_is_told_and_dropped(tmp_path: Path) -> None:
    """The bytes are asked whether it is worth looking, and every character says the same as CONTROL."""
    for point in range(0x11000):
        if 0xD800 <= point < 0xE000:
            continue
        character = chr(point)
        source, problems = source_of("content", "stories/a.md", f"a{character}b".encode())
        is_control = CONTROL.search(character) is not None
        assert [problem.code for problem in problems] == ["control-character"] * is_control, hex(point)
        assert source is not None
        assert source.text == ("ab" if is_control else f"a{character}b".replace("\r", "\n"))


def test_behind_a_byte_order_mark_the_byte_that_is_not_utf_8_is_named() -> None:
    _, problems = source_of("content", "stories/a.md", b"\xef\xbb\xbfab\xff")
    assert [(str(each.position.column), each.message) for each in problems] == [("3", "the byte 0xff is not UTF-8")]
