"""What an import will do with one table: all of it is looked at, and all questions asked, before anybody is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pressrun.circulation.subscribers import survey
from pressrun.circulation.subscribers.arrivals import Arrival, NameOrder, Stance, Unspoken, reader_of, state_reader
from pressrun.circulation.subscribers.columns import CONSENT, Columns, Meaning, columns_of
from pressrun.circulation.subscribers.consentcells import GONE, Said, Undecided, said_by
from pressrun.circulation.subscribers.dates import DateFormat
from pressrun.circulation.subscribers.sheets import Form, Sheet, TableFile, TableHints, form_of, sheet_in
from pressrun.circulation.subscribers.survey import ColumnValues, SettledColumns, Unclear
from pressrun.model.subscriber import SubscriptionState

__all__ = ["ImportPlan", "Questions", "Unclear", "plan_of"]


@dataclass(frozen=True, slots=True)
class Questions:
    """What somebody says of the tables of an import, before it has to ask.

    *meanings* are those of columns, by folded labels; *statuses* those of words, by their keys. *state* is how those
    stand of whom nothing is said, where *consent* does not tell how they agreed.
    """

    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    statuses: Mapping[str, Said] = field(default_factory=dict)
    encoding: str | None = None
    separator: str | None = None
    skipped: int | None = None
    dates: DateFormat | None = None
    state: SubscriptionState | None = None
    consent: str | None = None
    order: NameOrder | None = None

    @property
    def default(self) -> SubscriptionState | None:
        """How those stand of whom a table says nothing; None where nobody knows."""
        return self.state or (SubscriptionState.CONFIRMED if self.consent else None)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How the table in *part* is read, and what it means."""

    part: TableFile
    form: Form
    settled: SettledColumns
    stance: Stance
    order: NameOrder | None = None

    @property
    def columns(self) -> Columns:
        """What its columns mean."""
        return self.settled.columns

    def reader(self) -> Callable[[Sequence[str]], Arrival]:
        """Return what makes an Arrival of one of its rows."""
        return reader_of(self.columns, self.stance, self.settled.knowing, self.order)


def plan_of(part: TableFile, told: Questions, looked: Callable[[Form, Columns], None] = lambda *_: None) -> ImportPlan:
    """Return how *part* is taken over; *looked* is called with what its labels say.

    Raises Unclear where something is not certain, and ValueError with a sentence where it is no table of people.
    """
    form = form_of(part, TableHints(told.encoding, told.separator, told.skipped, told.meanings))
    columns = columns_of(form.labels, told.meanings, form.address_at, form.holding)
    looked(form, columns)
    with sheet_in(part, form) as sheet:
        seen, here = survey.surveyed(columns, sheet.rows), sheet.state
    settled = survey.settled(columns, seen, survey.ImportHints(told.meanings, told.statuses, told.dates))
    plan = ImportPlan(part, form, settled, Stance(told.default, here), told.order)
    if _may_be_silent(plan, seen) and (undecided := _undecided_rows(plan)):
        raise Unclear(list(_asked(part, undecided)))
    return plan


def _may_be_silent(plan: ImportPlan, seen: Sequence[ColumnValues]) -> bool:
    """Whether there may be rows that say nothing for certain, for which nothing answers: if not, they need no look."""
    if plan.stance.here in GONE or plan.stance.default not in (None, SubscriptionState.CONFIRMED):
        return False
    said: list[set[Said]] = []
    for at, (column, each) in enumerate(zip(plan.columns.columns, seen, strict=True)):
        if column.meaning in CONSENT:
            said.append({said_by(column, text, plan.settled.knowing, at) for text in each.texts})
    if any(Undecided.UNKNOWN in each or Undecided.UNPROVEN in each for each in said):
        return True
    speaks = any(each and all(isinstance(one, SubscriptionState) for one in each) for each in said)
    return not (speaks or plan.columns.vouches or plan.stance.here or plan.stance.default)


def _undecided_rows(plan: ImportPlan) -> dict[Undecided, list[int]]:
    """How many rows say nothing for certain, and the line of the first of them, by what they say instead."""
    state_of = state_reader(plan.columns, plan.stance, plan.settled.knowing)
    address_at = plan.columns.place(Meaning.ADDRESS) or 0
    found: dict[Undecided, list[int]] = {}
    with sheet_in(plan.part, plan.form) as sheet:
        for line, row in _people(sheet, address_at):
            try:
                state_of(row)
            except Unspoken as undecided:
                found.setdefault(undecided.said, [0, line])[0] += 1
            except ValueError:
                continue  # it is refused, with the reason, when it is read
    return found


def _people(sheet: Sheet, address_at: int) -> Iterator[tuple[int, list[str]]]:
    width = len(sheet.labels)
    for line, row in sheet.rows:
        if len(row) > address_at and "@" in row[address_at]:
            yield line, row if len(row) >= width else [*row, *[""] * (width - len(row))]


def _asked(part: TableFile, undecided: Mapping[Undecided, Sequence[int]]) -> Iterator[str]:
    if (nothing := undecided.get(Undecided.NOTHING)) is not None:
        yield (
            f"{part.name} does not say whether {_people_from(nothing)} agreed to get your emails. Say how and when "
            'they did, such as --consent "signed at the fair, 12 May 2026", or how they stand: --as pending'
        )
    if open_ones := [each for kind, each in undecided.items() if kind is not Undecided.NOTHING]:
        count, first = sum(each[0] for each in open_ones), min(each[1] for each in open_ones)
        yield (
            f"{part.name} leaves open whether {_people_from((count, first))} agreed to get your emails: where it "
            "should say so, it is empty. Say how they stand: --as pending or --as unsubscribed"
        )


def _people_from(found: Sequence[int]) -> str:
    count, line = found
    return f"{count:,} people (the first on line {line:,})" if count > 1 else f"1 person (on line {line:,})"
