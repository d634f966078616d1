"""`pressrun subscribers import`, `edit`, and `audit` as a person runs them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder
from pressrun.circulation.store.engine import create_store, place_from

pytestmark = pytest.mark.slow
Run = Callable[..., subprocess.CompletedProcess[str]]
AGREED = ("--consent", "signed at the fair, 12 May 2026")
ANN = "ann@reader.example"


@pytest.fixture
def subscribers(pressrun: Run, tmp_path: Path) -> Run:
    a_folder(tmp_path, {"content/publication.yaml": MASTHEAD})
    create_store(place_from(str(tmp_path / "var" / "pressrun.db"))).close()

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return pressrun("subscribers", *arguments, **environment)

    return run


def test_a_plain_list_needs_a_word_and_the_ledger_keeps_it(subscribers: Run, tmp_path: Path) -> None:
    (tmp_path / "guests.csv").write_text(f"email,name\n{ANN},Ann\n")
    refused = subscribers("import", "guests.csv")
    assert refused.returncode == 2
    assert "guests.csv was not imported, and nobody was written:" in refused.stderr
    assert (
        'say whether 1 person (on line 2) agreed to get your emails. Say how and when they did, such as --consent "'
        in (refused.stderr)
    )
    assert subscribers("list").stdout == ""
    assert "--as confirmed needs a proof" in subscribers("import", "guests.csv", "--as", "confirmed").stderr
    assert "--consent: write how and when" in subscribers("import", "guests.csv", "--consent", " ").stderr
    assert subscribers("import", "guests.csv", *AGREED).stdout == "guests.csv: people, for newsletter\n  1 added\n"
    assert "by import, signed at the fair, 12 May 2026; CSV: guests.csv" in subscribers("show", ANN).stdout


@pytest.mark.parametrize(
    ("state", "became"),
    [("pending", "1 added, not confirmed"), ("unsubscribed", "1 suppressed"), ("complained", "1 suppressed")],
)
def test_a_plain_list_can_be_of_people_who_stand_otherwise(
    subscribers: Run, tmp_path: Path, state: str, became: str
) -> None:
    (tmp_path / "guests.csv").write_text(f"email,name\n{ANN},Ann\n")
    assert subscribers("import", "guests.csv", "--as", state).stdout.endswith(f"  {became}\n")


def test_nobody_is_written_until_every_question_about_every_file_is_answered(subscribers: Run, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(f"email,Status\n{ANN},subscribed\n")
    (tmp_path / "odd.csv").write_text("email,Status\nbob@reader.example,VIP\n")
    refused = subscribers("import", "good.csv", "odd.csv")
    assert refused.returncode == 2
    assert 'column "Status" may be about consent' in refused.stderr
    assert subscribers("list").stdout == ""
    assert subscribers("import", "good.csv", "odd.csv", "--status", "VIP=unsubscribed").returncode == 0
    assert subscribers("list").stdout == f"{ANN}  newsletter: confirmed\n"


def test_a_dry_run_shows_how_a_table_is_read(subscribers: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_bytes("Members\nemail;name;opt_out\nann@reader.example;Zoë;no\n".encode("cp1252"))
    told = subscribers("import", "odd.csv", "--dry-run", *AGREED)
    assert told.stdout == (
        "odd.csv: people, for newsletter\n"
        "  in cp1252, cells separated by semicolons; 1 line above\n"
        "  email    address\n  name     name\n  opt_out  disabled\n"
        "  of whom the file says nothing: confirmed\n"
        "odd.csv:\n  1 confirmed; nothing was changed\n"
    )
    real = subscribers("import", "odd.csv", *AGREED).stdout
    assert "read as Windows-1252; if names look wrong, name another with --encoding" in real


def test_what_is_no_name_is_counted_with_its_lines(subscribers: Run, tmp_path: Path) -> None:
    names = ["Ann", "N/A", "*|FNAME|*", "-", "Dr."]
    rows = "".join(f"reader{number}@reader.example,{name},Lee\n" for number, name in enumerate(names))
    (tmp_path / "names.csv").write_text("email,first name,last name\n" + rows)
    told = subscribers("import", "names.csv", *AGREED).stdout
    assert told.endswith('  4 cells were not taken for a name: "N/A" (line 3), "*|FNAME|*" (line 4), "-" (line 5), …\n')


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--separator", "ab"), '--separator: "ab" is no separator'),
        (("--encoding", "latin-17"), '--encoding: "latin-17" is no encoding'),
        (("--date-format", "day first"), '--date-format: "day first" is no format of dates'),
        (("--status", "VIP"), '--status "VIP": write WORD=STATE, with one of pending, confirmed'),
        (("--column", "name=nom"), '--column "name=nom": write LABEL=MEANING, with one of address'),
    ],
)
def test_a_slip_in_an_option_is_named(subscribers: Run, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    (tmp_path / "guests.csv").write_text(f"email,name\n{ANN},Ann\n")
    refused = subscribers("import", "guests.csv", *arguments)
    assert refused.returncode == 2
    assert told in refused.stderr


def test_dates_are_read_in_the_order_that_somebody_says(subscribers: Run, tmp_path: Path) -> None:
    (tmp_path / "dates.csv").write_text(f"email,created\n{ANN},05/04/2024\n")
    assert "--date-format dmy or --date-format mdy" in subscribers("import", "dates.csv", *AGREED).stderr
    subscribers("import", "dates.csv", *AGREED, "--date-format", "dmy")
    assert "here since 2024-04-05" in subscribers("show", ANN).stdout


def test_a_table_without_labels_shows_what_its_columns_are_called(subscribers: Run, tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text(f"{ANN};Ann Lee\nbob@reader.example;Bob Lee\n")
    told = subscribers("import", "bare.csv", *AGREED, "--column", "column 2=name", "--names", "given-first")
    assert "  column 1  address\n  column 2  name\n" in told.stdout
    assert "2 added" in told.stdout
    assert "first_name: Ann" in subscribers("show", ANN).stdout


def test_somebody_is_changed_and_stays_on_their_lists(subscribers: Run, tmp_path: Path) -> None:
    (tmp_path / "guests.csv").write_text(f"email,first name,last name,note\n{ANN},Anne,Lee,met\n")
    subscribers("import", "guests.csv", *AGREED)
    changed = subscribers(
        "edit", ANN, "--first-name", " Mary  Ann ", "--tag", "vip", "--field", "city=Bern", "--remove-field", "note"
    )
    assert changed.stdout == (
        f"Mary Ann Lee <{ANN}>\n  tags: vip\n  first_name: Mary Ann\n  last_name: Lee\n  city: Bern\n"
    )
    assert (
        subscribers("edit", ANN, "--name", "Lee, Ann", "--untag", "vip").stdout == f"Lee, Ann <{ANN}>\n  city: Bern\n"
    )
    assert subscribers("edit", ANN, "--name", "").stdout == f"{ANN}\n  city: Bern\n"
    assert "Say what to change" in subscribers("edit", ANN).stderr
    assert f'{ANN} has no field "note"; there are: city.' in subscribers("edit", ANN, "--remove-field", "note").stderr
    assert '--field "city": write KEY=VALUE.' in subscribers("edit", ANN, "--field", "city").stderr
    assert subscribers("edit", "bob@reader.example", "--name", "Bob").returncode == 2
    assert f"{ANN}  newsletter: confirmed" in subscribers("list").stdout


def test_who_was_confirmed_against_their_word_is_found_and_unsubscribed(subscribers: Run, tmp_path: Path) -> None:
    rows = {"left": "yes,,", "bounced": ",true,", "maybe": ",,weekly", "fine": "no,false,yes"}
    (tmp_path / "old.csv").write_text(
        "email,opt_out,bounced,newsletter\n" + "".join(f"{name}@reader.example,{row}\n" for name, row in rows.items())
    )
    # As earlier versions took them.
    kept = [f"--column={label}=field" for label in ("opt_out", "bounced", "newsletter")]
    subscribers("import", "old.csv", *AGREED, *kept)
    found = subscribers("audit")
    assert found.returncode == 1
    assert sorted(found.stdout.splitlines()) == [
        "bounced@reader.example  newsletter: confirmed  bounced: bounced: true",
        "left@reader.example  newsletter: confirmed  unsubscribed: opt_out: yes",
        "maybe@reader.example  newsletter: confirmed  not certain: newsletter: weekly",
    ]
    as_json = [json.loads(line) for line in subscribers("audit", "--json").stdout.splitlines()]
    assert {each["address"]: each["state"] for each in as_json} == {
        "bounced@reader.example": "bounced",
        "left@reader.example": "unsubscribed",
        "maybe@reader.example": None,
    }
    assert "2 people were unsubscribed." in subscribers("audit", "--unsubscribe", "--yes").stderr
    listed = subscribers("list").stdout
    assert "left@reader.example  newsletter: unsubscribed" in listed
    assert "bounced@reader.example  newsletter: bounced" in listed
    assert "fine@reader.example  newsletter: confirmed" in listed
    subscribers("remove", "maybe@reader.example")
    assert subscribers("audit").returncode == 0
