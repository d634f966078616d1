"""`pressrun subscribers export`, and how far a command is that reads or writes many people."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from pressrun.cli.options import source_option
from pressrun.cli.show import console, counted
from pressrun.model.problems import shown
from pressrun.settings.database import opened_store
from pressrun.settings.private import refuse_in_git, replaced_file


@contextmanager
def progress_bar(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how far something is that is *total* long; yields what is told how much is done."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda done: None
        return
    from rich.progress import Progress

    with Progress(console=out, transient=True) as progress:
        task = progress.add_task(shown(title), total=total)
        yield lambda done: progress.update(task, completed=done)


@click.command("export", short_help="Write everything into a file: people, consent, and who is kept off.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "jsonl"]),
    help="The format, instead of that of the file's ending.",
)
@source_option
def export_people(file: Path, kind: str | None, source: Path) -> None:
    """Write everything that the store holds into FILE, or to standard output for -; import makes the same store of it.

    It holds people, and the key under which those are known who were erased: keep it as safe as the store.
    """
    to_screen = str(file) == "-"
    kind = kind or {".csv": "csv"}.get(file.suffix.lower(), "jsonl")
    if not to_screen:
        refuse_in_git(file, "an export", "name another place")
    with opened_store(source, looks=True) as store:
        from pressrun.circulation.dossiers import records
        from pressrun.circulation.subscribers.records import WRITERS

        with (
            nullcontext(sys.stdout) if to_screen else replaced_file(file) as out,
            progress_bar("export", None) as advance,
        ):
            count = 0
            for record in WRITERS[kind](records(store), out):
                count += record["record"] == "person"
                if count % 10_000 == 0:
                    advance(count)
    console(stderr=True).print(shown(f"{counted(count, 'person', 'people')} in {file}"))
