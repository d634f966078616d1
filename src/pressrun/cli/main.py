"""The command `pressrun`: finds the command that is asked for, and says what went wrong in one way."""

import difflib
import importlib
import io
import sys

import click

from pressrun import __version__
from pressrun.problems import ContentError, PressrunError

# Each is imported when it is asked for: `--version` and `--help` need none of the libraries behind them.
COMMANDS = {
    "build": "Build feeds, pages and letters from the content folder.",
    "check": "Tell what is wrong, and write no output; with --fix, mend what mends itself.",
    "deliveries": "Tell who got an edition, and what became of it for everybody else.",
    "diff": "Show what subscribers would notice of this build.",
    "dkim": "Make a key that signs letters, and tell what the DNS has to know of it.",
    "explain": "Tell what a problem's code means and what to do, or list all codes.",
    "new": "Start a publication, a story or an edition.",
    "ping": "Tell the WebSub hub that the feeds have changed.",
    "preview": "Show feed and letter in a browser, and again after every save.",
    "schema": "Print a JSON Schema, so that editors complete and check fields.",
    "send": "Send an edition to its list, everybody once; or with --test to yourself.",
    "service": "Serve the pages that people subscribe and leave on, and post their letters.",
    "store": "Make the store of subscribers, or bring it up to date.",
    "subscribers": "Who gets the letters: add, list, show, import, export, remove, erase, tag, stats.",
}
# What other tools call the same, for habit's sake.
ALIASES = {"serve": "preview"}


class Commands(click.Group):
    """The commands, each in the module of its name."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        name = ALIASES.get(name, name)
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"pressrun.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            if close := difflib.get_close_matches(args[0], COMMANDS, n=1, cutoff=0.5):
                raise click.UsageError(f"{error.message} Did you mean {close[0]}?", context) from error
            raise

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pressrun", message="%(prog)s %(version)s")
def pressrun() -> None:
    """One folder of plain-text stories becomes every feed and every inbox."""


def main() -> None:
    """Run the command line, and leave with the exit code that the manual promises.

    0: fine. 1: problems in files. 2: a wrong command line. 3: the world (a disk, a server) said no.
    4: letters were sent, and not all of them are settled.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console of another age cannot show every letter; it shall say so rather than stop.
            stream.reconfigure(errors="backslashreplace")
    try:
        pressrun.main(prog_name="pressrun", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except ContentError as error:
        from pressrun.cli.show import show_problems, show_verdict

        show_problems(error.problems)
        show_verdict(error.problems)
        sys.exit(1)
    except (PressrunError, OSError) as error:
        click.echo(f"pressrun: {error}", err=True)
        sys.exit(3)
