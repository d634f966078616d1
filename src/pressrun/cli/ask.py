"""The door through which `pressrun check --external` asks other hosts: one question, and the head of its reply."""

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import SplitResult, urlsplit

from pressrun.cli.fetch import reason_of
from pressrun.external.answers import Answer, NoReply, Reply, Verdict
from pressrun.external.networks import why_not

_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+")
# More would only mean more waiting: whoever does not answer at four addresses does not at a fifth.
MOST_ADDRESSES = 4


def addresses_of(host: str, port: int) -> list[str]:
    """What the system's resolver knows of *host*."""
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@dataclass(frozen=True, slots=True)
class Door:
    """Asks one question at a time, as *agent*.

    A name is looked up once, *guard* must have nothing against any address that it has, and the line goes to
    exactly one of those: a name cannot lead elsewhere behind the guard. No proxy is used, no cookie kept, and of
    a reply nothing but its head is read.
    """

    agent: str
    guard: Callable[[str], str | None] = why_not
    resolve: Callable[[str, int], list[str]] = addresses_of
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    clock: Callable[[], float] = time.monotonic

    def __call__(self, method: str, url: str, seconds: float) -> Reply:
        """What the server says to *method* at *url* within *seconds*; raises NoReply where it says nothing."""
        until = self.clock() + seconds
        parts = urlsplit(url)
        host, port = _host_and_port(parts)
        addresses = self._addresses(host, port)
        try:
            with self._line(parts.scheme, host, port, addresses, until) as line:
                return self._reply(line, method, parts)
        except (http.client.HTTPException, OSError) as error:
            answer = Answer(Verdict.UNREACHABLE, _reason(error))
            raise NoReply(answer, broke_off=not isinstance(error, TimeoutError)) from error

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            unknown = isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME
            reason = f"the name {host} is not known" if unknown else f"the name {host} cannot be looked up"
            raise NoReply(Answer(Verdict.UNREACHABLE, reason), whole_host=True) from error
        for address in addresses:
            if kind := self.guard(address):
                place = address if address == host else f"{host} leads to {address}, which"
                raise NoReply(Answer(Verdict.PRIVATE, f"{place} is {kind}"), whole_host=True)
        return addresses[:MOST_ADDRESSES]

    @contextmanager
    def _line(self, scheme: str, host: str, port: int, addresses: list[str], until: float) -> Iterator["_Line"]:
        with self._connected(addresses, port, until) as plain:
            if scheme == "http":
                yield _Line(plain, until, self.clock)
                return
            plain.settimeout(self._left(until))
            try:
                sealed = self.trust.wrap_socket(plain, server_hostname=host)
            except ssl.SSLCertVerificationError as error:
                reason = f"its certificate is not accepted ({error.verify_message.rstrip('.')})"
                raise NoReply(Answer(Verdict.UNTRUSTED, reason), whole_host=True) from error
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                raise  # the line was cut (older Pythons have another word for it), which says nothing about trust
            except ssl.SSLError as error:
                reason = f"no encryption can be agreed on ({(error.reason or '').replace('_', ' ').lower()})"
                raise NoReply(Answer(Verdict.UNTRUSTED, reason), whole_host=True) from error
            with sealed:
                yield _Line(sealed, until, self.clock)

    def _connected(self, addresses: list[str], port: int, until: float) -> socket.socket:
        """A line to the first of *addresses* that takes one; each has its share of the time that is left."""
        fault: OSError = OSError("it has no address")
        for number, address in enumerate(addresses):
            share = self._left(until) / (len(addresses) - number)
            line = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            line.settimeout(share)
            try:
                line.connect((address, port))
            except OSError as error:
                line.close()
                fault = error
            else:
                return line
        raise NoReply(Answer(Verdict.UNREACHABLE, reason_of(fault)), whole_host=True) from fault

    def _left(self, until: float) -> float:
        left = until - self.clock()
        if left <= 0:
            raise TimeoutError
        return left

    def _reply(self, line: "_Line", method: str, parts: SplitResult) -> Reply:
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        head = [
            f"{method} {target} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"User-Agent: {self.agent}",
            "Accept: */*",
            "Accept-Encoding: identity",
            *(["Range: bytes=0-0"] if method == "GET" else []),
            "Connection: close",
        ]
        line.sendall("".join(f"{each}\r\n" for each in [*head, ""]).encode("ascii"))
        response = http.client.HTTPResponse(cast("socket.socket", line), method=method)
        with response:
            response.begin()
            location = _text(response.headers.get("Location", ""))
            return Reply(response.status, location, response.headers.get("Retry-After", ""))


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    """Whom an address speaks of, where it can be asked at all; raises NoReply where it cannot."""
    try:
        port = parts.port
    except ValueError as error:
        raise NoReply(Answer(Verdict.REFUSED, "its port is none")) from error
    host = parts.hostname or ""
    if "@" in parts.netloc:
        raise NoReply(Answer(Verdict.REFUSED, "it carries a name or a password"))
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise NoReply(Answer(Verdict.REFUSED, "it is no address of the web"))
    return host, (443 if parts.scheme == "https" else 80) if port is None else port


def _reason(error: Exception) -> str:
    match error:
        case ssl.SSLError():
            return "the line was cut"
        case http.client.HTTPException() if not isinstance(error, http.client.RemoteDisconnected):
            return "what it says is no HTTP"
    return reason_of(error)


def _text(header: str) -> str:
    """A header as it was meant: http.client reads Latin-1, and servers write UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


@dataclass(slots=True)
class _Line:
    """What `HTTPResponse` needs of a socket, with one deadline for all that is said on it.

    A socket's own timeout is for each of its answers; a server that sends a byte now and then would be
    listened to without end.
    """

    line: socket.socket
    until: float
    clock: Callable[[], float]

    def sendall(self, data: bytes) -> None:
        self._hurry()
        self.line.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def receive(self, buffer: memoryview) -> int:
        self._hurry()
        return self.line.recv_into(buffer)

    def _hurry(self) -> None:
        left = self.until - self.clock()
        if left <= 0:
            raise TimeoutError
        self.line.settimeout(left)


class _Reading(io.RawIOBase):
    def __init__(self, line: _Line) -> None:
        super().__init__()
        self.line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # it is always given one
        return self.line.receive(buffer)
