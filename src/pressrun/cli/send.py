"""`pressrun send`."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from pydantic_core import PydanticCustomError

from pressrun.cli.environment import mail_server_from
from pressrun.cli.mailing import (
    NOT_FINISHED,
    Choice,
    list_options,
    refuse_in_ci,
    remember,
    send_to_list,
    show_statuses,
    show_tally,
)
from pressrun.cli.options import moment_option, source_option
from pressrun.cli.private import refuse_in_git
from pressrun.cli.run import withdraw
from pressrun.cli.show import console, show_problems, show_verdict
from pressrun.cli.signing import signer_for
from pressrun.content.values import mailbox_from
from pressrun.delivery.eml import EmlTransport, name_of
from pressrun.delivery.interface import Envelope, Transport, Verdict
from pressrun.delivery.mbox import NAME, MboxTransport
from pressrun.delivery.smtp import SmtpTransport
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.recipient import Recipient
from pressrun.problems import ContentError, DeliveryError, shown
from pressrun.send import NoSuchEdition, Ready, addressed, post, ready
from pressrun.wanted import Wanted

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
@click.option("--test", "addresses", multiple=True, metavar="ADDRESS...", help="To these alone, as a test.")
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
@click.option("-D", "--drafts", is_flag=True, help="Take in all drafts, so that links to them lead somewhere.")
@click.option("-F", "--future", is_flag=True, help="Take in all that is not out yet, likewise.")
@moment_option("The moment that decides what is out and dates the letter, instead of this one")
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
    """Send the letter of EDITION to the list that it is for, or with --test to a few addresses.

    EDITION is a slug, an id or a file. The letter is made anew, in memory. Whoever got it does not get it again,
    and a send that was stopped, by whatever, goes on where it was.
    """
    choice = Choice(**chosen)
    if folder is not None and kind == "smtp":
        raise click.UsageError("--to-folder is for --transport eml and mbox; write both.")
    if addresses and (given := choice.given()):
        raise click.UsageError(f"--test sends to its addresses alone; {given[0]} is for the list.")
    if choice.status:
        show_statuses(source, name)
        return
    if name is None:
        raise click.UsageError("Missing argument 'EDITION'.")
    recipients = recipients_from(addresses)
    moment = now or datetime.now(UTC)
    if choice.withdraw:
        if others := [option for option in choice.given() if option != "--withdraw"]:
            raise click.UsageError(f"--withdraw sends nothing; leave out {others[0]}.")
        told = withdraw(source, name, moment, asked=choice.yes)
        show_tally(told.tally)
        sys.exit(0 if told.tally.is_finished else NOT_FINISHED)
    wanted = Wanted(now=moment, drafts=drafts, future=future)
    if not addresses:
        refuse_in_ci(os.environ)
        letter = made(source, name, wanted)
        opened = transport(kind, source, folder or source / LETTERS / letter.edition.slug, letter, EXAMPLES)
        sys.exit(send_to_list(source, letter, choice, opened, (lambda: moment) if now else lambda: datetime.now(UTC)))
    letter = made(source, name, wanted)
    envelopes = addressed(letter, recipients, moment, signer_for(letter.publication, source, os.environ))
    place = folder or source / LETTERS / letter.edition.slug
    opened = transport(kind, source, place, letter, [name_of(envelope) for _, envelope in envelopes])
    for file, reason in letter.not_out:
        console().print(shown(f"{file} {reason}; a test takes it in all the same."))
    sys.exit(_tested(source, letter, envelopes, opened(), moment))


def made(source: Path, name: str, wanted: Wanted) -> Ready:
    """The letter of the edition that *name* means, its warnings told; where it has errors, this is the end."""
    try:
        letter = ready(source, name, wanted)
    except NoSuchEdition as error:
        raise click.UsageError(str(error)) from error
    except ContentError as error:
        show_problems(error.problems)
        show_verdict(error.problems, "sent")
        sys.exit(1)
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


def _tested(
    source: Path,
    letter: Ready,
    envelopes: Sequence[tuple[Recipient, Envelope]],
    opened: AbstractContextManager[Transport],
    now: datetime,
) -> int:
    """Send, have the store remember the letter that somebody got, and tell; the exit code."""
    verdicts: Counter[Verdict] = Counter()
    code = _posted(envelopes, opened, verdicts)
    if verdicts[Verdict.ACCEPTED]:
        remember(source, letter, now)
    return code


def _posted(
    envelopes: Sequence[tuple[Recipient, Envelope]],
    opened: AbstractContextManager[Transport],
    verdicts: Counter[Verdict],
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
    counts = [f"{verdicts[verdict]:,} {verdict.value}" for verdict in Verdict if verdicts[verdict]]
    counts += [f"{len(envelopes) - tried:,} not tried"] if tried < len(envelopes) else []
    out.print(f"{', '.join(counts)}.")
    if lost is not None:
        console(stderr=True).print(f"pressrun: {shown(str(lost))}")
    if lost is not None or verdicts[Verdict.DEFERRED] or verdicts[Verdict.UNKNOWN]:
        return 4
    return 3 if verdicts[Verdict.REFUSED] else 0
