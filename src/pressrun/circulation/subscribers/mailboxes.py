"""Where emails to an address really arrive, as far as its spelling shows it: for limits, and for nothing else.

Two addresses with one mailbox are still two people to Pressrun: who confirmed one of them did not confirm the other.
"""

import unicodedata

from pressrun.circulation.subscribers.suppression import mark_of
from pressrun.model.mailaddress import domain_from

# Dots in what stands before the @ mean nothing there, and the second name is another one of the first.
GMAIL = frozenset({"gmail.com", "googlemail.com"})


def mailbox_of(address: str) -> tuple[str, str]:
    """Return the mailbox that *address* leads to, and its domain: without case, +tags, and the dots of Gmail."""
    local, _, domain = address.rpartition("@")
    try:
        domain = domain_from(domain)
    except ValueError:  # an import may have brought it
        domain = domain.casefold()
    local = unicodedata.normalize("NFKC", local).casefold()
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        domain, local = "gmail.com", local.replace(".", "") or local
    return f"{local}@{domain}", domain


def quota_marks(address: str, key: bytes) -> tuple[bytes, bytes]:
    """Return the marks of the mailbox and of the domain of *address*, from which nobody can tell either."""
    mailbox, domain = mailbox_of(address)
    return mark_of(f"mailbox {mailbox}", key), mark_of(f"domain {domain}", key)
