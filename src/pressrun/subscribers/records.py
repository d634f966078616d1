"""The form in which everything leaves the store and comes back: JSON Lines, or CSV whose cells hold the same.

The first record is of the store: the keys of its marks, and the wordings that people agreed to. Each of the others is
of a person, or of somebody who was erased and of whom a mark is left.
"""

import csv
import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import IO, Any, TypeAlias

Record: TypeAlias = Mapping[str, Any]

FORMAT = 1
TEXTS = ("record", "address", "name", "id", "since", "mark")
COLUMNS = (*TEXTS, "tags", "fields", "lists", "consent", "suppressions", "letters", "format", "keys", "wordings")
_SHARED = {"mark", "consent", "suppressions"}
_PERSON = {"address", "name", "id", "since", "tags", "fields", "lists", "letters"}
KINDS = {"store": {"format", "keys", "wordings"}, "person": _SHARED | _PERSON, "erased": _SHARED}
# The ledger of one person is a cell.
_LARGEST_CELL = 100_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@functools.lru_cache(maxsize=100_000)
def moment_text(kept: int) -> str:
    """The moment that is so many microseconds after 1970, as RFC 3339 has it."""
    return (_EPOCH + timedelta(microseconds=kept)).isoformat().replace("+00:00", "Z")


@functools.lru_cache(maxsize=100_000)
def moment_kept(text: str) -> int:
    """The other way around; raises ValueError where *text* is no moment."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f'"{text}" has no offset')
    return (moment - _EPOCH) // _MICROSECOND


def written_as_lines(records: Iterable[Record], file: IO[str]) -> Iterator[Record]:
    """*records*, each once it is written into *file* as a line of JSON."""
    for record in records:
        file.write(_compact(record))
        file.write("\n")
        yield record


def written_as_csv(records: Iterable[Record], file: IO[str]) -> Iterator[Record]:
    """*records*, each once it is written into *file* as a row of CSV."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        get = record.get
        cells = [get(name) for name in TEXTS]
        writer.writerow(cells + [_cell(get(name)) for name in COLUMNS[len(TEXTS) :]])
        yield record


def _cell(value: Any) -> str:
    if value is None:
        return ""
    # Most are empty, and the encoder takes its time to begin.
    return _compact(value) if value else "{}" if value == {} else "[]"


WRITERS: Mapping[str, Callable[[Iterable[Record], IO[str]], Iterator[Record]]] = {
    "jsonl": written_as_lines,
    "csv": written_as_csv,
}


def is_ours(first: str) -> bool:
    """Whether a file whose first line is *first* was written here."""
    return first.startswith('{"record":"store"') or first.strip().split(",")[:6] == list(TEXTS)


def records_in(file: IO[str]) -> Iterator[tuple[int, Record]]:
    """The records in *file*, each with its line; raises ValueError with a sentence at what is none."""
    first = file.readline()
    file.seek(0)
    if first.startswith("{"):
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise ValueError(f"line {number:,} is no JSON: {error}") from error
                yield number, _checked(number, record)
        return
    usual = csv.field_size_limit(_LARGEST_CELL)
    try:
        yield from _rows_in(file)
    finally:
        csv.field_size_limit(usual)


def _rows_in(file: IO[str]) -> Iterator[tuple[int, Record]]:
    reader = csv.DictReader(file)
    for row in reader:
        try:
            record = {
                name: cell if name in TEXTS else json.loads(cell)
                for name, cell in row.items()
                if cell or (name == "name" and row["record"] == "person")
            }
        except ValueError as error:
            raise ValueError(f"line {reader.line_num:,} has a cell that is no JSON: {error}") from error
        yield reader.line_num, _checked(reader.line_num, record)


def _checked(number: int, record: Any) -> Record:
    kind = record.get("record") if isinstance(record, dict) else None
    if kind not in KINDS or not KINDS[kind] <= record.keys():
        raise ValueError(f"line {number:,} is no record of subscribers")
    if kind == "store" and record["format"] > FORMAT:
        raise ValueError("it was written by a newer Pressrun, which this one does not understand")
    return record  # type: ignore[no-any-return]  # a dictionary, as was asked above
