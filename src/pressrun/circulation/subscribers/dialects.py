"""How a table is written: what separates its cells, what quotes them, and what stands above its first row.

RFC 4180 knows commas only. Spreadsheets and people write semicolons, tabs, and bars, spaces around all of them, a line
that names the separator, and titles.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pressrun.circulation.subscribers.cells import AROUND, is_address, may_be_address

# What programs put between cells; the first of those that fit equally well holds.
SEPARATORS = ",;\t|"
NAMES = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "bar": "|", "space": " ", "colon": ":"}
# `sep=;` is how Excel names the separator; a program that saved it again has put quotes or separators around it.
_SEP = re.compile(r"\ufeff?\"?sep=(?P<separator>[^\r\n\"])\"?(?P=separator)*[ \r\n]*", re.IGNORECASE)
_ROWS = 500
# Among how many rows the labels are.
_TITLES = 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written. *skipped* lines come before its labels, or before its first row where it has none.

    *padded* is what stands before quotation marks and the csv module does not skip.
    """

    separator: str = ","
    quote: str = '"'
    escape: str | None = None
    skipped: int = 0
    labeled: bool = True
    padded: re.Pattern[str] | None = None

    def rows(self, lines: Iterable[str]) -> Any:
        """Return a reader of the rows in *lines*, those that are skipped left out."""
        remaining = iter(lines)
        for _ in range(self.skipped):
            next(remaining, None)
        if self.padded is not None:
            remaining = (self.padded.sub(r"\1", line) for line in remaining)
        return _reader(remaining, self.separator, self.quote, self.escape)


def _reader(lines: Iterable[str], separator: str, quote: str, escape: str | None) -> Any:
    # Spaces before a quotation mark belong to nothing; those within cells are taken away where they are read.
    return csv.reader(lines, delimiter=separator, quotechar=quote, escapechar=escape, skipinitialspace=separator != " ")


def separator_named(text: str) -> str:
    """Return the separator that somebody calls *text*; raises ValueError with a sentence where it is none."""
    separator = NAMES.get(text.strip().casefold(), text)
    if len(separator) != 1 or separator in '\r\n"' or separator.isalnum():
        raise ValueError(f'"{text}" is no separator; write one sign, or comma, semicolon, tab, or pipe')
    return separator


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read the beginning of a table, and how well it fits: the largest *rank* does best."""

    dialect: Dialect
    rows: list[tuple[int, list[str]]]  # each with the number of the line that it begins on, from 0
    is_labels: Callable[[Sequence[str]], bool]

    @property
    def rank(self) -> tuple[int, bool, int, float, int]:
        rows = [row for _, row in self.rows]
        addressed = [row for row in rows if any(map(is_address, row))]
        widths = Counter(map(_width, addressed or rows))
        usual, how_often = max(widths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))
        faults = sum(map(_misread, rows))
        alike = how_often / (len(addressed or rows) or 1)
        return (
            len(addressed),
            any(map(self.is_labels, rows[:_TITLES])),
            -faults,
            round(alike, 2),
            usual if alike > 0.8 else 0,
        )


def _width(row: Sequence[str]) -> int:
    """How many cells *row* has; separators at its end make none."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1].strip(AROUND)), 0)


def _misread(row: Sequence[str]) -> int:
    """How many cells of *row* still have the quotes or the escapes of another way to write it.

    Apostrophes quote cells only where all words of a row are within them: a remark like `'new'` beside other words is
    one that somebody wrote.
    """
    cells = [text for cell in row if (text := cell.strip(AROUND))]
    words = [text for text in cells if not text.isdigit()]
    is_apostrophes = all(len(text) > 1 and text[0] == text[-1] == "'" for text in words)
    return sum('"' in (text[0], text[-1]) or ("\\" in text and '"' in text) for text in cells) + (
        len(words) if is_apostrophes else 0
    )


def dialect_of(
    lines: Sequence[str],
    is_labels: Callable[[Sequence[str]], bool],
    separator: str | None = None,
    skipped: int | None = None,
) -> Dialect:
    """Return how a table that begins with *lines* is written.

    *is_labels* tells whether a row is one of labels for certain. *separator* and *skipped* are what somebody said.
    """
    first, named = _named_separator(lines, skipped)
    separators = separator or named or SEPARATORS
    ways = [
        _way(lines, Dialect(each, quote, escape, first), is_labels)
        for each in separators
        for quote in ('"', "'")
        for escape in (None, "\\")
    ]
    best = max(ways, key=lambda way: way.rank)  # the first of several
    if skipped is not None:
        above, labeled = 0, not (best.rows and any(map(may_be_address, best.rows[0][1])))
    else:
        above, labeled = _beginning(best.rows, is_labels)
    chosen = best.dialect
    return Dialect(chosen.separator, chosen.quote, chosen.escape, first + above, labeled, _padding(lines, chosen))


def _named_separator(lines: Sequence[str], skipped: int | None) -> tuple[int, str | None]:
    """How many lines come before the table for certain, and the separator that one of them names."""
    for at, line in enumerate(lines[: (skipped or 0) + 1]):
        if (found := _SEP.fullmatch(line)) is not None:
            return max(at + 1, skipped or 0), found["separator"]
    return skipped or 0, None


def _way(lines: Sequence[str], dialect: Dialect, is_labels: Callable[[Sequence[str]], bool]) -> _Way:
    padded = _padding(lines, dialect)
    tried = Dialect(dialect.separator, dialect.quote, dialect.escape, dialect.skipped, padded=padded)
    return _Way(dialect, list(_begun(tried.rows(lines))), is_labels)


def _begun(reader: Any) -> Iterator[tuple[int, list[str]]]:
    before = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            row = []
        if row is None or before > _ROWS:
            return
        if any(cell.strip(AROUND) for cell in row):
            yield before, row
        before = reader.line_num


def _padding(lines: Sequence[str], dialect: Dialect) -> re.Pattern[str] | None:
    """What there is between a separator and a quotation mark besides spaces, if there is anything."""
    spaces = re.escape(AROUND.replace("\r", "").replace("\n", "").replace(dialect.separator, ""))
    other = re.compile(f"(^|{re.escape(dialect.separator)})[{spaces}]+(?={re.escape(dialect.quote)})")
    odd = set(AROUND) - set(f" \r\n{dialect.separator}")
    return other if any(set(found.group()) & odd for line in lines for found in other.finditer(line)) else None


def _beginning(rows: Sequence[tuple[int, list[str]]], is_labels: Callable[[Sequence[str]], bool]) -> tuple[int, bool]:
    """How many lines come before the labels, and whether there are labels at all: the first person is never one."""
    first = next((at for at, (_, row) in enumerate(rows) if any(map(may_be_address, row))), len(rows))
    above = rows[:first]
    if (sure := next((line for line, row in above if is_labels(row)), None)) is not None:
        return sure, True
    if first == len(rows):
        return (rows[0][0] if rows else 0), True
    person = rows[first][1]
    place = next(at for at, cell in enumerate(person) if may_be_address(cell))
    # A title has fewer cells than there are columns, and no person lacks what is above their address.
    fits = [
        (line, row)
        for line, row in above
        if len(row) > place and row[place].strip(AROUND) and 2 * sum(map(bool, map(str.strip, row))) > _width(person)
    ]
    if not fits:
        return rows[first][0] if not above or not _are_people(above, place) else above[0][0], False
    most = max(_width(row) for _, row in fits)
    return next(line for line, row in fits if _width(row) == most), True


def _are_people(above: Sequence[tuple[int, list[str]]], place: int) -> bool:
    """Whether rows *above* the first address may be of people without one: then none of them is a title."""
    return all(len(row) > 1 and len(row) > place for _, row in above)
