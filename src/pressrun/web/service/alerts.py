"""Warnings for the operator, each at most once an hour with its count: an attack cannot turn them into a flood."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

BETWEEN = timedelta(hours=1)


class Alerts:
    """Counts what happened by sentences, and writes each to *log* at most once an hour; any thread may call it."""

    def __init__(self, log: Callable[[str], None], clock: Callable[[], datetime]) -> None:
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()
        self._untold: dict[str, int] = {}
        self._told: dict[str, datetime] = {}

    def add(self, sentence: str, count: int = 1) -> None:
        """Count *sentence*, which has {count} in it and names nobody; write it, if it was not in the last hour."""
        with self._lock:
            self._untold[sentence] = self._untold.get(sentence, 0) + count
        self.write()

    def write(self) -> None:
        """Write what was counted and has not been written, where an hour has passed since the last time."""
        now = self._clock()
        with self._lock:
            due = [each for each in self._untold if each not in self._told or self._told[each] + BETWEEN <= now]
            lines = [each.replace("{count}", f"{self._untold.pop(each):,}") for each in due]
            self._told |= dict.fromkeys(due, now)
        for line in lines:
            self._log(f"warning: {line}")
