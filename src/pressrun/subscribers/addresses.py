"""A person's address as they write it, in any script (RFC 6531), and what makes two spellings the same person."""

import re
import unicodedata
from dataclasses import dataclass

# What email-validator takes at once, and takes as it is: ASCII, no quotes, no comment, no address in brackets, at least
# two labels, none of which might be of another script (RFC 5890 has the third and the fourth sign be hyphens there).
_ATOM = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(
    rf"(?P<local>(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*)@(?P<domain>(?:{_LABEL}\.)+(?!..--)[A-Za-z]{{2,63}})"
)
_LONGEST = 254
# Names that lead to no mailbox of the world (RFC 6761 and others), to be told with email-validator's own words.
_SPECIAL = ("arpa", "invalid", "local", "localhost", "onion", "test")


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a letter can go to; make one with `address_from`."""

    written: str  # NFC, the domain in small letters of its own script
    identity: str  # case folded

    def __str__(self) -> str:
        return self.written


def identity_of(written: str) -> str:
    """What makes two spellings of an address the same person: case folded, NFC."""
    if written.isascii():
        return written.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", written).casefold())


def address_from(text: str) -> Address:
    """The address that *text* is; raises ValueError with a sentence if it is none. Nobody is asked over the network."""
    written = plain_address(text)
    if written is None:
        written = checked_address(text.strip())
    return Address(written, identity_of(written))


def plain_address(text: str) -> str | None:
    """The address that *text* is, where that can be told at a glance; in doubt, None."""
    found = _PLAIN.fullmatch(text)
    if found is None or len(text) > _LONGEST:
        return None
    domain = found["domain"].lower()
    if domain.rpartition(".")[2] in _SPECIAL:
        return None
    return f"{found['local']}@{domain}"


def checked_address(text: str) -> str:
    """The same by email-validator, which knows every case, and takes thirty times as long."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f'"{text}" is not a mail address: {str(error).rstrip(".")}') from error
