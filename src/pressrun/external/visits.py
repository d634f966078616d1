"""Asking politely: one address after the other at each host, HEAD before GET, along the way that redirects lead."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from pressrun.external.answers import BUSY, FINE, PERMANENT, Answer, NoReply, Reply, Verdict, meaning
from pressrun.model.addresses import ascii_url

GAP = 1.0
SECONDS = 20.0
MOST_HOPS = 5
LONGEST = 8_000  # of an address; RFC 9110, section 4.1, asks everybody to understand so much


class Ask(Protocol):
    """The door to the network: one question, of which nothing but the head of the reply is read."""

    def __call__(self, method: str, url: str, seconds: float) -> Reply:
        """What the server says to *method* at *url* within *seconds*; raises NoReply where it says nothing."""


@dataclass(slots=True)
class _Patience:
    """How many seconds are left for an address; waiting for its host's turn does not count."""

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
    _turns: dict[str, Lock] = field(default_factory=dict)
    _free: dict[str, float] = field(default_factory=dict)  # from when on a host may be asked again
    _silent: dict[str, Answer] = field(default_factory=dict)  # of all at one scheme, host and port

    def visit(self, url: str) -> Answer:
        """What is known of *url* after asking for it, and for where it leads."""
        here, moved = url, ""
        patience = _Patience(self.seconds)
        met = {url}
        permanent = True
        try:
            while True:
                reply = self._reply(here, patience)
                if not reply.leads_on:
                    return self._last(here, reply, moved)
                here = _next(here, reply.location)
                if urlsplit(here).scheme not in ("http", "https"):
                    return FINE  # an app or a mail program takes it from here
                if here in met or len(met) > MOST_HOPS:
                    way = "in a circle" if here in met else f"on and on, more than {MOST_HOPS} times"
                    return Answer(Verdict.UNREACHABLE, f"it leads {way}")
                met.add(here)
                permanent = permanent and reply.status in PERMANENT
                moved = here if permanent else moved
        except NoReply as fault:
            return fault.answer

    def _last(self, url: str, reply: Reply, moved: str) -> Answer:
        answer = meaning(reply, self.now)
        if reply.status == BUSY or answer.wait:
            self._silent[_origin(url)] = Answer(Verdict.LEFT, "its host wants to be left alone", wait=answer.wait)
        if moved and 200 <= reply.status <= 299:
            return Answer(Verdict.MOVED, to=moved)
        return answer

    def _reply(self, url: str, patience: _Patience) -> Reply:
        """What is said to HEAD; where that is refused, to GET, because many a server does not know HEAD."""
        with self._turn(urlsplit(url).hostname or ""):
            if silent := self._silent.get(_origin(url)):
                raise NoReply(silent)
            try:
                reply = self._asked("HEAD", url, patience)
            except NoReply as fault:
                if not fault.broke_off:
                    raise
            else:
                if reply.status < 400 or reply.status == BUSY:
                    return reply
            return self._asked("GET", url, patience)

    def _asked(self, method: str, url: str, patience: _Patience) -> Reply:
        started = self.clock()
        try:
            return self.ask(method, url, patience.seconds)
        except NoReply as fault:
            if fault.whole_host:
                self._silent[_origin(url)] = fault.answer
            raise
        finally:
            patience.seconds = max(patience.seconds - (self.clock() - started), 0.1)

    @contextmanager
    def _turn(self, host: str) -> Iterator[None]:
        with self._turns.setdefault(host, Lock()):
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


def _next(url: str, location: str) -> str:
    """Where *location*, said by *url*, leads (RFC 9110, section 10.2.2)."""
    try:
        found = ascii_url(urljoin(url, location.strip()))
    except ValueError as error:
        raise NoReply(Answer(Verdict.UNREACHABLE, "it leads to what is no address")) from error
    if len(found) > LONGEST:
        raise NoReply(Answer(Verdict.UNREACHABLE, "it leads to an address without end"))
    return found
