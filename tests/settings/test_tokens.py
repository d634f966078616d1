"""Access tokens that a command prints."""

import sys
import threading
from pathlib import Path

import pytest

from pressrun.model.mailserver import Token
from pressrun.model.problems import DeliveryError
from pressrun.settings.tokens import CommandTokens

# It prints another one every time.
COUNTING = """
import pathlib, sys
place = pathlib.Path(sys.argv[1])
place.write_text((place.read_text() if place.exists() else "") + "x")
print("token-" + str(len(place.read_text())))
"""


def saying(code: str, *arguments: str, patience: float = 60) -> CommandTokens:
    return CommandTokens([sys.executable, "-c", code, *arguments], "SMTP_TOKEN_COMMAND", patience)


def test_a_token_is_asked_for_once_until_it_is_stale(tmp_path: Path) -> None:
    tokens = saying(COUNTING, str(tmp_path / "count"))
    first = tokens.token()
    assert first == tokens.token() == tokens.token(Token("older")) == Token("token-1")
    assert tokens.token(first) == tokens.token(first) == Token("token-2")


def test_several_lines_that_come_at_once_ask_once(tmp_path: Path) -> None:
    tokens = saying(COUNTING, str(tmp_path / "count"))
    threads = [threading.Thread(target=tokens.token) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tokens.token() == Token("token-1")


def test_no_shell_has_a_hand_in_it() -> None:
    assert saying("import sys; print(sys.argv[1])", "$HOME;`id`").token() == Token("$HOME;`id`")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('s3cret'); raise SystemExit(3)", "ended with 3"),
        ("", "printed no token"),
        ("print('s3cret s3cret')", "printed no token, or more than one"),
        ("print('s3cr\\u00e9t')", "printed no token"),
        ("import sys; print('s3cret', file=sys.stderr)", "printed no token"),
    ],
)
def test_what_goes_wrong_is_told_and_nothing_that_was_printed(
    code: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DeliveryError, match=words) as raised:
        saying(code).token()
    told = "".join([str(raised.value), repr(raised.value.__cause__), *capfd.readouterr()])
    assert "s3cr" not in told
    assert "(from SMTP_TOKEN_COMMAND)" in told


def test_a_command_that_does_not_end_is_not_waited_for_for_ever() -> None:
    forever = "import sys; print('s3cret', flush=True); sys.stdin = open(0); import threading; threading.Event().wait()"
    with pytest.raises(DeliveryError, match="did not end in time") as raised:
        saying(forever, patience=1).token()
    assert raised.value.__cause__ is None


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(DeliveryError, match=r"no-such-command cannot be run: No such file"):
        CommandTokens(["no-such-command"], "SMTP_TOKEN_COMMAND").token()
