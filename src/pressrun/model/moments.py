"""Moments as they are kept: whole microseconds since 1970, which every database sorts and none rounds."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def ticks(moment: datetime) -> int:
    """*moment*, which has an offset, as it is kept."""
    return (moment - EPOCH) // _MICROSECOND


def moment_at(kept: int) -> datetime:
    """The moment that *kept* stands for, in UTC."""
    return EPOCH + timedelta(microseconds=kept)
