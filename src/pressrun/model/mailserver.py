"""The server that takes letters, and how it is spoken to."""

import enum
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable


class Tls(enum.Enum):
    """How the line to a mail server is encrypted: after a command, from the beginning, or not at all."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Token:
    """What lets in instead of a password where a provider hands out tokens (OAuth 2.0); it is never shown."""

    text: str = field(repr=False)


@runtime_checkable
class TokenSource(Protocol):
    """Where tokens come from, one after the other, for each is good for a while only."""

    def token(self, stale: Token | None = None) -> Token:
        """The newest token, and another one than *stale*, which a server did not take.

        Raises DeliveryError where there is none.
        """
        ...


Secret: TypeAlias = str | Token | TokenSource

PORTS = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server as far as it is settled; None is what nobody has said.

    *origins* tells by a field's name which line of publication.yaml or which variable chose its value.
    """

    host: str | None = None
    port: int | None = None
    tls: Tls | None = None
    username: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def encryption(self) -> Tls:
        """How the line is encrypted: as was said, else as the port means it, else by STARTTLS."""
        if self.tls is not None:
            return self.tls
        return Tls.TLS if self.port == PORTS[Tls.TLS] else Tls.STARTTLS

    @property
    def door(self) -> int:
        """The port: as was said, else the usual one."""
        return self.port if self.port is not None else PORTS[self.encryption]

    def because(self, *names: str) -> str:
        """What chose the fields called *names*, as it stands behind a sentence; empty where nothing is known."""
        known = [f"{name} from {self.origins[name]}" for name in names if name in self.origins]
        return f" ({', '.join(known)})" if known else ""


def is_loopback(host: str) -> bool:
    """Whether *host*, an IP address, is this machine itself."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
