"""The options of `pressrun send` that are about a list, as one value."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from pressrun.cli.former import OPTIONS, note
from pressrun.model.delivery import DeliveryState
from pressrun.post.delivery.rates import RateLimits
from pressrun.post.sending.order import CONNECTIONS, RETRIED
from pressrun.post.sending.preflight import CHECKS

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])
# Values of options that have another name now.
HOLD, RESEND = "hold", "resend"


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The options that are about a list; those below *yes* are former names of others, or of commands."""

    lists: tuple[str, ...]
    tags: tuple[str, ...]
    corrects: str | None
    dry_run: bool
    limit: int | None
    resume: bool
    retry: tuple[str, ...]
    rates: tuple[str, ...]
    connections: int
    ignored: tuple[str, ...]
    yes: bool
    in_doubt: str | None
    refused: str | None
    waived: tuple[str, ...]
    withdraw: bool
    status: bool

    def given(self) -> list[str]:
        """Return the options that were given and go with a list alone."""
        given = {
            "--list": self.lists,
            "--tag": self.tags,
            "--correction-of": self.corrects,
            "--dry-run": self.dry_run,
            "--limit": self.limit,
            "--resume": self.resume,
            "--retry": self.retry,
            "--rate": self.rates,
            "--ignore": self.ignored,
            "--in-doubt": self.in_doubt,
            "--refused": self.refused,
            "--waive": self.waived,
            "--withdraw": self.withdraw,
            "--status": self.status,
        }
        return [name for name, value in given.items() if value]

    def retried(self) -> frozenset[DeliveryState]:
        """Return the states of deliveries that are planned again, because a person says so."""
        former = {DeliveryState.UNKNOWN: self.in_doubt, DeliveryState.REFUSED: self.refused}
        return frozenset(map(DeliveryState, self.retry)).union(
            state for state, word in former.items() if word == RESEND
        )

    def checks_ignored(self) -> frozenset[str]:
        """Return the names of the checks that are not made."""
        return frozenset((*self.ignored, *self.waived))

    def note_former(self) -> None:
        """Say on standard error which of the options have another name now."""
        given = {
            "--in-doubt resend": self.in_doubt == RESEND,
            "--refused resend": self.refused == RESEND,
            "--waive": bool(self.waived),
            "--in-doubt hold": self.in_doubt == HOLD,
            "--refused hold": self.refused == HOLD,
        }
        for former, is_given in given.items():
            if is_given:
                note(former, OPTIONS["send"][former])


def _listed(allowed: Collection[str], what: str) -> Callable[..., tuple[str, ...]]:
    """Return a callback that takes words of *allowed* from an option, one by one or with commas between them."""

    def words(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
        found = [word for written in value for word in written.replace(",", " ").split()]
        for word in found:
            if word not in allowed:
                raise click.BadParameter(f'there is no {what} "{word}"; there are {", ".join(allowed)}.')
        return tuple(dict.fromkeys(found))

    return words


def list_options(command: AnyCommand) -> AnyCommand:
    """Add the options of Choice."""
    several: dict[str, Any] = {"multiple": True}
    former: dict[str, Any] = {"hidden": True}
    options = [
        click.option("--list", "lists", metavar="LIST", **several, help="To this list, not the one it is for."),
        click.option("--tag", "tags", metavar="TAG", **several, help="Only to people who have this tag."),
        click.option("--correction-of", "corrects", metavar="EDITION", help="Only to people who got that edition."),
        click.option("--dry-run", is_flag=True, help="Show who would get it, and do nothing."),
        click.option("--limit", type=click.IntRange(1), metavar="N", help="Attempt N emails at most, and stop."),
        click.option("--resume", is_flag=True, help="Go on with what was begun, and begin nothing."),
        click.option(
            "--retry",
            metavar="unknown,refused",
            callback=_listed([state.value for state in RETRIED], "outcome to retry"),
            **several,
            help="Send again what is unknown, or what a server refused.",
        ),
        click.option("--rate", "rates", metavar="[DOMAIN=]N", **several, help="Emails per second, to all or to one."),
        click.option(
            "--connections",
            type=click.IntRange(1, 100),
            default=CONNECTIONS,
            show_default=True,
            metavar="N",
            help="Connections to the mail server at a time.",
        ),
        click.option(
            "--ignore",
            "ignored",
            metavar="CHECK,...",
            callback=_listed(CHECKS, "check"),
            **several,
            help=f"Send without this check: {', '.join(CHECKS)}.",
        ),
        click.option("--yes", is_flag=True, help="Do not ask before the first email."),
        click.option("--in-doubt", type=click.Choice([HOLD, RESEND]), **former),
        click.option("--refused", type=click.Choice([HOLD, RESEND]), **former),
        click.option("--waive", "waived", type=click.Choice(CHECKS), **several, **former),
        click.option("--withdraw", is_flag=True, **former),
        click.option("--status", is_flag=True, **former),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def limits_from(rates: tuple[str, ...]) -> RateLimits:
    """Return what `--rate` says, once or several times: 20, or gmail.com=5. Raises UsageError where it is no rate."""
    overall: float | None = None
    domains: dict[str, float] = {}
    for written in rates:
        domain, sign, number = written.rpartition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = math.nan
        if not 0 < rate < math.inf or (sign and not domain):
            raise click.UsageError(f'--rate: "{written}" is no rate; write emails per second, 20 or gmail.com=5.')
        if sign:
            domains[domain.lower()] = rate
        else:
            overall = rate
    return RateLimits(overall=overall, domains=domains)
