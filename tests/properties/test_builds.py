"""Laws of a whole build, over publications that nobody would write by hand."""

import email
import email.policy
import tempfile
import unicodedata
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from builders import MASTHEAD, a_folder, build_request
from pressrun.content.load import load
from pressrun.content.source.fields import quoted
from pressrun.press.building.build import build

pytestmark = pytest.mark.slow

# All that a person can type, and all that breaks careless programs.
NASTY = st.sampled_from(
    ["]]>", "<b>", "&amp;", "{{ x }}", "{% x %}", "\u202e", "\u2066", "😀", '"', "'", "-->", "%%", "\\"]
)
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"])
TEXT = st.lists(st.text(LETTERS, max_size=12) | NASTY, min_size=1, max_size=5).map("".join).filter(str.strip)
ATOM = "{http://www.w3.org/2005/Atom}"


def as_one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@given(title=TEXT, summary=TEXT, tag=TEXT)
@settings(max_examples=30)
def test_any_text_comes_through_feed_page_and_subject_as_it_was_written(title: str, summary: str, tag: str) -> None:
    story = "\n".join(
        ["---", "id: tag:x,2020:1", f"title: {quoted(title)}", "date: 2026-05-01", f"summary: {quoted(summary)}",
         "tags:", f"- {quoted(tag)}", "---", "Text.", ""]
    )  # fmt: skip
    edition = f"---\nid: tag:x,2020:e\ntitle: {quoted(title)}\ndate: 2026-05-02\nlead: a\n---\n"
    with tempfile.TemporaryDirectory() as folder:
        root = a_folder(Path(folder), {"content/stories/a.md": story, "content/editions/e.md": edition})
        build(root, root, build_request())
        feed = ElementTree.fromstring((root / "public/atom.xml").read_bytes())
        page = lxml_html.document_fromstring((root / "public/stories/a/index.html").read_text("utf-8"))
        letter = email.message_from_bytes(
            (root / "outbox/e/newsletter.eml").read_bytes(), policy=email.policy.default.clone(raise_on_defect=True)
        )

    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == as_one_line(title)
    assert entry.findtext(f"{ATOM}summary") == as_one_line(summary)
    categories = [each.get("term") for each in entry.findall(f"{ATOM}category")]
    assert categories == ([as_one_line(tag)] if as_one_line(tag) else [])
    assert page.findtext(".//h1") == as_one_line(title)
    assert isinstance(letter, EmailMessage)
    assert letter["Subject"] == as_one_line(title)


MARKUP = st.sampled_from(
    ["\n", "\n\n", "# ", "- ", "> ", "[a](b)", "![](c.png)", "```", "| a |", "<p>", "<script>", "[^1]", "[^1]: "]
)


@given(body=st.lists(st.text(LETTERS, max_size=40) | NASTY | MARKUP, max_size=15).map("".join))
@settings(max_examples=60)
def test_any_body_builds_or_is_a_problem_and_never_a_traceback(body: str) -> None:
    story = f"---\nid: tag:x,2020:1\ntitle: x\ndate: 2026-05-01\n---\n{body}"
    edition = "---\nid: tag:x,2020:e\ntitle: x\ndate: 2026-05-02\nlead: a\n---\n"
    with tempfile.TemporaryDirectory() as folder:
        root = a_folder(Path(folder), {"content/stories/a.md": story, "content/editions/e.md": edition})
        report = build(root, root, build_request())
        lines = story.split("\n")
        for problem in report.problems:
            if problem.position.file == "content/stories/a.md":
                assert problem.position.line <= len(lines)
                assert problem.position.excerpt in ("", lines[problem.position.line - 1])
        feed = ElementTree.fromstring((root / "public/atom.xml").read_bytes())
        assert len(feed.findall(f"{ATOM}entry")) == ("content/stories/a.md" not in report.left_out)


@given(data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=100)
def test_any_bytes_in_a_file_are_read_or_told(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = a_folder(Path(folder), {"content/stories/a.md": data, "content/editions/b.md": b"---\n" + data})
        _, problems = load(root)
        for problem in problems:
            assert str(problem)


@given(data=st.lists(st.sampled_from([*"abc:-[]{}&*!|>'\"%@`#,? ~\n\t0", "<<", "&a ", "*a"]), max_size=80).map("".join))
@settings(max_examples=200)
def test_any_masthead_is_read_or_told(data: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = a_folder(Path(folder), {"content/publication.yaml": MASTHEAD + data})
        load(root)


@given(
    title=st.sampled_from(["One", "Two"]),
    name=st.sampled_from(["a.md", "2026-01-02-b.md", "deep/er/c.md", "bundle/index.md"]),
    day=st.dates(min_value=date(1970, 1, 2), max_value=date(2026, 5, 1)),
    home=st.sampled_from(["https://gazette.example/", "http://gazette.example/", "https://moved.example/news/"]),
)
@settings(max_examples=20)
def test_a_minted_id_moves_with_nothing(title: str, name: str, day: date, home: str) -> None:
    story = f"---\nid: tag:gazette.example,2020:kept\ntitle: {title}\ndate: {day}\n---\n"
    with tempfile.TemporaryDirectory() as folder:
        root = a_folder(Path(folder), {f"content/stories/{name}": story})
        build(root, root, build_request(home=home))
        feed = ElementTree.fromstring((root / "public/atom.xml").read_bytes())
    assert feed.findtext(f"{ATOM}entry/{ATOM}id") == "tag:gazette.example,2020:kept"
    assert feed.findtext(f"{ATOM}id") == "tag:gazette.example,2020:feeds/site"
