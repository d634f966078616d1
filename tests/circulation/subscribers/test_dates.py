"""Dates as tables hold them: each form, and the order of day and month that a column decides."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pressrun.circulation.subscribers.dates import DateFormat, DateOrder, DateReading, Orders, is_no_date, written_in

MAY, MARCH = datetime(2024, 5, 13, tzinfo=UTC), datetime(2024, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-13", MAY),
        ("20240513", MAY),
        ("2024/05/13", MAY),
        ("2024-05-13T09:30:00Z", MAY.replace(hour=9, minute=30)),
        ("2024-05-13 09:30:00 UTC", MAY.replace(hour=9, minute=30)),
        ("2024-05-13 09:30:00 +0200", MAY.replace(hour=7, minute=30)),
        ("2024-05-13T09:30:00.123456Z", MAY.replace(hour=9, minute=30, microsecond=123456)),
        ("05/13/2024", MAY),
        ("5/13/2024 2:33 PM", MAY.replace(hour=14, minute=33)),
        ("5/13/24", MAY),
        ("13/05/2024 12:05 am", MAY.replace(minute=5)),
        ("13.05.2024", MAY),
        ("13. 5. 2024", MAY),
        ("13.5.2024 14:30 Uhr", MAY.replace(hour=14, minute=30)),
        ("13-05-2024", MAY),
        ("March 3, 2024", MARCH),
        ("Mar 3 2024", MARCH),
        ("3 March 2024", MARCH),
        ("3rd of March, 2024", MARCH),
        ("Sunday, March 3rd, 2024", MARCH),
        ("3-Mar-24", MARCH),
        ("3. März 2024", MARCH),
        ("3 mars 2024", MARCH),
        ("3 de marzo de 2024", MARCH),
        ("3 marzo 2024", MARCH),
        ("3 de março de 2024", MARCH),
        ("3 maart 2024", MARCH),
        ("2024年3月3日", MARCH),
        ("２０２４／０３／０３", MARCH),
        ("30 November 2026", datetime(2026, 11, 30, tzinfo=UTC)),
        ("1er janvier 2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("Mon, 13 May 2024 09:30:00 +0200", MAY.replace(hour=7, minute=30)),
        ("Mon May 13 2024 09:30:00 GMT+0200 (CEST)", MAY.replace(hour=7, minute=30)),
        ("1715592600", MAY.replace(hour=9, minute=30)),
        ("1715592600000", MAY.replace(hour=9, minute=30)),
    ],
)
def test_a_date_is_read_in_every_form(text: str, moment: datetime) -> None:
    orders = Orders()
    orders.add([text])
    assert not orders.is_unclear
    assert DateReading(orders.order).moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "May 2024", "31/31/2024", "2024-13-45", "5 May 6 June 2024", "12", "hello 12 May 2024"),
        *("1" * 80, "25:99", "13 May 2024 27:00", "May", "2024", "/", "1/2", "99999999999999", "12/12/12345"),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert written_in(text) is None


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["05/13/2024", "05/04/2024"], DateOrder.MONTH),
        (["05/04/2024", "13/05/2024"], DateOrder.DAY),
        (["05.04.2024"], DateOrder.DAY),
        (["05.04.2024", "05.13.2024"], DateOrder.MONTH),
        (["05/05/2024", "2024-05-13"], None),
        (["94/05/13", "24/05/04"], DateOrder.YEAR),
        (["2024-05-13", "March 3, 2024"], None),
    ],
)
def test_a_whole_column_decides_the_order(texts: Sequence[str], order: DateOrder | None) -> None:
    for each in (texts, texts[::-1]):
        orders = Orders()
        orders.add(each)
        assert (orders.order, orders.is_unclear) == (order, False)


@pytest.mark.parametrize(
    ("texts", "example", "against"),
    [
        (["05/04/2024", "06/04/2024"], "05/04/2024", None),
        (["05/04/24"], "05/04/24", None),
        (["13/05/2024", "05/13/2024"], None, "05/13/2024"),
    ],
)
def test_an_order_that_nobody_knows_is_asked_for(
    texts: Sequence[str], example: str | None, against: str | None
) -> None:
    orders = Orders()
    orders.add(texts)
    assert orders.is_unclear
    assert (orders.example, orders.against) == (example, against)
    assert DateReading().moment("05/04/2024") is None


def test_somebody_can_say_how_dates_are_written() -> None:
    assert DateFormat.parse("DMY") == DateFormat(DateOrder.DAY)
    reading = DateReading(pattern=DateFormat.parse("%d/%m/%y %H.%M").pattern)
    assert reading.moment("13/05/24 09.30") == MAY.replace(hour=9, minute=30)
    assert reading.moment("2024-05-13") is None
    zoned = DateReading(pattern="%Y%m%d %z").moment("20240513 +0200")
    assert zoned == datetime(2024, 5, 13, tzinfo=timezone(timedelta(hours=2)))
    for text in ("day first", "%Q", "%d %"):
        with pytest.raises(ValueError, match=r"no (format|pattern) of dates"):
            DateFormat.parse(text)


def test_a_moment_that_is_not_there_is_no_date() -> None:
    assert all(map(is_no_date, ("0000-00-00", "0000-00-00 00:00:00", "00/00/0000")))
    assert not is_no_date("2024-05-13")
