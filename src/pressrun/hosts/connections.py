"""Connections to other hosts: a name is looked up once, its addresses are checked, and one deadline holds for all."""

import io
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from typing import cast

from pressrun.hosts.answers import AddressVerdict, Answer, NoReply

# A host that does not answer at four addresses does not answer at a fifth, and each costs a share of the time.
MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of *clock*, in seconds, after which nothing is waited for."""

    moment: float
    clock: Callable[[], float]

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutError if there are none."""
        left = self.moment - self.clock()
        if left <= 0:
            raise TimeoutError
        return left


def addresses_of(host: str, port: int) -> list[str]:
    """Return what the system's resolver knows of *host*."""
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def allowed_addresses(
    host: str, port: int, resolve: Callable[[str, int], list[str]], guard: Callable[[str], str | None]
) -> list[str]:
    """Return the addresses of *host*. Raises NoReply if there are none, or if *guard* refuses any of them."""
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError) as error:
        unknown = isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME
        reason = f"the name {host} is not known" if unknown else f"the name {host} cannot be looked up"
        raise NoReply(Answer(AddressVerdict.UNREACHABLE, reason), whole_host=True) from error
    for address in addresses:
        if kind := guard(address):
            place = address if address == host else f"{host} leads to {address}, which"
            raise NoReply(Answer(AddressVerdict.PRIVATE, f"{place} is {kind}"), whole_host=True)
    return addresses[:MOST_ADDRESSES]


def connected(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    """Return a connection to the first of *addresses* that accepts one; each has its share of the time that is left.

    Raises NoReply if none of them does.
    """
    fault: OSError = OSError("it has no address")
    for number, address in enumerate(addresses):
        share = deadline.left() / (len(addresses) - number)
        connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        connection.settimeout(share)
        try:
            connection.connect((address, port))
        except OSError as error:
            connection.close()
            fault = error
        else:
            return connection
    raise NoReply(Answer(AddressVerdict.UNREACHABLE, reason_of(fault)), whole_host=True) from fault


@contextmanager
def encrypted(plain: socket.socket, host: str, trust: ssl.SSLContext, deadline: Deadline) -> Iterator[socket.socket]:
    """Give *plain* with TLS, at whose other end *host* has proved its name. Raises NoReply if it cannot."""
    plain.settimeout(deadline.left())
    try:
        sealed = trust.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        reason = f"its certificate is not accepted ({error.verify_message.rstrip('.')})"
        raise NoReply(Answer(AddressVerdict.UNTRUSTED, reason), whole_host=True) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise  # the connection was cut (older Pythons have another name for it), which says nothing about trust
    except ssl.SSLError as error:
        reason = f"no encryption can be agreed on ({(error.reason or '').replace('_', ' ').lower()})"
        raise NoReply(Answer(AddressVerdict.UNTRUSTED, reason), whole_host=True) from error
    with sealed:
        yield sealed


@dataclass(slots=True)
class HostConnection:
    """What `HTTPResponse` needs of a socket, with one deadline for everything that goes over it.

    A socket's own timeout is for each of its answers: a server that sends a byte now and then would be
    listened to without end.
    """

    socket: socket.socket
    deadline: Deadline

    def sendall(self, data: bytes) -> None:
        """Send *data*. Raises TimeoutError at the deadline."""
        self.socket.settimeout(self.deadline.left())
        self.socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a reader of what the other side sends. It raises TimeoutError at the deadline."""
        return io.BufferedReader(_Reading(self))

    def receive(self, buffer: memoryview) -> int:
        """Read into *buffer* what has come, at least a byte unless nothing follows; return how many bytes."""
        self.socket.settimeout(self.deadline.left())
        return self.socket.recv_into(buffer)


class _Reading(io.RawIOBase):
    def __init__(self, connection: HostConnection) -> None:
        super().__init__()
        self.connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # it is always given one
        return self.connection.receive(buffer)


def answer_to(connection: HostConnection, method: str, head: Sequence[str], body: bytes = b"") -> HTTPResponse:
    """Send a request and return the answer to it, its head read."""
    connection.sendall("".join(f"{each}\r\n" for each in [*head, ""]).encode("ascii") + body)
    response = HTTPResponse(cast(socket.socket, connection), method=method)
    try:
        response.begin()
    except BaseException:
        response.close()
        raise
    return response


def reason_of(error: object) -> str:
    """Return what went wrong on a connection, as the end of a sentence."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLError():
            return "the connection was cut"
        case IncompleteRead():
            return "the answer ends too early"
        case RemoteDisconnected():
            return "the server closed the connection without an answer"
        case HTTPException():
            return "what it says is no HTTP"
        case OSError(strerror=str() as reason):
            return reason[:1].lower() + reason[1:]
        case zlib.error():
            return "the answer is not packed as it says"
    return str(error) or type(error).__name__
