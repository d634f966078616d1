"""A check never crashes: whatever bytes lie in content, it says what is wrong with them."""

from pathlib import Path

import pytest

from builders import MASTHEAD, PNG, a_folder, a_story_file, build_request
from pressrun.desk.checking.check import check

pytestmark = pytest.mark.slow

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: str(file.stem))
def test_a_nasty_file_is_read_or_told(file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    a_folder(
        tmp_path,
        {
            "content/stories/first-snow.md": a_story_file(tags="[a, b]"),
            "content/stories/nasty.md": data,
            "content/editions/nasty.md": data,
            "content/images/nasty.png": data,
            "content/stories/with-picture.md": a_story_file(
                "![image](../images/nasty.png) [here](nasty.md#x)", id="tag:x,2020:2", slug="picture"
            ),
        },
    )

    assert all(str(problem) for problem in check(tmp_path, build_request(drafts=True, future=True)).problems)


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: str(file.stem))
def test_a_nasty_masthead_is_read_or_told(file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    text = MASTHEAD.encode() + b"tags: [a]\nfeeds:\n- limit: 1\nextra: " + data
    a_folder(tmp_path, {"content/publication.yaml": text, "content/stories/snow.md": a_story_file(tags="[x]")})

    assert all(str(problem) for problem in check(tmp_path, build_request()).problems)


def test_a_picture_of_one_byte_less_is_told(tmp_path: Path) -> None:
    story = a_story_file("![The quay in snow](../images/quay.png)")
    a_folder(tmp_path, {"content/stories/snow.md": story, "content/images/quay.png": PNG[:20]})

    assert [problem.code for problem in check(tmp_path, build_request()).problems] == ["picture-missing"]
