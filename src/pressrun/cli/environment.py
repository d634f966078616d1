"""What the environment says of the mail server; its variables stand in for the lines of publication.yaml."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import click
from pydantic_core import PydanticCustomError

from pressrun.content.mailvalues import host_from, port_from, tls_from
from pressrun.content.values import filled_line_from
from pressrun.model.mailserver import MailServer

# The first that is set holds.
PREFIXES = ("PRESSRUN_SMTP_", "SMTP_")
READERS: dict[str, Callable[[object], Any]] = {
    "host": host_from,
    "port": port_from,
    "tls": tls_from,
    "username": filled_line_from,
}


def mail_server_from(
    environment: Mapping[str, str], written: MailServer, read: Callable[[str], str]
) -> tuple[MailServer, str | None]:
    """The server that letters go through, and the password for it.

    *written* is what publication.yaml says; *read* gives the text of a file that a variable names. Raises
    click's UsageError where a variable holds what cannot be, or something is missing.
    """
    found = {name: _variable(environment, name, read) for name in (*READERS, "password")}
    if found["host"] is not None:
        # The other lines belong to the other server, its password's owner above all.
        written = MailServer()
    origins = dict(written.origins)
    values: dict[str, Any] = {}
    for name, variable in found.items():
        if variable is not None:
            text, origins[name] = variable
            values[name] = _value(name, text, origins[name])
    password = values.pop("password", None)
    server = replace(written, **values, origins=origins)
    if server.host is None:
        raise click.UsageError(
            "There is no server to send through: write mail: and below it host: into content/publication.yaml, "
            "or set SMTP_HOST."
        )
    if server.username is not None and password is None:
        raise click.UsageError(f"There is a username{server.because('username')} and no password: set SMTP_PASSWORD.")
    if server.username is None and password is not None:
        raise click.UsageError(f"There is a password{server.because('password')} and no username: set SMTP_USERNAME.")
    return server, password


def _variable(environment: Mapping[str, str], name: str, read: Callable[[str], str]) -> tuple[str, str] | None:
    """What is said of *name*, and the variable that says it. A variable that is empty says nothing."""
    for prefix in PREFIXES:
        plain, file = f"{prefix}{name.upper()}", f"{prefix}{name.upper()}_FILE"
        text, path = environment.get(plain), environment.get(file)
        if text and path:
            raise click.UsageError(f"{plain} and {file} are both set; unset one of them.")
        if text:
            return text, plain
        if path:
            try:
                return read(path).rstrip("\r\n"), file
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
                raise click.UsageError(f"{file} names {path}, which cannot be read: {reason}.") from error
    return None


def _value(name: str, text: str, variable: str) -> object:
    if name == "password":
        return text
    try:
        return READERS[name](text)
    except PydanticCustomError as error:
        raise click.UsageError(f"{variable}: {error.message()}; {(error.context or {})['hint']}.") from error
