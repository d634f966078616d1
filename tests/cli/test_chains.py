"""Chains from end to end: real files, a real store, and a real server; each story reaches the list once."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file
from faultyserver import FaultyRoom, faulty_server
from mailserver import HOST
from people import a_crowd
from pressrun.circulation.store.engine import create_store, open_store, place_from
from pressrun.model.publication import MailingList
from pressrun.model.starter import EDITION_WORDS
from pressrun.post.sending.dispatch import sent_from

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow
WAIVED = [word for check in ("page", "one-click", "test") for word in ("--ignore", check)]


def over(room: FaultyRoom) -> dict[str, str]:
    return {"SMTP_HOST": HOST, "SMTP_PORT": str(room.port), "SMTP_TLS": "none"}


def at(day: int, hour: int = 12) -> tuple[str, str]:
    return "--now", f"2026-05-{day:02}T{hour:02}:00Z"


def story(name: str, date: str, **fields: str) -> dict[str, str]:
    return {
        f"content/stories/{name}.md": a_story_file(id=f"tag:x,2020:{name}", title=name.title(), date=date, **fields)
    }


def edition(name: str, day: int, more: str = "", rule: str = "since: last-edition") -> dict[str, str]:
    text = (
        f"---\nid: tag:x,2020:{name}\ntitle: {name.title()}\ndate: 2026-05-{day:02}T07:00\n{rule}\n{more}---\nWords.\n"
    )
    return {f"content/editions/{name}.md": text}


def stories_in(root: Path, name: str) -> list[str]:
    """The titles of stories in the last built letter of the edition *name*."""
    text = (root / "outbox" / name / "newsletter.txt").read_text()
    return re.findall(r"\b(Ape|Bee|Cat|Dog|Eel)\n", text.replace("=", "").replace("* ", ""))


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A publication with two stories, and four people on its list."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PRESSRUN_DATABASE", raising=False)
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": MASTHEAD.replace("America/New_York", "UTC"),
            **story("ape", "2026-05-01"),
            **story("bee", "2026-05-02T09:00"),
        },
    )
    store = create_store(place_from(str(tmp_path / "var" / "pressrun.db")))
    made = a_crowd(store, 4, MailingList("newsletter"))
    store.close()
    return made


def send(pressrun: Run, room: FaultyRoom, name: str, day: int, *more: str) -> subprocess.CompletedProcess[str]:
    return pressrun("send", name, "--yes", *at(day), *WAIVED, *more, **over(room))


def records(root: Path) -> dict[str, tuple[tuple[str, ...] | None, bool]]:
    store = open_store(place_from(str(root / "var" / "pressrun.db")))
    found = {each.id: (each.found, each.reached) for each in sent_from(store).records.values()}
    store.close()
    return found


def outputs(root: Path, name: str) -> list[bytes]:
    return [
        (root / place).read_bytes()
        for place in (
            f"outbox/{name}/newsletter.html",
            f"outbox/{name}/newsletter.txt",
            f"public/editions/{name}/index.html",
        )
    ]


def test_a_story_written_after_that_day_s_edition_is_in_the_next_one(
    pressrun: Run, tmp_path: Path, people: list[str]
) -> None:
    a_folder(tmp_path, edition("first", 2, "limit: 1\n"))
    pressrun("build", *at(3))
    before = outputs(tmp_path, "first")
    with faulty_server({}) as room:
        done = send(pressrun, room, "first", 3)
        assert (done.returncode, len(room.log)) == (0, 4), done.stderr
    text = (tmp_path / "content/editions/first.md").read_text()
    assert "limit: 1\ncarried:\n  - tag:x,2020:ape  # Ape\n---" in text
    assert text.split("\n")[1].startswith("sent: {id: ")
    assert records(tmp_path) == {"tag:x,2020:first": (("tag:x,2020:ape",), True)}

    a_folder(tmp_path, {**story("cat", "2026-05-02"), **story("dog", "2026-05-01"), **edition("second", 9)})
    assert pressrun("build", *at(9)).returncode == 0
    assert outputs(tmp_path, "first") == before
    assert stories_in(tmp_path, "second") == ["Bee", "Cat", "Dog"]
    with faulty_server({}) as room:
        assert send(pressrun, room, "second", 9).returncode == 0
    assert records(tmp_path)["tag:x,2020:second"] == (("tag:x,2020:bee", "tag:x,2020:cat", "tag:x,2020:dog"), True)
    assert "[carried" not in pressrun("check", *at(9)).stderr


def test_what_is_beyond_the_limit_is_a_link_and_carried(pressrun: Run, tmp_path: Path, people: list[str]) -> None:
    a_folder(
        tmp_path, {**edition("first", 3, "limit: 1\nlayout: digest\n"), **edition("second", 9, "skip_if_empty: true\n")}
    )
    with faulty_server({}) as room:
        assert send(pressrun, room, "first", 4).returncode == 0
    assert pressrun("build", *at(9)).returncode == 0
    html, text, page = (each.decode() for each in outputs(tmp_path, "first"))
    for each in (html, text, page):
        assert each.index("Bee") < each.index("Also new") < each.rindex("Ape")
    assert records(tmp_path)["tag:x,2020:first"][0] == ("tag:x,2020:bee", "tag:x,2020:ape")
    assert not (tmp_path / "outbox/second").exists()


def test_a_send_that_died_before_the_file_was_written_goes_on_with_the_stories_of_the_store(
    pressrun: Run, tmp_path: Path, people: list[str]
) -> None:
    a_folder(tmp_path, edition("first", 3))
    file = tmp_path / "content/editions/first.md"
    before = file.read_text()
    with faulty_server({}) as room:
        assert send(pressrun, room, "first", 4, "--limit", "1").returncode == 4
        written = file.read_text()
        file.write_text(before)
        a_folder(tmp_path, story("cat", "2026-05-02"))
        told = pressrun("check", *at(4))
        assert "this file has none [carried-differs]" in told.stderr
        done = send(pressrun, room, "first", 4)
        assert (done.returncode, len(room.log)) == (0, 4), done.stderr
    assert file.read_text().replace(", attempts: 4}", "}") == written


def test_where_file_and_store_differ_the_store_counts(pressrun: Run, tmp_path: Path, people: list[str]) -> None:
    a_folder(tmp_path, edition("first", 3))
    file = tmp_path / "content/editions/first.md"
    with faulty_server({}) as room:
        assert send(pressrun, room, "first", 4, "--limit", "1").returncode == 4
        file.write_text(file.read_text().replace("  - tag:x,2020:ape  # Ape\n", ""))
        told = pressrun("check", *at(4))
        assert "this one is without tag:x,2020:ape [carried-differs]" in told.stderr
        done = send(pressrun, room, "first", 4)
        assert (done.returncode, len(room.log)) == (0, 4), done.stderr
        made = pressrun("new", "edition", "Next", "--since-last", *at(5))
        assert (made.returncode, "no story new since" in made.stderr or "no stories" in made.stderr) == (1, True)


def test_an_edition_that_was_withdrawn_before_anybody_got_it_carries_nothing(
    pressrun: Run, tmp_path: Path, people: list[str]
) -> None:
    a_folder(tmp_path, {**edition("first", 3), **edition("second", 9)})
    file = tmp_path / "content/editions/first.md"
    with faulty_server({("RCPT", each): "451 4.7.1 Greylisted" for each in people}) as room:
        assert send(pressrun, room, "first", 4).returncode == 4
        assert "nobody" not in file.read_text()
        assert pressrun("editions", "withdraw", "first", "--yes").returncode == 0
    assert "nobody: true}" in file.read_text()
    assert records(tmp_path)["tag:x,2020:first"] == (("tag:x,2020:bee", "tag:x,2020:ape"), False)
    assert pressrun("build", *at(9)).returncode == 0
    assert stories_in(tmp_path, "second") == ["Bee", "Ape"]
    with faulty_server({}) as room:
        assert send(pressrun, room, "second", 9).returncode == 0
    assert records(tmp_path)["tag:x,2020:second"] == (("tag:x,2020:bee", "tag:x,2020:ape"), True)


def test_of_two_drafts_with_the_same_stories_one_is_sent(pressrun: Run, tmp_path: Path, people: list[str]) -> None:
    for name in ("One", "Two"):
        assert pressrun("new", "edition", name, "--since-last", *at(3)).returncode == 0
    files = sorted((tmp_path / "content/editions").iterdir())
    texts = [file.read_text() for file in files]
    assert texts[0].partition("carried:")[2] == texts[1].partition("carried:")[2]
    for file, text in zip(files, texts, strict=True):
        file.write_text(
            text.replace("draft: true\n", "")
            .replace("  - tag:x,2020:ape  # Ape\n", "", int(file == files[0]))
            .replace(EDITION_WORDS, "Good morning.")
        )
    with faulty_server({}) as room:
        assert send(pressrun, room, "one", 4).returncode == 0
        refused = send(pressrun, room, "two", 4)
        assert (refused.returncode, len(room.log)) == (1, 4)
        assert '"tag:x,2020:bee" was in an earlier edition for the same readers [carried-twice]' in refused.stderr
        files[1].write_text(files[1].read_text().replace("  - tag:x,2020:bee  # Bee\n", ""))
        assert send(pressrun, room, "two", 4).returncode == 0
    assert records(tmp_path)["tag:gazette.example,2020:editions/2026-05-03/two"] == (("tag:x,2020:ape",), True)


def test_a_story_without_an_id_keeps_a_rule_from_being_sent(pressrun: Run, tmp_path: Path, people: list[str]) -> None:
    file = tmp_path / "content/stories/ape.md"
    file.write_text(file.read_text().replace("id: tag:x,2020:ape\n", ""))
    a_folder(tmp_path, edition("first", 3))
    with faulty_server({}) as room:
        refused = send(pressrun, room, "first", 4)
        assert (refused.returncode, room.log) == (1, [])
        assert re.search(r"ape\.md:\d+:\d+: error: .* \[id-not-minted\]", refused.stderr)
        assert pressrun("check", "--fix", "--select", "id-not-minted", *at(4)).returncode == 0
        assert send(pressrun, room, "first", 4).returncode == 0


def test_an_edition_before_the_first_that_is_sent_has_to_be_explained(
    pressrun: Run, tmp_path: Path, people: list[str]
) -> None:
    a_folder(tmp_path, {**edition("first", 1), **edition("second", 9)})
    with faulty_server({}) as room:
        refused = send(pressrun, room, "second", 9)
        assert (refused.returncode, room.log) == (1, [])
        assert "first.md:5:8: error: this edition is due and was not sent from here" in refused.stderr
        fixed = pressrun("check", "--fix", *at(9))
        assert "content/editions/first.md: carried: 1 story" in fixed.stdout
        text = (tmp_path / "content/editions/first.md").read_text()
        assert "begin: 2026-05-01\ncarried:\n  - tag:x,2020:ape  # Ape\n" in text
        assert send(pressrun, room, "second", 9).returncode == 0
    assert records(tmp_path) == {"tag:x,2020:second": (("tag:x,2020:bee",), True)}
    assert "begin: 2026-05-01\n" in (tmp_path / "content/editions/second.md").read_text()


def test_a_rule_of_another_kind_is_frozen_too_and_may_repeat_itself(
    pressrun: Run, tmp_path: Path, people: list[str]
) -> None:
    for name in ("ape", "bee"):
        file = tmp_path / f"content/stories/{name}.md"
        file.write_text(file.read_text().replace("---\n", "---\ntags: snow\n", 1))
    a_folder(tmp_path, {**edition("first", 3, rule="tags: snow"), **edition("second", 4, rule="tags: snow")})
    with faulty_server({}) as room:
        for name in ("first", "second"):
            assert send(pressrun, room, name, 5).returncode == 0
    both = ("tag:x,2020:bee", "tag:x,2020:ape")
    assert records(tmp_path) == {"tag:x,2020:first": (both, True), "tag:x,2020:second": (both, True)}
    pressrun("build", *at(5))
    before = outputs(tmp_path, "first")
    a_folder(tmp_path, story("cat", "2026-05-02", tags="snow"))
    pressrun("build", *at(5))
    assert outputs(tmp_path, "first") == before


def test_a_chain_from_before_begins_on_the_day_of_its_last_edition(
    pressrun: Run, tmp_path: Path, people: list[str]
) -> None:
    """What a limit once left out does not come back; what is new on that day does."""
    sent = 'sent: {id: "tag:x,2020:first", hash: "0", list: ["newsletter"], time: "2026-05-03T08:00:00Z"}\n'
    a_folder(tmp_path, {**edition("first", 3, f"limit: 1\n{sent}"), **edition("second", 9)})
    assert pressrun("build", *at(9)).returncode == 1  # nothing is new
    assert "[carried-missing]" in pressrun("check", *at(4)).stderr
    fixed = pressrun("check", "--fix", "--ignore", "edition-empty", *at(9))
    assert "content/editions/first.md: carried: 1 story" in fixed.stdout
    text = (tmp_path / "content/editions/first.md").read_text()
    assert "limit: 1\nbegin: 2026-05-03\ncarried:\n  - tag:x,2020:bee  # Bee\n" in text
    assert pressrun("check", "--fix", "--ignore", "edition-empty", *at(9)).stdout.count("carried:") == 0
    a_folder(tmp_path, story("cat", "2026-05-03"))
    assert pressrun("build", *at(9)).returncode == 0
    assert stories_in(tmp_path, "second") == ["Cat"]


def test_a_correction_lists_the_stories_of_what_it_corrects(pressrun: Run, tmp_path: Path, people: list[str]) -> None:
    a_folder(tmp_path, edition("first", 3))
    with faulty_server({}) as room:
        assert send(pressrun, room, "first", 4).returncode == 0
        text = (tmp_path / "content/editions/first.md").read_text()
        corrected = text.replace("id: tag:x,2020:first\n", "id: tag:x,2020:corrected\n").replace(
            "Words", "Better words"
        )
        corrected = re.sub("^sent: .*\n", "", corrected, flags=re.MULTILINE)
        a_folder(tmp_path, {"content/editions/corrected.md": corrected})
        refused = send(pressrun, room, "corrected", 4)
        assert (refused.returncode, len(room.log)) == (1, 4)
        assert "[carried-twice]" in refused.stderr
        done = send(pressrun, room, "corrected", 4, "--correction-of", "first")
        assert (done.returncode, len(room.log)) == (0, 8), done.stderr
