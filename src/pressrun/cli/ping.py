"""`pressrun ping`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.cli.options import home_option, moment_option, source_option
from pressrun.hosts.client import Client, user_agent
from pressrun.hosts.hubs import announce
from pressrun.hosts.networks import anywhere
from pressrun.hosts.proxies import system_proxy
from pressrun.model.buildrequest import BuildRequest
from pressrun.press.building.press import Press


@click.command("ping")
@source_option
@home_option("The home page, instead of the one in publication.yaml.")
@moment_option("The moment that decides what is due, instead of this one")
def command(source: Path, base_url: str | None, now: datetime | None) -> None:
    """Notify the WebSub hub that the feeds have changed, after you have published them.

    The hub is the one that publication.yaml names as hub. It fetches the feeds at once and hands
    what is new to readers that wait for it.
    """
    press = Press.of(source, BuildRequest(now=now or datetime.now(UTC), home=base_url))
    hub = press.content.publication.hub
    if hub is None:
        raise click.UsageError("There is no hub to tell: add a line hub: https://… to content/publication.yaml.")
    topics = [link.url for feed in press.feeds() for link in feed.links]
    # The publication names its hub, which may be in its own network.
    announce(hub, topics, Client(user_agent(press.content.publication.home), anywhere, proxy=system_proxy))
    for topic in topics:
        click.echo(topic)
    click.echo(f"{hub} was told.")
