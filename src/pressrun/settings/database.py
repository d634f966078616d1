"""Which store a command works on: one that the environment names, else a file beside the publication."""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pressrun.model.problems import ContentError, SettingsError, StoreError, errors_in
from pressrun.model.publication import Publication
from pressrun.settings.private import refuse_in_git

if TYPE_CHECKING:
    from pressrun.circulation.store.engine import Place, Store

VARIABLE = "PRESSRUN_DATABASE"
DEFAULT = "var/pressrun.db"
MISSING = "SQLAlchemy, Alembic, or email-validator is missing: install Pressrun again"
NO_POSTGRESQL = "the driver for PostgreSQL is not installed; install it with: pip install 'pressrun[service]'"
NO_SERVICE = "what the service needs is not installed; install it with: pip install 'pressrun[service]'"


def database_named(environment: Mapping[str, str], source: Path) -> "Place":
    """The database that *environment* names, else the file below *source*.

    Raises SettingsError where it names none, or a file that git would keep; StoreError without SQLAlchemy, or
    without the driver for PostgreSQL.
    """
    try:
        from pressrun.circulation.store.engine import file_of, place_from
    except ImportError as error:
        raise StoreError(MISSING) from error
    text, variable = _named(environment)
    try:
        url = place_from(text or str(source / DEFAULT))
    except ValueError as error:
        raise SettingsError(f"{variable}: {error}.") from error
    file = file_of(url)
    if file is None and find_spec("psycopg") is None:
        raise StoreError(NO_POSTGRESQL)
    if file is not None:
        for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
            refuse_in_git(file.with_name(name), "a store", f"add a line /{_ignorable(file, source)} to .gitignore")
    return url


def is_certainly_missing(environment: Mapping[str, str], source: Path) -> bool:
    """Whether the store would be an SQLite file that does not exist."""
    text, _ = _named(environment)
    return "://" not in (text or "") and not Path(text or source / DEFAULT).is_file()


def _named(environment: Mapping[str, str]) -> tuple[str | None, str]:
    plain, file = environment.get(VARIABLE), environment.get(f"{VARIABLE}_FILE")
    if plain and file:
        raise SettingsError(f"{VARIABLE} and {VARIABLE}_FILE are both set; unset one of them.")
    if not file:
        return plain, VARIABLE
    try:
        return Path(file).read_text("utf-8").strip(), f"{VARIABLE}_FILE"
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"{VARIABLE}_FILE names {file}, which cannot be read: {reason}.") from error


def _ignorable(file: Path, source: Path) -> str:
    """What a line of .gitignore beside *source* would name."""
    place, root = file.resolve(), source.resolve()
    return place.relative_to(root).parts[0] if place.is_relative_to(root) else file.name


@contextmanager
def opened_store(source: Path, *, for_a_run: bool = False, looks: bool = False) -> "Iterator[Store]":
    """The store of the publication in *source*, for a command that changes something, or one that only *looks*.

    A file of an older version is brought up to date for a change, and refused for a look. A run that sends takes little
    memory, however many people there are. Raises StoreError where there is no store: `store init` alone creates one.
    """
    url = database_named(os.environ, source)
    from pressrun.circulation.store.engine import CACHE_KILOBYTES, LITTLE_CACHE_KILOBYTES, NoStore, open_store

    cache = LITTLE_CACHE_KILOBYTES if for_a_run else CACHE_KILOBYTES
    try:
        store = open_store(url, cache=cache, looks=looks)
    except NoStore:
        raise NoStore(url, folder_option(source)) from None
    try:
        yield store
    finally:
        store.close()


def stop_without_store(source: Path) -> None:
    """Raise StoreError where *source* has no store, before anything else is done that takes time or leaves files."""
    url = database_named(os.environ, source)
    from pressrun.circulation.store.engine import NoStore, version_at

    if version_at(url) is None:
        raise NoStore(url, folder_option(source))


def refuse_in_ci(environment: Mapping[str, str]) -> None:
    """Raise SettingsError where CI would send from a store that is gone after it."""
    in_ci = environment.get("CI", "").casefold() not in ("", "0", "false")
    if in_ci and not (environment.get(VARIABLE) or environment.get(f"{VARIABLE}_FILE")):
        raise SettingsError(
            f"This is CI, and {DEFAULT} is gone when it ends: the next run would not know who got the edition. "
            f"Name a store that stays with {VARIABLE}."
        )


def folder_option(source: Path) -> str:
    """The option that names *source* to another command, with a space before it; nothing for the current folder."""
    return "" if source == Path() else f" -C {shlex.quote(str(source))}"


def publication_at(source: Path) -> Publication:
    """The publication in *source*, whose masthead has nothing wrong in it."""
    from pressrun.content.load import publication_in

    publication, problems = publication_in(source)
    if publication is None or errors_in(problems):
        raise ContentError(problems)
    return publication
