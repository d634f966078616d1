"""What the columns of a table hold, all of its rows looked at, before anybody is taken over from it.

A label alone is not believed: "State" may be one of the USA, and the third column may hold who unsubscribed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, zip_longest

from pressrun.circulation.subscribers.cells import attributes_in
from pressrun.circulation.subscribers.columns import CONSENT, DATES, Column, Columns, Meaning, folded, meaning_of
from pressrun.circulation.subscribers.consentcells import GONE, Kind, Knowing, Said, Undecided, kind_of, said_by
from pressrun.circulation.subscribers.consentwords import (
    Topic,
    is_about_reaching,
    key_of,
    label_of,
    mentions_an_end,
    stated_by,
    topic_of,
    words_of,
)
from pressrun.circulation.subscribers.dates import DateFormat, DateReading, Orders, iso_moment, written_in

_ROWS = 10_000
# So many different texts are kept of a column; one that has more is no column of flags, but may hold words of consent.
MOST = 2_000
# So many are named in a question.
_NAMED = 3


class Unclear(ValueError):
    """Columns that nobody understands for certain: *sentences* say which, what they hold, and what to write."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


@dataclass(slots=True)
class ColumnValues:
    """What one column holds: the first line of each different text, as long as they are few."""

    looks_for_dates: bool
    looks_for_words: bool
    texts: dict[str, int] = field(default_factory=dict)
    is_many: bool = False
    within: "dict[str, ColumnValues]" = field(default_factory=dict)  # by the names in a column of JSON objects
    orders: Orders = field(default_factory=Orders)
    _words: set[str] = field(default_factory=set)
    _has_date: bool = False

    def add(self, cells: Sequence[str], lines: Sequence[int]) -> None:
        """Take *cells* into account, which end on *lines*."""
        different = set(cells)
        if self.looks_for_dates:
            self.orders.add(different)
        if not self.looks_for_words:
            return
        fresh = [cell for cell in different if cell not in self.texts]
        if self.looks_for_dates:
            # A moment a row, of which the first is enough; what else there is are a few words.
            fresh = [cell for cell in fresh if not self._is_another_date(cell)]
        if self.is_many or len(self.texts) + len(fresh) > MOST:
            self.is_many = True
            fresh = self._telling(fresh)
        for cell in fresh:
            self.texts[cell] = lines[cells.index(cell)]

    def _is_another_date(self, cell: str) -> bool:
        if cell[4:5] != "-" or (iso_moment(cell) is None and written_in(cell) is None):
            return False
        before, self._has_date = self._has_date, True
        return before

    def _telling(self, cells: Sequence[str]) -> list[str]:
        """Those of *cells* that may be about consent. Each different word is looked at once."""
        words = {word for word in set(" ".join(cells).split()) if not word.isdigit()} - self._words
        telling = {word for word in words if any(topic_of(each) for each in words_of(word))}
        if len(self._words) < 100 * MOST:
            self._words |= words - telling
        return [cell for cell in cells if stated_by(cell) or mentions_an_end(cell)] if telling else []


@dataclass(frozen=True, slots=True)
class ImportHints:
    """What somebody says of what a table means: *statuses* by the keys of words, *dates* how dates are written.

    *labels* are those, folded, of which they say what they mean.
    """

    labels: Collection[str] = ()
    statuses: Mapping[str, Said] = field(default_factory=dict)
    dates: DateFormat | None = None


def surveyed(columns: Columns, rows: Iterable[tuple[int, Sequence[str]]]) -> list[ColumnValues]:
    """Return what each of *columns* holds in those of *rows* that may be of people."""
    address_at = columns.place(Meaning.ADDRESS) or 0
    skipped = {Meaning.ADDRESS, Meaning.NAME, Meaning.FIRST_NAME, Meaning.LAST_NAME, Meaning.IGNORED}
    skipped |= {Meaning.CREATED, Meaning.TAGS, Meaning.ATTRIBUTES}
    seen = [
        ColumnValues(
            looks_for_dates=column.meaning in DATES or column.about.dated,
            looks_for_words=column.meaning in CONSENT or (not column.is_told and column.meaning not in skipped),
        )
        for column in columns.columns
    ]
    attributes_at = columns.place(Meaning.ATTRIBUTES)
    if attributes_at is not None and columns.columns[attributes_at].is_told:
        attributes_at = None
    for some in _lots(rows):
        people = [(line, row) for line, row in some if len(row) > address_at and "@" in row[address_at]]
        lines = [line for line, _ in people]
        for each, texts in zip(seen, zip_longest(*(row for _, row in people), fillvalue=""), strict=False):
            if each.looks_for_dates or each.looks_for_words:
                each.add(texts, lines)
        if attributes_at is not None:
            _look_within(
                seen[attributes_at], [(line, row[attributes_at]) for line, row in people if row[attributes_at:]]
            )
    return seen


def _look_within(seen: ColumnValues, cells: Sequence[tuple[int, str]]) -> None:
    """Take what the JSON objects in *cells* hold under each name into account."""
    for line, cell in cells:
        if cell in ("", "{}"):
            continue
        try:
            attributes = attributes_in(cell)
        except ValueError:
            continue  # the row is refused, with the reason, when it is read
        for name, text in attributes.items():
            if len(seen.within) < MOST:
                seen.within.setdefault(name, ColumnValues(looks_for_dates=False, looks_for_words=True))
            if (within := seen.within.get(name)) is not None:
                within.add([text], [line])


def _lots(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[list[tuple[int, Sequence[str]]]]:
    remaining = iter(rows)
    while some := list(islice(remaining, _ROWS)):
        yield some


@dataclass(frozen=True, slots=True)
class SettledColumns:
    """What the columns of a table mean, and what is known to read them."""

    columns: Columns
    knowing: Knowing


def settled(columns: Columns, seen: Sequence[ColumnValues], told: ImportHints | None = None) -> SettledColumns:
    """Return what *columns* mean, given what each holds; raises Unclear where that is not certain."""
    told = told or ImportHints()
    questions: list[str] = []
    readings = {
        at: _reading(column, each, told, questions)
        for at, (column, each) in enumerate(zip(columns.columns, seen, strict=True))
        if each.looks_for_dates
    }
    attributes_at = columns.place(Meaning.ATTRIBUTES)
    prefix = f"{folded(columns.columns[attributes_at].label)} " if attributes_at is not None else None
    fields = frozenset(each.removeprefix(prefix) for each in told.labels if prefix and each.startswith(prefix))
    knowing = Knowing(told.statuses, columns.tool is not None, readings, fields)
    meant = [
        _meant(column, each, knowing, at, questions)
        for at, (column, each) in enumerate(zip(columns.columns, seen, strict=True))
    ]
    _ask_within(columns, seen, knowing, questions)
    if questions:
        raise Unclear(questions)
    return SettledColumns(replace(columns, columns=tuple(meant)), knowing)


def _ask_within(columns: Columns, seen: Sequence[ColumnValues], knowing: Knowing, questions: list[str]) -> None:
    """Ask about what is in JSON objects as about columns: "attributes.newsletter"."""
    for column, each in zip(columns.columns, seen, strict=True):
        for name, within in each.within.items():
            if folded(name) not in knowing.fields:
                about = label_of(name)
                _meant(Column(f"{column.label}.{name}", meaning_of(about), about=about), within, knowing, -1, questions)


def _reading(column: Column, seen: ColumnValues, told: ImportHints, questions: list[str]) -> DateReading:
    if told.dates is not None and (told.dates.pattern is not None or seen.orders.is_unclear):
        return DateReading(told.dates.order, told.dates.pattern)
    if seen.orders.is_unclear and column.meaning in DATES:
        way_out = "say which with --date-format dmy or --date-format mdy"
        if seen.orders.against is not None:
            questions.append(
                f'column "{column.label}" has dates of different orders, such as "{seen.orders.against}": {way_out}'
            )
        else:
            questions.append(
                f'column "{column.label}" has dates such as "{seen.orders.example}", in which the day or the month '
                f"may come first: {way_out}"
            )
    return DateReading(seen.orders.order)


def _meant(column: Column, seen: ColumnValues, knowing: Knowing, at: int, questions: list[str]) -> Column:
    """*column* with the meaning that its label and its cells have together."""
    if not seen.looks_for_words:
        return column
    if column.is_told:
        return _checked(column, seen, knowing, at, questions)
    about = column.about
    if column.meaning is Meaning.FIELD or not about.certain or about.around:
        if about.topic is None or column.meaning is Meaning.FIELD:
            return _by_its_cells(column, seen, knowing, questions)
        if about.around and about.topic in (Topic.CONSENT, Topic.CONFIRMED) and not _are_flags(seen):
            return _by_its_cells(replace(column, meaning=Meaning.FIELD), seen, knowing, questions)
        if not about.certain and not _speaks(column, seen, knowing):
            return replace(column, meaning=Meaning.FIELD)
    if about.topic in (Topic.CONSENT, Topic.CONFIRMED) and about.dated and column.meaning is Meaning.SUBSCRIBED:
        column = _dated(column, seen)
    if not about.clear and any(kind_of(text) is not Kind.NOTHING for text in seen.texts):
        questions.append(_question(column, list(seen.texts.items())))
        return column
    return _checked(column, seen, knowing, at, questions)


def _are_flags(seen: ColumnValues) -> bool:
    kinds = {kind_of(text) for text in seen.texts}
    return not seen.is_many and bool(kinds & {Kind.TRUE, Kind.FALSE}) and kinds <= {Kind.TRUE, Kind.FALSE, Kind.NOTHING}


def _speaks(column: Column, seen: ColumnValues, knowing: Knowing) -> bool:
    """Whether anything in a column whose label may be about another thing sounds like consent."""
    if column.meaning is Meaning.STATUS:
        texts = [text for text in seen.texts if kind_of(text) is not Kind.NOTHING]
        stated = [found for text in texts if (found := stated_by(text, tool=knowing.is_tool)) is not None]
        if column.about.around:  # the status of an order is "cancelled", too
            return any(found.certain for found in stated) or (bool(texts) and len(stated) == len(texts))
        return bool(stated)
    kinds = {kind_of(text) for text in seen.texts}
    if kinds & {Kind.TRUE, Kind.FALSE, Kind.YES_MARK, Kind.NO_MARK, Kind.MARK}:
        return not (kinds & {Kind.TEXT, Kind.NUMBER}) or any(stated_by(text) for text in seen.texts)
    is_end = column.about.topic not in (Topic.CONSENT, Topic.CONFIRMED)
    return (Kind.DATE in kinds and is_end) or any(
        kind_of(text) is Kind.TEXT and stated_by(text, tool=knowing.is_tool) for text in seen.texts
    )


# Words that are in the label of a consent, and not of a sign-up: "opt-in date", "Einwilligung am".
_OF_CONSENT = ("optin", "consent", "einwillig", "zustimm", "permission", "toestemm", "同意", "gdpr", "agree", "accept")


def _dated(column: Column, seen: ColumnValues) -> Column:
    """A column of moments by its label: of consents or of sign-ups, if that is what it holds."""
    if any(kind_of(text) not in (Kind.DATE, Kind.NOTHING) for text in seen.texts):
        return column
    is_consent = any(each in word for word in words_of(column.label) for each in _OF_CONSENT)
    return replace(column, meaning=Meaning.ASKED if is_consent else Meaning.CREATED)


def _by_its_cells(column: Column, seen: ColumnValues, knowing: Knowing, questions: list[str]) -> Column:
    """*column*, whose label says nothing: what its cells say as a whole counts, such as "unsubscribed"."""
    texts = [(text, line) for text, line in seen.texts.items() if kind_of(text) is not Kind.NOTHING]
    stated = {text: found for text, _ in texts if (found := stated_by(text)) is not None}
    sure = [text for text, found in stated.items() if found.certain]
    is_full = sure and not seen.is_many and len(stated) == len(texts)
    clear = all(found.state is not None or key_of(text) in knowing.statuses for text, found in stated.items())
    if column.meaning is Meaning.FIELD and is_full and clear:
        return replace(column, meaning=Meaning.STATUS)
    # "Consent source: none" is about consent, and no source.
    around = column.about.topic in (Topic.CONSENT, Topic.CONFIRMED) and column.meaning is Meaning.FIELD
    odd = [text for text in sure if stated[text].state is None or stated[text].state in GONE]
    odd += [text for text, _ in texts if text not in stated and mentions_an_end(text)]
    # And so may be "okay to email: no".
    around = around or (column.about.topic is None and is_about_reaching(column.label) and not seen.is_many)
    odd += [text for text, _ in texts if around and kind_of(text) in (Kind.FALSE, Kind.NO_MARK)]
    if odd:
        questions.append(_question(column, [(text, seen.texts[text]) for text in odd]))
    return column


def _checked(column: Column, seen: ColumnValues, knowing: Knowing, at: int, questions: list[str]) -> Column:
    """*column*, whose meaning is certain: each of its texts has to be understood."""
    if column.meaning not in CONSENT:
        return column
    odd = [each for each in seen.texts.items() if said_by(column, each[0], knowing, at) is Undecided.UNCLEAR]
    if odd:
        questions.append(_question(column, odd))
    return column


def _question(column: Column, odd: Sequence[tuple[str, int]]) -> str:
    """Which column holds what, and what can be said of it."""
    odd = sorted(odd, key=lambda each: each[1])
    named = ", ".join(f'"{_short(text)}" (line {line:,})' for text, line in odd[:_NAMED])
    more = f", and {len(odd) - _NAMED:,} more" if len(odd) > _NAMED else ""
    label = column.label
    ways = f'--column "{label}=subscribed" (yes means emails), --column "{label}=disabled" (yes means no emails)'
    if any(kind_of(text) is Kind.TEXT for text, _ in odd):
        ways = f'--status "{_short(odd[0][0])}=unsubscribed" (or confirmed, pending, bounced, complained, nothing)'
        if column.meaning not in CONSENT:
            ways = f'--column "{label}=status"'
    return (
        f'column "{label}" may be about consent, and it is not certain what it means. It holds {named}{more}. '
        f'Say what it means: {ways}, or --column "{label}=field" if it has nothing to do with consent'
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
