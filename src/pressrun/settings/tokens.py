"""Access tokens that a command of the publisher's prints, for a token is good for an hour and a run may take longer."""

import subprocess
import threading
from collections.abc import Sequence

from pressrun.model.mailserver import Token
from pressrun.model.problems import DeliveryError

# A command may have to ask its provider, and nobody is there to be asked.
PATIENCE = 60


class CommandTokens:
    """The tokens that *words*, a command and its arguments, prints; *origin* is what named it.

    No shell has a hand in it. What it prints is never shown. Safe to be asked by several threads at once.
    """

    def __init__(self, words: Sequence[str], origin: str, patience: float = PATIENCE) -> None:
        self._words = tuple(words)
        self._origin = origin
        self._patience = patience
        self._lock = threading.Lock()
        self._token: Token | None = None

    def token(self, stale: Token | None = None) -> Token:
        """The token that was printed last; the command is run where there is none, or where that is *stale*.

        Raises DeliveryError where none is to be had.
        """
        with self._lock:
            if self._token is None or self._token == stale:
                self._token = self._printed()
            return self._token

    def _printed(self) -> Token:
        try:
            done = subprocess.run(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._error("did not end in time") from None  # it holds what was printed
        except OSError as error:
            raise self._error(f"cannot be run: {error.strerror or error}") from error
        if done.returncode != 0:
            raise self._error(f"ended with {done.returncode}")
        text = done.stdout.decode("ascii", "replace").strip()
        if not text or not text.isascii() or len(text.split()) != 1:
            raise self._error("printed no token, or more than one")
        return Token(text)

    def _error(self, reason: str) -> DeliveryError:
        return DeliveryError(f"there is no token to log in with: {self._words[0]} {reason} (from {self._origin})")
