"""Files of people as other tools write them: CSV, or a ZIP of several, read row by row however large they are."""

import csv
import functools
import io
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pressrun.circulation.subscribers.arrivals import Arrival
from pressrun.circulation.subscribers.cells import AROUND, is_address
from pressrun.circulation.subscribers.columns import is_labels
from pressrun.circulation.subscribers.consentwords import STATE_OF, label_of
from pressrun.circulation.subscribers.dialects import Dialect, dialect_of
from pressrun.circulation.subscribers.encodings import encoding_of
from pressrun.circulation.subscribers.records import is_ours
from pressrun.circulation.subscribers.suppression import marks_under
from pressrun.model.subscriber import SubscriptionState

Reject = Callable[[int, Sequence[str], str], None]
_AT_A_TIME = 1 << 20
# How a table is written is told by its beginning.
_BEGINNING = 1 << 18
# As many as go into the store at a time, so that reading never waits for writing in the middle of a lot.
_ROWS = 20_000
# What Mailchimp calls the files in its archive: those that are not about subscribers say so in no column.
_NAMES = {
    "subscribed_": SubscriptionState.CONFIRMED,
    "unsubscribed": SubscriptionState.UNSUBSCRIBED,
    "cleaned": SubscriptionState.BOUNCED,
}


def ignored(*_: Any) -> None:
    """Take no notice."""


@dataclass(frozen=True, slots=True)
class TableHints:
    """What somebody says of how tables are written; *labels* are those, folded, of which they say what they mean."""

    encoding: str | None = None
    separator: str | None = None
    skipped: int | None = None
    labels: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """How the table in a file is written.

    *labels* are those of its columns; where it has none, they are numbered, and *address_at* is that of addresses.
    *unseen* tells whether its cells hold signs that nobody sees, *holding* in which columns there are addresses.
    """

    encoding: str
    unseen: bool
    dialect: Dialect
    labels: tuple[str, ...]
    address_at: int | None = None
    holding: tuple[str, ...] = ()


@dataclass(slots=True)
class Sheet:
    """One table of people: *labels* are its first line, *rows* come with the number of the line that they end on.

    *state* is how all in it stand, where its name says so; *read* tells how many of its *size* bytes are read.
    """

    name: str
    form: Form
    rows: Iterator[tuple[int, list[str]]]
    size: int
    read: Callable[[], int]
    state: SubscriptionState | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """What its columns are called."""
        return self.form.labels


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file, or one inside of a ZIP."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """What a person calls it."""
        return Path(self.member).name if self.member else self.path.name

    @contextmanager
    def opened(self) -> Iterator[tuple[IO[bytes], int]]:
        """Open it: its bytes, and how many there are."""
        if self.member is None:
            with self.path.open("rb") as file:
                yield file, self.path.stat().st_size
        else:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
                yield file, archive.getinfo(self.member).file_size

    @contextmanager
    def bytes_alone(self) -> Iterator[IO[bytes]]:
        """Open it: its bytes."""
        with self.opened() as (data, _):
            yield data


def is_export(path: Path) -> bool:
    """Whether *path* was written by Pressrun itself."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return is_ours(file.readline(_AT_A_TIME))


def parts_of(path: Path) -> list[TableFile]:
    """Return the tables in the file *path*; raises ValueError with a sentence where there is none."""
    if not zipfile.is_zipfile(path):
        return [TableFile(path)]
    with zipfile.ZipFile(path) as archive:
        listed = archive.namelist()
    names = [name for name in listed if name.lower().endswith((".csv", ".tsv")) and "__MACOSX" not in name]
    if not names and any(name.startswith("xl/") for name in listed):
        raise ValueError("this is a workbook of Excel; save its sheet as CSV in UTF-8")
    if not names:
        raise ValueError("there is no CSV file in this archive")
    return [TableFile(path, name) for name in names]


def form_of(part: TableFile, told: TableHints | None = None) -> Form:
    """Return how the table that *part* holds is written; raises ValueError with a sentence where it is no text."""
    told = told or TableHints()
    encoding, unseen = encoding_of(part.bytes_alone, told.encoding)
    with part.opened() as (data, _):
        text = io.TextIOWrapper(data, encoding=_without_mark(encoding), newline="")
        beginning = text.read(_BEGINNING)
        # The last line may be cut.
        lines = io.StringIO(beginning, newline="").readlines()
        lines = lines[:-1] if len(beginning) == _BEGINNING and len(lines) > 1 else lines
    sure = functools.partial(is_labels, told=told.labels)
    dialect = dialect_of(lines, sure, told.separator, told.skipped)
    rows = [row for row in _read(dialect.rows(lines)) if row is not None and _is_full(row)]
    labels = rows.pop(0) if dialect.labeled and rows else []
    holding = sorted({at for row in rows for at, cell in enumerate(row) if is_address(cell)})
    # A separator at the end of each line makes no column.
    width = max((at + 1 for row in (labels, *rows) for at, cell in enumerate(row) if cell.strip(AROUND)), default=0)
    width = min(width, len(labels)) if dialect.labeled else width
    named = [label.strip(AROUND) or f"column {at + 1}" for at, label in enumerate([*labels, *[""] * width][:width])]
    address_at = holding[0] if not dialect.labeled and len(holding) == 1 else None
    return Form(encoding, unseen, dialect, tuple(named), address_at, tuple(named[at] for at in holding if at < width))


def _without_mark(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


@contextmanager
def sheet_in(part: TableFile, form: Form | None = None) -> Iterator[Sheet]:
    """Open the table that *part* holds, written as *form* says; raises ValueError with a sentence where it is none."""
    form = form or form_of(part)
    with part.opened() as (data, size):
        text = io.TextIOWrapper(data, encoding=_without_mark(form.encoding), newline="")
        rows = _rows_of(form, text)
        yield Sheet(part.name, form, rows, size, data.tell, state_named(part.name))


def state_named(name: str) -> SubscriptionState | None:
    """Return how everybody stands in a file called *name*, where that says so: "unsubscribed.csv", "bounces.csv"."""
    for word, state in _NAMES.items():
        if name.lower().startswith(word):
            return state
    about = label_of(Path(name).stem)
    return STATE_OF.get(about.topic) if about.topic is not None and about.clear and about.certain else None


def _read(reader: Any) -> Iterator[list[str] | None]:
    """The rows of *reader*; one that cannot be read is None."""
    while True:
        try:
            yield from reader
            return
        except csv.Error:
            yield None


def _is_full(row: Sequence[str] | None) -> bool:
    return row is not None and any(cell.strip(AROUND) for cell in row)


def _rows_of(form: Form, lines: IO[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows below the labels that hold anything, with nothing around their cells; an unreadable one has no cells."""
    reader, skipped = form.dialect.rows(lines), form.dialect.skipped
    rows = _read(reader)
    if form.dialect.labeled:
        next(filter(_is_full, rows), None)
    around = AROUND if form.unseen else None
    for row in rows:
        if row is None:
            yield reader.line_num + skipped, []
        elif row:
            yield reader.line_num + skipped, [cell.strip(around) for cell in row]


def arrivals_in(
    sheet: Sheet,
    read: Callable[[Sequence[str]], Arrival],
    reject: Reject,
    unnamed: Callable[[int, str], None] = ignored,
) -> Iterator[Arrival]:
    """Everybody in *sheet* whom *read* can make out; *reject* is called for the others.

    *unnamed* is called with the line and the text of what stands where a name should, and is none.
    """
    for line, row in sheet.rows:
        try:
            if not row:
                raise ValueError("it cannot be read; is a quotation mark missing?")
            arrival = read(row)
        except ValueError as error:
            if any(map(str.strip, row)) or not row:
                reject(line, row, str(error))
            continue
        if arrival.unnamed:
            unnamed(line, arrival.unnamed)
        yield arrival


@dataclass(slots=True)
class Lot:
    """Some rows of a sheet: who *arrives* in them, which were *refused*, and how many bytes are *read*.

    *unnamed* has the lines and the texts of what is no name. Between processes they travel as columns, in a fifth of
    the time that as many small objects take, and are marked under *key* on the way, if there is one: that takes time,
    and whoever reads has more of it.
    """

    arrivals: Sequence[Arrival]
    refused: Sequence[tuple[int, Sequence[str], str]]
    read: int
    key: bytes | None = None
    unnamed: Sequence[tuple[int, str]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        columns = dict(zip(Arrival._fields, zip(*self.arrivals, strict=True), strict=False))
        if self.key is not None and columns:
            columns["mark"] = tuple(marks_under(self.key, columns["identity"]))
        return _unpacked, (tuple(columns.values()), self.refused, self.read, self.unnamed)


def _unpacked(
    columns: Sequence[Sequence[Any]],
    refused: Sequence[tuple[int, Sequence[str], str]],
    read: int,
    unnamed: Sequence[tuple[int, str]],
) -> Lot:
    return Lot(list(map(Arrival, *columns)) if columns else [], refused, read, unnamed=unnamed)


def lots_in(sheet: Sheet, read: Callable[[Sequence[str]], Arrival], key: bytes | None = None) -> Iterator[Lot]:
    """All of *sheet*, some rows at a time, each as *read* makes it out; *key* is one of a store's."""
    refused: list[tuple[int, Sequence[str], str]] = []
    unnamed: list[tuple[int, str]] = []
    arrivals = arrivals_in(sheet, read, lambda *row: refused.append(row), lambda *text: unnamed.append(text))
    while (some := list(islice(arrivals, _ROWS))) or refused:
        yield Lot(some, tuple(refused), sheet.read(), key, tuple(unnamed))
        refused.clear()
        unnamed.clear()
