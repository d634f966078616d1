"""What is looked at before the first letter of an edition goes out; each check can be ignored by its name."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from pressrun.post.sending.letter import Ready, hash_of

UNSUBSCRIBE_LINK = "unsubscribe-link"
# What each looks at, for whoever asks.
CHECKS = {
    "out": "the edition and its stories are out",
    "test": "the letter is the one that was last sent by --test",
    "postal-address": "the letter says where the publisher is",
    "one-click": "readers leave by one click, at a host that answers over HTTPS",
    UNSUBSCRIBE_LINK: "an unsubscribe link, signed with the key that this send uses, opens at the service",
    "page": "the page to view in a browser answers over HTTPS",
    "pictures": "every picture answers over HTTPS",
}
_PICTURE = re.compile(r"<img\b[^<>]*?\ssrc=\"([^\"]*)\"", re.IGNORECASE)

# Why readers do not get what is at an address, as the end of a sentence; None where they do.
Asked = Callable[[str], str | None]
# What is wrong with a probe of the service's links, as a sentence; None if they open.
Probed = Callable[[], str | None]


def _no_service() -> None:
    """Where no service is, no link of it has to open."""


@dataclass(frozen=True, slots=True)
class PreflightFinding:
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
    ignored: Collection[str] = (),
    probed: Probed = _no_service,
) -> list[PreflightFinding]:
    """All that speaks against sending *letter* now.

    *tested* is the hash of the letter that was tested last, *one_click* an address of those where readers leave by one
    click; of its host it is enough that it is *reached*. *probed* opens an unsubscribe link of nobody at the
    service. No host is asked for a check that is ignored.
    """
    checks: dict[str, Callable[[], Iterator[PreflightFinding]]] = {
        "out": lambda: _out(letter),
        "test": lambda: _test(letter, tested),
        "postal-address": lambda: _postal_address(letter),
        "one-click": lambda: _one_click(one_click, reached),
        UNSUBSCRIBE_LINK: lambda: unsubscribe_link(probed),
        "page": lambda: _page(letter, asked),
        "pictures": lambda: _pictures(letter, asked),
    }
    return [finding for name, check in checks.items() if name not in ignored for finding in check()]


def pictures_in(letter: Ready) -> list[str]:
    """The addresses of all pictures that the letter shows, each once."""
    return list(dict.fromkeys(unescape(each) for each in _PICTURE.findall(letter.newsletter.html)))


def _out(letter: Ready) -> Iterator[PreflightFinding]:
    for file, reason in letter.not_out:
        yield PreflightFinding("out", f"{file} {reason}", "wait for its day, or let it out, and build and publish")


def _test(letter: Ready, tested: str | None) -> Iterator[PreflightFinding]:
    if tested is None:
        yield PreflightFinding("test", "nobody has looked at this letter yet", "send it to yourself: --test ADDRESS")
    elif tested != hash_of(letter):
        yield PreflightFinding(
            "test", "the letter is not the one that was tested last", "look at it once more: --test ADDRESS"
        )


def _postal_address(letter: Ready) -> Iterator[PreflightFinding]:
    if letter.publication.mail.postal_address is None:
        message = "the letter does not say where you are, which many countries' laws ask for"
        yield PreflightFinding(
            "postal-address", message, "write mail: and below it postal_address: into publication.yaml"
        )


def _one_click(address: str | None, reached: Asked) -> Iterator[PreflightFinding]:
    if address is None:
        message = "readers cannot leave by one click, which Gmail and Yahoo ask for (RFC 8058)"
        yield PreflightFinding("one-click", message, "write service: and below it address: into publication.yaml")
        return
    parts = urlsplit(address)
    host = f"{parts.scheme}://{parts.netloc}/"  # the address itself is a reader's own
    if reason := _unreachable(host, reached):
        yield PreflightFinding(
            "one-click", f"{host}, where readers leave by one click, {reason}", "start what answers there"
        )


def unsubscribe_link(probed: Probed) -> Iterator[PreflightFinding]:
    """Find out whether the service opens unsubscribe links; a run that goes on may have to ask again."""
    if reason := probed():
        hint = "start the service with the key that pressrun keys list shows as the one that signs, and this store"
        yield PreflightFinding(UNSUBSCRIBE_LINK, reason, hint)


def _page(letter: Ready, asked: Asked) -> Iterator[PreflightFinding]:
    link = letter.edition.link
    if link is not None and (reason := _unreachable(link, asked)):
        yield PreflightFinding(
            "page", f"{link}, the page to view the letter in a browser, {reason}", "build and publish first"
        )


def _pictures(letter: Ready, asked: Asked) -> Iterator[PreflightFinding]:
    for address in pictures_in(letter):
        if reason := _unreachable(address, asked):
            yield PreflightFinding(
                "pictures", f"{address}, a picture of the letter, {reason}", "build and publish first"
            )


def _unreachable(address: str, asked: Asked) -> str | None:
    if urlsplit(address).scheme != "https":
        return "is not an address of HTTPS"
    reason = asked(address)
    return f"does not answer: {reason}" if reason is not None else None
