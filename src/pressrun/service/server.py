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
MOST_AT_ONCE = 500
GOODBYE_SECONDS = 10


class _Patient(H11Protocol):
    """uvicorn's protocol, which hangs up on whoever does not finish a head in time, of the first request or a later."""

    seconds: float = HEADER_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.seconds, self._too_slow)

    def on_response_complete(self) -> None:
        self._deadline.cancel()
        self._deadline = self.loop.call_later(self.seconds, self._too_slow)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def _too_slow(self) -> None:
        # Between two requests the last one's cycle is still there.
        waits = self.cycle is None or self.cycle.response_complete
        if waits and not self.transport.is_closing():
            self.transport.close()


def server_for(application: ASGIApp, proxies: Sequence[str], patience: float = HEADER_SECONDS) -> uvicorn.Server:
    """A server for *application*, which believes *proxies* alone who it is that asks, and has so many seconds of
    *patience* with whoever does not finish asking.
    """
    settings: dict[str, Any] = {
        "http": type("Patient", (_Patient,), {"seconds": patience}),
        "ws": "none",
        "loop": "asyncio",
        "lifespan": "on",
        # Its own logs would hold tokens and addresses.
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(proxies),
        "forwarded_allow_ips": list(proxies),
        "limit_concurrency": MOST_AT_ONCE,
        "timeout_graceful_shutdown": GOODBYE_SECONDS,
    }
    return uvicorn.Server(uvicorn.Config(application, **settings))


def serve(application: ASGIApp, proxies: Sequence[str], line: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve *application* on *line* until somebody stops it; *ready* is told where, once it listens."""
    host, port = line.getsockname()[:2]
    ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    server_for(application, proxies).run(sockets=[line])
