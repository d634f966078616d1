"""`pressrun subscribers import`: people from files of other tools, and from our own."""

import csv
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from pressrun.cli.exits import Exit
from pressrun.cli.lists import lists_named
from pressrun.cli.options import source_option
from pressrun.cli.people import progress_bar
from pressrun.cli.show import console, counted
from pressrun.model.problems import StoreError, shown
from pressrun.model.subscriber import SubscriptionState
from pressrun.settings.database import MISSING, opened_store, publication_at
from pressrun.settings.private import private_file, refuse_in_git

if TYPE_CHECKING:
    from pressrun.circulation.subscribers.arrivals import Arrival
    from pressrun.circulation.subscribers.columns import Columns
    from pressrun.circulation.subscribers.plans import ImportPlan, Questions
    from pressrun.circulation.subscribers.sheets import Form, Lot

# A worker costs some 10 ms.
MANY_BYTES = 1_000_000
AS = ("confirmed", "pending", "unsubscribed", "bounced", "complained")
# What a word can mean that somebody tells of with --status, beside a state.
NOTHING = "nothing"
SIGNS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SHOWN = 3


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


@click.command("import", short_help="Import people from another tool's export, or from one of our own.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, path_type=Path))
@click.option("--list", "names", multiple=True, metavar="ID", help="For which list. Can be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what each column means and who would come, and change nothing.")
@click.option("--consent", metavar="TEXT", help="How and when those agreed of whom the file does not say so.")
@click.option("--as", "state", type=click.Choice(AS), help="The state of those of whom the file says nothing.")
@click.option("--column", "told", multiple=True, metavar="LABEL=MEANING", help="What a column means; see the manual.")
@click.option("--status", "words", multiple=True, metavar="WORD=STATE", help="What a word in a column means.")
@click.option("--names", "order", type=click.Choice(["given-first", "family-first"]), help="The order of whole names.")
@click.option("--separator", metavar="SIGN", help="What separates cells: comma, semicolon, tab, pipe, or any sign.")
@click.option("--encoding", metavar="NAME", help="The encoding of the file, such as cp1252 or shift_jis.")
@click.option("--skip", "skipped", type=click.IntRange(min=0), metavar="N", help="How many lines are above the labels.")
@click.option("--date-format", "dates", metavar="FORMAT", help="dmy, mdy, ymd, or a pattern such as %d/%m/%Y.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where rows go that cannot be taken.")
@source_option
def import_people(
    files: tuple[Path, ...],
    names: tuple[str, ...],
    dry_run: bool,
    rejects: Path | None,
    source: Path,
    **told: Any,
) -> None:
    """Import the people in each FILE: CSV, a ZIP of CSV files, or what export wrote.

    All files are looked at first. Where something in them may be about consent and is not understood, the import stops
    and asks, before anybody is written. A person who is gone in a file gets no more emails, whatever other files say.
    Rows that cannot be imported go to a separate file. An import that is run twice adds nobody twice.
    """
    try:
        from pressrun.circulation.subscribers.sheets import is_export, parts_of
    except ImportError as error:
        raise StoreError(MISSING) from error

    questions = _questions(**told)
    place = rejects or source / "var" / f"rejects-{files[0].stem}.csv"
    if not dry_run:
        refuse_in_git(place, "a file of rejects", "name another place with --rejects")
    work: list[Path | ImportPlan] = []
    for path in files:
        with _worded(path):
            if is_export(path):
                work.append(path)
            else:
                work += [_planned(part, questions, names, source, dry_run=dry_run) for part in parts_of(path)]
    refused = Rejects(None if dry_run else place)
    try:
        for each in work:
            with _worded(each if isinstance(each, Path) else each.part.path):
                if isinstance(each, Path):
                    _restored(each, source, dry_run=dry_run)
                else:
                    _import_part(each, names, questions, source, refused, dry_run=dry_run)
    finally:
        refused.close()
    if refused.count:
        where = "" if dry_run else f"; {'it is' if refused.count == 1 else 'they are'} in {place}, with the reasons"
        out = console(stderr=True)
        out.print(f"{counted(refused.count, 'row')} cannot be taken{where}. The first:")
        out.print(shown(f"  {refused.first}"))
        sys.exit(Exit.PROBLEMS)


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    """What is wrong with the file as a whole is a wrong word on the command line, or in the file that it names.

    A question is the former: with one more option the same command does what it should.
    """
    from pressrun.circulation.subscribers.survey import Unclear

    try:
        yield
    except Unclear as unclear:
        asked = "".join(f"\n  {shown(sentence)}." for sentence in unclear.sentences)
        raise click.UsageError(f"{path} was not imported, and nobody was written:{asked}") from unclear
    except ValueError as error:
        raise click.ClickException(f"{path}: {error}.") from error


def _questions(
    told: tuple[str, ...],
    words: tuple[str, ...],
    state: str | None,
    consent: str | None,
    order: str | None,
    separator: str | None,
    encoding: str | None,
    skipped: int | None,
    dates: str | None,
) -> "Questions":
    """What the options say."""
    from pressrun.circulation.subscribers.arrivals import NameOrder
    from pressrun.circulation.subscribers.columns import Meaning, folded
    from pressrun.circulation.subscribers.consentcells import Undecided
    from pressrun.circulation.subscribers.consentwords import key_of
    from pressrun.circulation.subscribers.dates import DateFormat
    from pressrun.circulation.subscribers.dialects import separator_named
    from pressrun.circulation.subscribers.encodings import encoding_named
    from pressrun.circulation.subscribers.plans import Questions

    meanings = {each.value: each for each in Meaning}
    states: dict[str, Any] = {each.value: each for each in SubscriptionState} | {NOTHING: Undecided.NOTHING}
    if consent is not None and not any(each.isalpha() for each in consent):
        raise click.UsageError('--consent: write how and when they agreed, such as "signed at the fair, 12 May 2026".')
    if state == "confirmed" and consent is None:
        raise click.UsageError(
            "--as confirmed needs a proof: say how and when they agreed, such as "
            '--consent "signed at the fair, 12 May 2026".'
        )
    return Questions(
        {folded(label): meaning for label, meaning in _pairs("--column", "LABEL=MEANING", told, meanings)},
        {key_of(word): meaning for word, meaning in _pairs("--status", "WORD=STATE", words, states)},
        _parsed("--encoding", encoding_named, encoding),
        _parsed("--separator", separator_named, separator),
        skipped,
        _parsed("--date-format", DateFormat.parse, dates),
        SubscriptionState(state) if state else None,
        " ".join(consent.split()) if consent else None,
        NameOrder(order) if order else None,
    )


def _pairs(option: str, form: str, told: Iterable[str], known: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for each in told:
        name, is_given, word = each.rpartition("=")
        if not is_given or word.strip() not in known:
            raise click.UsageError(f'{option} "{each}": write {form}, with one of {", ".join(known)}.')
        yield name, known[word.strip()]


def _parsed(option: str, parse: Callable[[str], Any], text: str | None) -> Any:
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}.") from error


def _planned(part: Any, questions: "Questions", names: tuple[str, ...], source: Path, *, dry_run: bool) -> "ImportPlan":
    """What becomes of *part*; a dry run shows its columns first, also where something is not clear."""
    from pressrun.circulation.subscribers.plans import plan_of

    lists = [each.id for each in lists_named(publication_at(source), names)]

    def looked(form: "Form", columns: "Columns") -> None:
        if dry_run:
            console().print(shown(f"{part.name}: {columns.tool or 'people'}, for {', '.join(lists)}"))
            _show_form(form)

    try:
        plan = plan_of(part, questions, looked)
    except UnicodeError as error:  # of a codec that somebody named
        raise ValueError(f"it is not text in {questions.encoding}: {error}") from error
    if dry_run:
        _show_columns(plan)
    return plan


def _show_form(form: "Form") -> None:
    sign = SIGNS.get(form.dialect.separator, form.dialect.separator)
    rows = "" if form.dialect.labeled else "; no line of labels"
    above = f"; {counted(form.dialect.skipped, 'line')} above" if form.dialect.skipped else ""
    console().print(f"  in {form.encoding.removesuffix('-sig')}, cells separated by {sign}{above}{rows}")


def _show_columns(plan: "ImportPlan") -> None:
    out, columns = console(), plan.columns.columns
    widest = max(len(column.label) for column in columns)
    for column in columns:
        out.print(shown(f"  {column.label:<{widest}}  {column.meaning.value}"))
    if plan.stance.here is not None:
        out.print(f"  by the name of the file: {plan.stance.here.value}")
    if plan.stance.default is not None:
        out.print(f"  of whom the file says nothing: {plan.stance.default.value}")


def _import_part(
    plan: "ImportPlan", names: tuple[str, ...], questions: "Questions", source: Path, rejects: Rejects, *, dry_run: bool
) -> None:
    from pressrun.circulation.subscribers.sheets import lots_in, sheet_in
    from pressrun.press.building.workers import ALONE, Workers

    lists = [each.id for each in lists_named(publication_at(source), names)]
    name, tool, out = plan.part.name, plan.columns.tool, console()
    if dry_run:
        out.print(shown(f"{name}:"))
    else:
        out.print(shown(f"{name}: {tool or 'people'}, for {', '.join(lists)}"))
        _show_doubts(plan, questions)
    unnamed = Unnamed()
    with sheet_in(plan.part, plan.form) as sheet:
        read = plan.reader()
        # Reading takes as long as writing does: where there are many, both are done at once.
        workers = Workers.of_this_machine() if sheet.size > MANY_BYTES else ALONE
        key = None if dry_run or workers is ALONE else _key_in(source)
        with workers.ahead(lambda: lots_in(sheet, read, key)) as lots, progress_bar(sheet.name, sheet.size) as advance:
            arrivals = _arriving(lots, name, rejects, unnamed, advance)
            if dry_run:
                counts = Counter(arrival.state.value for arrival in arrivals)
            else:
                from pressrun.circulation.intake import Arrived, Source, take_over

                note = f"{tool or 'CSV'}: {name}"
                note = f"{questions.consent}; {note}" if questions.consent else note
                with opened_store(source) as store:
                    counts = Counter(dict.fromkeys((each.value for each in Arrived), 0))
                    arrived = Source(tuple(lists), datetime.now(UTC), note)
                    for batch in take_over(store, arrivals, arrived):
                        counts.update({outcome.value: count for outcome, count in batch.items()})
    _show_counts(counts, dry_run=dry_run)
    unnamed.show()


def _show_doubts(plan: "ImportPlan", questions: "Questions") -> None:
    """What was not said in the file, and taken to be so."""
    if plan.form.encoding == "cp1252" and questions.encoding is None:
        console().print("  read as Windows-1252; if names look wrong, name another with --encoding")
    if not plan.form.dialect.labeled:
        _show_columns(plan)


class Unnamed:
    """What stood where a name should, and was none: how many, and the first of them with their lines."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, line: int, text: str) -> None:
        """Count *text*, which is on *line*."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(f'"{text[:40]}" (line {line:,})')

    def show(self) -> None:
        """Print how many there were."""
        if self.count:
            named = f"{', '.join(self.first)}{', …' if self.count > _SHOWN else ''}"
            cells = "1 cell was" if self.count == 1 else f"{self.count:,} cells were"
            console().print(shown(f"  {cells} not taken for a name: {named}"))


def _key_in(source: Path) -> bytes:
    from pressrun.circulation.intake import key_of

    with opened_store(source) as store:
        return key_of(store)


def _arriving(
    lots: "Iterable[Lot]", part: str, rejects: Rejects, unnamed: Unnamed, advance: Callable[[int], None]
) -> "Iterator[Arrival]":
    """Everybody in *lots*; the rows that are refused go to *rejects*."""
    for lot in lots:
        for line, row, reason in lot.refused:
            rejects.add(part, line, row, reason)
        for line, text in lot.unnamed:
            unnamed.add(line, text)
        yield from lot.arrivals
        advance(lot.read)


def _show_counts(counts: Counter[str], *, dry_run: bool) -> None:
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    console().print(f"  {told or 'nobody'}{'; nothing was changed' if dry_run else ''}")


def _restored(path: Path, source: Path, *, dry_run: bool) -> None:
    from pressrun.circulation.restore import restore
    from pressrun.circulation.subscribers.records import records_in

    console().print(shown(f"{path.name}: Pressrun"))
    with path.open("rb") as data, progress_bar(path.name, path.stat().st_size) as advance:
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
    _show_counts(counts, dry_run=dry_run)
