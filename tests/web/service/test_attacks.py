"""What attackers did to the service, over real HTTP and with real mail: each is an attack that worked once."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from anyio import CapacityLimiter, to_thread

from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.notice import Notice
from pressrun.model.problems import StoreError
from pressrun.model.subscriber import Confirmed, Pending
from serviceserver import ADA, Answer, House, house, text_of

pytestmark = pytest.mark.slow


@pytest.fixture
def home(store: Store) -> Iterator[House]:
    """A service behind a proxy on this machine, which says where requests come from."""
    with house(store, service={"proxies": ("127.0.0.1/32",)}) as running:
        yield running


class Reader:
    """Somebody at *ip* who has had the forms open for a while."""

    def __init__(self, home: House) -> None:
        self.home = home
        self.stamps = {place: home.stamp(place) for place in ("/", "/manage")}

    def subscribe(self, address: str, ip: str) -> Answer:
        fields = {"email": address, "list": "weekly", "stamp": self.stamps["/"]}
        return self.home.post("/subscribe", fields, X_Forwarded_For=ip)

    def link(self, address: str, ip: str, kind: str = "manage") -> Answer:
        fields = {"email": address, "kind": kind, "stamp": self.stamps["/manage"]}
        return self.home.post("/manage", fields, X_Forwarded_For=ip)


HONEST = "honest@bigmail.example"


def test_nobody_keeps_a_mail_provider_out(home: House) -> None:
    """attack-02: 1,000 requests from one /48 locked a domain out of subscribing and erasing for an hour."""
    home.subscribed(HONEST)
    reader = Reader(home)
    statuses = [reader.link("nobody@bigmail.example", f"2001:db8:b:{number:x}::1").status for number in range(1_000)]
    assert (statuses.count(303), statuses.count(429)) == (120, 880)
    assert reader.subscribe("other@bigmail.example", "192.0.2.7").status == 303
    assert reader.link(HONEST, "192.0.2.7").status == 303
    page = home.post(home.link(3), {"answer": "erase"})
    assert page.heading == "Your data is deleted"
    assert home.told.wait("^warning: the limit of requests to manage from one place is reached")


def test_whoever_floods_the_form_to_subscribe_keeps_no_neighbor_from_unsubscribing(home: House) -> None:
    home.subscribed(HONEST)
    reader = Reader(home)
    for number in range(40):
        reader.subscribe(f"r{number}@bigmail.example", "198.51.100.9")
    assert reader.subscribe("other@bigmail.example", "198.51.100.9").status == 429
    assert reader.link(HONEST, "198.51.100.9").status == 303
    person = find(home.store, address_from(HONEST))
    assert person is not None
    leave = home.links.leave(person.id, "weekly", home.clock.now)
    assert home.post(leave, {"List-Unsubscribe": "One-Click"}, X_Forwarded_For="198.51.100.9").status == 200


def test_429_depends_on_the_place_alone(home: House) -> None:
    """Whatever is typed, known or not, an address or none."""
    home.subscribed()
    reader = Reader(home)
    for number in range(30):
        assert reader.link(f"r{number}@reader.example", "192.0.2.9").status == 303
    answers = [reader.link(address, "192.0.2.9") for address in (ADA, "bob@reader.example", "nonsense", "")]
    assert [answer.status for answer in answers] == [429] * 4
    assert len({answer.body for answer in answers}) == 1
    assert [reader.link(address, "192.0.2.10").status for address in (ADA, "bob@reader.example")] == [303, 303]


def test_one_mailbox_is_not_flooded(home: House) -> None:
    """attack-03: each alias from another place, so that no limit on places meets it."""
    reader = Reader(home)
    answers = [reader.subscribe(f"victim+{number}@mailbox.example", f"2001:db8:{number:x}::1") for number in range(120)]
    assert {(answer.status, answer.headers["Location"]) for answer in answers} == {
        (303, answers[0].headers["Location"])
    }
    home.told.wait("^warning: the limit of emails to one mailbox in a day is reached: ")
    home.clock.forward(hours=1)
    home.service.poster.wake()
    assert len(home.letters(6)) == 6
    for number in (0, 60, 119):
        person = find(home.store, address_from(f"victim+{number}@mailbox.example"))
        assert person is not None
        assert isinstance(person.standing("weekly"), Pending)


def test_all_emails_together_have_a_ceiling_and_the_operator_gets_one_warning(store: Store) -> None:
    """attack-03: 2,972 emails to random addresses in 37 seconds."""
    with house(store, service={"proxies": ("127.0.0.1/32",), "emails_per_hour": 20}) as home:
        reader = Reader(home)
        for number in range(60):
            answer = reader.subscribe(f"r{number}@domain{number}.example", f"2001:db8:{number:x}::1")
            assert answer.status == 303
        home.letters(20)
        # Nothing more may go out, whoever asks.
        assert home.service.poster.batch() == 0
        assert len(home.room.letters) == 20
        warnings = home.told.wait("^warning: the limit of emails of the service in an hour is reached: ")
        assert len(warnings) == 1
        assert "@" not in "".join(home.told.said)
        home.clock.forward(hours=1)
        home.service.poster.wake()
        home.letters(40)
        assert len(home.told.wait("^warning: the limit of emails of the service", 2)) == 2


class TestTiming:
    def test_what_does_not_need_the_store_never_waits_for_it(
        self, home: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """/health showed by its time what the store was doing for others; now it has no part in it, nor have forms."""
        asked: list[object] = []

        async def counted(move: object, *arguments: object, limiter: CapacityLimiter | None = None) -> object:
            asked.append(move)
            return await run_sync(move, *arguments, limiter=limiter)  # type: ignore[arg-type]

        run_sync = to_thread.run_sync
        home.subscribed()
        link = home.link()
        monkeypatch.setattr(to_thread, "run_sync", counted)
        for place in ("/health", "/", "/asked", "/manage", "/sent", link, "/nothing", "/?list=daily"):
            home.get(place)
        for place in ("/subscribe", "/manage"):
            home.post(place, {"email": "nonsense", "list": "weekly"})
            home.post(place, {"email": ADA, "website": "x"})
        assert asked == []
        home.post(link, {"answer": "yes"})
        assert len(asked) == 1

    def test_health_answers_while_the_store_is_busy(self, home: House) -> None:
        """Not a matter of time: while another holds the store, a request that needed it would never be answered."""
        with home.store.write():
            assert home.get("/health").text == "ok\n"
            assert home.get("/").status == 200

    def test_health_shows_what_the_store_last_said(self, home: House, monkeypatch: pytest.MonkeyPatch) -> None:
        home.subscribed()
        link = home.links.leave("11" * 16, "weekly", home.clock.now)

        def fails(*_: object) -> None:
            raise StoreError("cannot open the store")

        with monkeypatch.context() as patched:
            patched.setattr("pressrun.web.service.application.leave", fails)
            assert home.post(link, {"answer": "list"}).status == 503
        assert (home.get("/health").status, home.get("/health").headers["Retry-After"]) == (503, "60")
        assert home.post(link, {"answer": "list"}).status == 200
        assert home.get("/health").status == 200

    def test_every_answer_that_the_store_has_a_part_in_is_even(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each waits for the end of a step, known or not; what needs no store waits for nothing."""
        waited: list[float] = []

        async def noted(seconds: float) -> None:
            waited.append(seconds)

        stepping = SimpleNamespace(get_running_loop=asyncio.get_running_loop, sleep=noted)
        monkeypatch.setattr("pressrun.web.service.requests.asyncio", stepping)
        with house(store, step=0.5) as home:
            home.subscribed()
            person = find(store, address_from(ADA))
            assert person is not None
            confirm, gone = home.link(), "00" * 16
            now = home.clock.now
            manage, data = (home.links.answer(kind, person.id, (), now) for kind in (Notice.MANAGE, Notice.DATA))
            stamps = {place: home.stamp(place) for place in ("/", "/manage")}

            def steps(place: str, fields: dict[str, str] | None = None) -> int:
                waited.clear()
                home.ask("GET" if fields is None else "POST", place, fields)
                assert all(0 < seconds <= 0.5 for seconds in waited)
                return len(waited)

            leave, nobody = (home.links.leave(each, "weekly", now) for each in (person.id, gone))
            assert [steps(place) for place in ("/", "/health", "/asked", "/manage", confirm, leave)] == [0] * 6
            assert [steps(place) for place in (manage, data, f"{data}/file", "/manage/none", "/data/none")] == [1] * 5
            for place, stamp in stamps.items():
                where = "/subscribe" if place == "/" else place
                for address in (ADA, "bob@reader.example"):
                    assert steps(where, {"email": address, "list": "weekly", "stamp": stamp}) == 1
            assert [steps(place, {"answer": "list"}) for place in (confirm, leave, nobody)] == [1] * 3
            assert steps(manage, {"answer": "leave"}) == 1


class TestForgetting:
    def test_who_never_confirms_is_forgotten_after_a_month_and_nobody_else(self, home: House) -> None:
        home.subscribed()
        home.subscribe("bob@reader.example")
        home.clock.forward(days=29)
        home.subscribe("cleo@reader.example")
        home.clock.forward(days=2)
        home.service.poster.wake()
        home.told.wait("^forgot 1 person who never confirmed, after 30 days$")
        assert find(home.store, address_from("bob@reader.example")) is None
        for address, kind in ((ADA, Confirmed), ("cleo@reader.example", Pending)):
            person = find(home.store, address_from(address))
            assert person is not None
            assert isinstance(person.standing("weekly"), kind)
        assert "@" not in "".join(home.told.said)

    def test_a_service_that_starts_forgets_at_once_and_zero_days_are_never(self, store: Store) -> None:
        with house(store, service={"forget_pending_days": 0}) as home:
            home.subscribe()
            home.clock.forward(days=400)
            home.service.poster.wake()
            home.subscribe("bob@reader.example")
            home.told.wait("^letter", 2)
            assert find(store, address_from(ADA)) is not None
            later = home.clock.now
        with house(store, now=later) as home:
            home.told.wait("^forgot 1 person ")
            assert find(store, address_from(ADA)) is None


class TestPrivacy:
    PAGE = "https://gazette.example/privacy"

    def test_forms_pages_and_emails_link_to_it(self, store: Store) -> None:
        with house(store, privacy=self.PAGE) as home:
            line = f'How we use your address: <a href="{self.PAGE}">Privacy policy</a>'
            foot = f'<a href="{self.PAGE}">Privacy</a>'
            for place in ("/", "/manage"):
                assert line in home.get(place).text
            home.subscribed()
            for place in ("/", "/manage", "/asked", "/sent", "/nothing", home.link()):
                assert foot in home.get(place).text
            assert line in home.service.pages.snippet()
            (letter,) = home.letters(1)
            assert f"Privacy: {self.PAGE}" in text_of(letter)
            assert self.PAGE in text_of(letter, "html")

    def test_a_german_publication_says_it_in_german(self, store: Store) -> None:
        with house(store, privacy=self.PAGE, language="de") as home:
            assert f'So verwenden wir Ihre Adresse: <a href="{self.PAGE}">' in home.get("/").text
            assert f'<a href="{self.PAGE}">Datenschutz</a>' in home.get("/").text

    def test_without_it_nothing_is_said(self, home: House) -> None:
        home.subscribe()
        (letter,) = home.letters(1)
        for text in (home.get("/").text, home.get("/manage").text, text_of(letter), text_of(letter, "html")):
            assert "rivacy" not in text
