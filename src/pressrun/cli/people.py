"""`pressrun subscribers import` and `export`: files of many people."""

import csv
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from pressrun.cli.database import MISSING, lists_named, opened_store, publication_at
from pressrun.cli.options import source_option
from pressrun.cli.private import private_file, refuse_in_git, replaced_file
from pressrun.cli.show import console, counted
from pressrun.model.subscriber import State
from pressrun.problems import StoreError, shown

if TYPE_CHECKING:
    from pressrun.subscribers.arrivals import Arrival
    from pressrun.subscribers.columns import Columns, Meaning
    from pressrun.subscribers.sheets import Lot, Part

# A worker costs some 10 ms.
MANY_BYTES = 1_000_000
AS = ("confirmed", "pending", "unsubscribed", "bounced")


class Rejects:
    """The rows that cannot be taken, in a file that is made when the first one comes."""

    def __init__(self, path: Path | None) -> None:
        self.count = 0
        self.first: str | None = None
        self._path = path
        self._file: IO[str] | None = None
        self._writer: Any = None

    def add(self, part: str, line: int, row: Sequence[str], reason: str) -> None:
        """Write down *row*, which ends on *line* of *part*, and why it is not taken."""
        self.count += 1
        self.first = self.first or f"{part}:{line}: {reason}"
        if self._path is None:
            return
        if self._file is None:
            self._file = private_file(self._path)
            self._writer = csv.writer(self._file)
            self._writer.writerow(["file", "line", "reason", "row"])
        self._writer.writerow([part, line, reason, *row])

    def close(self) -> None:
        """All that came is written."""
        if self._file is not None:
            self._file.close()


@click.command("import", short_help="Take over people from another tool's export, or from one of our own.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, path_type=Path))
@click.option("--list", "names", multiple=True, metavar="ID", help="For which list; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Tell what each column means and what would come, and change nothing.")
@click.option("--column", "told", multiple=True, metavar="LABEL=MEANING", help="What a column means; see the manual.")
@click.option("--as", "state", type=click.Choice(AS), help="How those stand of whom the file says nothing.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where rows go that cannot be taken.")
@source_option
def import_people(
    files: tuple[Path, ...],
    names: tuple[str, ...],
    dry_run: bool,
    told: tuple[str, ...],
    state: str | None,
    rejects: Path | None,
    source: Path,
) -> None:
    """Take over the people in each FILE: CSV, a ZIP of CSV files, or what export wrote.

    Whoever is gone in the file is written to no more, whatever other files say. Rows that cannot be taken go to a file
    of their own; all others go in. Doing it twice adds nobody twice.
    """
    try:
        from pressrun.subscribers.sheets import is_export, parts_of
    except ImportError as error:
        raise StoreError(MISSING) from error

    place = rejects or source / "var" / f"rejects-{files[0].stem}.csv"
    if not dry_run:
        refuse_in_git(place, "a file of rejects", "name another place with --rejects")
    refused = Rejects(None if dry_run else place)
    try:
        for path in files:
            with _worded(path):
                if is_export(path):
                    _restored(path, source, dry_run=dry_run)
                    continue
                for part in parts_of(path):
                    _import_part(part, names, _meanings(told), state, source, refused, dry_run=dry_run)
    finally:
        refused.close()
    if refused.count:
        where = "" if dry_run else f"; {'it is' if refused.count == 1 else 'they are'} in {place}, with the reasons"
        out = console(stderr=True)
        out.print(f"{counted(refused.count, 'row')} cannot be taken{where}. The first:")
        out.print(shown(f"  {refused.first}"))
        sys.exit(1)


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    """What is wrong with the file as a whole is a wrong word on the command line, or in the file that it names."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(f"{path}: {error}.") from error


def _meanings(told: tuple[str, ...]) -> "dict[str, Meaning]":
    """What --column says, by the folded labels."""
    from pressrun.subscribers.columns import Meaning, folded

    meanings = {}
    for each in told:
        label, is_given, word = each.rpartition("=")
        known = [meaning.value for meaning in Meaning]
        if not is_given or word.strip() not in known:
            raise click.UsageError(f'--column "{each}": write LABEL=MEANING, with one of {", ".join(known)}.')
        meanings[folded(label)] = Meaning(word.strip())
    return meanings


def _import_part(
    part: "Part",
    names: tuple[str, ...],
    told: "dict[str, Meaning]",
    state: str | None,
    source: Path,
    rejects: Rejects,
    *,
    dry_run: bool,
) -> None:
    from pressrun.crew import ALONE, Crew
    from pressrun.subscribers.arrivals import reader_of
    from pressrun.subscribers.columns import columns_of
    from pressrun.subscribers.sheets import lots_in, sheet_in

    lists = [each.id for each in lists_named(publication_at(source), names)]
    out = console()
    with sheet_in(part) as sheet:
        columns = columns_of(sheet.labels, told)
        default = State(state) if state else sheet.state or State.CONFIRMED
        out.print(shown(f"{part.name}: {columns.tool or 'people'}, for {', '.join(lists)}"))
        if dry_run:
            _tell_columns(columns, default)
        read = reader_of(columns, default)
        # Reading takes as long as writing does: where there are many, both are done at once.
        crew = Crew.of_this_machine() if sheet.size > MANY_BYTES else ALONE
        key = None if dry_run or crew is ALONE else _key_in(source)
        with crew.ahead(lambda: lots_in(sheet, read, key)) as lots, _bar(sheet.name, sheet.size) as advance:
            arrivals = _arriving(lots, part.name, rejects, advance)
            if dry_run:
                counts = Counter(arrival.state.value for arrival in arrivals)
            else:
                from pressrun.intake import Arrived, Source, take_over

                note = f"{columns.tool or 'CSV'}: {part.name}"
                with opened_store(source) as store:
                    counts = Counter(dict.fromkeys((each.value for each in Arrived), 0))
                    arrived = Source(tuple(lists), datetime.now(UTC), note)
                    for batch in take_over(store, arrivals, arrived):
                        counts.update({outcome.value: count for outcome, count in batch.items()})
    _tell_counts(counts, dry_run=dry_run)


def _key_in(source: Path) -> bytes:
    from pressrun.intake import key_of

    with opened_store(source) as store:
        return key_of(store)


def _arriving(
    lots: "Iterable[Lot]", part: str, rejects: Rejects, advance: Callable[[int], None]
) -> "Iterator[Arrival]":
    """Everybody in *lots*; the rows that are refused go to *rejects*."""
    for lot in lots:
        for line, row, reason in lot.refused:
            rejects.add(part, line, row, reason)
        yield from lot.arrivals
        advance(lot.read)


def _tell_columns(columns: "Columns", default: State) -> None:
    out = console()
    widest = max(len(column.label) for column in columns.columns)
    for column in columns.columns:
        out.print(shown(f"  {column.label:<{widest}}  {column.meaning.value}"))
    out.print(f"  of whom the file says nothing: {default.value}")


def _tell_counts(counts: Counter[str], *, dry_run: bool) -> None:
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    console().print(f"  {told or 'nobody'}{'; nothing was changed' if dry_run else ''}")


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda done: None
        return
    from rich.progress import Progress

    with Progress(console=out, transient=True) as progress:
        task = progress.add_task(shown(title), total=total)
        yield lambda done: progress.update(task, completed=done)


def _restored(path: Path, source: Path, *, dry_run: bool) -> None:
    from pressrun.restore import restore
    from pressrun.subscribers.records import records_in

    console().print(shown(f"{path.name}: Pressrun"))
    with path.open("rb") as data, _bar(path.name, path.stat().st_size) as advance:
        # Spreadsheets put a mark of the encoding before the first label.
        file = io.TextIOWrapper(data, encoding="utf-8-sig", newline="")
        if dry_run:
            counts = Counter(str(record["record"]) for _, record in records_in(file))
            counts.pop("store", None)
        else:
            counts = Counter()
            with opened_store(source) as store:
                for batch in restore(store, (record for _, record in records_in(file))):
                    counts.update({outcome.value: count for outcome, count in batch.items()})
                    advance(data.tell())
    _tell_counts(counts, dry_run=dry_run)


@click.command("export", short_help="Write everything into a file: people, consent, and who is kept off.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--format", "kind", type=click.Choice(["csv", "jsonl"]), help="By the file's ending, unless told.")
@source_option
def export_people(file: Path, kind: str | None, source: Path) -> None:
    """Write everything that the store holds into FILE, or to standard output for -; import makes the same store of it.

    It holds people, and the key under which those are known who were erased: keep it as safe as the store.
    """
    to_screen = str(file) == "-"
    kind = kind or {".csv": "csv"}.get(file.suffix.lower(), "jsonl")
    if not to_screen:
        refuse_in_git(file, "an export", "name another place")
    with opened_store(source) as store:
        from pressrun.roster import records
        from pressrun.subscribers.records import WRITERS

        with nullcontext(sys.stdout) if to_screen else replaced_file(file) as out, _bar("export", None) as advance:
            count = 0
            for record in WRITERS[kind](records(store), out):
                count += record["record"] == "person"
                if count % 10_000 == 0:
                    advance(count)
    console(stderr=True).print(shown(f"{counted(count, 'person', 'people')} in {file}"))
