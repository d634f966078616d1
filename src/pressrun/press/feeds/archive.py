"""Archived feeds (RFC 5005, section 4): the site's entries by the month in which they came out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Generic

from pressrun.press.feeds.entries import AnyDated, in_order


@dataclass(frozen=True, slots=True)
class Month(Generic[AnyDated]):
    """The stories of one month, the newest first. Every story is in one month only."""

    year: int
    month: int
    stories: tuple[AnyDated, ...]

    @property
    def folder(self) -> str:
        """Where its documents lie below the public folder, with a slash at its end."""
        return f"archive/{self.year:04}/{self.month:02}/"


def months_of(stories: Iterable[AnyDated], timezone: tzinfo) -> list[Month[AnyDated]]:
    """*stories* by the month of their publication in *timezone*, the oldest month first; no month is empty."""
    found: dict[tuple[int, int], list[AnyDated]] = {}
    for story in in_order(stories):
        day = story.published.astimezone(timezone)
        found.setdefault((day.year, day.month), []).append(story)
    return [Month(year, month, tuple(found[year, month])) for year, month in sorted(found)]
