"""Made-up people and lists for tests: only what matters is written in the test."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select

from pressrun.circulation.claims import Ceilings, SettledConfirmation, claims_of
from pressrun.circulation.consent import ask, confirm
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.people import keys_of
from pressrun.circulation.store.queue import ClaimedConfirmation
from pressrun.circulation.store.tables import identities, memberships, people
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.suppression import mark_of
from pressrun.model.consent import ConsentSource, Evidence
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import MailingList, Trace
from pressrun.model.subscriber import PersonId

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEKLY = MailingList("weekly", "The Gazette", wording="Send me The Gazette every Friday.", keep=(Trace.IP, Trace.AGENT))
DAILY = MailingList("daily", "The Gazette, daily", wording="Send me The Gazette every morning.")
FORM = Evidence(ConsentSource.FORM, ip="192.0.2.7", agent="Lynx/2.9")
LETTER = Evidence(ConsentSource.LETTER, ip="192.0.2.8")
ONE_CLICK = Evidence(ConsentSource.ONE_CLICK)
REPORT = Evidence(ConsentSource.REPORT)
COMMAND = Evidence(ConsentSource.COMMAND)
ADA = address_from("ada@reader.example")


def a_pending(store: Store, address: EmailAddress = ADA, *lists: MailingList, now: datetime = NOON) -> PersonId:
    """Somebody who asked for *lists*, weekly unless told."""
    person = ask(store, address, lists or (WEEKLY,), FORM, now).person
    assert person is not None
    return person


def a_crowd(store: Store, count: int, *lists: MailingList, domain: str = "reader.example") -> list[str]:
    """The addresses of *count* people who are on *lists*, weekly unless told; all at once, for there may be many."""
    numbers = range(1, count + 1)
    with store.write() as db:
        first = db.execute(select(func.coalesce(func.max(identities.c.number), 0))).scalar_one()
        same = {"since": NOON, "tags": "[]", "fields": "{}"}
        addresses = [f"r{first + each:05}@{domain}" for each in numbers]
        (key,) = keys_of(db)
        marks = [{"number": first + each, "mark": mark_of(addresses[each - 1], key)} for each in numbers]
        db.execute(insert(identities), marks)
        db.execute(
            insert(people),
            [
                {"number": first + each, "id": store.entropy(16), "address": address, "name": f"Reader {each}", **same}
                for each, address in zip(numbers, addresses, strict=True)
            ],
        )
        stands = {"state": "confirmed", "since": NOON, "bounces": 0, "preferences": "{}"}
        rows = [{"person": first + each, "list": name.id, **stands} for each in numbers for name in lists or (WEEKLY,)]
        db.execute(insert(memberships), rows)
    return addresses


def a_confirmed(store: Store, address: EmailAddress = ADA, *lists: MailingList, now: datetime = NOON) -> PersonId:
    """Somebody who asked for *lists* and confirmed at once."""
    person = a_pending(store, address, *lists, now=now)
    confirm(store, person, lists or (WEEKLY,), LETTER, now)
    return person


@contextmanager
def claimed(
    store: Store, now: datetime, most: int = 10, ceilings: Ceilings | None = None
) -> Iterator[list[ClaimedConfirmation]]:
    """At most *most* letters that may go out *now*, in hand of a service that dies at the end."""
    with claims_of(store, ceilings or Ceilings()) as claims:
        found = iter(lambda: claims.next(now), None)
        yield list(itertools.islice(found, most))


def claim_letters(
    store: Store, most: int, now: datetime, ceilings: Ceilings | None = None
) -> list[ClaimedConfirmation]:
    """The same of a service that is dead already."""
    with claimed(store, now, most, ceilings) as found:
        return found


def letter_posted(store: Store, letter: int, now: datetime) -> None:
    """A server took *letter*."""
    with claims_of(store, Ceilings()) as hand:
        hand.settle(SettledConfirmation(letter, posted=now))
