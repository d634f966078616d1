"""`pressrun new`."""

import shlex
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import click

from pressrun.cli.group import Group
from pressrun.cli.lists import lists_named
from pressrun.cli.options import begin_option, home_option, moment_option, source_option
from pressrun.cli.past import records_of
from pressrun.settings.database import publication_at

KINDS = ("story", "edition", "publication")


class Kinds(Group):
    """`new story` and `new edition`; anything else names the folder of a new publication."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Put the word `publication` in front of what names a folder; `-C DIR` may precede it."""
        before = 2 if args[:1] == ["-C"] else int(args[:1] != [] and args[0].startswith("-C"))
        if args[before:] and args[before] not in (*KINDS, "-h", "--help"):
            args = [*args[:before], "publication", *args[before:]]
        return super().parse_args(context, args)


@click.group("new", cls=Kinds, subcommand_metavar="DIR | story TITLE | edition TITLE")
def command() -> None:
    """Start a publication in DIR, or a story or an edition with its permanent id.

    A folder that is really called story: write ./story.
    """


@command.command("publication", short_help="A small publication in DIR (the word may be left out).")
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--title", metavar="TEXT", help="Its title.  [default: the folder's name]")
@home_option("Its home page.  [default: made up from the folder's name]")
@click.option("--language", metavar="TAG", default="en", show_default=True, help="A language tag, such as de-AT.")
@click.option("--timezone", metavar="NAME", default="UTC", show_default=True, help="Such as Europe/Brussels.")
@begin_option
@moment_option("The moment to date it with, instead of this one")
def publication(
    directory: Path,
    title: str | None,
    base_url: str | None,
    language: str,
    timezone: str,
    source: Path,
    now: datetime | None,
) -> None:
    """Put a small publication down in DIR: content, templates and a .gitignore."""
    from pydantic_core import PydanticCustomError

    from pressrun.content.source.values import filled_line_from, language_from, timezone_from
    from pressrun.desk.authoring.new import Beginning, new_publication
    from pressrun.model.addresses import slug_of

    directory = source / directory
    if directory.exists() and any(not path.name.startswith(".") for path in directory.iterdir()):
        raise click.UsageError(f"{directory} is not empty; a publication needs a folder of its own.")
    name = directory.resolve().name
    try:
        beginning = Beginning(
            title=filled_line_from(title or name.replace("-", " ").replace("_", " ").strip().capitalize() or "News"),
            home=base_url or f"https://{_host(slug_of(name))}.example/",
            language=language_from(language),
            timezone=timezone_from(timezone),
            now=now or datetime.now(UTC),
        )
    except PydanticCustomError as error:
        raise click.UsageError(f"{error.message()}; {(error.context or {})['hint']}.") from error
    try:
        made = new_publication(directory, beginning)
    except FileExistsError as error:
        raise click.UsageError(f"{error}.") from error
    for path in made:
        click.echo(path)
    click.echo(f"\nNow build it:  pressrun build -C {shlex.quote(str(directory))}")


@command.command("story", short_help="A draft of a story, with its id.")
@click.argument("title")
@source_option
@moment_option("The moment to date it with, instead of this one")
def story(title: str, source: Path, now: datetime | None) -> None:
    """Put a draft titled TITLE into content/stories/, with its permanent id."""
    from pressrun.desk.authoring.new import new_story

    click.echo(new_story(source, _title(title), now or datetime.now(UTC)))


@command.command("edition", short_help="A draft of an edition, with its id.")
@click.argument("title")
@source_option
@moment_option("The moment to date it with, instead of this one")
@click.option("--since-last", is_flag=True, help="List the stories that no edition of its chain has carried.")
@click.option("--list", "list_id", metavar="LIST", help="The list that it is for.")
@click.option("--begin", metavar="DAY", help="With --since-last: list no story from before this day.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only those with this tag; may be repeated.")
@click.option("--section", metavar="NAME", help="Only those of this section.")
@click.option(
    "--limit", metavar="NUMBER", type=click.IntRange(1), help="Show so many; others are links.  [default: 30]"
)
@click.option("--min-stories", metavar="NUMBER", type=click.IntRange(1), help="Make no file for fewer.  [default: 1]")
def edition(
    title: str,
    source: Path,
    now: datetime | None,
    since_last: bool,
    list_id: str | None,
    begin: str | None,
    tags: tuple[str, ...],
    section: str | None,
    limit: int | None,
    min_stories: int | None,
) -> None:
    """Put a draft titled TITLE into content/editions/, with its permanent id.

    The newest story leads it. With --since-last, --tag, or --section it gets a rule, and a list of all stories that
    this finds now, newest first, for you to edit.
    """
    from pressrun.desk.authoring.new import Opening, new_edition, new_edition_by
    from pressrun.model.edition import Rule

    if not since_last and not tags and section is None and (limit or min_stories):
        raise click.UsageError("--limit and --min-stories need --since-last, --tag or --section beside them.")
    rule = None
    if since_last or tags or section is not None:
        rule = Rule(
            since_last=since_last,
            tags=tags,
            section=section,
            limit=limit or Rule().limit,
            minimum=min_stories or Rule().minimum,
        )
    if begin is not None and not since_last:
        raise click.UsageError("--begin needs --since-last beside it.")
    named = _title(title)
    publication = publication_at(source) if list_id is not None or begin is not None else None
    chosen = lists_named(publication, (list_id,))[0].id if publication and list_id is not None else None
    day = _day(begin, publication.timezone) if publication and begin is not None else None
    moment = now or datetime.now(UTC)
    if rule is None:
        click.echo(new_edition(source, named, moment, chosen))
        return
    made = new_edition_by(source, named, moment, Opening(rule, chosen, day, records_of(source)))
    click.echo(made.path)
    if made.unsent is not None:
        click.echo(
            f"{made.unsent} was not sent from here, and counts as gone out. If it did not go out, write draft: true "
            "into it, delete the new file, and run this again.",
            err=True,
        )


def _day(written: str, zone: tzinfo) -> datetime:
    from pressrun.content.source.moments import moment_written

    found = moment_written(written, zone)
    if found is None:
        raise click.UsageError(f'--begin: "{written}" is not a date; write it as 2026-05-12.')
    return found


def _title(written: str) -> str:
    from pressrun.model.characters import CONTROL

    title = " ".join(written.split())
    if not title or CONTROL.search(title):
        raise click.UsageError("A title is a line of text.")
    return title


def _host(slug: str) -> str:
    """*slug* as a label of a host name, or "news" where nothing of it may stand in one."""
    return "".join(letter for letter in slug if letter.isascii()).strip("-")[:63] or "news"
