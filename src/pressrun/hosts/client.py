"""The HTTP client: every request to another host goes through it."""

import re
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from urllib.parse import SplitResult, urldefrag, urlsplit

from pressrun import __version__
from pressrun.hosts.answers import AddressVerdict, Answer, HttpReply, NoReply, status_words
from pressrun.hosts.connections import (
    Deadline,
    HostConnection,
    addresses_of,
    allowed_addresses,
    answer_to,
    connected,
    encrypted,
    reason_of,
)
from pressrun.hosts.networks import why_not
from pressrun.hosts.proxies import Proxy, no_proxy
from pressrun.hosts.redirects import RedirectPath, is_web
from pressrun.model.addresses import ascii_url

SECONDS = 20.0
LARGEST = 20_000_000
SEE_OTHER = 303
_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+")
_CHUNK = 64 * 1024
_GZIP_OR_ZLIB = 47  # zlib's way to say: whichever of the two it is
_FORM = "Content-Type: application/x-www-form-urlencoded"


def user_agent(home: str | None = None, purpose: str = "") -> str:
    """Return how Pressrun introduces itself: its version, and for a publication its *home*, where people find it."""
    more = "; ".join(filter(None, [purpose, f"+{ascii_url(home)}" if home is not None else ""]))
    return f"Pressrun/{__version__} ({more})" if more else f"Pressrun/{__version__}"


@dataclass(frozen=True, slots=True)
class Response:
    """What came back in the end, after redirects: the status, and as much of the body as was asked for."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests to other hosts, with *agent* as User-Agent, one on each connection.

    A name is looked up once, *guard* must accept all its addresses, and the connection goes to one of them: the name
    cannot lead elsewhere after the check. Cookies are not kept. *proxy* returns the proxy for an address. A proxy
    looks up names itself, so use none together with a guard. Every method raises NoReply, with the reason as the end
    of a sentence, if there is no answer within its *seconds*, all redirects together.
    """

    agent: str
    guard: Callable[[str], str | None] = why_not
    resolve: Callable[[str, int], list[str]] = addresses_of
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    clock: Callable[[], float] = time.monotonic
    proxy: Callable[[str], Proxy | None] = no_proxy

    def __call__(self, method: str, url: str, seconds: float = SECONDS) -> HttpReply:
        """Return the head of the answer to *method*, HEAD or GET, at *url*. Does not follow redirects."""
        more = ["Range: bytes=0-0"] if method == "GET" else []
        with self._exchange(method, url, self._deadline(seconds), more) as response:
            return _head(response)

    def header(self, url: str, name: str, seconds: float = SECONDS, form: bytes | None = None) -> tuple[int, str]:
        """Return the status of the answer at *url* and its header *name*, "" if there is none.

        The request is GET; with *form*, that is posted. Does not follow redirects.
        """
        with self._exchange(_method(form), url, self._deadline(seconds), _headers(form), form or b"") as response:
            return response.status, response.headers.get(name, "")

    def get(self, url: str, seconds: float = SECONDS, largest: int = LARGEST) -> Response:
        """Return the answer at *url* and where its redirects lead, unpacked; NoReply if it is over *largest* bytes."""
        deadline = self._deadline(seconds)
        way = RedirectPath(url)
        while True:
            with self._exchange("GET", way.here, deadline, packed="gzip") as response:
                if not _is_followed(way, response):
                    data = _unpacked(_body(response, largest), response.headers, largest)
                    return Response(response.status, data)

    def post(self, url: str, form: bytes, seconds: float = SECONDS, beginning: int = 300) -> Response:
        """Post *form* to *url* and where that redirects; return the answer and the first *beginning* bytes of its body.

        A redirect gets the form again, so that it arrives; only See Other (303) is followed by a GET.
        """
        deadline = self._deadline(seconds)
        way = RedirectPath(url)
        posted: bytes | None = form
        while True:
            with self._exchange(_method(posted), way.here, deadline, _headers(posted), posted or b"") as response:
                if not _is_followed(way, response):
                    return Response(response.status, response.read(beginning))
                if response.status == SEE_OTHER:
                    posted = None

    def _deadline(self, seconds: float) -> Deadline:
        return Deadline(self.clock() + seconds, self.clock)

    @contextmanager
    def _exchange(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        more: Sequence[str] = (),
        body: bytes = b"",
        packed: str = "identity",
    ) -> Iterator[HTTPResponse]:
        """Give the answer to one request, its head read; *more* are headers of ours."""
        parts = urlsplit(url)
        host, port = _host_and_port(parts)
        try:
            proxy = self.proxy(url)
            with self._connection(parts.scheme, host, port, proxy, deadline) as connection:
                target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
                if proxy is not None and parts.scheme == "http":
                    target = urldefrag(url).url
                    more = [*more, *_authorization(proxy)]
                head = [
                    f"{method} {target} HTTP/1.1",
                    f"Host: {parts.netloc}",
                    f"User-Agent: {self.agent}",
                    "Accept: */*",
                    f"Accept-Encoding: {packed}",
                    *more,
                    "Connection: close",
                ]
                with answer_to(connection, method, head, body) as response:
                    yield response
        except (HTTPException, OSError, ValueError, zlib.error) as error:
            answer = Answer(AddressVerdict.UNREACHABLE, reason_of(error))
            raise NoReply(answer, broke_off=not isinstance(error, TimeoutError)) from error

    @contextmanager
    def _connection(
        self, scheme: str, host: str, port: int, proxy: Proxy | None, deadline: Deadline
    ) -> Iterator[HostConnection]:
        if proxy is None:
            addresses = allowed_addresses(host, port, self.resolve, self.guard)
        else:
            addresses = allowed_addresses(proxy.host, proxy.port, self.resolve, lambda _: None)
        with connected(addresses, port if proxy is None else proxy.port, deadline) as plain:
            if scheme == "http":
                yield HostConnection(plain, deadline)
                return
            if proxy is not None:
                _tunnel(
                    HostConnection(plain, deadline), host, port, [f"User-Agent: {self.agent}", *_authorization(proxy)]
                )
            with encrypted(plain, host, self.trust, deadline) as sealed:
                yield HostConnection(sealed, deadline)


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    """Return the host and the port of an address. Raises NoReply if it is not one that can be requested."""
    try:
        port = parts.port
    except ValueError as error:
        raise NoReply(Answer(AddressVerdict.REFUSED, "its port is not valid")) from error
    host = parts.hostname or ""
    if "@" in parts.netloc:
        raise NoReply(Answer(AddressVerdict.REFUSED, "it carries a name or a password"))
    if not is_web(parts.geturl()):
        raise NoReply(Answer(AddressVerdict.REFUSED, "only http and https are supported"))
    if not _HOST.fullmatch(host):
        raise NoReply(Answer(AddressVerdict.REFUSED, f"{host} is not a host name" if host else "its host is missing"))
    return host, (443 if parts.scheme == "https" else 80) if port is None else port


def _method(form: bytes | None) -> str:
    return "GET" if form is None else "POST"


def _headers(form: bytes | None) -> list[str]:
    return [] if form is None else [_FORM, f"Content-Length: {len(form)}"]


def _authorization(proxy: Proxy) -> list[str]:
    return [f"Proxy-Authorization: {proxy.authorization}"] if proxy.authorization else []


def _tunnel(connection: HostConnection, host: str, port: int, more: Sequence[str]) -> None:
    """Have a proxy connect to *host* (RFC 9110, section 9.3.6). Raises NoReply if it does not."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    with answer_to(connection, "CONNECT", [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *more]) as response:
        if not 200 <= response.status <= 299:
            reason = f"the proxy says {status_words(response.status)}"
            raise NoReply(Answer(AddressVerdict.UNREACHABLE, reason), whole_host=True)


def _head(response: HTTPResponse) -> HttpReply:
    headers = response.headers
    return HttpReply(response.status, _text(headers.get("Location", "")), headers.get("Retry-After", ""))


def _is_followed(way: RedirectPath, response: HTTPResponse) -> bool:
    """Go on along *way* if *response* is a redirect; return whether it is. Raises NoReply if that leaves the web."""
    reply = _head(response)
    if not reply.leads_on:
        return False
    way.follow(reply)
    if not is_web(way.here):
        reason = f"the server says {status_words(reply.status)} and leads to {way.here}, outside of the web"
        raise NoReply(Answer(AddressVerdict.REFUSED, reason))
    return True


def _text(header: str) -> str:
    """A header as it was meant: http.client reads Latin-1, and servers write UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _body(response: HTTPResponse, largest: int) -> bytes:
    data = bytearray()
    while chunk := response.read1(_CHUNK):
        data += chunk
        if len(data) > largest:
            raise ValueError(_too_large(largest))
    if response.length:  # what was announced and did not come
        raise IncompleteRead(bytes(data), response.length)
    return bytes(data)


def _unpacked(data: bytes, headers: HTTPMessage, largest: int) -> bytes:
    if headers.get("Content-Encoding", "").strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return data
    unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)
    unpacked = unpacking.decompress(data, largest + 1)
    if len(unpacked) > largest:
        raise ValueError(_too_large(largest))
    if not unpacking.eof:
        raise ValueError("the answer ends too early")
    return unpacked


def _too_large(largest: int) -> str:
    return f"it is larger than {largest // 1_000_000:,} MB"
