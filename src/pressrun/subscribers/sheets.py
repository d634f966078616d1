"""Files of people as other tools write them: CSV, or a ZIP of several, read row by row however large they are."""

import codecs
import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pressrun.model.subscriber import State
from pressrun.subscribers.arrivals import Arrival
from pressrun.subscribers.records import DELIMITERS, is_ours
from pressrun.subscribers.suppression import marks_under

Reject = Callable[[int, Sequence[str], str], None]
_AT_A_TIME = 1 << 20
# As many as go into the store at a time, so that reading never waits for writing in the middle of a lot.
_ROWS = 20_000
# What Mailchimp calls the files in its archive: those that are not about subscribers say so in no column.
_NAMES = {"unsubscribed": State.UNSUBSCRIBED, "cleaned": State.BOUNCED}


@dataclass(slots=True)
class Sheet:
    """One table of people: *labels* are its first line, *rows* come with the number of the line that they end on.

    *state* is how all in it stand, where its name says so; *read* tells how many of its *size* bytes are read.
    """

    name: str
    labels: list[str]
    rows: Iterator[tuple[int, list[str]]]
    size: int
    read: Callable[[], int]
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or one inside of a ZIP."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """What a person calls it."""
        return Path(self.member).name if self.member else self.path.name

    @contextmanager
    def opened(self) -> Iterator[tuple[IO[bytes], int]]:
        """Its bytes, and how many there are."""
        if self.member is None:
            with self.path.open("rb") as file:
                yield file, self.path.stat().st_size
        else:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
                yield file, archive.getinfo(self.member).file_size


def is_export(path: Path) -> bool:
    """Whether *path* was written by Pressrun itself."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return is_ours(file.readline(_AT_A_TIME))


def parts_of(path: Path) -> list[Part]:
    """The tables in the file *path*; raises ValueError with a sentence where there is none."""
    if not zipfile.is_zipfile(path):
        return [Part(path)]
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv") and "__MACOSX" not in name]
    if not names:
        raise ValueError("there is no CSV file in this archive")
    return [Part(path, name) for name in names]


@contextmanager
def sheet_in(part: Part) -> Iterator[Sheet]:
    """The table that *part* holds; raises ValueError with a sentence where it is none."""
    with part.opened() as (data, _):
        encoding = _encoding_of(data)
    with part.opened() as (data, size):
        text = io.TextIOWrapper(data, encoding=encoding, newline="")
        first = text.readline()
        text.seek(0)
        reader = csv.reader(text, delimiter=max(DELIMITERS, key=first.count))
        try:
            labels = next(reader, [])
        except csv.Error as error:
            raise ValueError(f"its first line cannot be read: {error}") from error
        state = next((state for word, state in _NAMES.items() if part.name.lower().startswith(word)), None)
        yield Sheet(part.name, labels, _numbered(reader), size, data.tell, state)


def _encoding_of(data: IO[bytes]) -> str:
    """The encoding of *data*, all of which is read: what is found wrong in the middle would be found too late."""
    beginning = data.read(4)
    encoding = "utf-16" if beginning[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, chunk = 1, beginning
    try:
        while chunk:
            text = decoder.decode(chunk)
            if "\0" in text:
                raise ValueError("this is no text; save it as CSV in UTF-8")
            lines += text.count("\n")
            chunk = data.read(_AT_A_TIME)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        lines += error.object[: error.start].count(b"\n") if isinstance(error.object, bytes) else 0
        raise ValueError(f"about line {lines:,} is not in UTF-8; save the file as CSV in UTF-8") from error
    return encoding


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows of *reader* that hold anything; one that cannot be read is one of no columns."""
    while True:
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
            return
        except csv.Error:
            yield reader.line_num, []


def arrivals_in(sheet: Sheet, read: Callable[[Sequence[str]], Arrival], reject: Reject) -> Iterator[Arrival]:
    """Everybody in *sheet* whom *read* can make out; of the others *reject* is told."""
    for line, row in sheet.rows:
        try:
            if not row:
                raise ValueError("it cannot be read; is a quotation mark missing?")
            yield read(row)
        except ValueError as error:
            if any(map(str.strip, row)) or not row:
                reject(line, row, str(error))


@dataclass(slots=True)
class Lot:
    """Some rows of a sheet: who *arrives* in them, which were *refused*, and how many bytes are *read*.

    Between processes they travel as columns, in a fifth of the time that as many small objects take, and are marked
    under *key* on the way, if there is one: that takes time, and whoever reads has more of it.
    """

    arrivals: Sequence[Arrival]
    refused: Sequence[tuple[int, Sequence[str], str]]
    read: int
    key: bytes | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        columns = dict(zip(Arrival._fields, zip(*self.arrivals, strict=True), strict=False))
        if self.key is not None and columns:
            columns["mark"] = tuple(marks_under(self.key, columns["identity"]))
        return _unpacked, (tuple(columns.values()), self.refused, self.read)


def _unpacked(columns: Sequence[Sequence[Any]], refused: Sequence[tuple[int, Sequence[str], str]], read: int) -> Lot:
    return Lot(list(map(Arrival, *columns)) if columns else [], refused, read)


def lots_in(sheet: Sheet, read: Callable[[Sequence[str]], Arrival], key: bytes | None = None) -> Iterator[Lot]:
    """All of *sheet*, some rows at a time, each as *read* makes it out; *key* is one of a store's."""
    refused: list[tuple[int, Sequence[str], str]] = []
    arrivals = arrivals_in(sheet, read, lambda *row: refused.append(row))
    while (some := list(islice(arrivals, _ROWS))) or refused:
        yield Lot(some, tuple(refused), sheet.read(), key)
        refused.clear()
