"""Who is found on a list although what is kept of them says no."""

from dataclasses import replace

import pytest

from people import ADA, DAY, NOON, WEEKLY, a_confirmed, a_pending
from pressrun.circulation.audit import audited
from pressrun.circulation.consent import edit, leave
from pressrun.circulation.intake import Source, take_over
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.arrivals import Arrival
from pressrun.model.consent import ConsentSource, Evidence
from pressrun.model.subscriber import SubscriptionState

SOURCE = Source(("weekly",), NOON, "CSV: old.csv")


def taken(
    store: Store, fields: str = "{}", tags: str = "[]", state: SubscriptionState = SubscriptionState.CONFIRMED
) -> None:
    """Ada, as an earlier import took her."""
    list(take_over(store, [Arrival(ADA.written, ADA.identity, state, fields=fields, tags=tags)], SOURCE))


@pytest.mark.parametrize(
    ("fields", "tags", "said"),
    [
        ('{"opt_out":"yes"}', "[]", SubscriptionState.UNSUBSCRIBED),
        ('{"Global status":"Unsubscribed","city":"Bern"}', "[]", SubscriptionState.UNSUBSCRIBED),
        ('{"newsletter":"no"}', "[]", SubscriptionState.UNSUBSCRIBED),
        ('{"配信停止":"はい"}', "[]", SubscriptionState.UNSUBSCRIBED),
        ('{"bounced":"true","opt_out":"1"}', "[]", SubscriptionState.BOUNCED),
        ('{"Beschwerde":"ja"}', "[]", SubscriptionState.COMPLAINED),
        ('{"unsubscribed_on":"2024-05-13"}', "[]", SubscriptionState.UNSUBSCRIBED),
        ('{"Segment":"abgemeldet"}', "[]", SubscriptionState.UNSUBSCRIBED),
        ("{}", '["fair","Opted out"]', SubscriptionState.UNSUBSCRIBED),
        ('{"newsletter":"weekly"}', "[]", None),
        ('{"Notes":"unsubscribed by phone"}', "[]", None),
        ('{"okay to email":"no"}', "[]", None),
    ],
)
def test_who_was_confirmed_against_their_word_is_found(
    store: Store, fields: str, tags: str, said: SubscriptionState | None
) -> None:
    taken(store, fields, tags)
    (found,) = audited(store)
    assert (found.address, found.lists, found.said) == (ADA.written, (("weekly", "confirmed"),), said)
    assert found.evidence


@pytest.mark.parametrize(
    "fields",
    [
        *(
            "{}",
            '{"opt_out":"no"}',
            '{"newsletter":"yes","city":"Bern"}',
            '{"bounced":"0"}',
            '{"company":"Block Inc."}',
        ),
        *('{"first_name":"Ann","State":"NY"}', '{"note":"met at the fair","VIP":"no"}'),
    ],
)
def test_of_whom_nothing_speaks_against_it_nobody_is_told(store: Store, fields: str) -> None:
    taken(store, fields, '["fair"]')
    assert list(audited(store)) == []


def test_who_confirmed_by_themselves_or_is_gone_is_left_out(store: Store) -> None:
    person = a_confirmed(store)
    edit(store, person, lambda known: replace(known, fields={"opt_out": "yes"}))
    assert list(audited(store)) == []
    other = a_pending(store, address_from("grace@reader.example"), WEEKLY)
    edit(store, other, lambda known: replace(known, fields={"opt_out": "yes"}))
    assert [found.lists for found in audited(store)] == [(("weekly", "pending"),)]
    leave(store, other, "weekly", Evidence(ConsentSource.COMMAND), NOON + DAY)
    assert list(audited(store)) == []
