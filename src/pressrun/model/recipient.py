"""Whom a letter is for."""

from dataclasses import dataclass

from pressrun.model.mailaddress import EmailAddress
from pressrun.model.personalnames import first_name_of


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person to whom a letter goes, and what it tells them alone.

    *unsubscribe_url* is a page for people, *one_click_url* an https address of theirs alone that takes RFC 8058's
    POST; where they are None, the publication's own settings hold. *given* is their given name, empty where it is
    known that nobody knows it; where it is None, only the whole name can tell.
    """

    address: EmailAddress
    name: str = ""
    unsubscribe_url: str | None = None
    one_click_url: str | None = None
    preferences_url: str | None = None
    given: str | None = None
    # What the Message-ID is made of in the place of the address's identity, for an edition that was begun with it.
    known_as: str | None = None

    @property
    def first_name(self) -> str:
        """The given name; empty where it is not known for certain."""
        return first_name_of(self.name) if self.given is None else self.given
