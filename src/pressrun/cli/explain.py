"""`pressrun explain`: another name for the part of `pressrun help` that looks up codes."""

import click

from pressrun.cli.help import list_codes, show_page
from pressrun.manual.codes import nearest, pages


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Show what CODE means, who is affected, and what to do; without CODE, list all codes.

    CODE is in brackets at the end of a problem's first line. pressrun help CODE does the same.
    """
    if code is None:
        list_codes()
        return
    page = pages().get(code.strip("[]").lower())
    if page is None:
        close = nearest(code, pages())
        way_out = f"Did you mean {close}?" if close else "pressrun explain lists all codes."
        raise click.UsageError(f'There is no code "{code}". {way_out}')
    show_page(page.text)
