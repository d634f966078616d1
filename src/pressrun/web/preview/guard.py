"""Who may ask: nobody but pages of this very server, whatever name leads to this machine."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pressrun.web.serving import framing_refusal, headed

# Pages load what comes from here, and run the one script of the preview.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What was written by others is shown, and nothing of it runs, leads anywhere or asks for anything but pictures.
FRAME_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class PreviewGuard:
    """Refuses what does not ask for one of *hosts*, or comes from a page of another; and says what pages may do.

    A name on the web can be made to lead to this machine (DNS rebinding); then the browser still tells which
    name it was. Whatever changes something has to say where it comes from.
    """

    def __init__(self, application: ASGIApp, hosts: Collection[str]) -> None:
        self._application = application
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{host}" for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope), changes=scope["method"] not in ("GET", "HEAD"))
        await (framing_refusal(scope) or refusal or self._application)(scope, receive, headed(send, HEADERS))

    def _refusal(self, headers: Headers, *, changes: bool) -> PlainTextResponse | None:
        if headers.getlist("host") not in [[host] for host in self._hosts]:
            return PlainTextResponse("This is the preview of another address.\n", 421)
        origin = headers.get("origin")
        if origin not in self._origins and (changes or origin is not None):
            return PlainTextResponse("This comes from a page of another site.\n", 403)
        return None
