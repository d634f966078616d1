"""How an address is known once nothing else of it is kept: its mark, an HMAC (RFC 2104) under a key of the store."""

import hmac
from collections.abc import Iterable, Sequence

LENGTH = 16


def mark_of(identity: str, key: bytes) -> bytes:
    """The mark of *identity*: the same for the same person, and nobody can tell from it who that is."""
    return hmac.digest(key, identity.encode(), "sha256")[:LENGTH]


def marks_of(identity: str, keys: Sequence[bytes]) -> list[bytes]:
    """The marks of *identity* under each of *keys*."""
    return [mark_of(identity, key) for key in keys]


def marks_under(key: bytes, identities: Iterable[str]) -> list[bytes]:
    """The mark of each of *identities*."""
    digest = hmac.digest  # there may be a million
    return [digest(key, identity.encode(), "sha256")[:LENGTH] for identity in identities]
