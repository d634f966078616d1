"""Whom a letter is for."""

from dataclasses import dataclass

from pressrun.model.mailaddress import EmailAddress


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person to whom a letter goes, and what it tells them alone.

    *unsubscribe_url* is a page for people, *one_click_url* an https address of theirs alone that takes RFC 8058's
    POST; where they are None, the publication's own settings hold.
    """

    address: EmailAddress
    name: str = ""
    unsubscribe_url: str | None = None
    one_click_url: str | None = None
    preferences_url: str | None = None

    @property
    def first_name(self) -> str:
        """The first word of the name; empty where no name is known."""
        return next(iter(self.name.split()), "")
