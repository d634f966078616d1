"""Postfix itself takes a run: what lies in the mailboxes against the ledger."""

import csv
import email
import email.policy
import io
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import a_folder, a_story_file, an_edition_file
from database import short_folder
from mailserver import HOST
from people import a_crowd
from postfix import is_installed, postfix
from pressrun.circulation.store.engine import create_store, place_from
from pressrun.model.publication import MailingList

Run = Callable[..., subprocess.CompletedProcess[str]]
EDITION = an_edition_file('Good morning, {first_name, "you"}.\n\n.A line that begins with a dot.')
WAIVED = [word for check in ("test", "page", "one-click") for word in ("--ignore", check)]


@pytest.mark.slow
def test_what_lies_in_the_mailboxes_is_what_the_ledger_says(
    pressrun: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_installed() and not os.environ.get("CI"):
        pytest.skip("Postfix is not installed, or you are not root: apt-get install postfix")
    for name in [*os.environ]:
        if "SMTP_" in name or name.startswith(("GIT_", "PRESSRUN_")) or name == "CI":
            monkeypatch.delenv(name)
    a_folder(tmp_path, {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": EDITION})
    store = create_store(place_from(str(tmp_path / "var" / "pressrun.db")))
    gone, later, *readers = a_crowd(store, 60, MailingList("newsletter"))
    store.close()

    with short_folder() as folder, postfix(folder, [later, *readers], {later: "450 4.7.1 Greylisted"}) as server:
        line = {"SMTP_HOST": HOST, "SMTP_PORT": str(server.port), "SMTP_TLS": "none"}
        done = pressrun("send", "spring", "--yes", "--now", "2026-05-12T12:00Z", *WAIVED, **line)
        letters = server.letters(len(readers))
    assert done.returncode == 4, done.stderr
    assert "60 candidates: 58 accepted, 1 deferred, 1 refused." in done.stdout.splitlines()

    people = pressrun("editions", "show", "spring", "--people", "--csv")
    rows = {row["address"]: row for row in csv.DictReader(io.StringIO(people.stdout))}
    assert Counter(row["outcome"] for row in rows.values()) == {"accepted": 58, "deferred": 1, "refused": 1}
    assert (rows[gone]["outcome"], rows[gone]["code"], rows[gone]["enhanced"]) == ("refused", "550", "5.1.1")
    assert (rows[later]["outcome"], rows[later]["code"], rows[later]["enhanced"]) == ("deferred", "450", "4.7.1")

    strict = email.policy.default.clone(raise_on_defect=True)
    read = [email.message_from_bytes(letter, policy=strict) for letter in letters]
    assert sorted(letter["Delivered-To"] for letter in read) == sorted(readers)
    assert {letter["Return-Path"] for letter in read} == {"<news@gazette.example>"}
    assert len({letter["Message-ID"] for letter in read}) == len(readers)
    for letter in read:
        assert letter["To"].addresses[0].addr_spec == letter["Delivered-To"]
        text = letter.get_body(("plain",))
        assert text is not None
        assert "\n.A line that begins with a dot." in text.get_content()
