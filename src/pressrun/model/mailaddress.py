"""An email address, parsed once, fit for headers and envelopes (RFC 5321, section 4.1.2; RFC 6531)."""

import re
import unicodedata
from dataclasses import dataclass

import idna

# RFC 5322, section 3.2.3. What only quotes allow is refused: no mail program lets anybody type it.
_ATEXT = r"\-A-Za-z0-9!#$%&'*+/=?^_`{|}~"
_LOCAL = re.compile(rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*")
# RFC 6532, section 3.2. One class for each: a repeat within a repeat takes time without end to fail.
_WIDER_LOCAL = re.compile(rf"[{_ATEXT}\x80-\U0010ffff]+(?:\.[{_ATEXT}\x80-\U0010ffff]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_LOCAL, LONGEST = 64, 254  # RFC 5321, section 4.5.3.1, with the brackets of a path taken off
LONGEST_DOMAIN = 253
# Accents that are written apart, and spaces around it, make a text longer than the address in it.
_LONGEST_TEXT = 4 * LONGEST
_ALABEL = "xn--"
_LOWERED = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address; create one with `parse`, which accepts ASCII alone before the @, or with `of_reader`."""

    written: str  # as headers and envelopes have it: NFC, the domain in lower case, as A-labels where it is not ASCII
    identity: str  # what makes two spellings the same mailbox; see `identity_of`

    @classmethod
    def parse(cls, text: str) -> "EmailAddress":
        """The one address that *text* is; raises ValueError with a sentence if it is anything else."""
        local = text.strip().rpartition("@")[0]
        if not local.isascii() and len(text) <= _LONGEST_TEXT:
            # It would take SMTPUTF8 (RFC 6531) all the way to the reader, and most servers do not have it.
            raise ValueError(f'what stands before the @ in "{text}" is not of ASCII letters, and few servers take that')
        return cls.of_reader(text)

    @classmethod
    def of_reader(cls, text: str) -> "EmailAddress":
        """Return the same for somebody who writes in any script: the part before the @ need not be ASCII, and an email
        to it takes SMTPUTF8 then (RFC 6531).
        """
        if len(text) > _LONGEST_TEXT:
            raise ValueError(f"a text of {len(text):,} characters is longer than a mail address can be")
        local, at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
        if not at or not local or not domain:
            raise ValueError(f'"{text}" is not a mail address')
        if len(local) > LONGEST_LOCAL or not _can_stand_before_the_at(local):
            raise ValueError(f'what stands before the @ in "{text}" cannot stand there')
        try:
            host = domain_from(domain)
        except ValueError as error:
            raise ValueError(f'{error}, in "{text}"') from error
        # A slip such as ada@gmail is reported; localhost is where people try things out.
        if "." not in host and host != "localhost":
            raise ValueError(f'"{domain}" is not a domain, in "{text}"')
        written = f"{local}@{host}"
        if len(written) > LONGEST:
            raise ValueError(f'"{text}" is longer than a mail address can be')
        return cls(written, _identity(local, host))

    @property
    def shown(self) -> str:
        """The address as people read it: the domain in its own script. The store keeps this form."""
        local, _, host = self.written.rpartition("@")
        return f"{local}@{idna.decode(host)}" if _ALABEL in host else self.written

    def __str__(self) -> str:
        return self.written


def _can_stand_before_the_at(local: str) -> bool:
    if local.isascii():
        return _LOCAL.fullmatch(local) is not None
    return local.isprintable() and _WIDER_LOCAL.fullmatch(local) is not None


def domain_from(text: str) -> str:
    """Return *text* as mail servers know it: in lower case, with A-labels for what is not ASCII (IDNA 2008, RFC 5891).

    Nothing but the case is mapped: fuß.de is not fuss.de. Raises ValueError with a sentence if it is no host name.
    """
    if len(text) > LONGEST_DOMAIN:
        raise ValueError(f'"{text}" is not a domain')
    try:
        name = _a_labels(text)
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f'"{text}" is not a domain') from error
    if len(name) > LONGEST_DOMAIN or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(f'"{text}" is not a domain')
    return name


def _a_labels(text: str) -> str:
    if not text.isascii():
        # Letter by letter (RFC 5895, section 2): of a whole word, Python lowers a last Σ to ς, which is another domain.
        lowered = "".join(letter.lower() for letter in text)
        return idna.encode(unicodedata.normalize("NFC", lowered)).decode("ascii")
    name = text.lower()
    for label in name.split(".") if _ALABEL in name else ():
        # An A-label that no U-label has is no name, and two A-labels of one name would be two mailboxes.
        if label.startswith(_ALABEL) and idna.alabel(idna.ulabel(label)).decode("ascii") != label:
            raise idna.IDNAError(f"{label} is not an A-label")
    return name


def identity_of(address: str) -> str:
    """Return what makes two spellings of *address*, a valid one in either form, the same mailbox.

    It is NFC(the local part with A to Z lowered) @ the A-labels of the domain. No other letters are equal: ſusan and
    susan are two mailboxes, and so are kim@fuß.de and kim@fuss.de.
    """
    if address.isascii() and _ALABEL not in address:
        return address.lower()
    local, _, domain = address.rpartition("@")
    try:
        host = domain_from(domain)
    except ValueError:  # an earlier version accepted it; it is at least equal to itself
        host = domain.lower()
    return _identity(unicodedata.normalize("NFC", local), host)


def _identity(local: str, host: str) -> str:
    # Lowering can make a letter and its accent fit together that did not in upper case, such as J and a caron.
    return f"{unicodedata.normalize('NFC', local.translate(_LOWERED))}@{host}"


def folded_identity_of(address: str) -> str:
    """Return what made two spellings one person until the migration `identities`: *address*, as shown, case folded.

    It folds what are two mailboxes (ß and ss, ſ and s), and is kept to read what stores of that time hold.
    """
    if address.isascii():
        return address.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", address).casefold())
