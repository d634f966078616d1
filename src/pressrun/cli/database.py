"""Which store a command works on: one that the environment names, else a file beside the publication."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.private import refuse_in_git
from pressrun.model.publication import MailingList, Publication
from pressrun.problems import ContentError, StoreError, errors_in

if TYPE_CHECKING:
    from pressrun.store.engine import Place, Store

VARIABLE = "PRESSRUN_DATABASE"
DEFAULT = "var/pressrun.db"
MISSING = "what keeps subscribers is not installed; install it with: pip install 'pressrun[service]'"


def database_named(environment: Mapping[str, str], source: Path) -> "Place":
    """The database that *environment* names, else the file below *source*.

    Raises UsageError where it names none, or a file that git would keep; StoreError where SQLAlchemy is not there.
    """
    try:
        from pressrun.store.engine import file_of, place_from
    except ImportError as error:
        raise StoreError(MISSING) from error
    text, variable = _named(environment)
    try:
        url = place_from(text or str(source / DEFAULT))
    except ValueError as error:
        raise click.UsageError(f"{variable}: {error}.") from error
    file = file_of(url)
    if file is not None:
        for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
            refuse_in_git(file.with_name(name), "a store", f"add a line /{_ignorable(file, source)} to .gitignore")
    return url


def _named(environment: Mapping[str, str]) -> tuple[str | None, str]:
    plain, file = environment.get(VARIABLE), environment.get(f"{VARIABLE}_FILE")
    if plain and file:
        raise click.UsageError(f"{VARIABLE} and {VARIABLE}_FILE are both set; unset one of them.")
    if not file:
        return plain, VARIABLE
    try:
        return Path(file).read_text("utf-8").strip(), f"{VARIABLE}_FILE"
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise click.UsageError(f"{VARIABLE}_FILE names {file}, which cannot be read: {reason}.") from error


def _ignorable(file: Path, source: Path) -> str:
    """What a line of .gitignore beside *source* would name."""
    place, root = file.resolve(), source.resolve()
    return place.relative_to(root).parts[0] if place.is_relative_to(root) else file.name


@contextmanager
def opened_store(source: Path, *, for_a_run: bool = False) -> "Iterator[Store]":
    """The store of the publication in *source*, made or brought up to date if it is a file.

    A run that sends takes little memory, however many people there are.
    """
    url = database_named(os.environ, source)
    from pressrun.store.engine import CACHE_KILOBYTES, LITTLE_CACHE_KILOBYTES, open_store

    store = open_store(url, cache=LITTLE_CACHE_KILOBYTES if for_a_run else CACHE_KILOBYTES)
    try:
        yield store
    finally:
        store.close()


def publication_at(source: Path) -> Publication:
    """The publication in *source*, whose masthead has nothing wrong in it."""
    from pressrun.content.load import publication_in

    publication, problems = publication_in(source)
    if publication is None or errors_in(problems):
        raise ContentError(problems)
    return publication


def lists_named(publication: Publication, names: tuple[str, ...]) -> list[MailingList]:
    """The lists that *names* mean; where there is only one, it need not be named."""
    import difflib

    known = {each.id: each for each in publication.lists}
    if not names and len(known) == 1:
        return list(publication.lists)
    if not names:
        raise click.UsageError(f"Say for which list: --list {' or --list '.join(known)}.")
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            way_out = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}."
            raise click.UsageError(f'There is no list "{name}"; {way_out}')
    return [known[name] for name in dict.fromkeys(names)]
