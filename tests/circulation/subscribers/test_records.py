"""Exports of our own that came back damaged, or saved by a program that knew better."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people import ADA, COMMAND, DAILY, NOON, ONE_CLICK, WEEKLY, a_confirmed, a_pending
from pressrun.circulation.consent import erase, leave
from pressrun.circulation.dossiers import records
from pressrun.circulation.restore import restore
from pressrun.circulation.store.engine import create_store, place_from
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.columns import columns_of
from pressrun.circulation.subscribers.records import WRITERS, is_ours, records_in


@pytest.fixture(scope="module")
def export() -> Iterator[list[dict[str, Any]]]:
    """An export of some people of every kind."""
    with tempfile.TemporaryDirectory() as folder:
        store = create_store(place_from(str(Path(folder) / "pressrun.db")))
        leave(store, a_confirmed(store, ADA, WEEKLY, DAILY), "weekly", ONE_CLICK, NOON)
        a_pending(store, address_from("grace@reader.example"))
        a_confirmed(store, address_from("erased@reader.example"))
        erase(store, address_from("erased@reader.example"), COMMAND, NOON)
        yield [dict(record) for record in records(store)]
        store.close()


def written(export: list[Any], kind: str = "jsonl") -> str:
    file = io.StringIO()
    list(WRITERS[kind](export, file))
    return file.getvalue()


def read(text: str) -> list[Any]:
    return [record for _, record in records_in(io.StringIO(text))]


def saved_again(text: str, delimiter: str) -> str:
    """The CSV *text* as a spreadsheet saves it: other delimiters, other columns first, everything in quotes."""
    rows = list(csv.reader(io.StringIO(text)))
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([row[::-1] for row in rows])
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_that_a_spreadsheet_saved_again_is_still_ours(export: list[Any], delimiter: str) -> None:
    text = saved_again(written(export, "csv"), delimiter)
    assert is_ours(text.partition("\n")[0])
    assert read(text) == export


def test_no_cell_of_a_table_is_a_formula_and_all_come_back_as_they_were(export: list[Any]) -> None:
    for name in ("=1+1", "'=1+1", "''@x", "+49", "-", "\tx", "'", "'Ada'", "Ada=1"):
        changed_one = [*export[:1], {**export[1], "name": name}, *export[2:]]
        text = written(changed_one, "csv")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows[1]["name"][0] not in "=+-@\t\r"
        assert read(text) == changed_one


def test_a_table_of_ours_is_never_taken_for_one_of_people(export: list[Any]) -> None:
    labels = next(csv.reader(io.StringIO(written(export, "csv"))))
    with pytest.raises(ValueError, match="an export of Pressrun's own that was saved in another encoding"):
        columns_of(labels)


def changed(export: list[Any], number: int, *path: Any, to: Any) -> str:
    """*export*, where what lies at *path* of the record *number* is something else."""
    copy = json.loads(json.dumps(export))
    place = copy[number]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return written(copy)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ((1, "mark"), "00", "mark: String should match"),
        ((1, "mark"), "0" * 32, "line 2 has the mark of another address; was it changed by hand?"),
        ((1, "address"), "nobody", '"nobody" is not a mail address'),
        ((1, "lists", 0, "state"), "asleep", 'lists.0.state: "asleep" is none of pending, confirmed, unsubscribed'),
        ((1, "lists", 0, "list"), "weekly", "lists: one list is named twice"),
        ((1, "consent", 0, "at"), "yesterday", "consent.0.at: Invalid isoformat string"),
        ((1, "consent", 0, "at"), "2026-05-12", "has no offset"),
        ((1, "consent", 0, "way"), 7, "consent.0.way: Input should be a valid string"),
        ((1, "suppressions", 0, "reason"), "", '"" is none of left'),
        ((1, "tags"), "fair", "tags: Input should be a valid list"),
        ((1, "name"), "A\0da", "name: String should match"),
        ((2, "letters", 0, "attempts"), -1, "letters.0.attempts: Input should be greater"),
        ((3, "consent"), None, "consent: Input should be a valid list"),
        ((0, "keys"), [], "keys: List should have at least 1 item"),
        ((0, "keys"), ["00"], "keys.0: String should match"),
        ((0, "format"), 99, "line 1 was written by a newer Pressrun"),
        ((0, "record"), ["store"], "line 1 is no record of subscribers"),
    ],
)
def test_what_is_damaged_is_told_with_its_line(
    export: list[Any], path: tuple[Any, ...], value: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=r"^line \d .*") as told:
        read(changed(export, path[0], *path[1:], to=value))
    assert words in str(told.value)


def test_an_export_that_lost_its_beginning_is_told(export: list[Any]) -> None:
    with pytest.raises(ValueError, match="line 1 comes before the record of the store"):
        read(written(export[1:]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("record,mark,consent,suppressions\nperson", "line 2 is no record of subscribers: mark: Field required"),
        ('record,mark,consent,suppressions\nstore,,"[', "line 2 cannot be read: unexpected end of data"),
        ("record,ma\rk,consent,suppressions\nstore,,[],[]", "line 1 is no JSON"),
        ("record,mark,consent,suppressions\nstore,,[,", "line 2 has a cell that is no JSON"),
        ('{"record":"store"' + "[" * 100_000, "line 1 is no JSON"),
        ('{"record":"store","format":1,"keys":"' + "[" * 100_000, "line 1 is no JSON"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="line") as told:
        read(text)
    assert words in str(told.value)


@given(data=st.data(), kind=st.sampled_from(sorted(WRITERS)))
def test_a_damaged_export_is_told_or_taken(export: list[Any], data: st.DataObject, kind: str) -> None:
    text = written(export, kind)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    text = text[:start] + data.draw(st.text(max_size=5) | st.just("")) + text[end:]
    try:
        found = read(text)
    except ValueError:
        return
    with tempfile.TemporaryDirectory() as folder:
        store = create_store(place_from(str(Path(folder) / "pressrun.db")))
        list(restore(store, found))
        assert len(list(records(store))) <= len(found) + 1
        store.close()
