"""The secret keys that links are signed with, in the environment or in a file that it names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pressrun.circulation.subscribers.tokens import SHORTEST_KEY
from pressrun.model.problems import PressrunError, SettingsError
from pressrun.settings.private import refuse_in_git, replace_secret, secret_beside

VARIABLE = "PRESSRUN_SECRET_KEYS"
FILE_VARIABLE = f"{VARIABLE}_FILE"
HOW = "pressrun keys new"


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """The keys of the settings, the newest first, and the *file* that holds them; None if the variable does."""

    keys: tuple[str, ...]
    file: Path | None

    def changed_to(self, keys: Sequence[str]) -> None:
        """Write *keys* into the file; where a variable holds them, nothing is written.

        Raises SettingsError if git would keep the file, PressrunError if it cannot be written; the old file stays then.
        """
        if self.file is None:
            return
        beside = secret_beside(self.file)
        instead = f"name a file elsewhere in {FILE_VARIABLE}, or add {self.file.name} and {beside.name} to .gitignore"
        for each in (self.file, beside):
            refuse_in_git(each, "whoever has a key", instead, because="can unsubscribe anybody", told=self.file)
        try:
            replace_secret(self.file, "".join(f"{key}\n" for key in keys))
        except OSError as error:
            raise PressrunError(f"cannot change {self.file}: {error.strerror or error}") from error


def secret_keys_from(environment: Mapping[str, str], read: Callable[[str], str]) -> list[str]:
    """Return the keys, the newest first. *read* gives the text of a file that a variable names.

    Raises SettingsError if there are none, or one is too short; no message shows a key.
    """
    keys, variable = _read(environment, read)
    if not keys:
        raise SettingsError(
            f"There is no key to sign links with: set {VARIABLE} or {FILE_VARIABLE} to the keys that the service uses. "
            f"Make the very first key with: {HOW}"
        )
    _refuse_short(keys, variable)
    return keys


def secret_keys_in(environment: Mapping[str, str]) -> SecretKeys:
    """Return the keys of *environment* and where they are, to change them; there may be none yet.

    Raises SettingsError if a key is too short, or the file is there and cannot be read.
    """
    file = environment.get(FILE_VARIABLE)
    is_missing = bool(file) and not Path(str(file)).exists()
    keys, variable = _read(environment, lambda path: "" if is_missing else Path(path).read_text("utf-8"))
    _refuse_short(keys, variable)
    return SecretKeys(tuple(keys), Path(file) if file else None)


def _read(environment: Mapping[str, str], read: Callable[[str], str]) -> tuple[list[str], str]:
    plain, file = environment.get(VARIABLE), environment.get(FILE_VARIABLE)
    if plain and file:
        raise SettingsError(f"{VARIABLE} and {FILE_VARIABLE} are both set; unset one of them.")
    variable = FILE_VARIABLE if file else VARIABLE
    if file:
        try:
            plain = read(file)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            hint = f" Make the very first key with: {HOW}" if isinstance(error, FileNotFoundError) else ""
            raise SettingsError(f"{variable} names {file}, which cannot be read: {reason}.{hint}") from error
    return list(dict.fromkeys((plain or "").replace(",", " ").split())), variable


def _refuse_short(keys: Sequence[str], variable: str) -> None:
    short = next((number for number, key in enumerate(keys, 1) if len(key) < SHORTEST_KEY), None)
    if short is not None:
        raise SettingsError(
            f"{variable}: key {short} has less than {SHORTEST_KEY} characters, and could be guessed. "
            f"Take it out, and make one with: {HOW}"
        )
