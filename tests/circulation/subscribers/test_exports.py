"""The exports of other tools, each read from a small file as the tool writes it."""

import json
import pickle
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pressrun.circulation.subscribers.arrivals import Arrival, Stance, reader_of
from pressrun.circulation.subscribers.columns import Meaning, columns_of
from pressrun.circulation.subscribers.plans import Questions, Unclear, plan_of
from pressrun.circulation.subscribers.sheets import TableFile, arrivals_in, lots_in, parts_of, sheet_in
from pressrun.circulation.subscribers.suppression import mark_of
from pressrun.model.moments import moment_at
from pressrun.model.subscriber import SubscriptionState

EXPORTS = Path(__file__).parent / "exports"
ADA, GRACE, ALAN = "ada@reader.example", "grace@reader.example", "alan@reader.example"


AGREED = Questions(consent="signed at the fair")


def taken(path: Path, questions: Questions = AGREED) -> tuple[str | None, dict[str, Arrival], list[tuple[int, str]]]:
    """Whose export *path* is, who is in it, and which lines were refused, with the reasons."""
    rejected: list[tuple[int, str]] = []
    plan = plan_of(TableFile(path), questions)
    with sheet_in(plan.part, plan.form) as sheet:
        arrivals = list(arrivals_in(sheet, plan.reader(), lambda line, _, reason: rejected.append((line, reason))))
    return plan.columns.tool, {arrival.identity: arrival for arrival in arrivals}, rejected


CASES: dict[str, tuple[str | None, dict[str, SubscriptionState]]] = {
    "ghost.csv": (
        "Ghost",
        {ADA: SubscriptionState.CONFIRMED, GRACE: SubscriptionState.UNSUBSCRIBED, ALAN: SubscriptionState.UNSUBSCRIBED},
    ),
    "listmonk.csv": (
        "listmonk",
        {ADA: SubscriptionState.CONFIRMED, GRACE: SubscriptionState.UNSUBSCRIBED, ALAN: SubscriptionState.UNSUBSCRIBED},
    ),
    "keila.csv": (
        "Keila",
        {ADA: SubscriptionState.CONFIRMED, GRACE: SubscriptionState.UNSUBSCRIBED, ALAN: SubscriptionState.BOUNCED},
    ),
    "substack.csv": ("Substack", {ADA: SubscriptionState.CONFIRMED, GRACE: SubscriptionState.UNSUBSCRIBED}),
    "substack-old.csv": ("Substack", {ADA: SubscriptionState.CONFIRMED, GRACE: SubscriptionState.UNSUBSCRIBED}),
    "buttondown.csv": (
        "Buttondown",
        {
            ADA: SubscriptionState.CONFIRMED,
            GRACE: SubscriptionState.UNSUBSCRIBED,
            ALAN: SubscriptionState.PENDING,
            "mary@reader.example": SubscriptionState.COMPLAINED,
            "edsger@reader.example": SubscriptionState.BOUNCED,
        },
    ),
    "subscribed_members.csv": ("Mailchimp", {ADA: SubscriptionState.CONFIRMED}),
    "unsubscribed_members.csv": ("Mailchimp", {GRACE: SubscriptionState.UNSUBSCRIBED}),
    "cleaned_members.csv": ("Mailchimp", {ALAN: SubscriptionState.BOUNCED}),
    "anything.csv": (None, {ADA: SubscriptionState.CONFIRMED}),
}


# What nobody has to be told of a table that says nothing, or of a word that no tool is known for.
NEEDED = {"anything.csv": AGREED, "buttondown.csv": Questions(statuses={"enchanted": SubscriptionState.PENDING})}


@pytest.mark.parametrize("name", CASES)
def test_each_tool_is_known_and_everybody_stands_as_it_says(name: str) -> None:
    tool, arrivals, _ = taken(EXPORTS / name, NEEDED.get(name, Questions()))
    known = {identity: arrival.state for identity, arrival in arrivals.items() if identity != "barbara@reader.example"}
    assert (tool, known) == CASES[name]


def test_every_export_is_looked_at() -> None:
    assert set(CASES) == {path.name for path in EXPORTS.iterdir()}


PARTS = {"first_name": "Ada", "last_name": "Lovelace"}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ghost.csv", {"name": "Ada Lovelace", "tags": ["fair", "vip"], "fields": {"note": "met at the fair"}}),
        ("listmonk.csv", {"name": "Ada Lovelace", "fields": {"city": "London", "visits": "3"}}),
        ("keila.csv", {"name": "Ada Lovelace", "fields": {"External ID": "77", "city": "London"} | PARTS}),
        ("substack.csv", {"name": "Ada Lovelace", "fields": {}}),
        ("buttondown.csv", {"tags": ["fair", "vip"], "fields": {"notes": "met at the fair", "city": "London"}}),
        ("subscribed_members.csv", {"name": "Ada Lovelace", "tags": ["fair", "vip"], "fields": PARTS}),
        ("anything.csv", {"fields": {"Company": "Analytical Engines", "Contact e-mail": "sales@engines.example"}}),
    ],
)
def test_what_a_tool_knows_of_somebody_comes_along(name: str, known: dict[str, Any]) -> None:
    ada = taken(EXPORTS / name, NEEDED.get(name, AGREED))[1][ADA]
    told = {"name": ada.name, "tags": json.loads(ada.tags), "fields": json.loads(ada.fields)}
    assert told | known == told


def test_the_evidence_of_mailchimp_is_taken_over() -> None:
    ada = taken(EXPORTS / "subscribed_members.csv")[1][ADA]
    assert ada.asked is not None
    assert ada.confirmed is not None
    assert (moment_at(ada.asked), ada.asked_ip) == (datetime(2024, 5, 1, 9, 30, tzinfo=UTC), "192.0.2.7")
    assert (moment_at(ada.confirmed), ada.confirmed_ip) == (datetime(2024, 5, 1, 9, 31, tzinfo=UTC), "192.0.2.8")
    grace = taken(EXPORTS / "unsubscribed_members.csv")[1][GRACE]
    assert grace.left is not None
    assert moment_at(grace.left) == datetime(2025, 2, 3, 10, tzinfo=UTC)


def test_rows_that_cannot_be_believed_are_refused_with_line_and_reason() -> None:
    ((line, reason),) = taken(EXPORTS / "ghost.csv")[2]
    assert (line, reason.startswith('"no address here" is not a mail address')) == (5, True)


def test_a_status_that_nobody_knows_stops_everything_and_is_named() -> None:
    with pytest.raises(Unclear, match=r'column "type" .* holds "enchanted" \(line 7\).*--status "enchanted='):
        taken(EXPORTS / "buttondown.csv")


def refused(tmp_path: Path, *rows: str, labels: str = "email,created_at,attributes,tags") -> list[tuple[int, str]]:
    path = tmp_path / "people.csv"
    path.write_text("\n".join((labels, *rows)) + "\n", encoding="utf-8")
    return taken(path)[2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ada@reader.example,yesterday,,", '"yesterday" is no date'),
        ("ada@reader.example,,[1],", '"[1]" is no JSON object'),
        ("ada@reader.example,,,[oops", '"[oops" is no list of tags'),
        ("ada@reader.example,,,,,more", "it has 6 columns, and the first line names 4"),
        (",2024-05-01,,", '"" is not a mail address'),
    ],
)
def test_each_reason_is_a_sentence(tmp_path: Path, row: str, reason: str) -> None:
    ((line, told),) = refused(tmp_path, row)
    assert line == 2
    assert told.startswith(reason)


def test_empty_lines_and_short_rows_are_nobodys_fault(tmp_path: Path) -> None:
    assert refused(tmp_path, "", "ada@reader.example", ",,,", "grace@reader.example,,,,,") == []


def test_a_quotation_mark_that_is_never_closed_is_told(tmp_path: Path) -> None:
    found = refused(tmp_path, '"ada@reader.example', "x" * 140_000)
    assert found
    assert "quotation mark" in found[0][1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_are_read_as_spreadsheets_write_them(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("E-Mail;Name\r\nada@reader.example;Ädä\r\n".encode(encoding))
    assert taken(path)[1][ADA].name == "Ädä"


def test_a_file_in_another_encoding_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("email,name\nada@reader.example,Ada\nbob@reader.example,Łukasz\n".encode("cp1250"))
    with pytest.raises(ValueError, match="about line 3 is not in UTF-8; name its encoding, such as --encoding cp1250"):
        taken(path)
    assert taken(path, replace(AGREED, encoding="cp1250"))[1]["bob@reader.example"].name == "Łukasz"
    path.write_bytes(b"email\0")
    with pytest.raises(ValueError, match="this is no text"):
        taken(path)


def test_a_file_without_addresses_is_refused_with_its_columns(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no column holds email addresses; there are: name, city"):
        refused(tmp_path, labels="name,city")


def test_somebody_can_say_what_a_column_means() -> None:
    columns = columns_of(["Kontakt", "Email"], {"kontakt": Meaning.ADDRESS, "email": Meaning.IGNORED})
    assert [column.meaning for column in columns.columns] == [Meaning.ADDRESS, Meaning.IGNORED]
    with pytest.raises(ValueError, match='there is no column "contact"; there are: Email'):
        columns_of(["Email"], {"contact": Meaning.NAME})


def test_the_archive_of_mailchimp_is_read_as_it_comes(tmp_path: Path) -> None:
    names = ("subscribed_members.csv", "unsubscribed_members.csv", "cleaned_members.csv")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name in names:
            archive.write(EXPORTS / name, name)
    parts = parts_of(tmp_path / "export.zip")
    assert [part.name for part in parts] == list(names)
    states = []
    for part in parts:
        with sheet_in(part) as sheet:
            read = reader_of(columns_of(sheet.labels), Stance(here=sheet.state))
            states += [arrival.state for arrival in arrivals_in(sheet, read, lambda *_: None)]
    assert states == [SubscriptionState.CONFIRMED, SubscriptionState.UNSUBSCRIBED, SubscriptionState.BOUNCED]
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(ValueError, match="no CSV file in this archive"):
        parts_of(tmp_path / "empty.zip")


def test_what_travels_between_processes_comes_as_it_went(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f"email,name\n{ADA},Ada\nnobody,Nobody\n{GRACE},\n")
    with sheet_in(TableFile(tmp_path / "people.csv")) as sheet:
        read = reader_of(columns_of(sheet.labels), SubscriptionState.CONFIRMED)
        (lot,) = lots_in(sheet, read, b"a key")
    arrived = pickle.loads(pickle.dumps(lot))
    assert [each._replace(mark=None) for each in arrived.arrivals] == lot.arrivals
    assert [each.mark for each in arrived.arrivals] == [mark_of(ADA, b"a key"), mark_of(GRACE, b"a key")]
    assert [(line, row) for line, row, _ in arrived.refused] == [(3, ["nobody", "Nobody"])]
    assert arrived.read == lot.read == sheet.size
