"""What a web server's reply says about an address (RFC 9110, section 15), and what a person is told of it."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from pressrun.model.problems import Position, PressrunError, Problem, Severity

# The codes of all that is told here.
OUTSIDE = frozenset({"link-dead", "link-moved", "link-refused", "link-unreachable", "link-untrusted"})
PERMANENT = frozenset({301, 308})
LEADING_ON = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
BUSY = 429
SEVERAL = 3
# Nobody is left alone for longer than this, whatever they ask for.
LONGEST_WAIT = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Named:
    """An address on another host, absolute, ASCII and without its fragment; and one place that names it."""

    url: str
    position: Position


class AddressVerdict(enum.Enum):
    """What is known of an address after asking."""

    FINE = "fine"  # somebody answers, if only that programs are not let in
    MOVED = "moved"
    DEAD = "dead"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"  # by us, and so is what is private
    PRIVATE = "private"
    LEFT = "left"  # for another time: its host has asked for that


# Decided here, before anybody is asked.
OURS = frozenset({AddressVerdict.REFUSED, AddressVerdict.PRIVATE})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking an address.

    *reason* is the end of the sentence that tells it, *to* the address where it is now, and *wait* the seconds for
    which its host wants to be left alone.
    """

    verdict: AddressVerdict
    reason: str = ""
    to: str = ""
    wait: int = 0


FINE = Answer(AddressVerdict.FINE)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What a server said: its status, and as it wrote them, where that leads and when to come back."""

    status: int
    location: str = ""
    retry_after: str = ""

    @property
    def leads_on(self) -> bool:
        """Whether the answer is to be had at *location*."""
        return self.status in LEADING_ON and bool(self.location)


class NoReply(PressrunError):
    """An address was not asked, or nobody replied.

    *whole_host* says that the other addresses of the host would come to the same, *broke_off* that the
    line was cut where a reply was due, as some servers do when they do not know HEAD.
    """

    def __init__(self, answer: Answer, *, whole_host: bool = False, broke_off: bool = False) -> None:
        super().__init__(answer.reason)
        self.answer = answer
        self.whole_host = whole_host
        self.broke_off = broke_off


def meaning(reply: HttpReply, now: datetime) -> Answer:
    """What *reply*, the last one of its kind, says about the address.

    Only 404 and 410 say that nothing is there. Other refusals may be meant for programs alone.
    """
    if reply.status in GONE:
        return Answer(AddressVerdict.DEAD, server_says(reply.status))
    if reply.status == BUSY or 500 <= reply.status <= 599:
        return Answer(AddressVerdict.UNREACHABLE, server_says(reply.status), wait=_wait(reply.retry_after, now))
    return FINE


def status_words(status: int) -> str:
    """Return *status* and what the standard calls it. What the server calls it does not belong into our sentences."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def server_says(status: int) -> str:
    """Return *status* as the end of a sentence."""
    return f"the server says {status_words(status)}"


def _wait(written: str, now: datetime) -> int:
    """The seconds that a Retry-After asks for (RFC 9110, section 10.2.3): a number, or until a moment."""
    text = written.strip()
    if text.isascii() and text.isdecimal():
        return min(int(text[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(int((moment - now).total_seconds()), 0), LONGEST_WAIT)


def is_offline(answers: Mapping[str, Answer]) -> bool:
    """Whether *answers*, of several hosts and all alike, speak of the network here rather than of those hosts."""
    asked = {url: answer.verdict for url, answer in answers.items() if answer.verdict not in OURS}
    hosts = {urlsplit(url).hostname for url in asked}
    return len(hosts) >= SEVERAL and set(asked.values()) == {AddressVerdict.UNREACHABLE}


def problems(named: Iterable[Named], answers: Mapping[str, Answer]) -> Iterable[Problem]:
    """What each of *named* is told at its place, by the answer to its address; nothing where all is well."""
    for each in named:
        answer = answers.get(each.url)
        if answer is not None and answer.verdict not in (AddressVerdict.FINE, AddressVerdict.LEFT):
            yield _problem(each, answer)


def _problem(named: Named, answer: Answer) -> Problem:
    url, place, reason = named.url, named.position, answer.reason
    person, at, rest = url.partition("@")
    if at and answer.verdict is AddressVerdict.REFUSED:
        # Without its line: what a check says is kept in logs that others read.
        url, place = f"{person.partition('//')[0]}//…@{rest}", replace(place, excerpt="")
    match answer.verdict:
        case AddressVerdict.DEAD:
            hint = "link to where it is now, or to a copy in an archive"
            return Problem(place, "link-dead", f"nothing is at {url}: {reason}", hint, Severity.WARNING)
        case AddressVerdict.MOVED:
            message = f"{url} has moved for good to {answer.to}"
            return Problem(place, "link-moved", message, "look whether it is the same, and link there", Severity.HINT)
        case AddressVerdict.UNTRUSTED:
            message = f"{url} cannot prove who it is: {reason}"
            hint = "browsers warn of such a page; tell whoever runs it, or link elsewhere"
            return Problem(place, "link-untrusted", message, hint, Severity.WARNING)
        case AddressVerdict.REFUSED | AddressVerdict.PRIVATE:
            hint = "link to what every reader can reach"
            if answer.verdict is AddressVerdict.PRIVATE:
                hint += "; to ask in your own network, add --allow-private"
            return Problem(place, "link-refused", f"{url} was not asked: {reason}", hint, Severity.WARNING)
        case _:
            message = f"{url} could not be reached now: {reason}"
            hint = "nothing is to be done unless it stays so; the next check asks again"
            return Problem(place, "link-unreachable", message, hint, Severity.HINT)
