"""`pressrun status`."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.exits import Exit
from pressrun.cli.options import moment_option, source_option
from pressrun.cli.show import console, counted, tally_text
from pressrun.content.load import Content, load
from pressrun.model.problems import ContentError, errors_in, shown
from pressrun.settings.database import database_named, folder_option, is_certainly_missing

if TYPE_CHECKING:
    from pressrun.circulation.store.engine import Place

MOST = 5
WIDTH = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen: what it is about, its text, and whether somebody has to do something."""

    about: str
    text: str
    needs_you: bool = False


@click.command("status")
@source_option
@moment_option("The time that decides what is due, instead of now")
def command(source: Path, now: datetime | None) -> None:
    """Show on one screen what is next, which sends are unfinished, and how the store is.

    The exit code is 1 if something needs you; those lines have an exclamation mark. Nothing is created or changed.
    """
    moment = now or datetime.now(UTC)
    content, problems = load(source)
    if content is None:
        raise ContentError(problems)
    lines = [*_next(content, moment), *_content(content, len(errors_in(problems)), source), *_store(source)]
    out = console()
    out.print(shown(content.publication.title), style="bold")
    for line in lines:
        out.print(shown(f"{'!' if line.needs_you else ' '} {line.about:<{WIDTH}}{line.text}"))
    if any(line.needs_you for line in lines):
        sys.exit(Exit.PROBLEMS)


def _next(content: Content, now: datetime) -> Iterator[Line]:
    """Yield what is not due yet, the first to come first."""
    zone = content.publication.timezone
    valid = [each for each in content.editions if each.source not in content.invalid]
    coming = [(each.date, "edition", each.slug) for each in valid if not each.draft and each.date > now]
    coming += [
        (each.published, "story", each.slug)
        for each in content.stories
        if not each.draft and each.published > now and each.source not in content.invalid
    ]
    for date, kind, slug in sorted(coming)[:MOST]:
        yield Line("next", f"{kind} {slug}: not due until {date.astimezone(zone):%Y-%m-%d %H:%M %Z}")
    if len(coming) > MOST:
        yield Line("next", f"{len(coming) - MOST:,} more not due yet")
    if not coming:
        yield Line("next", "nothing is waiting for its date")


def _content(content: Content, errors: int, source: Path) -> Iterator[Line]:
    drafts = sum(each.draft for each in content.stories) + sum(each.draft for each in content.editions)
    counts = [counted(len(content.stories), "story", "stories"), counted(len(content.editions), "edition")]
    if drafts:
        counts.append(f"{counted(drafts, 'draft')} among them")
    yield Line("content", ", ".join(counts))
    if errors:
        way_on = f"pressrun check{folder_option(source)}"
        yield Line("content", f"{counted(errors, 'error')}. Show them with: {way_on}", True)


def _store(source: Path) -> Iterator[Line]:
    option = folder_option(source)
    if is_certainly_missing(os.environ, source):  # what asks a database takes long to import
        yield Line("store", f"none. Create one with: pressrun store init{option}")
        return
    place = database_named(os.environ, source)
    from pressrun.circulation.store.engine import known_versions, shown_place, version_at
    from pressrun.circulation.store.tables import HEAD

    version = version_at(place)
    if version == HEAD:
        yield from _sends(place, option)
        yield Line("store", f"{shown_place(place)}, up to date")
    elif version is None:
        yield Line("store", f"none in {shown_place(place)}. Create one with: pressrun store init{option}", True)
    elif version in known_versions():
        yield Line("store", f"{shown_place(place)} is older. Upgrade it with: pressrun store upgrade{option}", True)
    else:
        yield Line("store", f"{shown_place(place)} was made by a newer Pressrun. Use that one.", True)


def _sends(place: "Place", option: str) -> Iterator[Line]:
    """Yield the sends that are not finished. One that a run is working on needs nobody."""
    from pressrun.circulation.store.engine import open_store
    from pressrun.circulation.store.runs import is_running
    from pressrun.post.sending.dispatch import statuses

    store = open_store(place, looks=True)
    try:
        unfinished = [each for each in statuses(store) if not each.tally.is_finished]
        for each in unfinished:
            running = is_running(store, each.number)
            way_on = "is being sent now" if running else f"continue with: pressrun send {each.mailing.id}{option}"
            yield Line("unfinished", f"{each.mailing.id}: {tally_text(each.tally)}; {way_on}", not running)
    finally:
        store.close()
    if not unfinished:
        yield Line("unfinished", "no send")
