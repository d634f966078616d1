"""Keys that sign emails (DKIM): `pressrun keys dkim`, and its old name `pressrun dkim new-key`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic_core import PydanticCustomError

from pressrun.cli.former import COMMANDS, note
from pressrun.cli.group import Group
from pressrun.cli.options import source_option
from pressrun.content.load import load
from pressrun.content.masthead.mail import selector_from
from pressrun.model.problems import ContentError
from pressrun.model.signing import Signing
from pressrun.settings.environment import signing_from
from pressrun.settings.private import refuse_in_git
from pressrun.settings.signing import WITHOUT, domain_of, key_file

KINDS = ("rsa", "ed25519")
AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])


def _selector(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return selector_from(value)
    except PydanticCustomError as error:
        raise click.BadParameter(f"{error.message()}; {(error.context or {})['hint']}") from error


@click.group("dkim", cls=Group)
def command() -> None:
    """Keys that sign emails (DKIM); now a command of its own: pressrun keys dkim."""


def dkim_options(command: AnyCommand) -> AnyCommand:
    """Add the argument and the options of the command that makes a DKIM key."""
    kinds = click.Choice(KINDS)
    options: list[Any] = [
        click.argument("selector", callback=_selector),
        click.option("--kind", type=kinds, default="rsa", show_default=True, help="All receivers understand rsa."),
        source_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@command.command()
@dkim_options
def new_key(selector: str, kind: str, source: Path) -> None:
    """Create a DKIM key: the old name of pressrun keys dkim."""
    note("dkim new-key", COMMANDS["dkim new-key"])
    create_dkim_key(selector, kind, source)


def create_dkim_key(selector: str, kind: str, source: Path) -> None:
    """Create the key *selector* of *kind*, which signs emails, and print the DNS record that goes with it."""
    content, problems = load(source)
    if content is None:
        raise ContentError(problems)
    publication = content.publication
    signing = signing_from(os.environ, publication.mail.signing, lambda path: Path(path).read_text("utf-8"))
    domain = domain_of(signing, publication)
    try:
        from pressrun.press.newsletter.dkim import PrivateKey, zone_line
    except ModuleNotFoundError as error:
        raise click.UsageError(WITHOUT) from error
    path = _place(signing, selector, source)
    key = PrivateKey.new(selector, kind)
    _write(path, key.pem)
    click.echo(f"{path} has the key, and only you can read it. Keep a copy where you keep passwords.")
    click.echo(f"Put this into the DNS of {domain}:\n\n{zone_line(key, domain)}\n")
    selectors = ", ".join(dict.fromkeys([*signing.selectors, selector]))
    click.echo(f"When the DNS has it, write below mail: in content/publication.yaml: dkim_selector: {selectors}")


def _place(signing: Signing, selector: str, source: Path) -> Path:
    """Where the key will lie; raises click's UsageError where one lies there, or git would take it along."""
    path = key_file(signing, selector, source)
    if path.exists():
        raise click.UsageError(f"There is a key in {path}, and letters may be signed with it; choose another selector.")
    instead = f"add a line /{Path(signing.keys).parts[0]}/ to .gitignore, or name another folder in dkim_keys"
    refuse_in_git(path, "whoever has the key", instead, because="can sign as you")
    return path


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
