"""`pressrun send`, the command in a process of its own and a real mail server behind it."""

import email
import email.policy
import mailbox
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import dkim
import pytest

from builders import a_folder, a_story_file, an_edition_file
from mailserver import (
    CERTIFICATES,
    HOST,
    PASSWORD,
    USERNAME,
    HangUp,
    Mailroom,
    mail_server,
    scripted_server,
    server_context,
)
from pressrun.circulation.store.engine import create_store, place_from
from pressrun.cli.send import spread
from pressrun.model.problems import SettingsError
from pressrun.settings.private import read_private

Run = Callable[..., subprocess.CompletedProcess[str]]
slow = pytest.mark.slow

EDITION = an_edition_file("Good morning, Zoë.")
NOW = ("--now", "2026-05-12T12:00Z")
ADA = "ada@reader.example"


@pytest.fixture
def publication(tmp_path: Path) -> Path:
    story = a_story_file("It snowed. " * 500)
    return a_folder(tmp_path, {"content/stories/first-snow.md": story, "content/editions/spring.md": EDITION})


@pytest.fixture
def with_store(publication: Path) -> Path:
    create_store(place_from(str(publication / "var/pressrun.db"))).close()
    return publication


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No mail server of whoever runs the tests, and no work tree of a hook that runs them."""
    for name in [*os.environ]:
        if "SMTP_" in name or "DKIM_" in name or name.startswith("GIT_"):
            monkeypatch.delenv(name)


def open_line(room: Mailroom) -> dict[str, str]:
    return {"SMTP_HOST": HOST, "SMTP_PORT": str(room.port), "SMTP_TLS": "none"}


@slow
@pytest.mark.usefixtures("publication", "bare_environment")
class TestThroughAServer:
    @pytest.mark.usefixtures("with_store")
    def test_a_test_arrives_whole(self, pressrun: Run, tmp_path: Path) -> None:
        with mail_server() as room:
            done = pressrun("send", "spring", "--test", f"Ada L <{ADA}>", *NOW, **open_line(room))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{ADA}: accepted (250 2.0.0 Ok: queued as 1A2B)\n1 accepted.\n"
        (envelope,) = room.letters
        assert (envelope.mail_from, envelope.rcpt_tos) == ("news@gazette.example", [ADA])
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.SMTP.clone(raise_on_defect=True))
        assert (letter["Subject"], letter["To"]) == ("[TEST] Spring", f"Ada L <{ADA}>")
        assert "Good morning, Zoë." in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]

        # The same as a file: byte for byte what the server got.
        pressrun("send", "spring", "--test", f"Ada L <{ADA}>", *NOW, "--transport", "eml")
        (file,) = (tmp_path / "var/letters/spring").iterdir()
        assert file.read_bytes() == envelope.content

    def test_one_letter_goes_to_each_address_and_what_became_of_it_is_told(self, pressrun: Run) -> None:
        with mail_server() as room:
            room.answers["RCPT bob@reader.example"] = "550 5.1.1 No such \x1b[31muser"
            done = pressrun(
                "send", "--test", ADA, "bob@reader.example", "ADA@reader.example", "spring", *NOW, **open_line(room)
            )
        assert done.returncode == 3
        assert done.stdout.splitlines() == [
            "ada@reader.example: accepted (250 2.0.0 Ok: queued as 1A2B)",
            "bob@reader.example: refused (550 5.1.1 No such \\u001b[31muser)",
            "1 accepted, 1 refused.",
        ]
        assert len(room.letters) == 1

    def test_over_an_encrypted_line_with_a_password_from_a_file(
        self, pressrun: Run, with_store: Path, tmp_path: Path
    ) -> None:
        CERTIFICATES.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        masthead = with_store / "content/publication.yaml"
        with mail_server(tls_context=server_context(), auth_required=True, auth_require_tls=True) as room:
            lines = f"  host: localhost\n  port: {room.port}\n  username: {USERNAME}\n"
            masthead.write_text(masthead.read_text() + lines)
            done = pressrun(
                "send", "spring", "--test", ADA, *NOW,
                SSL_CERT_FILE=str(tmp_path / "ca.pem"), SMTP_PASSWORD_FILE=str(tmp_path / "password"),
            )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert room.encrypted == [True]

    def test_a_wrong_certificate_leaves_with_3_and_the_line_that_chose_the_server(
        self, pressrun: Run, publication: Path
    ) -> None:
        masthead = publication / "content/publication.yaml"
        with mail_server(tls_context=server_context()) as room:
            masthead.write_text(masthead.read_text() + f"  host: localhost\n  port: {room.port}\n")
            done = pressrun("send", "spring", "--test", ADA, *NOW)
        assert done.returncode == 3
        assert done.stderr.startswith(f"pressrun: cannot connect to localhost:{room.port}: its certificate")
        assert "(host from content/publication.yaml:9, port from content/publication.yaml:10)" in done.stderr
        assert room.letters == []

    def test_what_is_not_settled_leaves_with_4(self, pressrun: Run) -> None:
        with mail_server() as room:
            room.answers["DATA"] = "451 4.7.1 Greylisted"
            done = pressrun("send", "spring", "--test", ADA, *NOW, **open_line(room))
        assert (done.returncode, done.stdout.splitlines()[-1]) == (4, "1 deferred.")
        taken = ("220 hi", "250 mail.test", "250 ok", "250 ok", "354 go", HangUp.AFTER_LISTENING)
        with scripted_server(*taken) as server:
            done = pressrun(
                "send", "spring", "--test", ADA, *NOW, SMTP_HOST=HOST, SMTP_PORT=str(server.port), SMTP_TLS="none"
            )
        assert (done.returncode, done.stdout.splitlines()[-1]) == (4, "1 unknown.")

    def test_who_was_not_tried_when_the_server_went_away_is_told(self, pressrun: Run) -> None:
        # A line that ends between two letters is made anew; here that one comes to nothing.
        talk = ("220 hi", "250 mail.test", "250 ok", "250 ok", "354 go", "250 2.0.0 taken", "421 4.3.2 bye")
        with scripted_server(*talk, HangUp.AT_ONCE) as server:
            done = pressrun(
                "send", "spring", "--test", ADA, "b@reader.example", "c@reader.example", *NOW,
                SMTP_HOST=HOST, SMTP_PORT=str(server.port), SMTP_TLS="none",
            )  # fmt: skip
        assert done.returncode == 4
        told = [line.partition(":")[0] for line in done.stdout.splitlines()]
        assert told[:3] == [ADA, "b@reader.example", "c@reader.example"]
        assert done.stdout.splitlines()[-1] == "1 accepted, 2 not tried."
        assert "cannot connect to" in done.stderr

    def test_it_comes_from_the_sender_of_its_list(self, pressrun: Run, publication: Path) -> None:
        masthead = publication / "content/publication.yaml"
        lists = "lists:\n  - id: weekly\n    title: Weekly\n    from: The Weekly <weekly@gazette.example>\n"
        masthead.write_text(masthead.read_text() + lists)
        with mail_server() as room:
            done = pressrun("send", "spring", "--test", ADA, *NOW, **open_line(room))
        assert done.returncode == 0
        assert room.letters[0].mail_from == "weekly@gazette.example"
        assert b"From: The Weekly <weekly@gazette.example>" in bytes(room.letters[0].content or b"")  # type: ignore[arg-type]

    def test_a_draft_is_sent_and_told(self, pressrun: Run, publication: Path) -> None:
        a_folder(publication, {"content/editions/spring.md": EDITION.replace("title:", "draft: true\ntitle:")})
        with mail_server() as room:
            done = pressrun("send", "spring", "--test", ADA, *NOW, **open_line(room))
        assert done.returncode == 0
        assert done.stdout.startswith("content/editions/spring.md is a draft; a test takes it in all the same.\n")
        assert len(room.letters) == 1


@slow
@pytest.mark.usefixtures("publication", "bare_environment")
class TestIntoFiles:
    @pytest.mark.parametrize("folder", ["public", "public/x", "outbox"])
    def test_what_is_published_is_no_place_for_them(self, pressrun: Run, folder: str) -> None:
        refused = pressrun("send", "spring", "--test", ADA, "--transport", "eml", "--to-folder", folder, *NOW)
        assert refused.returncode == 2
        assert "is published" in refused.stderr

    def test_git_is_asked_about_the_files_themselves(self, pressrun: Run, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        (tmp_path / ".gitignore").write_text("letter.eml\n*\n!*/\n!*@*\n")
        refused = pressrun("send", "spring", "--test", ADA, "--transport", "eml", *NOW)
        assert refused.returncode == 2
        assert not (tmp_path / "var").exists()

    def test_a_work_tree_has_to_ignore_them(self, pressrun: Run, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        send = ("send", "spring", "--test", ADA, "--transport", "eml", *NOW)
        refused = pressrun(*send)
        assert refused.returncode == 2
        assert "add a line /var to .gitignore" in " ".join(refused.stderr.split())
        assert not (tmp_path / "var").exists()

        (tmp_path / ".gitignore").write_text("/var\n")
        assert pressrun(*send).returncode == 0
        (letter,) = (tmp_path / "var/letters/spring").iterdir()
        assert letter.stat().st_mode & 0o777 == 0o600
        assert pressrun(*send).stdout.endswith("1 accepted.\n")

    def test_a_publication_that_new_puts_down_ignores_them(self, pressrun: Run, tmp_path: Path) -> None:
        pressrun("new", "news", *NOW)
        subprocess.run(["git", "init", "--quiet", tmp_path / "news"], check=True)
        done = pressrun("send", "first-edition", "-C", "news", "--test", ADA, "--transport", "eml", *NOW)
        assert done.returncode == 0
        assert "[letter-postal-address]" in done.stderr  # of the starter, which no list gets
        assert done.stderr.endswith(
            "The test was not recorded: There is no store in news/var/pressrun.db. "
            "Create one with: pressrun store init -C news\n"
        )
        assert not (tmp_path / "news/var/pressrun.db").exists()
        assert pressrun("store", "init", "-C", "news").returncode == 0
        done = pressrun("send", "first-edition", "-C", "news", "--test", ADA, "--transport", "eml", *NOW)
        assert (done.returncode, "not recorded" in done.stderr) == (0, False)

    def test_one_file_will_do(self, pressrun: Run, tmp_path: Path) -> None:
        send = ("send", "spring", "--test", ADA, "me@gazette.example", "--transport", "mbox", *NOW)
        assert pressrun(*send).stdout.endswith("2 accepted.\n")
        box = mailbox.mbox(tmp_path / "var/letters/spring/letters.mbox", create=False)
        assert [message["To"] for message in box] == [ADA, "me@gazette.example"]
        box.close()
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        refused = pressrun(*send)
        assert refused.returncode == 2
        assert "not ignored there" in refused.stderr

    def test_another_folder_will_do(self, pressrun: Run, tmp_path: Path) -> None:
        done = pressrun("send", "spring", "--test", ADA, "--transport", "eml", "--to-folder", "x/y", *NOW)
        assert (done.returncode, len(list((tmp_path / "x/y").iterdir()))) == (0, 1)


@slow
@pytest.mark.usefixtures("publication", "bare_environment")
class TestSignatures:
    """A test is signed as the edition will be."""

    @pytest.mark.usefixtures("with_store")
    def test_a_key_is_made_and_signs(self, pressrun: Run, publication: Path) -> None:
        made = pressrun("keys", "dkim", "news2026")
        assert (made.returncode, made.stderr) == (0, "")
        key = publication / "var/dkim/news2026.pem"
        assert key.stat().st_mode & 0o777 == 0o600
        record = "".join(re.findall(r'"([^"]*)"', made.stdout))
        assert "news2026._domainkey.gazette.example. IN TXT ( " in made.stdout
        masthead = publication / "content/publication.yaml"
        masthead.write_text(masthead.read_text() + "  dkim_selector: news2026\n")
        with mail_server() as room:
            done = pressrun("send", "spring", "--test", ADA, *NOW, **open_line(room))
        assert (done.returncode, done.stderr) == (0, "")
        assert isinstance(room.letters[0].content, bytes)
        assert dkim.verify(room.letters[0].content, dnsfunc=lambda *_name, **_more: record.encode())

    def test_two_keys_sign_both(self, pressrun: Run, tmp_path: Path) -> None:
        variables = {"DKIM_KEYS": str(tmp_path / "keys")}
        for selector, kind in (("one", "rsa"), ("two", "ed25519")):
            assert pressrun("keys", "dkim", selector, "--kind", kind, **variables).returncode == 0
        with mail_server() as room:
            variables |= {"DKIM_SELECTOR": "one, two", **open_line(room)}
            pressrun("send", "spring", "--test", ADA, *NOW, **variables)
        assert bytes(room.letters[0].content or b"").count(b"DKIM-Signature: ") == 2  # type: ignore[arg-type]

    def test_every_sender_of_a_list_belongs_to_the_domain_that_signs(self, pressrun: Run, publication: Path) -> None:
        assert pressrun("keys", "dkim", "news2026").returncode == 0
        masthead = publication / "content/publication.yaml"
        lists = "lists:\n  - id: weekly\n    title: Weekly\n    from: weekly@other.example\n"
        masthead.write_text(masthead.read_text() + lists)
        with mail_server() as room:
            done = pressrun("send", "spring", "--test", ADA, *NOW, DKIM_SELECTOR="news2026", **open_line(room))
        assert done.returncode == 2
        assert "Letters come from other.example" in " ".join(done.stderr.split())
        assert room.letters == []

    def test_a_key_never_enters_git_and_is_never_overwritten(self, pressrun: Run, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        refused = pressrun("keys", "dkim", "news2026")
        assert refused.returncode == 2
        assert "add a line /var/ to .gitignore" in " ".join(refused.stderr.split())
        assert not (tmp_path / "var").exists()
        (tmp_path / ".gitignore").write_text("/var/\n")
        assert pressrun("keys", "dkim", "news2026").returncode == 0
        key = (tmp_path / "var/dkim/news2026.pem").read_bytes()
        again = pressrun("keys", "dkim", "news2026")
        assert "choose another selector" in " ".join(again.stderr.split())
        assert (tmp_path / "var/dkim/news2026.pem").read_bytes() == key

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
    def test_a_key_that_others_can_read_is_refused(self, pressrun: Run, tmp_path: Path, mode: int) -> None:
        assert pressrun("keys", "dkim", "news2026").returncode == 0
        key = tmp_path / "var/dkim/news2026.pem"
        key.chmod(mode)
        with mail_server() as room:
            server = open_line(room)
            refused = pressrun("send", "spring", "--test", ADA, *NOW, DKIM_SELECTOR="news2026", **server)
            assert (refused.returncode, room.letters) == (2, [])
            assert "Others can read the key var/dkim/news2026.pem" in " ".join(refused.stderr.split())
            assert "chmod 600 var/dkim/news2026.pem" in " ".join(refused.stderr.split())
            key.chmod(0o600)
            done = pressrun("send", "spring", "--test", ADA, *NOW, DKIM_SELECTOR="news2026", **server)
        assert (done.returncode, len(room.letters)) == (0, 1)

    def test_a_key_that_a_group_shows_us_is_no_fault_of_ours(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As systemd's credentials are: the file of somebody else, which only its group can read."""
        (tmp_path / "key.pem").write_bytes(b"key")
        (tmp_path / "key.pem").chmod(0o440)
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        assert read_private(tmp_path / "key.pem", "sign as you") == b"key"
        (tmp_path / "key.pem").chmod(0o444)
        with pytest.raises(SettingsError, match="chmod 600"):
            read_private(tmp_path / "key.pem", "sign as you")

    def test_the_old_name_of_the_command_still_works_and_names_the_new_one(self, pressrun: Run, tmp_path: Path) -> None:
        made = pressrun("dkim", "new-key", "news2026")
        note = "note: dkim new-key is now keys dkim; the old name goes away after the next release\n"
        assert (made.returncode, made.stderr) == (0, note)
        assert (tmp_path / "var/dkim/news2026.pem").exists()

    @pytest.mark.parametrize(
        ("variables", "words"),
        [
            ({"DKIM_SELECTOR": "none"}, "No such file or directory; pressrun keys dkim none makes one."),
            ({"DKIM_SELECTOR": "bad"}, "it is not a private key in PEM without a password"),
            (
                {"DKIM_SELECTOR": "bad", "DKIM_DOMAIN": "other.example"},
                "Letters come from gazette.example, and other.example would sign them",
            ),
            ({"DKIM_SELECTOR": "b_d"}, 'DKIM_SELECTOR: "b_d" is not a selector'),
        ],
    )
    def test_what_cannot_sign_is_told_and_nothing_is_sent(
        self, pressrun: Run, tmp_path: Path, variables: dict[str, str], words: str
    ) -> None:
        (tmp_path / "var/dkim").mkdir(parents=True)
        (tmp_path / "var/dkim/bad.pem").write_text("hello")
        (tmp_path / "var/dkim/bad.pem").chmod(0o600)
        with mail_server() as room:
            done = pressrun("send", "spring", "--test", ADA, *NOW, **variables, **open_line(room))
        assert done.returncode == 2
        assert words in " ".join(done.stderr.split())
        assert room.letters == []


@slow
@pytest.mark.usefixtures("publication", "bare_environment")
class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--test", ADA], "Missing argument 'EDITION'"),
            (["spring", "--test", "ada"], '"ada" is not a mail address'),
            (["spring", "--test", "zoë@reader.example"], "is not of ASCII letters"),
            (["spring", "--test", ADA, "--to-folder", "x"], "--to-folder is for --transport eml"),
            (["sprnig", "--test", ADA], "did you mean spring?"),
            (["spring", "--test", ADA], "There is no server to send through"),
        ],
    )
    def test_a_wrong_command_line_leaves_with_2(self, pressrun: Run, arguments: list[str], words: str) -> None:
        done = pressrun("send", *arguments)
        assert done.returncode == 2
        assert words in " ".join(done.stderr.split())

    def test_errors_in_files_leave_with_1_and_send_nothing(self, pressrun: Run, publication: Path) -> None:
        a_folder(publication, {"content/stories/first-snow.md": a_story_file(date="someday")})
        with mail_server() as room:
            done = pressrun("send", "spring", "--test", ADA, *NOW, **open_line(room))
        assert done.returncode == 1
        assert "[story-date]" in done.stderr
        assert done.stderr.endswith("2 errors; nothing was sent.\n")
        assert room.greeted_by == []


@pytest.mark.parametrize(
    ("arguments", "understood"),
    [
        ("e --test a@x", "e --test a@x"),
        ("e --test a@x b@x c@x", "e --test a@x --test b@x --test c@x"),
        ("--test a@x b@x e", "--test a@x --test b@x e"),
        ("--test=a@x b@x -D c@x", "--test=a@x --test b@x -D c@x"),
        ("--test a@x tag:ada@x,2020:e", "--test a@x tag:ada@x,2020:e"),
        ("e@x --test a@x --test b@x", "e@x --test a@x --test b@x"),
        ("e --test", "e --test"),
    ],
)
def test_every_address_that_follows_is_one_more(arguments: str, understood: str) -> None:
    assert spread(arguments.split()) == understood.split()
