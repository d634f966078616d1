"""How a date is written, and which moment that is."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[Tt ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([Zz]|UTC|(?:UTC)?[-+]\d{2}(?::?\d{2})?)?)?"
)
# What most dates are. Years near the calendar's ends are left out, and what fromisoformat takes beyond our own forms.
_WHOLE = re.compile(
    r"[12][0-9]{3}-[01][0-9]-[0-3][0-9][T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:Z|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_SPOKEN = re.compile(r"([A-Z][a-z]{2,8})\.? (\d{1,2}),? (\d{4})")  # what Astro's examples have
_MONTHS = "january february march april may june july august september october november december".split()


def moment_written(text: str, zone: tzinfo = UTC) -> datetime | None:
    """The moment that *text* names, with its offset; None where it is no date, or none that the calendar has."""
    if _WHOLE.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    if spoken := _SPOKEN.fullmatch(text):
        month = next((number for number, name in enumerate(_MONTHS, 1) if name.startswith(spoken[1].lower())), 0)
        text = f"{spoken[3]}-{month}-{spoken[2]}"
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        offset = _offset(found[7]) if found[7] else zone
        moment = datetime(year, month, day, hour, minute, second, tzinfo=offset)
        # A day to either side must exist too: every moment is told in more than one time zone.
        _ = (moment.astimezone(UTC) - timedelta(days=2), moment.astimezone(UTC) + timedelta(days=2))
        # A time that the clocks skip is told as the one that they showed.
        return moment if found[7] else moment.astimezone(UTC).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> timezone:
    text = text.upper().removeprefix("UTC")
    if text in ("Z", ""):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


def with_offset(text: str, zone: tzinfo) -> str | None:
    """*text*, a day with a time, as the same moment with the offset that *zone* has then.

    None where there is no time, or an offset already, or where no offset could say the same. A day alone is left
    alone: whoever wrote it meant the day, wherever the publication will be at home.
    """
    found = _DATE.fullmatch(text)
    if found is None or not found[4] or found[7]:
        return None
    moment = moment_written(text, zone)
    if moment is None:
        return None
    # A time that the clocks skip has no offset of its own, so it is written as the one that they showed.
    ways = (text.rstrip() + moment.isoformat()[len("2026-05-12T09:30:00") :], moment.isoformat())
    return next((way for way in ways if _reads_as(way, moment)), None)


def _reads_as(text: str, moment: datetime) -> bool:
    read = moment_written(text)
    # As text, for a moment that the clocks show twice is equal to none in another zone.
    return read is not None and read.isoformat() == moment.isoformat()
