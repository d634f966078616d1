"""Earlier names of commands and options: they work for one release, with a note, and no help lists them."""

from collections.abc import Mapping
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Former:
    """An earlier name: the words of a command line that has it, and the same in today's words."""

    old: str
    now: str


# Commands with another name today. The old ones are below the module of their first word.
COMMANDS: Mapping[str, str] = {"dkim new-key": "keys dkim", "deliveries": "editions show --people"}
# Options with another name today, each below the command that has it; "" is every command.
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "": {"-s": "-C", "--source": "-C"},
    "send": {
        "--status": "editions list",
        "--withdraw": "editions withdraw",
        "--waive": "--ignore",
        "--in-doubt resend": "--retry unknown",
        "--refused resend": "--retry refused",
        "--in-doubt hold": "send",
        "--refused hold": "send",
    },
}
# What other tools call the same; these names stay.
ALIASES: Mapping[str, str] = {"serve": "preview"}


def all_former() -> list[Former]:
    """Return every earlier name as it is written on a command line, and what is written today."""
    options = [
        # What is now below another command has all of its words already.
        Former(f"{command} {old}".strip(), f"{command} {now}".strip() if now.startswith("-") else now)
        for command, names in OPTIONS.items()
        for old, now in names.items()
    ]
    return [*(Former(old, now) for old, now in COMMANDS.items()), *options]


def note(old: str, now: str) -> None:
    """Say on standard error that *old* has the name *now*."""
    click.echo(f"note: {old} is now {now}; the old name goes away after the next release", err=True)
