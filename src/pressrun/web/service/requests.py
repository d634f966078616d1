"""What a request tells of who made it, and answers whose time tells nothing."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from pressrun.model.consent import ConsentSource, Evidence

LONGEST_AGENT = 300
# An answer about an address takes a whole multiple of so many seconds, whether the address is known or not.
STEP = 0.2
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def ip_of(request: Request) -> str | None:
    """The IP address that the request came from; None where it is none, such as over a Unix socket."""
    try:
        return str(ipaddress.ip_address(request.client.host if request.client else ""))
    except ValueError:
        return None


def evidence_of(request: Request, way: ConsentSource) -> Evidence:
    """What proves that something was done by *way*: what of it is kept, the publication says."""
    agent = "".join(sign for sign in request.headers.get("user-agent", "") if sign.isprintable())
    return Evidence(way, ip_of(request), agent[:LONGEST_AGENT] or None)


@asynccontextmanager
async def evenly(step: float) -> AsyncIterator[None]:
    """Let what is done within take a whole multiple of *step* seconds, also where it fails."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    try:
        yield
    finally:
        if step:
            await asyncio.sleep(step - (loop.time() - start) % step)


def even(step: float, handler: Handler, *methods: str) -> Handler:
    """Return *handler* with answers to *methods* that take a whole multiple of *step* seconds, as those of forms do.

    They ask the store, one after the other. Without this, whoever has a link of their own could time how long the
    store is busy with an address that they typed into a form at the same moment.
    """

    @wraps(handler)
    async def evened(request: Request) -> Response:
        is_even = request.method in methods or (request.method == "HEAD" and "GET" in methods)
        async with evenly(step if is_even else 0):
            return await handler(request)

    return evened
