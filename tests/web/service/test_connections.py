"""Connections as strangers hold them: idle by the hundreds, never finished, or with two opinions on where they end."""

import asyncio
import itertools
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from eventloops import run_apart
from mailserver import HOST
from pressrun.web.service.guard import ServiceGuard
from pressrun.web.service.server import MOST_CONNECTIONS, server_for
from pressrun.web.serving import line_on

SECONDS = 30
ASK = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


class Place:
    """A server on loopback whose application answers, reads, or waits until it is let go."""

    def __init__(self, most: int = MOST_CONNECTIONS) -> None:
        self.line = line_on(HOST, 0)
        self.port = self.line.getsockname()[1]
        self.asked: list[str] = []
        self.news = threading.Condition()
        self.let_go = asyncio.Event()
        routes = [
            Route("/health", self.health, methods=["GET", "POST"]),
            Route("/body", self.body, methods=["POST"]),
            Route("/busy", self.busy),
        ]
        self.server: uvicorn.Server = server_for(
            ServiceGuard(Starlette(routes=routes), lambda _: None), (), SECONDS, most
        )

    def _note(self, name: str) -> None:
        with self.news:
            self.asked.append(name)
            self.news.notify_all()

    def wait_for(self, name: str, times: int) -> None:
        with self.news:
            assert self.news.wait_for(lambda: self.asked.count(name) >= times, SECONDS)

    async def health(self, _: Request) -> PlainTextResponse:
        self._note("health")
        return PlainTextResponse("ok\n")

    async def body(self, request: Request) -> PlainTextResponse:
        self._note("body")
        return PlainTextResponse(await request.body())

    async def busy(self, _: Request) -> PlainTextResponse:
        self._note("busy")
        await self.let_go.wait()
        return PlainTextResponse("done\n")

    def connect(self) -> socket.socket:
        return socket.create_connection((HOST, self.port), SECONDS)


@contextmanager
def a_place(most: int = MOST_CONNECTIONS) -> Iterator[Place]:
    place = Place(most)
    thread = threading.Thread(target=lambda: place.server.run(sockets=[place.line]))
    thread.start()
    try:
        yield place
    finally:
        place.server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with a_place() as running:
        yield running


@pytest.fixture
def many_files() -> None:
    """Both ends of all connections are in this process."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192) if hard > 0 else 8_192, hard))


def status_of(line: socket.socket) -> int:
    """The status of the answer that comes next, which is all of it; 0 where the connection ends without any."""
    said = b""
    while b"\r\n\r\n" not in said:
        # One by one: what comes behind it belongs to the next answer.
        sign = line.recv(1)
        if not sign:
            return 0
        said += sign
    fields = dict(each.split(b": ", 1) for each in said.lower().split(b"\r\n")[1:-2])
    body, length = b"", int(fields.get(b"content-length", b"1000"))
    while len(body) < length and (sign := line.recv(1)):
        body += sign
    assert b"content-length" in fields or b"connection" in fields
    return int(said.split()[1])


def answer_to(place: Place, request: bytes) -> int:
    with place.connect() as line:
        line.sendall(request)
        return status_of(line)


IDLE = {
    "nothing was said": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "half a body": b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    "a kept connection": ASK,
}


@pytest.mark.slow
@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("said", IDLE.values(), ids=IDLE)
def test_connections_that_only_wait_keep_nobody_out(said: bytes) -> None:
    """As many as there may be, and a hundred more."""
    with a_place() as place, ExitStack() as lines:
        for _ in range(MOST_CONNECTIONS + 100):
            line = lines.enter_context(place.connect())
            line.sendall(said)
            if said == ASK:
                assert status_of(line) == 200
        for _ in range(5):
            assert answer_to(place, ASK) == 200


def test_who_has_waited_longest_makes_room() -> None:
    with a_place(most=3) as place, ExitStack() as lines:
        first, second, third = (lines.enter_context(place.connect()) for _ in range(3))
        for line in (second, third, first):
            line.sendall(ASK)
            assert status_of(line) == 200
        assert answer_to(place, ASK) == 200
        with suppress(ConnectionResetError):
            assert second.recv(1) == b""
        for line in (third, first):
            line.sendall(ASK)
            assert status_of(line) == 200


def test_what_is_being_answered_is_not_interrupted_and_a_full_house_says_so() -> None:
    with a_place(most=2) as place, ExitStack() as lines:
        working = [lines.enter_context(place.connect()) for _ in range(2)]
        for line in working:
            line.sendall(b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
        place.wait_for("busy", 2)
        assert answer_to(place, b"") == 503
        (connection, *_) = place.server.server_state.connections
        connection.loop.call_soon_threadsafe(place.let_go.set)  # type: ignore[union-attr]
        assert [status_of(line) for line in working] == [200, 200]


def spelled(name: str) -> list[str]:
    return [name, name.lower(), name.upper(), name.swapcase()]


BODY = b"2\r\nok\r\n0\r\n\r\n"
BOTH = [
    "\r\n".join(fields)
    for length in spelled("Content-Length")
    for coding in spelled("Transfer-Encoding")
    for fields in itertools.permutations([f"{length}: {len(BODY)}", f"{coding}: chunked", "X: y"])
]


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_two_opinions_on_where_a_request_ends_are_none(place: Place, version: str) -> None:
    """RFC 9112, section 6.3: refused, and nothing behind it is taken for another request."""
    before = place.asked.count("body")
    for fields in BOTH:
        request = f"POST /body HTTP/{version}\r\nHost: x\r\n{fields}\r\n\r\n".encode() + BODY
        with place.connect() as line:
            line.sendall(request + ASK)
            assert status_of(line) == 400, fields
            assert line.recv(1) == b""
    assert place.asked.count("body") == before


@pytest.mark.parametrize(
    "fields",
    [
        "Content-Length: 2\r\nContent-Length: 3",
        "content-length: 3\r\nCONTENT-LENGTH: 2",
        "Content-Length: 2, 3",
        "Content-Length: +2",
        "Content-Length: 2\r\nContent-Length:",
        "Content-Length: -2",
        "Content-Length: 0x2",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding : chunked",
        "Content-Length : 2",
        "Transfer-Encoding: chunked\r\nContent-Length: none",
        "Content-Length: 2\r\nTransfer-Encoding:\r\n chunked",
        "Content-Length: 2\r\nTransfer-Encoding: \x0bchunked",
    ],
)
def test_a_length_that_is_none_is_refused(place: Place, fields: str) -> None:
    with place.connect() as line:
        line.sendall(f"POST /body HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\nok".encode() + ASK)
        assert status_of(line) == 400
        assert line.recv(1) == b""


def test_chunks_alone_are_old_fashioned_in_http_1_0(place: Place) -> None:
    """RFC 9112, section 6.1: the framing is faulty."""
    request = b"POST /body HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY
    assert answer_to(place, request) == 400


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ("Content-Length: 2", b"ok"),
        ("Content-Length: 2\r\nContent-Length: 2", b"ok"),
        ("Content-Length: 2, 2", b"ok"),
        ("Transfer-Encoding: chunked", BODY),
        ("Transfer-Encoding: CHUNKED", BODY),
    ],
)
def test_one_opinion_is_enough(place: Place, fields: str, body: bytes) -> None:
    with place.connect() as line:
        line.sendall(f"POST /body HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n".encode() + body + ASK)
        assert [status_of(line), status_of(line)] == [200, 200]


@pytest.mark.parametrize("host", [HOST, "::1"])
def test_no_answer_waits_for_an_acknowledgement(host: str) -> None:
    """TCP_NODELAY is set on each connection that a server of ours takes, for what line_on gives says that it is TCP."""

    async def options() -> list[int]:
        taken: asyncio.Queue[asyncio.BaseTransport] = asyncio.Queue()

        class Protocol(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                taken.put_nowait(transport)

        listening = line_on(host, 0)
        server = await asyncio.get_running_loop().create_server(Protocol, sock=listening)
        async with server:
            _, writer = await asyncio.open_connection(*listening.getsockname()[:2])
            transport = await taken.get()
            option = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            transport.abort()  # type: ignore[attr-defined]
            writer.close()
            return [option]

    assert run_apart(options) != [0]


def test_every_kept_connection_of_the_service_sends_at_once(place: Place) -> None:
    with place.connect() as line:
        for _ in range(2):
            line.sendall(ASK)
            assert status_of(line) == 200
        kept = [each.transport.get_extra_info("socket") for each in place.server.server_state.connections]
        assert kept
        assert all(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in kept)
