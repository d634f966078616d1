"""A feed from the network, fetched for `pressrun diff`."""

from pressrun.hosts.answers import NoReply, server_says
from pressrun.hosts.client import LARGEST, SECONDS, Client, user_agent
from pressrun.hosts.networks import anywhere
from pressrun.hosts.proxies import system_proxy
from pressrun.hosts.redirects import is_web
from pressrun.model.addresses import ascii_url
from pressrun.model.problems import PressrunError


class FetchError(PressrunError):
    """The web did not give what was asked for."""


def fetched(url: str, *, seconds: float = SECONDS, largest: int = LARGEST, client: Client | None = None) -> bytes:
    """Return what is at *url*, http or https, read in at most *seconds* and of at most *largest* bytes.

    A person names *url*, so it may be in a private network, and the proxy of the environment is used. Raises
    FetchError with a plain sentence for everything that can go wrong.
    """
    try:
        address = ascii_url(url)
        if not is_web(address):
            raise FetchError(f"cannot fetch {url}: only http and https are understood")
        client = client or Client(user_agent(), anywhere, proxy=system_proxy)
        response = client.get(address, seconds, largest)
    except (NoReply, ValueError) as error:
        raise FetchError(f"cannot fetch {url}: {error}") from error
    if not 200 <= response.status <= 299:
        raise FetchError(f"cannot fetch {url}: {server_says(response.status)}")
    return response.body
