"""Laws of a check: it never crashes, and every place that it tells is one that the files have."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import MASTHEAD, PNG, a_folder, a_story_file, build_request
from pressrun.desk.checking.check import check
from pressrun.model.characters import without_controls

pytestmark = pytest.mark.slow

STORY = b"""\
---
id: tag:x,2020:1
title: "The <em>first</em> snow: a note"
date: 2026-05-01
updated: 2026-05-03T10:00+02:00
tags: [weather, Winter, quay]
summary: Snow &amp; ice
image: ../images/quay.png
image_alt: image
aliases: [/old/]
---
# Snow

The [quay](#quay) is [here](http://example.org/) and <a href="b.md#c">there</a>, ![IMG_1.jpg](../images/quay.png).

#### Deep {#deep}

> [!NOTE]
> Dear [NAME], {{ site.url }} *|FNAME|* %%name%% TODO: `{{ x }}` {first_name, "reader"}

| a | b |
|---|---|
| [](x) | <img src="x" alt="photo"> <!-- c --> |

- [ ] task[^1]

[^1]: <https:/x.example/y>
"""
PIECES = st.sampled_from(
    [b"\n", b"\n\n", b"---\n", b"+++\n", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"<", b">", b"<!--", b"-->", b"](",
     b"![", b"{{", b"}}", b"{%", b'"', b"'", b"&#0;", b"&amp", b"http://[", b"https:", b"#", b"\t", b"\r", b"```",
     b"[^1]: ", b"qslotq7b6eq", b"&a ", b"*a ", b"<pre>", b"</a>", b"<a href=x>", b"\xe2\x80\xae", b"\xe2\x80\xa8"]
)  # fmt: skip
CHANGE = st.tuples(st.integers(0, len(STORY)), st.integers(0, 60), st.lists(PIECES | st.binary(max_size=6), max_size=3))


def changed(data: bytes, changes: list[tuple[int, int, list[bytes]]]) -> bytes:
    """*data* after each of *changes*: so many bytes from a place on replaced by pieces."""
    for start, length, pieces in changes:
        start %= len(data) + 1
        data = data[:start] + b"".join(pieces) + data[start + length :]
    return data


@given(
    story=st.lists(CHANGE, max_size=6),
    edition=st.lists(CHANGE, max_size=3),
    picture=st.lists(CHANGE, max_size=2),
    masthead=st.lists(CHANGE, max_size=2),
)
@settings(max_examples=60)
def test_whatever_bytes_lie_in_content_a_check_tells_of_places_that_are_there(
    story: list[tuple[int, int, list[bytes]]],
    edition: list[tuple[int, int, list[bytes]]],
    picture: list[tuple[int, int, list[bytes]]],
    masthead: list[tuple[int, int, list[bytes]]],
) -> None:
    files = {
        "content/publication.yaml": changed(f"{MASTHEAD}tags: [weather]\nfeeds:\n- limit: 1\n".encode(), masthead),
        "content/stories/a.md": changed(STORY, story),
        "content/stories/b.md": a_story_file("# B\n\n[a](a.md#quay)", id="tag:x,2020:2", tags="weater"),
        "content/editions/e.md": changed(STORY.replace(b"2020:1", b"2020:e"), edition),
        "content/images/quay.png": changed(PNG, picture),
    }
    with tempfile.TemporaryDirectory() as folder:
        root = a_folder(Path(folder), files)
        problems = check(root, build_request(drafts=True, future=True)).problems
        for problem in problems:
            assert str(problem)
            # What is no UTF-8 is shown as far as it could be read.
            if problem.position.excerpt and problem.code != "file-encoding":
                text = (root / problem.position.file).read_bytes().decode("utf-8-sig", "replace")
                lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
                line = lines[problem.position.line - 1]
                # Where characters were left out, and that was told, all that is told later is of what was read.
                assert problem.position.excerpt in (line, without_controls(line))
