"""What holds for every answer: its headers, a line in the log without anybody's address, and no traceback."""

import base64
import hashlib
import traceback
from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pressrun.model.spans import Spans
from pressrun.web.serving import framing_refusal, headed

# No cookie is ever set, nothing is loaded from anywhere else, and no page may be shown inside of another.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    # Tokens are part of addresses, and addresses are told to whoever is linked to.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_STYLES = Spans(("<style>", "</style>"))
Log = Callable[[str], None]


def page_policy(html: str) -> str:
    """What a page may do: show its own styles, and post its own forms."""
    digests = (hashlib.sha256(style.inside.encode()).digest() for style in _STYLES.finditer(html))
    styles = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests) or "'none'"
    return (
        f"default-src 'none'; style-src {styles}; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


class ServiceGuard:
    """Puts HEADERS on every answer, and tells *log* of each request what it was: never a token, never an address."""

    def __init__(self, application: ASGIApp, log: Log) -> None:
        self._application = application
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        status = 0

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        told = headed(answered, HEADERS)
        try:
            await (framing_refusal(scope) or self._application)(scope, receive, told)
        except Exception as error:
            self._log(f"error: {place_of(error)}")
            if not status:
                await PlainTextResponse("Something went wrong.\n", 500)(scope, receive, told)
        endpoint = scope.get("endpoint")
        name = getattr(endpoint, "__name__", "nothing").strip("_")
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"
        self._log(f"{method} {name} {status}")


def place_of(error: Exception) -> str:
    """What kind of *error* it was and where it came from; not its words, which may hold what somebody typed."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames[-5:]))
    return f"{type(error).__name__} at {where}"
