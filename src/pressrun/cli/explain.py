"""`pressrun explain`."""

import click

from pressrun.cli.show import console
from pressrun.explain import nearest, pages

WIDEST = 100


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Tell what CODE means, why it is told, who suffers, and what to do; or list all codes.

    CODE is what stands in brackets at the end of a problem's first line.
    """
    if code is None:
        _list()
        return
    page = pages().get(code.strip("[]").lower())
    if page is None:
        close = nearest(code, pages())
        way_out = f"Did you mean {close}?" if close else "pressrun explain lists all codes."
        raise click.UsageError(f'There is no code "{code}". {way_out}')
    out = console()
    if not out.is_terminal:
        click.echo(page.text, nl=False)
        return
    from rich.markdown import Markdown

    out.print(Markdown(page.text, hyperlinks=False), width=min(out.width, WIDEST), soft_wrap=False)


def _list() -> None:
    out = console()
    widest = max(len(code) for code in pages())
    for code, page in pages().items():
        out.print(f"{code:<{widest}}  {page.gist} ({page.severity})")
