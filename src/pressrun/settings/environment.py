"""What the environment says of the mail server; its variables stand in for the lines of publication.yaml."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import PydanticCustomError

from pressrun.content.masthead.mail import host_from, mail_domain_from, port_from, selector_from, tls_from
from pressrun.content.source.values import filled_line_from
from pressrun.model.mailserver import MailServer, Secret, Token
from pressrun.model.problems import SettingsError
from pressrun.model.signing import Signing
from pressrun.settings.tokens import CommandTokens

# The first that is set holds.
PREFIXES = ("PRESSRUN_SMTP_", "SMTP_")
DKIM_PREFIXES = ("PRESSRUN_DKIM_", "DKIM_")
SECRETS = ("password", "token", "token_command")
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
) -> tuple[MailServer, Secret | None]:
    """The server that letters go through, and the password for it, its token, or where tokens come from.

    *written* is what publication.yaml says; *read* gives the text of a file that a variable names. Raises
    SettingsError where a variable holds what cannot be, or something is missing.
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
    said = {name: values.pop(name) for name in SECRETS if name in values}
    if len(said) > 1:
        one, other, *_ = (origins[name] for name in said)
        raise SettingsError(f"{one} and {other} are both set; unset one of them.")
    secret = next((_secret(name, text, origins[name]) for name, text in said.items()), None)
    if "token_command" in said:
        origins["token"] = origins.pop("token_command")
    server = replace(written, **values, origins=origins)
    if server.host is None:
        raise SettingsError(
            "There is no server to send through: write mail: and below it host: into content/publication.yaml, "
            "or set SMTP_HOST."
        )
    if server.username is not None and secret is None:
        raise SettingsError(
            f"There is a username{server.because('username')} and no password: set SMTP_PASSWORD, or SMTP_TOKEN."
        )
    if server.username is None and secret is not None:
        kind = "password" if "password" in said else "token"
        raise SettingsError(f"There is a {kind}{server.because(kind)} and no username: set SMTP_USERNAME.")
    return server, secret


def _secret(name: str, text: str, variable: str) -> Secret:
    if name == "password":
        return text
    if name == "token":
        return Token(text)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError(f"{variable} is no command: {str(error).lower()}.") from error
    if not words:
        raise SettingsError(f"{variable} is no command: nothing stands in it.")
    return CommandTokens(words, variable)


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
            raise SettingsError(f"{plain} and {file} are both set; unset one of them.")
        if text:
            return text, plain
        if path:
            try:
                return read(path).rstrip("\r\n"), file
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
                raise SettingsError(f"{file} names {path}, which cannot be read: {reason}.") from error
    return None


def _value(reader: Callable[[object], Any], text: str, variable: str) -> Any:
    try:
        return reader(text)
    except PydanticCustomError as error:
        raise SettingsError(f"{variable}: {error.message()}; {(error.context or {})['hint']}.") from error
