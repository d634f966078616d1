"""The difference between two snapshots of a feed, as a feed reader shows it: new, changed, gone, and shown again."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pressrun.press.feeds.snapshot import SeenEntry, Snapshot, digest_of

_WORDLESS = digest_of("", "")


@dataclass(frozen=True, slots=True)
class Pair:
    """One story, as it was seen and as it would be seen."""

    before: SeenEntry
    after: SeenEntry


@dataclass(frozen=True, slots=True)
class Difference:
    """What a reader of a feed would notice. *again* is what it would show as new though it was seen before."""

    new: tuple[SeenEntry, ...] = ()
    changed: tuple[Pair, ...] = ()
    gone: tuple[SeenEntry, ...] = ()
    again: tuple[Pair, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nobody would notice anything."""
        return not (self.new or self.changed or self.gone or self.again)


def difference(before: Snapshot, after: Snapshot, *, is_whole: bool = False) -> Difference:
    """What changed from *before* to *after*: entries are the same by their id, then by their link, then by their words.

    Unless both are known to be whole, what is older than all of *after* is taken to have made room for newer entries,
    and not to be gone.
    """
    known, shown = before.by_id, after.by_id
    unknown = [seen for seen in shown.values() if seen.id not in known]
    missing = [seen for seen in known.values() if seen.id not in shown]
    again: dict[str, SeenEntry] = {}
    for mark in (link_of, lambda seen: "" if seen.digest == _WORDLESS else seen.digest):
        again |= _matched(mark, known.values(), shown.values(), unknown, missing, again)
    seen_again = {seen.id for seen in again.values()}
    oldest = min((seen.moment for seen in shown.values() if seen.moment), default=None)

    def made_room(seen: SeenEntry) -> bool:
        return not is_whole and oldest is not None and seen.moment is not None and seen.moment < oldest

    return Difference(
        new=tuple(seen for seen in unknown if seen.id not in again),
        changed=tuple(
            Pair(known[seen.id], seen)
            for seen in shown.values()
            if seen.id in known and _has_changed(known[seen.id], seen)
        ),
        gone=tuple(seen for seen in missing if seen.id not in seen_again and not made_room(seen)),
        again=tuple(Pair(again[seen.id], seen) for seen in unknown if seen.id in again),
    )


def _matched(
    mark: Callable[[SeenEntry], str],
    known: Iterable[SeenEntry],
    shown: Iterable[SeenEntry],
    unknown: Iterable[SeenEntry],
    missing: Iterable[SeenEntry],
    again: Mapping[str, SeenEntry],
) -> dict[str, SeenEntry]:
    """The entries of *missing* by the ids of those in *unknown* that have the same *mark*.

    A mark that several entries of one side share, such as the home page as everybody's link, says nothing.
    """
    before, after = (Counter(mark(seen) for seen in side) for side in (known, shown))
    taken = {seen.id for seen in again.values()}
    by_mark = {mark(seen): seen for seen in missing if before[mark(seen)] == 1 and seen.id not in taken}
    return {
        seen.id: by_mark[mark(seen)]
        for seen in unknown
        if seen.id not in again and mark(seen) and after[mark(seen)] == 1 and mark(seen) in by_mark
    }


def link_of(seen: SeenEntry) -> str:
    """The link of *seen* without what differs between two ways to write one address."""
    try:
        parts = urlsplit(seen.link)
    except ValueError:
        return seen.link
    path = unquote(parts.path).removesuffix("index.html").rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{path}{query}"


def _has_changed(before: SeenEntry, after: SeenEntry) -> bool:
    # RSS knows no date of a change, and a date that is not told has not changed.
    moved = bool(before.updated and after.updated and before.updated != after.updated)
    return moved or before.digest != after.digest
