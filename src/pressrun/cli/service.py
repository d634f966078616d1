"""`pressrun service`."""

import os
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.options import source_option
from pressrun.model.problems import StoreError, shown
from pressrun.model.publication import Publication, ServiceSettings
from pressrun.settings.database import NO_SERVICE, opened_store, publication_at
from pressrun.settings.environment import mail_server_from

if TYPE_CHECKING:
    from pressrun.circulation.linkkeys import Keyring
    from pressrun.circulation.store.engine import Store
    from pressrun.web.service.pages import ServicePages

DEFAULT_PORT = 8125
FOLLOW = "subscribe/"
# Installed with the extra `service` alone.
NEEDED = ("anyio", "python_multipart")


@click.command("service")
@source_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The IP address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The port; 0 for any that is free.",
)
@click.option("--snippet", is_flag=True, help="Print a form for pages elsewhere, and serve nothing.")
def command(source: Path, host: str, port: int, snippet: bool) -> None:
    """Run the pages where people subscribe, confirm, and unsubscribe, and send the emails that ask them to confirm.

    It speaks HTTP, to a proxy in front of it that speaks HTTPS. The manual has the lines for Caddy, nginx and systemd.
    """
    publication = publication_at(source)
    settings = publication.service
    if settings is None:
        raise click.UsageError(
            "publication.yaml does not say where readers reach the service: write service: and below it "
            f"address: {publication.home}letters/"
        )
    if any(find_spec(name) is None for name in NEEDED):
        raise StoreError(NO_SERVICE)
    pages = _pages(source, publication, settings)
    if snippet:
        click.echo(pages.snippet(), nl=False)
        return
    with opened_store(source) as store:
        _serve(source, pages, store, host, port)


def _pages(source: Path, publication: Publication, settings: ServiceSettings) -> "ServicePages":
    from pressrun.rendering.templates import Templates
    from pressrun.web.service.pages import ServicePages

    follow = f"{publication.home}{FOLLOW}" if publication.pages else publication.home
    return ServicePages(publication, settings, Templates(source / "templates"), follow)


def _serve(source: Path, pages: "ServicePages", store: "Store", host: str, port: int) -> None:
    from pressrun.circulation.claims import Ceilings
    from pressrun.circulation.linkkeys import begin_service
    from pressrun.circulation.subscribers.links import ServiceLinks
    from pressrun.circulation.subscribers.tokens import SignedTokens
    from pressrun.post.delivery.smtp import SmtpTransport
    from pressrun.settings.secretkeys import secret_keys_from
    from pressrun.settings.signing import signer_for
    from pressrun.web.service.application import Service
    from pressrun.web.service.forgetting import Forgetting
    from pressrun.web.service.notices import Notices
    from pressrun.web.service.poster import PATIENCE, Poster
    from pressrun.web.service.server import serve
    from pressrun.web.serving import line_on

    publication, settings = pages.publication, pages.service
    keys = secret_keys_from(os.environ, _text_of)
    server, secret = mail_server_from(os.environ, publication.mail.server, _text_of)
    if publication.mail.sender is None:
        raise click.UsageError("Letters have no sender: write mail: and below it from: Name <name@example.org>.")
    if settings.address.startswith("https:") and not settings.proxies:
        _tell("service: names no proxies, so all readers behind one count as one, and soon have to wait.")
    signed = signer_for(publication, source, os.environ)
    life = timedelta(days=settings.confirm_days)
    links = ServiceLinks(settings.address, SignedTokens(keys, life))
    notices = Notices(publication, pages.templates, links, publication.mail.sender, signed)
    pages.rehearse()
    notices.rehearse()
    line = line_on(host, port)
    # Last, or a service that cannot start would vouch for its keys.
    ring = begin_service(store, keys, _now())
    tokens = SignedTokens(ring.keys, life, ring.mark)
    notices.links = ServiceLinks(settings.address, tokens)
    poster = Poster(
        store,
        notices,
        lambda: SmtpTransport(server, secret, patience=PATIENCE),
        _now,
        _tell,
        ceilings=Ceilings(settings.emails_per_hour),
        chores=Forgetting(store, settings.forget_pending_days, _now, _tell),
    )
    service = Service(pages, store, tokens, poster, _now, _tell)

    def ready(place: str) -> None:
        _tell(f"{place} for {settings.address}; Ctrl+C stops it")
        for each in _about_keys(ring):
            _tell(each)

    serve(service.application(), settings.proxies, line, ready)


def _about_keys(ring: "Keyring") -> list[str]:
    """Return what to say of the keys that a service has begun with."""
    added = [f"registered the key {each}, which opens and signs links" for each in ring.added]
    retired = [f"the key {each} is retired and not used; take it out of the settings" for each in ring.retired]
    return [*added, *retired]


def _now() -> datetime:
    return datetime.now(UTC)


def _text_of(path: str) -> str:
    return Path(path).read_text("utf-8")


def _tell(line: str) -> None:
    click.echo(shown(line))
