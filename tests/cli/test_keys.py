"""`pressrun keys`: the file that holds them, the variable, and the store that knows them by their fingerprints."""

import os
import re
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from builders import a_folder
from pressrun.circulation.linkkeys import begin_service, registered
from pressrun.circulation.store import linkkeys
from pressrun.circulation.store.engine import Store, create_store, place_from
from pressrun.cli.main import pressrun
from pressrun.model.problems import PressrunError
from pressrun.settings.secretkeys import secret_keys_from, secret_keys_in

OLD, OLDER = "o" * 40, "p" * 40
FINGERPRINT = r"[0-9a-f]{12}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A publication in this folder, and nothing of whoever runs the tests in the environment."""
    for name in [*os.environ]:
        if name.startswith(("GIT_", "PRESSRUN_")):
            monkeypatch.delenv(name)
    a_folder(tmp_path, {})
    store_here(tmp_path).close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keys(*words: str, **environment: str) -> Result:
    """What `pressrun keys` does, in this process."""
    return CliRunner().invoke(pressrun, ["keys", *words], env=environment)


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def a_key_file(folder: Path, *lines: str, mode: int = 0o600) -> tuple[Path, dict[str, str]]:
    file = folder / "link.keys"
    if lines:
        file.write_text("".join(f"{line}\n" for line in lines))
        file.chmod(mode)
    return file, {"PRESSRUN_SECRET_KEYS_FILE": str(file)}


def store_here(folder: Path) -> Store:
    return create_store(place_from(str(folder / "var" / "pressrun.db")))


class TestInAFile:
    def test_the_first_key_is_created_for_its_owner_alone(self, folder: Path) -> None:
        file, there = a_key_file(folder)
        done = keys("new", **there)
        assert (done.exit_code, mode_of(file)) == (0, 0o600)
        (key,) = file.read_text().split()
        assert len(key) >= 43
        assert key not in done.output
        assert "Start the service again" in done.stderr

    def test_a_second_first_key_is_refused(self, folder: Path) -> None:
        file, there = a_key_file(folder, OLD)
        refused = keys("new", **there)
        assert (refused.exit_code, file.read_text()) == (2, f"{OLD}\n")
        assert "pressrun keys rotate" in refused.stderr

    def test_a_file_that_is_there_and_empty_gets_the_first_key(self, folder: Path) -> None:
        file, there = a_key_file(folder, "")
        assert keys("new", **there).exit_code == 0
        assert len(file.read_text().split()) == 1

    def test_rotating_puts_a_new_key_in_front_and_keeps_the_others(self, folder: Path) -> None:
        file, there = a_key_file(folder, f"{OLD}, {OLDER}")
        assert keys("rotate", **there).exit_code == 0
        fresh, *others = file.read_text().split()
        assert others == [OLD, OLDER]
        assert fresh not in others
        assert secret_keys_from(there, lambda path: Path(path).read_text()) == [fresh, OLD, OLDER]

    def test_nothing_can_be_rotated_where_there_is_no_key(self, folder: Path) -> None:
        for environment in ({}, a_key_file(folder, "")[1]):
            refused = keys("rotate", **environment)
            assert refused.exit_code == 2
            assert "pressrun keys new" in refused.stderr

    @pytest.mark.parametrize(
        ("before", "after"), [(0o600, 0o600), (0o400, 0o400), (0o640, 0o640), (0o644, 0o600), (0o666, 0o600)]
    )
    def test_its_mode_stays_unless_everybody_could_read_it(self, folder: Path, before: int, after: int) -> None:
        file, there = a_key_file(folder, OLD, mode=before)
        assert keys("rotate", **there).exit_code == 0
        assert mode_of(file) == after

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
    def test_its_owner_stays_for_the_service_has_to_read_it(self, folder: Path) -> None:
        file, there = a_key_file(folder, OLD)
        os.chown(file, 12_345, 23_456)
        assert keys("rotate", **there).exit_code == 0
        assert (file.stat().st_uid, file.stat().st_gid) == (12_345, 23_456)

    def test_a_link_to_a_file_stays_a_link(self, folder: Path) -> None:
        file, _ = a_key_file(folder, OLD)
        link = folder / "current"
        link.symlink_to(file)
        assert keys("rotate", PRESSRUN_SECRET_KEYS_FILE=str(link)).exit_code == 0
        assert link.is_symlink()
        assert file.read_text().split()[1:] == [OLD]

    def test_a_key_file_never_enters_git(self, folder: Path) -> None:
        file, there = a_key_file(folder)
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        for ignored in ("", "/link.keys\n"):  # half a file beside it would enter as well
            (folder / ".gitignore").write_text(ignored)
            refused = keys("new", **there)
            assert refused.exit_code == 2
            assert ".gitignore" in refused.stderr
            assert not file.exists()
        (folder / ".gitignore").write_text("*.keys*\n")
        assert keys("new", **there).exit_code == 0
        assert [each.name for each in folder.iterdir() if "keys" in each.name] == ["link.keys"]

    def test_where_it_cannot_be_written_the_old_one_stays(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file, there = a_key_file(folder, OLD)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        done = keys("rotate", **there)
        assert isinstance(done.exception, PressrunError)
        assert "cannot change" in str(done.exception)
        assert "No space left on device" in str(done.exception)
        assert file.read_text() == f"{OLD}\n"
        assert [each.name for each in folder.iterdir() if "keys" in each.name] == ["link.keys"]


class TestInAVariable:
    def test_the_new_value_alone_is_on_standard_output(self) -> None:
        first = keys("new")
        (key,) = first.stdout.split()
        assert "PRESSRUN_SECRET_KEYS" in first.stderr
        rotated = keys("rotate", PRESSRUN_SECRET_KEYS=f"{key} {OLD}")
        fresh, *others = secret_keys_in({"PRESSRUN_SECRET_KEYS": rotated.stdout.strip()}).keys
        assert others == [key, OLD]
        assert fresh != key
        assert keys("new", PRESSRUN_SECRET_KEYS=key).exit_code == 2

    def test_both_at_once_are_refused(self, folder: Path) -> None:
        _, there = a_key_file(folder, OLD)
        for name in ("new", "rotate", "list", "add"):
            assert "are both set" in keys(name, PRESSRUN_SECRET_KEYS=OLD, **there).stderr

    def test_retiring_prints_the_value_without_the_key(self) -> None:
        both = {"PRESSRUN_SECRET_KEYS": f"{OLD},{OLDER}"}
        assert keys("add", **both).exit_code == 0
        sought = fingerprint_of(OLDER)
        done = keys("retire", sought.upper(), **both)
        assert (done.exit_code, done.stdout) == (0, f"{OLD}\n")


def fingerprint_of(key: str) -> str:
    """The fingerprint of *key*, as the command prints it."""
    listed = keys("list", PRESSRUN_SECRET_KEYS=key).stdout
    found = re.match(rf"({FINGERPRINT}): .*(signs here|not used)$", listed.splitlines()[0])
    assert found, listed
    return found[1]


class TestInTheStore:
    def test_adding_says_of_each_key_what_became_of_it(self) -> None:
        assert keys("add", PRESSRUN_SECRET_KEYS=OLDER).exit_code == 0
        done = keys("add", PRESSRUN_SECRET_KEYS=f"{OLD},{OLDER}")
        assert (
            done.stdout
            == f"{fingerprint_of(OLD)} is registered now.\n{fingerprint_of(OLDER)} was registered already.\n"
        )
        keys("retire", fingerprint_of(OLDER), PRESSRUN_SECRET_KEYS=OLD)
        done = keys("add", PRESSRUN_SECRET_KEYS=f"{OLD},{OLDER}")
        assert done.stdout.splitlines()[1] == f"{fingerprint_of(OLDER)} is retired, and stays retired."

    def test_the_list_says_what_each_key_is_and_shows_none(self, folder: Path) -> None:
        assert "pressrun keys new" in keys("list").stdout
        store = store_here(folder)
        begin_service(store, [OLDER], datetime(2026, 5, 12, 12, tzinfo=UTC))
        older = registered(store)[0].fingerprint
        with store.write() as db:
            linkkeys.put_signed(db, older, datetime(2026, 5, 13, 12, tzinfo=UTC))
        store.close()
        told = keys("list", PRESSRUN_SECRET_KEYS=f"{OLD},{OLDER}").stdout.splitlines()
        assert re.fullmatch(rf"{FINGERPRINT}: not registered; signs here", told[0])
        assert told[1] == (
            f"{older}: registered 2026-05-12, at the service 2026-05-12, "
            "signed no email after 2026-05-13 14:00 UTC; opens links here"
        )
        elsewhere = keys("list").stdout.splitlines()
        assert len(elsewhere) == 1
        assert elsewhere[0].endswith("; not in the settings here")
        assert OLD not in "".join(told)

    def test_a_retired_key_is_taken_out_of_the_file_and_not_used_where_it_stays(self, folder: Path) -> None:
        file, there = a_key_file(folder, OLD, OLDER)
        keys("add", **there)
        older = fingerprint_of(OLDER)
        done = keys("retire", older, **there)
        assert (done.exit_code, file.read_text()) == (0, f"{OLD}\n")
        assert "Start the service again" in done.stderr
        told = keys("list", PRESSRUN_SECRET_KEYS=f"{OLDER},{OLD}").stdout.splitlines()
        assert re.fullmatch(rf"{older}: retired [-\d]+; not used", told[0])
        assert told[1].endswith("; signs here")

    def test_a_file_that_cannot_be_changed_keeps_a_key_that_is_not_used(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file, there = a_key_file(folder, OLD, OLDER)
        keys("add", **there)
        older = fingerprint_of(OLDER)

        def read_only(*_: object) -> None:
            raise OSError(30, "Read-only file system")

        monkeypatch.setattr(os, "replace", read_only)
        done = keys("retire", older, **there)
        assert (done.exit_code, file.read_text()) == (0, f"{OLD}\n{OLDER}\n")
        assert "it is not used" in done.stderr
        assert re.match(rf"{older}: retired", keys("list", **there).stdout.splitlines()[1])

    def test_a_refusal_changes_neither_the_store_nor_the_file(self, folder: Path) -> None:
        file, there = a_key_file(folder, OLD)
        keys("add", **there)
        refused = keys("retire", fingerprint_of(OLD), "--leaked", **there)
        assert isinstance(refused.exception, PressrunError)
        assert file.read_text() == f"{OLD}\n"
        assert "retired" not in keys("list", **there).stdout


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.slow
def test_as_a_person_meets_it(pressrun: Run, folder: Path) -> None:
    """From the first key to the second, each command a process of its own."""
    there = {"PRESSRUN_SECRET_KEYS_FILE": "var/link.keys"}
    assert pressrun("keys", "new", **there).returncode == 0
    assert pressrun("keys", "add", **there).returncode == 0
    assert pressrun("keys", "rotate", **there).returncode == 0
    refused = pressrun("keys", "retire", "0" * 12, **there)
    assert refused.returncode == 3
    assert refused.stderr.startswith('pressrun: No key has the fingerprint "000000000000"')
    first, second = pressrun("keys", "list", **there).stdout.splitlines()
    assert first.endswith("not registered; signs here")
    assert "not seen at the service yet, signed no email yet; opens links here" in second
    help_text = pressrun("--help").stdout
    assert "keys" in help_text
    assert "dkim" not in help_text
    assert "python3 -c" not in pressrun("service", **there).stderr
