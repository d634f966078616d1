"""Letters of the service as they are claimed: each by one service, and within limits that keep nobody else out."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from people import ADA, DAILY, DAY, FORM, HOUR, NOON, WEEKLY, a_confirmed, a_crowd, a_pending, claimed
from pressrun.circulation.claims import (
    CLAIMED_FOR,
    LONGEST_WAIT,
    Ceilings,
    EmailLimit,
    SettledConfirmation,
    claims_of,
    next_letter,
    put_off,
)
from pressrun.circulation.confirmations import ConfirmationRequest
from pressrun.circulation.consent import ask, ask_for_link, erase
from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.tables import letters, quotas
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.mailboxes import mailbox_of
from pressrun.model.consent import ConsentSource, Evidence
from pressrun.model.notice import Notice


def post_all(
    store: Store, now: datetime, ceilings: Ceilings
) -> tuple[list[str], dict[EmailLimit, int], dict[EmailLimit, int]]:
    """Post whatever may go out *now*: to whom, and how many wait and are not sent, by limit."""
    posted, settled = [], None
    with claims_of(store, ceilings) as claims:
        # A turn looks at so many letters and no more.
        for _ in range(50):
            while (letter := claims.next(now, settled)) is not None:
                posted.append(letter.address)
                settled = SettledConfirmation(letter.number, posted=now)
            settled = None
        return posted, dict(claims.held.later), dict(claims.held.never)


def everybody_asks(store: Store, addresses: Sequence[str], now: datetime = NOON) -> None:
    for address in addresses:
        assert ask(store, address_from(address), [WEEKLY], FORM, now).outcome is ConfirmationRequest.QUEUED


ROOMY = Ceilings(100_000)


class TestLimits:
    def test_one_mailbox_is_not_flooded_whatever_it_is_called(self, store: Store) -> None:
        """attack-03: 120 of 120 emails went to one mailbox."""
        everybody_asks(store, [f"victim+{number}@mailbox.example" for number in range(120)])
        posted, later, never = post_all(store, NOON, ROOMY)
        assert (len(posted), later, never) == (6, {}, {EmailLimit.MAILBOX: 114})
        assert next_letter(store) is None
        # Nobody can tell: they are as pending as the others.
        standings = {
            type(person.standing("weekly")).__name__
            for number in range(120)
            if (person := find(store, address_from(f"victim+{number}@mailbox.example")))
        }
        assert standings == {"Pending"}
        everybody_asks(store, ["victim+121@mailbox.example", "victim@other.example"], NOON + DAY - HOUR)
        assert post_all(store, NOON + DAY - HOUR, ROOMY)[0] == ["victim@other.example"]
        everybody_asks(store, ["victim+122@mailbox.example"], NOON + DAY)
        assert post_all(store, NOON + DAY, ROOMY)[0] == ["victim+122@mailbox.example"]

    def test_all_emails_together_have_a_ceiling_and_those_over_it_wait(self, store: Store) -> None:
        """attack-03: 2,972 emails to random addresses went out in 37 seconds."""
        addresses = [f"r{number}@domain{number}.example" for number in range(100)]
        everybody_asks(store, addresses)
        ceilings = Ceilings(40)
        posted, later, never = post_all(store, NOON, ceilings)
        assert (len(posted), later, never) == (40, {EmailLimit.ALL: 60}, {})
        sent, now = list(posted), NOON
        times: list[datetime] = []
        while (due := next_letter(store)) is not None:
            now = max(now, due)
            fresh = post_all(store, now, ceilings)[0]
            sent += fresh
            times += [now] * len(fresh)
            assert sum(now - HOUR < each for each in times) <= 40
        assert sorted(sent) == sorted(addresses)
        assert now <= NOON + 3 * HOUR

    def test_one_domain_is_not_flooded_and_leaves_room_for_the_others(self, store: Store) -> None:
        everybody_asks(store, [f"r{number}@big.example" for number in range(30)])
        everybody_asks(store, [f"r{number}@domain{number}.example" for number in range(20)])
        posted, later, _ = post_all(store, NOON, Ceilings(40))
        assert sum(address.endswith("@big.example") for address in posted) == 10
        assert (len(posted), later) == (30, {EmailLimit.DOMAIN: 20})

    def test_links_have_a_share_of_their_own(self, store: Store) -> None:
        """attack-02: whoever floods the form to subscribe keeps nobody from leaving or erasing."""
        ceilings = Ceilings(20)
        a_confirmed(store, address_from("honest@big.example"))
        everybody_asks(store, [f"r{number}@big.example" for number in range(50)])
        everybody_asks(store, [f"honest+{number}@big.example" for number in range(10)])
        everybody_asks(store, [f"r{number}@domain{number}.example" for number in range(50)])
        assert len(post_all(store, NOON, ceilings)[0]) == 20
        assert (
            ask_for_link(store, address_from("honest@big.example"), Notice.MANAGE, NOON) is ConfirmationRequest.QUEUED
        )
        assert post_all(store, NOON, ceilings)[0] == ["honest@big.example"]

    def test_links_for_addresses_that_nobody_confirmed_are_counted_with_strangers(self, store: Store) -> None:
        """Otherwise a flood of made-up people and then of links for them would use up what readers have."""
        ceilings = Ceilings(8, each_mailbox=100)
        addresses = [f"r{number}@big.example" for number in range(10)]
        everybody_asks(store, addresses)
        for address in addresses:
            assert ask_for_link(store, address_from(address), Notice.DATA, NOON) is ConfirmationRequest.QUEUED
        assert len(post_all(store, NOON, ceilings)[0]) == 2
        crowd = a_crowd(store, 2, domain="big.example")
        for address in crowd:
            assert ask_for_link(store, address_from(address), Notice.DATA, NOON) is ConfirmationRequest.QUEUED
        assert sorted(post_all(store, NOON, ceilings)[0]) == sorted(crowd)

    def test_a_letter_counts_once_however_often_it_is_tried(self, store: Store) -> None:
        ceilings = Ceilings(100, each_mailbox=1)
        a_pending(store)
        now = NOON
        for _ in range(3):
            with claims_of(store, ceilings) as claims:
                letter = claims.next(now)
                assert letter is not None
                settled = put_off(letter, now)
                claims.settle(settled)
            assert settled.next_try is not None
            now = settled.next_try
        with store.read() as db:
            assert len(db.execute(select(quotas.c.number)).all()) == 1

    def test_what_was_counted_outlives_those_who_are_erased_and_names_nobody(self, store: Store) -> None:
        ceilings = Ceilings(100, each_mailbox=1)
        a_pending(store)
        assert len(post_all(store, NOON, ceilings)[0]) == 1
        erase(store, ADA, Evidence(ConsentSource.COMMAND), NOON)
        everybody_asks(store, ["ada+again@reader.example"], NOON + HOUR)
        assert post_all(store, NOON + HOUR, ceilings)[2] == {EmailLimit.MAILBOX: 1}
        with store.read() as db:
            for row in db.execute(select(quotas)):
                assert b"ada" not in row.mailbox
                assert b"reader" not in row.domain

    def test_what_is_too_old_is_forgotten_and_a_clock_that_was_wrong_locks_nobody_out(self, store: Store) -> None:
        ceilings = Ceilings(1)
        everybody_asks(store, ["a@one.example"])
        assert len(post_all(store, NOON + 1_000 * DAY, ceilings)[0]) == 1
        everybody_asks(store, ["b@two.example"])
        assert post_all(store, NOON, ceilings)[0] == ["b@two.example"]
        everybody_asks(store, ["c@three.example"], NOON + 2 * DAY)
        post_all(store, NOON + 2 * DAY, ceilings)
        with store.read() as db:
            assert db.execute(select(quotas.c.at)).scalars().all() == [NOON + 2 * DAY]

    def test_who_waits_for_a_day_is_not_written_to_any_more(self, store: Store) -> None:
        """After a flood, the emails that it left do not go out for weeks."""
        ceilings = Ceilings(1)
        everybody_asks(store, [f"r{number}@domain{number}.example" for number in range(60)])
        now, count = NOON, 0
        while next_letter(store) is not None:
            count += len(post_all(store, now, ceilings)[0])
            now += HOUR
        assert 20 <= count <= 26
        assert now <= NOON + LONGEST_WAIT + 2 * HOUR

    def test_a_long_backlog_is_looked_at_a_few_times_and_not_at_every_turn(self, store: Store) -> None:
        everybody_asks(store, [f"r{number}@domain{number}.example" for number in range(300)])
        ceilings = Ceilings(100)
        held = 0
        now = NOON
        while (due := next_letter(store)) is not None:
            now = max(now, due)
            _, later, _ = post_all(store, now, ceilings)
            held += sum(later.values())
        assert held <= 3 * 300


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ada@x.example", "ADA+tag@X.example", True),
        ("ada@x.example", "ada+a+b@x.example", True),
        ("a.da@x.example", "ada@x.example", False),
        ("a.d.a+x@gmail.com", "ADA@GoogleMail.com", True),
        ("ada@x.example", "ada@y.example", False),
        ("+a@x.example", "+b@x.example", False),
        ("ada@bücher.example", "ada+x@xn--bcher-kva.example", True),
        ("\uff41da@x.example", "ada@x.example", True),
        ("...@gmail.com", "..@gmail.com", False),
    ],
)
def test_a_mailbox_is_what_is_left_without_tags(one: str, other: str, same: bool) -> None:
    assert (mailbox_of(one) == mailbox_of(other)) is same


@given(st.text(max_size=40))
def test_every_text_has_a_mailbox_which_is_its_own(text: str) -> None:
    mailbox, domain = mailbox_of(text)
    assert mailbox_of(mailbox) == (mailbox, domain) or not text.isascii()


# Who has a letter in hand


def hand(store: Store, now: datetime = NOON, most: int = 1) -> list[str]:
    with claimed(store, now, most) as found:
        return [each.address.partition("@")[0] for each in found]


def three(store: Store) -> None:
    everybody_asks(store, [f"{name}@reader.example" for name in ("ada", "bob", "cleo")])


def test_a_dead_service_leaves_one_letter_in_doubt_and_the_others_go_out_at_once(store: Store) -> None:
    three(store)
    assert hand(store) == ["ada"]
    assert hand(store, most=10) == ["bob", "cleo"]
    assert hand(store, NOON + CLAIMED_FOR - timedelta(seconds=1), 10) == []
    assert hand(store, NOON + CLAIMED_FOR, 10) == ["ada", "bob", "cleo"]


def test_services_that_live_share_the_letters_and_keep_what_they_have_for_as_long_as_they_like(store: Store) -> None:
    three(store)
    with ExitStack() as stack:
        services = [stack.enter_context(claims_of(store, ROOMY)) for _ in range(3)]
        found = [each.next(NOON) for each in services]
        assert [each.address.partition("@")[0] for each in found if each] == ["ada", "bob", "cleo"]
        assert hand(store, NOON + 1_000 * DAY) == []
        assert next_letter(store) is None
        for service, letter in zip(services, found, strict=True):
            assert letter is not None
            service.settle(SettledConfirmation(letter.number, posted=NOON))
    assert hand(store, NOON + DAY) == []


def test_what_another_service_had_in_hand_when_it_died_is_found_by_those_that_live(store: Store) -> None:
    """Also where the number of the dead one is never taken again."""
    three(store)
    with claims_of(store, ROOMY) as first:
        with claims_of(store, ROOMY) as second:
            letter = second.next(NOON)
            assert letter is not None
        mine = first.next(NOON)
        assert mine is not None
        assert hand(store, NOON + CLAIMED_FOR, 1) == ["cleo"]
        assert hand(store, NOON + CLAIMED_FOR, 1) == [letter.address.partition("@")[0]]
        # And nobody takes what the living one has.
        assert hand(store, NOON + DAY, 10) == ["ada", "cleo"] or letter.address.startswith("bob")


def test_a_letter_whose_person_confirmed_while_it_was_in_hand_is_not_sent_again(store: Store) -> None:
    from pressrun.circulation.consent import confirm

    person = a_pending(store, ADA, WEEKLY, DAILY)
    with claims_of(store, ROOMY) as claims:
        letter = claims.next(NOON)
        assert letter is not None
        confirm(store, person, [WEEKLY, DAILY], FORM, NOON)
        claims.settle(put_off(letter, NOON))
    assert next_letter(store) is None
    with store.read() as db:
        assert db.execute(select(letters.c.number)).all() == []
