"""The proxy that the environment or the system names for an address: `http_proxy`, `https_proxy`, and `no_proxy`."""

import base64
import urllib.request
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy, and what it is sent in Proxy-Authorization, "" for nothing (RFC 9110, section 11.7.2)."""

    host: str
    port: int
    authorization: str = ""


def no_proxy(_url: str) -> None:
    """Return no proxy for any address."""
    return


def system_proxy(url: str) -> Proxy | None:
    """Return the proxy for *url*, None to ask its host directly. Raises ValueError if the setting is no address."""
    parts = urlsplit(url)
    written = urllib.request.getproxies().get(parts.scheme)
    if not written or urllib.request.proxy_bypass(parts.netloc):
        return None
    proxy = urlsplit(written if "://" in written else f"http://{written}")
    if not proxy.hostname:
        raise ValueError(f"{parts.scheme}_proxy is not the address of a proxy")
    authorization = ""
    if proxy.username is not None:
        user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        authorization = f"Basic {base64.b64encode(user.encode()).decode()}"
    return Proxy(proxy.hostname, proxy.port or 80, authorization)
