"""`pressrun send` to a list, and `pressrun editions`: processes of their own, and a real server before them."""

import csv
import email
import email.policy
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from builders import MASTHEAD, a_folder, a_story_file, an_edition_file
from faultyserver import Fault, FaultyRoom, faulty_server
from mailserver import HOST
from people import NOON, a_crowd
from pressrun.circulation.consent import leave
from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import create_store, place_from
from pressrun.circulation.store.runs import Busy, only_run
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.cli.choice import limits_from
from pressrun.model.consent import ConsentSource, Evidence
from pressrun.model.problems import SettingsError
from pressrun.model.publication import MailingList
from pressrun.post.delivery.rates import RateLimits
from pressrun.settings.database import refuse_in_ci

Run = Callable[..., subprocess.CompletedProcess[str]]
EDITION = an_edition_file('Good morning, {first_name, "you"}.')
NOW = ("--now", "2026-05-12T12:00Z")
WAIVED = [word for check in ("page", "one-click") for word in ("--ignore", check)]
SEND = ("send", "spring", "--yes", *NOW, *WAIVED)
UNTESTED = ("--ignore", "test")
SERVICE = "service:\n  address: https://letters.gazette.example/\n"
KEYS = {"PRESSRUN_SECRET_KEYS": "k" * 40}


@pytest.fixture
def addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A publication, and six people on its list, the last of whom has left."""
    for name in [*os.environ]:
        if "SMTP_" in name or name.startswith(("GIT_", "PRESSRUN_")) or name == "CI":
            monkeypatch.delenv(name)
    a_folder(tmp_path, {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": EDITION})
    store = create_store(place_from(str(tmp_path / "var" / "pressrun.db")))
    made = a_crowd(store, 6, MailingList("newsletter"))
    left = find(store, address_from(made[5]))
    assert left is not None
    leave(store, left.id, "newsletter", Evidence(ConsentSource.PAGE), NOON)
    store.close()
    return made[:5]


def over(room: FaultyRoom) -> dict[str, str]:
    return {"SMTP_HOST": HOST, "SMTP_PORT": str(room.port), "SMTP_TLS": "none"}


pytestmark = pytest.mark.slow


def test_from_the_test_to_the_list_to_who_got_it(pressrun: Run, tmp_path: Path, addresses: list[str]) -> None:
    with faulty_server({("RCPT", addresses[1]): "451 4.7.1 Greylisted"}) as room:
        refused = pressrun(*SEND, **over(room))
        assert (refused.returncode, room.log) == (3, [])
        assert "test: nobody has looked at this letter yet" in refused.stderr
        assert "send with --ignore test" in refused.stderr

        assert pressrun("send", "spring", "--test", "me@gazette.example", *NOW, **over(room)).returncode == 0
        room.log.clear()
        tried = pressrun(*SEND, "--dry-run", **over(room))
        assert (tried.returncode, room.log) == (0, [])
        assert tried.stdout.splitlines()[-1] == "6 candidates: 5 planned, 1 excluded (1 left)."

        done = pressrun(*SEND, **over(room))
    assert done.returncode == 4
    assert "6 candidates: 4 accepted, 1 deferred, 1 excluded (1 left)." in done.stdout.splitlines()
    assert sorted(room.log) == [each for each in addresses if each != addresses[1]]
    letter = email.message_from_bytes(room.letters[0].content, policy=email.policy.SMTP) if room.letters else None
    assert letter is None or letter["Subject"] == "Spring"
    front = (tmp_path / "content/editions/spring.md").read_text().splitlines()
    assert front[1].startswith('sent: {id: "tag:gazette.example,2020:editions/spring", hash: "')

    told = pressrun("editions")
    first = "2026-05-08  spring: not finished, to newsletter since 2026-05-12 12:00 UTC"
    assert (told.returncode, told.stdout.splitlines()[0]) == (4, first)
    rows = list(csv.DictReader(io.StringIO(pressrun("editions", "show", "spring", "--people", "--csv").stdout)))
    assert [row["outcome"] for row in rows] == ["accepted", "deferred", *["accepted"] * 3, "excluded"]
    assert (rows[1]["code"], rows[1]["enhanced"], rows[1]["words"]) == ("451", "4.7.1", "Greylisted")
    some = pressrun("editions", "show", SPRING, "--people", "--outcome", "deferred").stdout.splitlines()
    assert some[0].startswith(f"{addresses[1]}: deferred, again at 2026-05-12T12:0")

    with faulty_server({}) as room:
        later = ("send", "spring", "--resume", "--now", "2026-05-12T13:00Z")
        assert pressrun(*later, **over(room)).returncode == 0
        assert room.log == [addresses[1]]
        assert pressrun(*later, **over(room)).returncode == 0
        again = pressrun(*SEND, **over(room))
        assert (again.returncode, len(room.log)) == (3, 1)
    assert "everybody is accounted for; nobody gets it twice" in again.stderr
    assert pressrun("editions", "show", "spring").returncode == 0


SPRING = "tag:gazette.example,2020:editions/spring"


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        ("stories/first-snow.md", None, "Write here.\n", "Write here. was left to be filled in"),
        ("editions/spring.md", None, "The opening words.\n", "The opening words. was left"),
        ("editions/spring.md", None, "Hello *|FNAME|*.\n", "*|FNAME|* was left to be filled in"),
        ("editions/spring.md", None, "See [it](TODO).\n", "TODO is no address yet"),
        ("editions/spring.md", "title: Spring", "title: Spring for {{ name }}", "{{ name }} was left"),
        ("editions/spring.md", None, "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n", "a merge conflict begins here"),
        ("publication.yaml", "1 Example Street", "1 Example Street, Exampletown", "this is an example's address"),
    ],
)
def test_placeholders_never_go_out(
    pressrun: Run, tmp_path: Path, addresses: list[str], path: str, before: str | None, after: str, said: str
) -> None:
    file = tmp_path / "content" / path
    if path == "publication.yaml":
        file.write_text(MASTHEAD)
    text = file.read_text()
    file.write_text(text.replace(before, after) if before else f"{text}\n{after}")
    with faulty_server({}) as room:
        refused = pressrun(*SEND, *UNTESTED, **over(room))
        assert (refused.returncode, room.log) == (1, [])
        assert refused.stderr.count(said) == 1
        assert "nothing was sent" in refused.stderr
        assert "sent:" not in (tmp_path / "content/editions/spring.md").read_text()


def test_a_text_about_placeholders_goes_out_when_its_writer_says_so(
    pressrun: Run, tmp_path: Path, addresses: list[str]
) -> None:
    file = tmp_path / "content/stories/first-snow.md"
    file.write_text(
        file.read_text().replace("title:", "pressrun_ignore: placeholder-left\ntitle:") + "\nWrite [NAME].\n"
    )
    with faulty_server({}) as room:
        assert pressrun(*SEND, *UNTESTED, **over(room)).returncode == 0
    assert len(room.log) == 5


def test_a_store_that_knows_nothing_of_the_receipt_sends_nothing(
    pressrun: Run, tmp_path: Path, addresses: list[str]
) -> None:
    with faulty_server({}) as room:
        assert pressrun(*SEND, *UNTESTED, **over(room)).returncode == 0
        room.log.clear()
        fresh = create_store(place_from(str(tmp_path / "var" / "fresh.db")))
        a_crowd(fresh, 3, MailingList("newsletter"))
        fresh.close()
        elsewhere = {"PRESSRUN_DATABASE": str(tmp_path / "var" / "fresh.db")}
        refused = pressrun(*SEND, *UNTESTED, **over(room), **elsewhere)
    assert (refused.returncode, room.log) == (3, [])
    assert "this store knows nothing of that" in refused.stderr


def test_a_letter_that_was_changed_after_it_was_begun_is_refused(
    pressrun: Run, tmp_path: Path, addresses: list[str]
) -> None:
    with faulty_server({}) as room:
        assert pressrun(*SEND, *UNTESTED, "--limit", "2", **over(room)).returncode == 4
        file = tmp_path / "content/editions/spring.md"
        before = file.read_text()
        file.write_text(before.replace("Good morning", "Good evening"))
        refused = pressrun(*SEND, **over(room))
        assert (refused.returncode, len(room.log)) == (3, 2)
        assert "its email has changed since" in refused.stderr
        file.write_text(before)
        assert pressrun(*SEND, **over(room)).returncode == 0
    assert sorted(room.log) == addresses


def test_a_subject_with_a_readers_name_is_told_as_nobody_in_particular_reads_it(
    pressrun: Run, tmp_path: Path, addresses: list[str]
) -> None:
    edition = tmp_path / "content/editions/spring.md"
    edition.write_text(EDITION.replace("title: Spring\n", "title: Spring\nsubject: 'News for {first_name, \"you\"}'\n"))
    done = pressrun(*SEND, *UNTESTED, "--dry-run", "--transport", "eml")
    assert done.stdout.startswith("News for you, to newsletter:\n")


def test_each_reader_has_a_way_out_of_their_own_where_there_is_a_service(
    pressrun: Run, tmp_path: Path, addresses: list[str]
) -> None:
    masthead = tmp_path / "content/publication.yaml"
    said = masthead.read_text()
    masthead.write_text(said.replace("  unsubscribe: mailto:news@gazette.example?subject=unsubscribe\n", "") + SERVICE)
    assert "unsubscribe" not in masthead.read_text()
    assert pressrun("keys", "add", **KEYS).returncode == 0
    done = pressrun(*SEND, *UNTESTED, "--ignore", "unsubscribe-link", "--transport", "eml", **KEYS)
    assert done.returncode == 0
    links = set()
    for file in (tmp_path / "var/letters/spring").iterdir():
        letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.SMTP.clone(raise_on_defect=True))
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        links.add(letter["List-Unsubscribe"])
        # People see it, too, with nothing said of it below mail.
        for part in letter.iter_parts():
            assert letter["List-Unsubscribe"].strip("<>") in part.get_content()
            assert "https://letters.gazette.example/manage" in part.get_content()
    assert len(links) == 5
    assert all(link.startswith("<https://letters.gazette.example/unsubscribe/") for link in links)


def test_without_an_answer_nothing_is_begun(pressrun: Run, tmp_path: Path, addresses: list[str]) -> None:
    with faulty_server({}) as room:
        refused = pressrun("send", "spring", *NOW, *WAIVED, *UNTESTED, **over(room))
    assert refused.returncode == 2
    assert "say --yes" in refused.stderr
    assert pressrun("editions").stdout == "2026-05-08  spring: due, not sent\n"
    assert (tmp_path / "content/editions/spring.md").read_text() == EDITION


@dataclass
class StoppingRoom(FaultyRoom):
    """Stops whoever sends when the second letter has come, as a person does with Ctrl-C."""

    sender: "subprocess.Popen[str] | None" = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if len(self.log) == 1 and self.sender is not None:
            self.sender.send_signal(signal.SIGINT)
        return await super().handle_DATA(server, session, envelope)


def test_a_person_who_stops_it_finds_everything_settled(tmp_path: Path, addresses: list[str]) -> None:
    room = StoppingRoom()
    with faulty_server({}, room=room):
        room.sender = subprocess.Popen(
            [sys.executable, "-m", "pressrun", *SEND, *UNTESTED, "--connections", "1"],
            cwd=tmp_path,
            env={**os.environ, **over(room)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        out, errors = room.sender.communicate(timeout=60)
    assert room.sender.returncode == 4
    assert "Stopped: you stopped it" in errors
    taken = len(room.log)
    assert 2 <= taken < 5
    assert out.splitlines()[-1] == f"6 candidates: {5 - taken} planned, {taken} accepted, 1 excluded (1 left)."


def test_a_person_who_stops_it_twice_waits_for_nobody(tmp_path: Path, addresses: list[str]) -> None:
    with faulty_server({(".", addresses[0]): Fault.TAKE_IN_SILENCE}) as room:
        sender = subprocess.Popen(
            [sys.executable, "-m", "pressrun", *SEND, *UNTESTED, "--connections", "1"],
            cwd=tmp_path,
            env={**os.environ, **over(room)},
            stderr=subprocess.PIPE,
        )
        wait_until(lambda: bool(room.log))
        sender.send_signal(signal.SIGINT)
        sender.send_signal(signal.SIGTERM)
        sender.communicate(timeout=30)
    assert sender.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert room.log == addresses[:1]


# No file grows beyond 272 kB, as on a disk that is full; the store's own is smaller, and its log is not.
FULL = ["sh", "-c", 'ulimit -f 544; exec "$0" "$@"']


@pytest.mark.usefixtures("unmeasured")
def test_a_disk_that_is_full_leaves_what_was_in_hand_in_doubt_and_says_how_much(
    pressrun: Run, tmp_path: Path, addresses: list[str]
) -> None:
    store = create_store(place_from(str(tmp_path / "var" / "pressrun.db")))
    addresses = [*addresses, *a_crowd(store, 300, MailingList("newsletter"))]
    store.close()
    with faulty_server({}) as room:
        done = subprocess.run(
            [*FULL, sys.executable, "-m", "pressrun", *SEND, *UNTESTED],
            cwd=tmp_path,
            env={**os.environ, **over(room)},
            capture_output=True,
            text=True,
            check=False,
        )
        taken = len(room.log)
        assert done.returncode == 4
        assert "Stopped: cannot change the store: " in done.stderr
        assert "could not be written down; the next run finds them in doubt" in done.stderr
        assert 0 < taken < 305

        again = pressrun(*SEND, **over(room))
        assert again.returncode == 4
        assert "nobody knows whether they went out" in again.stdout
    assert len(set(room.log)) == len(room.log)
    told = again.stdout.splitlines()[-1]
    unknown = 305 - int(told.partition(" accepted")[0].rpartition(" ")[2])
    assert told == f"306 candidates: {305 - unknown} accepted, {unknown} unknown, 1 excluded (1 left)."
    assert 0 < unknown <= 4
    assert len(room.log) >= 305 - unknown


def test_a_server_that_refuses_us_is_waited_for_and_a_person_ends_that_at_once(
    tmp_path: Path, addresses: list[str]
) -> None:
    store = create_store(place_from(str(tmp_path / "var" / "pressrun.db")))
    addresses = [*addresses, *a_crowd(store, 20, MailingList("newsletter"))]
    store.close()
    with faulty_server({(".", each): "554 5.7.1 Blocked" for each in addresses}) as room:
        sender = subprocess.Popen(
            [sys.executable, "-m", "pressrun", *SEND, *UNTESTED, "--connections", "1"],
            cwd=tmp_path,
            env={**os.environ, **over(room)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert sender.stderr is not None
        told = sender.stderr.readline()
        sender.send_signal(signal.SIGINT)
        out, errors = sender.communicate(timeout=30)
    reason = "20 letters in a row were not accepted, the last refused (554 5.7.1 Blocked)"
    assert told == f"Waiting for 1 minute, then one letter is tried: {reason}\n"
    assert errors == "Stopped: you stopped it; emails on their way were finished\n"
    assert sender.returncode == 4
    assert "26 candidates: 5 planned, 20 deferred, 1 excluded (1 left)." in out.splitlines()


def test_who_was_refused_gets_it_when_a_person_says_so(pressrun: Run, addresses: list[str]) -> None:
    with faulty_server({("RCPT", addresses[1]): "550 5.7.26 Not signed"}) as room:
        done = pressrun(*SEND, *UNTESTED, **over(room))
    assert done.returncode == 0
    assert (
        "1 email was refused because of you, not of the recipient: fix that, and send with --retry refused."
        in done.stdout
    )
    with faulty_server({}) as room:
        assert pressrun(*SEND, **over(room)).returncode == 3
        assert room.log == []
        assert pressrun(*SEND, "--retry", "refused", **over(room)).returncode == 0
        assert room.log == [addresses[1]]


def test_a_correction_waits_until_nobody_can_get_the_wrong_edition_any_more(
    pressrun: Run, tmp_path: Path, addresses: list[str]
) -> None:
    second = EDITION.replace("spring", "mended").replace("Spring", "Spring, mended")
    (tmp_path / "content/editions/mended.md").write_text(second)
    correct = ("send", "mended", "--yes", "--correction-of", "spring", *NOW, *WAIVED, *UNTESTED)
    with faulty_server({}) as room:
        assert pressrun(*SEND, *UNTESTED, "--limit", "2", **over(room)).returncode == 4
        refused = pressrun(*correct, **over(room))
        assert (refused.returncode, len(room.log)) == (3, 2)
        assert "may still go to 3 people, who would get it after its correction" in refused.stderr

        tried = pressrun("editions", "withdraw", "spring", "--dry-run")
        assert (tried.returncode, tried.stdout.splitlines()[0]) == (
            0,
            "3 people have not got it, and would not get it anymore.",
        )
        unasked = pressrun("editions", "withdraw", "spring", typed="")
        assert (unasked.returncode, "Nobody is here to be asked: say --yes." in unasked.stderr) == (2, True)
        ended = pressrun("editions", "withdraw", "spring", "--yes")
        assert ended.returncode == 0
        assert ended.stdout == "6 candidates: 2 accepted, 4 excluded (1 left, 3 withdrawn).\n"

        assert pressrun(*correct, **over(room)).returncode == 0
        assert sorted(room.log) == sorted(addresses[:2] * 2)
        again = pressrun(*SEND, "--retry", "unknown,refused", **over(room))
    assert again.returncode == 3
    assert pressrun("editions", "withdraw", "nothing", "--yes").returncode == 2


def test_a_server_that_is_not_there_leaves_all_for_later(pressrun: Run, addresses: list[str]) -> None:
    done = pressrun(*SEND, *UNTESTED, SMTP_HOST=HOST, SMTP_PORT="1", SMTP_TLS="none")
    assert done.returncode == 4
    assert "Stopped: cannot connect to" in done.stderr
    assert done.stdout.splitlines()[-1] == "6 candidates: 5 planned, 1 excluded (1 left)."


def test_a_store_is_locked_by_whatever_name_it_goes(pressrun: Run, tmp_path: Path, addresses: list[str]) -> None:
    assert pressrun(*SEND, *UNTESTED, "--limit", "1", SMTP_HOST=HOST, SMTP_PORT="1", SMTP_TLS="none").returncode == 4
    (tmp_path / "var/other.db").symlink_to("pressrun.db")
    stores = [create_store(place_from(str(tmp_path / "var" / name))) for name in ("pressrun.db", "other.db")]
    with only_run(stores[0], 1), pytest.raises(Busy), only_run(stores[1], 1):
        pass


def wait_until(happens: Callable[[], bool]) -> None:
    for _ in range(600):
        if happens():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing argument 'EDITION'"),
        (("spring", "--test", "ada@reader.example", "--limit", "3"), "--limit is for the list"),
        (("spring", "--yes", "--resume", "--transport", "eml"), "Spring has not begun to be sent: leave out --resume."),
        (("spring", "--test", "ada@reader.example", "--retry", "refused"), "--retry is for the list"),
        (("spring", "--withdraw", "--yes", "--dry-run"), "--withdraw sends nothing; leave out --dry-run"),
        (("spring", "--withdraw", "--yes"), "spring was not sent from this store"),
        (("spring", "--rate", "fast", "--transport", "eml"), '"fast" is no rate'),
        (("spring", "--list", "newslettr", "--transport", "eml"), "did you mean newsletter?"),
    ],
)
def test_a_wrong_command_line_leaves_with_2(
    pressrun: Run, addresses: list[str], arguments: tuple[str, ...], words: str
) -> None:
    done = pressrun("send", *arguments, *NOW)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


def test_a_rate_is_for_all_or_for_a_domain() -> None:
    assert limits_from(("20", "Gmail.com=0.5")) == RateLimits(overall=20.0, domains={"gmail.com": 0.5})
    for wrong in ("0", "-1", "nan", "inf", "=3", "x=", ""):
        with pytest.raises(click.UsageError, match="is no rate"):
            limits_from((wrong,))


def test_ci_sends_only_from_a_store_that_stays() -> None:
    refuse_in_ci({})
    refuse_in_ci({"CI": "false"})
    refuse_in_ci({"CI": "true", "PRESSRUN_DATABASE": "postgresql://db.example/news"})
    with pytest.raises(SettingsError, match="This is CI"):
        refuse_in_ci({"CI": "true"})
