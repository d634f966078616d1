"""A chain: the editions that find stories by one rule for one list, which carry each story once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pressrun.model.edition import Edition
from pressrun.model.publication import MailingList

# Stands for the readers of a publication that has no list.
EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """What editions of one chain have in common: their *lists*, and the *tags* and *section* of their rules."""

    lists: frozenset[str]
    tags: frozenset[str] = frozenset()
    section: str | None = None

    @classmethod
    def of(cls, edition: Edition, lists: Sequence[MailingList]) -> "Chain | None":
        """Return the chain of *edition* in a publication with *lists*; None where it finds no stories by a rule."""
        rule = edition.rule
        if rule is None:
            return None
        section = rule.section.casefold() if rule.section else None
        return cls(lists_of(edition, lists), frozenset(tag.casefold() for tag in rule.tags), section)

    def to_text(self) -> str:
        """Return one text for each chain, as a store keeps it."""
        return json.dumps([sorted(self.lists), sorted(self.tags), self.section], ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Chain":
        """Return the chain of which `to_text` made *text*."""
        lists, tags, section = json.loads(text)
        return cls(frozenset(lists), frozenset(tags), section)


@dataclass(frozen=True, slots=True)
class Record:
    """What a store knows of an edition that was sent: its *id*, its *lists*, and whether it *reached* anybody.

    *found* are the ids of the stories that its rule found, in order, and *named* of those that it names; both are None
    where it was sent before stores kept them. *chain* is None where it has no rule.
    """

    id: str
    lists: frozenset[str]
    reached: bool
    found: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    chain: Chain | None = None


def lists_of(edition: Edition, lists: Sequence[MailingList]) -> frozenset[str]:
    """Return the ids of the lists that *edition* is for: its own, or all *lists* of the publication."""
    if edition.list is not None:
        return frozenset((edition.list,))
    return frozenset(each.id for each in lists) or frozenset((EVERYBODY,))
