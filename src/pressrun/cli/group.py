"""A command with commands below it: it guesses at typing errors, and takes `-C` before the command."""

import difflib
from typing import Any

import click

from pressrun.cli.former import ALIASES
from pressrun.cli.options import folder_before_option


class Group(click.Group):
    """Commands below a command. A name that is nearly right is guessed at, and `-C` holds for all of them."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        folder_before_option(self)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* begin with; raises UsageError, with a guess where there is one."""
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            known = [*self.list_commands(context), *ALIASES] if context.parent is None else self.list_commands(context)
            close = difflib.get_close_matches(args[0].lower(), known, n=1, cutoff=0.5)
            way_out = f"Did you mean {close[0]}?" if close else f"See: {context.command_path} --help"
            raise click.UsageError(f"{error.message} {way_out}", context) from error
