"""From the first key to the third, as a publisher does it: each command and the service a process of its own.

No email goes out whose unsubscribe link would not open at the service, and whatever went out opens for ever.
"""

import email
import email.policy
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy.engine import URL

from builders import MASTHEAD, a_folder, a_story_file
from mailserver import HOST, Mailroom, mail_server
from people import a_crowd
from pressrun.circulation.dossiers import people_in
from pressrun.circulation.store.engine import Store, engine_for, file_of, open_store, upgrade
from pressrun.model.publication import MailingList
from pressrun.model.subscriber import SubscriptionState

pytestmark = pytest.mark.slow
Run = Callable[..., subprocess.CompletedProcess[str]]
EDITION = (
    "---\nid: tag:gazette.example,2020:editions/{0}\ntitle: {0}\ndate: 2026-05-08\nlead: first-snow\n---\nHello.\n"
)
NEWS = MailingList("newsletter", "The Gazette")
# The service speaks HTTP here, nobody publishes the page, and nobody looked at the letter.
WAIVED = [word for check in ("test", "page", "one-click") for word in ("--ignore", check)]
OTHER = "another-key-that-somebody-made-on-the-other-machine"


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Office:
    """A publication with a service at *port*, whose keys are in a file, and a mail server."""

    folder: Path
    port: int
    room: Mailroom
    run: Run
    store: Store
    environment: dict[str, str]

    def __call__(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run(*words, **{**self.environment, **more})

    def send(self, name: str, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Have `pressrun send` send an edition called *name*, which is written where there is none."""
        file = self.folder / f"content/editions/{name}.md"
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_text(EDITION.format(name))
        return self("send", name, "--yes", *WAIVED, *more, **environment)

    def refused(self, *words: str, **environment: str) -> str:
        """What is said where nothing is sent."""
        before = len(self.room.letters)
        done = self.send(*words, **environment)
        assert (done.returncode, len(self.room.letters)) == (3, before), done.stdout + done.stderr
        return " ".join(done.stderr.split())

    def links(self) -> list[str]:
        """The unsubscribe link of every email that the mail server took."""
        found = []
        for envelope in self.room.letters:
            assert isinstance(envelope.content, bytes)
            found.append(email.message_from_bytes(envelope.content, policy=email.policy.SMTP)["List-Unsubscribe"][1:-1])
        return found

    def opens(self, link: str, method: str = "GET") -> int:
        parts = urlsplit(link)
        assert parts.port == self.port
        line = HTTPConnection(HOST, self.port, timeout=30)
        body = b"List-Unsubscribe=One-Click" if method == "POST" else None
        line.request(method, parts.path, body, {"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.status

    @contextmanager
    def service(self) -> Iterator[None]:
        process = self.started()
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("http://"), said + process.stdout.read()
            yield
        finally:
            process.kill()
            process.communicate()

    def started(self) -> "subprocess.Popen[str]":
        words = [sys.executable, "-m", "pressrun", "service", "--port", str(self.port)]
        surroundings = {**os.environ, **self.environment}
        return subprocess.Popen(
            words, cwd=self.folder, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def fingerprints(self, **environment: str) -> list[str]:
        return re.findall(r"^([0-9a-f]{12}):", self("keys", "list", **environment).stdout, re.MULTILINE)


@pytest.fixture
def office(tmp_path: Path, database: URL, pressrun: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in [*os.environ]:
        if "SMTP_" in name or name.startswith(("GIT_", "PRESSRUN_", "DKIM_")) or name == "CI":
            monkeypatch.delenv(name)
    port = free_port()
    masthead = f"{MASTHEAD}service:\n  address: http://{HOST}:{port}/\n"
    masthead = masthead.replace("  unsubscribe: mailto:news@gazette.example?subject=unsubscribe\n", "")
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/stories/first-snow.md": a_story_file()})
    engine = engine_for(database)
    upgrade(engine)
    engine.dispose()
    store = open_store(database)
    a_crowd(store, 3, NEWS)
    place = str(file_of(database) or database.render_as_string(hide_password=False))
    with mail_server() as room:
        environment = {
            "PRESSRUN_DATABASE": place,
            "PRESSRUN_SECRET_KEYS_FILE": str(tmp_path / "var/link.keys"),
            "SMTP_HOST": HOST,
            "SMTP_PORT": str(room.port),
            "SMTP_TLS": "none",
        }
        yield Office(tmp_path, port, room, pressrun, store, environment)
    store.close()


def with_another_key(office: Office) -> dict[str, str]:
    """The settings of a machine where somebody made a key of their own."""
    (office.folder / "var/other.keys").write_text(OTHER)
    return {"PRESSRUN_SECRET_KEYS_FILE": str(office.folder / "var/other.keys")}


def test_no_email_goes_out_whose_link_would_be_dead_and_all_that_went_out_open(office: Office) -> None:
    # The very first key is registered by nobody but the service, or by a person's word.
    assert "Make the very first key with: pressrun keys new" in " ".join(office.send("one").stderr.split())
    assert office("keys", "new").returncode == 0
    (first,) = office.fingerprints()
    assert f"The key {first} would sign" in office.refused("one")
    assert not (office.folder / "content/editions/one.md").read_text().startswith("---\nsent")

    with office.service():
        # A machine that has another key sends nothing, also where somebody registers it there.
        elsewhere = with_another_key(office)
        assert "pressrun keys add" in office.refused("one", **elsewhere)
        assert office("keys", "add", **elsewhere).returncode == 0
        said = office.refused("one", **elsewhere)
        assert "unsubscribe-link: an unsubscribe link at" in said
        assert "the service does not have the key" in said
        assert "--ignore unsubscribe-link" in said
        # And a key that sends nothing can be given up at once.
        other = office.fingerprints(**elsewhere)[0]
        assert office("keys", "retire", other).returncode == 0

        done = office.send("one")
        assert (done.returncode, len(office.room.letters)) == (0, 3), done.stderr
        assert [office.opens(link) for link in office.links()] == [200] * 3

        assert office("keys", "rotate").returncode == 0
        assert "is not registered in the store" in office.refused("two")
        assert [office.opens(link) for link in office.links()] == [200] * 3

    with office.service():  # with both keys, the new one in front
        assert office.send("two").returncode == 0
        assert len(set(office.links())) == len(office.links()) == 6
        assert [office.opens(link) for link in office.links()] == [200] * 6
        # One click leaves, under the old key and the new one.
        assert [office.opens(link, "POST") for link in office.links()[:1] + office.links()[-1:]] == [200] * 2
    gone = list(people_in(office.store, NEWS.id, SubscriptionState.UNSUBSCRIBED, None))
    assert len(gone) in (1, 2)  # the mail server got them in any order


def test_the_service_does_not_start_without_a_key_that_was_sent_with(office: Office) -> None:
    office("keys", "new")
    file = office.folder / "var/link.keys"
    with office.service():
        assert office.send("one").returncode == 0
    first, old = office.fingerprints()[0], file.read_text()

    file.write_text(OTHER)
    process = office.started()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert first in said
    assert "Put the missing key back" in said
    assert f"pressrun keys retire {first}" in said
    kept = office("keys", "retire", first)
    assert (kept.returncode, "--leaked" in kept.stderr) == (3, True)

    file.write_text(f"{OTHER}\n{old}")
    with office.service():
        assert [office.opens(link) for link in office.links()] == [200] * 3

    # A key that others know opens nothing any more, also where it is still configured.
    assert office("keys", "retire", first, "--leaked").returncode == 0
    assert file.read_text() == f"{OTHER}\n"
    file.write_text(f"{OTHER}\n{old}")
    with office.service():
        assert [office.opens(link) for link in office.links()] == [404] * 3
        assert office.send("two").returncode == 0
        assert [office.opens(link) for link in office.links()[3:]] == [200] * 3


def test_an_edition_goes_on_with_a_key_only_once_a_link_of_it_has_opened(office: Office) -> None:
    """A timer resumes without anybody looking, maybe where somebody has changed the key since."""
    office("keys", "new")
    with office.service():
        assert office.send("one", "--limit", "1").returncode == 4
        elsewhere = with_another_key(office)
        assert office("keys", "add", **elsewhere).returncode == 0
        assert "the service does not have the key" in office.refused("one", "--resume", **elsewhere)
        assert office.send("one", "--resume").returncode == 0
        assert [office.opens(link) for link in office.links()] == [200] * 3
        finished = office("send", "one", "--resume", "--yes", **elsewhere)
        assert finished.returncode == 0


def test_without_a_service_no_key_is_needed_and_a_test_signs_nothing(office: Office) -> None:
    office("keys", "new")
    masthead = office.folder / "content/publication.yaml"
    before = masthead.read_text()
    tested = office("send", "one", "--test", "me@gazette.example") if office.refused("one") else None
    assert tested is not None
    assert tested.returncode == 0
    (letter,) = office.room.letters
    assert isinstance(letter.content, bytes)
    assert b"/unsubscribe/" not in letter.content
    masthead.write_text(before.partition("service:")[0])
    office("send", "two", "--test", "me@gazette.example")
    assert office.send("two", PRESSRUN_SECRET_KEYS_FILE="").returncode == 0
    assert len(office.room.letters) == 4


def test_the_clock_of_a_machine_is_the_only_one_that_counts(office: Office) -> None:
    """A send that is dated otherwise does not make a key look older than it is."""
    office("keys", "new")
    with office.service():
        assert office.send("one", "--now", "2026-05-12T12:00Z").returncode == 0
    first = office.fingerprints()[0]
    assert "--leaked" in office("keys", "retire", first).stderr
