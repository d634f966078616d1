"""A mail address, read once, fit for a header and an envelope after that (RFC 5321, section 4.1.2; RFC 6531)."""

import re
import unicodedata
from dataclasses import dataclass

import idna

# RFC 5322, section 3.2.3. What only quotes allow is refused: no mail program lets anybody type it.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
# RFC 6532, section 3.2.
_WIDER_ATOM = rf"(?:{_ATOM}|[^\x00-\x7f])+"
_WIDER_LOCAL = re.compile(rf"{_WIDER_ATOM}(?:\.{_WIDER_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_LOCAL, LONGEST = 64, 254  # RFC 5321, section 4.5.3.1, with the brackets of a path taken off


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address; make one with `parse`, which gives ASCII alone, or with `of_reader`."""

    written: str  # as its owner writes it, the domain in small letters, as A-labels where it is not of ASCII
    identity: str  # what makes two spellings the same person: NFC, case folded

    @classmethod
    def parse(cls, text: str) -> "EmailAddress":
        """The one address that *text* is; raises ValueError with a sentence if it is anything else."""
        local = text.strip().rpartition("@")[0]
        if not local.isascii():
            # It would take SMTPUTF8 (RFC 6531) all the way to the reader, and most servers do not have it.
            raise ValueError(f'what stands before the @ in "{text}" is not of ASCII letters, and few servers take that')
        return cls.of_reader(text)

    @classmethod
    def of_reader(cls, text: str) -> "EmailAddress":
        """The same of somebody who writes in whatever script: what stands before the @ need not be of ASCII, and
        a letter to it takes SMTPUTF8 then (RFC 6531).
        """
        local, at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
        if not at or not local or not domain:
            raise ValueError(f'"{text}" is not a mail address')
        fits = _LOCAL.fullmatch(local) or (_WIDER_LOCAL.fullmatch(local) and local.isprintable())
        if not fits or len(local) > LONGEST_LOCAL:
            raise ValueError(f'what stands before the @ in "{text}" cannot stand there')
        try:
            host = domain_from(domain)
        except ValueError as error:
            raise ValueError(f'{error}, in "{text}"') from error
        # A slip such as ada@gmail is told; localhost is where people try things out.
        if "." not in host and host != "localhost":
            raise ValueError(f'"{domain}" is not a domain, in "{text}"')
        written = f"{local}@{host}"
        if len(written) > LONGEST:
            raise ValueError(f'"{text}" is longer than a mail address can be')
        return cls(written, unicodedata.normalize("NFC", written).casefold())

    def __str__(self) -> str:
        return self.written


def domain_from(text: str) -> str:
    """*text* as mail servers know it: small letters, and A-labels for what is not of ASCII (RFC 5890).

    Raises ValueError with a sentence where it is no name of a host.
    """
    try:
        name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f'"{text}" is not a domain') from error
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(f'"{text}" is not a domain')
    return name
