"""Posts the letters that wait in the queue, in the background, one after the other."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from pressrun.circulation.claims import (
    CLAIMED_FOR,
    WAITS,
    Ceilings,
    Held,
    SettledConfirmation,
    claims_of,
    next_letter,
    put_off,
)
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.queue import ClaimedConfirmation
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.problems import PressrunError, StoreError
from pressrun.post.delivery.connection import Patience
from pressrun.post.delivery.interface import DeliveryVerdict, Outcome, Transport
from pressrun.web.service.alerts import Alerts
from pressrun.web.service.guard import place_of
from pressrun.web.service.notices import Notices

# Letters on one connection to the mail server.
BATCH = 20
# A server that is slow to take small letters is tried again later.
PATIENCE = Patience(connection=30, answer=60, last_answer=120)
# So often the queue is looked at, whatever it promised: another process may put letters in.
LONGEST_SLEEP = timedelta(minutes=1)


class Poster:
    """Posts what waits in *store* through what *transport* opens, until it is stopped; *log* is told the outcomes.

    It has one letter in hand at a time, for it has one connection. *chores* run before each look at the queue.
    """

    def __init__(
        self,
        store: Store,
        notices: Notices,
        transport: Callable[[], AbstractContextManager[Transport]],
        clock: Callable[[], datetime],
        log: Callable[[str], None],
        *,
        ceilings: Ceilings | None = None,
        chores: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._notices = notices
        self._transport = transport
        self._clock = clock
        self._log = log
        self._ceilings = ceilings or Ceilings()
        self._chores = chores
        self.alerts = Alerts(log, clock)
        self._rests_until: datetime | None = None
        self._awake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="pressrun poster")
        self.store_answers = True  # it did when it was asked last, for the queue or by a request

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There may be a letter that waits."""
        self._awake.set()

    def stop(self) -> None:
        """End after the letter at hand."""
        self._stopped = True
        self._awake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            pause = self.round()
            if not self._stopped:
                self._awake.wait(pause.total_seconds())
            self._awake.clear()

    def round(self) -> timedelta:
        """Post what waits; how long there is nothing to do after it."""
        try:
            self._chores()
            self.alerts.write()
            if self._rests_until is not None and self._clock() < self._rests_until:
                return self._rests_until - self._clock()
            while self.batch() and not self._stopped:
                pass
            due = next_letter(self._store)
            self.store_answers = True
        except PressrunError as error:  # the store or the mail server is out of reach for now
            self.store_answers = not isinstance(error, StoreError)
            self._log(f"letters: {error}")
            return LONGEST_SLEEP
        except Exception as error:  # a fault of the program's own: what was claimed is tried again, and so is all else
            self._log(f"letters: {place_of(error)}")
            return LONGEST_SLEEP
        return min(max(due - self._clock(), timedelta()), LONGEST_SLEEP) if due else LONGEST_SLEEP

    def batch(self) -> int:
        """Post at most BATCH letters; how many were tried, whatever became of them.

        Raises PressrunError where it is not about one letter. That costs the letter in hand an attempt, and no other.
        """
        with claims_of(self._store, self._ceilings) as claims:
            letter, tried = claims.next(self._clock()), 0
            self._report(claims.held)
            if letter is None:
                return 0
            try:
                with self._transport() as transport:
                    while letter is not None:
                        settled, words = self._posted(letter, transport)
                        tried += 1
                        if self._stopped or tried == BATCH:
                            claims.settle(settled)
                            letter = None
                        else:
                            letter = claims.next(self._clock(), settled)
                        self._log(f"letter {settled.letter}: {words}")
            except Exception as error:
                # The server takes none, or a template is at fault. Where it is the store, or a fault of the program's
                # own, nobody knows whether the letter in hand went out: it stays claimed.
                if letter is not None and isinstance(error, PressrunError) and not isinstance(error, StoreError):
                    claims.settle(put_off(letter, self._clock()))
                    self._rests_until = self._clock() + LONGEST_SLEEP
                raise
            finally:
                self._report(claims.held)
        return tried

    def _posted(self, letter: ClaimedConfirmation, transport: Transport) -> tuple[SettledConfirmation, str]:
        """Try *letter* once; what became of it, and how the log says so."""
        number = letter.number
        try:
            EmailAddress.of_reader(letter.address)
        except ValueError:  # an import may have brought it
            return SettledConfirmation(number), "its address cannot be written to"
        outcome = transport.send(self._notices.envelope(letter, self._clock()))
        words = f"{outcome.verdict.value}{_told(outcome)}"
        match outcome.verdict:
            case DeliveryVerdict.ACCEPTED:
                return SettledConfirmation(number, posted=self._clock()), words
            case DeliveryVerdict.DEFERRED:
                settled = put_off(letter, self._clock())
                given_up = f"; given up after {letter.attempt} attempts" if settled.next_try is None else ""
                return settled, words + given_up
            case DeliveryVerdict.UNKNOWN if letter.attempt <= len(WAITS):
                # It may have arrived: it is tried again, as late as a second letter would go.
                return SettledConfirmation(number, next_try=self._clock() + CLAIMED_FOR), words
            case _:
                return SettledConfirmation(number), words

    def _report(self, held: Held) -> None:
        """Report what limits held since the last report."""
        for limit, count in held.later.items():
            self.alerts.add(f"the limit of emails {limit.value} is reached: {{count}} wait for room", count)
        for limit, count in held.never.items():
            self.alerts.add(f"the limit of emails {limit.value} is reached: {{count}} are not sent", count)
        held.later.clear()
        held.never.clear()


def _told(outcome: Outcome) -> str:
    """Why, in brackets: what the server said may hold the address, so its code alone; what we say does not."""
    if outcome.code is not None:
        return f" ({outcome.code})"
    return f" ({outcome.text})" if outcome.verdict is DeliveryVerdict.REFUSED else ""
