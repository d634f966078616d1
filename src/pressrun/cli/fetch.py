"""A feed from the network, fetched for `pressrun diff`."""

import http.client
import time
import urllib.error
import urllib.request
import zlib
from typing import IO
from urllib.parse import urlsplit

from pressrun import __version__
from pressrun.model.addresses import ascii_url
from pressrun.problems import PressrunError

SECONDS = 20
LARGEST = 20_000_000
_CHUNK = 64 * 1024
_GZIP_OR_ZLIB = 47  # zlib's way to say: whichever of the two it is


class FetchError(PressrunError):
    """The web did not give what was asked for."""


def fetched(url: str, *, seconds: float = SECONDS, largest: int = LARGEST) -> bytes:
    """What is at *url*, http or https, read in at most *seconds* and of at most *largest* bytes.

    Raises FetchError with a plain sentence for everything that can go wrong.
    """
    try:
        address = ascii_url(url)
        if not _is_web(address):
            raise FetchError(f"cannot fetch {url}: only http and https are understood")
        headers = {"User-Agent": f"Pressrun/{__version__}", "Accept-Encoding": "gzip"}
        until = time.monotonic() + seconds
        with _opener().open(urllib.request.Request(address, headers=headers), timeout=seconds) as response:
            return _unpacked(_read(response, until, largest), response.headers, largest)
    except urllib.error.HTTPError as error:
        with error:
            raise FetchError(f"cannot fetch {url}: the server says {error.code} {error.reason}".rstrip()) from error
    except urllib.error.URLError as error:
        raise FetchError(f"cannot fetch {url}: {reason_of(error.reason)}") from error
    except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
        raise FetchError(f"cannot fetch {url}: {reason_of(error)}") from error


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the web; the standard library would also go to FTP."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not _is_web(newurl):
            raise urllib.error.HTTPError(req.full_url, code, f"and leads to {newurl}, outside of the web", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """An opener that knows the web and nothing else: no files, no FTP, no data."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _WebOnly(),
    ):
        opener.add_handler(handler)
    return opener


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")


def _read(response: http.client.HTTPResponse, until: float, largest: int) -> bytes:
    data = bytearray()
    while chunk := response.read1(_CHUNK):
        data += chunk
        if len(data) > largest:
            raise ValueError(_too_large(largest))
        if time.monotonic() > until:  # the timeout of a socket is for each of its answers
            raise TimeoutError
    if response.length:  # what was announced and did not come
        raise http.client.IncompleteRead(bytes(data), response.length)
    return bytes(data)


def _unpacked(data: bytes, headers: http.client.HTTPMessage, largest: int) -> bytes:
    if headers.get("Content-Encoding", "").strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return data
    unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)
    unpacked = unpacking.decompress(data, largest + 1)
    if len(unpacked) > largest:
        raise ValueError(_too_large(largest))
    if not unpacking.eof:
        raise ValueError("the answer ends too early")
    return unpacked


def _too_large(largest: int) -> str:
    return f"it is larger than {largest // 1_000_000:,} MB"


def reason_of(error: object) -> str:
    """What went wrong on the line, as the end of a sentence."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case http.client.IncompleteRead():
            return "the answer ends too early"
        case http.client.RemoteDisconnected():
            return "the server closed the connection without an answer"
        case OSError(strerror=str() as reason):
            return reason[:1].lower() + reason[1:]
        case zlib.error():
            return "the answer is not packed as it says"
    return str(error) or type(error).__name__
