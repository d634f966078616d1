"""Letters posted over several lines at once, never more of them in hand than there are lines."""

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from pressrun.delivery.interface import Envelope, Outcome, Transport, Verdict
from pressrun.delivery.processor import one_processor
from pressrun.delivery.rates import Clock, Limits, Rates
from pressrun.delivery.retries import Breaker
from pressrun.model.mailaddress import EmailAddress
from pressrun.problems import DeliveryError

Key = TypeVar("Key")
# After so many letters, a line that did not come about is tried once more.
_REGAINED_AFTER = 100
# A pause ends sooner where somebody wants to stop.
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Claimed(Generic[Key]):
    """A letter that is ours to attempt, which is written down where a crash does not reach it.

    *envelope* makes it; it is called once, in the thread that posts it.
    """

    key: Key
    recipient: EmailAddress
    envelope: Callable[[], Envelope]

    @property
    def domain(self) -> str:
        """Where it goes, in small letters."""
        return self.recipient.written.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Settled(Generic[Key]):
    """What became of the letter that was claimed under *key*; *outcome* is None where it was not tried."""

    key: Key
    outcome: Outcome | None


class Claims(Protocol[Key]):
    """What a pool asks whoever keeps the claims, always in the thread that called `post`."""

    def __call__(self, settled: Sequence[Settled[Key]], room: int, held: Collection[str]) -> Sequence[Claimed[Key]]:
        """Write down *settled*, claim at most *room* letters more, both in one transaction, and give those back.

        Nothing is posted before this returns. *room* may be 0. To the domains in *held* nothing may go just now: a
        letter to one of them that is claimed all the same waits in hand, and keeps a line from another. Where
        nothing comes back though there was room, nothing is left but, perhaps, letters to *held*.
        """
        ...


class Pool:
    """Posts letters over *lines* lines, each a transport that *opened* makes, used in a thread of its own.

    How the two sides work together: `post` asks for letters when a line is free, and tells what became of others in
    the same breath. A letter is in hand from the answer to its claim until it was told, so there are never more claims
    without a settlement than lines, whatever happens. Where several letters are done at the same moment, they are told
    together; so the slower the commit, the more letters share one.

    Every letter that came in hand is told exactly once, also where a run stops or a server is lost: then those that
    were not tried are told so. Only where the claims themselves raise, what was in hand is not told: it stays claimed.
    """

    def __init__(
        self,
        opened: Callable[[], Transport],
        lines: int,
        clock: Clock,
        *,
        limits: Limits | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._opened = opened
        self._lines = lines
        self._clock = clock
        self._limits = limits or Limits()
        self._breaker = breaker or Breaker()
        self._stopped: str | None = None

    def stop(self, reason: str) -> None:
        """Claim nothing more, for *reason*; letters on their way are finished. A signal may call it, or any thread."""
        self._stopped = reason

    @property
    def stopped(self) -> str | None:
        """Why nothing more is claimed, if that is so: what `stop` was told, or too many failures in a row."""
        return self._stopped or self._breaker.reason

    def post(self, claims: Claims[Key]) -> str | None:
        """Post what *claims* gives until nothing is left, or until there is a reason to stop, which is given back.

        Raises DeliveryError where no line comes about, or the server takes nothing of ours; all are told before.
        """
        with one_processor(), _Crew[Key](self._opened, self._lines) as crew:
            run = _Run(claims, crew, self._clock, Rates(self._limits, self._clock.seconds()), self._breaker)
            while run.goes_on(self.stopped):
                run.wait()
        if run.lost is not None:
            raise run.lost
        return self.stopped


@dataclass
class _Run(Generic[Key]):
    """One call of `post`, as it stands."""

    claims: Claims[Key]
    crew: "_Crew[Key]"
    clock: Clock
    rates: Rates
    breaker: Breaker
    waiting: list[Claimed[Key]] = field(default_factory=list)  # in hand, and not begun
    settled: list[Settled[Key]] = field(default_factory=list)  # not told yet
    held: frozenset[str] = frozenset()
    is_empty: bool = False  # whether the claims had nothing when they were asked last
    since_lost: int = 0
    lost: Exception | None = None

    def goes_on(self, stopped: str | None) -> bool:
        """Whether anything is left; tells what was settled, claims what there is room for, and begins it."""
        now = self.clock.seconds()
        if self.crew.lines == 0 or self.lost is not None:
            stopped = stopped or "lost"
        if stopped is not None:
            self._hand_back()
        free = 0 if stopped is not None else self.crew.free - len(self.waiting)
        room = self.rates.room(now, max(0, free))
        held = self.rates.held(now)
        if held < self.held or self.settled:
            self.is_empty = False
        if self.settled or (room and not self.is_empty):
            settled, self.settled, self.held = self.settled, [], held
            claimed = self.claims(settled, room, held)
            self.waiting += claimed
            self.is_empty = room > 0 and not claimed
        for letter in [*self.waiting]:
            if self.crew.free and self.rates.take(letter.domain, now):
                self.waiting.remove(letter)
                self.crew.begin(letter)
        if self.crew.under_way or self.waiting:
            return True
        return stopped is None and not (self.is_empty and not self.held)

    def wait(self) -> None:
        """Let time pass until a letter is done, or another may begin."""
        now = self.clock.seconds()
        pause: float | None = None
        if self.waiting or not self.is_empty:
            pause = self.rates.wait([letter.domain for letter in self.waiting], now) if self.crew.free else None
        elif self.held:
            pause = self.rates.wait(self.held, now)
        if self.crew.under_way:
            # A signal that another thread was given is heard here, and not before this thread has something to do.
            for letter, outcome in self.crew.done(min(pause or _LONGEST_PAUSE, _LONGEST_PAUSE)):
                self._hear(letter, outcome)
        elif pause:
            self.clock.pause(min(pause, _LONGEST_PAUSE))

    def _hear(self, letter: Claimed[Key], outcome: Outcome | Exception) -> None:
        match outcome:
            case Outcome():
                self.breaker.hear(outcome)
                self.settled.append(Settled(letter.key, outcome))
                self._regain()
            case DeliveryError():
                # It was not tried, so that another line may take it.
                self.waiting.insert(0, letter)
                self.crew.lines -= 1
                self.since_lost = 0
                if self.crew.lines == 0:
                    self.lost = self.lost or outcome
            case _:
                # Nobody knows how far it came; whoever is at fault, the letter is not sent again.
                self.settled.append(Settled(letter.key, Outcome(Verdict.UNKNOWN, str(outcome))))
                self.lost = outcome

    def _regain(self) -> None:
        self.since_lost += 1
        if self.since_lost >= _REGAINED_AFTER and self.crew.lines < self.crew.most:
            self.crew.lines += 1
            self.since_lost = 0

    def _hand_back(self) -> None:
        """Tell of those that were not begun: no time of theirs has passed, and no attempt of theirs counts."""
        self.settled += [Settled(letter.key, None) for letter in self.waiting]
        self.waiting = []


class _Crew(Generic[Key]):
    """The threads that post, each with a transport; *lines* of them may be at work."""

    def __init__(self, opened: Callable[[], Transport], most: int) -> None:
        self.most = self.lines = most
        self.under_way = 0
        self._done: SimpleQueue[tuple[_Worker[Key], Claimed[Key], Outcome | Exception]] = SimpleQueue()
        self._idle = [_Worker(opened, self._done) for _ in range(most)]
        self._stack = ExitStack()

    def __enter__(self) -> "_Crew[Key]":
        for worker in self._idle:
            worker.thread.start()
            self._stack.callback(worker.end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._idle:
            worker.todo.put(None)  # all say goodbye at the same time
        self._stack.close()

    @property
    def free(self) -> int:
        return self.lines - self.under_way

    def begin(self, letter: Claimed[Key]) -> None:
        self.under_way += 1
        self._idle.pop().todo.put(letter)

    def done(self, seconds: float) -> list[tuple[Claimed[Key], Outcome | Exception]]:
        """The letters that are done; waits for the first at most *seconds*."""
        found = []
        try:
            found.append(self._done.get(timeout=seconds))
            while True:
                found.append(self._done.get_nowait())
        except Empty:
            pass
        for worker, _, outcome in found:
            # The next letter goes to whoever posted the last, and to one without a line only where no other is free.
            self._idle.insert(0 if isinstance(outcome, Exception) else len(self._idle), worker)
        self.under_way -= len(found)
        return [(letter, outcome) for _, letter, outcome in found]


class _Worker(Generic[Key]):
    """A thread with a line of its own."""

    def __init__(
        self,
        opened: Callable[[], Transport],
        done: "SimpleQueue[tuple[_Worker[Key], Claimed[Key], Outcome | Exception]]",
    ) -> None:
        self.todo: SimpleQueue[Claimed[Key] | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._work)
        self._opened = opened
        self._done = done

    def end(self) -> None:
        self.todo.put(None)
        self.thread.join()

    def _work(self) -> None:
        with self._opened() as transport:
            while (letter := self.todo.get()) is not None:
                self._done.put((self, letter, self._posted(letter, transport)))

    def _posted(self, letter: Claimed[Key], transport: Transport) -> Outcome | Exception:
        try:
            envelope = letter.envelope()
        except ValueError as error:
            # One person's letter that is no message keeps nobody else from theirs.
            return Outcome(Verdict.REFUSED, f"this letter is none that servers take: {error}")
        except Exception as error:
            return DeliveryError(f"the letter was not made: {error}")
        try:
            return transport.send(envelope)
        except Exception as error:
            return error
