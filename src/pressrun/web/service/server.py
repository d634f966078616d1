"""The service on a port or a socket: its door to uvicorn."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

# Whoever has not said by then what they want is slow on purpose; a proxy in front has its own patience.
HEADER_SECONDS = 10
# Well below the 1,024 files that a process may have open on most systems.
MOST_CONNECTIONS = 500
GOODBYE_SECONDS = 10
FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Patient(H11Protocol):
    """uvicorn's protocol with two limits: on the time that a request's head may take, and on connections.

    Connections that only wait never keep others out: when there are too many, the one that has waited longest is
    closed for the new one. A request that the application is answering is never interrupted.
    """

    seconds: float = HEADER_SECONDS
    most: int = MOST_CONNECTIONS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._heard = self.loop.time()
        self._deadline = self.loop.call_later(self.seconds, self._too_slow)
        if len(self.connections) > self.most:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        super().data_received(data)

    def on_response_complete(self) -> None:
        self._heard = self.loop.time()
        self._deadline.cancel()
        self._deadline = self.loop.call_later(self.seconds, self._too_slow)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def _too_slow(self) -> None:
        if self._is_between_requests and not self.transport.is_closing():
            self.transport.close()

    @property
    def _is_between_requests(self) -> bool:
        # Between two requests the last one's cycle is still there.
        return self.cycle is None or self.cycle.response_complete

    @property
    def _only_waits(self) -> bool:
        """Whether nothing happens here before the client sends more: of a head, of a body, or a new request."""
        return self._is_between_requests or self.cycle.more_body

    def _make_room(self) -> None:
        others = [each for each in self.connections if isinstance(each, _Patient) and each is not self]
        waiting = [each for each in others if each._only_waits]
        if waiting:
            # It stays among the connections until the loop has closed it, and must not be chosen twice.
            longest = min(waiting, key=lambda each: each._heard)
            self.connections.discard(longest)
            longest.transport.abort()
        else:
            self.transport.write(FULL)
            self.transport.close()


def server_for(
    application: ASGIApp, proxies: Sequence[str], patience: float = HEADER_SECONDS, most: int = MOST_CONNECTIONS
) -> uvicorn.Server:
    """A server for *application*, which believes *proxies* alone who it is that asks, and has so many seconds of
    *patience* with whoever does not finish asking. It keeps at most *most* connections.
    """
    settings: dict[str, Any] = {
        "http": type("Patient", (_Patient,), {"seconds": patience, "most": most}),
        "ws": "none",
        "loop": "asyncio",
        "lifespan": "on",
        # Its own logs would hold tokens and addresses.
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(proxies),
        "forwarded_allow_ips": list(proxies),
        "timeout_graceful_shutdown": GOODBYE_SECONDS,
    }
    return uvicorn.Server(uvicorn.Config(application, **settings))


def serve(application: ASGIApp, proxies: Sequence[str], line: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve *application* on *line* until somebody stops it; *ready* is told where, once it listens."""
    host, port = line.getsockname()[:2]
    ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    server_for(application, proxies).run(sockets=[line])
