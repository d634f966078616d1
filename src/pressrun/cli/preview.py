"""`pressrun preview`."""

import os
import secrets
import sys
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.options import home_option, moment_option, source_option
from pressrun.cli.send import recipients_from
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.mailserver import MailServer
from pressrun.model.problems import DeliveryError, SettingsError
from pressrun.model.publication import Publication
from pressrun.post.delivery.interface import Transport
from pressrun.press.newsletter.message import AddressedLetter
from pressrun.settings.environment import mail_server_from
from pressrun.settings.signing import signer_for

if TYPE_CHECKING:
    from pressrun.web.preview.posting import Postroom

RECIPIENTS = "PRESSRUN_TEST_RECIPIENTS"


@click.command("preview")
@source_option
@click.option(
    "-d",
    "--destination",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the last build, to compare with.  [default: the source]",
)
@click.option("-p", "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for a free one.")
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
@home_option("The home page, instead of the one in publication.yaml.")
@click.option("-D", "--drafts", is_flag=True, help="Show drafts in feeds as if they were out.")
@click.option("-F", "--future", is_flag=True, help="Show what is not out yet, likewise.")
@moment_option("The moment that decides what is due, instead of now")
def command(
    source: Path,
    destination: Path | None,
    port: int,
    opens: bool,
    base_url: str | None,
    drafts: bool,
    future: bool,
    now: datetime | None,
) -> None:
    """Show pages, feeds, and newsletters in a browser as readers will see them, and again after every save.

    Nothing is written. Only this machine can see it; Ctrl-C ends it.
    """
    from pressrun.web.preview.application import Preview
    from pressrun.web.preview.live import Live
    from pressrun.web.preview.server import ADDRESS, serve
    from pressrun.web.preview.state import Showing
    from pressrun.web.serving import line_on

    def clock() -> datetime:
        return now or datetime.now(UTC)

    built = destination or source
    showing = Showing(source, BuildRequest(now=clock(), drafts=drafts, future=future, home=base_url), built)
    line = line_on(ADDRESS, port)

    def ready(address: str) -> None:
        click.echo(f"The preview is at {address}  (Ctrl-C ends it)")
        sys.stdout.flush()
        if opens:
            webbrowser.open(address)

    live = Live(showing, source, built, clock)
    preview = Preview(live, _postroom(os.environ, source), built, clock, secrets.token_urlsafe())
    try:
        serve(preview, line, ready)
    except KeyboardInterrupt:
        click.echo("Done.")


def _postroom(environment: Mapping[str, str], source: Path) -> "Postroom":
    from pressrun.web.preview.posting import Postroom

    def transport(written: MailServer) -> AbstractContextManager[Transport]:
        from pressrun.post.delivery.smtp import SmtpTransport

        try:
            return SmtpTransport(*mail_server_from(environment, written, lambda path: Path(path).read_text("utf-8")))
        except SettingsError as error:
            raise DeliveryError(str(error)) from error

    def signer(publication: Publication) -> Callable[[AddressedLetter], AddressedLetter]:
        try:
            return signer_for(publication, source, environment)
        except SettingsError as error:
            raise DeliveryError(str(error)) from error

    addresses = [
        address for address in environment.get(RECIPIENTS, "").replace("\n", ",").split(",") if address.strip()
    ]
    if not addresses:
        return Postroom((), transport, f"Set {RECIPIENTS} to an address of yours, or to several with commas between.")
    try:
        return Postroom(tuple(recipients_from(tuple(addresses))), transport, signer=signer)
    except click.UsageError as error:
        return Postroom((), transport, f"{RECIPIENTS}: {error.message.removeprefix('--test: ')}")
