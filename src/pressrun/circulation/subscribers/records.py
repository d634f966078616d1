"""The form in which everything leaves the store and comes back: JSON Lines, or CSV whose cells hold the same.

The first record is of the store: the keys of its marks, and the wordings that people agreed to. Each of the others is
of a person, or of somebody who was erased and of whom a mark is left.
"""

import contextlib
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, TypeAlias

from pydantic_core import to_json

from pressrun.circulation.subscribers.shapes import fault_of
from pressrun.circulation.subscribers.suppression import folded_mark_of, mark_of
from pressrun.model.mailaddress import folded_identity_of, identity_of

Record: TypeAlias = Mapping[str, Any]

FOLDED = "folded"
TEXTS = ("record", "address", "name", "id", "since", "mark", "rule")
COLUMNS = (*TEXTS, "tags", "fields", "lists", "consent", "suppressions", "letters", "format", "keys", "wordings")
# What programs put between the cells of a table.
DELIMITERS = ",;\t"
# No other tool's table has these labels together.
OURS = ("record", "mark", "consent", "suppressions")
# The ledger of one person is a cell.
_LARGEST_CELL = 100_000_000


def written_as_lines(records: Iterable[Record], file: IO[str]) -> Iterator[Record]:
    """*records*, each once it is written into *file* as a line of JSON."""
    for record in records:
        file.write(to_json(record).decode())
        file.write("\n")
        yield record


def written_as_csv(records: Iterable[Record], file: IO[str]) -> Iterator[Record]:
    """*records*, each once it is written into *file* as a row of CSV."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        get = record.get
        cells = [get(name) for name in TEXTS]
        for at in _TYPED:
            cells[at] = harmless(cells[at])
        writer.writerow(cells + [_cell(get(name)) for name in COLUMNS[len(TEXTS) :]])
        yield record


# A spreadsheet takes what begins so for a formula, and a name is whatever a stranger typed.
_TYPED = (TEXTS.index("address"), TEXTS.index("name"))
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def harmless(cell: str | None) -> str | None:
    """*cell* as a spreadsheet shows it, and does not work it out: with an apostrophe before it, where it needs one."""
    return f"'{cell}" if cell and _FORMULA.match(cell) else cell


def _as_it_was(cell: str) -> str:
    """The other way around."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _cell(value: Any) -> str:
    if value is None:
        return ""
    # Most are empty, and to encode even nothing takes its time.
    return to_json(value).decode() if value else "{}" if value == {} else "[]"


WRITERS: Mapping[str, Callable[[Iterable[Record], IO[str]], Iterator[Record]]] = {
    "jsonl": written_as_lines,
    "csv": written_as_csv,
}


def is_ours(first: str) -> bool:
    """Whether a file whose first line is *first* was written here, or was, before another program saved it again."""
    return first.startswith('{"record":"store"') or _delimiter(first) is not None


def _delimiter(first: str) -> str | None:
    """What stands between the cells of a table whose labels are the line *first*, if it is one of ours."""
    for delimiter in DELIMITERS:
        with contextlib.suppress(csv.Error):  # whatever it is, it is none of ours
            if set(OURS) <= set(next(csv.reader([first], delimiter=delimiter), [])):
                return delimiter
    return None


def records_in(file: IO[str]) -> Iterator[tuple[int, Record]]:
    """The records in *file*, each with its line; raises ValueError with a sentence at what is none.

    Whatever is given can be kept: it has the shape that an export has, and its marks are made with the keys that the
    file begins with.
    """
    keys: tuple[bytes, ...] | None = None
    all_folded = False
    for number, record in _read(file):
        if fault := fault_of(record):
            raise ValueError(f"line {number:,} {fault}")
        if record["record"] == "store":
            keys = tuple(bytes.fromhex(key) for key in record["keys"])
            all_folded = record["format"] == 1
            yield number, record
            continue
        if keys is None:
            raise ValueError(f"line {number:,} comes before the record of the store, which every export begins with")
        if all_folded:
            record = {**record, "rule": FOLDED}
        if record["record"] == "person" and not _is_of(record, keys):
            raise ValueError(f"line {number:,} has the mark of another address; was it changed by hand?")
        yield number, record


def _is_of(record: Record, keys: Sequence[bytes]) -> bool:
    """Whether the mark of *record* is that of its address."""
    address, mark = record["address"], bytes.fromhex(record["mark"])
    if record.get("rule") == FOLDED:
        return any(folded_mark_of(folded_identity_of(address), key) == mark for key in keys)
    return any(mark_of(identity_of(address), key) == mark for key in keys)


def _read(file: IO[str]) -> Iterator[tuple[int, Any]]:
    """What stands in *file*, record by record, whatever it is."""
    first = file.readline()
    file.seek(0)
    if (delimiter := _delimiter(first)) is not None:
        usual = csv.field_size_limit(_LARGEST_CELL)
        try:
            yield from _rows_in(csv.reader(file, delimiter=delimiter, strict=True))
        finally:
            csv.field_size_limit(usual)
        return
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"line {number:,} is no JSON: {error}") from error


def _rows_in(rows: Any) -> Iterator[tuple[int, Record]]:
    labels: list[str] | None = None
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise ValueError(f"line {rows.line_num:,} cannot be read: {error}") from error
        if row is None:
            return
        if labels is None:
            labels = row
            continue
        cells = dict(zip(labels, row, strict=False))
        try:
            record = {
                name: _as_it_was(cell) if name in TEXTS else json.loads(cell)
                for name, cell in cells.items()
                if cell or (name == "name" and cells.get("record") == "person")
            }
        except (ValueError, RecursionError) as error:
            raise ValueError(f"line {rows.line_num:,} has a cell that is no JSON: {error}") from error
        yield rows.line_num, record
