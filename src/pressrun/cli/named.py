"""Which edition a name on the command line means."""

from pathlib import Path

import click

from pressrun.model.problems import ContentError


def edition_id(source: Path, name: str) -> str:
    """The id of the edition that *name* means; an id may be one of an edition that is gone."""
    if name.startswith("tag:"):
        return name
    from pressrun.content.load import load
    from pressrun.post.sending.letter import NoSuchEdition, edition_named

    content, problems = load(source)
    if content is None:
        raise ContentError(problems)
    try:
        return edition_named(content, source, name, problems).id
    except NoSuchEdition as error:
        raise click.UsageError(str(error)) from error
