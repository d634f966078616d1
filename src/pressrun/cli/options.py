"""Options that several commands share."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])


def _home(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    from pydantic_core import PydanticCustomError

    from pressrun.content.values import home_from

    try:
        return home_from(value)
    except PydanticCustomError as error:
        raise click.BadParameter(f"{error.message()}; {(error.context or {})['hint']}") from error


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    from pressrun.content.moments import moment_written

    moment = moment_written(value)
    if moment is None:
        raise click.BadParameter(f'"{value}" is not a date; write 2026-05-12, or 2026-05-12T09:30+02:00')
    return moment


def _codes(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> frozenset[str]:
    """The codes that *value* names: one by one, by commas, or all that begin as in `letter-*`."""
    words = [word for written in value for word in written.replace(",", " ").split()]
    if not words:
        return frozenset()
    from pressrun.explain import nearest, pages

    found: set[str] = set()
    for word in words:
        meant = [code for code in pages() if code == word or (word[-1] == "*" and code.startswith(word[:-1]))]
        if not meant:
            close = nearest(word, pages())
            way_out = f"did you mean {close}?" if close else "pressrun explain lists all codes"
            raise click.BadParameter(f'there is no code "{word}"; {way_out}')
        found.update(meant)
    return frozenset(found)


source_option = click.option(
    "-s",
    "--source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default="this folder",
    help="The folder that holds content/.",
)


def home_option(purpose: str) -> Callable[[AnyCommand], AnyCommand]:
    """`--base-url`, whose help says what it is for."""
    return click.option("--base-url", callback=_home, metavar="URL", help=purpose)


def moment_option(purpose: str) -> Callable[[AnyCommand], AnyCommand]:
    """`--now`, whose help says what it is for."""
    return click.option(
        "--now", callback=_moment, metavar="DATE", help=f"{purpose}; in UTC where no offset is written."
    )


def codes_option(name: str, purpose: str) -> Callable[[AnyCommand], AnyCommand]:
    """An option that takes codes of problems, whose help says what is done with them."""
    return click.option(f"--{name}", multiple=True, callback=_codes, metavar="CODE,...", help=purpose)
