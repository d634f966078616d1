"""`pressrun editions`: what is planned, running, and sent; who got an edition; and how to withdraw one."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pressrun.cli.exits import Exit
from pressrun.cli.group import Group
from pressrun.cli.named import edition_id
from pressrun.cli.options import moment_option, source_option
from pressrun.cli.recipients import show_csv, show_recipients
from pressrun.cli.show import console, counted, show_tally
from pressrun.cli.terminal import confirmed
from pressrun.content.load import load
from pressrun.model.delivery import LEFT, DeliveryState
from pressrun.model.edition import Edition
from pressrun.model.problems import ContentError, Problem, errors_in, shown
from pressrun.post.sending.overview import EditionPhase, EditionStage, overview, stage_of
from pressrun.settings.database import is_certainly_missing, opened_store

if TYPE_CHECKING:
    from pressrun.post.sending.dispatch import Status

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])


class Editions(Group):
    """`editions`, which lists them where no command below it is named."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        is_option = bool(args) and args[0].startswith("-") and args[0] not in context.help_option_names
        if not args or (is_option and not self.commands.keys() & {*args}):
            args = ["list", *args]
        return super().parse_args(context, args)


@click.group("editions", cls=Editions)
def command() -> None:
    """Show what is planned, running, and sent. Without a command, list all editions."""


clock_option = moment_option("The moment that decides what is due, instead of this one")


def people_options(command: AnyCommand) -> AnyCommand:
    """Add the options that choose deliveries and how they are shown."""
    states = click.Choice([state.value for state in DeliveryState])
    for option in (
        click.option("--csv", "as_csv", is_flag=True, help="As CSV, for a spreadsheet or a script."),
        click.option("--outcome", "outcomes", multiple=True, type=states, help="Only these outcomes; can be repeated."),
    ):
        command = option(command)
    return command


@command.command("list", short_help="List what is planned, running, and sent.")
@clock_option
@source_option
def list_all(now: datetime | None, source: Path) -> None:
    """List all editions, the earliest first: when each is due, and how far it is."""
    sys.exit(list_editions(source, now or datetime.now(UTC)))


@command.command("show", short_help="Show how far an edition is, and who got it.")
@click.argument("name", metavar="EDITION")
@click.option("--people", is_flag=True, help="List the recipients, and what became of it for each.")
@people_options
@clock_option
@source_option
def show(name: str, people: bool, outcomes: tuple[str, ...], as_csv: bool, now: datetime | None, source: Path) -> None:
    """Show how far EDITION is: a slug, an id, or a file.

    With --people, list its recipients. An address that is missing is that of a person whose data was erased.
    """
    if not people and (outcomes or as_csv):
        raise click.UsageError(f"{'--outcome' if outcomes else '--csv'} goes with --people; write both.")
    if people:
        show_people(source, name, outcomes, as_csv=as_csv)
    else:
        sys.exit(show_edition(source, name, now or datetime.now(UTC)))


@command.command("withdraw", short_help="Send an edition to nobody else.")
@click.argument("name", metavar="EDITION")
@click.option("--dry-run", is_flag=True, help="Show who would not get it, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before.")
@source_option
def withdraw(name: str, dry_run: bool, yes: bool, source: Path) -> None:
    """Send EDITION to nobody who has not got it, for good.

    Everybody who is planned or deferred is excluded. What was accepted cannot be called back.
    """
    sys.exit(withdraw_edition(source, name, datetime.now(UTC), yes=yes, dry_run=dry_run))


def list_editions(source: Path, now: datetime) -> int:
    """Print all editions, of the files and of the store; the exit code says whether one is not finished.

    Where the files cannot be read, what the store knows is printed. Raises ContentError where there is neither.
    """
    content, problems = load(source)
    editions = content.editions if content is not None else ()
    if is_certainly_missing(os.environ, source):
        found = overview(editions, (), lambda _number: False, now)
    else:
        with opened_store(source, looks=True) as store:
            from pressrun.circulation.store.runs import is_running
            from pressrun.post.sending.dispatch import statuses

            found = overview(editions, statuses(store), lambda number: is_running(store, number), now)
    if content is None and not found:
        raise ContentError(problems)
    for each in found:
        _show(each)
    if not found:
        console().print("There are no editions yet. Create one with: pressrun new edition TITLE")
    _show_errors(problems)
    return Exit.UNFINISHED if any(_is_open(each.status) for each in found) else 0


def show_edition(source: Path, name: str, now: datetime) -> int:
    """Print how far the edition *name* is; the exit code says whether it is finished, if it began."""
    meant = edition_id(source, name)
    content, _ = load(source)
    edition = next((each for each in content.editions if each.id == meant), None) if content is not None else None
    if is_certainly_missing(os.environ, source):
        found = _stage(name, meant, edition, None, lambda _number: False, now)
    else:
        with opened_store(source, looks=True) as store:
            from pressrun.circulation.store.runs import is_running
            from pressrun.post.sending.dispatch import status

            found = _stage(name, meant, edition, status(store, meant), lambda number: is_running(store, number), now)
    _show(found)
    return Exit.UNFINISHED if _is_open(found.status) else 0


def show_people(source: Path, name: str, outcomes: tuple[str, ...], *, as_csv: bool) -> None:
    """Print what became of the edition *name* for each of its recipients, or for those with one of *outcomes*."""
    states = [DeliveryState(word) for word in outcomes] or list(DeliveryState)
    with opened_store(source, looks=True) as store:
        from pressrun.post.sending.dispatch import deliveries_of, status  # it needs what a store needs

        found = status(store, edition_id(source, name))
        if found is None:
            raise click.UsageError(f"{name} was not sent from this store.")
        each = deliveries_of(store, found.number, states)
        if as_csv:
            show_csv(each)
        else:
            show_recipients(each)
            show_tally(found.tally, found.next_try, found.turned_away)


def withdraw_edition(source: Path, name: str, now: datetime, *, yes: bool, dry_run: bool = False) -> int:
    """Withdraw the edition *name* once the person confirms; the exit code says whether it is finished."""
    with opened_store(source, looks=dry_run) as store:
        from pressrun.post.sending.dispatch import status
        from pressrun.post.sending.withdrawal import withdraw

        known = status(store, edition_id(source, name))
        if known is None:
            raise click.UsageError(
                f"{name} was not sent from this store. To keep it from being sent, write draft: true into its file."
            )
        waiting = known.tally.count(*LEFT)
        people = counted(waiting, "person has", "people have")
        if waiting and dry_run:
            console().print(f"{people} not got it, and would not get it anymore.")
        elif waiting:
            if not yes and not confirmed(f"{people} not got it. Withdraw it from them, for good?"):
                raise click.Abort
            known = withdraw(source, store, known, now)
        else:
            console().print("Nobody is left to withdraw it from.")
    show_tally(known.tally)
    return 0 if dry_run or known.tally.is_finished else Exit.UNFINISHED


def _stage(
    name: str,
    meant: str,
    edition: Edition | None,
    status: "Status | None",
    is_running: Callable[[int], bool],
    now: datetime,
) -> EditionStage:
    if edition is None and status is None:
        raise click.UsageError(f"{name} is neither in the content folder nor in the store.")
    return stage_of(meant, edition, status, is_running, now)


def _show(each: EditionStage) -> None:
    """Print an edition on one line; where it began, the numbers of its deliveries below."""
    name = each.edition.slug if each.edition is not None else f"{each.id} (its file is gone)"
    words = each.stage.value
    if each.stage is EditionPhase.PLANNED:
        words += f" until {each.date:%Y-%m-%d %H:%M}"
    if each.status is not None:
        mailing = each.status.mailing
        words += f", to {', '.join(mailing.lists)} since {mailing.frozen.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    elif each.edition is not None and each.edition.receipt is not None:
        words += ", as its file says; this store knows nothing about it"
    console().print(shown(f"{each.date:%Y-%m-%d}  {name}: {words}"))
    if each.status is not None:
        show_tally(each.status.tally, each.status.next_try, each.status.turned_away)


def _show_errors(problems: list[Problem]) -> None:
    """Print that some files have errors: an edition that cannot be read is not in the list."""
    if number := len(errors_in(problems)):
        words = counted(number, "error")
        console(stderr=True).print(f"The content folder has {words}; editions may be missing here. See: pressrun check")


def _is_open(status: "Status | None") -> bool:
    return status is not None and not status.tally.is_finished
