"""A run that sends an edition: how it is made of its parts, what is told of it, and how a person ends it for good."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pressrun.cli.database import opened_store
from pressrun.cli.deliveries import edition_id
from pressrun.cli.progress import shown_progress, stopped_by_signals
from pressrun.cli.show import console, counted
from pressrun.delivery.interface import Transport
from pressrun.delivery.pool import Claimed, Pool, Settled
from pressrun.delivery.rates import Clock, Limits
from pressrun.delivery.retries import Breaker, Schedule
from pressrun.model.delivery import State
from pressrun.problems import DeliveryError, StoreError, shown

if TYPE_CHECKING:
    from pressrun.cli.mailing import Choice
    from pressrun.dispatch import Post, Status
    from pressrun.store.engine import Store


def run_through(
    store: "Store",
    known: "Status",
    post: "Post",
    opened: Callable[[], Transport],
    choice: "Choice",
    limits: Limits,
    now: Callable[[], datetime],
) -> None:
    """Post what is due of *known*; whatever keeps the run from going on is told."""
    from pressrun import dispatch
    from pressrun.store.runs import only_run

    breaker = Breaker()
    with only_run(store, known.number) as run:
        found = dispatch.recover(run, known.number, now(), choice.again())
        breaker.remember(dispatch.heard_last(run, known.number, breaker.limit))
        if found.in_doubt:
            words = counted(found.in_doubt, "letter was", "letters were")
            console().print(f"{words} in hand when an earlier run ended, and nobody knows whether they went out.")
        sending = dispatch.Sending(run, known.number, post, now, random.random, schedule=Schedule(), limit=choice.limit)
        left = known.tally.count(State.PLANNED, State.DEFERRED) + found.again
        with shown_progress(min(left, choice.limit or left)) as progress:
            pool = Pool(
                opened,
                choice.lines,
                Clock(time.monotonic, time.sleep),
                limits=limits,
                breaker=breaker,
                on_pause=progress.pause,
            )

            def claims(settled: Sequence[Settled[int]], room: int, rooms: Mapping[str, int]) -> Sequence[Claimed[int]]:
                claimed = sending(settled, room, rooms)
                progress.advance(sum(each.outcome is not None for each in settled))
                return claimed

            with stopped_by_signals(pool):
                try:
                    reason = pool.post(claims, sending.let_off)
                except (DeliveryError, StoreError) as error:
                    reason = str(error)
    if reason is not None:
        console(stderr=True).print(shown(f"Stopped: {reason}"))


def withdraw(source: Path, name: str, now: datetime, *, asked: bool) -> "Status":
    """Have nobody get the edition *name* any more who has not got it; a person says so, unless they were *asked*."""
    with opened_store(source) as store:
        from pressrun import dispatch
        from pressrun.store.runs import only_run

        known = dispatch.status(store, edition_id(source, name))
        if known is None:
            raise click.UsageError(f"{name} was not sent from this store.")
        left = counted(known.tally.count(State.PLANNED, State.DEFERRED), "person", "people")
        if not asked:
            click.confirm(f"Send it to {left} no more, now and for ever?", abort=True)
        with only_run(store, known.number) as run:
            dispatch.withdraw(run, known.number, now)
        told = dispatch.status(store, known.mailing.id)
    assert told is not None
    return told
