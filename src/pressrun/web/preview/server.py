"""The preview on a port of this machine: its door to uvicorn."""

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from pressrun.web.preview.application import Preview
from pressrun.web.preview.guard import PreviewGuard

# This machine alone: what is written here is not out yet.
ADDRESS = "127.0.0.1"


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


def hosts_of(port: int) -> list[str]:
    """What a browser calls this preview, if it has *port*; it leaves out the one that is usual."""
    endings = [f":{port}"] + ([""] if port == 80 else [])
    return [f"{name}{ending}" for name in (ADDRESS, "localhost") for ending in endings]


def serve(preview: Preview, line: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve *preview* on *line*, which listens, until somebody stops it; *ready* is told its address."""
    port = line.getsockname()[1]
    application = PreviewGuard(preview.application(), hosts_of(port))
    config = uvicorn.Config(
        application, log_level="warning", lifespan="on", http="h11", ws="none", loop="asyncio", access_log=False
    )
    ready(f"http://{ADDRESS}:{port}/")
    _Server(config, preview).run(sockets=[line])
