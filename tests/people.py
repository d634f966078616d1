"""Made-up people and lists for tests: only what matters is written in the test."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select

from pressrun.consent import ask, confirm
from pressrun.model.consent import Evidence, Way
from pressrun.model.publication import MailingList, Trace
from pressrun.model.subscriber import PersonId
from pressrun.store.engine import Store
from pressrun.store.people import keys_of
from pressrun.store.tables import identities, memberships, people
from pressrun.subscribers.addresses import Address, address_from
from pressrun.subscribers.suppression import mark_of

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEKLY = MailingList("weekly", "The Gazette", wording="Send me The Gazette every Friday.", keep=(Trace.IP, Trace.AGENT))
DAILY = MailingList("daily", "The Gazette, daily", wording="Send me The Gazette every morning.")
FORM = Evidence(Way.FORM, ip="192.0.2.7", agent="Lynx/2.9")
LETTER = Evidence(Way.LETTER, ip="192.0.2.8")
ONE_CLICK = Evidence(Way.ONE_CLICK)
REPORT = Evidence(Way.REPORT)
COMMAND = Evidence(Way.COMMAND)
ADA = address_from("ada@reader.example")


def a_pending(store: Store, address: Address = ADA, *lists: MailingList, now: datetime = NOON) -> PersonId:
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


def a_confirmed(store: Store, address: Address = ADA, *lists: MailingList, now: datetime = NOON) -> PersonId:
    """Somebody who asked for *lists* and confirmed at once."""
    person = a_pending(store, address, *lists, now=now)
    confirm(store, person, lists or (WEEKLY,), LETTER, now)
    return person
