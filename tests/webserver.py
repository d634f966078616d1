"""A web server for tests, on loopback and on whatever port is free, which answers as it is told and writes it down."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Clock:
    """Time that passes only when somebody lets it."""

    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


@dataclass(frozen=True)
class Asked:
    """A request as the server got it, and when."""

    moment: float
    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Says:
    """What the server says at a path: to GET what it says to HEAD, unless *to_head* says otherwise."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    to_head: int | None = None
    raw: bytes | None = None  # all that is said, HTTP or not
    stays: bool = False  # and then the line stays open without another word
    endless: bool = False  # a body that never ends
    body: bytes = b""


class Site(ThreadingHTTPServer):
    """Says what *answers* say by path, 404 elsewhere; *log* has every request."""

    daemon_threads = True

    def __init__(self, clock: Callable[[], float], context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.clock = clock
        self.context = context
        self.answers: dict[str, Says] = {}
        self.log: list[Asked] = []
        self.over = threading.Event()
        self.arrivals: dict[str, threading.Event] = {}

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http{'s' if self.context else ''}://{host}:{self.server_port}{path}"

    def asked(self) -> list[str]:
        """Each request as its method and path."""
        return [f"{each.method} {each.path}" for each in self.log]

    def when(self, path: str) -> threading.Event:
        """What is set as soon as somebody has asked for *path*."""
        return self.arrivals.setdefault(path, threading.Event())

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked had enough, or did not trust us; that is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        if self.server.context:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        if self.server.context:
            self.request.close()

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        site = self.server
        host = self.headers["Host"].rpartition(":")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        site.log.append(Asked(site.clock(), self.command, host, self.path, dict(self.headers), body))
        site.when(self.path).set()
        self.close_connection = True
        self._say(site.answers.get(self.path, Says(404)))

    def _say(self, says: Says) -> None:
        if says.raw is not None:
            self.wfile.write(says.raw)
        else:
            self.send_response(says.to_head if self.command == "HEAD" and says.to_head else says.status)
            for name, value in says.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(says.body)
        if says.stays:
            self.server.over.wait()
        with contextlib.suppress(OSError):
            while says.endless and self.command == "GET":
                self.wfile.write(bytes(65536))

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name that it has there
        pass


@contextlib.contextmanager
def a_site(clock: Callable[[], float], context: ssl.SSLContext | None = None) -> Iterator[Site]:
    with Site(clock, context) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            site.over.set()
            site.shutdown()
            thread.join()
