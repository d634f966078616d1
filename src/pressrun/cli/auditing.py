"""`pressrun subscribers audit`: who is on a list although what is kept of them says that they should not be."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.exits import Exit
from pressrun.cli.options import source_option
from pressrun.cli.show import console, counted
from pressrun.model.consent import ConsentSource, Evidence
from pressrun.model.problems import shown
from pressrun.model.subscriber import Bounce, SubscriptionState
from pressrun.settings.database import opened_store

if TYPE_CHECKING:
    from pressrun.circulation.audit import AuditFinding
    from pressrun.circulation.store.engine import Store

NOTE = "found by subscribers audit"


@click.command("audit", short_help="Find people who get emails although a table that they came in says no.")
@click.option("--unsubscribe", is_flag=True, help="Unsubscribe those found, after asking. Bounces and complaints, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@source_option
def audit(unsubscribe: bool, yes: bool, as_json: bool, source: Path) -> None:
    """Find everybody on a list of whom a tag or a field says that they should get no emails.

    Imports by earlier versions kept columns such as `opt_out` as fields. Who confirmed by a link of their own is left
    out. The exit code is 1 if it finds a person who stays on a list.
    """
    out = console()
    with opened_store(source, looks=not unsubscribe) as store:
        from pressrun.circulation.audit import audited

        found = list(audited(store))
        for each in found:
            if as_json:
                _print_json(each)
            else:
                out.print(shown(_line(each)))
        certain = [each for each in found if each.said is not None]
        if unsubscribe and certain:
            if not yes:
                click.confirm(f"Unsubscribe {counted(len(certain), 'person', 'people')}?", abort=True, err=True)
            for each in certain:
                _end(store, each)
    left = len(found) - (len(certain) if unsubscribe else 0)
    messages = console(stderr=True)
    if unsubscribe and certain:
        messages.print(f"{counted(len(certain), 'person was', 'people were')} unsubscribed.")
    if left:
        way_out = "look at each, then: pressrun subscribers remove ADDRESS" if unsubscribe else "add --unsubscribe"
        if not unsubscribe and not certain:
            way_out = "what is kept is not certain; look at each, then: pressrun subscribers remove ADDRESS"
        messages.print(f"{counted(left, 'person is', 'people are')} on a list against what is kept of them; {way_out}")
        sys.exit(Exit.PROBLEMS)
    if not found:
        messages.print("Nothing that is kept of anybody speaks against the emails that they get.")


def _line(found: "AuditFinding") -> str:
    lists = ", ".join(f"{name}: {state}" for name, state in found.lists)
    says = found.said.value if found.said is not None else "not certain"
    return f"{found.address}  {lists}  {says}: {'; '.join(found.evidence)}"


def _print_json(found: "AuditFinding") -> None:
    import json

    record = {
        "address": found.address,
        "lists": dict(found.lists),
        "state": found.said.value if found.said is not None else None,
        "evidence": list(found.evidence),
    }
    click.echo(json.dumps(record, ensure_ascii=False))


def _end(store: "Store", found: "AuditFinding") -> None:
    from pressrun.circulation.consent import bounce, complain, leave

    now = datetime.now(UTC)
    if found.said is SubscriptionState.COMPLAINED:
        complain(store, found.person, Evidence(ConsentSource.REPORT, note=NOTE), now)
    elif found.said is SubscriptionState.BOUNCED:
        bounce(store, found.person, Bounce.HARD, Evidence(ConsentSource.REPORT, note=NOTE), now)
    else:
        for name, _ in found.lists:
            leave(store, found.person, name, Evidence(ConsentSource.COMMAND, note=NOTE), now)
