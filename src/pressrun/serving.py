"""What our servers have in common: a line on a port, and headers on every answer."""

import socket
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from pressrun.problems import PressrunError

MOST_WAITING = 1024


class PortTaken(PressrunError):
    """Another program has the port."""


def line_on(host: str, port: int) -> socket.socket:
    """A socket that listens on *port* of *host*, any free one for 0; raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    line = socket.socket(family)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind((host, port))
    except OSError as error:
        line.close()
        raise PortTaken(f"{host}:{port} cannot be had: {error.strerror}; choose another with --port") from error
    line.listen(MOST_WAITING)
    return line


def headed(send: Send, headers: Mapping[str, str]) -> Send:
    """*send*, with *headers* on every answer that has none of that name."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = MutableHeaders(scope=message)
            for name, value in headers.items():
                own.setdefault(name, value)
        await send(message)

    return sent
