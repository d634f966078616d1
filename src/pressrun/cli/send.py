"""`pressrun send`."""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic_core import PydanticCustomError

from pressrun.cli.choice import ListOptions, limits_from, list_options
from pressrun.cli.editions import list_editions, show_edition, withdraw_edition
from pressrun.cli.exits import Exit
from pressrun.cli.former import note
from pressrun.cli.lists import lists_named
from pressrun.cli.named import edition_id
from pressrun.cli.options import moment_option, source_option
from pressrun.cli.past import records_of
from pressrun.cli.show import console, show_problems, show_verdict
from pressrun.cli.terminal import Terminal
from pressrun.content.chains import Records
from pressrun.content.source.values import mailbox_from
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.problems import ContentError, DeliveryError, SettingsError, StoreError, shown
from pressrun.model.recipient import Recipient
from pressrun.post.delivery.eml import EmlTransport, name_of
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Transport
from pressrun.post.delivery.mbox import NAME, MboxTransport
from pressrun.post.delivery.rates import Clock
from pressrun.post.delivery.smtp import SmtpTransport
from pressrun.post.sending.letter import NoSuchEdition, Ready, addressed, post, ready
from pressrun.post.sending.order import SendOrder, SendSurroundings
from pressrun.post.sending.past import sent_before
from pressrun.settings.database import MISSING, opened_store, refuse_in_ci, stop_without_store
from pressrun.settings.environment import mail_server_from
from pressrun.settings.private import refuse_in_git
from pressrun.settings.secretkeys import secret_keys_from
from pressrun.settings.signing import signer_for

if TYPE_CHECKING:
    from pressrun.post.sending.dispatch import Sent

LETTERS = "var/letters"
KINDS = ("smtp", "eml", "mbox")
# What the file of a letter to somebody is called.
EXAMPLES = ("reader@reader.example-0123456789ab.eml",)


class Send(click.Command):
    """`send`, whose `--test` takes every address that follows it."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(context, spread(args))


def spread(arguments: list[str]) -> list[str]:
    """*arguments* with a `--test` before each of the addresses that follow one; an edition's name is none."""
    result: list[str] = []
    follows = False
    for argument in arguments:
        is_address = follows and "@" in argument and not argument.startswith(("-", "tag:"))
        if is_address and result[-1] != "--test":
            result.append("--test")
        follows = is_address or argument == "--test" or argument.startswith("--test=")
        result.append(argument)
    return result


@click.command("send", cls=Send)
@click.argument("name", metavar="[EDITION]", required=False)
@click.option("--test", "addresses", multiple=True, metavar="ADDRESS...", help="Only to these, as a test.")
@list_options
@click.option(
    "--transport",
    "kind",
    type=click.Choice(KINDS),
    default="smtp",
    show_default=True,
    help="Through a mail server, into files, or into one file.",
)
@click.option(
    "--to-folder",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Where --transport eml and mbox put files.  [default: {LETTERS}/ and the edition's slug]",
)
@source_option
@click.option("-D", "--drafts", is_flag=True, help="Include all drafts, so that links to them work.")
@click.option("-F", "--future", is_flag=True, help="Include all that is not due yet, likewise.")
@moment_option("The moment that decides what is due and dates the newsletter, instead of now")
def command(
    name: str | None,
    addresses: tuple[str, ...],
    kind: str,
    folder: Path | None,
    source: Path,
    drafts: bool,
    future: bool,
    now: datetime | None,
    **chosen: Any,
) -> None:
    """Send EDITION to the list that it is for, or with --test to a few addresses.

    EDITION is a slug, an id, or a file. Its email is built again, in memory. Nobody gets it twice, and a send that
    was stopped goes on where it was.
    """
    choice = ListOptions(**chosen)
    if folder is not None and kind == "smtp":
        raise click.UsageError("--to-folder is for --transport eml and mbox; write both.")
    if addresses and (given := choice.given()):
        raise click.UsageError(f"--test sends to its addresses alone; {given[0]} is for the list.")
    moment = now or datetime.now(UTC)
    if choice.status or choice.withdraw:
        sys.exit(_under_a_former_name(choice, source, name, moment))
    if name is None:
        raise click.UsageError("Missing argument 'EDITION'.")
    choice.note_former()
    recipients = recipients_from(addresses)
    build_request = BuildRequest(now=moment, drafts=drafts, future=future)
    if not addresses:
        refuse_in_ci(os.environ)
        stop_without_store(source)
        sent = sent_before(os.environ, source, looks=choice.dry_run)
        letter = made(source, name, build_request, sent.records)
        opened = transport(kind, source, folder or source / LETTERS / letter.edition.slug, letter, EXAMPLES)
        sys.exit(_sent_to_list(source, letter, choice, opened, now, sent))
    letter = made(source, name, build_request, records_of(source))
    envelopes = addressed(letter, recipients, moment, signer_for(letter.publication, source, os.environ))
    place = folder or source / LETTERS / letter.edition.slug
    opened = transport(kind, source, place, letter, [name_of(envelope) for _, envelope in envelopes])
    for file, reason in letter.not_out:
        console().print(shown(f"{file} {reason}; a test takes it in all the same."))
    sys.exit(_tested(source, letter, envelopes, opened(), moment))


def _under_a_former_name(choice: ListOptions, source: Path, name: str | None, now: datetime) -> int:
    """Do what `--status` or `--withdraw` did, and name the command that does it now; the exit code."""
    former = "--status" if choice.status else "--withdraw"
    if others := [option for option in choice.given() if option != former]:
        raise click.UsageError(f"{former} sends nothing; leave out {others[0]}.")
    if name is None and choice.withdraw:
        raise click.UsageError("Missing argument 'EDITION'.")
    below = "list" if name is None else f"show {name}" if choice.status else f"withdraw {name}"
    note(f"send {former}", f"editions {below}")
    if name is None:
        return list_editions(source, now)
    if choice.status:
        return show_edition(source, name, now)
    return withdraw_edition(source, name, now, yes=choice.yes)


def _sent_to_list(
    source: Path,
    letter: Ready,
    choice: ListOptions,
    opened: Callable[[], Transport],
    now: datetime | None,
    sent: "Sent",
) -> int:
    """Send *letter* to the people that *choice* means, or go on with that; the exit code.

    *sent* is what was known of other editions when the stories of the letter were chosen.
    """
    from pressrun.post.sending.run import EditionRun, NotConfirmed, NothingBegan  # it needs what a store needs

    signed = signer_for(letter.publication, source, os.environ)
    keys: list[str] = []
    if letter.publication.service is not None:
        keys = secret_keys_from(os.environ, lambda path: Path(path).read_text("utf-8"))
    order, terminal, surroundings = _order(source, letter, choice), Terminal(yes=choice.yes), _surroundings(now)
    with opened_store(source, for_a_run=True, looks=choice.dry_run) as store:
        run = EditionRun(source, letter, store, order, terminal, surroundings, sent, keys, signed)
        try:
            status = run.send(opened)
        except NotConfirmed as error:
            raise click.Abort from error
        except NothingBegan as error:
            raise click.UsageError(str(error)) from error
        except ContentError as error:
            show_problems([each for each in error.problems if each not in letter.problems])  # those were shown already
            show_verdict(error.problems, "sent")
            console(stderr=True).print("These stop a send: fix them, or ignore them in their files.")
            return Exit.PROBLEMS
    return 0 if status is None or status.tally.is_finished else Exit.UNFINISHED


def _order(source: Path, letter: Ready, choice: ListOptions) -> SendOrder:
    lists = lists_named(letter.publication, choice.lists) if choice.lists else []
    return SendOrder(
        lists=tuple(each.id for each in lists),
        tags=choice.tags,
        corrects=edition_id(source, choice.corrects) if choice.corrects is not None else None,
        resume=choice.resume,
        dry_run=choice.dry_run,
        retry=choice.retried(),
        ignored=choice.checks_ignored(),
        limit=choice.limit,
        connections=choice.connections,
        rates=limits_from(choice.rates),
    )


def _surroundings(now: datetime | None) -> SendSurroundings:
    def wall() -> datetime:
        return datetime.now(UTC)

    clock = Clock(time.monotonic, time.sleep)
    return SendSurroundings(moment=wall if now is None else lambda: now, wall=wall, clock=clock, chance=random.random)


def made(source: Path, name: str, build_request: BuildRequest, records: Records) -> Ready:
    """The letter of the edition that *name* means, its warnings told; where it has errors, this is the end."""
    try:
        letter = ready(source, name, build_request, records)
    except NoSuchEdition as error:
        raise click.UsageError(str(error)) from error
    except ContentError as error:
        show_problems(error.problems)
        show_verdict(error.problems, "sent")
        sys.exit(Exit.PROBLEMS)
    show_problems(letter.problems)
    return letter


def recipients_from(addresses: tuple[str, ...]) -> list[Recipient]:
    """Those who are meant by *addresses*, each once: `ada@example.org`, or `Ada <ada@example.org>`."""
    recipients: dict[str, Recipient] = {}
    for written in addresses:
        try:
            mailbox = mailbox_from(written)
        except PydanticCustomError as error:
            raise click.UsageError(f"--test: {error.message()}; {(error.context or {})['hint']}.") from error
        recipient = Recipient(EmailAddress.parse(mailbox.address), mailbox.name)
        recipients.setdefault(recipient.address.identity, recipient)
    return list(recipients.values())


def transport(kind: str, source: Path, folder: Path, letter: Ready, files: Sequence[str]) -> Callable[[], Transport]:
    """What makes a line to post letters by. *files* are names that --transport eml would write in *folder*."""
    if kind == "smtp":
        written = letter.publication.mail.server
        server, secret = mail_server_from(os.environ, written, lambda path: Path(path).read_text("utf-8"))
        return lambda: SmtpTransport(server, secret)
    if any((folder / "x").resolve().is_relative_to((source / root).resolve()) for root in (PUBLIC, OUTBOX)):
        raise click.UsageError(
            f"{folder} is published, or made anew by every build, and these letters name real people."
        )
    # Rules can be about names: git is asked about the very files that would be written.
    instead = f"add a line /{_ignorable(folder, source)} to .gitignore, or name another folder with --to-folder"
    for name in files if kind == "eml" else (NAME,):
        refuse_in_git(folder / name, "a letter", instead, told=folder)
    return (lambda: EmlTransport(folder)) if kind == "eml" else lambda: MboxTransport(folder / NAME)


def _ignorable(folder: Path, source: Path) -> str:
    """The part of *folder* that a line of .gitignore beside *source* would name."""
    inside = folder.resolve().is_relative_to(source.resolve()) and folder.resolve() != source.resolve()
    return folder.resolve().relative_to(source.resolve()).parts[0] if inside else LETTERS.partition("/")[0]


def _remember(source: Path, letter: Ready, now: datetime) -> None:
    """Record in the store that somebody got *letter* as a test; where that is not possible, print why."""
    try:
        with opened_store(source) as store:
            from pressrun.post.sending.dispatch import remember_test  # it needs what a store needs

            remember_test(store, letter, now)
    except (SettingsError, StoreError) as error:
        if str(error) == MISSING:
            return  # nobody sends to a list from here
        console(stderr=True).print(shown(f"The test was not recorded: {error}"))


def _tested(
    source: Path,
    letter: Ready,
    envelopes: Sequence[tuple[Recipient, Envelope]],
    opened: AbstractContextManager[Transport],
    now: datetime,
) -> int:
    """Send, have the store remember the letter that somebody got, and tell; the exit code."""
    verdicts: Counter[DeliveryVerdict] = Counter()
    code = _posted(envelopes, opened, verdicts)
    if verdicts[DeliveryVerdict.ACCEPTED]:
        _remember(source, letter, now)
    return code


def _posted(
    envelopes: Sequence[tuple[Recipient, Envelope]],
    opened: AbstractContextManager[Transport],
    verdicts: Counter[DeliveryVerdict],
) -> int:
    """Send, and tell of everybody what became of it; the exit code that it comes to. *verdicts* counts them.

    Where the server is lost on the way, those who were not tried are told too, and remain.
    """
    out = console()
    lost: DeliveryError | None = None
    try:
        with opened as transport:
            for settlement in post(envelopes, transport):
                out.print(shown(f"{settlement.recipient.address}: {settlement.outcome}"))
                verdicts[settlement.outcome.verdict] += 1
    except DeliveryError as error:
        if not verdicts:
            raise  # nobody got anything, and the reason says it all
        lost = error
    tried = verdicts.total()
    for recipient, _ in envelopes[tried:]:
        out.print(shown(f"{recipient.address}: not tried"))
    counts = [f"{verdicts[verdict]:,} {verdict.value}" for verdict in DeliveryVerdict if verdicts[verdict]]
    counts += [f"{len(envelopes) - tried:,} not tried"] if tried < len(envelopes) else []
    out.print(f"{', '.join(counts)}.")
    if lost is not None:
        console(stderr=True).print(f"pressrun: {shown(str(lost))}")
    if lost is not None or verdicts[DeliveryVerdict.DEFERRED] or verdicts[DeliveryVerdict.UNKNOWN]:
        return Exit.UNFINISHED
    return Exit.ENVIRONMENT if verdicts[DeliveryVerdict.REFUSED] else Exit.FINE
