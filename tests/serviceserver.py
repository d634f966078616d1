"""The subscription service for tests: real HTTP on loopback, a mail server behind it, and a clock of its own."""

import email
import email.policy
import html
import http.client
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from builders import a_publication
from mailserver import HOST, Mailroom, mail_server
from people import DAILY, WEEKLY
from pressrun.circulation.claims import Ceilings
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.linkkeys import own_key
from pressrun.circulation.subscribers.links import ServiceLinks
from pressrun.circulation.subscribers.tokens import SignedTokens, mark_of_store
from pressrun.model.mailserver import MailServer, Tls
from pressrun.model.publication import Publication, ServiceSettings
from pressrun.post.delivery.smtp import SmtpTransport
from pressrun.press.newsletter.message import AddressedLetter
from pressrun.rendering.templates import Templates
from pressrun.web.service.application import Service
from pressrun.web.service.forgetting import Forgetting
from pressrun.web.service.notices import Notices
from pressrun.web.service.pages import ServicePages
from pressrun.web.service.poster import PATIENCE, Poster
from pressrun.web.service.server import server_for
from pressrun.web.serving import line_on

KEYS = ["n" * 32, "o" * 32]
ADA = "ada@reader.example"
PATIENT_SECONDS = 30
FORM = "application/x-www-form-urlencoded"


@dataclass
class Clock:
    """A clock that stands still until it is told otherwise."""

    now: datetime = datetime(2026, 5, 12, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> None:
        self.now += timedelta(**units)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.text)
        assert found, self.text
        return html.unescape(found[1])


@dataclass
class Lines:
    """What the service told; whoever waits for a line gets it as soon as it is there."""

    said: list[str] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, line: str) -> None:
        with self.news:
            self.said.append(line)
            self.news.notify_all()

    def wait(self, pattern: str, times: int = 1) -> list[str]:
        """The lines that match *pattern*, once there are so many."""

        def found() -> list[str]:
            return [line for line in self.said if re.search(pattern, line)]

        with self.news:
            assert self.news.wait_for(lambda: len(found()) >= times, PATIENT_SECONDS), self.said
            return found()


def straight(port: int) -> http.client.HTTPConnection:
    """A line to the service itself."""
    return http.client.HTTPConnection(HOST, port, timeout=PATIENT_SECONDS)


@dataclass
class House:
    """A running service, and what a person at a browser and a mailbox can do with it."""

    service: Service
    room: Mailroom
    clock: Clock
    told: Lines
    port: int
    call: Callable[[int], http.client.HTTPConnection] = straight

    @property
    def store(self) -> Store:
        return self.service.store

    @property
    def links(self) -> ServiceLinks:
        return self.service.poster._notices.links

    def ask(
        self,
        method: str,
        place: str,
        fields: dict[str, str] | Sequence[tuple[str, str]] | bytes | None = None,
        **headers: str,
    ) -> Answer:
        """The answer to *method* at *place*, a path or a whole link, with *fields* as a browser posts them."""
        line = self.call(self.port)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        body = fields if isinstance(fields, bytes) or fields is None else urlencode(fields).encode()
        if body is not None:
            sent.setdefault("Content-Type", FORM)
        try:
            line.request(method, self.path(place), body, sent)
            answer = line.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            line.close()

    def called_by(self, call: Callable[[int], http.client.HTTPConnection]) -> "House":
        """The same, asked over lines that *call* makes."""
        return replace(self, call=call)

    def path(self, place: str) -> str:
        parts = urlsplit(place)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def get(self, place: str, **headers: str) -> Answer:
        return self.ask("GET", place, **headers)

    def post(self, place: str, fields: dict[str, str] | Sequence[tuple[str, str]] | bytes, **headers: str) -> Answer:
        return self.ask("POST", place, fields, **headers)

    def stamp(self, place: str = "/") -> str:
        """The stamp of a form that was asked for a while ago."""
        found = re.search(r'name="stamp" value="([^"]+)"', self.get(place).text)
        assert found
        self.clock.forward(seconds=5)
        return found[1]

    def subscribe(self, address: str = ADA, lists: Sequence[str] = ("weekly",), **headers: str) -> Answer:
        """What somebody gets who fills in the form and presses the button."""
        fields = [("email", address), *(("list", each) for each in lists), ("stamp", self.stamp())]
        return self.post("/subscribe", fields, **headers)

    def letters(self, count: int) -> list[EmailMessage]:
        """The letters that arrived, once there are so many."""
        self.told.wait("^letter .*: accepted", count)
        found = []
        for envelope in self.room.letters:
            assert isinstance(envelope.content, bytes)
            # Only a letter that went out by SMTPUTF8 may have more than ASCII in its headers (RFC 6532).
            wider = "SMTPUTF8" in (envelope.mail_options or ())
            policy = email.policy.SMTPUTF8 if wider else email.policy.SMTP
            text = envelope.content.decode("utf-8" if wider else "ascii")
            letter = email.message_from_string(text, policy=policy.clone(raise_on_defect=True))
            assert isinstance(letter, EmailMessage)
            found.append(letter)
        return found

    def link(self, count: int = 1) -> str:
        """The link in the newest of *count* letters, as a person finds it."""
        return link_in(self.letters(count)[-1])

    def subscribed(self, address: str = ADA, lists: Sequence[str] = ("weekly",)) -> None:
        """Have *address* subscribe, read the letter and confirm."""
        count = len(self.room.letters) + 1
        self.subscribe(address, lists)
        assert self.post(self.link(count), {"answer": "yes"}).status == 200


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    part = letter.get_body((kind,))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content


def link_in(letter: EmailMessage) -> str:
    (found,) = re.findall(r"^http\S+/(?:confirm|manage|data)/\S+$", text_of(letter).replace("\r", ""), re.MULTILINE)
    assert found in text_of(letter, "html")
    return str(found)


def a_served_publication(port: int, path: str = "", **changes: Any) -> Publication:
    settings = replace(ServiceSettings(f"http://{HOST}:{port}/{path}"), **changes.pop("service", {}))
    return a_publication(**{"lists": (WEEKLY, DAILY), "service": settings, **changes})


@contextmanager
def house(
    store: Store,
    *,
    step: float = 0,
    patience: float = 30,
    templates: Path | None = None,
    signed: Callable[[AddressedLetter], AddressedLetter] = lambda unsigned: unsigned,
    smtputf8: bool = False,
    now: datetime | None = None,
    **changes: Any,
) -> Iterator[House]:
    """A service on *store*, with *changes* to its publication, on whatever port is free."""
    line = line_on(HOST, 0)
    port = line.getsockname()[1]
    publication = a_served_publication(port, **changes)
    settings, sender = publication.service, publication.mail.sender
    assert settings is not None
    assert sender is not None
    clock, told = Clock(*([now] if now is not None else [])), Lines()
    with store.read() as db:
        mark = mark_of_store(own_key(db))
    tokens = SignedTokens(KEYS, timedelta(days=settings.confirm_days), mark)
    filled = Templates(templates)
    notices = Notices(publication, filled, ServiceLinks(settings.address, tokens), sender, signed)
    with mail_server(enable_SMTPUTF8=smtputf8) as room:
        server = MailServer(HOST, room.port, Tls.NONE)
        poster = Poster(
            store,
            notices,
            lambda: SmtpTransport(server, patience=PATIENCE),
            clock,
            told,
            ceilings=Ceilings(settings.emails_per_hour),
            chores=Forgetting(store, settings.forget_pending_days, clock, told),
        )
        pages = ServicePages(publication, settings, filled, "https://gazette.example/subscribe/")
        service = Service(pages, store, tokens, poster, clock, told, step)
        running = server_for(service.application(), settings.proxies, patience)
        thread = threading.Thread(target=lambda: running.run(sockets=[line]))
        thread.start()
        try:
            yield House(service, room, clock, told, port)
        finally:
            running.should_exit = True
            thread.join(PATIENT_SECONDS)
            assert not thread.is_alive()
