"""`pressrun dkim`."""

import os
from pathlib import Path

import click
from pydantic_core import PydanticCustomError

from pressrun.cli.environment import signing_from
from pressrun.cli.options import source_option
from pressrun.cli.private import refuse_in_git
from pressrun.cli.signing import WITHOUT, domain_of, key_file
from pressrun.content.load import load
from pressrun.content.mailvalues import selector_from
from pressrun.model.signing import Signing
from pressrun.problems import ContentError

KINDS = ("rsa", "ed25519")


def _selector(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return selector_from(value)
    except PydanticCustomError as error:
        raise click.BadParameter(f"{error.message()}; {(error.context or {})['hint']}") from error


@click.group("dkim")
def command() -> None:
    """Keys that sign letters, so that receivers know who sent them (DKIM)."""


@command.command()
@click.argument("selector", callback=_selector)
@click.option(
    "--kind", type=click.Choice(KINDS), default="rsa", show_default=True, help="What all receivers know is rsa."
)
@source_option
def new_key(selector: str, kind: str, source: Path) -> None:
    """Make a key called SELECTOR, and tell the record that the DNS has to have of it.

    Only you can read its file, SELECTOR.pem, which lies in the folder that dkim_keys names, var/dkim/ without it.
    """
    content, problems = load(source)
    if content is None:
        raise ContentError(problems)
    publication = content.publication
    signing = signing_from(os.environ, publication.mail.signing, lambda path: Path(path).read_text("utf-8"))
    domain = domain_of(signing, publication)
    try:
        from pressrun.delivery.dkim import PrivateKey, zone_line
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
