"""The unsubscribe links of a run: which key signs them, and whether they open at the service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pressrun.circulation.linkkeys import SigningKey, signing_key
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.links import ServiceLinks
from pressrun.circulation.subscribers.probe import HEADER, ONE_CLICK, probe
from pressrun.circulation.subscribers.tokens import SignedTokens
from pressrun.hosts.answers import NoReply
from pressrun.hosts.client import Client, user_agent
from pressrun.hosts.networks import anywhere
from pressrun.model.publication import Publication, ServiceSettings


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """Unsubscribe links of the service of *publication*, signed with *key*, which is registered."""

    publication: Publication
    links: ServiceLinks
    key: SigningKey

    @classmethod
    def of(cls, publication: Publication, settings: ServiceSettings, key: SigningKey) -> Self:
        """Return the links of *publication*, whose service has *settings*, signed with *key*."""
        tokens = SignedTokens([key.key], timedelta(days=settings.confirm_days), key.mark)
        return cls(publication, ServiceLinks(settings.address, tokens), key)

    def link(self, now: datetime) -> Callable[[str, str], str]:
        """Return what makes the link by which a person leaves a list."""
        return lambda person, name: self.links.leave(person, name, now)

    def fault(self, now: datetime) -> str | None:
        """Open a link of nobody at the service, as a person and as a mail program do; return what is wrong, or None."""
        # It is our own service, which may be in our own network.
        client = Client(user_agent(self.publication.home), anywhere)
        sought = probe(self.links, now)
        for form in (None, ONE_CLICK):
            try:
                reason = sought.why_not(*client.header(sought.url, HEADER, form=form))
            except NoReply as error:
                reason = f"does not answer: {error.answer.reason}"
            if reason is not None:
                way = "," if form is None else ", posted to as mail programs do,"
                key = self.key.fingerprint
                return f"an unsubscribe link at {self.links.address}, signed with the key {key}{way} {reason}"
        return None


def unsubscribing(publication: Publication, store: Store, keys: Sequence[str]) -> Unsubscribing | None:
    """Return the unsubscribe links of a run, signed with the newest of *keys*; None without a service.

    Raises KeyRefused if that key is not registered in *store*.
    """
    settings = publication.service
    if settings is None:
        return None
    key = signing_key(store, keys)
    return Unsubscribing.of(publication, settings, key)
