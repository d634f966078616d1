"""`pressrun new`."""

import shlex
from datetime import UTC, datetime
from pathlib import Path

import click

from pressrun.cli.options import home_option, moment_option, source_option

KINDS = ("story", "edition", "publication")


class Kinds(click.Group):
    """`new story` and `new edition`; anything else names the folder of a new publication."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*KINDS, "-h", "--help"):
            args = ["publication", *args]
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
@moment_option("The moment to date it with, instead of this one")
def publication(
    directory: Path, title: str | None, base_url: str | None, language: str, timezone: str, now: datetime | None
) -> None:
    """Put a small publication down in DIR: content, templates and a .gitignore."""
    from pydantic_core import PydanticCustomError

    from pressrun.content.values import filled_line_from, language_from, timezone_from
    from pressrun.model.addresses import slug_of
    from pressrun.new import Beginning, new_publication

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
    click.echo(f"\nNow build it:  pressrun build --source {shlex.quote(str(directory))}")


@command.command("story", short_help="A draft of a story, with its id.")
@click.argument("title")
@source_option
@moment_option("The moment to date it with, instead of this one")
def story(title: str, source: Path, now: datetime | None) -> None:
    """Put a draft titled TITLE into content/stories/, with its permanent id."""
    from pressrun.new import new_story

    click.echo(new_story(source, _title(title), now or datetime.now(UTC)))


@command.command("edition", short_help="A draft of an edition, with its id.")
@click.argument("title")
@source_option
@moment_option("The moment to date it with, instead of this one")
@click.option("--since-last", is_flag=True, help="Name the stories that came out since the last edition.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only those with this tag; may be repeated.")
@click.option("--section", metavar="NAME", help="Only those of this section.")
@click.option("--limit", metavar="NUMBER", type=click.IntRange(1), help="At most so many.  [default: 30]")
@click.option("--min-stories", metavar="NUMBER", type=click.IntRange(1), help="Make no file for fewer.  [default: 1]")
def edition(
    title: str,
    source: Path,
    now: datetime | None,
    since_last: bool,
    tags: tuple[str, ...],
    section: str | None,
    limit: int | None,
    min_stories: int | None,
) -> None:
    """Put a draft titled TITLE into content/editions/, with its permanent id.

    It is led by the newest story. With any of the options below, it names all stories that these find, the newest
    first, for you to put in order.
    """
    from pressrun.model.edition import Rule
    from pressrun.new import new_edition

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
    click.echo(new_edition(source, _title(title), now or datetime.now(UTC), rule))


def _title(written: str) -> str:
    from pressrun.model.characters import CONTROL

    title = " ".join(written.split())
    if not title or CONTROL.search(title):
        raise click.UsageError("A title is a line of text.")
    return title


def _host(slug: str) -> str:
    """*slug* as a label of a host name, or "news" where nothing of it may stand in one."""
    return "".join(letter for letter in slug if letter.isascii()).strip("-")[:63] or "news"
