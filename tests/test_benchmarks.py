"""What benchmarks are fed is the same everywhere, and sound; nothing here is timed."""

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.mailing import Gazette, reader
from benchmarks.newsroom import NEWEST, Newsroom, write_newsroom
from benchmarks.posting import LIMIT, NODEMAILER, Took, sent_by_pressrun, table
from benchmarks.produced import Produced, produced_in
from benchmarks.senders import by_smtplib
from builders import build_request
from mailserver import mail_server
from pressrun.press.building.build import build

COUNT = 30


def test_a_newsroom_is_the_same_whenever_it_is_written(tmp_path: Path) -> None:
    write_newsroom(tmp_path / "one", COUNT)
    write_newsroom(tmp_path / "other", COUNT)
    files = sorted(path.relative_to(tmp_path / "one") for path in tmp_path.glob("one/content/**/*.*"))
    assert len(files) == COUNT + 2
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes() for file in files)


def test_a_story_is_the_same_in_a_larger_newsroom_but_for_its_dates() -> None:
    def undated(count: int) -> list[str]:
        return [line for line in Newsroom(count).story(7).splitlines() if not line.startswith(("date:", "updated:"))]

    assert undated(COUNT) == undated(1000)


@pytest.mark.slow
def test_a_newsroom_is_built_without_a_finding_and_counted_as_it_is(tmp_path: Path) -> None:
    write_newsroom(tmp_path, COUNT)
    report = build(tmp_path, tmp_path, build_request(now=NEWEST + timedelta(hours=1)))
    assert report.problems == ()
    assert (report.stories, report.editions) == (COUNT, 1)

    produced = produced_in([tmp_path / "public", tmp_path / "outbox", tmp_path / "nothing"])
    feeds = [path for name in ("atom.xml", "rss.xml", "feed.json") for path in (tmp_path / "public").rglob(name)]
    # The home page, the page on feeds and the edition's are pages, too.
    assert (produced.pages, produced.letters, produced.feeds) == (COUNT + 3, 1, len(feeds))
    # The site's feed holds the newest 20, the archive of the one month all.
    assert produced_in([tmp_path / "public/archive"]).entries == 3 * COUNT
    assert produced.entries > 3 * (20 + COUNT)
    assert produced_in([]) == Produced()


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
def test_everybody_gets_a_letter_of_55_kilobytes_from_every_sender(tmp_path: Path) -> None:
    people = 3
    gazette = Gazette(tmp_path, [people])
    gazette.settle([people])
    with mail_server() as room:
        took = sent_by_pressrun(gazette, room.port, people, lines=2, signed="both")
        signed = [*room.letters]
        page, text = gazette.parts("edition-1")
        (tmp_path / "page").write_text(page, encoding="utf-8")
        (tmp_path / "text").write_text(text, encoding="utf-8")
        room.letters.clear()
        by_smtplib(room.port, people, tmp_path)
    assert sorted(each.rcpt_tos[0] for each in signed) == sorted(reader(number, people) for number in range(people))
    letters = [each.content or b"" for each in [*signed, *room.letters]]
    assert len(letters) == 2 * people
    assert all(54_000 < len(letter) < 58_000 for letter in letters), [len(letter) for letter in letters]
    assert all(bytes(letter).count(b"DKIM-Signature: ") == 2 for letter in letters[:people])
    assert (took.letters, 0 < took.seconds < took.whole, took.memory > 0) == (people, True, True)


def test_a_sender_is_held_against_the_others_of_the_same_round() -> None:
    def rounds(*seconds: float) -> list[Took]:
        return [Took(1_000, each, each + 1, 50, 0.5) for each in seconds]

    told = table({LIMIT: rounds(1, 4), "Pressrun": rounds(2, 5), NODEMAILER: rounds(10, 40)}).splitlines()
    assert told[3] == "| Pressrun | 1,000 | 350 (200 to 500) | 0.65 | 6.50 | 4.5 s | 50 MB | 0.5 |"
