"""The claims of a run: which deliveries it may attempt now, the email of each, and what became of them.

A claim is one transaction. It settles what was attempted and checks consent again, and it is durable before an email
goes out.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from pressrun.circulation.store import claiming, deliveries, history, linkkeys
from pressrun.circulation.store.claiming import Candidate, DueDelivery, Settlement
from pressrun.circulation.store.engine import Transaction
from pressrun.circulation.store.history import Point
from pressrun.circulation.store.runs import SendRun
from pressrun.model.delivery import DeliveryState, Exclusion
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.personalnames import name_in
from pressrun.model.problems import StoreError
from pressrun.model.publication import MailingList
from pressrun.model.recipient import Recipient
from pressrun.model.subscriber import PersonId
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Outcome
from pressrun.post.delivery.pool import ClaimedEmail, SettledEmail
from pressrun.post.delivery.retries import RetryOrder, Schedule
from pressrun.post.sending.dispatch import NotSent
from pressrun.post.sending.exclusions import why_not
from pressrun.post.sending.letter import Ready, from_list
from pressrun.press.newsletter.message import AddressedLetter, CompiledLetter, compiled


@dataclass(frozen=True, slots=True)
class Post:
    """How the letters of an edition are made: *date* is on all of them, so that a letter is the same on every attempt.

    *lists* are those that it goes to, by their ids; one that the publication no longer has is None. *address_of* gives
    a reader's own address to leave a list by, where there is a service that answers it; *preferences* is where they
    change what they get. *key* is the fingerprint of the key that signs those addresses. *signed* signs a letter.
    *folds* is what the mailing says, so that each attempt has the Message-ID of the one before.
    """

    letter: Ready
    date: datetime
    lists: Mapping[str, MailingList | None]
    address_of: Callable[[PersonId, str], str] | None = None
    preferences: str | None = None
    key: str | None = None
    signed: Callable[[AddressedLetter], AddressedLetter] = lambda unsigned: unsigned
    folds: bool = False
    _compiled: dict[str, tuple[EmailAddress, CompiledLetter]] = field(default_factory=dict)

    def envelope(self, reader: Candidate, address: EmailAddress) -> Envelope:
        """The letter to *reader*; raises ValueError where it is none that servers take."""
        sender, letter = self._compiled.get(reader.list) or self._compile(reader.list)
        way_out = self.address_of(reader.id, reader.list) if self.address_of is not None else None
        known_as = before_identities(address) if self.folds else None
        recipient = Recipient(address, name_in(reader.name), way_out, way_out, self.preferences, reader.given, known_as)
        return Envelope(sender, address, self.signed(letter.to(recipient)).wire())

    def _compile(self, name: str) -> tuple[EmailAddress, CompiledLetter]:
        letter = from_list(self.letter, self.lists.get(name))
        date = self.date.astimezone(letter.publication.timezone)
        once = compiled(letter.publication, letter.edition, letter.newsletter, letter.sender, date=date)
        # Two threads may make it at the same time, and it is the same.
        return self._compiled.setdefault(name, (EmailAddress.parse(letter.sender.address), once))


class Sending:
    """The claims of a run on the mailing *number*, as a pool asks for them; at most *limit* in all, where one is given.

    *now* tells the time, and *chance* a number from 0 to 1, for the jitter of retries. *remembered* writes down outside
    of the store how far it has come, before anything that was claimed goes out. Where that fails, what was claimed is
    given back, nothing more is claimed, and *trouble* says why. *wall* tells the time at which
    the key of the links is recorded, which is the true one whatever a person wrote for *now*.
    """

    def __init__(
        self,
        run: SendRun,
        number: int,
        post: Post,
        now: Callable[[], datetime],
        chance: Callable[[], float],
        *,
        schedule: Schedule,
        limit: int | None = None,
        remembered: Callable[[Point], None] = lambda _point: None,
        wall: Callable[[], datetime] | None = None,
    ) -> None:
        self.trouble: str | None = None
        self._remembered = remembered
        self._run = run
        self._number = number
        self._post = post
        self._now = now
        self._wall = wall or now
        self._chance = chance
        self._schedule = schedule
        self._left = limit
        self.stopped: str | None = None  # why nothing more is claimed
        self._in_hand: dict[int, DueDelivery] = {}
        self._retries = RetryOrder()

    def __call__(
        self, settled: Sequence[SettledEmail[int]], room: int, rooms: Mapping[str, int]
    ) -> list[ClaimedEmail[int]]:
        """Settle, claim and give back, in one transaction."""
        now = self._now()
        room = 0 if self.trouble is not None else room if self._left is None else min(room, self._left)
        settlements = [self._settlement(each.key, each.outcome, now) for each in settled if each.outcome is not None]
        untried = [each.key for each in settled if each.outcome is None]
        with self._run.turn() as db:
            mine = claiming.settle(db, self._number, settlements, now) if settlements else 0
            mine += claiming.put_back(db, self._number, untried, now) if untried else 0
            if mine != len(settled):
                raise NotSent("Somebody else settled what this run had in hand; it stops, and claims nothing more.")
            claimed = self._claim(db, room, rooms, now) if room and self._may_sign(db) else []
            point = history.advance(db, len(claimed)) if claimed else None
        if point is not None and not self._is_remembered(point, [due.person for due, _, _ in claimed], now):
            claimed = []
        for each in settled:
            del self._in_hand[each.key]
        # A first attempt begins when it is claimed, as the store has it.
        self._in_hand |= {due.person: replace(due, begun=due.begun or now) for due, _, _ in claimed}
        if self._left is not None:
            self._left -= len(claimed) - len(untried)
        return [self._letter(due, reader, address) for due, reader, address in claimed]

    def _is_remembered(self, point: Point, persons: Sequence[int], now: datetime) -> bool:
        """Whether *point* is written down outside of the store; else what was just claimed is given back."""
        try:
            self._remembered(point)
        except StoreError as error:
            self.trouble = str(error)
            # Where the store fails as well, they stay claimed, and the next run finds them in doubt.
            with suppress(StoreError), self._run.turn() as db:
                claiming.put_back(db, self._number, persons, now)
            return False
        return True

    def _may_sign(self, db: Transaction) -> bool:
        """Whether unsubscribe links may still be signed; that they are is recorded before the first claim."""
        key = self._post.key
        if key is None or linkkeys.put_signed(db, key, self._wall()):
            return True
        # What is in hand is still settled: an exception here would put it in doubt.
        self.stopped = f"the key {key}, which signs unsubscribe links, was retired; send again to use another one"
        return False

    def let_off(self, persons: Sequence[int]) -> None:
        """Defer what was refused to *persons*, as long as it is not too old: the server meant us, and not them."""
        now = self._now()
        with self._run.turn() as db:
            again: dict[int, datetime] = {}
            for each in claiming.refused(db, self._number, persons):
                next_try = self._schedule.next_try(each.attempts, each.begun or now, now, self._chance())
                again |= {each.person: next_try} if next_try is not None else {}
            claiming.put_off(db, self._number, again, now)
        self._retries.forget()

    def _claim(
        self, db: Transaction, room: int, rooms: Mapping[str, int], now: datetime
    ) -> list[tuple[DueDelivery, Candidate, EmailAddress]]:
        claimed: list[tuple[DueDelivery, Candidate, EmailAddress]] = []
        longest = self._schedule.longest * (1 + self._schedule.jitter)
        while len(claimed) < room:
            taken = Counter(each.domain for each, _, _ in claimed)
            left = {domain: number - taken[domain] for domain, number in rooms.items()}
            first = self._retries.retries_first(now, lambda: deliveries.next_try(db, self._number))
            found = claiming.due(db, self._number, room - len(claimed), left, now, longest, retries_first=first)
            if not found:
                break
            known = claiming.readers(db, [each.person for each in found], [*self._post.lists], now)
            excluded: dict[int, Exclusion] = {}
            for each in found:
                reader = known.get(each.person)
                address = mail_address(reader.address) if reader is not None else None
                if reader is None or reader.reason is not None or address is None:
                    excluded[each.person] = why_not(reader)
                else:
                    claimed.append((each, reader, address))
            fresh = [each for each in found if each.person not in excluded]
            claiming.put_excluded(db, self._number, excluded, now)
            claiming.put_claimed(db, self._number, [each.person for each in fresh], now)
            self._retries.tell_claimed(
                any_retry=any(each.is_retry for each in found), any_new=not all(each.is_retry for each in fresh)
            )
        return claimed

    def _letter(self, due: DueDelivery, reader: Candidate, address: EmailAddress) -> ClaimedEmail[int]:
        return ClaimedEmail(due.person, address, lambda: self._post.envelope(reader, address))

    def _settlement(self, person: int, outcome: Outcome, now: datetime) -> Settlement:
        due = self._in_hand[person]
        attempt = due.attempts + 1
        begun = due.begun if due.begun is not None else now
        state, next_try, text = settled_as(outcome, attempt, begun, now, self._schedule, self._chance())
        self._retries.tell_settled(
            is_retry=due.is_retry, is_accepted=outcome.verdict is DeliveryVerdict.ACCEPTED, next_try=next_try
        )
        return Settlement(due.person, attempt, state, next_try, outcome.code, outcome.enhanced, text)


def settled_as(
    outcome: Outcome, attempts: int, begun: datetime, now: datetime, schedule: Schedule, chance: float
) -> tuple[DeliveryState, datetime | None, str]:
    """Where a delivery stands after *outcome*, when it is tried again, and what is said of it.

    What was deferred for too long is refused.
    """
    match outcome.verdict:
        case DeliveryVerdict.ACCEPTED:
            return DeliveryState.ACCEPTED, None, outcome.text
        case DeliveryVerdict.REFUSED:
            return DeliveryState.REFUSED, None, outcome.text
        case DeliveryVerdict.UNKNOWN:
            return DeliveryState.UNKNOWN, None, outcome.text
        case DeliveryVerdict.DEFERRED:
            again = schedule.next_try(attempts, begun, now, chance)
            if again is None:
                return DeliveryState.REFUSED, None, f"{outcome.text} (given up after {attempts} attempts)"
            return DeliveryState.DEFERRED, again, outcome.text


def before_identities(address: EmailAddress) -> str:
    """What Message-IDs were made of until the migration `identities`: *address*, case folded."""
    return unicodedata.normalize("NFC", address.written).casefold()


def mail_address(written: str) -> EmailAddress | None:
    """The address *written* as envelopes have it; None where it is none. It may take SMTPUTF8 (RFC 6531)."""
    try:
        return EmailAddress.of_reader(written)
    except ValueError:
        return None
