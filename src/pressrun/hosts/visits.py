"""Asking politely: one address after the other at each host, HEAD before GET, along the way that redirects lead."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Protocol
from urllib.parse import urlsplit

from pressrun.hosts.answers import BUSY, FINE, AddressVerdict, Answer, HttpReply, NoReply, meaning
from pressrun.hosts.redirects import RedirectPath, is_web

GAP = 1.0
SECONDS = 20.0


class Ask(Protocol):
    """The HTTP client: one request, of which nothing but the head of the answer is read."""

    def __call__(self, method: str, url: str, seconds: float) -> HttpReply:
        """What the server says to *method* at *url* within *seconds*; raises NoReply where it says nothing."""


@dataclass(slots=True)
class _Patience:
    """How many seconds are left for an address; waiting for its host does not count."""

    seconds: float


@dataclass(slots=True)
class Visitor:
    """Visits addresses through *ask*, from as many threads as like to.

    A host is asked one thing at a time, and left in peace for *gap* seconds in between. An address has *seconds*,
    all its redirects together. *clock* tells seconds and *pause* lets them pass; *now* is what a date in a reply is
    counted from.
    """

    ask: Ask
    clock: Callable[[], float]
    pause: Callable[[float], None]
    now: datetime
    gap: float = GAP
    seconds: float = SECONDS
    _locks: dict[str, Lock] = field(default_factory=dict)
    _free: dict[str, float] = field(default_factory=dict)  # from when on a host may be asked again
    _left_alone: dict[str, Answer] = field(default_factory=dict)  # of all at one scheme, host and port

    def visit(self, url: str) -> Answer:
        """What is known of *url* after asking for it, and for where it leads."""
        way = RedirectPath(url)
        patience = _Patience(self.seconds)
        try:
            while True:
                reply = self._reply(way.here, patience)
                if not reply.leads_on:
                    return self._last(way.here, reply, way.moved)
                way.follow(reply)
                if not is_web(way.here):
                    return FINE  # an app or a mail program takes it from here
        except NoReply as fault:
            return fault.answer

    def _last(self, url: str, reply: HttpReply, moved: str) -> Answer:
        answer = meaning(reply, self.now)
        if reply.status == BUSY or answer.wait:
            self._left_alone[_origin(url)] = Answer(
                AddressVerdict.LEFT, "its host wants to be left alone", wait=answer.wait
            )
        if moved and 200 <= reply.status <= 299:
            return Answer(AddressVerdict.MOVED, to=moved)
        return answer

    def _reply(self, url: str, patience: _Patience) -> HttpReply:
        """What is said to HEAD; where that is refused, to GET, because many a server does not know HEAD."""
        with self._claimed(urlsplit(url).hostname or ""):
            if answer := self._left_alone.get(_origin(url)):
                raise NoReply(answer)
            try:
                reply = self._asked("HEAD", url, patience)
            except NoReply as fault:
                if not fault.broke_off:
                    raise
            else:
                if reply.status < 400 or reply.status == BUSY:
                    return reply
            return self._asked("GET", url, patience)

    def _asked(self, method: str, url: str, patience: _Patience) -> HttpReply:
        started = self.clock()
        try:
            return self.ask(method, url, patience.seconds)
        except NoReply as fault:
            if fault.whole_host:
                self._left_alone[_origin(url)] = fault.answer
            raise
        finally:
            patience.seconds = max(patience.seconds - (self.clock() - started), 0.1)

    @contextmanager
    def _claimed(self, host: str) -> Iterator[None]:
        with self._locks.setdefault(host, Lock()):
            wait = self._free.get(host, self.clock()) - self.clock()
            if wait > 0:
                self.pause(wait)
            try:
                yield
            finally:
                self._free[host] = self.clock() + self.gap


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
