"""The preview on a port of this machine: its door to uvicorn."""

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from pressrun.problems import PressrunError
from pressrun.web.application import Preview
from pressrun.web.guard import Guard

# This machine alone: what is written here is not out yet.
ADDRESS = "127.0.0.1"


class PortTaken(PressrunError):
    """Another program has the port."""


def line_on(port: int) -> socket.socket:
    """A socket that is bound to *port* of this machine, any free one for 0; raises PortTaken."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind((ADDRESS, port))
    except OSError as error:
        line.close()
        raise PortTaken(f"port {port} cannot be had: {error.strerror}; choose another with --port") from error
    return line


class _Server(uvicorn.Server):
    """uvicorn's server, which lets those go who wait for news when it is told to stop."""

    def __init__(self, config: uvicorn.Config, preview: Preview) -> None:
        super().__init__(config)
        self._preview = preview
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._preview.live.close(), self._loop)
        super().handle_exit(sig, frame)


def serve(preview: Preview, line: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve *preview* on *line* until somebody stops it; *ready* is told its address once it listens."""
    port = line.getsockname()[1]
    application = Guard(preview.application(), [f"{ADDRESS}:{port}", f"localhost:{port}"])
    config = uvicorn.Config(
        application, log_level="warning", lifespan="on", http="h11", ws="none", loop="asyncio", access_log=False
    )
    line.listen()
    ready(f"http://{ADDRESS}:{port}/")
    _Server(config, preview).run(sockets=[line])
