"""`pressrun ping`."""

import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun import __version__
from pressrun.cli.options import home_option, moment_option, source_option
from pressrun.press import Press
from pressrun.problems import PressrunError
from pressrun.wanted import Wanted

SECONDS = 20


class HubError(PressrunError):
    """The hub did not take what it was told."""


@click.command("ping")
@source_option
@home_option("The home page, instead of the one in publication.yaml.")
@moment_option("The moment that decides what is due, instead of this one")
def command(source: Path, base_url: str | None, now: datetime | None) -> None:
    """Tell the WebSub hub that the feeds have changed, after publishing them.

    The hub is the one that publication.yaml names as hub. It fetches the feeds at once and hands
    what is new to readers that wait for it.
    """
    press = Press.of(source, Wanted(now=now or datetime.now(UTC), home=base_url))
    hub = press.content.publication.hub
    if hub is None:
        raise click.UsageError("There is no hub to tell: add a line hub: https://… to content/publication.yaml.")
    topics = [link.url for feed in press.feeds() for link in feed.links]
    _tell(hub, topics)
    for topic in topics:
        click.echo(topic)
    click.echo(f"{hub} was told.")


def _tell(hub: str, topics: list[str]) -> None:
    """One request for all *topics*, as hubs take it: hub.mode=publish with a hub.url for each."""
    form = urllib.parse.urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)])
    request = urllib.request.Request(  # the masthead takes http and https only
        hub, form.encode(), {"User-Agent": f"Pressrun/{__version__}"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            answer.read(1000)
    except urllib.error.HTTPError as error:
        words = error.read(300).decode("utf-8", "replace").strip().split("\n")[0]
        raise HubError(f"{hub} answered {error.code} {error.reason}{f': {words}' if words else ''}") from error
    except (urllib.error.URLError, OSError) as error:
        raise HubError(f"{hub} does not answer: {getattr(error, 'reason', error)}") from error
