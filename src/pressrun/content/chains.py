"""Which stories are new for an edition, so that the editions of one chain carry each story once.

Everything here is a function of values: which editions went out, and what they carried. A rule of another kind (a
series) asks the same questions.
"""

import enum
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from pressrun.model.chain import Chain, Record, lists_of
from pressrun.model.edition import Edition, Rule
from pressrun.model.publication import MailingList
from pressrun.model.story import Story

Records = Mapping[str, Record]
NO_RECORDS: Records = {}


class Fate(enum.Enum):
    """Whether an edition went out."""

    SENT = "sent"  # it reached somebody, by its receipt or by the store
    PUBLISHED = "published"  # it was due, and nobody ever sent an edition of its kind with Pressrun
    NOT_YET = "not yet"  # it reached nobody


@dataclass(frozen=True, slots=True)
class SentEdition:
    """An edition that went out: the ids of the stories that its rule *found*, and of those that it *named*.

    *chains* are those in which it counts: that of its file, and that of the lists that got it. *lists* are those whose
    readers got it. *day* is the midnight that began the day on which it went out. *begin* is that of its chain, as far
    as it is known. *has_list* says whether what it found was ever written down.
    """

    chains: frozenset[Chain]
    lists: frozenset[str]
    found: frozenset[str]
    named: frozenset[str]
    day: datetime | None = None
    begin: datetime | None = None
    has_list: bool = True


def fates_of(
    editions: Iterable[Edition], due: Collection[str], records: Records, lists: Sequence[MailingList]
) -> dict[str, Fate]:
    """Return whether each of *editions* went out, by its source. *due* are the sources of those that are out.

    What a store knows (*records*, by the edition's id) counts more than a receipt. An edition without either counts
    as gone out once it is due, as long as none of its chain (or of its lists, where it has no rule) was sent before
    it: then others send what Pressrun builds.
    """
    in_order = sorted(editions, key=place_in_time)
    begun = [each for each in in_order if each.id in records or each.receipt is not None]
    first: dict[Chain, tuple[datetime, str]] = {}
    for edition in reversed(begun):
        for chain in chains_of(Chain.of(edition, lists), readers_of(edition, records)):
            first[chain] = place_in_time(edition)

    def was_begun_before(edition: Edition) -> bool:
        chain = Chain.of(edition, lists)
        if chain is not None:
            return chain in first and first[chain] <= place_in_time(edition)
        readers = lists_of(edition, lists)
        return any(place_in_time(each) <= place_in_time(edition) and readers & lists_of(each, lists) for each in begun)

    fates = {}
    for edition in in_order:
        if edition.id in records:
            fates[edition.source] = Fate.SENT if records[edition.id].reached else Fate.NOT_YET
        elif edition.receipt is not None:
            fates[edition.source] = Fate.NOT_YET if edition.receipt.nobody else Fate.SENT
        elif edition.source not in due or edition.draft or was_begun_before(edition):
            fates[edition.source] = Fate.NOT_YET
        else:
            fates[edition.source] = Fate.PUBLISHED
    return fates


def readers_of(edition: Edition, records: Records) -> frozenset[str]:
    """Return the lists that got *edition*, by the store or its receipt; none if it was not sent."""
    if edition.id in records:
        return records[edition.id].lists
    return frozenset(edition.receipt.lists if edition.receipt is not None else ())


def chains_of(chain: Chain | None, readers: frozenset[str]) -> frozenset[Chain]:
    """Return the chains in which an edition counts whose file is of *chain*, and that the lists *readers* got.

    They differ once a publication has another list, or an edition was sent to one that its file does not name.
    """
    if chain is None:
        return frozenset()
    return frozenset((chain, replace(chain, lists=readers))) if readers else frozenset((chain,))


def place_in_time(edition: Edition) -> tuple[datetime, str]:
    """Return what puts editions in the order in which they go out."""
    return edition.date, edition.source


@dataclass(slots=True)
class Taken:
    """What editions that went out have carried, each added as it is known."""

    found: dict[Chain, set[str]] = field(default_factory=dict)
    named: dict[frozenset[str], set[str]] = field(default_factory=dict)

    def add(self, past: SentEdition) -> None:
        """Add what *past* carried."""
        for chain in past.chains:
            self.found.setdefault(chain, set()).update(past.found)
        self.named.setdefault(past.lists, set()).update(past.named)

    def by(self, chain: Chain) -> "KnownIds":
        """Return the ids of the stories that are not new for *chain*: its own, and those that all its readers got."""
        named = (ids for lists, ids in self.named.items() if chain.lists <= lists)
        return KnownIds((self.found.get(chain, set()), *named))


@dataclass(frozen=True, slots=True)
class KnownIds:
    """Ids in any of several *sets*, which are not copied: a chain may go back for years."""

    sets: tuple[set[str], ...]

    def __contains__(self, story: object) -> bool:
        return any(story in ids for ids in self.sets)


def begin_of(chain: Chain, written: datetime | None, earlier: Sequence[SentEdition]) -> datetime | None:
    """Return the moment before which no story is new for an edition of *chain*; None where there is none.

    *written* is what the edition says itself, *earlier* are the editions that went out before it, in order. Where
    nobody wrote one, a chain begins on the day of its last edition that went out without a list of what it carried.
    """
    if written is not None:
        return written
    last = next((past for past in reversed(earlier) if chain in past.chains), None)
    if last is not None:
        return last.begin if last.has_list else last.day
    return start_of(chain, earlier)


def start_of(chain: Chain, earlier: Sequence[SentEdition]) -> datetime | None:
    """Return where *chain* begins if its first edition comes after *earlier*: on the day of its readers' last one."""
    last = next((past for past in reversed(earlier) if chain.lists <= past.lists), None)
    return last.day if last is not None else None


def new_stories(
    rule: Rule, stories: Iterable[Story], until: datetime, begin: datetime | None, known: Container[str]
) -> list[Story]:
    """Return those of *stories* that *rule*, which has since_last, finds until *until*, newest first.

    None is from before *begin*, and none has one of the ids *known*. The rule's limit is not looked at.
    """
    fresh = (story for story in stories if story.id not in known)
    return stories_by(replace(rule, since=begin, since_last=False), fresh, until)


def stories_by(rule: Rule, stories: Iterable[Story], until: datetime) -> list[Story]:
    """Return those of *stories* that *rule* finds until the moment *until*, newest first, whatever its limit.

    With since_last, those of the moment `since` are left out: before there were chains, the last edition had them.
    """
    tags = {tag.casefold() for tag in rule.tags}
    section = rule.section.casefold() if rule.section else None
    found = [
        story
        for story in stories
        if story.published <= until
        and (
            rule.since is None
            or story.published > rule.since
            or (story.published == rule.since and not rule.since_last)
        )
        and (not tags or tags & {tag.casefold() for tag in story.tags})
        and (section is None or section == (story.section or "").casefold())
    ]
    found.sort(key=lambda story: (story.published, story.id), reverse=True)
    return found


def day_of(edition: Edition, zone: tzinfo) -> datetime:
    """Return the midnight that began the day in *zone* on which *edition* went out."""
    moment = min(edition.date, edition.receipt.time) if edition.receipt is not None else edition.date
    return moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
