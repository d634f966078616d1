"""`pressrun send` to a list: what it asks and shows, and the run."""

import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pressrun import __version__
from pressrun.cli.ask import Door
from pressrun.cli.database import DEFAULT, MISSING, VARIABLE, lists_named, opened_store
from pressrun.cli.run import run_through
from pressrun.cli.show import console, counted
from pressrun.cli.signing import signer_for
from pressrun.delivery.interface import Transport
from pressrun.delivery.rates import Limits
from pressrun.external.answers import Verdict
from pressrun.external.visits import Visitor
from pressrun.model.addresses import ascii_url
from pressrun.model.delivery import OPEN, Mailing, State, Tally
from pressrun.model.edition import Edition
from pressrun.model.publication import MailingList, Publication
from pressrun.model.slots import filled
from pressrun.preflight import CHECKS, Finding, preflight
from pressrun.problems import StoreError, shown
from pressrun.send import Ready, hash_of

if TYPE_CHECKING:
    from pressrun.dispatch import Status
    from pressrun.store.engine import Store

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])
NOT_FINISHED = 4
LINES = 4
HOLD, RESEND = "hold", "resend"


@dataclass(frozen=True, slots=True)
class Choice:
    """The options that are about a list."""

    lists: tuple[str, ...]
    tags: tuple[str, ...]
    corrects: str | None
    dry_run: bool
    limit: int | None
    resume: bool
    in_doubt: str
    refused: str
    withdraw: bool
    rates: tuple[str, ...]
    lines: int
    waived: tuple[str, ...]
    yes: bool
    status: bool

    def given(self) -> list[str]:
        """The options that were given and go with a list alone."""
        said = {
            "--list": self.lists,
            "--tag": self.tags,
            "--correction-of": self.corrects,
            "--dry-run": self.dry_run,
            "--limit": self.limit,
            "--resume": self.resume,
            "--in-doubt": self.in_doubt == RESEND,
            "--refused": self.refused == RESEND,
            "--withdraw": self.withdraw,
            "--rate": self.rates,
            "--waive": self.waived,
            "--status": self.status,
        }
        return [name for name, value in said.items() if value]

    def again(self) -> list[State]:
        """What is to be planned once more, because a person says so."""
        said = {State.UNKNOWN: self.in_doubt, State.REFUSED: self.refused}
        return [state for state, word in said.items() if word == RESEND]


def list_options(command: AnyCommand) -> AnyCommand:
    """The options of Choice."""
    several: dict[str, Any] = {"multiple": True}
    options = [
        click.option("--list", "lists", metavar="LIST", **several, help="To this list, not the one it is for."),
        click.option("--tag", "tags", metavar="TAG", **several, help="Only to those who have this tag."),
        click.option("--correction-of", "corrects", metavar="EDITION", help="Only to those who got that edition."),
        click.option("--dry-run", is_flag=True, help="Tell who would get it, and do nothing."),
        click.option("--limit", type=click.IntRange(1), metavar="N", help="Post N letters at most, and stop."),
        click.option("--resume", is_flag=True, help="Go on with what was begun, and begin nothing."),
        click.option(
            "--in-doubt",
            type=click.Choice([HOLD, RESEND]),
            default=HOLD,
            show_default=True,
            help="Letters of which nobody knows whether they went out.",
        ),
        click.option(
            "--refused",
            type=click.Choice([HOLD, RESEND]),
            default=HOLD,
            show_default=True,
            help="Letters that a server refused for good.",
        ),
        click.option("--withdraw", is_flag=True, help="Send it to nobody any more who has not got it."),
        click.option("--rate", "rates", metavar="[DOMAIN=]N", **several, help="Letters in a second, to all or to one."),
        click.option(
            "--connections",
            "lines",
            type=click.IntRange(1, 100),
            default=LINES,
            show_default=True,
            metavar="N",
            help="Lines to the mail server at a time.",
        ),
        click.option("--waive", "waived", type=click.Choice(CHECKS), **several, help="Send in spite of this check."),
        click.option("--yes", is_flag=True, help="Do not ask before the first letter."),
        click.option("--status", is_flag=True, help="Tell how far each edition is, or EDITION alone."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def refuse_in_ci(environment: Mapping[str, str]) -> None:
    """Raise UsageError where CI would send from a store that is gone after it."""
    in_ci = environment.get("CI", "").casefold() not in ("", "0", "false")
    if in_ci and not (environment.get(VARIABLE) or environment.get(f"{VARIABLE}_FILE")):
        raise click.UsageError(
            f"This is CI, and {DEFAULT} is gone when it ends: the next run would not know who got the edition. "
            f"Name a store that stays with {VARIABLE}."
        )


def remember(source: Path, letter: Ready, now: datetime) -> None:
    """Have the store know that somebody got *letter* as a test; where there can be none, tell."""
    try:
        with opened_store(source) as store:
            from pressrun.dispatch import remember_test  # it needs what a store needs

            remember_test(store, letter, now)
    except (click.UsageError, StoreError) as error:
        if str(error) == MISSING:
            return  # nobody sends to a list from here
        reason = error.message if isinstance(error, click.UsageError) else str(error)
        console(stderr=True).print(shown(f"This test is not remembered for a send to the list: {reason}"))


def show_statuses(source: Path, name: str | None) -> None:
    """Tell how far each edition is, or the one that *name* means alone; the exit code says whether all are finished."""
    from pressrun.cli.deliveries import edition_id

    with opened_store(source) as store:
        from pressrun.dispatch import status, statuses
        from pressrun.store.runs import is_running

        one = status(store, edition_id(source, name)) if name is not None else None
        found = statuses(store) if name is None else [one] if one is not None else []
        for each in found:
            at_work = "; a run is at work" if is_running(store, each.number) else ""
            console().print(shown(f"{each.mailing.id}, to {', '.join(each.mailing.lists)}{at_work}:"))
            show_tally(each.tally, each.next_try, each.turned_away)
    if not found:
        console().print("No edition was sent from this store." if name is None else f"{name} was not sent yet.")
    if any(not each.tally.is_finished for each in found):
        sys.exit(NOT_FINISHED)


def show_tally(tally: Tally, next_try: datetime | None = None, turned_away: int = 0) -> None:
    """The sum of an edition's deliveries on one line, and what is to come of some of them on others."""
    told = [f"{tally.count(state):,} {state.value}" for state in State if tally.count(state)]
    if tally.excluded:
        reasons = ", ".join(f"{count:,} {reason.value}" for reason, count in tally.excluded.items())
        told[-1] += f" ({reasons})"
    out = console()
    out.print(f"{counted(tally.candidates, 'candidate')}: {', '.join(told) or 'nobody'}.")
    if next_try is not None:
        out.print(f"The next deferred letter is due at {next_try.astimezone(UTC):%Y-%m-%d %H:%M} UTC.")
    if turned_away:
        words = counted(turned_away, "letter was", "letters were")
        out.print(f"{words} refused because of you, not of the reader: mend that, and say --refused resend.")


def send_to_list(
    source: Path,
    letter: Ready,
    choice: Choice,
    opened: Callable[[], Transport],
    now: Callable[[], datetime],
) -> int:
    """Send *letter* to the people that *choice* means, or go on with that; the exit code."""
    signed = signer_for(letter.publication, source, os.environ)
    leave, preferences = ways_out(letter.publication, now())
    limits = limits_from(choice.rates)
    with opened_store(source, for_a_run=True) as store:
        from pressrun import dispatch, receipts  # it needs what a store needs

        known = dispatch.status(store, letter.edition.id)
        if reason := receipts.why_not(_edition(letter), known):
            raise dispatch.NotSent(reason)
        if known is None:
            known = _begun(source, letter, choice, store, now())
        elif _is_over(letter, choice, known):
            return 0
        if known is None or choice.dry_run:
            return 0
        if _edition(letter).sent is None:
            receipts.with_receipt(source, _edition(letter), letter.publication, known.mailing).write()
        post = dispatch.Post(
            letter, known.mailing.frozen, _lists(letter, known.mailing), leave, preferences, signed=signed
        )
        run_through(store, known, post, opened, choice, limits, now)
        told = dispatch.status(store, known.mailing.id)
    assert told is not None
    show_tally(told.tally, told.next_try, told.turned_away)
    return 0 if told.tally.is_finished else NOT_FINISHED


def ways_out(publication: Publication, now: datetime) -> tuple[Callable[[str, str], str] | None, str | None]:
    """A reader's own address to leave a list by, and the one to change preferences; none without a service."""
    settings = publication.service
    if settings is None:
        return None, None
    from pressrun.cli.keys import secret_keys_from
    from pressrun.subscribers.links import Links
    from pressrun.subscribers.tokens import Tokens

    keys = secret_keys_from(os.environ, lambda path: Path(path).read_text("utf-8"))
    links = Links(settings.address, Tokens(keys, timedelta(days=settings.confirm_days)))
    return lambda person, name: links.leave(person, name, now), publication.manage_page


def _edition(letter: Ready) -> Edition:
    assert letter.written is not None  # `ready` read it
    return letter.written


def _begun(source: Path, letter: Ready, choice: Choice, store: "Store", now: datetime) -> "Status | None":
    """The sending of *letter*, its audience frozen now; None where that is only tried out."""
    from pressrun import dispatch, receipts

    if choice.resume:
        raise click.UsageError("Nothing was begun that could go on: leave out --resume.")
    if not _edition(letter).id_is_minted:
        raise dispatch.NotSent("The edition has no id of its own that would stay; write one with: pressrun check --fix")
    mailing = _mailing(source, letter, choice, store, now)
    findings = _findings(store, letter, choice, now)
    tally = dispatch.audience(store, mailing)
    console().print(shown(f"{filled(letter.newsletter.subject, {})}, to {', '.join(mailing.lists)}:"))
    show_tally(tally)
    for each in findings:
        console(stderr=True).print(shown(f"{each.check}: {each.message}; {each.hint}"))
    if findings:
        names = " ".join(f"--waive {check}" for check in dict.fromkeys(each.check for each in findings))
        raise dispatch.NotSent(f"Nothing was sent. Mend that, or say {names}")
    if choice.dry_run:
        return None
    receipts.with_receipt(source, _edition(letter), letter.publication, mailing)  # proved before anything is settled
    _ask(tally, choice)
    number = dispatch.freeze(store, mailing)
    return dispatch.Status(number, mailing, tally, None)


def _is_over(letter: Ready, choice: Choice, known: "Status") -> bool:
    """Whether nothing is left to do for *known*; raises where *letter* or *choice* are not what was begun."""
    from pressrun import dispatch

    begun = (
        f"{_edition(letter).title} was sent to {', '.join(known.mailing.lists)} from {known.mailing.frozen:%Y-%m-%d} on"
    )
    if hash_of(letter) != known.mailing.hash:
        raise dispatch.NotSent(
            f"{begun}, and its letter is another one now. Nobody gets two kinds of one edition: put back what was "
            "changed, or send a correction as an edition of its own (--correction-of)."
        )
    if (choice.lists and set(choice.lists) != set(known.mailing.lists)) or (
        choice.tags and set(choice.tags) != set(known.mailing.tags)
    ):
        raise dispatch.NotSent(f"{begun}; who gets it was settled then. Leave out --list and --tag.")
    if choice.dry_run:
        show_tally(known.tally, known.next_try, known.turned_away)
        return True
    if known.tally.count(*OPEN, *choice.again()):
        return False
    if not choice.resume:
        raise dispatch.NotSent(f"{begun}, and everybody is accounted for; nobody gets it twice. Nothing was sent.")
    show_tally(known.tally, turned_away=known.turned_away)
    return True


def _mailing(source: Path, letter: Ready, choice: Choice, store: "Store", now: datetime) -> Mailing:
    from pressrun import dispatch
    from pressrun.cli.deliveries import edition_id

    of_edition = _edition(letter).list
    names = choice.lists or ((of_edition,) if of_edition else ())
    every = letter.publication.lists
    lists = lists_named(letter.publication, names) if names else every
    corrects = edition_id(source, choice.corrects) if choice.corrects is not None else None
    if corrects is not None and (reason := dispatch.why_no_correction(store, corrects)):
        raise dispatch.NotSent(reason)
    return Mailing(
        id=letter.edition.id,
        hash=hash_of(letter),
        lists=tuple(each.id for each in lists),
        frozen=now,
        tags=tuple(dict.fromkeys(choice.tags)),
        corrects=corrects,
    )


def _lists(letter: Ready, mailing: Mailing) -> dict[str, MailingList | None]:
    known = {each.id: each for each in letter.publication.lists}
    return {name: known.get(name) for name in mailing.lists}


def _findings(store: "Store", letter: Ready, choice: Choice, now: datetime) -> list[Finding]:
    from pressrun import dispatch

    door = Door(f"Pressrun/{__version__} (+{ascii_url(letter.publication.home)})")
    visitor = Visitor(door, time.monotonic, time.sleep, now, gap=0.0)
    tested = dispatch.tested(store, letter.edition.id)
    service = letter.publication.service
    one_click = service.address if service is not None else letter.publication.mail.one_click

    def asked(url: str) -> str | None:
        answer = visitor.visit(url)
        return None if answer.verdict in (Verdict.FINE, Verdict.MOVED) else answer.reason

    def reached(url: str) -> str | None:
        answer = visitor.visit(url)
        return None if answer.verdict in (Verdict.FINE, Verdict.MOVED, Verdict.DEAD) else answer.reason

    return preflight(letter, tested, one_click, asked, reached, choice.waived)


def _ask(tally: Tally, choice: Choice) -> None:
    """Have a person say yes, or whoever wrote the script."""
    if choice.yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is here to be asked: say --yes.")
    click.confirm(f"Send it to {counted(tally.count(State.PLANNED), 'person', 'people')}?", abort=True)


def limits_from(rates: tuple[str, ...]) -> Limits:
    """What `--rate` says, once or several times: 20, or gmail.com=5."""
    overall: float | None = None
    domains: dict[str, float] = {}
    for written in rates:
        domain, sign, number = written.rpartition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = math.nan
        if not 0 < rate < math.inf or (sign and not domain):
            raise click.UsageError(f'--rate: "{written}" is no rate; write letters in a second, 20 or gmail.com=5.')
        if sign:
            domains[domain.lower()] = rate
        else:
            overall = rate
    return Limits(overall=overall, domains=domains)
