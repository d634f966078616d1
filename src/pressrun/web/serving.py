"""What our servers have in common: a socket on a port, requests that none of them answers, and headers of answers."""

import socket
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope, Send

from pressrun.model.problems import PressrunError

MOST_WAITING = 1024


class PortTaken(PressrunError):
    """Another program has the port."""


def line_on(host: str, port: int) -> socket.socket:
    """A socket that listens on *port* of *host*, any free one for 0; raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY on the connections of a socket only where the socket itself says that it is TCP. Without
    # it, each answer on a kept connection waits 40 ms for the client's delayed ACK.
    line = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind((host, port))
    except OSError as error:
        line.close()
        raise PortTaken(f"{host}:{port} cannot be had: {error.strerror}; choose another with --port") from error
    line.listen(MOST_WAITING)
    return line


def framing_refusal(scope: Scope) -> PlainTextResponse | None:
    """Return the refusal of a request whose end is not certain, after which the connection closes; else None.

    A proxy that believes Content-Length and a server that believes Transfer-Encoding disagree on where the next
    request begins (RFC 9112, sections 6.1 and 6.3). The same is true of chunks in HTTP/1.0. What is wrong with one of
    the two fields alone, uvicorn refuses by itself.
    """
    names = [name for name, _ in scope["headers"]]
    if b"transfer-encoding" not in names:
        return None
    if b"content-length" not in names and scope["http_version"] != "1.0":
        return None
    return PlainTextResponse("This request has no certain end.\n", 400, {"Connection": "close"})


def headed(send: Send, headers: Mapping[str, str]) -> Send:
    """*send*, with *headers* on every answer that has none of that name."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = MutableHeaders(scope=message)
            for name, value in headers.items():
                own.setdefault(name, value)
        await send(message)

    return sent
