"""Posts the letters that wait in the queue, in the background, one batch after the other."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from pressrun.confirmations import (
    WAITS,
    claim_letters,
    letter_posted,
    letter_put_off,
    letter_refused,
    letters_put_back,
    next_letter,
)
from pressrun.delivery.interface import Outcome, Transport, Verdict
from pressrun.delivery.line import Patience
from pressrun.model.mailaddress import EmailAddress
from pressrun.problems import PressrunError, StoreError
from pressrun.service.guard import place_of
from pressrun.service.notices import Notices
from pressrun.store.engine import Store
from pressrun.store.queue import Claimed

BATCH = 20
# A server that is slow to take small letters is tried again later.
PATIENCE = Patience(line=30, answer=60, last_answer=120)
# So often the queue is looked at, whatever it promised: another process may put letters in.
LONGEST_SLEEP = timedelta(minutes=1)


class Poster:
    """Posts what waits in *store* through what *transport* opens, until it is stopped; *log* is told the outcomes."""

    def __init__(
        self,
        store: Store,
        notices: Notices,
        transport: Callable[[], AbstractContextManager[Transport]],
        clock: Callable[[], datetime],
        log: Callable[[str], None],
    ) -> None:
        self._store = store
        self._notices = notices
        self._transport = transport
        self._clock = clock
        self._log = log
        self._awake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="pressrun poster")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There may be a letter that waits."""
        self._awake.set()

    def stop(self) -> None:
        """End after the letter at hand; what is claimed and was not tried is as before."""
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
            while self.batch():
                if self._stopped:
                    break
            due = next_letter(self._store)
        except PressrunError as error:  # the store or the mail server is out of reach for now
            self._log(f"letters: {error}")
            return LONGEST_SLEEP
        except Exception as error:  # a fault of the program's own: what was claimed is tried again, and so is all else
            self._log(f"letters: {place_of(error)}")
            return LONGEST_SLEEP
        return min(max(due - self._clock(), timedelta()), LONGEST_SLEEP) if due else LONGEST_SLEEP

    def batch(self) -> int:
        """Post at most BATCH letters; how many were tried, whatever became of them.

        Raises PressrunError where it is not about one letter. Those that were not tried pay with no attempt.
        """
        claimed = claim_letters(self._store, BATCH, self._clock())
        if not claimed:
            return 0
        left = [*claimed]
        until = self._clock()
        try:
            with self._transport() as transport:
                while left and not self._stopped:
                    self._post(left[0], transport)
                    del left[0]
        except Exception as error:
            # The server takes none, or a template is at fault. Where it is the store, or a fault of the program's own,
            # nobody knows whether the letter at hand went out: it stays claimed.
            if left and isinstance(error, PressrunError) and not isinstance(error, StoreError):
                self._put_off(left[0])
            # Sooner than that one, which might be the one at fault.
            self._put_back(left[1:], until + WAITS[0])
            raise
        self._put_back(left, until)
        return len(claimed) - len(left)

    def _post(self, letter: Claimed, transport: Transport) -> None:
        try:
            EmailAddress.of_reader(letter.address)
        except ValueError:  # an import may have brought it
            letter_refused(self._store, letter.number)
            self._log(f"letter {letter.number}: its address cannot be written to")
            return
        outcome = transport.send(self._notices.envelope(letter, self._clock()))
        match outcome.verdict:
            case Verdict.ACCEPTED:
                letter_posted(self._store, letter.number, self._clock())
            case Verdict.REFUSED:
                letter_refused(self._store, letter.number)
            case Verdict.DEFERRED:
                self._put_off(letter)
            case Verdict.UNKNOWN if letter.attempt > len(WAITS):
                letter_refused(self._store, letter.number)
            case Verdict.UNKNOWN:
                pass  # it may have arrived: it is tried again, as late as a second letter would go
        self._log(f"letter {letter.number}: {outcome.verdict.value}{_told(outcome)}")

    def _put_back(self, untried: Sequence[Claimed], until: datetime) -> None:
        if untried:
            letters_put_back(self._store, untried, until)

    def _put_off(self, letter: Claimed) -> None:
        if letter_put_off(self._store, letter, self._clock()) is None:
            self._log(f"letter {letter.number}: given up after {letter.attempt} attempts")


def _told(outcome: Outcome) -> str:
    """Why, in brackets: what the server said may hold the address, so its code alone; what we say does not."""
    if outcome.code is not None:
        return f" ({outcome.code})"
    return f" ({outcome.text})" if outcome.verdict is Verdict.REFUSED else ""
