"""A delivery: one edition to one person, once; where each of them stands, and how many stand where."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


class DeliveryState(enum.Enum):
    """Where a delivery stands, in one word.

    Claimed means that a run has it in hand. Accepted means that a server took it, no more. Unknown means that nobody
    can know whether one did.
    """

    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"


# While any of these is left, somebody may still get the edition by itself, and its sending is not finished while
# anybody is unknown.
LEFT = (DeliveryState.PLANNED, DeliveryState.CLAIMED, DeliveryState.DEFERRED)
OPEN = (*LEFT, DeliveryState.UNKNOWN)


class Exclusion(enum.Enum):
    """What spoke against sending an edition to somebody who has to do with its list."""

    UNCONFIRMED = "unconfirmed"
    BOUNCED = "bounced"
    LEFT = "left"
    ERASED = "erased"
    COMPLAINED = "complained"
    ADDRESS = "address"  # it is none that letters can go to
    WITHDRAWN = "withdrawn"  # a person ended the sending before it came to them
    PAUSED = "paused"  # they want none of this list for a while


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries of an edition stand where; those excluded also by their reason."""

    states: Mapping[DeliveryState, int]
    excluded: Mapping[Exclusion, int]

    @property
    def candidates(self) -> int:
        """Everybody who was looked at: the sum of all."""
        return sum(self.states.values())

    def count(self, *states: DeliveryState) -> int:
        """How many stand in any of *states*."""
        return sum(self.states.get(state, 0) for state in states)

    @property
    def is_finished(self) -> bool:
        """Whether nobody is left to whom the edition may still go."""
        return self.count(*OPEN) == 0

    @property
    def is_withdrawn(self) -> bool:
        """Whether a person ended the sending before it came to everybody."""
        return Exclusion.WITHDRAWN in self.excluded


@dataclass(frozen=True, slots=True)
class Mailing:
    """An edition as it is sent: which letter it is, to whom, and when that was settled.

    *hash* is of the letter before it is filled for anybody. *lists* and *tags* chose the people, of several tags any;
    *corrects* is the id of the edition whose readers it went to, if it is a correction. *folds* says that its
    Message-IDs are made of case-folded addresses, as they were when it was begun.
    """

    id: str
    hash: str
    lists: tuple[str, ...]
    frozen: datetime
    tags: tuple[str, ...] = ()
    corrects: str | None = None
    folds: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of an edition for one person; *address* is None where they were erased since.

    *code*, *enhanced* and *text* are a server's last word.
    """

    address: str | None
    state: DeliveryState
    changed: datetime
    attempts: int
    reason: Exclusion | None = None
    next_try: datetime | None = None
    code: int | None = None
    enhanced: str | None = None
    text: str | None = None

    @property
    def words(self) -> str:
        """The last word on it: a server's, or why it was excluded."""
        if self.reason is not None:
            return self.reason.value
        return " ".join(str(word) for word in (self.code, self.enhanced, self.text) if word)
