"""The service over real HTTP, with letters that a real mail server got: what people, programs and strangers meet."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import dkim
import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from database import drop_database
from pressrun.circulation.confirmations import ConfirmationRequest
from pressrun.circulation.dossiers import Dossier, dossier, find
from pressrun.circulation.store.engine import Store, create_store, engine_for, upgrade
from pressrun.circulation.store.engine import file_of as file_at
from pressrun.circulation.store.tables import metadata
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.circulation.subscribers.links import ServiceLinks
from pressrun.circulation.subscribers.probe import HEADER, probe
from pressrun.circulation.subscribers.tokens import NOBODY, Purpose, SignedTokens
from pressrun.model.consent import ConsentSource, Event
from pressrun.model.publication import Refusal
from pressrun.model.subscriber import Confirmed, Pending, Person, Unsubscribed
from pressrun.press.newsletter.dkim import ED25519, PrivateKey, Signer
from serviceserver import ADA, FORM, House, house, text_of

pytestmark = pytest.mark.slow
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def home(store: Store) -> Iterator[House]:
    with house(store) as running:
        yield running


def file_of(home: House, address: str = ADA) -> Dossier:
    found = dossier(home.store, address_from(address))
    assert found is not None
    return found


def standing(home: House, name: str = "weekly", address: str = ADA) -> object:
    person = find(home.store, address_from(address))
    return person.standing(name) if person else None


def person_of(home: House, address: str = ADA) -> Person:
    person = find(home.store, address_from(address))
    assert person is not None
    return person


def person_id(home: House, address: str = ADA) -> str:
    return person_of(home, address).id


class TestSubscribing:
    def test_who_follows_the_link_and_presses_the_button_is_subscribed(self, home: House) -> None:
        answer = home.subscribe(User_Agent="Lynx/2.9")
        assert (answer.status, home.path(answer.headers["Location"])) == (303, "/asked")
        assert isinstance(standing(home), Pending)
        page = home.get(home.link())
        assert (page.status, page.heading) == (200, "Confirm your subscription")
        assert isinstance(standing(home), Pending)
        page = home.post(home.link(), {"answer": "yes"})
        assert (page.status, page.heading) == (200, "You're subscribed")
        assert isinstance(standing(home), Confirmed)
        asked, confirmed = file_of(home).entries
        assert (asked.event, asked.evidence.way, asked.evidence.ip) == (Event.ASKED, ConsentSource.FORM, "127.0.0.1")
        assert asked.evidence.agent == "Lynx/2.9"
        assert (confirmed.event, confirmed.evidence.way) == (Event.CONFIRMED, ConsentSource.LETTER)

    def test_the_letter_says_what_is_asked_and_nothing_that_a_stranger_typed(self, home: House) -> None:
        home.post(
            "/subscribe",
            {"email": ADA, "list": "weekly", "name": "BUY NOW http://evil.example", "stamp": home.stamp()},
            User_Agent="BUY NOW",
        )
        (letter,) = home.letters(1)
        assert (letter["Subject"], letter["To"]) == ("Confirm your subscription to The Gazette", ADA)
        assert letter["From"] == "The Gazette <news@gazette.example>"
        assert letter["Auto-Submitted"] == "auto-generated"
        assert "BUY NOW" not in letter.as_string()
        for kind in ("plain", "html"):
            assert "Send me The Gazette every Friday." in text_of(letter, kind)

    def test_who_confirms_twice_at_once_is_subscribed_once(self, home: House) -> None:
        home.subscribe()
        link = home.link()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: home.post(link, {"answer": "yes"}), range(16)))
        assert {answer.status for answer in answers} == {200}
        assert [entry.event for entry in file_of(home).entries] == [Event.ASKED, Event.CONFIRMED]

    def test_a_link_to_confirm_is_good_for_a_week(self, home: House) -> None:
        home.subscribe()
        link = home.link()
        home.clock.forward(days=7)
        assert home.get(link).status == 200
        home.clock.forward(minutes=2)
        for method, fields in (("GET", None), ("POST", {"answer": "yes"})):
            assert home.ask(method, link, fields).status == 410
        assert isinstance(standing(home), Pending)

    def test_who_has_left_is_not_brought_back_by_an_old_link(self, home: House) -> None:
        home.subscribed()
        home.post(home.links.leave(person_id(home), "weekly", home.clock.now), ONE_CLICK)
        assert home.post(home.link(), {"answer": "yes"}).status == 410
        assert isinstance(standing(home), Unsubscribed)

    def test_several_lists_are_asked_for_in_one_letter(self, home: House) -> None:
        home.subscribed(lists=("weekly", "daily"))
        assert {type(standing(home, name)) for name in ("weekly", "daily")} == {Confirmed}
        assert len(home.room.letters) == 1

    def test_nobody_agrees_by_leaving_a_tick_where_it_is(self, home: House) -> None:
        assert home.get("/").text.count('type="checkbox"') == 2
        assert " checked" not in home.get("/").text

    def test_where_nothing_is_chosen_the_form_asks_again(self, home: House) -> None:
        answer = home.subscribe(lists=())
        assert answer.status == 422
        assert "Choose at least one newsletter." in answer.text
        assert f'value="{ADA}"' in answer.text

    @pytest.mark.parametrize(
        "typed", ["", "ada", "ada@", "@reader.example", "a b@reader.example", "ada@localhost", "ä" * 400]
    )
    def test_what_is_no_address_is_told(self, home: House, typed: str) -> None:
        answer = home.subscribe(typed)
        assert answer.status == 422
        assert "like a complete email address" in answer.text

    def test_nobody_takes_the_place_of_another_mailbox(self, home: House) -> None:
        """These two were one person, and only the first to ask got a letter."""
        for address in ("kim@fuß.example", "kim@fuss.example"):
            assert home.subscribe(address).status == 303
        assert {letter["To"] for letter in home.letters(2)} == {"kim@xn--fu-hia.example", "kim@fuss.example"}

    def test_a_link_may_choose_a_list(self, home: House) -> None:
        for place in ("/?list=daily", "/subscribe?list=daily"):
            page = home.get(place)
            assert page.status == 200
            assert 'value="daily" checked' in page.text
            assert 'value="weekly" checked' not in page.text

    def test_what_is_typed_comes_back_as_text(self, home: House) -> None:
        answer = home.subscribe('"><script>alert(1)</script>')
        assert "<script" not in answer.text

    def test_a_form_elsewhere_leads_to_the_same_with_one_more_button(self, home: House) -> None:
        answer = home.post("/subscribe", {"email": ADA, "list": "daily"})
        assert answer.status == 200
        assert "select the button to continue" in answer.text
        assert find(home.store, address_from(ADA)) is None
        assert f'value="{ADA}"' in answer.text
        assert 'value="daily" checked' in answer.text
        assert 'value="weekly" checked' not in answer.text

    def test_a_program_that_fills_in_everything_is_thanked_and_nothing_happens(self, home: House) -> None:
        answer = home.post("/subscribe", {"email": ADA, "list": "weekly", "website": "x", "stamp": home.stamp()})
        assert (answer.status, home.path(answer.headers["Location"])) == (303, "/asked")
        assert find(home.store, address_from(ADA)) is None

    def test_who_is_too_quick_presses_once_more(self, home: House) -> None:
        stamp = home.service.tokens.stamp(home.clock.now)
        fields = {"email": ADA, "list": "weekly", "stamp": stamp}
        home.clock.forward(seconds=1)
        assert home.post("/subscribe", fields).status == 200
        assert find(home.store, address_from(ADA)) is None
        home.clock.forward(seconds=2)
        assert home.post("/subscribe", fields).status == 303

    def test_a_stamp_is_good_for_a_day(self, home: House) -> None:
        stamp = home.stamp()
        home.clock.forward(days=1)
        assert home.post("/subscribe", {"email": ADA, "list": "weekly", "stamp": stamp}).status == 200


class TestLeaving:
    def test_one_click_is_enough(self, home: House) -> None:
        """RFC 8058: no login, no redirect, no further question."""
        home.subscribed(lists=("weekly", "daily"))
        link = home.links.leave(person_id(home), "weekly", home.clock.now)
        assert home.post(link, ONE_CLICK).status == 200
        assert isinstance(standing(home), Unsubscribed)
        assert isinstance(standing(home, "daily"), Confirmed)
        assert file_of(home).entries[-1].evidence.way is ConsentSource.ONE_CLICK

    def test_a_link_of_an_earlier_version_opens_its_page_and_takes_one_click(self, home: House) -> None:
        """Emails stay in inboxes for years, and a link in them that is dead is a complaint."""
        home.subscribed(lists=("weekly", "daily"))
        link = home.links.leave(person_id(home), "weekly", home.clock.now)
        earlier = link.replace("/unsubscribe/", "/leave/")
        assert earlier != link
        assert (home.get(earlier).status, home.get(earlier).heading) == (200, "Unsubscribe from The Gazette?")
        assert isinstance(standing(home), Confirmed)
        assert home.post(earlier, ONE_CLICK).status == 200
        assert isinstance(standing(home), Unsubscribed)
        assert file_of(home).entries[-1].evidence.way is ConsentSource.ONE_CLICK
        assert home.post(earlier, {"answer": "all"}).status == 200
        assert isinstance(standing(home, "daily"), Unsubscribed)

    def test_one_click_may_come_as_multipart(self, home: House) -> None:
        home.subscribed()
        link = home.links.leave(person_id(home), "weekly", home.clock.now)
        body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
        assert home.post(link, body, Content_Type="multipart/form-data; boundary=b").status == 200
        assert isinstance(standing(home), Unsubscribed)

    def test_the_page_has_a_button_for_this_list_and_one_for_all(self, home: House) -> None:
        home.subscribed(lists=("weekly", "daily"))
        link = home.links.leave(person_id(home), "weekly", home.clock.now)
        assert home.get(link).heading == "Unsubscribe from The Gazette?"
        assert home.post(link, {"answer": "list"}).heading == "You're unsubscribed from The Gazette"
        assert isinstance(standing(home, "daily"), Confirmed)
        assert home.post(link, {"answer": "all"}).heading == "You're unsubscribed from all The Gazette emails"
        assert isinstance(standing(home, "daily"), Unsubscribed)

    def test_a_post_that_says_nothing_changes_nothing(self, home: House) -> None:
        home.subscribed()
        link = home.links.leave(person_id(home), "weekly", home.clock.now)
        assert home.post(link, {"anything": "else"}).status == 400
        assert isinstance(standing(home), Confirmed)

    def test_the_link_is_good_for_ever_and_under_every_key(self, home: House) -> None:
        home.subscribed()
        old = type(home.service.tokens)([home.service.tokens._keys[1].decode()], timedelta(days=7))
        link = type(home.links)(home.links.address, old).leave(person_id(home), "weekly", home.clock.now)
        home.clock.forward(days=10_000)
        assert home.post(link, ONE_CLICK).status == 200
        assert isinstance(standing(home), Unsubscribed)

    def test_who_is_gone_already_is_told_the_same(self, home: House) -> None:
        gone = home.links.leave("00" * 16, "weekly", home.clock.now)
        assert home.post(gone, ONE_CLICK).status == 200

    def test_a_list_that_is_no_more_can_be_left(self, home: House) -> None:
        home.subscribed()
        link = home.links.leave(person_id(home), "monthly", home.clock.now)
        assert home.post(link, {"answer": "list"}).status == 200

    def test_a_letter_that_is_passed_on_opens_nothing(self, home: House) -> None:
        home.subscribed()
        token = home.links.leave(person_id(home), "weekly", home.clock.now).rpartition("/")[2]
        for place in ("confirm", "manage", "data"):
            assert home.get(f"/{place}/{token}").status == 410
            assert home.get(f"/{place}/{token}").text.count(ADA) == 0
        assert home.get(f"/data/{token}/file").status == 410


class TestOnesOwn:
    def link(self, home: House, kind: str = "manage", address: str = ADA) -> None:
        answer = home.post("/manage", {"email": address, "kind": kind, "stamp": home.stamp("/manage")})
        assert (answer.status, home.path(answer.headers["Location"])) == (303, "/sent")

    def test_a_fresh_link_opens_what_somebody_gets(self, home: House) -> None:
        home.subscribed()
        self.link(home)
        link = home.link(2)
        page = home.get(link)
        assert page.heading == "Email preferences"
        assert ADA in page.text
        assert 'value="weekly" checked' in page.text
        assert 'value="daily" checked' not in page.text
        page = home.post(link, {"answer": "save", "name": "Ada L", "list": "daily"})
        assert "Your changes are saved." in page.text
        assert isinstance(standing(home), Unsubscribed)
        assert isinstance(standing(home, "daily"), Confirmed)
        person = file_of(home).person
        assert person is not None
        assert person.name == "Ada L"
        assert file_of(home).entries[-1].wording == "Send me The Gazette every morning."

    def test_a_list_can_be_silent_until_a_day(self, store: Store) -> None:
        with house(store, timezone=ZoneInfo("Europe/Berlin")) as home:
            home.subscribed()
            self.link(home)
            link = home.link(2)
            assert 'name="pause-weekly" value="" min="2026-05-13" max="2027-05-13"' in home.get(link).text
            assert "pause-daily" not in home.get(link).text
            page = home.post(link, {"answer": "save", "list": "weekly", "pause-weekly": "2026-06-01"})
            assert 'name="pause-weekly" value="2026-06-01"' in page.text
            # Midnight in the publication's time zone.
            assert person_of(home).memberships[0].preferences == {"paused": "2026-05-31T22:00:00Z"}
            self.link(home, "data")
            data = home.link(3)
            assert "Paused until June 1, 2026" in home.get(data).text
            assert '"paused": "2026-05-31T22:00:00Z"' in home.get(f"{data}/file").text
            home.post(link, {"answer": "save", "list": "weekly", "pause-weekly": ""})
            assert person_of(home).memberships[0].preferences == {}

    @pytest.mark.parametrize("typed", ["soon", "2026-02-31", "2027-05-14", "9999-12-31"])
    def test_what_is_no_day_of_the_next_year_is_told(self, home: House, typed: str) -> None:
        home.subscribed()
        self.link(home)
        answer = home.post(home.link(2), {"answer": "save", "name": "Ada", "pause-weekly": typed})
        assert (answer.status, "Your changes are not saved yet." in answer.text) == (422, True)
        assert isinstance(standing(home), Confirmed)
        assert person_of(home).name == ""

    def test_a_day_that_has_begun_is_no_pause(self, home: House) -> None:
        home.subscribed()
        self.link(home)
        home.post(home.link(2), {"answer": "save", "list": "weekly", "pause-weekly": "2026-05-12"})
        assert person_of(home).memberships[0].preferences == {}

    def test_everything_can_be_left_and_deleted(self, home: House) -> None:
        home.subscribed()
        self.link(home)
        link = home.link(2)
        home.post(link, {"answer": "leave"})
        assert isinstance(standing(home), Unsubscribed)
        assert home.post(link, {"answer": "erase"}).heading == "Your data is deleted"
        assert file_of(home).person is None
        assert home.get(link).status == 410

    def test_a_post_that_says_nothing_changes_nothing(self, home: House) -> None:
        home.subscribed()
        self.link(home)
        assert home.post(home.link(2), {"name": "Eve"}).status == 400
        assert isinstance(standing(home), Confirmed)

    def test_the_data_are_all_there(self, home: House) -> None:
        home.subscribed()
        self.link(home, "data")
        link = home.link(2)
        assert ADA in home.get(link).text
        file = home.get(f"{link}/file")
        assert file.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
        for word in (ADA, "Send me The Gazette every Friday.", "127.0.0.1", "confirmed"):
            assert word in file.text
        assert home.get(link.replace("/data/", "/manage/")).status == 410

    def test_such_a_link_is_good_for_an_hour(self, home: House) -> None:
        home.subscribed()
        self.link(home, "data")
        link = home.link(2)
        home.clock.forward(hours=1, minutes=2)
        assert home.get(link).status == 410

    def test_who_is_unknown_gets_no_letter_and_the_same_answer(self, home: House) -> None:
        home.subscribed()
        self.link(home, address="bob@reader.example")
        self.link(home)
        assert [letter["To"] for letter in home.letters(2)] == [ADA, ADA]

    def test_a_second_link_within_the_hour_is_not_sent(self, home: House) -> None:
        home.subscribed()
        self.link(home)
        home.letters(2)
        self.link(home)
        home.clock.forward(hours=1)
        self.link(home)
        assert len(home.letters(3)) == 3


class TestWhatIsNeverTold:
    def test_the_answer_is_the_same_whoever_asks(self, home: House) -> None:
        home.subscribed()
        known, unknown = (home.subscribe(address) for address in (ADA, "bob@reader.example"))
        assert (known.status, known.body, known.headers["Location"]) == (
            unknown.status, unknown.body, unknown.headers["Location"],
        )  # fmt: skip
        assert {name for name in known.headers if name != "date"} == {
            name for name in unknown.headers if name != "date"
        }

    def test_no_log_has_an_address_a_token_or_an_ip(self, home: House) -> None:
        home.subscribed()
        home.get("/confirm/x@y.example")
        home.get(f"/nobody/{ADA}")
        home.post(home.links.leave(person_id(home), "weekly", home.clock.now), ONE_CLICK)
        home.told.wait("POST leave")
        said = "\n".join(home.told.said)
        assert "subscribe" in said
        assert "@" not in said
        assert "127.0.0.1" not in said
        assert person_id(home) not in said
        assert home.link().rpartition("/")[2] not in said

    def test_no_cookie_is_set_and_nothing_may_be_loaded(self, home: House) -> None:
        home.subscribe()
        for place in ("/", "/asked", home.link(), "/manage", "/nothing", "/health"):
            headers = home.get(place).headers
            assert headers["Set-Cookie"] is None
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert headers["Server"] is None


class TestLimits:
    def test_one_place_may_not_ask_without_end(self, home: House) -> None:
        statuses = [home.subscribe(f"reader{number}@reader.example").status for number in range(31)]
        assert statuses == [303] * 30 + [429]
        home.clock.forward(hours=1)
        assert home.subscribe().status == 303

    def test_a_proxy_that_is_trusted_says_who_asks(self, store: Store) -> None:
        with house(store, service={"proxies": ("127.0.0.1/32",)}) as home:
            home.subscribe(X_Forwarded_For="198.51.100.9, 192.0.2.7")
            assert file_of(home).entries[0].evidence.ip == "192.0.2.7"

    def test_nobody_else_is_believed(self, home: House) -> None:
        home.subscribe(X_Forwarded_For="192.0.2.7")
        assert file_of(home).entries[0].evidence.ip == "127.0.0.1"

    def test_asking_again_and_again_causes_three_letters_in_all(self, home: House) -> None:
        for count in range(1, 7):
            home.subscribe()
            home.letters(min(count, 3))
            home.clock.forward(minutes=61)
        assert len(home.told.wait(ConfirmationRequest.LIMITED.value, 3)) == 3
        assert len(home.room.letters) == 3

    @pytest.mark.parametrize("address", ["info@reader.example", "Info+x@reader.example"])
    def test_roles_are_refused_where_the_publisher_says_so(self, store: Store, address: str) -> None:
        with house(store, service={"refuse": (Refusal.ROLE,)}) as home:
            answer = home.subscribe(address)
            assert (answer.status, "looks like a shared address" in answer.text) == (422, True)
            assert home.subscribe().status == 303

    def test_a_body_that_is_too_large_is_not_read(self, home: House) -> None:
        assert home.post("/subscribe", b"email=" + b"a" * 20_000).status == 413

    def test_a_body_of_another_kind_is_refused(self, home: House) -> None:
        assert home.post("/subscribe", b"{}", Content_Type="application/json").status == 415


class TestAProbe:
    """A link of a reserved person who does not exist proves that the service has the key, and touches nothing."""

    def test_get_and_post_answer_alike_and_change_nothing(self, home: House) -> None:
        home.subscribed()
        sought = probe(home.links, home.clock())
        with home.store.read() as db:
            before = {name: db.execute(select(table)).all() for name, table in metadata.tables.items()}
        said = [
            home.get(sought.url),
            home.post(sought.url, ONE_CLICK, Content_Type=FORM),
            home.post(sought.url, {"answer": "all"}),
            home.post(sought.url, {}),
        ]
        assert {(each.status, each.headers[HEADER], each.body) for each in said} == {
            (200, sought.proof, b"This unsubscribe link is a test. It belongs to nobody.\n")
        }
        with home.store.read() as db:
            assert {name: db.execute(select(table)).all() for name, table in metadata.tables.items()} == before

    def test_the_log_says_no_more_than_of_any_request(self, home: House) -> None:
        sought = probe(home.links, home.clock())
        home.get(sought.url)
        assert home.told.wait("^GET leave 200")
        assert not any(word in line for line in home.told.said for word in (sought.url, sought.proof))

    def test_the_header_is_on_no_other_answer(self, home: House) -> None:
        """Whoever has a link of a real person, of one who was erased, or a forged one, sees no difference by it."""
        home.subscribed()
        person = file_of(home).person
        assert person is not None
        gone = home.links.leave("ab" * 16, "weekly", home.clock())
        here = home.links.leave(person.id, "weekly", home.clock())
        forged = f"{here}x"
        for link in (gone, here, forged):
            for found in (home.get(link), home.post(link, ONE_CLICK, Content_Type=FORM)):
                assert HEADER not in found.headers
                assert found.status == (404 if link == forged else 200)

    def test_a_probe_that_is_forged_is_any_forged_link(self, home: House) -> None:
        other = ServiceLinks(home.links.address, SignedTokens(["x" * 32], timedelta(days=7)))
        found = home.get(probe(other, home.clock()).url)
        assert (found.status, HEADER in found.headers) == (404, False)

    def test_nobody_gets_anything_else_by_it(self, home: House) -> None:
        for purpose in (Purpose.MANAGE, Purpose.DATA, Purpose.CONFIRM):
            token = home.service.tokens.made(purpose, NOBODY, ("weekly",), home.clock())
            assert home.get(f"/{purpose.value}/{token}").status in (200, 410)
            assert home.post(f"/{purpose.value}/{token}", {"answer": "yes"}).status in (405, 410)


def test_letters_are_signed_where_the_publisher_has_a_key(store: Store) -> None:
    key = PrivateKey.new("news2026", ED25519)
    with house(store, signed=Signer("gazette.example", [key])) as home:
        home.subscribe()
        home.letters(1)
        message = home.room.letters[0].content
    assert dkim.DKIM(message).verify(dnsfunc=lambda *_, **__: key.record.encode())


class TestAnyScript:
    """An address may be of any script (RFC 6531); what takes more than a mail server has is told."""

    WIDE = "grüße@müller.example"

    def test_an_address_in_any_script_is_asked_confirmed_and_managed(self, store: Store) -> None:
        with house(store, smtputf8=True) as home:
            home.subscribed(self.WIDE)
            assert isinstance(standing(home, address=self.WIDE), Confirmed)
            home.post("/manage", {"email": self.WIDE, "kind": "data", "stamp": home.stamp("/manage")})
            assert self.WIDE in home.get(home.link(2)).text
            asked, _ = home.letters(2)
        assert asked["To"].addresses[0].addr_spec == "grüße@xn--mller-kva.example"
        assert all(str(value).isascii() for name, value in asked.items() if name != "To")
        assert asked.defects == []
        for envelope in home.room.letters:
            assert envelope.rcpt_tos == ["grüße@xn--mller-kva.example"]
            assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(envelope.mail_options)

    def test_a_server_without_it_refuses_for_good_and_the_log_says_why(self, home: House) -> None:
        assert home.subscribe(self.WIDE).status == 303
        home.told.wait(r"^letter \d+: refused \(the address takes SMTPUTF8, which the server does not offer\)")
        home.clock.forward(days=2)
        assert home.service.poster.batch() == 0
        assert home.room.letters == []

    def test_a_domain_in_any_script_takes_nothing_of_it(self, home: House) -> None:
        home.subscribed("ada@müller.example")
        (letter,) = home.letters(1)
        assert letter["To"] == "ada@xn--mller-kva.example"
        assert home.room.letters[0].rcpt_tos == ["ada@xn--mller-kva.example"]
        assert "SMTPUTF8" not in home.room.letters[0].mail_options


class TestTheQueue:
    def test_a_mail_server_that_is_down_loses_nobody(self, home: House) -> None:
        home.room.answers["MAIL"] = "421 4.3.2 Not now"
        home.subscribe()
        home.told.wait("^letter .*: deferred")
        home.room.answers.clear()
        home.clock.forward(minutes=2)
        home.service.poster.wake()
        assert home.post(home.link(), {"answer": "yes"}).status == 200

    def test_a_server_that_takes_no_letter_of_ours_is_tried_again(self, home: House) -> None:
        home.room.answers["MAIL"] = "550 5.7.1 Not you"
        home.subscribe()
        home.told.wait("^letters: cannot send through")
        home.room.answers.clear()
        home.clock.forward(minutes=2)
        home.service.poster.wake()
        assert len(home.letters(1)) == 1

    def test_who_cannot_be_reached_is_not_tried_again(self, home: House) -> None:
        home.room.answers["RCPT"] = "550 5.1.1 Nobody here"
        home.subscribe()
        home.told.wait("^letter .*: refused")
        home.clock.forward(days=2)
        assert home.service.poster.batch() == 0

    def test_the_letter_is_the_same_on_every_attempt(self, home: House) -> None:
        home.subscribe()
        (letter,) = home.letters(1)
        assert letter["Message-ID"].endswith("@gazette.example>")


def test_the_service_says_that_it_is_well(home: House) -> None:
    assert (home.get("/health").status, home.get("/health").text) == (200, "ok\n")


def test_a_german_publication_speaks_german(store: Store) -> None:
    with house(store, language="de-AT") as home:
        assert home.get("/").heading == "The Gazette abonnieren"
        home.subscribe()
        (letter,) = home.letters(1)
        assert letter["Subject"] == "Bestätigen Sie Ihr Abonnement von The Gazette"
        assert "Jemand, vermutlich Sie," in text_of(letter)


def test_another_language_is_english_until_the_publisher_adds_it(store: Store, tmp_path: Path) -> None:
    with house(store, language="nl") as home:
        assert '<div lang="en">' in home.get("/").text
    words = (files("pressrun") / "defaults/templates/service-words.html").read_text("utf-8")
    (tmp_path / "service-words.html").write_text(words.replace('"de": {', '"nl": {').replace("abonnieren", "volgen"))
    with house(store, templates=tmp_path, language="nl") as home:
        assert home.get("/").heading == "The Gazette volgen"
        assert '<div lang="nl">' in home.get("/").text


def test_the_service_may_live_below_a_path(store: Store) -> None:
    with house(store, path="letters/") as home:
        assert home.get("/").status == 404
        answer = home.post("/letters/subscribe", {"email": ADA, "list": "weekly", "stamp": home.stamp("/letters/")})
        assert home.path(answer.headers["Location"]) == "/letters/asked"
        assert home.post(home.link(), {"answer": "yes"}).heading == "You're subscribed"


def test_the_time_of_an_answer_does_not_tell_who_is_known(store: Store) -> None:
    """Every answer about an address takes a whole step, and what is done meanwhile is far shorter than that."""
    step = 0.5
    with house(store, step=step) as home:
        home.subscribed()
        for address in (ADA, "bob@reader.example"):
            stamp = home.stamp()
            start = monotonic()
            home.post("/subscribe", {"email": address, "list": "weekly", "stamp": stamp})
            assert monotonic() - start >= step


def test_whoever_does_not_say_what_they_want_is_hung_up_on(store: Store) -> None:
    with house(store, patience=0.1) as home, socket.create_connection(("127.0.0.1", home.port), 30) as line:
        line.sendall(b"POST /subscribe HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert line.recv(1) == b""


def test_whoever_is_slow_with_a_later_request_on_the_same_line_is_hung_up_on(store: Store) -> None:
    with house(store, patience=1) as home, socket.create_connection(("127.0.0.1", home.port), 30) as line:
        for _ in range(2):
            line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            said = b""
            while not said.endswith(b"ok\n"):
                said += line.recv(4096)
        line.sendall(b"POST /subscribe HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert line.recv(1) == b""


def take_away(database: URL, server: URL | None) -> None:
    file = file_at(database)
    if file is None:
        assert server is not None
        drop_database(server, str(database.database))
        return
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    file.mkdir()


def test_a_store_that_is_out_of_reach_is_told_without_a_traceback(
    database: URL, request: pytest.FixtureRequest
) -> None:
    """And everything else is still there."""
    server = None if file_at(database) else request.getfixturevalue("server")
    engine = engine_for(database)
    upgrade(engine)
    engine.dispose()
    opened = create_store(database)
    with house(opened) as home:
        home.subscribed()
        link = home.links.leave(person_id(home), "weekly", home.clock.now)
        opened.close()
        take_away(database, server)
        answer = home.post(link, ONE_CLICK)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert answer.heading == "Something went wrong"
        assert home.get("/health").status == 503
        assert home.get("/").status == 200
        assert home.told.wait("^error: cannot")
