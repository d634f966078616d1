"""A run sends an edition without a command line: what may begin, who gets it, and what is over, on both databases."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from builders import a_folder, a_story_file, an_edition_file, build_request
from faultyserver import Fault, FaultyRoom, faulty_server
from mailserver import HOST
from people import DAY, HOUR, NOON, ONE_CLICK, REPORT, a_crowd
from pressrun.circulation.consent import complain, erase, leave
from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.runs import Busy, only_run
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.delivery import DeliveryState, Exclusion, Mailing, Tally
from pressrun.model.mailserver import MailServer, Tls
from pressrun.model.publication import MailingList
from pressrun.post.delivery.rates import Clock
from pressrun.post.delivery.smtp import SmtpTransport
from pressrun.post.sending.dispatch import NotSent, Status, recover, status
from pressrun.post.sending.letter import Ready, ready
from pressrun.post.sending.order import SendOrder, SendSurroundings
from pressrun.post.sending.preflight import CHECKS, PreflightFinding
from pressrun.post.sending.run import EditionRun, NotConfirmed, NothingBegan
from pressrun.post.sending.withdrawal import withdraw

SPRING = "tag:gazette.example,2020:editions/spring"
LIST = MailingList("newsletter")
IGNORED = frozenset(CHECKS)

pytestmark = pytest.mark.slow


@dataclass
class Desk:
    """An operator who writes down what they are shown; it says *yes* or no, and stops after *patience* emails."""

    yes: bool = True
    patience: int | None = None
    asked: list[int] = field(default_factory=list)
    audiences: list[tuple[str, Tally]] = field(default_factory=list)
    findings: list[PreflightFinding] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    total: int = 0
    advanced: int = 0
    _stop: Callable[[str], None] | None = None

    def confirms(self, people: int) -> bool:
        self.asked.append(people)
        return self.yes

    def show_audience(self, subject: str, mailing: Mailing, tally: Tally) -> None:
        self.audiences.append((f"{subject} to {', '.join(mailing.lists)}", tally))

    def show_findings(self, findings: Sequence[PreflightFinding]) -> None:
        self.findings += findings

    def show_status(self, status: Status) -> None:
        self.statuses.append(status)

    def show_unknown(self, number: int) -> None:
        self.unknown.append(number)

    def show_stopped(self, reason: str) -> None:
        self.stopped.append(reason)

    @contextmanager
    def watches(self, total: int) -> Iterator["Desk"]:
        self.total = total
        yield self

    @contextmanager
    def may_stop(self, stop: Callable[[str], None]) -> Iterator[None]:
        self._stop = stop
        yield

    def advance(self, number: int) -> None:
        self.advanced += number
        if self._stop is not None and self.patience is not None and self.advanced >= self.patience:
            self._stop("that is enough")

    def pause(self, reason: str, seconds: float) -> None:
        raise AssertionError(f"{reason}: {seconds} seconds")


@dataclass
class Office:
    """A publication with one edition, and a store that it is sent from."""

    source: Path
    store: Store

    def letter(self) -> Ready:
        return ready(self.source, "spring", build_request())

    def run(self, desk: Desk | None = None, **order: object) -> EditionRun:
        asked = replace(SendOrder(ignored=IGNORED, connections=1), **order)  # type: ignore[arg-type]
        at = SendSurroundings(lambda: NOON, lambda: NOON, Clock(lambda: 0.0, lambda _seconds: None), lambda: 0.5)
        return EditionRun(self.source, self.letter(), self.store, asked, desk or Desk(), at)

    def send(self, room: FaultyRoom, desk: Desk | None = None, **order: object) -> Status | None:
        server = MailServer(HOST, room.port, Tls.NONE)
        return self.run(desk, **order).send(lambda: SmtpTransport(server))

    def send_nothing(self, desk: Desk | None = None, **order: object) -> Status | None:
        """Do what a run does that must not connect to any server."""

        def opened() -> SmtpTransport:
            raise AssertionError("a connection was opened")

        return self.run(desk, **order).send(opened)

    def tally(self) -> Tally:
        found = status(self.store, SPRING)
        assert found is not None
        return found.tally


@pytest.fixture
def office(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("PRESSRUN_STATE", str(tmp_path / "state"))  # the counters of databases
    files = {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": an_edition_file()}
    return Office(a_folder(tmp_path / "news", files), store)


def counts(tally: Tally) -> dict[str, int]:
    """How many deliveries have each outcome; they add up to the candidates, whatever happens."""
    assert tally.candidates == sum(tally.count(state) for state in DeliveryState)
    assert tally.count(DeliveryState.EXCLUDED) == sum(tally.excluded.values())
    return {state.value: tally.count(state) for state in DeliveryState if tally.count(state)}


class TestWhatMayBegin:
    def test_the_operator_sees_the_audience_and_is_asked_once_before_anybody_gets_it(self, office: Office) -> None:
        addresses = a_crowd(office.store, 3, LIST)
        desk = Desk()
        with faulty_server({}) as room:
            after = office.send(room, desk)
        assert sorted(room.log) == addresses
        assert [(words, counts(tally)) for words, tally in desk.audiences] == [("Spring to newsletter", {"planned": 3})]
        assert desk.asked == [3]
        assert after is not None
        assert counts(after.tally) == {"accepted": 3}
        assert (desk.advanced, desk.total) == (3, 3)
        assert "\nsent: " in (office.source / "content/editions/spring.md").read_text()

    @pytest.mark.parametrize("order", [{}, {"dry_run": True}])
    def test_without_a_yes_nothing_changes(self, office: Office, order: dict[str, bool]) -> None:
        a_crowd(office.store, 2, LIST)
        before = (office.source / "content/editions/spring.md").read_bytes()
        desk = Desk(yes=False)
        if order:
            assert office.send_nothing(desk, **order) is None
        else:
            with pytest.raises(NotConfirmed):
                office.send_nothing(desk)
        assert counts(desk.audiences[0][1]) == {"planned": 2}
        assert status(office.store, SPRING) is None
        assert (office.source / "content/editions/spring.md").read_bytes() == before

    def test_a_finding_is_shown_and_refused_by_the_name_of_its_check(self, office: Office) -> None:
        a_crowd(office.store, 1, LIST)
        desk = Desk()
        with pytest.raises(NotSent, match=r"Fix that, or send with --ignore test$"):
            office.send_nothing(desk, ignored=IGNORED - {"test"})
        assert [each.check for each in desk.findings] == ["test"]
        assert desk.asked == []
        assert status(office.store, SPRING) is None

    def test_who_only_goes_on_begins_nothing(self, office: Office) -> None:
        with pytest.raises(NothingBegan, match="Spring has not begun to be sent"):
            office.send_nothing(resume=True)

    def test_only_those_on_the_lists_of_the_order_get_it(self, office: Office) -> None:
        masthead = (office.source / "content/publication.yaml").read_text()
        lists = "lists:\n  - id: weekly\n  - id: daily\n"
        (office.source / "content/publication.yaml").write_text(masthead + lists)
        a_crowd(office.store, 2, MailingList("weekly"))
        daily = a_crowd(office.store, 1, MailingList("daily"))
        with faulty_server({}) as room:
            office.send(room, lists=("daily",))
            assert room.log == daily
        with pytest.raises(NotSent, match="who gets it was settled then"):
            office.send_nothing(lists=("weekly",))


class TestWhatIsOver:
    def test_nobody_gets_it_twice(self, office: Office) -> None:
        a_crowd(office.store, 2, LIST)
        with faulty_server({}) as room:
            office.send(room)
        with pytest.raises(NotSent, match="everybody is accounted for; nobody gets it twice"):
            office.send_nothing()
        desk = Desk()
        assert office.send_nothing(desk, resume=True) is None
        assert [counts(each.tally) for each in desk.statuses] == [{"accepted": 2}]
        assert desk.asked == []

    def test_an_email_that_changed_since_goes_to_nobody(self, office: Office) -> None:
        a_crowd(office.store, 2, LIST)
        with faulty_server({}) as room:
            office.send(room, limit=1)
        edition = office.source / "content/editions/spring.md"
        edition.write_text(edition.read_text().replace("Hello.", "Good evening."))
        with pytest.raises(NotSent, match="its email has changed since"):
            office.send_nothing()

    def test_what_was_stopped_goes_on_without_a_question(self, office: Office) -> None:
        addresses = a_crowd(office.store, 3, LIST)
        desk, again = Desk(patience=1), Desk(yes=False)
        with faulty_server({}) as room:
            first = office.send(room, desk)
            assert desk.stopped == ["that is enough"]
            assert first is not None
            assert not first.tally.is_finished
            office.send(room, again)
        assert sorted(room.log) == addresses
        assert again.asked == []


class TestRetry:
    def test_who_was_refused_is_sent_to_again_only_by_a_persons_word(self, office: Office) -> None:
        first, second = a_crowd(office.store, 2, LIST)
        with faulty_server({("RCPT", second): "550 5.7.26 Not signed"}) as room:
            office.send(room)
        with pytest.raises(NotSent, match="everybody is accounted for"):
            office.send_nothing()
        with pytest.raises(NotSent, match="everybody is accounted for"):
            office.send_nothing(retry=frozenset({DeliveryState.UNKNOWN}))
        with faulty_server({}) as room:
            office.send(room, retry=frozenset({DeliveryState.REFUSED}))
        assert room.log == [second]
        assert first not in room.log
        assert counts(office.tally()) == {"accepted": 2}

    def test_who_is_unknown_is_sent_to_again_only_by_a_persons_word(self, office: Office) -> None:
        (only,) = a_crowd(office.store, 1, LIST)
        with faulty_server({(".", only): Fault.TAKE_AND_DROP}) as room:
            office.send(room)
        assert counts(office.tally()) == {"unknown": 1}
        with faulty_server({}) as room:
            office.send(room)
            office.send(room, retry=frozenset({DeliveryState.REFUSED}))
            assert room.log == []
            office.send(room, retry=frozenset({DeliveryState.UNKNOWN}))
            assert room.log == [only]
        assert counts(office.tally()) == {"accepted": 1}

    @pytest.mark.parametrize(
        ("state", "fault"),
        [(DeliveryState.REFUSED, "550 5.7.26 Not signed"), (DeliveryState.UNKNOWN, Fault.TAKE_AND_DROP)],
    )
    def test_consent_is_checked_again_at_the_claim(
        self, office: Office, state: DeliveryState, fault: str | Fault
    ) -> None:
        left, complained, erased, stays = addresses = a_crowd(office.store, 4, LIST)
        for each in addresses:  # each run meets the fault once, so that no server is given up
            with faulty_server({(".", each): fault}) as room:
                office.send(room, limit=1)
        assert office.tally().count(state) == 4
        people = {each: find(office.store, address_from(each)) for each in addresses}
        leaver, complainer = people[left], people[complained]
        assert leaver is not None
        assert complainer is not None
        leave(office.store, leaver.id, LIST.id, ONE_CLICK, NOON + HOUR)
        complain(office.store, complainer.id, REPORT, NOON + HOUR)
        erase(office.store, address_from(erased), ONE_CLICK, NOON + HOUR)
        with faulty_server({}) as room:
            office.send(room, retry=frozenset({state}))
        assert room.log == [stays]
        assert counts(office.tally()) == {"accepted": 1, "excluded": 3}
        reasons = {Exclusion.LEFT: 1, Exclusion.COMPLAINED: 1, Exclusion.ERASED: 1}
        assert office.tally().excluded == reasons

    def test_what_was_accepted_is_never_planned_again(self) -> None:
        with pytest.raises(ValueError, match="a delivery that is accepted is never planned again"):
            SendOrder(retry=frozenset({DeliveryState.ACCEPTED}))


class TestWithdrawn:
    def withdrawn(self, office: Office) -> Status:
        """An edition that one person got, one was refused, one is unknown; it was deferred for one, planned for two."""
        _, refused, unknown, deferred, *_ = a_crowd(office.store, 6, LIST)
        faults = {
            ("RCPT", refused): "550 5.1.1 No such user",
            (".", unknown): Fault.TAKE_AND_DROP,
            ("RCPT", deferred): "451 4.7.1 Greylisted",
        }
        with faulty_server(faults) as room:
            before = office.send(room, limit=4)
        assert before is not None
        outcomes = {"accepted": 1, "refused": 1, "unknown": 1, "deferred": 1, "planned": 2}
        assert counts(before.tally) == outcomes
        return withdraw(office.source, office.store, before, NOON + DAY)

    def test_who_has_not_got_it_is_excluded_and_nothing_else_changes(self, office: Office) -> None:
        after = self.withdrawn(office)
        assert counts(after.tally) == {"accepted": 1, "refused": 1, "unknown": 1, "excluded": 3}
        assert after.tally.excluded == {Exclusion.WITHDRAWN: 3}
        assert after.tally.is_withdrawn
        assert after.next_try is None

    @pytest.mark.parametrize(
        "retry",
        [(), (DeliveryState.UNKNOWN,), (DeliveryState.REFUSED,), (DeliveryState.UNKNOWN, DeliveryState.REFUSED)],
    )
    def test_no_later_run_sends_it(self, office: Office, retry: tuple[DeliveryState, ...]) -> None:
        before = self.withdrawn(office)
        with pytest.raises(NotSent, match="Spring was withdrawn: nobody gets it anymore"):
            office.send_nothing(retry=frozenset(retry))
        assert counts(office.tally()) == counts(before.tally)

    def test_a_run_that_began_before_it_was_withdrawn_plans_nobody_again(self, office: Office) -> None:
        before = self.withdrawn(office)
        with (
            only_run(office.store, before.number) as run,
            pytest.raises(NotSent, match="This edition was withdrawn"),
        ):
            recover(run, before.number, NOON + DAY, [DeliveryState.REFUSED, DeliveryState.UNKNOWN])
        assert counts(office.tally()) == counts(before.tally)

    def test_nobody_withdraws_it_from_under_a_run(self, office: Office) -> None:
        a_crowd(office.store, 2, LIST)
        with faulty_server({}) as room:
            known = office.send(room, limit=1)
        assert known is not None
        with only_run(office.store, known.number), pytest.raises(Busy):
            withdraw(office.source, office.store, known, NOON)
        assert counts(office.tally()) == {"accepted": 1, "planned": 1}

    def test_the_file_says_so_where_it_reached_nobody(self, office: Office) -> None:
        (only,) = a_crowd(office.store, 1, LIST)
        with faulty_server({("RCPT", only): "451 4.7.1 Greylisted"}) as room:
            known = office.send(room)
        assert known is not None
        withdraw(office.source, office.store, known, NOON)
        assert "nobody: true" in (office.source / "content/editions/spring.md").read_text()
