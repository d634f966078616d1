"""`pressrun subscribers` and `pressrun store` as a person runs them."""

import csv
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy.engine import URL

from builders import MASTHEAD, a_folder
from earlierstores import someone, store_at
from pressrun.circulation.identities import folded_people
from pressrun.circulation.store.engine import create_store, file_of, open_store, place_from, shown_place, version_at
from pressrun.circulation.store.tables import HEAD
from pressrun.cli.importing import MANY_BYTES

EXPORTS = Path(__file__).parents[1] / "circulation" / "subscribers" / "exports"
LISTS = "lists:\n  - id: weekly\n  - id: daily\n"
pytestmark = pytest.mark.slow
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def gazette(tmp_path: Path) -> Path:
    return a_folder(tmp_path, {"content/publication.yaml": MASTHEAD + LISTS})


@pytest.fixture
def with_store(gazette: Path) -> Path:
    create_store(place_from(str(gazette / "var/pressrun.db"))).close()
    return gazette


@pytest.fixture
def subscribers(pressrun: Run, with_store: Path) -> Run:
    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return pressrun("subscribers", *arguments, **environment)

    return run


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_people_are_taken_over_once_and_what_cannot_be_is_told(subscribers: Run, tmp_path: Path) -> None:
    first = subscribers("import", EXPORTS / "ghost.csv", "--list", "weekly")
    second = subscribers("import", EXPORTS / "ghost.csv", "--list", "weekly")

    assert first.stdout == "ghost.csv: Ghost, for weekly\n  1 added, 2 suppressed\n"
    assert second.stdout == "ghost.csv: Ghost, for weekly\n  3 here already\n"
    assert first.returncode == second.returncode == 1
    rejects = tmp_path / "var" / "rejects-ghost.csv"
    assert first.stderr.startswith("1 row cannot be taken; it is in var/rejects-ghost.csv, with the reasons.")
    with rejects.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["file"], row["line"]) == ("ghost.csv", "5")
    assert row["reason"].startswith('"no address here" is not a mail address')
    assert {mode(path) for path in (tmp_path / "var").iterdir()} == {0o600}
    assert mode(tmp_path / "var") == 0o700


@pytest.mark.usefixtures("gazette")
def test_a_dry_run_shows_the_columns_and_the_counts_and_changes_nothing(pressrun: Run, tmp_path: Path) -> None:
    told = pressrun("subscribers", "import", EXPORTS / "keila.csv", "--list", "weekly", "--dry-run")
    assert told.returncode == 0
    assert "  External ID  field\n" in told.stdout
    assert "  Email        address\n" in told.stdout
    assert told.stdout.endswith("  1 confirmed, 1 unsubscribed, 1 bounced; nothing was changed\n")
    assert not (tmp_path / "var").exists()


def test_a_terminal_shows_how_far_an_import_is(with_store: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "pressrun", "subscribers", "import", EXPORTS / "keila.csv", "--list", "weekly"]
    told = subprocess.run(command, cwd=with_store, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "keila.csv" in shown
    assert "%" in shown
    assert told.stdout == b"keila.csv: Keila, for weekly\n  1 added, 2 suppressed\n"


def test_what_a_column_means_and_how_people_stand_can_be_said(subscribers: Run) -> None:
    file = EXPORTS / "anything.csv"
    told = subscribers(
        "import", file, "--list", "daily", "--column", "Contact e-mail=address", "--column", "e-mail address=ignored",
        "--as", "pending",
    )  # fmt: skip
    assert told.stdout.endswith("  1 added, not confirmed\n")
    assert subscribers("list").stdout == "sales@engines.example  daily: pending\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("import", "anything.csv", "--list", "weekley"), 'There is no list "weekley"; did you mean weekly?'),
        (("import", "anything.csv"), "Say for which list: --list weekly or --list daily."),
        (("import", "anything.csv", "--list", "daily", "--column", "x"), '--column "x": write LABEL=MEANING'),
        (("import", "anything.csv", "--list", "daily", "--column", "x=name"), 'there is no column "x"; there are:'),
        (("improt", "x.csv"), "No such command 'improt'. Did you mean import?"),
        (("show", "nobody@reader.example"), "nobody@reader.example is not here, and never was."),
        (("erase", "nobody@reader.example"), "nobody@reader.example is not here, and never was."),
        (("remove", "nobody@reader.example"), "nobody@reader.example is not here."),
        (("tag", "nobody@reader.example"), "Name a tag, or one to --remove."),
        (("add", "nobody", "--list", "daily"), '"nobody" is not a mail address:'),
    ],
)
def test_a_slip_is_told_in_a_sentence(
    subscribers: Run, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    shutil.copy(EXPORTS / "anything.csv", tmp_path)
    told = subscribers(*arguments)
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
    assert told.returncode in (1, 2)


def test_somebody_comes_and_goes_and_is_forgotten(subscribers: Run) -> None:
    ada = "ada@reader.example"
    added = subscribers("add", ada, "--list", "weekly", "--name", "Ada", "--consent", "signed at the fair")
    asked = subscribers("add", ada, "--list", "daily")
    assert added.stdout == f"{ada}: weekly: added\n"
    assert asked.stdout == f"{ada}: daily: pending; a letter will ask them to confirm\n"
    assert subscribers("tag", ada, "fair", "vip").stdout == f"{ada}: fair, vip\n"
    shown = subscribers("show", ada).stdout
    assert "Ada <ada@reader.example>, here since " in shown
    assert "confirmed: weekly, by command, signed at the fair" in shown
    assert subscribers("list", "--state", "pending").stdout == f"{ada}  Ada  daily: pending, weekly: confirmed\n"
    wrong = subscribers("remove", ada, "--list", "monthly")
    assert 'has nothing to do with "monthly"; they are known on daily, weekly' in wrong.stderr
    assert subscribers("remove", ada).stdout == f"{ada}: daily: left\n{ada}: weekly: left\n"
    assert subscribers("add", ada, "--list", "weekly", "--consent", "x").returncode == 1
    again = subscribers("add", ada, "--list", "weekly")
    assert again.returncode == 1
    assert again.stdout.startswith(f"{ada}: weekly: not added, for they left")
    refused = subscribers("erase", ada)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "This is final, and nobody is here to be asked: say --yes." in refused.stderr
    assert subscribers("list").stdout != ""
    erased = subscribers("erase", ada, "--yes").stdout
    assert erased.startswith(f"{ada} was erased.\nKept are ")
    assert "no import brings the address back" in erased
    assert subscribers("list").stdout == ""
    assert "Nothing is kept of this address but what follows." in subscribers("show", ada).stdout
    assert '"record": "erased"' in subscribers("show", ada, "--json").stdout


def test_whoever_never_answered_is_forgotten_after_a_while(subscribers: Run, tmp_path: Path) -> None:
    subscribers("add", "ada@reader.example", "--list", "weekly")
    assert subscribers("erase", "--unconfirmed", "30").returncode == 2
    assert subscribers("erase", "--unconfirmed", "30", "--yes").stdout == "0 people were forgotten.\n"
    with sqlite3.connect(tmp_path / "var/pressrun.db") as connection:
        connection.execute("UPDATE memberships SET since = since - 31 * 86400 * 1000000")
    assert subscribers("erase", "--unconfirmed", "30", "--yes").stdout == "1 person was forgotten.\n"
    assert subscribers("list").stdout == ""
    for wrong in ((), ("ada@reader.example", "--unconfirmed", "30")):
        assert "Name an address, or how many days ago" in subscribers("erase", *wrong).stderr


def test_bounces_and_complaints_are_kept_as_what_they_are(subscribers: Run) -> None:
    ada, grace = "ada@reader.example", "grace@reader.example"
    for address in (ada, grace):
        subscribers("add", address, "--list", "weekly", "--list", "daily", "--consent", "signed at the fair")
    gone = subscribers("remove", ada, "--because", "bounced").stdout
    assert gone == f"{ada}: daily: bounced\n{ada}: weekly: bounced\n"
    assert subscribers("remove", grace, "--because", "complained").returncode == 0
    assert subscribers("remove", ada, "--because", "bounced").stdout.startswith(f"{ada}: daily: was bounced already\n")
    shown = subscribers("show", ada).stdout
    assert "kept off every list since " in shown
    assert "bounced: weekly, by report" in shown
    assert "they complained" in subscribers("show", grace).stdout
    refused = subscribers("remove", ada, "--list", "weekly", "--because", "complained")
    assert "--because complained is about all lists; leave out --list." in refused.stderr


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_export_makes_the_same_store(subscribers: Run, tmp_path: Path, kind: str) -> None:
    subscribers("import", EXPORTS / "buttondown.csv", "--list", "weekly", "--status", "enchanted=unsubscribed")
    told = subscribers("export", f"all.{kind}")
    assert told.stderr == f"2 people in all.{kind}\n"
    assert mode(tmp_path / f"all.{kind}") == 0o600
    assert subscribers("import", f"all.{kind}", "--dry-run").stdout.endswith("nothing was changed\n")
    create_store(place_from(str(tmp_path / "other.db"))).close()
    subscribers("import", f"all.{kind}", PRESSRUN_DATABASE="other.db")
    assert subscribers("export", "-", PRESSRUN_DATABASE="other.db").stdout == subscribers("export", "-").stdout


def test_an_export_that_is_not_finished_leaves_the_old_one(subscribers: Run, tmp_path: Path) -> None:
    subscribers("add", "ada@reader.example", "--list", "weekly", "--consent", "signed at the fair")
    subscribers("export", "all.csv")
    before = (tmp_path / "all.csv").read_bytes()
    with sqlite3.connect(tmp_path / "var/pressrun.db") as connection:
        connection.execute("UPDATE people SET tags = 'no JSON'")
    assert subscribers("export", "all.csv").returncode != 0
    assert (tmp_path / "all.csv").read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir() if "all" in each.name) == ["all.csv"]


def test_a_large_file_comes_in_as_a_small_one_does(subscribers: Run, tmp_path: Path) -> None:
    rows = [f"reader{number}@reader.example,{'Reader ' * 8}{number},2026-05-12" for number in range(45_000)]
    rows[11_000] = "nobody,Nobody,2026-05-12"
    rows[44_999] = "late@reader.example,Late,yesterday"
    (tmp_path / "many.csv").write_text("email,name,created_at\n" + "\n".join(rows) + "\n")
    assert (tmp_path / "many.csv").stat().st_size > MANY_BYTES
    told = subscribers("import", "many.csv", "--list", "weekly", "--consent", "signed at the fair")
    assert told.stdout == "many.csv: people, for weekly\n  44,998 added\n"
    with (tmp_path / "var/rejects-many.csv").open(newline="") as file:
        assert [row[1] for row in csv.reader(file)] == ["line", "11002", "45001"]
    assert subscribers("stats").stdout.startswith("weekly: 44,998 confirmed\n")


def test_our_own_table_saved_by_a_spreadsheet_brings_nobody_back(subscribers: Run, tmp_path: Path) -> None:
    ada = "ada@reader.example"
    subscribers("add", ada, "--list", "weekly", "--consent", "signed at the fair")
    subscribers("remove", ada)
    subscribers("export", "all.csv")
    with (tmp_path / "all.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    with (tmp_path / "again.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows(row[::-1] for row in rows)
    told = subscribers("import", "again.csv", "--list", "weekly")
    assert told.stdout == "again.csv: Pressrun\n  1 here already\n"
    assert "weekly: unsubscribed" in subscribers("list").stdout
    (tmp_path / "wide.csv").write_text((tmp_path / "all.csv").read_text(), encoding="utf-16")
    refused = subscribers("import", "wide.csv", "--list", "weekly")
    assert refused.returncode == 1
    assert "wide.csv: this is an export of Pressrun's own that was saved in another encoding" in refused.stderr


def test_growth_is_told_and_drawn(subscribers: Run, tmp_path: Path) -> None:
    assert subscribers("stats").stdout == "There is nobody yet.\n"
    subscribers("import", EXPORTS / "ghost.csv", "--list", "weekly")
    told = subscribers("stats", "--svg", "growth.svg")
    assert told.stdout.startswith("weekly: 1 confirmed\n")
    assert "growth.svg shows it." in told.stdout
    drawing = ElementTree.fromstring((tmp_path / "growth.svg").read_text())
    title = drawing.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert str(title.text).startswith("Confirmed readers at the end of each month. 2024-05: 1;")


@pytest.mark.usefixtures("gazette")
def test_nothing_that_names_people_is_put_where_git_would_keep_it(pressrun: Run, tmp_path: Path) -> None:
    def subscribers(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return pressrun("subscribers", *arguments)

    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    for refused in (subscribers("list"), pressrun("store", "init")):
        assert refused.returncode == 2
        assert "var/pressrun.db lies in a git work tree and is not ignored there" in refused.stderr
        assert "add a line /var to .gitignore" in refused.stderr
    assert not (tmp_path / "var").exists()
    (tmp_path / ".gitignore").write_text("/var\n")
    assert pressrun("store", "init").returncode == 0
    assert subscribers("list").returncode == 0
    export = subscribers("export", "people.csv")
    rejects = subscribers("import", EXPORTS / "ghost.csv", "--list", "weekly", "--rejects", "bad.csv")
    assert "an export names real people: name another place" in export.stderr
    assert "a file of rejects names real people: name another place with --rejects" in rejects.stderr
    assert not (tmp_path / "people.csv").exists()
    assert subscribers("list").stdout == ""
    (tmp_path / ".gitignore").write_text("/var/pressrun.db\n")
    assert "pressrun.db-wal lies in a git work tree" in subscribers("list").stderr


def test_the_environment_names_the_store(subscribers: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("other.db\n")
    create_store(place_from(str(tmp_path / "other.db"))).close()
    ada = ("ada@reader.example", "--list", "weekly")
    assert subscribers("add", *ada, PRESSRUN_DATABASE_FILE="secret").returncode == 0
    assert subscribers("list", PRESSRUN_DATABASE="other.db").stdout == "ada@reader.example  weekly: pending\n"
    assert subscribers("list").stdout == ""
    both = subscribers("list", PRESSRUN_DATABASE_FILE="secret", PRESSRUN_DATABASE="x.db")
    missing = subscribers("list", PRESSRUN_DATABASE_FILE="nowhere")
    wrong = subscribers("list", PRESSRUN_DATABASE="mysql://ada:secret@localhost/news")
    assert "are both set; unset one of them" in both.stderr
    assert "names nowhere, which cannot be read: No such file" in missing.stderr
    assert 'PRESSRUN_DATABASE: "mysql" is no database that Pressrun knows' in wrong.stderr
    assert "secret@" not in wrong.stderr


def named(database: URL) -> dict[str, str]:
    return {"PRESSRUN_DATABASE": database.render_as_string(hide_password=False).removeprefix("sqlite:///")}


@pytest.mark.usefixtures("gazette")
def test_a_store_is_created_by_one_command_alone(pressrun: Run, tmp_path: Path, database: URL) -> None:
    for arguments in (("subscribers", "list"), ("subscribers", "tag", "ada@reader.example", "x"), ("store", "upgrade")):
        before = pressrun(*arguments, **named(database))
        assert (before.returncode, before.stdout) == (3, "")
        assert before.stderr.startswith(f"pressrun: There is no store in {shown_place(database)}. Create one with: ")
        assert before.stderr.endswith("pressrun store init\n")
    assert not (tmp_path / "var").exists()
    first, second = (pressrun("store", "init", **named(database)) for _ in range(2))
    assert (first.returncode, first.stdout) == (0, f"{shown_place(database)} is created.\n")
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout == f"There is a store in {shown_place(database)} already. Nothing was changed.\n"
    assert pressrun("store", "upgrade", **named(database)).stdout.endswith("was up to date already.\n")
    assert pressrun("subscribers", "list", **named(database)).returncode == 0


def test_the_hint_names_the_folder_of_the_publication(pressrun: Run, tmp_path: Path) -> None:
    (tmp_path / "my news").mkdir()
    told = pressrun("subscribers", "list", "-C", "my news")
    assert told.stderr == (
        "pressrun: There is no store in my news/var/pressrun.db. Create one with: pressrun store init -C 'my news'\n"
    )
    assert list((tmp_path / "my news").iterdir()) == []


@pytest.mark.usefixtures("gazette")
def test_an_older_store_is_brought_up_to_date_by_what_changes_it(pressrun: Run, database: URL) -> None:
    store_at(database, "first")
    looked = pressrun("subscribers", "list", **named(database))
    assert looked.returncode == 3
    assert looked.stderr.endswith("older Pressrun. Bring it up to date with: pressrun store upgrade\n")
    again = pressrun("store", "init", **named(database))
    assert again.returncode == 0
    assert "hint: pressrun store upgrade" in again.stderr
    assert version_at(database) == "first"
    added = pressrun("subscribers", "add", "ada@reader.example", "--list", "weekly", **named(database))
    if file_of(database) is None:
        assert added.returncode == 3
        assert pressrun("store", "upgrade", **named(database)).stdout.endswith("is up to date now.\n")
    assert pressrun("subscribers", "list", **named(database)).returncode == 0
    assert version_at(database) == HEAD


@pytest.mark.usefixtures("gazette")
def test_mailboxes_that_were_one_are_split_once_and_after_a_backup(
    pressrun: Run, tmp_path: Path, database: URL
) -> None:
    store_at(database, "turns", someone("ſusan@reader.example", kept_off="left"))
    is_file = file_of(database) is not None
    if not is_file:
        refused = pressrun("store", "upgrade", "--identities", **named(database))
        assert refused.returncode == 2
        assert "Make a dump first (pg_dump" in refused.stderr
        assert "say --yes" in refused.stderr
    done = pressrun("store", "upgrade", "--identities", *(() if is_file else ("--yes",)), **named(database))
    assert done.returncode == 0
    assert done.stdout.endswith(
        "1 person has a mark of their own now.\n"
        "These addresses were folded until now. Others may have been taken for the same person:\n"
        "  ſusan@reader.example\n"
    )
    again = pressrun("store", "upgrade", "--identities", "--yes", **named(database))
    assert again.stdout.endswith("Each mailbox has a mark of its own already. Nothing was changed.\n")
    if is_file:
        (copy,) = (tmp_path / "var").glob("pressrun-before-identities-*.db")
        assert mode(copy) == 0o600
        old = open_store(place_from(str(copy)), looks=True)
        assert folded_people(old) == 1
        old.close()
    else:
        assert not (tmp_path / "var").exists()


def test_erasing_asks_before_it_is_final(with_store: Path, subscribers: Run) -> None:
    ada = "ada@reader.example"
    subscribers("add", ada, "--list", "weekly")
    for answer, code, left in ((b"n\n", 130, 1), (b"y\n", 0, 0)):
        ours, theirs = os.openpty()
        os.write(ours, answer)
        command = [sys.executable, "-m", "pressrun", "subscribers", "erase", ada]
        told = subprocess.run(command, cwd=with_store, stdin=theirs, capture_output=True, check=False)
        os.close(theirs)
        os.close(ours)
        assert told.returncode == code
        assert b"Erase all that is known of ada@reader.example? It cannot be undone. [y/N]" in told.stdout
        assert subscribers("list").stdout.count(ada) == left


def test_an_incomplete_installation_is_reported_in_a_sentence(gazette: Path, tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['sqlalchemy'] = sys.modules['email_validator'] = None\n"
        "from pressrun.cli.main import main; main()"
    )
    for arguments in (["subscribers", "list"], ["store", "upgrade"]):
        told = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=gazette, capture_output=True, text=True, check=False
        )
        assert told.returncode == 3
        assert told.stderr == ("pressrun: SQLAlchemy, Alembic, or email-validator is missing: install Pressrun again\n")


@pytest.mark.usefixtures("unmeasured")
def test_what_keeps_people_is_loaded_by_whoever_asks_for_them(gazette: Path) -> None:
    program = (
        "import sys; from pressrun.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*sorted({'sqlalchemy', 'alembic', 'psycopg', 'email_validator'} & sys.modules.keys()))"
    )
    for arguments in (["--version"], ["build"], ["subscribers", "--help"], ["subscribers", "import", "--help"]):
        told = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=gazette, capture_output=True, text=True, check=True
        )
        assert told.stdout.splitlines()[-1] == "", arguments
