"""Dates as tables hold them, whose order of day and month a whole column decides."""

import enum
import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone


class DateOrder(enum.Enum):
    """In which order the parts of a date in digits are; the value is what `--date-format` calls it."""

    DAY = "dmy"
    MONTH = "mdy"
    YEAR = "ymd"


ANY = frozenset(DateOrder)
_LONGEST = 64
# 14:33, 2:33:05 PM, 09:30:00.123+0200, 14:33 Uhr: at the end of a text, after a space, a T, or a comma.
_TIME = re.compile(
    r"(?<![ T,])[ T,]++(\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([ap])\.?m\.?)?(?: ?uhr)?"
    r" ?(z|(?:utc|gmt)?[+-]\d{2}:?\d{2}|(?:utc|gmt)?[+-]\d{2}|utc|gmt)?(?: \([^()]*\))?$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})\.?")
_WORDS = re.compile(r"\d+|[^\W\d_]+")
_EPOCH = re.compile(r"\d{9,13}")
# MySQL and others write this for a moment that is not there.
_NO_DATE = re.compile(r"0{4}-0{2}-0{2}(?:[ T][0:.Z]*)?|0{2}[./]0{2}[./]0{4}")
_ORDINALS = frozenset("st nd rd th er ere re e o a de del di of the den der le el il am di dia".split())
_MONTHS = (
    "january jan januar janner januari janvier janv enero ene gennaio gen janeiro",
    "february feb februar februari fevrier fevr fev febrero febbraio fevereiro",
    "march mar marz maerz maart mrt mars marzo marco",
    "april apr avril avr abril abr aprile",
    "may mai mei mayo maggio mag maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug augustus aout agosto ago",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dic dicembre dezembro",
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_WEEKDAYS = frozenset(
    "monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat sunday sun "
    "montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sonnabend sa sonntag so lundi mardi "
    "mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado domingo lunedi "
    "martedi mercoledi giovedi venerdi sabato domenica segunda terca quarta quinta sexta feira maandag dinsdag "
    "woensdag donderdag vrijdag zaterdag zondag".split()
)


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as it is written: the day of each order that fits, and the time of day with its offset."""

    days: tuple[tuple[DateOrder, tuple[int, int, int]], ...]
    time: timedelta = timedelta()
    zone: timezone = UTC

    @property
    def orders(self) -> frozenset[DateOrder]:
        """The orders that fit."""
        return frozenset(order for order, _ in self.days)

    @property
    def is_open(self) -> bool:
        """Whether the orders that fit make different days of it."""
        return len({day for _, day in self.days}) > 1

    def moment(self, order: DateOrder | None) -> datetime:
        """Return the moment, with *order* where there are several; raises ValueError where it does not fit."""
        days = dict(self.days)
        day = days.get(order) if order is not None else None
        if day is None:
            if self.is_open or (order is not None and order not in days):
                raise ValueError("the order of day and month is not clear")
            day = self.days[0][1]
        return datetime(*day, tzinfo=self.zone) + self.time


def iso_moment(text: str) -> datetime | None:
    """Return the moment that *text* is as most programs write it, told at a glance; None where that is not certain."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def is_no_date(text: str) -> bool:
    """Whether *text* is what programs write where there is no date, such as `0000-00-00`."""
    return bool(_NO_DATE.fullmatch(text[:_LONGEST]))


@functools.lru_cache(maxsize=10_000)
def written_in(text: str) -> WrittenDate | None:
    """Return the date that *text* is, in any of the forms that are known; None where it is none."""
    text = " ".join(text[: _LONGEST + 1].split())
    if not text or len(text) > _LONGEST or not any(each.isdigit() for each in text):
        return None
    if _EPOCH.fullmatch(text):
        return _of_epoch(int(text))
    if (moment := _of_iso(text)) is not None:
        return moment
    time, zone, day = timedelta(), UTC, text
    if (clock := _TIME.search(text)) is not None:
        if (told := _time_of(clock)) is None:
            return None
        time, zone = told
        day = text[: clock.start()]
    days = _days_in_digits(day.strip(" ,")) or _days_in_words(day)
    return WrittenDate(days, time, zone) if days else None


def _of_epoch(number: int) -> WrittenDate | None:
    seconds = number / 1000 if number >= 100_000_000_000 else number
    moment = datetime.fromtimestamp(seconds, UTC)
    return _exactly(moment)


def _exactly(moment: datetime) -> WrittenDate:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    zone = timezone(moment.utcoffset() or timedelta())
    day = (moment.year, moment.month, moment.day)
    return WrittenDate(tuple((order, day) for order in DateOrder), moment - midnight, zone)


def _of_iso(text: str) -> WrittenDate | None:
    if text[4:5] != "-" and not (len(text) == 8 and text.isdigit()):
        return None
    for end in (" UTC", " GMT", " Z"):
        text = text.removesuffix(end) + ("Z" if text.endswith(end) else "")
    try:
        moment = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return None
    return _exactly(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _time_of(clock: re.Match[str]) -> tuple[timedelta, timezone] | None:
    hour, minute, second, fraction, half, zone = clock.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    if hours > 23 or int(minute) > 59 or int(second or 0) > 60:
        return None
    offset = timedelta()
    shift = (zone or "").lower().removeprefix("utc").removeprefix("gmt")
    if shift[:1] in ("+", "-"):
        digits = shift[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if shift[0] == "-" else 1)
        if abs(offset) >= timedelta(hours=24):
            return None
    micro = int((fraction or "").ljust(6, "0")[:6])
    return timedelta(hours=hours, minutes=int(minute), seconds=int(second or 0), microseconds=micro), timezone(offset)


def _days_in_digits(text: str) -> tuple[tuple[DateOrder, tuple[int, int, int]], ...]:
    text = unicodedata.normalize("NFKC", text).rstrip("日").replace("年", "/").replace("月", "/").replace(" ", "")
    found = _DIGITS.fullmatch(text)
    if found is None:
        return ()
    first, sign, second, third = found[1], found[2], found[3], found[4]
    a, b, c = int(first), int(second), int(third)
    if len(first) == 4:
        return tuple((order, (a, b, c)) for order in DateOrder) if _is_day(a, b, c) else ()
    if len(first) > 2 or len(third) not in (2, 4):
        return ()
    year = c if len(third) == 4 else _century(c)
    candidates = [(DateOrder.DAY, (year, b, a)), (DateOrder.MONTH, (year, a, b))]
    if sign != "." and len(third) == len(first) == 2:
        candidates.append((DateOrder.YEAR, (_century(a), b, c)))
    days = tuple((order, day) for order, day in candidates if _is_day(*day))
    is_same = len(days) > 1 and len({day for _, day in days}) == 1
    return tuple((order, days[0][1]) for order in DateOrder) if is_same else days


def _days_in_words(text: str) -> tuple[tuple[DateOrder, tuple[int, int, int]], ...]:
    """The day in a text with a month's name; more than that, weekdays, and ordinals is no date."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    months, numbers = [], []
    for word in _WORDS.findall(plain):
        if word.isdigit():
            numbers.append(word)
        elif word in _MONTH_OF:
            months.append(_MONTH_OF[word])
        elif word not in _ORDINALS and word not in _WEEKDAYS:
            return ()
    if len(months) != 1 or len(numbers) != 2:
        return ()
    years = [number for number in numbers if len(number) == 4]
    if len(years) == 1:
        year, day = int(years[0]), int(next(number for number in numbers if len(number) != 4))
    elif not years and len(numbers[1]) == 2:
        year, day = _century(int(numbers[1])), int(numbers[0])
    else:
        return ()
    return tuple((order, (year, months[0], day)) for order in DateOrder) if _is_day(year, months[0], day) else ()


def _century(year: int) -> int:
    return 2000 + year if year < 70 else 1900 + year


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return datetime(year, month, day, tzinfo=UTC).year >= 1900
    except ValueError:
        return False


@dataclass(slots=True)
class Orders:
    """Which orders the dates of a column leave open: `add` them, then ask."""

    open: frozenset[DateOrder] = ANY
    example: str | None = None  # the first date that needs an order, and is not written with dots
    dotted: bool = False  # whether a date with dots needs one
    against: str | None = None  # the first date with which no order was left

    def add(self, texts: Iterable[str]) -> None:
        """Take the dates among *texts* into account."""
        for text in texts:
            if text[4:5] == "-":  # most columns hold nothing else
                continue
            written = written_in(text)
            if written is None or (written.orders == ANY and not written.is_open):
                continue
            if written.is_open and "." in text.partition(" ")[0]:
                self.dotted = True
            elif self.example is None and written.is_open:
                self.example = text
            if self.open and not self.open & written.orders:
                self.against = text
            self.open &= written.orders

    @property
    def order(self) -> DateOrder | None:
        """The one order that fits all of them; None where none is needed, or it is not clear.

        With dots, the day comes first unless a date of the column says otherwise.
        """
        if len(self.open) == 1:
            return next(iter(self.open))
        return DateOrder.DAY if self.dotted and self.example is None and DateOrder.DAY in self.open else None

    @property
    def is_unclear(self) -> bool:
        """Whether there is a date that several orders would read differently, or no order fits all."""
        return not self.open or (len(self.open) > 1 and self.example is not None)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """What a person says of the dates in a table: an order of their parts, or a pattern of `strptime`."""

    order: DateOrder | None = None
    pattern: str | None = None

    @classmethod
    def parse(cls, text: str) -> "DateFormat":
        """Parse what `--date-format` says; raises ValueError where it is neither an order nor a pattern."""
        if text.casefold() in [order.value for order in DateOrder]:
            return cls(DateOrder(text.casefold()))
        if "%" not in text:
            orders = ", ".join(order.value for order in DateOrder)
            raise ValueError(f'"{text}" is no format of dates; write one of {orders}, or a pattern such as %d/%m/%Y')
        try:
            datetime.strptime(datetime(2026, 11, 30, tzinfo=UTC).strftime(text), text)  # noqa: DTZ007
        except ValueError as error:
            raise ValueError(f'"{text}" is no pattern of dates: {error}') from None
        return cls(pattern=text)


@dataclass(frozen=True, slots=True)
class DateReading:
    """How the dates of one column are read; *order* and *pattern* as in `DateFormat`."""

    order: DateOrder | None = None
    pattern: str | None = None

    def moment(self, text: str) -> datetime | None:
        """Return the moment that *text* is; None where it is none that is known. Without an offset it is in UTC."""
        try:
            if self.pattern is not None:
                found = datetime.strptime(text, self.pattern)  # noqa: DTZ007
                return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
            if text[4:5] == "-" and (moment := iso_moment(text)) is not None:
                return moment
            written = written_in(text)
            return None if written is None else written.moment(self.order)
        except (ValueError, OverflowError):
            return None
