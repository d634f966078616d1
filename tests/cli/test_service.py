"""`pressrun service` as a person starts it: in a process of its own, with real mail and a real store."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy.engine import URL

from builders import MASTHEAD, a_folder
from mailserver import HOST, Mailroom, mail_server
from people import FORM, claim_letters
from pressrun.circulation.consent import ask
from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import create_store, engine_for, file_of, place_from, upgrade
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.publication import MailingList
from pressrun.model.subscriber import Pending
from pressrun.settings.secretkeys import secret_keys_from
from pressrun.web.serving import line_on

Run = Callable[..., subprocess.CompletedProcess[str]]
ADA = "ada@reader.example"
LONG_AGO = datetime(2020, 5, 12, 12, tzinfo=UTC)
KEY = "k" * 32
# Who asked on the clock of a test would be forgotten by that of the program.
SERVICE = f"{MASTHEAD}service:\n  address: http://127.0.0.1:8125/\n  forget_pending_days: 0\n"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if "SMTP_" in name or name.startswith(("GIT_", "PRESSRUN_")):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_store(place_from(str(tmp_path / "var/pressrun.db"))).close()
    return a_folder(tmp_path, {"content/publication.yaml": SERVICE})


@contextmanager
def running(folder: Path, room: Mailroom, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The service in a process, and the port that it told."""
    mail = {"SMTP_HOST": HOST, "SMTP_PORT": str(room.port), "SMTP_TLS": "none"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pressrun", "service", "--port", "0"],
        cwd=folder,
        env={**os.environ, **mail, "PRESSRUN_SECRET_KEYS": KEY, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.match(r"http://127\.0\.0\.1:(\d+)/ for http://127\.0\.0\.1:8125/; Ctrl\+C stops it", said)
        assert found, said + process.stdout.read()
        yield process, int(found[1])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def asked(port: int, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
    line = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        line.request(method, path, urlencode(fields) if fields else None, kind)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(folder: Path, end: signal.Signals) -> None:
    with mail_server() as room, running(folder, room) as (process, port):
        assert asked(port, "GET", "/health") == (200, "ok\n")
        assert asked(port, "GET", "/")[0] == 200
        process.send_signal(end)
        assert process.wait(30) in (0, -signal.SIGTERM, 130)
    assert (folder / "var/pressrun.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("masthead", "environment", "words"),
    [
        (MASTHEAD, {}, "does not say where readers reach the service"),
        (SERVICE, {}, "There is no key to sign links with: set PRESSRUN_SECRET_KEYS or PRESSRUN_SECRET_KEYS_FILE"),
        (SERVICE, {"PRESSRUN_SECRET_KEYS": "short"}, "PRESSRUN_SECRET_KEYS: key 1 has less than 32 characters"),
        (SERVICE, {"PRESSRUN_SECRET_KEYS": KEY}, "There is no server to send through"),
    ],
)
@pytest.mark.slow
def test_what_is_missing_is_told(
    pressrun: Run, tmp_path: Path, masthead: str, environment: dict[str, str], words: str
) -> None:
    a_folder(tmp_path, {"content/publication.yaml": masthead})
    create_store(place_from(str(tmp_path / "var/pressrun.db"))).close()
    done = pressrun("service", **environment)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert "short" not in done.stderr


@pytest.mark.slow
def test_a_template_at_fault_is_told_at_the_start(pressrun: Run, folder: Path) -> None:
    (folder / "templates").mkdir()
    (folder / "templates/service-letter.html").write_text("<body>\n{{ nothing }}\n")
    done = pressrun("service", PRESSRUN_SECRET_KEYS=KEY, SMTP_HOST=HOST)
    assert done.returncode == 1
    assert "templates/service-letter.html:2" in done.stderr


@pytest.mark.slow
def test_a_service_that_cannot_start_registers_no_key(pressrun: Run, folder: Path) -> None:
    """A send would take its word for it that the key opens links."""
    (folder / "var/dkim").mkdir(parents=True)
    (folder / "var/dkim/news.pem").write_text("a key")
    (folder / "var/dkim/news.pem").chmod(0o644)
    keys = {"PRESSRUN_SECRET_KEYS": KEY}
    done = pressrun("service", SMTP_HOST=HOST, DKIM_SELECTOR="news", **keys)
    assert done.returncode == 2
    assert "chmod 600 var/dkim/news.pem" in " ".join(done.stderr.split())
    with line_on(HOST, 0) as line:
        taken = pressrun("service", "--port", str(line.getsockname()[1]), SMTP_HOST=HOST, **keys)
    assert taken.returncode != 0
    assert ": not registered; signs here" in pressrun("keys", "list", **keys).stdout


@pytest.mark.slow
def test_the_snippet_is_a_form_that_leads_to_the_service(pressrun: Run, folder: Path) -> None:
    done = pressrun("service", "--snippet")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('<form class="form" method="post" action="http://127.0.0.1:8125/subscribe"')
    assert "<script" not in done.stdout


class TestKeys:
    def test_they_come_newest_first_and_each_once(self) -> None:
        text = f"{'a' * 32}, {'b' * 32}\n{'a' * 32}"
        assert secret_keys_from({"PRESSRUN_SECRET_KEYS": text}, str) == ["a" * 32, "b" * 32]

    def test_secret_keys_may_be_in_a_file(self) -> None:
        files = {"/run/keys": f"{KEY}\n"}
        assert secret_keys_from({"PRESSRUN_SECRET_KEYS_FILE": "/run/keys"}, files.__getitem__) == [KEY]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_killed_while_it_posts_a_letter_it_loses_nobody(folder: Path, database: URL, step: str) -> None:
    """Before the server took it, and between that and our writing it down."""
    engine = engine_for(database)
    upgrade(engine)
    engine.dispose()
    store = create_store(database)
    person = ask(store, address_from(ADA), [MailingList("newsletter", "The Gazette", wording="Yes.")], FORM, LONG_AGO)
    store.close()
    started, killed = threading.Event(), threading.Event()
    with mail_server() as room:
        handle = getattr(room, f"handle_{step}")

        async def handle_and_kill(*arguments: object) -> str:
            answer: str = await handle(*arguments)
            assert started.wait(30)
            process.kill()
            killed.set()
            return answer

        setattr(room, f"handle_{step}", handle_and_kill)
        place = str(file_of(database) or database.render_as_string(hide_password=False))
        with running(folder, room, PRESSRUN_DATABASE=place) as (process, _):
            started.set()
            assert killed.wait(30)
            process.wait(30)
    store = create_store(database)
    found = find(store, address_from(ADA))
    assert found is not None
    assert (found.id, found.standing("newsletter")) == (person.person, Pending(LONG_AGO))
    assert claim_letters(store, 10, datetime.now(UTC)) == []
    (letter,) = claim_letters(store, 10, datetime(2100, 1, 1, tzinfo=UTC))
    assert (letter.person, letter.attempt) == (person.person, 2)
    store.close()
    assert len(room.letters) == (step == "DATA")
