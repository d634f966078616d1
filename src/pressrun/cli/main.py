"""The command `pressrun`: finds the command that is asked for, and reports what went wrong in one way."""

import importlib
import io
import sys
from collections.abc import Iterator
from typing import Any

import click

from pressrun import __version__
from pressrun.cli import former
from pressrun.cli.exits import MEANINGS, Exit
from pressrun.cli.group import Group
from pressrun.model.problems import ContentError, PressrunError, SettingsError

# Each is imported when it is asked for: `--version` and `--help` need none of the libraries behind them.
COMMANDS = {
    "build": "Write pages, feeds, and newsletters.",
    "check": "Find problems; with --fix, fix what can be fixed.",
    "diff": "Show what feed readers would see as new.",
    "editions": "Show what is planned, running, and sent, and who got it; withdraw an edition.",
    "help": "Read and search the manual, or look up a code.",
    "keys": "Manage the keys that sign links and emails.",
    "new": "Create a publication, a story, or an edition.",
    "ping": "Notify the WebSub hub after publishing.",
    "preview": "Open pages, feeds, and newsletters in a browser while you write.",
    "schema": "Print a JSON Schema for editors.",
    "send": "Send an edition to its list, each person once; with --test, to yourself.",
    "service": "Run the pages where people subscribe, confirm, and unsubscribe.",
    "status": "Show what is next, what is unfinished, and what needs you.",
    "store": "Create and upgrade the store of subscribers.",
    "subscribers": "Add, import, show, export, and remove subscribers.",
}
# How `--help` shows them.
GROUPS = {
    "Start": ("new", "help"),
    "Write": ("preview", "check", "schema"),
    "Publish": ("build", "diff", "ping"),
    "Send": ("send", "editions"),
    "People": ("subscribers", "service"),
    "Operate": ("status", "store", "keys"),
}
# Another name for a part of a command; it stays.
UNLISTED = ("explain",)


class Commands(Group):
    """The commands, each in the module of its name."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands; earlier names and aliases are not among them."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command *name*, which may be an earlier name or an alias; None where there is none."""
        name = former.ALIASES.get(name, name)
        if name not in COMMANDS and name not in UNLISTED and name not in _former_commands():
            return None
        command = importlib.import_module(f"pressrun.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, context: click.Context, incomplete: str) -> Any:
        """Return what completes *incomplete*, without importing every command."""
        from click.shell_completion import CompletionItem

        commands = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, context, incomplete)

    def invoke(self, context: click.Context) -> Any:
        """Run the command; a wrong setting of the environment is a wrong command line."""
        try:
            return super().invoke(context)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, group by group."""
        widest = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{widest}}", COMMANDS[name]) for name in names])

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the exit codes, and where to read on."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code.value), meaning) for code, meaning in MEANINGS.items()])
        formatter.write_paragraph()
        formatter.write_text("More about a command: pressrun COMMAND --help, or pressrun help COMMAND")


def _former_commands() -> Iterator[str]:
    return (name.split()[0] for name in former.COMMANDS)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pressrun", message="%(prog)s %(version)s")
def pressrun() -> None:
    """Turn one folder of plain-text stories into every feed and every newsletter."""


def main() -> None:
    """Run the command line, and leave with an exit code of the table in `exits`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console with an old encoding cannot show every letter; escapes are better than a stop.
            stream.reconfigure(errors="backslashreplace")
    try:
        pressrun.main(prog_name="pressrun", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(Exit.USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(Exit.INTERRUPTED)
    except ContentError as error:
        from pressrun.cli.show import show_problems, show_verdict

        show_problems(error.problems)
        show_verdict(error.problems)
        sys.exit(Exit.PROBLEMS)
    except (PressrunError, OSError) as error:
        click.echo(f"pressrun: {error}", err=True)
        sys.exit(Exit.ENVIRONMENT)
