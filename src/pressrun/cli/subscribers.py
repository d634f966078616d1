"""`pressrun subscribers`: one person at a time; files of many are in `people`."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.auditing import audit
from pressrun.cli.editing import edit
from pressrun.cli.exits import Exit
from pressrun.cli.group import Group
from pressrun.cli.importing import import_people
from pressrun.cli.lists import lists_named
from pressrun.cli.options import source_option
from pressrun.cli.people import export_people
from pressrun.cli.person import address_option_text, somebody
from pressrun.cli.show import console, counted
from pressrun.cli.standing import list_people, stats
from pressrun.model.consent import EVERY_LIST, ConsentSource, Evidence, Suppression
from pressrun.model.problems import shown
from pressrun.model.subscriber import Bounce, Membership, state_of
from pressrun.settings.database import opened_store, publication_at

if TYPE_CHECKING:
    from pressrun.circulation.consent import StateChange
    from pressrun.circulation.dossiers import Dossier

KEPT = {
    "left": "they left",
    "bounced": "letters came back",
    "complained": "they complained",
    "erased": "their data was erased",
}


@click.group("subscribers", cls=Group)
def command() -> None:
    """Who gets the newsletters, and how they agreed to it.

    They are kept in var/pressrun.db, or in the database that PRESSRUN_DATABASE names.
    """


lists_option = click.option("--list", "names", multiple=True, metavar="ID", help="Which list; may be repeated.")


@command.command("add", short_help="Ask somebody for confirmation, or add them with a consent of their own.")
@click.argument("address")
@lists_option
@click.option("--name", default="", help="What they are called.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A word of yours; may be repeated.")
@click.option(
    "--consent", metavar="TEXT", help="How they agreed, where it was not by email: they are on the list at once."
)
@source_option
def add(
    address: str, names: tuple[str, ...], name: str, tags: tuple[str, ...], consent: str | None, source: Path
) -> None:
    """Put ADDRESS on a list: pending, with an email queued that asks them to confirm.

    With --consent "signed at the fair" they are on it at once, and the ledger keeps your word for it.
    """
    lists = lists_named(publication_at(source), names)
    parsed = address_option_text(address)
    from pressrun.circulation.admission import admit
    from pressrun.circulation.consent import ask

    now = datetime.now(UTC)
    with opened_store(source) as store:
        if consent is None:
            # One by one: they may have left some. A letter that waits already asks for the next list, too.
            asked = Evidence(ConsentSource.COMMAND)
            outcomes = {
                each.id: ask(store, parsed, [each], asked, now, name=name, tags=tags).outcome.value for each in lists
            }
        else:
            evidence = Evidence(ConsentSource.COMMAND, note=consent)
            _, admitted = admit(store, parsed, lists, evidence, now, name=name, tags=tags)
            outcomes = {each: outcome.value for each, outcome in admitted.items()}
    for list_id, outcome in outcomes.items():
        console().print(shown(f"{parsed.shown}: {list_id}: {OUTCOMES[outcome]}"))
    if "suppressed" in outcomes.values():
        raise SystemExit(Exit.PROBLEMS)


OUTCOMES = {
    "queued": "pending; a letter will ask them to confirm",
    "under way": "pending already; a letter asked them, or is about to",
    "limited": "pending; they had three letters and answered none, so none is sent",
    "confirmed": "on the list already",
    "suppressed": "not added, for they left, complained or cannot be reached; only they can come back, by asking",
    "added": "added",
    "already": "on the list already",
}


@command.command("show", short_help="All that is known of somebody.")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="For machines, or to be handed to them.")
@source_option
def show(address: str, as_json: bool, source: Path) -> None:
    """Show all that is kept of ADDRESS: their state on each list, and what proves it."""
    parsed = address_option_text(address)
    from pressrun.circulation.dossiers import dossier, record_of

    with opened_store(source, looks=True) as store:
        known = dossier(store, parsed)
    if known is None:
        raise click.UsageError(f"{address} is not here, and never was.")
    if as_json:
        import json

        click.echo(json.dumps(record_of(known), ensure_ascii=False, indent=2))
        return
    for line in _lines(known):
        console().print(shown(line))


def _lines(known: "Dossier") -> list[str]:
    lines = []
    if known.person is None:
        lines.append("Nothing is kept of this address but what follows.")
    else:
        person = known.person
        named = f"{person.name} <{person.address}>" if person.name else person.address
        lines.append(f"{named}, here since {person.since:%Y-%m-%d}")
        lines += [f"  {each.list}: {_stands(each)}" for each in person.memberships]
        lines += [f"  tags: {', '.join(person.tags)}"] if person.tags else []
        lines += [f"  {name}: {value}" for name, value in person.fields.items()]
    lines += [f"  {_kept_off(each)}" for each in known.suppressions]
    if known.entries:
        lines.append("Ledger:")
    for entry in known.entries:
        about = [entry.list or "all lists", f"by {entry.evidence.way.value}", entry.evidence.note]
        about += [entry.evidence.ip, entry.evidence.agent, f'"{entry.wording}"' if entry.wording else None]
        lines.append(f"  {entry.at:%Y-%m-%d %H:%M} {entry.event.value}: {', '.join(filter(None, about))}")
    return lines


def _stands(membership: Membership) -> str:
    pause = f", paused until {membership.paused:%Y-%m-%d %H:%M}" if membership.paused else ""
    return f"{state_of(membership.standing).value} since {membership.standing.since:%Y-%m-%d}{pause}"


def _kept_off(suppression: Suppression) -> str:
    where = "every list" if suppression.list == EVERY_LIST else suppression.list
    return f"kept off {where} since {suppression.since:%Y-%m-%d}: {KEPT[suppression.reason.value]}"


@command.command("remove", short_help="Take somebody off a list.")
@click.argument("address")
@lists_option
@click.option(
    "--because",
    "reason",
    type=click.Choice(["left", "bounced", "complained"]),
    default="left",
    show_default=True,
    help="They unsubscribed; an email bounced for good; they marked one as spam.",
)
@source_option
def remove(address: str, names: tuple[str, ...], reason: str, source: Path) -> None:
    """Take ADDRESS off the lists that --list names, or off all: as if they had left themselves.

    A bounce and a complaint are about the address, and so about all lists. What is known of them stays, and no import
    brings them back. To forget them, use erase.
    """
    from_all = not names
    if names and reason != "left":
        raise click.UsageError(f"--because {reason} is about all lists; leave out --list.")
    with opened_store(source) as store:
        person = somebody(store, address)
        from pressrun.circulation.consent import bounce, complain, leave, leave_all

        now, evidence = datetime.now(UTC), Evidence(ConsentSource.COMMAND)
        if unknown := next((name for name in names if person.standing(name) is None), None):
            on = ", ".join(each.list for each in person.memberships) or "no list"
            raise click.UsageError(f'{address} has nothing to do with "{unknown}"; they are known on {on}.')
        moves: list[StateChange] | None = None
        if reason == "bounced":
            moves = bounce(store, person.id, Bounce.HARD, replace(evidence, way=ConsentSource.REPORT), now)
        elif reason == "complained":
            moves = complain(store, person.id, replace(evidence, way=ConsentSource.REPORT), now)
        elif from_all:
            moves = leave_all(store, person.id, evidence, now)
        if moves is None:
            moves = [move for name in names if (move := leave(store, person.id, name, evidence, now)) is not None]
    for move in moves:
        assert move.after is not None
        word = reason if move.changed else f"was {state_of(move.after).value} already"
        console().print(shown(f"{person.address}: {move.list}: {word}"))


def _sure(question: str, yes: bool) -> None:
    """Have a person say yes to *question*, unless they said it before; raises UsageError where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("This is final, and nobody is here to be asked: say --yes.")
    click.confirm(question, abort=True)


@command.command("erase", short_help="Forget somebody, but for the proof of what they agreed to.")
@click.argument("address", required=False)
@click.option(
    "--unconfirmed",
    type=click.IntRange(min=1),
    metavar="DAYS",
    help="Forget people who were asked so long ago and never confirmed.",
)
@click.option("--yes", is_flag=True, help="Do not ask first.")
@source_option
def erase(address: str | None, unconfirmed: int | None, yes: bool, source: Path) -> None:
    """Remove all that is known of ADDRESS, for good. It asks first, and lists what is kept, and why.

    With --unconfirmed 30, it forgets people who were asked more than thirty days ago and never confirmed.
    """
    if (address is None) == (unconfirmed is None):
        raise click.UsageError("Name an address, or how many days ago those were asked who never confirmed.")
    if unconfirmed is not None:
        with opened_store(source) as store:
            from pressrun.circulation.consent import forget_pending

            _sure(
                f"Forget everybody who was asked more than {counted(unconfirmed, 'day')} ago and never confirmed?", yes
            )
            gone = forget_pending(store, datetime.now(UTC) - timedelta(days=unconfirmed))
        console().print(f"{counted(gone, 'person was', 'people were')} forgotten.")
        return
    assert address is not None
    parsed = address_option_text(address)
    from pressrun.circulation.consent import erase as erased_by
    from pressrun.circulation.dossiers import find

    with opened_store(source) as store:
        if find(store, parsed) is not None:
            _sure(f"Erase all that is known of {shown(parsed.shown)}? It cannot be undone.", yes)
        erased = erased_by(store, parsed, Evidence(ConsentSource.COMMAND), datetime.now(UTC))
    if erased is None:
        raise click.UsageError(f"{address} is not here, and never was.")
    out = console()
    out.print(shown(f"{parsed.shown} was erased." if erased.was_here else f"{parsed.shown} was erased before."))
    out.print(
        f"Kept are {counted(erased.entries, 'line', 'lines')} of the ledger, under a keyed hash of the address: "
        "who sent letters has to be able to prove that they were asked for."
    )
    if erased.suppressions:
        out.print("Kept is that hash among those who get no letters, so that no import brings the address back.")


@command.command("tag", short_help="Give somebody tags, or take them away.")
@click.argument("address")
@click.argument("tags", nargs=-1, metavar="[TAG]...")
@click.option("--remove", "removed", multiple=True, metavar="TAG", help="Take this one away; may be repeated.")
@source_option
def tag(address: str, tags: tuple[str, ...], removed: tuple[str, ...], source: Path) -> None:
    """Give ADDRESS the tags that follow it."""
    if not tags and not removed:
        raise click.UsageError("Name a tag, or one to --remove.")
    with opened_store(source) as store:
        person = somebody(store, address)
        from pressrun.circulation.consent import tag as tagged_by

        tagged = tagged_by(store, person.id, [" ".join(each.split()) for each in tags], removed)
    assert tagged is not None
    console().print(shown(f"{person.address}: {', '.join(tagged.tags) or 'no tags'}"))


for each in (list_people, import_people, export_people, stats, edit, audit):
    command.add_command(each)
