"""`pressrun service`."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.database import MISSING, opened_store, publication_at
from pressrun.cli.environment import mail_server_from
from pressrun.cli.options import source_option
from pressrun.model.publication import Publication, ServiceSettings
from pressrun.problems import StoreError, shown

if TYPE_CHECKING:
    from pressrun.service.pages import Pages
    from pressrun.store.engine import Store

DEFAULT_PORT = 8125
FOLLOW = "subscribe/"


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
    """Serve the pages that people subscribe and leave on, and post the letters that ask them to confirm.

    It speaks HTTP, to a proxy in front of it that speaks HTTPS. The manual has the lines for Caddy, nginx and systemd.
    """
    publication = publication_at(source)
    settings = publication.service
    if settings is None:
        raise click.UsageError(
            "publication.yaml does not say where readers reach the service: write service: and below it "
            f"address: {publication.home}letters/"
        )
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise StoreError(MISSING) from error
    pages = _pages(source, publication, settings)
    if snippet:
        click.echo(pages.snippet(), nl=False)
        return
    with opened_store(source) as store:
        _serve(source, pages, store, host, port)


def _pages(source: Path, publication: Publication, settings: ServiceSettings) -> "Pages":
    from pressrun.rendering.templates import Templates
    from pressrun.service.pages import Pages

    follow = f"{publication.home}{FOLLOW}" if publication.pages else publication.home
    return Pages(publication, settings, Templates(source / "templates"), follow)


def _serve(source: Path, pages: "Pages", store: "Store", host: str, port: int) -> None:
    from pressrun.cli.keys import secret_keys_from
    from pressrun.cli.signing import signer_for
    from pressrun.delivery.smtp import SmtpTransport
    from pressrun.service.application import Service
    from pressrun.service.notices import Notices
    from pressrun.service.poster import PATIENCE, Poster
    from pressrun.service.server import serve
    from pressrun.serving import line_on
    from pressrun.subscribers.links import Links
    from pressrun.subscribers.tokens import Tokens

    publication, settings = pages.publication, pages.service
    keys = secret_keys_from(os.environ, _text_of)
    server, secret = mail_server_from(os.environ, publication.mail.server, _text_of)
    if publication.mail.sender is None:
        raise click.UsageError("Letters have no sender: write mail: and below it from: Name <name@example.org>.")
    if settings.address.startswith("https:") and not settings.proxies:
        _tell("service: names no proxies, so all readers behind one count as one, and soon have to wait.")
    tokens = Tokens(keys, timedelta(days=settings.confirm_days))
    signed = signer_for(publication, source, os.environ)
    notices = Notices(publication, pages.templates, Links(settings.address, tokens), publication.mail.sender, signed)
    pages.rehearse()
    notices.rehearse()
    poster = Poster(store, notices, lambda: SmtpTransport(server, secret, patience=PATIENCE), _now, _tell)
    service = Service(pages, store, tokens, poster, _now, _tell)
    ready = f"for {settings.address}; Ctrl+C stops it"
    serve(service.application(), settings.proxies, line_on(host, port), lambda place: _tell(f"{place} {ready}"))


def _now() -> datetime:
    return datetime.now(UTC)


def _text_of(path: str) -> str:
    return Path(path).read_text("utf-8")


def _tell(line: str) -> None:
    click.echo(shown(line))
