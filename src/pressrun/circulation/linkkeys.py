"""The moves of keys that sign unsubscribe links: each is one function and one transaction.

Unsubscribe links never expire, so the store remembers every key that may have signed one, until a person retires it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pressrun.circulation.store import linkkeys
from pressrun.circulation.store.engine import Store, Transaction
from pressrun.circulation.subscribers.tokens import fingerprint_of, mark_of_store
from pressrun.model.linkkey import LinkKey
from pressrun.model.problems import PressrunError


class KeyRefused(PressrunError):
    """A reason why a key is not used, or not retired, as sentences."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key of the settings, its fingerprint, and what the store knows of it: None if it is not registered."""

    key: str
    fingerprint: str
    registered: LinkKey | None


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys that may sign and open links, the newest first; *mark* tells their store from others.

    *added* are the fingerprints that were registered now, *retired* those of keys of the settings that are not used.
    """

    keys: tuple[str, ...]
    mark: bytes
    added: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs the links of a run.

    *is_proven* says that the service is known to have it, or that emails were signed with it already.
    """

    key: str
    fingerprint: str
    mark: bytes
    is_proven: bool


def known(store: Store, keys: Sequence[str]) -> list[KnownKey]:
    """Return what *store* knows of *keys*, in their order."""
    with store.read() as db:
        return _known(db, keys)


def registered(store: Store) -> list[LinkKey]:
    """Return every key that was ever registered, the oldest first."""
    with store.read() as db:
        return linkkeys.all_keys(db)


def _known(db: Transaction, keys: Sequence[str]) -> list[KnownKey]:
    own, found = linkkeys.own_key(db), {each.fingerprint: each for each in linkkeys.all_keys(db)}
    fingerprints = {key: fingerprint_of(key, own) for key in keys}
    return [KnownKey(key, fingerprint, found.get(fingerprint)) for key, fingerprint in fingerprints.items()]


def register(store: Store, keys: Sequence[str], now: datetime) -> Keyring:
    """Register *keys*, because a person says that the service has them. A retired key stays retired."""
    with store.write() as db:
        return _registered(db, keys, now)


def begin_service(store: Store, keys: Sequence[str], now: datetime) -> Keyring:
    """Register the keys of a service that starts now, and return those that it may use.

    Raises KeyRefused, and registers nothing, if a registered key is missing among *keys*, or all of them are retired.
    """
    with store.write() as db:
        here = {each.fingerprint for each in _known(db, keys)}
        missing = [each for each in linkkeys.all_keys(db) if each.retired is None and each.fingerprint not in here]
        if missing:
            raise KeyRefused(_missing(missing))
        ring = _registered(db, keys, now)
        linkkeys.put_served(db, here - {*ring.retired}, now)
        return ring


def _registered(db: Transaction, keys: Sequence[str], now: datetime) -> Keyring:
    """Register those of *keys* that are new; raises KeyRefused if none is left that may be used."""
    added = [each.fingerprint for each in _known(db, keys) if linkkeys.add(db, each.fingerprint, now)]
    found = _known(db, keys)
    usable = [each for each in found if each.registered is not None and each.registered.retired is None]
    if not usable:
        raise KeyRefused("Every key in the settings is retired. Put a new one in front of them: pressrun keys rotate")
    return Keyring(
        tuple(each.key for each in usable),
        mark_of_store(linkkeys.own_key(db)),
        tuple(added),
        tuple(each.fingerprint for each in found if each not in usable),
    )


def _missing(missing: Sequence[LinkKey]) -> str:
    lines = ["Links in emails that were sent would not open: the settings lack a key that is registered in the store."]
    for each in missing:
        lines.append(f"  {each.fingerprint}, {signed_last(each)}")
    lines.append("Put the missing key back, behind the newest one, and start the service again.")
    lines.append(f"If it is lost or not wanted anymore, give it up: pressrun keys retire {missing[0].fingerprint}")
    return "\n".join(lines)


def signed_last(key: LinkKey) -> str:
    """Return when an email was signed with *key*, as a phrase."""
    return f"signed no email after {key.signed:%Y-%m-%d %H:%M} UTC" if key.signed else "signed no email yet"


def signing_key(store: Store, keys: Sequence[str]) -> SigningKey:
    """Return the key of *keys* that signs: the newest that is not retired. Writes nothing.

    Raises KeyRefused if that one is not registered, for nobody knows whether the service has it.
    """
    with store.read() as db:
        found = [each for each in _known(db, keys) if each.registered is None or each.registered.retired is None]
        mark = mark_of_store(linkkeys.own_key(db))
    if not found:
        raise KeyRefused(
            "Every key in the settings is retired, so nothing was sent. Make a new one with pressrun keys rotate, "
            "and start the service again with it."
        )
    first = found[0]
    if first.registered is None:
        raise KeyRefused(
            f"The key {first.fingerprint} would sign the unsubscribe links, but it is not registered in the store: "
            "the links would be dead if the service does not have it. Nothing was sent. The service registers its "
            "keys when it starts: start it again with this key. If it runs with this key already: pressrun keys add"
        )
    is_proven = first.registered.served is not None or first.registered.signed is not None
    return SigningKey(first.key, first.fingerprint, mark, is_proven)


def put_served(store: Store, fingerprint: str, now: datetime) -> None:
    """Record that the service has the key with *fingerprint*, because it answered, or a person says so."""
    with store.write() as db:
        linkkeys.put_served(db, [fingerprint], now)


def retire(store: Store, fingerprint: str, keys: Sequence[str], now: datetime, *, leaked: bool) -> LinkKey:
    """Retire the key with *fingerprint* for good: its links open no longer.

    *keys* are those of the settings here. Raises KeyRefused, and changes nothing, if the key is unknown, if a reader
    may rely on its links and it is not *leaked*, or if no other key of the settings is left to sign with.
    """
    with store.write() as db:
        key = linkkeys.key_with(db, fingerprint)
        if key is None:
            raise KeyRefused(f'No key has the fingerprint "{fingerprint}"; show them all with: pressrun keys list')
        if key.retired is None and not leaked and (reason := _needed(key, now)):
            raise KeyRefused(reason)
        here = _known(db, keys)
        others = [
            each
            for each in here
            if each.fingerprint != fingerprint and (each.registered is None or each.registered.retired is None)
        ]
        if key.retired is None and not others and any(each.fingerprint == fingerprint for each in here):
            raise KeyRefused(
                f"{fingerprint} is the only key in the settings. Put a new one in front of it first: "
                "pressrun keys rotate"
            )
        linkkeys.retire(db, fingerprint, now, leaked=leaked)
        return key


def _needed(key: LinkKey, now: datetime) -> str | None:
    """Return why *key* cannot be retired yet; None if it can."""
    until = key.needed_until
    if until is None or until < now:
        return None
    return (
        f"{key.fingerprint} counts as used until {key.signed:%Y-%m-%d %H:%M} UTC, and unsubscribe links have to work "
        f"for 30 days (CAN-SPAM). It can be retired after {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC. "
        "If others know it, or it is lost for good, add --leaked: the links stop working at once."
    )
