"""What the service does once a day: it forgets people who were asked to confirm, and never did."""

from collections.abc import Callable
from datetime import datetime, timedelta

from pressrun.circulation.consent import forget_pending_in_lots
from pressrun.circulation.store.engine import Store

DAY = timedelta(days=1)


class Forgetting:
    """Forgets requests in *store* that are older than *days* days, when it is called first and then once a day.

    With 0 days it never does. *log* gets the number of people.
    """

    def __init__(self, store: Store, days: int, clock: Callable[[], datetime], log: Callable[[str], None]) -> None:
        self._store = store
        self._days = days
        self._clock = clock
        self._log = log
        self._done: datetime | None = None

    def __call__(self) -> None:
        """Forget, unless it was done within the last day; where it raises StoreError, the next call tries again."""
        now = self._clock()
        is_done = self._done is not None and timedelta() <= now - self._done < DAY
        if not self._days or is_done:
            return
        gone = forget_pending_in_lots(self._store, now - self._days * DAY)
        self._done = now
        if gone:
            people = "1 person" if gone == 1 else f"{gone:,} people"
            self._log(f"forgot {people} who never confirmed, after {self._days} days")
