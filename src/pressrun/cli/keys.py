"""`pressrun keys`."""

import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.dkim import create_dkim_key, dkim_options
from pressrun.cli.group import Group
from pressrun.cli.options import source_option
from pressrun.model.problems import PressrunError, shown
from pressrun.settings.database import opened_store
from pressrun.settings.secretkeys import VARIABLE, SecretKeys, secret_keys_from, secret_keys_in

if TYPE_CHECKING:
    from pressrun.circulation.linkkeys import KnownKey
    from pressrun.model.linkkey import LinkKey

RESTART = "Start the service again with it: it registers the key. Then give the same keys to whoever sends editions."


@click.group("keys", cls=Group)
def command() -> None:
    """The keys that sign links in emails (unsubscribe, confirm), and those that sign emails themselves (DKIM).

    Keys of links come from PRESSRUN_SECRET_KEYS, or from the file that PRESSRUN_SECRET_KEYS_FILE names. The store knows
    each by its fingerprint.
    """


@command.command("new", short_help="Create the first key.")
def new() -> None:
    """Create the first key for links.

    It is written into the file that PRESSRUN_SECRET_KEYS_FILE names. Without that, the value for
    PRESSRUN_SECRET_KEYS is printed.
    """
    here = secret_keys_in(os.environ)
    if here.keys:
        where = here.file or VARIABLE
        raise click.UsageError(f"{where} has a key already. Put a new one in front of it with: pressrun keys rotate")
    _change(here, [_fresh()])
    click.echo(RESTART, err=True)


@command.command("rotate", short_help="Put a new key in front of the others.")
def rotate() -> None:
    """Create a key and put it in front of the others: from then on it signs, and the others still open links.

    It is written into the file that PRESSRUN_SECRET_KEYS_FILE names. Without that, the new value for
    PRESSRUN_SECRET_KEYS is printed.
    """
    keys = secret_keys_from(os.environ, lambda path: Path(path).read_text("utf-8"))
    _change(SecretKeys(tuple(keys), secret_keys_in(os.environ).file), [_fresh(), *keys])
    click.echo(RESTART, err=True)


def _change(here: SecretKeys, keys: Sequence[str]) -> None:
    """Write *keys* into the file of the settings, or print the value of the variable that holds them."""
    here.changed_to(keys)
    if here.file is None:
        click.echo(f"Set {VARIABLE} to this value, for the service and wherever editions are sent:", err=True)
        click.echo(",".join(keys))
    else:
        click.echo(f"{here.file} is changed. Keep a copy where you keep passwords.")


def _fresh() -> str:
    return secrets.token_urlsafe(32)


@command.command("list", short_help="Show every key and who has it.")
@source_option
def show(source: Path) -> None:
    """Show the fingerprint of every key that is registered in the store or in the settings here, never the key."""
    from pressrun.circulation.linkkeys import known, registered

    here = secret_keys_in(os.environ)
    with opened_store(source, looks=True) as store:
        mine, all_keys = known(store, here.keys), registered(store)
    # The first of the settings that is not retired signs.
    usable = [each.fingerprint for each in mine if each.registered is None or each.registered.retired is None]
    for each in mine:
        click.echo(shown(f"{each.fingerprint}: {_state(each.registered)}; {_role(each, usable[:1])}"))
    for key in all_keys:
        if key.fingerprint not in [each.fingerprint for each in mine]:
            click.echo(shown(f"{key.fingerprint}: {_state(key)}; not in the settings here"))
    if not (mine or all_keys):
        click.echo("No key is registered, and none is in the settings here. Create one with: pressrun keys new")


def _role(each: "KnownKey", signs: list[str]) -> str:
    if each.fingerprint in signs:
        return "signs here"
    return "not used" if each.registered is not None and each.registered.retired is not None else "opens links here"


def _state(key: "LinkKey | None") -> str:
    from pressrun.circulation.linkkeys import signed_last

    if key is None:
        return "not registered"
    if key.retired is not None:
        return f"retired {_day(key.retired)}{', leaked' if key.leaked is not None else ''}"
    served = f"at the service {_day(key.served)}" if key.served is not None else "not seen at the service yet"
    return f"registered {_day(key.registered)}, {served}, {signed_last(key)}"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


@command.command("add", short_help="Register the keys of the settings in the store.")
@source_option
def add(source: Path) -> None:
    """Register every key of the settings here in the store, because you know that the service has them.

    The service registers its keys itself when it starts, and does not start without any key that is registered.
    """
    from pressrun.circulation.linkkeys import known, register

    keys = secret_keys_from(os.environ, lambda path: Path(path).read_text("utf-8"))
    with opened_store(source) as store:
        ring = register(store, keys, datetime.now(UTC))
        fingerprints = [each.fingerprint for each in known(store, keys)]
    for each in fingerprints:
        if each in ring.added:
            click.echo(f"{each} is registered now.")
        elif each in ring.retired:
            click.echo(f"{each} is retired, and stays retired.")
        else:
            click.echo(f"{each} was registered already.")


@command.command("retire", short_help="Give a key up for good.")
@click.argument("fingerprint")
@click.option("--leaked", is_flag=True, help="Others know it, or it is lost: now, whatever it signed.")
@source_option
def retire(fingerprint: str, leaked: bool, source: Path) -> None:
    """Give the key with FINGERPRINT up for good: links that it signed do not open anymore.

    A key that signed an email within the last 30 days is refused, unless it is --leaked.
    """
    from pressrun.circulation import linkkeys

    here = secret_keys_in(os.environ)
    with opened_store(source) as store:
        sought = fingerprint.strip().lower()
        linkkeys.retire(store, sought, here.keys, datetime.now(UTC), leaked=leaked)
        kept = [each.key for each in linkkeys.known(store, here.keys) if each.fingerprint != sought]
    click.echo(f"{sought} is retired. Start the service again: it does not use the key anymore.", err=True)
    if len(kept) == len(here.keys):
        return
    try:
        _change(here, kept)
    except PressrunError as error:
        click.echo(f"{error} The key may stay in {here.file}: it is not used.", err=True)


@command.command("dkim", short_help="Create a key that signs emails, and print its DNS record.")
@dkim_options
def dkim(selector: str, kind: str, source: Path) -> None:
    """Create a DKIM key called SELECTOR, and print the record to put into the DNS.

    Only you can read its file, SELECTOR.pem, in the folder that dkim_keys names (var/dkim/ without it).
    """
    create_dkim_key(selector, kind, source)
