"""Letters posted over several connections at once, never more of them in hand than there are connections."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from pressrun.model.mailaddress import EmailAddress
from pressrun.model.problems import DeliveryError, StoreError
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Outcome, Transport
from pressrun.post.delivery.processor import one_processor
from pressrun.post.delivery.rates import Clock, RateLimits, Rates
from pressrun.post.delivery.retries import Breaker

Key = TypeVar("Key")
# After so many letters, a connection that could not be made is tried once more.
_REGAINED_AFTER = 100
# A pause ends sooner where somebody wants to stop.
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class ClaimedEmail(Generic[Key]):
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
class SettledEmail(Generic[Key]):
    """What became of the letter that was claimed under *key*; *outcome* is None where it was not tried."""

    key: Key
    outcome: Outcome | None


class ClaimKeeper(Protocol[Key]):
    """What a pool asks whoever keeps the claims, always in the thread that called `post`."""

    def __call__(
        self, settled: Sequence[SettledEmail[Key]], room: int, rooms: Mapping[str, int]
    ) -> Sequence[ClaimedEmail[Key]]:
        """Write down *settled*, claim at most *room* letters more, both in one transaction, and give those back.

        Nothing is posted before this returns. *room* may be 0. Of the letters to a domain in *rooms* only so many may
        go just now, or none: one more that is claimed all the same waits in hand, and keeps a connection from another.
        Where nothing comes back though there was room, nothing is left but, perhaps, letters to domains without any.
        """
        ...


class Pool:
    """Posts letters over as many *connections*, each a transport that *opened* makes, used in a thread of its own.

    How the two sides work together: `post` asks for letters when a connection is free, and tells what became of others
    at the same time. A letter is in hand from the answer to its claim until it was told, so there are never more claims
    without a settlement than connections, whatever happens. Where several letters are done at the same moment, they are
    told together; so the slower the commit, the more letters share one.

    Every letter that came in hand is told exactly once, also where a run stops or a server is lost: then those that
    were not tried are told so. Where the claims raise StoreError, letters on their way are finished, and all is told
    once more; where that raises again, or anything else is raised, what was in hand is not told: it stays claimed.

    When *breaker* has a reason, the run waits: *on_pause* is told why and how many seconds. Then one letter goes over
    one connection. If it is accepted, all go on; if not, the next pause is longer, until there is none.
    """

    def __init__(
        self,
        opened: Callable[[], Transport],
        connections: int,
        clock: Clock,
        *,
        limits: RateLimits | None = None,
        breaker: Breaker | None = None,
        on_pause: Callable[[str, float], None] = lambda _reason, _seconds: None,
    ) -> None:
        self._opened = opened
        self._connections = connections
        self._clock = clock
        self._limits = limits or RateLimits()
        self._breaker = breaker or Breaker()
        self._on_pause = on_pause
        self._stopped: str | None = None

    def stop(self, reason: str) -> None:
        """Claim nothing more, for *reason*; letters on their way are finished. A signal may call it, or any thread."""
        self._stopped = reason

    def post(
        self, claims: ClaimKeeper[Key], let_off: Callable[[Sequence[Key]], None] = lambda _keys: None
    ) -> str | None:
        """Post what *claims* gives until nothing is left, or until there is a reason to stop, which is given back.

        *let_off* is told of letters that were refused among so many failures in a row that the server means us, and not
        those people. Raises DeliveryError if no connection can be made, or the server takes nothing of ours; all are
        told before.
        """
        with one_processor(), _Workers[Key](self._opened, self._connections) as workers:
            rates = Rates(self._limits, self._clock.seconds())
            run = _Run(claims, let_off, workers, self._clock, rates, self._breaker, self._on_pause)
            while run.goes_on(self._stopped):
                run.wait()
        if run.lost is not None:
            raise run.lost
        return self._stopped or run.trouble


@dataclass
class _Run(Generic[Key]):
    """One call of `post`, as it stands."""

    claims: ClaimKeeper[Key]
    let_off: Callable[[Sequence[Key]], None]
    workers: "_Workers[Key]"
    clock: Clock
    rates: Rates
    breaker: Breaker
    on_pause: Callable[[str, float], None]
    waiting: list[ClaimedEmail[Key]] = field(default_factory=list)  # in hand, and not begun
    settled: list[SettledEmail[Key]] = field(default_factory=list)  # not told yet
    held: frozenset[str] = frozenset()  # where nothing could go when the claims were asked last
    is_empty: bool = False  # whether the claims had nothing when they were asked last
    turned_away: list[Key] = field(default_factory=list)  # refused since the last that was accepted
    has_failed: bool = False  # since the last pause
    resumes: float = -math.inf  # when the last pause ends
    trouble: str | None = None  # what the breaker said last, unless all is well again
    is_over: bool = False  # whether it was waited long enough
    since_lost: int = 0
    lost: Exception | None = None

    def goes_on(self, stopped: str | None) -> bool:
        """Whether anything is left; tells what was settled, claims what there is room for, and begins it."""
        now = self.clock.seconds()
        ends = stopped is not None or self.is_over or self.workers.connections == 0 or self.lost is not None
        if ends or self.breaker.reason is not None:
            self._hand_back()
        rooms = self.rates.rooms(now)
        room = self.rates.room(now, 0 if ends else self._free(now))
        held = frozenset(domain for domain, number in rooms.items() if number < 1)
        if held < self.held or self.settled:
            self.is_empty = False
        if self.settled or (room and not self.is_empty):
            settled, self.settled, self.held = self.settled, [], held
            self._turn(settled, room, rooms)
        for letter in [*self.waiting]:
            if self.workers.free and self.rates.take(letter.domain, now):
                self.waiting.remove(letter)
                self.workers.begin(letter)
        if self.workers.under_way or self.waiting:
            return True
        if self.trouble is not None and (ends or self.has_failed):
            self._pause(now, ends=ends)
        if ends:
            return False
        return self._pauses(now) or not (self.is_empty and not self.held)

    def _free(self, now: float) -> int:
        """How many letters more may be in hand; while there is a reason for care, one, after the pause."""
        if self.breaker.reason is None:
            return max(0, self.workers.free - len(self.waiting))
        return 0 if self.workers.under_way or self._pauses(now) else 1

    def _pauses(self, now: float) -> bool:
        return (self.has_failed and self.trouble is not None) or now < self.resumes

    def _turn(self, settled: Sequence[SettledEmail[Key]], room: int, rooms: Mapping[str, int]) -> None:
        """Tell and claim."""
        try:
            claimed = self.claims(settled, room, rooms)
        except StoreError as error:
            self._tell_once_more(settled, error)
            return
        self.waiting += claimed
        self.is_empty = room > 0 and not claimed

    def _tell_once_more(self, settled: Sequence[SettledEmail[Key]], error: StoreError) -> None:
        """Finish what is on its way and tell of all in hand; raises *error* where there is nothing, or no telling."""
        self._hand_back()
        while self.workers.under_way:
            for letter, outcome in self.workers.done(_LONGEST_PAUSE):
                self._hear(letter, outcome)
        self._hand_back()
        told, self.settled = [*settled, *self.settled], []
        if not told:
            raise error
        self.clock.pause(_LONGEST_PAUSE)
        try:
            self.claims(told, 0, {})
        except StoreError:
            in_hand = "1 letter" if len(told) == 1 else f"{len(told)} letters"
            raise StoreError(
                f"{error}. What became of {in_hand} could not be written down; the next run finds them in doubt"
            ) from error

    def _pause(self, now: float, *, ends: bool) -> None:
        """Let off those who were refused because of us, and begin to wait, unless the run ends anyway."""
        assert self.trouble is not None
        self.has_failed = False
        refused, self.turned_away = self.turned_away, []
        if refused:
            self.let_off(refused)
        if ends:
            return
        seconds = self.breaker.pause()
        if seconds is None:
            self.is_over = True
            return
        self.resumes = now + seconds
        self.on_pause(self.trouble, seconds)

    def wait(self) -> None:
        """Let time pass until a letter is done, or another may begin."""
        now = self.clock.seconds()
        pause: float | None = None
        if now < self.resumes:
            pause = self.resumes - now
        elif self.waiting or not self.is_empty:
            pause = self.rates.wait([letter.domain for letter in self.waiting], now) if self.workers.free else None
        elif self.held:
            pause = self.rates.wait(self.held, now)
        if self.workers.under_way:
            # A signal that another thread was given is heard here, and not before this thread has something to do.
            for letter, outcome in self.workers.done(min(pause or _LONGEST_PAUSE, _LONGEST_PAUSE)):
                self._hear(letter, outcome)
        elif pause:
            self.clock.pause(min(pause, _LONGEST_PAUSE))

    def _hear(self, letter: ClaimedEmail[Key], outcome: Outcome | Exception) -> None:
        match outcome:
            case Outcome():
                self._weigh(letter.key, outcome)
                self.settled.append(SettledEmail(letter.key, outcome))
                self._regain()
            case DeliveryError():
                # It was not tried, so that another connection may take it.
                self.waiting.insert(0, letter)
                self.workers.connections -= 1
                self.since_lost = 0
                if self.workers.connections == 0:
                    self.lost = self.lost or outcome
            case _:
                # Nobody knows how far it came; whoever is at fault, the letter is not sent again.
                self.settled.append(SettledEmail(letter.key, Outcome(DeliveryVerdict.UNKNOWN, str(outcome))))
                self.lost = outcome

    def _weigh(self, key: Key, outcome: Outcome) -> None:
        is_failure = self.breaker.hear(outcome)
        if outcome.verdict is DeliveryVerdict.ACCEPTED:
            self.turned_away, self.has_failed = [], False
        elif is_failure:
            self.turned_away += [key] if outcome.verdict is DeliveryVerdict.REFUSED else []
            self.has_failed = True
        # What the breaker remembers of an earlier run is no trouble yet.
        self.trouble = self.breaker.reason if is_failure or self.trouble is not None else None

    def _regain(self) -> None:
        self.since_lost += 1
        if self.since_lost >= _REGAINED_AFTER and self.workers.connections < self.workers.most:
            self.workers.connections += 1
            self.since_lost = 0

    def _hand_back(self) -> None:
        """Tell of those that were not begun: no time of theirs has passed, and no attempt of theirs counts."""
        self.settled += [SettledEmail(letter.key, None) for letter in self.waiting]
        self.waiting = []


class _Workers(Generic[Key]):
    """The threads that post, each with a transport; *connections* of them may be at work."""

    def __init__(self, opened: Callable[[], Transport], most: int) -> None:
        self.most = self.connections = most
        self.under_way = 0
        self._done: SimpleQueue[tuple[_Worker[Key], ClaimedEmail[Key], Outcome | Exception]] = SimpleQueue()
        self._idle = [_Worker(opened, self._done) for _ in range(most)]
        self._stack = ExitStack()

    def __enter__(self) -> "_Workers[Key]":
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
        return self.connections - self.under_way

    def begin(self, letter: ClaimedEmail[Key]) -> None:
        self.under_way += 1
        self._idle.pop().todo.put(letter)

    def done(self, seconds: float) -> list[tuple[ClaimedEmail[Key], Outcome | Exception]]:
        """The letters that are done; waits for the first at most *seconds*."""
        found = []
        try:
            found.append(self._done.get(timeout=seconds))
            while True:
                found.append(self._done.get_nowait())
        except Empty:
            pass
        for worker, _, outcome in found:
            # The next letter goes to the worker that posted the last; to one without a connection if no other is free.
            self._idle.insert(0 if isinstance(outcome, Exception) else len(self._idle), worker)
        self.under_way -= len(found)
        return [(letter, outcome) for _, letter, outcome in found]


class _Worker(Generic[Key]):
    """A thread with a connection of its own."""

    def __init__(
        self,
        opened: Callable[[], Transport],
        done: "SimpleQueue[tuple[_Worker[Key], ClaimedEmail[Key], Outcome | Exception]]",
    ) -> None:
        self.todo: SimpleQueue[ClaimedEmail[Key] | None] = SimpleQueue()
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

    def _posted(self, letter: ClaimedEmail[Key], transport: Transport) -> Outcome | Exception:
        try:
            envelope = letter.envelope()
        except ValueError as error:
            # One person's letter that is no message keeps nobody else from theirs.
            return Outcome(DeliveryVerdict.REFUSED, f"this letter is none that servers take: {error}")
        except Exception as error:
            return DeliveryError(f"the letter was not made: {error}")
        try:
            return transport.send(envelope)
        except Exception as error:
            return error
