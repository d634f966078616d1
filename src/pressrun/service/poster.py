"""Posts the letters that wait in the queue, in the background, one batch after the other."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from pressrun.confirmations import (
    WAITS,
    claim_letters,
    letter_posted,
    letter_put_off,
    letter_refused,
    next_letter,
)
from pressrun.delivery.interface import Outcome, Transport, Verdict
from pressrun.delivery.line import Patience
from pressrun.model.mailaddress import EmailAddress
from pressrun.problems import PressrunError
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
        """End after the letter at hand; what is claimed and was not tried waits for its time."""
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
        except PressrunError as error:  # the store is out of reach for now
            self._log(f"letters: {error}")
            return LONGEST_SLEEP
        except Exception as error:  # a fault of the program's own: what was claimed is tried again, and so is all else
            self._log(f"letters: {place_of(error)}")
            return LONGEST_SLEEP
        return min(max(due - self._clock(), timedelta()), LONGEST_SLEEP) if due else LONGEST_SLEEP

    def batch(self) -> int:
        """Post at most BATCH letters; how many were tried, whatever became of them."""
        claimed = claim_letters(self._store, BATCH, self._clock())
        if not claimed:
            return 0
        done = 0
        try:
            with self._transport() as transport:
                for letter in claimed:
                    if self._stopped:
                        break
                    self._post(letter, transport)
                    done += 1
        except PressrunError as error:
            # It is not about one letter: the server takes none, or a template is at fault.
            self._log(f"letters: {error}")
        for letter in claimed[done:]:
            self._put_off(letter)
        return done

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

    def _put_off(self, letter: Claimed) -> None:
        if letter_put_off(self._store, letter, self._clock()) is None:
            self._log(f"letter {letter.number}: given up after {letter.attempt} attempts")


def _told(outcome: Outcome) -> str:
    """Why, in brackets: what the server said may hold the address, so its code alone; what we say does not."""
    if outcome.code is not None:
        return f" ({outcome.code})"
    return f" ({outcome.text})" if outcome.verdict is Verdict.REFUSED else ""
