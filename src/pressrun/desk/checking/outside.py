"""Every address on another host that a publication leads to, and each place that names it."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pressrun.content.outside import addresses_of_edition, addresses_of_masthead, addresses_of_story
from pressrun.hosts.answers import Named
from pressrun.model.addresses import ascii_url
from pressrun.model.problems import Position
from pressrun.model.slots import has_slots
from pressrun.press.building.letters import texts_of
from pressrun.press.building.press import Press
from pressrun.rendering.outside import addresses_in
from pressrun.rendering.pieces import document_of

_WEB = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
# Names that will never be anybody's: they stand in examples (RFC 2606, section 2; RFC 6761, section 6.4).
NOBODYS = ("example", "invalid", "test")


def named_by(press: Press) -> list[Named]:
    """Every address on another host in what is due of *press*, once for each place that names it.

    Links and pictures of texts, front matter and publication.yaml. Left out are addresses below the home
    page, those that are filled for each reader, and names that are reserved for examples.
    """
    written = _written(press)
    found = (Named(url, place) for address, place in written if (url := _outside(address, press.addresses.home)))
    return list(dict.fromkeys(found))


def _written(press: Press) -> Iterator[tuple[str, Position]]:
    folder = press.content.folder
    yield from addresses_of_masthead(folder, press.content.masthead)
    for source, story in press.stories.items():
        yield from addresses_of_story(folder, source)
        yield from addresses_in(document_of(source, story.body, story.body_line))
    for source, edition in press.editions.items():
        yield from addresses_of_edition(folder, source)
        for document, _, _ in texts_of(edition, press.addresses.home, press.targets):
            yield from addresses_in(document)


def _outside(address: str, home: str) -> str | None:
    """*address* as it is asked for; None where it leads to no other host, or to nobody's."""
    if not _WEB.match(address) or has_slots(address):
        return None
    address = address.strip()
    try:
        url = ascii_url(f"https:{address}" if address.startswith("//") else address)
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # no address at all, which every build tells
        return None
    url = parts._replace(netloc=parts.netloc.lower(), fragment="").geturl()
    if not host or host.rstrip(".").rpartition(".")[2] in NOBODYS or f"{url}/".startswith(home):
        return None
    return url
