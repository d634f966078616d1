"""The addresses that letters lead to: each holds a token for one person."""

from dataclasses import dataclass
from datetime import datetime

from pressrun.circulation.subscribers.tokens import Purpose, SignedTokens
from pressrun.model.notice import Notice
from pressrun.model.subscriber import PersonId

# The page that unsubscribe links lead to: first its name in new links, then those in links that were sent earlier.
UNSUBSCRIBE_NAMES = ("unsubscribe", "leave")
PURPOSES = {Notice.CONFIRM: Purpose.CONFIRM, Notice.MANAGE: Purpose.MANAGE, Notice.DATA: Purpose.DATA}


@dataclass(frozen=True, slots=True)
class ServiceLinks:
    """The links of the service at *address*, which ends in a slash."""

    address: str
    tokens: SignedTokens

    def leave(self, person: PersonId, name: str, now: datetime) -> str:
        """Where *person* leaves the list *name*: a page for people, and the address of RFC 8058's POST. It is the same
        at any time, and does nothing else.
        """
        return self._link(Purpose.LEAVE, person, (name,), now)

    def answer(self, kind: Notice, person: PersonId, lists: tuple[str, ...], now: datetime) -> str:
        """Where a letter of *kind* leads *person*."""
        return self._link(PURPOSES[kind], person, lists, now)

    def _link(self, purpose: Purpose, person: PersonId, lists: tuple[str, ...], now: datetime) -> str:
        name = UNSUBSCRIBE_NAMES[0] if purpose is Purpose.LEAVE else purpose.value
        return f"{self.address}{name}/{self.tokens.made(purpose, person, lists, now)}"
