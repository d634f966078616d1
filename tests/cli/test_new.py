"""`pressrun new`: a publication, a story, an edition."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file
from pressrun.content.load import load

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow
NOW = ("--now", "2026-05-12T10:15Z")


def test_a_new_publication_builds_without_a_word_of_complaint(pressrun: Run, tmp_path: Path) -> None:
    made = pressrun("new", "my-news", "--timezone", "Europe/Brussels", "--language", "en-GB", *NOW)
    built = pressrun("build", "-C", "my-news", *NOW)

    assert (made.returncode, made.stderr) == (0, "")
    assert (built.returncode, built.stderr) == (0, "")
    assert "1 story, 1 edition" in built.stdout
    assert (tmp_path / "my-news/.gitignore").read_text().count("/public\n") == 1
    assert "My news" in (tmp_path / "my-news/public/index.html").read_text()
    assert "/outbox\n" in (tmp_path / "my-news/.gitignore").read_text()


@pytest.mark.parametrize("title", ['A: "b" & <c>', "Zeitung für Köln", "日本新聞", "- x", "#1", "@DATE@", "a'b", "yes"])
def test_any_title_makes_a_sound_publication(pressrun: Run, tmp_path: Path, title: str) -> None:
    assert pressrun("new", "x", "--title", title, *NOW).returncode == 0
    content, problems = load(tmp_path / "x")
    assert problems == []
    assert content is not None
    assert content.publication.title == title


def test_a_folder_that_holds_something_is_left_alone(pressrun: Run, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/notes.txt").write_text("mine")
    done = pressrun("new", "x")
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x", "--timezone", "Brussels"], "Europe/Brussels"),
        (["x", "--language", "English!"], "is not a language tag"),
        (["x", "--base-url", "x"], "is not a web address"),
        (["story"], "TITLE"),
        (["story", " "], "line of text"),
    ],
)
def test_a_wrong_command_line_is_told(pressrun: Run, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = pressrun("new", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_new_story_has_its_id_and_waits_as_a_draft(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {})
    done = pressrun("new", "story", 'We "moved": house', *NOW)

    assert done.stdout == "content/stories/2026-05-12-we-moved-house.md\n"
    content, problems = load(tmp_path)
    assert problems == []
    assert content is not None
    (story,) = content.stories
    assert story.title == 'We "moved": house'
    assert story.id == "tag:gazette.example,2020:stories/2026-05-12/we-moved-house"
    assert story.id_is_minted
    assert story.draft
    assert story.published.isoformat() == "2026-05-12T06:15:00-04:00"


def test_two_stories_of_one_title_get_two_ids(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {})
    pressrun("new", "story", "Again", *NOW)
    pressrun("new", "story", "Again", *NOW)
    content, problems = load(tmp_path)
    assert problems == []
    assert content is not None
    assert len({story.id for story in content.stories}) == 2


def test_a_title_of_another_day_gets_an_address_of_its_own(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {})
    pressrun("new", "story", "Notes", "--now", "2026-05-11")
    pressrun("new", "story", "Notes", *NOW)
    assert pressrun("build", "-D", *NOW).returncode == 0


def test_a_folder_that_holds_only_git_will_do(pressrun: Run, tmp_path: Path) -> None:
    (tmp_path / "my news/.git").mkdir(parents=True)
    done = pressrun("new", "my news", *NOW)
    assert done.returncode == 0
    assert "pressrun build -C 'my news'" in done.stdout
    (tmp_path / "x").mkdir()
    (tmp_path / "x/.gitignore").write_text("mine")
    assert pressrun("new", "x").returncode == 2
    assert (tmp_path / "x/.gitignore").read_text() == "mine"


@pytest.mark.parametrize("title", ["日本語のニュース", "Ünïcödé", "!!!", "../../etc/passwd", "x" * 300])
def test_any_title_makes_a_file_in_its_folder(pressrun: Run, tmp_path: Path, title: str) -> None:
    a_folder(tmp_path, {})
    done = pressrun("new", "story", title, *NOW)
    path = tmp_path / done.stdout.strip()
    assert path.parent == tmp_path / "content/stories"
    content, problems = load(tmp_path)
    assert problems == []
    assert content is not None
    assert content.stories[0].title == title


def test_a_new_edition_is_led_by_the_newest_story_that_is_out(pressrun: Run, tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/old.md": a_story_file(id="tag:x,2020:1", date="2026-05-01"),
            "content/stories/new.md": a_story_file(id="tag:x,2020:2", date="2026-05-10"),
            "content/stories/later.md": a_story_file(id="tag:x,2020:3", date="2026-06-01"),
        },
    )
    assert pressrun("new", "edition", "Spring", *NOW).returncode == 0
    content, _ = load(tmp_path)
    assert content is not None
    (edition,) = content.editions
    assert edition.lead is not None
    assert edition.lead.name == "new"
    assert edition.id_is_minted


def test_without_a_publication_there_is_no_story(pressrun: Run) -> None:
    done = pressrun("new", "story", "x")
    assert done.returncode == 1
    assert "there is no publication here" in done.stderr


def test_an_edition_since_the_last_has_its_rule_and_the_list_of_what_it_found(pressrun: Run, tmp_path: Path) -> None:
    stories = {
        f"content/stories/s{day}.md": a_story_file(
            id=f"tag:gazette.example,2020:{day}", title=f'"Story {day}"', date=f"2026-05-0{day}", tags="snow, ice"
        )
        for day in range(1, 6)
    }
    last = "---\nid: tag:gazette.example,2020:e\ntitle: x\ndate: 2026-05-02T12:00\n---\nWords.\n"
    a_folder(tmp_path, {**stories, "content/editions/x.md": last})

    made = pressrun("new", "edition", "This week", "--since-last", "--tag", "snow", "--limit", "2", *NOW)

    assert (made.returncode, made.stderr) == (0, "")
    text = (tmp_path / made.stdout.strip()).read_text()
    ids = "".join(f"  - tag:gazette.example,2020:{day}  # Story {day}\n" for day in (5, 4, 3, 2))
    rule = f"since: last-edition\ntags: [snow]\nlimit: 2\nbegin: 2026-05-02\ncarried:\n{ids}---"
    assert rule in text
    built = pressrun("build", "--drafts", *NOW)
    assert (built.returncode, built.stderr) == (0, "")
    letter = (tmp_path / "outbox/this-week/newsletter.txt").read_text()
    assert letter.index("Story 5") < letter.index("Story 4") < letter.index("Also new") < letter.index("* Story 3\n")


def test_an_edition_with_a_rule_may_be_for_a_list_and_begin_on_a_day(pressrun: Run, tmp_path: Path) -> None:
    stories = {
        f"content/stories/s{day}.md": a_story_file(id=f"tag:x,2020:{day}", date=f"2026-05-0{day}") for day in (1, 2)
    }
    lists = "lists:\n  - {id: weekly, title: Weekly}\n  - {id: daily, title: Daily}\n"
    a_folder(tmp_path, {"content/publication.yaml": MASTHEAD + lists, **stories})

    made = pressrun("new", "edition", "x", "--since-last", "--list", "weekly", "--begin", "2026-05-02", *NOW)

    text = (tmp_path / made.stdout.strip()).read_text()
    assert "list: weekly\n" in text
    assert "begin: 2026-05-02\ncarried:\n  - tag:x,2020:2  # " in text
    assert pressrun("new", "edition", "x", "--list", "wekly", *NOW).returncode == 2
    assert pressrun("new", "edition", "x", "--since-last", "--begin", "soon", *NOW).returncode == 2
    assert pressrun("new", "edition", "x", "--tag", "a", "--begin", "2026-05-02", *NOW).returncode == 2


def test_a_story_without_an_id_is_not_listed(pressrun: Run, tmp_path: Path) -> None:
    text = a_story_file(date="2026-05-02")
    a_folder(tmp_path, {"content/stories/a.md": "\n".join(line for line in text.split("\n") if "id:" not in line)})

    done = pressrun("new", "edition", "x", "--since-last", *NOW)

    assert done.returncode == 1
    assert "[id-not-minted]" in done.stderr
    assert not (tmp_path / "content/editions").exists()


def test_an_edition_for_which_too_little_has_come_out_is_not_made(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file()})

    done = pressrun("new", "edition", "This week", "--since-last", "--min-stories", "2", *NOW)

    assert done.returncode == 1
    assert "there is 1 story; 2 asked for" in done.stderr
    assert not (tmp_path / "content/editions").exists()


def test_a_limit_alone_chooses_nothing(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {})
    assert pressrun("new", "edition", "x", "--limit", "3", *NOW).returncode == 2
