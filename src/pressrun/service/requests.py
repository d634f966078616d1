"""What a request tells of who made it, and answers whose time tells nothing."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from pressrun.model.consent import Evidence, Way

LONGEST_AGENT = 300
# An answer about an address takes a whole multiple of so many seconds, whether the address is known or not.
STEP = 0.2


def ip_of(request: Request) -> str | None:
    """The IP address that the request came from; None where it is none, such as over a Unix socket."""
    try:
        return str(ipaddress.ip_address(request.client.host if request.client else ""))
    except ValueError:
        return None


def evidence_of(request: Request, way: Way) -> Evidence:
    """What proves that something was done by *way*: what of it is kept, the publication says."""
    agent = "".join(sign for sign in request.headers.get("user-agent", "") if sign.isprintable())
    return Evidence(way, ip_of(request), agent[:LONGEST_AGENT] or None)


@asynccontextmanager
async def evenly(step: float) -> AsyncIterator[None]:
    """Let what is done within take a whole multiple of *step* seconds."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    yield
    if step:
        await asyncio.sleep(step - (loop.time() - start) % step)
