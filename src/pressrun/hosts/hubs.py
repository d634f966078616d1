"""Tell a WebSub hub that feeds have changed (https://www.w3.org/TR/websub/, section 7)."""

from collections.abc import Iterable
from urllib.parse import urlencode

from pressrun.hosts.answers import NoReply, status_words
from pressrun.hosts.client import Client
from pressrun.model.addresses import ascii_url
from pressrun.model.problems import PressrunError


class HubError(PressrunError):
    """The hub did not accept the request."""


def announce(hub: str, topics: Iterable[str], client: Client) -> None:
    """Tell *hub* in one request that the feeds at *topics* have changed. Raises HubError if it does not accept that.

    WebSub leaves the form to the hub; all of them know hub.mode=publish with a hub.url for each feed.
    """
    form = urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)])
    try:
        answer = client.post(ascii_url(hub), form.encode())
    except (NoReply, ValueError) as error:
        raise HubError(f"{hub} does not answer: {error}") from error
    if not 200 <= answer.status <= 299:
        words = answer.body.decode("utf-8", "replace").strip().split("\n")[0]
        raise HubError(f"{hub} answered {status_words(answer.status)}{f': {words}' if words else ''}")
