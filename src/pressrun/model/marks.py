"""The marks of an address: what a store knows it by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of the address with *identity* under each key of a store, the store's own key first.

    *exact* are those of the identity. *folded* are those by the rule that was in force until the migration
    `identities`: several mailboxes have the same folded mark.
    """

    identity: str
    exact: tuple[bytes, ...]
    folded: tuple[bytes, ...]
