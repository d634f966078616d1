"""The way that redirects lead (RFC 9110, section 15.4), and where it ends."""

from urllib.parse import urljoin, urlsplit

from pressrun.hosts.answers import PERMANENT, AddressVerdict, Answer, HttpReply, NoReply
from pressrun.model.addresses import ascii_url

MOST_HOPS = 5
LONGEST = 8_000  # of an address; RFC 9110, section 4.1, asks everybody to understand so much


def is_web(url: str) -> bool:
    """Return whether *url* is http or https."""
    return urlsplit(url).scheme in ("http", "https")


class RedirectPath:
    """Where the redirects from an address have led: *here*, and *moved*, how far they were permanent, else ""."""

    def __init__(self, url: str) -> None:
        self.here = url
        self.moved = ""
        self._met = {url}
        self._permanent = True

    def follow(self, reply: HttpReply) -> None:
        """Go on to where *reply*, given *here*, leads.

        Raises NoReply for a circle, more than MOST_HOPS redirects, and for what is no address. An address that is
        none of the web is left to the caller: nothing follows it.
        """
        self.here = _next(self.here, reply.location)
        if not is_web(self.here):
            return
        if self.here in self._met or len(self._met) > MOST_HOPS:
            way = "in a circle" if self.here in self._met else f"on and on, more than {MOST_HOPS} times"
            raise NoReply(Answer(AddressVerdict.UNREACHABLE, f"it leads {way}"))
        self._met.add(self.here)
        self._permanent = self._permanent and reply.status in PERMANENT
        if self._permanent:
            self.moved = self.here


def _next(url: str, location: str) -> str:
    """Return where *location*, given by *url*, leads (RFC 9110, section 10.2.2)."""
    try:
        found = ascii_url(urljoin(url, location.strip()))
    except ValueError as error:
        raise NoReply(Answer(AddressVerdict.UNREACHABLE, "it leads to what is no address")) from error
    if len(found) > LONGEST:
        raise NoReply(Answer(AddressVerdict.UNREACHABLE, "it leads to an address without end"))
    return found
