"""What earlier checks were answered, and for how long that holds: JSON, which may be deleted at any time."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pressrun.hosts.answers import OURS, AddressVerdict, Answer

FORM = 1
MAX_AGE = timedelta(days=7)
# Who has mended a page does not want to wait a week until that is seen.
BAD_AGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer, and when it was given."""

    answer: Answer
    asked: datetime


def is_fresh(remembered: Remembered, now: datetime, max_age: timedelta = MAX_AGE) -> bool:
    """Whether *remembered* still holds at *now*.

    A good answer holds for *max_age*, a bad one for a day at most. Who could not be reached is asked again at once,
    unless their host wanted to be left alone for a time. What was answered after *now*, under another clock,
    says nothing.
    """
    age = now - remembered.asked
    match remembered.answer.verdict:
        case AddressVerdict.FINE | AddressVerdict.MOVED:
            limit = max_age
        case AddressVerdict.UNREACHABLE | AddressVerdict.LEFT:
            limit = timedelta(seconds=remembered.answer.wait)
        case _:
            limit = min(max_age, BAD_AGE)
    return timedelta(0) <= age < limit


def read(data: bytes | None) -> dict[str, Remembered]:
    """What *data*, once `written`, remembers, by address; nothing where it is anything else."""
    try:
        found: dict[str, Any] = json.loads(data or b"{}")
        if found["form"] != FORM:
            return {}
        return {str(url): _remembered(entry) for url, entry in found["addresses"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _remembered(entry: dict[str, Any]) -> Remembered:
    asked = datetime.fromisoformat(entry["asked"])
    if asked.tzinfo is None:
        raise ValueError("a moment without its offset")
    answer = Answer(AddressVerdict(entry["verdict"]), str(entry["reason"]), str(entry["to"]), int(entry["wait"]))
    return Remembered(answer, asked)


def written(
    memory: Mapping[str, Remembered], named: Collection[str], now: datetime, max_age: timedelta = MAX_AGE
) -> bytes:
    """*memory* as a file's bytes, without what is neither *named* any more nor still holds."""
    kept = {
        url: {
            "verdict": each.answer.verdict.value,
            "reason": each.answer.reason,
            "to": each.answer.to,
            "wait": each.answer.wait,
            "asked": each.asked.isoformat(),
        }
        for url, each in sorted(memory.items())
        if each.answer.verdict not in OURS and (url in named or is_fresh(each, now, max_age))
    }
    return json.dumps({"form": FORM, "addresses": kept}, indent=1).encode() + b"\n"
