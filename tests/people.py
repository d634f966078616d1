"""Made-up people and lists for tests: only what matters is written in the test."""

from datetime import UTC, datetime, timedelta

from pressrun.consent import ask, confirm
from pressrun.model.consent import Evidence, Way
from pressrun.model.publication import MailingList, Trace
from pressrun.model.subscriber import PersonId
from pressrun.store.engine import Store
from pressrun.subscribers.addresses import Address, address_from

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


def a_confirmed(store: Store, address: Address = ADA, *lists: MailingList, now: datetime = NOON) -> PersonId:
    """Somebody who asked for *lists* and confirmed at once."""
    person = a_pending(store, address, *lists, now=now)
    confirm(store, person, lists or (WEEKLY,), LETTER, now)
    return person
