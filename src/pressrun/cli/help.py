"""`pressrun help`: the manual in the terminal, with search."""

from collections.abc import Sequence

import click

from pressrun.cli.show import console
from pressrun.manual.codes import nearest, pages
from pressrun.manual.search import first_line, search, topics
from pressrun.model.problems import shown

WIDEST = 100
MOST = 12
CODES = "codes"


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND|CODE|WORDS]")
def command(words: tuple[str, ...]) -> None:
    """Show a page of the manual, or search it.

    COMMAND is the name of a command or of another page. CODE is in brackets at the end of a problem's first line; the
    word codes lists all of them. Other WORDS are searched for. Without any, all pages are listed.
    """
    if not words:
        _list_topics()
    elif words == (CODES,):
        list_codes()
    elif (text := _page_named(words)) is not None:
        show_page(text)
    else:
        _show_found([part for word in words for part in word.split()])


def show_page(text: str) -> None:
    """Print a page: its Markdown laid out for reading on a terminal, as it is elsewhere."""
    out = console()
    if not out.is_terminal:
        click.echo(text, nl=False)
        return
    from rich.markdown import Markdown

    out.print(Markdown(text, hyperlinks=False), width=min(out.width, WIDEST), soft_wrap=False)


def list_codes() -> None:
    """Print every code with what it means, one a line."""
    out = console()
    widest = max(len(code) for code in pages())
    for code, page in pages().items():
        out.print(f"{code:<{widest}}  {page.gist} ({page.severity})")


def _list_topics() -> None:
    out = console()
    widest = max(len(name) for name in topics())
    for name, topic in topics().items():
        out.print(f"{name:<{widest}}  {topic.title}")
    out.print(
        "\nRead a page: pressrun help build\nLook up a code: pressrun help picture-alt\nSearch: pressrun help dark mode"
    )


def _page_named(words: Sequence[str]) -> str | None:
    """Return the page of a code, or of a command with or without the command below it; None where *words* are none."""
    first = words[0].strip("[]").lower()
    if len(words) == 1 and first in pages():
        return pages()[first].text
    is_topic = first in topics() and (len(words) == 1 or f"pressrun {first} {words[1]}" in topics()[first].text)
    return topics()[first].text if is_topic and len(words) < 3 else None


def _show_found(words: Sequence[str]) -> None:
    found = search(words)
    codes = [page for page in pages().values() if all(word.casefold() in page.text.casefold() for word in words)]
    if not found and not codes:
        written = " ".join(words)
        close = nearest(written, [*topics(), *pages()])
        way_out = f"Did you mean {close}?" if close else "pressrun help lists all pages."
        raise click.UsageError(f'The manual has nothing about "{written}". {way_out}')
    out = console()
    for section in found[:MOST]:
        out.print(shown(f"{section.topic}: {section.heading}"), style="bold")
        out.print(shown(f"    {first_line(section, words)}"))
    for page in codes[:MOST]:
        out.print(shown(f"{page.code}: {page.gist}"))
    rest = max(0, len(found) - MOST) + max(0, len(codes) - MOST)
    if rest:
        out.print(f"{rest} more; add a word to find fewer.")
    name = found[0].topic if found else codes[0].code
    out.print(f"Read a page: pressrun help {name}")
