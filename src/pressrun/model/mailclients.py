"""What mail programs understand, and how a template or a style sheet is seen to ask for it."""

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


class Support(enum.Enum):
    """Whether something holds in a mail program, in the letters that tables of mail programs use."""

    YES = "y"
    PARTLY = "a"
    NO = "n"


@dataclass(frozen=True, slots=True)
class Sign:
    """How a feature shows in what a person writes. All that is given has to be met; of the words in one field, any one.

    *properties* may hold `*` for any letters. *values* are whole words of a value, or of an at-rule's condition;
    *functions* are named without their bracket, *at_rules* without their @, *pictures* by the ending of their address.
    """

    properties: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    at_rules: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a letter can ask for: its *name* as people write it, any of *signs*, and what to do *instead*.

    *support* is by the key of the mail program; of one that is missing nothing is known.
    """

    name: str
    signs: tuple[Sign, ...]
    instead: str
    support: Mapping[str, Support]


@dataclass(frozen=True, slots=True)
class MailClients:
    """The mail programs that letters are held against, by key, and the features, by key; true on the day *date*."""

    date: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, Feature] = field(default_factory=dict)

    def without(self, feature: Feature, among: Collection[str] | None = None) -> list[str]:
        """The keys of those, of *among* or of all, in which *feature* does not hold at all."""
        keys = self.names if among is None else [key for key in self.names if key in among]
        return [key for key in keys if feature.support.get(key) is Support.NO]
