"""`pressrun store accept-backup`, and commands that send from a store that is older than what was sent."""

import os
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from builders import a_folder, a_story_file, an_edition_file
from database import fresh_database
from faultyserver import FaultyRoom, faulty_server
from mailserver import HOST
from people import a_crowd
from pressrun.circulation.store.engine import create_store, engine_for, open_store, place_from, upgrade
from pressrun.circulation.store.history import advance
from pressrun.model.problems import StoreError
from pressrun.model.publication import MailingList
from pressrun.settings.counter import counter_of, state_folder

Run = Callable[..., subprocess.CompletedProcess[str]]
SPRING = "tag:gazette.example,2020:editions/spring"
EDITION = an_edition_file("Good morning.")
WAIVED = [word for check in ("test", "page", "one-click") for word in ("--ignore", check)]
SEND = ("send", "spring", "--yes", "--now", "2026-05-12T12:00Z", *WAIVED)

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def publication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if "SMTP_" in name or name.startswith(("GIT_", "PRESSRUN_")) or name == "CI":
            monkeypatch.delenv(name)
    a_folder(tmp_path, {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": EDITION})


def over(room: FaultyRoom) -> dict[str, str]:
    return {"SMTP_HOST": HOST, "SMTP_PORT": str(room.port), "SMTP_TLS": "none"}


def test_a_backup_that_is_put_back_is_refused_until_it_is_accepted(pressrun: Run, tmp_path: Path) -> None:
    file = tmp_path / "var" / "pressrun.db"
    store = create_store(place_from(str(file)))
    a_crowd(store, 30, MailingList("newsletter"))
    store.close()
    with faulty_server({}) as room:
        assert pressrun(*SEND, "--limit", "9", **over(room)).returncode == 4
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(tmp_path / "copy.db")) as target:
            source.backup(target)
        assert pressrun(*SEND, **over(room)).returncode == 0
        assert len(room.log) == 30
        assert "attempts: 30" in (tmp_path / "content/editions/spring.md").read_text().replace('"', "")

        shutil.copyfile(tmp_path / "copy.db", file)
        for options in ((), ("--resume",), ("--dry-run",), ("--retry", "refused")):
            refused = pressrun(*SEND, *options, **over(room))
            assert (refused.returncode, len(room.log)) == (3, 30), options
            assert "pressrun.db-sent counts 30 attempts, and the store 9" in refused.stderr
            assert "pressrun store accept-backup" in refused.stderr

        # Without the counter, as on another machine, the receipt knows.
        (tmp_path / "var/pressrun.db-sent").rename(tmp_path / "var/elsewhere")
        refused = pressrun(*SEND, **over(room))
        assert (refused.returncode, len(room.log)) == (3, 30)
        assert "by 30 attempts, and this store knows of 9: it is older than that" in refused.stderr
        (tmp_path / "var/elsewhere").rename(tmp_path / "var/pressrun.db-sent")

        unasked = pressrun("store", "accept-backup", typed="")
        assert (unasked.returncode, "say --yes" in unasked.stderr) == (2, True)
        done = pressrun("store", "accept-backup", "--yes")
        assert done.returncode == 0
        assert done.stdout.splitlines() == [
            f"{SPRING}: 21 people are unknown now.",
            "The backup is accepted: 1 edition, 21 people. Nobody gets an edition twice.",
            "To see who they are: pressrun editions show EDITION --people --outcome unknown",
        ]
        assert pressrun(*SEND, **over(room)).returncode == 4
        assert len(room.log) == 30
        assert max(Counter(room.log).values()) == 1
        again = pressrun("store", "accept-backup", "--yes")
        assert again.stdout == "The backup is accepted: 0 editions, 0 people. Nobody gets an edition twice.\n"
    words = "the store was restored from a backup"
    assert words in pressrun("editions", "show", "spring", "--people", "--outcome", "unknown").stdout


def test_the_counter_of_a_database_is_in_a_folder_of_the_machine(pressrun: Run, server: object, tmp_path: Path) -> None:
    url = fresh_database(server, "counted").render_as_string(hide_password=False)  # type: ignore[arg-type]
    engine = engine_for(place_from(url))
    upgrade(engine)
    engine.dispose()
    store = open_store(place_from(url))
    a_crowd(store, 3, MailingList("newsletter"))
    here = {"PRESSRUN_DATABASE": url, "PRESSRUN_STATE": str(tmp_path / "state")}
    with faulty_server({}) as room:
        assert pressrun(*SEND, **over(room), **here).returncode == 0
        (file,) = (tmp_path / "state").iterdir()
        assert file.name.endswith("-sent")
        assert " 3 " in file.read_text()
        with store.write() as db:
            advance(db, -3)
        refused = pressrun(*SEND, **over(room), **here)
        assert (refused.returncode, "counts 3 attempts, and the store 0" in refused.stderr) == (3, True)
        # A machine that never sent from it cannot know.
        elsewhere = {**here, "PRESSRUN_STATE": str(tmp_path / "other")}
        assert "counts" not in pressrun(*SEND, **over(room), **elsewhere).stderr
    store.close()


def test_whatever_name_leads_to_a_store_its_counter_is_one(tmp_path: Path) -> None:
    store = create_store(place_from(str(tmp_path / "pressrun.db")))
    (tmp_path / "other.db").symlink_to("pressrun.db")
    other = open_store(place_from(str(tmp_path / "other.db")))
    with counter_of(store) as one, counter_of(other) as two:
        assert one.path == two.path == tmp_path / "pressrun.db-sent"
    store.close()
    other.close()


def test_a_machine_has_a_folder_for_what_outlives_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert state_folder({"PRESSRUN_STATE": "state", "XDG_STATE_HOME": "/var/state"}) == Path("state")
    assert state_folder({"XDG_STATE_HOME": "/var/state"}) == Path("/var/state/pressrun")
    for unset in ({}, {"XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "state"}):
        assert state_folder(unset) == Path("/home/ada/.local/state/pressrun")

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(StoreError, match="name one with PRESSRUN_STATE"):
        state_folder({})
