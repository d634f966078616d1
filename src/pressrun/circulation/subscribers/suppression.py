"""How an address is known once nothing else of it is kept: its mark, an HMAC (RFC 2104) under a key of the store.

A mark is one half of the HMAC-SHA-256. The other half was the mark by the rule that folded several mailboxes into one,
until the migration `identities`: so no mark of the one rule is ever one of the other.
"""

import hmac
from collections.abc import Iterable, Sequence

from pressrun.model.mailaddress import folded_identity_of, identity_of
from pressrun.model.marks import Marks

LENGTH = 16


def mark_of(identity: str, key: bytes) -> bytes:
    """Return the mark of *identity*: the same for the same mailbox, and nobody can tell from it which that is."""
    return hmac.digest(key, identity.encode(), "sha256")[LENGTH:]


def folded_mark_of(folded: str, key: bytes) -> bytes:
    """Return the mark by the earlier rule; *folded* is a `folded_identity_of` an address."""
    return hmac.digest(key, folded.encode(), "sha256")[:LENGTH]


def marks_of(address: str, keys: Sequence[bytes]) -> Marks:
    """Return the marks of *address*, as it is shown, under each of *keys*."""
    identity, folded = identity_of(address), folded_identity_of(address)
    return Marks(
        identity, tuple(mark_of(identity, key) for key in keys), tuple(folded_mark_of(folded, key) for key in keys)
    )


def marks_under(key: bytes, identities: Iterable[str]) -> list[bytes]:
    """Return the mark of each of *identities*."""
    digest = hmac.digest  # there may be a million
    return [digest(key, identity.encode(), "sha256")[LENGTH:] for identity in identities]


def folded_marks_under(key: bytes, addresses: Iterable[str]) -> list[bytes]:
    """Return the mark of each of *addresses*, as they are shown, by the earlier rule."""
    return [folded_mark_of(folded_identity_of(address), key) for address in addresses]
