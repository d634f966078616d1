"""How fast letters may go, to everybody and to each domain: buckets that fill with time (token buckets)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

# Sums of small times miss a whole letter by a hair.
_WHOLE = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Clock:
    """The time as it is told from outside: *seconds* from any beginning, and *pause* to let some pass."""

    seconds: Callable[[], float]
    pause: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How many letters may go in a second: in all, and to each of *domains*; None is no limit."""

    overall: float | None = None
    domains: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(rate <= 0 for rate in (self.overall, *self.domains.values()) if rate is not None):
            raise ValueError("a rate is more than nothing")


class Bucket:
    """Room for letters: *rate* comes every second, and no more is kept than that of a second, or one letter."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self.most = max(1.0, rate)
        self._room = self.most
        self._since = now

    def room(self, now: float) -> int:
        """How many letters may go at the moment *now*; time that goes backwards brings none."""
        self._room = min(self.most, self._room + max(0.0, now - self._since) * self._rate)
        self._since = now
        return int(self._room + 1 - _WHOLE)

    def take(self, now: float) -> bool:
        """Whether one may go *now*, which is counted then."""
        if self.room(now) < 1:
            return False
        self._room -= 1
        return True

    def wait(self, now: float) -> float:
        """How many seconds it takes until one may go."""
        return 0.0 if self.room(now) >= 1 else (1 - self._room) / self._rate


class Rates:
    """The Limits as time goes by; each letter that goes is counted by `take`."""

    def __init__(self, limits: RateLimits, now: float) -> None:
        self._overall = Bucket(limits.overall, now) if limits.overall is not None else None
        self._domains = {name: Bucket(rate, now) for name, rate in limits.domains.items()}

    def room(self, now: float, most: int) -> int:
        """How many letters may go *now* in all, at most *most*."""
        return most if self._overall is None else min(most, self._overall.room(now))

    def rooms(self, now: float) -> dict[str, int]:
        """How many letters may go *now* to each of the domains that have a rate of their own."""
        return {name: each.room(now) for name, each in self._domains.items()}

    def take(self, domain: str, now: float) -> bool:
        """Whether a letter to *domain* may go *now*, which is counted then."""
        bucket = self._domains.get(domain)
        if (self._overall is not None and self._overall.room(now) < 1) or (bucket is not None and not bucket.take(now)):
            return False
        return self._overall is None or self._overall.take(now)

    def wait(self, domains: Iterable[str], now: float) -> float:
        """How many seconds it takes until a letter to one of *domains* may go; to any new one where none is named."""
        buckets = [self._domains.get(domain) for domain in domains]
        waits = [bucket.wait(now) if bucket is not None else 0.0 for bucket in buckets]
        return max(min(waits, default=0.0), self._overall.wait(now) if self._overall is not None else 0.0)
