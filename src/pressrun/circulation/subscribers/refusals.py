"""Addresses that a publisher may not want: those of a role, and those that are thrown away after use."""

from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import Refusal, ServiceSettings

# What RFC 2142 names, and what stands before the @ of an address that several people read.
ROLES = frozenset(
    "abuse accounts admin administrator billing contact enquiries feedback ftp hello help hostmaster hr info inquiries "
    "it jobs legal list list-request mail mailer-daemon marketing news newsletter no-reply noc noreply office orders "
    "postmaster press privacy registrar root sales security service spam support sysadmin team tech test usenet "
    "uucp webmaster www".split()
)
# The best known; a publisher adds their own by `refuse_domains`.
DISPOSABLE = frozenset(
    "10minutemail.com 20minutemail.com burnermail.io discard.email dispostable.com emailondeck.com fakeinbox.com "
    "getairmail.com getnada.com grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info "
    "guerrillamail.net guerrillamail.org mail-temp.com mailcatch.com maildrop.cc mailinator.com mailinator.net "
    "mailnesia.com mailsac.com mintemail.com moakt.com mohmal.com mytemp.email sharklasers.com spam4.me spambog.com "
    "spamgourmet.com temp-mail.io temp-mail.org tempail.com tempmail.com tempmailo.com tempr.email throwawaymail.com "
    "trash-mail.com trashmail.com trashmail.net wegwerfmail.de yopmail.com yopmail.fr yopmail.net".split()
)


def why_refused(address: EmailAddress, settings: ServiceSettings) -> Refusal | None:
    """What speaks against *address*, as far as the publisher minds; None if nothing does."""
    local, _, name = address.identity.rpartition("@")
    above = {name.split(".", skipped)[-1] for skipped in range(name.count(".") + 1)}
    if above & set(settings.refuse_domains) or (Refusal.DISPOSABLE in settings.refuse and above & DISPOSABLE):
        return Refusal.DISPOSABLE
    if Refusal.ROLE in settings.refuse and local.partition("+")[0] in ROLES:
        return Refusal.ROLE
    return None
