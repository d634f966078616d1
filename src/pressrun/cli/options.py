"""Options that several commands share."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from pressrun.cli.former import OPTIONS, note

FOLDER = "pressrun.folder"
AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])


def _home(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    from pydantic_core import PydanticCustomError

    from pressrun.content.source.values import home_from

    try:
        return home_from(value)
    except PydanticCustomError as error:
        raise click.BadParameter(f"{error.message()}; {(error.context or {})['hint']}") from error


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    from pressrun.content.source.moments import moment_written

    moment = moment_written(value)
    if moment is None:
        raise click.BadParameter(f'"{value}" is not a date; write 2026-05-12, or 2026-05-12T09:30+02:00')
    return moment


def _codes(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> frozenset[str]:
    """The codes that *value* names: one by one, by commas, or all that begin as in `letter-*`."""
    words = [word for written in value for word in written.replace(",", " ").split()]
    if not words:
        return frozenset()
    from pressrun.manual.codes import nearest, pages

    found: set[str] = set()
    for word in words:
        meant = [code for code in pages() if code == word or (word[-1] == "*" and code.startswith(word[:-1]))]
        if not meant:
            close = nearest(word, pages())
            way_out = f"did you mean {close}?" if close else "pressrun explain lists all codes"
            raise click.BadParameter(f'there is no code "{word}"; {way_out}')
        found.update(meant)
    return frozenset(found)


def _joined(context: click.Context, value: Path | None) -> Path:
    """Return *value* below the folder that was named before it on the command line."""
    named: Path = context.meta.get(FOLDER, Path())
    path = named / value if value is not None else named
    if not path.is_dir():
        reason = "is a file" if path.exists() else "does not exist"
        raise click.BadParameter(f"Directory '{path}' {reason}.")
    return path


def _folder(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    return _joined(context, value)


def _folder_before(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[FOLDER] = _joined(context, value)


def _former_folder(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[FOLDER] = _joined(context, value)
    if value is not None and not context.resilient_parsing:
        note("--source", OPTIONS[""]["--source"])


FOLDER_TYPE = click.Path(path_type=Path, file_okay=False)
_source = click.option(
    "-C",
    "source",
    type=FOLDER_TYPE,
    metavar="DIR",
    callback=_folder,
    show_default="this folder",
    help="The folder that holds content/.",
)
# Before `-C`, which begins at the folder that was named earlier.
_former_source = click.option(
    *OPTIONS[""],
    "former_source",
    type=FOLDER_TYPE,
    hidden=True,
    is_eager=True,
    expose_value=False,
    callback=_former_folder,
)
# `-C` for a command that makes such a folder.
begin_option = click.option(
    "-C",
    "source",
    type=FOLDER_TYPE,
    metavar="DIR",
    callback=_folder,
    show_default="this folder",
    help="Where DIR begins.",
)
# `-C` where commands follow: it holds for all of them.
folder_before_option = click.option(
    "-C",
    "folder_before",
    type=FOLDER_TYPE,
    metavar="DIR",
    is_eager=True,
    expose_value=False,
    callback=_folder_before,
    help="The folder that holds content/, before or after the command.",
)


def source_option(command: AnyCommand) -> AnyCommand:
    """Add `-C`, the folder of the publication, and its earlier names."""
    return _source(_former_source(command))


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
    return click.option(f"--{name}", multiple=True, callback=_codes, metavar="CHECK,...", help=purpose)
