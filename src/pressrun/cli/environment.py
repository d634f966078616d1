"""What the environment says of the mail server; its variables stand in for the lines of publication.yaml."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click
from pydantic_core import PydanticCustomError

from pressrun.content.mailvalues import host_from, mail_domain_from, port_from, selector_from, tls_from
from pressrun.content.values import filled_line_from
from pressrun.model.mailserver import MailServer, Token
from pressrun.model.signing import Signing

# The first that is set holds.
PREFIXES = ("PRESSRUN_SMTP_", "SMTP_")
DKIM_PREFIXES = ("PRESSRUN_DKIM_", "DKIM_")
SECRETS = ("password", "token")
READERS: dict[str, Callable[[object], Any]] = {
    "host": host_from,
    "port": port_from,
    "tls": tls_from,
    "username": filled_line_from,
}
DKIM_READERS: dict[str, Callable[[object], Any]] = {
    "selector": lambda text: tuple(selector_from(word) for word in str(text).replace(",", " ").split()),
    "domain": mail_domain_from,
    "keys": filled_line_from,
}


def mail_server_from(
    environment: Mapping[str, str], written: MailServer, read: Callable[[str], str]
) -> tuple[MailServer, str | Token | None]:
    """The server that letters go through, and the password or token for it.

    *written* is what publication.yaml says; *read* gives the text of a file that a variable names. Raises
    click's UsageError where a variable holds what cannot be, or something is missing.
    """
    found = {name: _variable(environment, name, read) for name in (*READERS, *SECRETS)}
    if found["host"] is not None:
        # The other lines belong to the other server, its password's owner above all.
        written = MailServer()
    origins = dict(written.origins)
    values: dict[str, Any] = {}
    for name, variable in found.items():
        if variable is not None:
            text, origins[name] = variable
            values[name] = text if name in SECRETS else _value(READERS[name], text, origins[name])
    password, token = (values.pop(name, None) for name in SECRETS)
    server = replace(written, **values, origins=origins)
    if server.host is None:
        raise click.UsageError(
            "There is no server to send through: write mail: and below it host: into content/publication.yaml, "
            "or set SMTP_HOST."
        )
    if password is not None and token is not None:
        raise click.UsageError(f"{origins['password']} and {origins['token']} are both set; unset one of them.")
    secret = Token(token) if token is not None else password
    if server.username is not None and secret is None:
        raise click.UsageError(
            f"There is a username{server.because('username')} and no password: set SMTP_PASSWORD, or SMTP_TOKEN."
        )
    if server.username is None and secret is not None:
        kind = "password" if token is None else "token"
        raise click.UsageError(f"There is a {kind}{server.because(kind)} and no username: set SMTP_USERNAME.")
    return server, secret


def signing_from(environment: Mapping[str, str], written: Signing, read: Callable[[str], str]) -> Signing:
    """What signs letters: as *written* in publication.yaml, and variables in the place of its lines."""
    found = {name: _variable(environment, name, read, DKIM_PREFIXES) for name in DKIM_READERS}
    values = {name: _value(DKIM_READERS[name], *each) for name, each in found.items() if each is not None}
    if "selector" in values:
        values["selectors"] = values.pop("selector")
    return replace(written, **values)


def _variable(
    environment: Mapping[str, str], name: str, read: Callable[[str], str], prefixes: Sequence[str] = PREFIXES
) -> tuple[str, str] | None:
    """What is said of *name*, and the variable that says it. A variable that is empty says nothing."""
    for prefix in prefixes:
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


def _value(reader: Callable[[object], Any], text: str, variable: str) -> Any:
    try:
        return reader(text)
    except PydanticCustomError as error:
        raise click.UsageError(f"{variable}: {error.message()}; {(error.context or {})['hint']}.") from error
