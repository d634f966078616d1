"""The environment stands in for the lines of publication.yaml, one variable for each."""

from collections.abc import Mapping

import pytest

from pressrun.model.mailserver import MailServer, Secret, Tls, Token
from pressrun.model.problems import DeliveryError, SettingsError
from pressrun.model.signing import Signing
from pressrun.settings.environment import mail_server_from, signing_from
from pressrun.settings.tokens import CommandTokens

WRITTEN = MailServer(
    "mail.gazette.example",
    2525,
    Tls.TLS,
    "gazette",
    {
        name: f"content/publication.yaml:{line}"
        for line, name in enumerate(("host", "port", "tls", "username"), start=9)
    },
)
NOTHING = MailServer()


def server_from(environment: Mapping[str, str], written: MailServer = NOTHING) -> tuple[MailServer, Secret | None]:
    return mail_server_from(environment, written, {"/run/secrets/smtp": "s€cret\n", "/empty": ""}.__getitem__)


def complaint(environment: Mapping[str, str], written: MailServer = NOTHING) -> str:
    with pytest.raises(SettingsError) as error:
        server_from(environment, written)
    return str(error.value)


def test_all_of_it_can_come_from_there() -> None:
    server, password = server_from(
        {
            "SMTP_HOST": "Mail.Gazette.example",
            "SMTP_PORT": "2525",
            "SMTP_TLS": "none",
            "SMTP_USERNAME": "ada",
            "SMTP_PASSWORD": " s€cret ",
        }
    )
    assert server == MailServer("mail.gazette.example", 2525, Tls.NONE, "ada")
    assert password == " s€cret "
    assert server.because("host", "port") == " (host from SMTP_HOST, port from SMTP_PORT)"


def test_a_variable_overrules_its_line() -> None:
    server, password = server_from({"SMTP_PORT": "587", "SMTP_PASSWORD": "x"}, WRITTEN)
    assert server == MailServer("mail.gazette.example", 587, Tls.TLS, "gazette")
    assert server.because("host", "port", "password") == (
        " (host from content/publication.yaml:9, port from SMTP_PORT, password from SMTP_PASSWORD)"
    )
    assert password == "x"


def test_another_host_has_nothing_of_the_written_one() -> None:
    assert server_from({"SMTP_HOST": "localhost"}, WRITTEN) == (MailServer("localhost"), None)


def test_the_prefixed_name_comes_first_and_an_empty_one_is_none() -> None:
    server, _ = server_from({"SMTP_HOST": "a.example", "PRESSRUN_SMTP_HOST": "b.example"})
    assert (server.host, server.origins) == ("b.example", {"host": "PRESSRUN_SMTP_HOST"})
    server, _ = server_from({"SMTP_HOST": "a.example", "PRESSRUN_SMTP_HOST": "", "SMTP_USERNAME": ""})
    assert (server.host, server.username) == ("a.example", None)


def test_a_token_stands_in_for_a_password() -> None:
    server, token = server_from({"SMTP_TOKEN_FILE": "/run/secrets/smtp"}, WRITTEN)
    assert token == Token("s€cret")
    assert server.because("token") == " (token from SMTP_TOKEN_FILE)"


def test_a_command_can_print_tokens() -> None:
    server, tokens = server_from({"SMTP_TOKEN_COMMAND": "echo 'a b'\\''s'"}, WRITTEN)
    assert isinstance(tokens, CommandTokens)
    with pytest.raises(DeliveryError, match="echo printed no token, or more than one"):
        tokens.token()
    assert server.because("token") == " (token from SMTP_TOKEN_COMMAND)"
    _, tokens = server_from({"PRESSRUN_SMTP_TOKEN_COMMAND": "echo ya29.a0"}, WRITTEN)
    assert isinstance(tokens, CommandTokens)
    assert tokens.token() == Token("ya29.a0")


def test_keys_that_sign_can_be_named_there() -> None:
    written = Signing(("news2025",), "gazette.example")
    variables = {"DKIM_SELECTOR": "news2026, news2026e", "PRESSRUN_DKIM_KEYS": "/run/secrets"}
    found = signing_from(variables, written, {}.__getitem__)
    assert found == Signing(("news2026", "news2026e"), "gazette.example", "/run/secrets")
    assert signing_from({}, written, {}.__getitem__) == written


def test_a_file_can_hold_it() -> None:
    server, password = server_from({"SMTP_PASSWORD_FILE": "/run/secrets/smtp"}, WRITTEN)
    assert password == "s€cret"
    assert server.because("password") == " (password from SMTP_PASSWORD_FILE)"


@pytest.mark.parametrize(
    ("environment", "written", "words"),
    [
        ({}, NOTHING, "There is no server to send through"),
        ({}, WRITTEN, "a username (username from content/publication.yaml:12) and no password: set SMTP_PASSWORD"),
        ({"SMTP_HOST": "a.example", "SMTP_PASSWORD": "x"}, WRITTEN, "no username: set SMTP_USERNAME"),
        ({"SMTP_HOST": "a.example", "SMTP_TOKEN": "x"}, WRITTEN, "a token (token from SMTP_TOKEN) and no username"),
        ({"SMTP_TOKEN": "x", "SMTP_PASSWORD": "y"}, WRITTEN, "SMTP_PASSWORD and SMTP_TOKEN are both set"),
        ({"SMTP_TOKEN": "x", "SMTP_TOKEN_COMMAND": "y"}, NOTHING, "SMTP_TOKEN and SMTP_TOKEN_COMMAND are both set"),
        ({"SMTP_TOKEN_COMMAND": "echo 'x"}, WRITTEN, "SMTP_TOKEN_COMMAND is no command: no closing quotation."),
        ({"SMTP_TOKEN_COMMAND": " "}, WRITTEN, "SMTP_TOKEN_COMMAND is no command: nothing stands in it."),
        ({"SMTP_PORT": "smtp"}, NOTHING, 'SMTP_PORT: "smtp" is not a port; write a number'),
        ({"SMTP_TLS": "ssl"}, NOTHING, 'SMTP_TLS: "ssl" is no way to encrypt; write starttls or tls or none'),
        ({"PRESSRUN_SMTP_HOST": "a.example:587"}, NOTHING, 'PRESSRUN_SMTP_HOST: "a.example:587" is not the name'),
        ({"SMTP_PORT": "1", "SMTP_PORT_FILE": "x"}, NOTHING, "SMTP_PORT and SMTP_PORT_FILE are both set"),
    ],
)
def test_what_cannot_be_is_told_with_the_name_of_the_variable(
    environment: Mapping[str, str], written: MailServer, words: str
) -> None:
    assert words in complaint(environment, written)


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file or directory"), PermissionError(13, "No")])
def test_a_file_that_cannot_be_read_is_told(error: OSError) -> None:
    def read(path: str) -> str:
        raise error

    with pytest.raises(SettingsError, match="SMTP_HOST_FILE names /run/x, which cannot be read: No"):
        mail_server_from({"SMTP_HOST_FILE": "/run/x"}, NOTHING, read)


def test_a_file_that_is_no_text_is_told() -> None:
    with pytest.raises(SettingsError, match="it is not UTF-8"):
        mail_server_from({"SMTP_HOST_FILE": "/run/x"}, NOTHING, lambda _: b"\xff".decode("utf-8"))
