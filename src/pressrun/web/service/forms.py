"""What somebody posted, read within limits of size and time."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

LARGEST_BODY = 16_384
MOST_FIELDS = 100
BODY_SECONDS = 10
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Submission:
    """The fields of a form, in the order that they came; a name may come several times."""

    fields: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str:
        """The first that is called *name*; empty where there is none."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        """All that are called *name*."""
        return [value for key, value in self.fields if key == name]


async def submission_of(request: Request, seconds: float = BODY_SECONDS) -> Submission:
    """The form in *request*; raises HTTPException where it is too large (413), too slow (408) or cannot be read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (URLENCODED, MULTIPART):
        raise HTTPException(415)
    try:
        async with asyncio.timeout(seconds):
            body = await _body_of(request)
    except TimeoutError:
        raise HTTPException(408, headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400) from None
    try:
        if kind == URLENCODED:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        else:
            pairs = await _parts_of(request, body)
    except (ValueError, KeyError, MultiPartException):
        raise HTTPException(400) from None
    return Submission(tuple(pairs))


async def _body_of(request: Request) -> bytes:
    said = request.headers.get("content-length", "0")
    if not said.isdecimal() or int(said[:12]) > LARGEST_BODY:
        raise HTTPException(413, headers={"Connection": "close"})
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:  # it need not have told the truth, or anything
            raise HTTPException(413, headers={"Connection": "close"})
    return body


async def _parts_of(request: Request, body: bytes) -> list[tuple[str, str]]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    form = await MultiPartParser(request.headers, stream(), max_files=0, max_fields=MOST_FIELDS).parse()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
