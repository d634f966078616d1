"""Whatever is done with keys, in whatever order: the links of every email that a server took open at the service."""

import email
import email.policy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from builders import a_folder, a_publication, a_story_file, an_edition_file, build_request
from conftest import MakeStore
from mailserver import HOST, Mailroom, mail_server
from people import NOON, WEEKLY, a_confirmed
from pressrun.circulation.linkkeys import (
    KeyRefused,
    begin_service,
    known,
    put_served,
    register,
    registered,
    retire,
    signing_key,
)
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.runs import only_run
from pressrun.circulation.subscribers.probe import probe
from pressrun.circulation.subscribers.tokens import Purpose, SignedTokens
from pressrun.cli.main import pressrun
from pressrun.model.delivery import Mailing
from pressrun.model.linkkey import LINKS_WORK
from pressrun.model.mailserver import MailServer, Tls
from pressrun.model.publication import ServiceSettings
from pressrun.post.delivery.pool import Pool
from pressrun.post.delivery.rates import Clock
from pressrun.post.delivery.retries import Schedule
from pressrun.post.delivery.smtp import SmtpTransport
from pressrun.post.sending.claims import Post, Sending
from pressrun.post.sending.dispatch import freeze
from pressrun.post.sending.letter import Ready, ready
from pressrun.post.sending.unsubscribing import Unsubscribing
from pressrun.settings.secretkeys import SecretKeys, secret_keys_in

WEEK = timedelta(days=7)
SERVICE = ServiceSettings("https://letters.gazette.example/")
PUBLICATION = a_publication(service=SERVICE)


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    files = {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": an_edition_file("Hello.")}
    return ready(a_folder(tmp_path_factory.mktemp("news"), files), "spring", build_request())


@pytest.fixture(scope="module")
def room() -> Iterator[Mailroom]:
    with mail_server() as found:
        yield found


@dataclass
class Sent:
    """The link of an email that the mail server took: its key, its moment, and the last start of the service.

    *waived* says that a person let it go unproven: then it opens once the service has started again.
    """

    token: str
    fingerprint: str
    at: datetime
    start: int
    waived: bool


@dataclass
class World:
    """A publication on two machines: one runs the service, the other sends; each has a file of keys."""

    store: Store
    letter: Ready
    room: Mailroom
    files: Mapping[str, Path]
    now: datetime = NOON
    service: SignedTokens | None = None  # of the service that runs, as it started
    sent: list[Sent] = field(default_factory=list)
    leaked: set[str] = field(default_factory=set)
    editions: int = 0
    starts: int = 0

    def settings(self, machine: str) -> SecretKeys:
        return secret_keys_in({"PRESSRUN_SECRET_KEYS_FILE": str(self.files[machine])})

    def keys(self, word: str, machine: str) -> None:
        CliRunner().invoke(pressrun, ["keys", word], env={"PRESSRUN_SECRET_KEYS_FILE": str(self.files[machine])})

    def copy(self, source: str, target: str) -> None:
        if self.files[source].exists():
            self.files[target].write_bytes(self.files[source].read_bytes())

    def lose(self, machine: str, *, all_of_them: bool) -> None:
        """Lose the file, or everything but its newest key."""
        first = self.settings(machine).keys[:1]
        self.files[machine].write_text("" if all_of_them or not first else first[0])

    def add(self) -> None:
        if keys := self.settings("sender").keys:
            try:
                register(self.store, keys, self.now)
            except KeyRefused:
                event("all keys of the sender are retired")

    def retire(self, which: int, machine: str, *, leaked: bool) -> None:
        found = registered(self.store)
        if not found:
            return
        fingerprint = found[which % len(found)].fingerprint
        here = self.settings(machine)
        try:
            retire(self.store, fingerprint, here.keys, self.now, leaked=leaked)
        except KeyRefused:
            return
        event("a key was retired")
        self.leaked |= {fingerprint} if leaked else set()
        here.changed_to([each.key for each in known(self.store, here.keys) if each.fingerprint != fingerprint])

    def start_service(self) -> None:
        """Start it anew; where it does not start, nobody is there to ask."""
        self.service = None
        keys = self.settings("service").keys
        if not keys:
            return
        try:
            ring = begin_service(self.store, keys, self.now)
        except KeyRefused:
            event("the service does not start")
            return
        self.service = SignedTokens(ring.keys, WEEK, ring.mark)
        self.starts += 1

    def send(self, *, waived: bool) -> None:
        """Send an edition as the command does: the key has to be registered, and the probe to open."""
        keys = self.settings("sender").keys
        if not keys:
            return
        try:
            key = signing_key(self.store, keys)
        except KeyRefused:
            event("a key is refused")
            return
        run = Unsubscribing.of(PUBLICATION, SERVICE, key)
        sought = probe(run.links, self.now)
        said = self.service.proof(sought.url.rpartition("/")[2]) if self.service is not None else ""
        if not waived and sought.why_not(200 if said else 404, said) is not None:
            event("a probe does not open")
            return
        put_served(self.store, key.fingerprint, self.now)
        self.editions += 1
        number = freeze(self.store, Mailing(f"edition-{self.editions}", "a" * 32, ("weekly",), self.now))
        lists = {"weekly": WEEKLY}
        post = Post(self.letter, self.now, lists, address_of=run.link(self.now), key=key.fingerprint)
        before = len(self.room.letters)
        server = MailServer(HOST, self.room.port, Tls.NONE)
        with only_run(self.store, number) as at_work:
            sending = Sending(at_work, number, post, lambda: self.now, lambda: 0.5, schedule=Schedule(jitter=0))
            pool = Pool(lambda: SmtpTransport(server), 1, Clock(lambda: 0.0, lambda _: None))
            assert pool.post(sending, sending.let_off) is None
        event("an edition was sent")
        for envelope in self.room.letters[before:]:
            assert isinstance(envelope.content, bytes)
            said_there = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)["List-Unsubscribe"]
            found = re.fullmatch(r"<https://letters\.gazette\.example/unsubscribe/(\S+)>", said_there)
            assert found, said_there
            self.sent.append(Sent(found[1], key.fingerprint, self.now, self.starts, waived))
        assert len(self.room.letters) == before + 1

    def holds(self) -> None:
        """Every link opens at the service, unless its key leaked, or was retired 30 days after the email."""
        if self.service is None:
            return
        retired = {each.fingerprint: each.retired for each in registered(self.store)}
        for each in self.sent:
            gone = retired[each.fingerprint]
            if each.fingerprint in self.leaked or (each.waived and each.start == self.starts):
                continue
            if gone is not None:
                assert gone - each.at > LINKS_WORK
                continue
            assert self.service.read(Purpose.LEAVE, each.token, self.now) is not None


MACHINES = st.sampled_from(["service", "sender"])
STEPS = st.one_of(
    st.tuples(st.just("new"), MACHINES),
    st.tuples(st.just("rotate"), MACHINES),
    st.tuples(st.just("copy"), MACHINES),
    st.tuples(st.just("lose"), MACHINES, st.booleans()),
    st.tuples(st.just("add")),
    st.tuples(st.just("retire"), MACHINES, st.integers(0, 5), st.booleans()),
    st.tuples(st.just("start")),
    st.tuples(st.just("send"), st.booleans()),
    st.tuples(st.just("send"), st.just(False)),
    st.tuples(st.just("pass"), st.integers(0, 45)),
)
OTHER = {"service": "sender", "sender": "service"}


def done(world: World, step: tuple) -> None:  # type: ignore[type-arg]
    match step:
        case ("new" | "rotate" as word, machine):
            world.keys(word, machine)
        case ("copy", source):
            world.copy(source, OTHER[source])
        case ("lose", machine, all_of_them):
            world.lose(machine, all_of_them=all_of_them)
        case ("add",):
            world.add()
        case ("retire", machine, which, leaked):
            world.retire(which, machine, leaked=leaked)
        case ("start",):
            world.start_service()
        case ("send", waived):
            world.send(waived=waived)
        case ("pass", days):
            world.now += timedelta(days=days)


# A good beginning, or most of what is drawn would be refused before anything was sent.
BEGINNING = [("new", "service"), ("start",), ("copy", "service"), ("send", False)]


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(begins=st.sampled_from([True, True, False]), steps=st.lists(STEPS, min_size=4, max_size=16))
def test_every_link_that_was_sent_opens_at_the_service_that_runs_afterwards(
    fresh_store: MakeStore,
    letter: Ready,
    room: Mailroom,
    begins: bool,
    steps: list[tuple],  # type: ignore[type-arg]
) -> None:
    with fresh_store() as store, TemporaryDirectory() as folder:
        a_confirmed(store)
        files = {machine: Path(folder) / machine for machine in OTHER}
        world = World(store, letter, room, files)
        for step in [*(BEGINNING if begins else []), *steps]:
            done(world, step)
            world.holds()
        world.start_service()
        world.holds()
