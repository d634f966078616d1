"""The secret keys that links are signed with, from the environment."""

from collections.abc import Callable, Mapping

import click

from pressrun.subscribers.tokens import SHORTEST_KEY

VARIABLE = "PRESSRUN_SECRET_KEYS"
HOW = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def secret_keys_from(environment: Mapping[str, str], read: Callable[[str], str]) -> list[str]:
    """The keys, the newest first. *read* gives the text of a file that a variable names.

    Raises UsageError where there are none, or one is too short; no message shows a key.
    """
    plain, file = environment.get(VARIABLE), environment.get(f"{VARIABLE}_FILE")
    if plain and file:
        raise click.UsageError(f"{VARIABLE} and {VARIABLE}_FILE are both set; unset one of them.")
    variable = f"{VARIABLE}_FILE" if file else VARIABLE
    if file:
        try:
            plain = read(file)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise click.UsageError(f"{variable} names {file}, which cannot be read: {reason}.") from error
    keys = list(dict.fromkeys((plain or "").replace(",", " ").split()))
    if not keys:
        raise click.UsageError(f"There is no key to sign links with: set {VARIABLE}. Make one with: {HOW}")
    if short := next((number for number, key in enumerate(keys, 1) if len(key) < SHORTEST_KEY), None):
        raise click.UsageError(
            f"{variable}: key {short} has less than {SHORTEST_KEY} characters, and could be guessed. "
            f"Make one with: {HOW}"
        )
    return keys
