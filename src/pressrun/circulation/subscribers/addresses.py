"""The addresses of people, as they write them, in any script (RFC 6531)."""

import re

from pressrun.model.mailaddress import LONGEST, EmailAddress, domain_from, identity_of

__all__ = ["address_from", "checked_address", "identity_of", "plain_address"]

# What email-validator takes at once, and takes as it is: ASCII, no quotes, no comment, no address in brackets, at least
# two labels, none of which might be of another script (RFC 5890 has the third and the fourth sign be hyphens there).
_ATOM = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(
    rf"(?P<local>(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*)@(?P<domain>(?:{_LABEL}\.)+(?!..--)[A-Za-z]{{2,63}})"
)
# Names that lead to no mailbox of the world (RFC 6761 and others), to be refused in email-validator's own words.
_SPECIAL = ("arpa", "invalid", "local", "localhost", "onion", "test")
# Accents that are written apart, and spaces around it, make a text longer than the address in it.
_LONGEST_TEXT = 4 * LONGEST


def address_from(text: str) -> EmailAddress:
    """Return the address that *text* is; raises ValueError with a sentence if it is none.

    It is one that an email from anywhere can reach: no localhost. Nobody is asked over the network.
    """
    shown = plain_address(text)
    return EmailAddress.of_reader(checked_address(text) if shown is None else shown)


def plain_address(text: str) -> str | None:
    """Return the address that *text* is, as it is shown, where that can be seen at a glance; in doubt, None."""
    if len(text) > LONGEST:
        return None
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    domain = found["domain"].lower()
    if domain.rpartition(".")[2] in _SPECIAL:
        return None
    return f"{found['local']}@{domain}"


def checked_address(text: str) -> str:
    """Return the same by email-validator, which knows every case, and takes thirty times as long."""
    from email_validator import validate_email

    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"a text of {len(text):,} characters is not a mail address: it is too long")
    text = text.strip()
    local, at, domain = text.rpartition("@")
    try:
        # email-validator would map more than the case, and ß, ﬁ and such letters make a domain another one.
        host = domain if domain.isascii() else domain_from(domain)
        return validate_email(f"{local}{at}{host}", check_deliverability=False).normalized
    except ValueError as error:
        raise ValueError(f'"{text}" is not a mail address: {str(error).rstrip(".")}') from error
