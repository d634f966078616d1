"""Moments in records of subscribers: text as RFC 3339 has it, kept as microseconds since 1970."""

import functools
from datetime import datetime

from pressrun.model.moments import moment_at, ticks

# In format 1, all marks are by the rule that folded several mailboxes into one; since, they say so.
FORMAT = 2


@functools.lru_cache(maxsize=100_000)
def moment_text(kept: int) -> str:
    """Return the moment *kept*, in microseconds since 1970, as RFC 3339 writes it."""
    return moment_at(kept).isoformat().replace("+00:00", "Z")


@functools.lru_cache(maxsize=100_000)
def moment_kept(text: str) -> int:
    """Return the microseconds since 1970 of *text*; raises ValueError where it is no moment with an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f'"{text}" has no offset')
    return ticks(moment)
