"""The door to cryptography: signatures of letters (DKIM, RFC 6376 and 8463), and the keys that make them."""

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pressrun.press.newsletter.headers import CRLF, LINE_LIMIT
from pressrun.press.newsletter.message import AddressedLetter

RSA, ED25519 = "rsa", "ed25519"
KINDS = (RSA, ED25519)
FEWEST_BITS = 2048  # signers SHOULD have no fewer (RFC 8301, section 3.2)
# In the DNS, a text is one string or several of at most 255 characters (RFC 6376, section 3.6.2.2).
_LONGEST_STRING = 255

# Each is signed once more than it stands there, so that nobody adds another (RFC 6376, section 8.15).
_ONLY_ONCE = (
    *("from", "reply-to", "to", "cc", "subject", "date", "message-id"),
    *("mime-version", "content-type", "list-id", "list-unsubscribe", "list-unsubscribe-post"),
)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that signs, and the selector by which the DNS knows its other half."""

    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @classmethod
    def new(cls, selector: str, kind: str) -> "PrivateKey":
        """A key that nobody has yet, of one of KINDS."""
        return cls(
            selector, Ed25519PrivateKey.generate() if kind == ED25519 else generate_private_key(65537, FEWEST_BITS)
        )

    @classmethod
    def read(cls, selector: str, pem: bytes) -> "PrivateKey":
        """The key in *pem*, without a password; raises ValueError with the end of a sentence where it is none."""
        try:
            key = load_pem_private_key(pem, None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ValueError("it is not a private key in PEM without a password") from error
        if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            raise ValueError("it is neither RSA nor Ed25519, and DKIM knows no other keys")
        if isinstance(key, RSAPrivateKey) and key.key_size < FEWEST_BITS:
            raise ValueError(f"it has {key.key_size:,} bits, and nobody believes fewer than {FEWEST_BITS:,}")
        return cls(selector, key)

    @property
    def pem(self) -> bytes:
        """The key as its file holds it (PKCS #8)."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return RSA if isinstance(self.key, RSAPrivateKey) else ED25519

    @property
    def record(self) -> str:
        """What the DNS says of the key to those who verify (RFC 6376, section 3.6.1)."""
        public = self.key.public_key()
        if self.kind == ED25519:  # RFC 8463, section 4
            told = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        else:
            told = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k={self.kind}; p={b64encode(told).decode()}"

    def signature_of(self, data: bytes) -> bytes:
        """The signature over *data*, with SHA-256."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(data).digest())  # RFC 8463, section 3


def name_in_dns(selector: str, domain: str) -> str:
    """Where the DNS has the record of a key."""
    return f"{selector}._domainkey.{domain}"


def zone_line(key: PrivateKey, domain: str) -> str:
    """The record of *key* as a zone file has it, in strings that are short enough."""
    record = key.record
    strings = [record[start : start + _LONGEST_STRING] for start in range(0, len(record), _LONGEST_STRING)]
    words = " ".join(f'"{string}"' for string in strings)
    return f"{name_in_dns(key.selector, domain)}. IN TXT {f'( {words} )' if len(strings) > 1 else words}"


class Signer:
    """Signs letters for *domain*, once with each of *keys*; safe to be used in several threads at once."""

    def __init__(self, domain: str, keys: Sequence[PrivateKey]) -> None:
        self._domain = domain
        self._keys = tuple(keys)

    def __call__(self, letter: AddressedLetter) -> AddressedLetter:
        """*letter* with a signature of each key before its headers."""
        body = hashlib.sha256()
        for lines in letter.body:
            body.update(lines.relaxed)
        headers = [(name.lower(), _relaxed(name, value)) for name, value in letter.headers]
        signed = "".join([line + CRLF for name, line in headers if _is_signed(name)])
        named = _named(name for name, _ in headers if _is_signed(name))
        digest = b64encode(body.digest()).decode()
        return letter.headed(*(self._signature(key, named, digest, signed) for key in self._keys))

    def _signature(self, key: PrivateKey, named: str, digest: str, signed: str) -> tuple[str, str]:
        tags = (
            f"v=1; a={key.kind}-sha256; c=relaxed/relaxed;",
            f"d={self._domain};",
            f"s={key.selector};",
            f"h={named};",
            f"bh={digest};",
            "b=",
        )
        value = f"{CRLF} ".join(tags)
        data = signed + _relaxed("DKIM-Signature", value)
        signature = b64encode(key.signature_of(data.encode())).decode()
        lines = (signature[start : start + LINE_LIMIT - 4] for start in range(0, len(signature), LINE_LIMIT - 4))
        return "DKIM-Signature", f"{value}{f'{CRLF} '.join(lines)}"


def _is_signed(name: str) -> bool:
    return name in _ONLY_ONCE or name.startswith(("list-", "content-"))


def _named(present: Iterable[str]) -> str:
    """The names of signed headers as the tag h= has them, in the order in which they are signed, on short lines."""
    counts = Counter(present)
    names = [*counts.elements(), *_ONLY_ONCE]
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) + 5 > LINE_LIMIT:
            lines.append("")
        lines[-1] += f"{name}:"
    return f"{CRLF} ".join(lines).removesuffix(":")


def _relaxed(name: str, value: str) -> str:
    """A header in the relaxed form that is signed (RFC 6376, section 3.4.2)."""
    return f"{name.lower()}:{' '.join(value.split())}"
