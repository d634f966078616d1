"""What is looked at before the first letter of an edition goes out; each check can be waived by its name."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from pressrun.send import Ready, hash_of

# What each looks at, for whoever asks.
CHECKS = {
    "out": "the edition and its stories are out",
    "test": "the letter is the one that was last sent by --test",
    "postal-address": "the letter says where the publisher is",
    "one-click": "readers leave by one click, at a host that answers over HTTPS",
    "page": "the page to view in a browser answers over HTTPS",
    "pictures": "every picture answers over HTTPS",
}
_PICTURE = re.compile(r"<img\b[^>]*?\ssrc=\"([^\"]*)\"", re.IGNORECASE)

# Why readers do not get what is at an address, as the end of a sentence; None where they do.
Asked = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """Why not to send, by the check that found it, and what to do about it."""

    check: str
    message: str
    hint: str


def preflight(
    letter: Ready,
    tested: str | None,
    one_click: str | None,
    asked: Asked,
    reached: Asked,
    waived: Collection[str] = (),
) -> list[Finding]:
    """All that speaks against sending *letter* now.

    *tested* is the hash of the letter that was tested last, *one_click* an address of those where readers leave by one
    click; of its host it is enough that it is *reached*. Nobody is asked for a check that is waived.
    """
    checks: dict[str, Callable[[], Iterator[Finding]]] = {
        "out": lambda: _out(letter),
        "test": lambda: _test(letter, tested),
        "postal-address": lambda: _postal_address(letter),
        "one-click": lambda: _one_click(one_click, reached),
        "page": lambda: _page(letter, asked),
        "pictures": lambda: _pictures(letter, asked),
    }
    return [finding for name, check in checks.items() if name not in waived for finding in check()]


def pictures_in(letter: Ready) -> list[str]:
    """The addresses of all pictures that the letter shows, each once."""
    return list(dict.fromkeys(unescape(each) for each in _PICTURE.findall(letter.newsletter.html)))


def _out(letter: Ready) -> Iterator[Finding]:
    for file, reason in letter.not_out:
        yield Finding("out", f"{file} {reason}", "wait for its day, or let it out, and build and publish")


def _test(letter: Ready, tested: str | None) -> Iterator[Finding]:
    if tested is None:
        yield Finding("test", "nobody has looked at this letter yet", "send it to yourself: --test ADDRESS")
    elif tested != hash_of(letter):
        yield Finding("test", "the letter is not the one that was tested last", "look at it once more: --test ADDRESS")


def _postal_address(letter: Ready) -> Iterator[Finding]:
    if letter.publication.mail.postal_address is None:
        message = "the letter does not say where you are, which many countries' laws ask for"
        yield Finding("postal-address", message, "write mail: and below it postal_address: into publication.yaml")


def _one_click(address: str | None, reached: Asked) -> Iterator[Finding]:
    if address is None:
        message = "readers cannot leave by one click, which Gmail and Yahoo ask for (RFC 8058)"
        yield Finding("one-click", message, "write service: and below it address: into publication.yaml")
        return
    parts = urlsplit(address)
    host = f"{parts.scheme}://{parts.netloc}/"  # the address itself is a reader's own
    if reason := _unreachable(host, reached):
        yield Finding("one-click", f"{host}, where readers leave by one click, {reason}", "start what answers there")


def _page(letter: Ready, asked: Asked) -> Iterator[Finding]:
    link = letter.edition.link
    if link is not None and (reason := _unreachable(link, asked)):
        yield Finding("page", f"{link}, the page to view the letter in a browser, {reason}", "build and publish first")


def _pictures(letter: Ready, asked: Asked) -> Iterator[Finding]:
    for address in pictures_in(letter):
        if reason := _unreachable(address, asked):
            yield Finding("pictures", f"{address}, a picture of the letter, {reason}", "build and publish first")


def _unreachable(address: str, asked: Asked) -> str | None:
    if urlsplit(address).scheme != "https":
        return "is not an address of HTTPS"
    reason = asked(address)
    return f"does not answer: {reason}" if reason is not None else None
