"""`pressrun send`."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic_core import PydanticCustomError

from pressrun.cli.environment import mail_server_from
from pressrun.cli.git import would_enter_git
from pressrun.cli.options import moment_option, source_option
from pressrun.cli.show import console, show_problems, show_verdict
from pressrun.cli.signing import signer_for
from pressrun.content.values import mailbox_from
from pressrun.delivery.eml import EmlTransport, name_of
from pressrun.delivery.interface import Envelope, Transport, Verdict
from pressrun.delivery.smtp import SmtpTransport
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.recipient import Recipient
from pressrun.problems import ContentError, DeliveryError, shown
from pressrun.send import NoSuchEdition, Ready, addressed, post, ready
from pressrun.wanted import Wanted

LETTERS = "var/letters"


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
@click.argument("name", metavar="EDITION")
@click.option("--test", "addresses", multiple=True, metavar="ADDRESS...", help="To whom: one address or several.")
@click.option(
    "--transport",
    "kind",
    type=click.Choice(["smtp", "eml"]),
    default="smtp",
    show_default=True,
    help="Through a mail server, or into files.",
)
@click.option(
    "--to-folder",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Where --transport eml puts the files.  [default: {LETTERS}/ and the edition's slug]",
)
@source_option
@click.option("-D", "--drafts", is_flag=True, help="Take in all drafts, so that links to them lead somewhere.")
@click.option("-F", "--future", is_flag=True, help="Take in all that is not out yet, likewise.")
@moment_option("The moment that decides what is out and dates the letter, instead of this one")
def command(
    name: str,
    addresses: tuple[str, ...],
    kind: str,
    folder: Path | None,
    source: Path,
    drafts: bool,
    future: bool,
    now: datetime | None,
) -> None:
    """Send the letter of EDITION to the addresses after --test, as its readers will get it.

    EDITION is a slug, an id or a file. The letter is made anew, in memory; the edition may be a draft, and
    so may its stories. Its subject begins with [TEST].
    """
    if not addresses:
        raise click.UsageError("Sending to the list is not there yet: say --test and an address of yours.")
    if folder is not None and kind != "eml":
        raise click.UsageError("--to-folder is for --transport eml; write both.")
    recipients = recipients_from(addresses)
    moment = now or datetime.now(UTC)
    try:
        letter = ready(source, name, Wanted(now=moment, drafts=drafts, future=future))
    except NoSuchEdition as error:
        raise click.UsageError(str(error)) from error
    except ContentError as error:
        show_problems(error.problems)
        show_verdict(error.problems, "sent")
        sys.exit(1)
    show_problems(letter.problems)
    envelopes = addressed(letter, recipients, moment, signer_for(letter.publication, source, os.environ))
    place = folder or source / LETTERS / letter.edition.slug
    opened = _transport(kind, source, place, letter, [envelope for _, envelope in envelopes])
    for file, reason in letter.not_out:
        console().print(shown(f"{file} {reason}; a test takes it in all the same."))
    sys.exit(_posted(envelopes, opened))


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


def _transport(
    kind: str, source: Path, folder: Path, letter: Ready, envelopes: Sequence[Envelope]
) -> AbstractContextManager[Transport]:
    if kind == "smtp":
        server = letter.publication.mail.server
        return SmtpTransport(*mail_server_from(os.environ, server, lambda path: Path(path).read_text("utf-8")))
    if any((folder / "x").resolve().is_relative_to((source / root).resolve()) for root in (PUBLIC, OUTBOX)):
        raise click.UsageError(
            f"{folder} is published, or made anew by every build, and these letters name real people."
        )
    # Rules can be about names: git is asked about the very files that would be written.
    if any(would_enter_git(folder / name_of(envelope), os.environ) for envelope in envelopes):
        raise click.UsageError(
            f"{folder} lies in a git work tree and is not ignored there, and these letters name real people: "
            f"add a line /{_ignorable(folder, source)} to .gitignore, or name another folder with --to-folder."
        )
    return EmlTransport(folder)


def _ignorable(folder: Path, source: Path) -> str:
    """The part of *folder* that a line of .gitignore beside *source* would name."""
    inside = folder.resolve().is_relative_to(source.resolve()) and folder.resolve() != source.resolve()
    return folder.resolve().relative_to(source.resolve()).parts[0] if inside else LETTERS.partition("/")[0]


def _posted(envelopes: Sequence[tuple[Recipient, Envelope]], opened: AbstractContextManager[Transport]) -> int:
    """Send, and tell of everybody what became of it; the exit code that it comes to.

    Where the server is lost on the way, those who were not tried are told too, and remain.
    """
    out = console()
    verdicts: Counter[Verdict] = Counter()
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
