"""A store that was restored from a backup is noticed, and after that nobody gets an edition twice."""

import io
import os
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import URL

from builders import an_edition_as_read
from conftest import TEMPLATE, numbers
from contracts.transport_contract import SENDER
from database import drop_database, fresh_database
from people import HOUR, NOON, WEEKLY, a_crowd
from pressrun.circulation.store.claiming import Candidate
from pressrun.circulation.store.counterfile import CounterFile
from pressrun.circulation.store.engine import Store, create_store, open_store, place_from
from pressrun.circulation.store.history import Point, point_of
from pressrun.circulation.store.runs import Busy, only_run
from pressrun.model.delivery import LEFT, DeliveryState, Mailing
from pressrun.model.edition import Edition
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.problems import StoreError
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Outcome
from pressrun.post.delivery.pool import Pool
from pressrun.post.delivery.rates import Clock
from pressrun.post.delivery.retries import Breaker, Schedule
from pressrun.post.sending.backups import Accepted, OlderStore, accept, is_newest, left_open, refuse_older
from pressrun.post.sending.claims import Post, Sending
from pressrun.post.sending.dispatch import freeze, recover, status, withdraw
from pressrun.post.sending.receipts import receipt_for, why_not

SPRING = "tag:gazette.example,2020:editions/spring"
SUMMER = "tag:gazette.example,2020:editions/summer"
RESTORES = int(os.environ.get("PRESSRUN_RESTORES", "40"))
OUTCOMES = {verdict: Outcome(verdict, "so it is", 250) for verdict in DeliveryVerdict}


class BarePost(Post):
    """Makes emails of nothing but an envelope."""

    def envelope(self, _reader: Candidate, address: EmailAddress) -> Envelope:
        return Envelope(SENDER, address, b"Subject: x\r\n\r\nHello.\r\n")


@dataclass
class Server:
    """Accepts everything, but for what *outcomes* say of an address the first time; *log* is what it took."""

    outcomes: dict[str, DeliveryVerdict] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *error: object) -> None: ...

    def send(self, envelope: Envelope) -> Outcome:
        self.before()
        address = envelope.recipient.written
        verdict = self.outcomes.pop(address, DeliveryVerdict.ACCEPTED)
        if verdict in (DeliveryVerdict.ACCEPTED, DeliveryVerdict.UNKNOWN):
            self.log.append(address)
        return OUTCOMES[verdict]


def frozen(store: Store, edition: str = SPRING) -> int:
    return freeze(store, Mailing(edition, "a" * 32, ("weekly",), NOON))


def a_sending(run: Any, number: int, counter: CounterFile, limit: int | None = None, hours: int = 0) -> Sending:
    post = BarePost(None, NOON, {"weekly": WEEKLY})  # type: ignore[arg-type]
    now = NOON + hours * HOUR
    schedule = Schedule(jitter=0)
    return Sending(
        run, number, post, lambda: now, lambda: 0.5, schedule=schedule, limit=limit, remembered=counter.write
    )


def sent(
    store: Store,
    number: int,
    server: Server,
    counter: CounterFile,
    *,
    limit: int | None = None,
    hours: int = 0,
    lines: int = 1,
) -> str | None:
    """A run as the command makes it, on a store that is not refused; why it stopped."""
    refuse_older(store, counter)
    with only_run(store, number) as run:
        recover(run, number, NOON + hours * HOUR)
        sending = a_sending(run, number, counter, limit, hours)
        pool = Pool(lambda: server, lines, Clock(lambda: 0.0, lambda _seconds: None), breaker=Breaker(1_000))

        def claims(settled: Any, room: int, rooms: Any) -> Any:
            claimed = sending(settled, room, rooms)
            if sending.trouble is not None:
                pool.stop(sending.trouble)
            return claimed

        return pool.post(claims, sending.let_off)


def states(store: Store, edition: str = SPRING) -> dict[DeliveryState, int]:
    found = status(store, edition)
    assert found is not None
    return dict(found.tally.states)


# Backups of both databases


class Backups:
    """Backups of a store in one database, made while others use it, and put back after."""

    def __init__(self, place: URL) -> None:
        self.place = place
        self.store = create_store(place)

    def close(self) -> None:
        self.store.close()


class Files(Backups):
    """SQLite's own backup interface, as `sqlite3 FILE ".backup COPY"` uses it."""

    def backup(self) -> Path:
        file = self.store.file
        assert file is not None
        copy = file.with_name(f"copy{next(numbers)}.db")
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy

    def restore(self, backup: Path) -> None:
        file = self.store.file
        assert file is not None
        self.store.close()
        for each in ("-wal", "-shm"):
            file.with_name(f"{file.name}{each}").unlink(missing_ok=True)
        shutil.copyfile(backup, file)
        self.store = open_store(self.place)


class Dumps(Backups):
    """Every table of PostgreSQL as COPY writes it, all in one transaction, as pg_dump does."""

    def connected(self) -> psycopg.Connection:
        return psycopg.connect(self.place.set(drivername="postgresql").render_as_string(hide_password=False))

    def backup(self) -> dict[str, bytes]:
        with self.connected() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            dump = {}
            for (name,) in names:
                data = io.BytesIO()
                with connection.cursor().copy(f"COPY {name} TO STDOUT") as copy:  # type: ignore[call-overload]
                    for part in copy:
                        data.write(part)
                dump[name] = data.getvalue()
            return dump

    def restore(self, backup: dict[str, bytes]) -> None:
        self.store.close()
        with self.connected() as connection:
            connection.execute("SET session_replication_role = replica")  # no triggers, as for pg_restore
            connection.execute(f"TRUNCATE {', '.join(backup)} CASCADE")  # type: ignore[call-overload]
            for name, data in backup.items():
                with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:  # type: ignore[call-overload]
                    copy.write(data)
        self.store = open_store(self.place)


MakeBackups = Callable[[], Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def making(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MakeBackups:
    @contextmanager
    def made() -> Iterator[tuple[Backups, CounterFile]]:
        name = f"backups{next(numbers)}"
        with TemporaryDirectory() as folder:
            counter = CounterFile(Path(folder) / "state" / "sent")
            if request.param == "sqlite":
                backups: Backups = Files(place_from(f"{folder}/pressrun.db"))
            else:
                server = request.getfixturevalue("server")
                url = fresh_database(server, name, TEMPLATE).render_as_string(hide_password=False)
                backups = Dumps(place_from(url))
            try:
                yield backups, counter
            finally:
                counter.close()
                backups.close()
                if request.param == "postgresql":
                    drop_database(server, name)

    return made


@dataclass
class Moment:
    """Makes a backup before the statement of the number *statement* of a run, counted from its beginning."""

    backups: Any
    statement: int
    seen: int = 0
    backup: Any = None
    is_busy: bool = False

    def __call__(self, *_: object) -> None:
        if self.is_busy:
            return
        self.seen += 1
        if self.seen == self.statement:
            self.is_busy = True
            self.backup = self.backups.backup()
            self.is_busy = False


@pytest.mark.slow
def test_whenever_a_backup_is_made_and_restored_nobody_gets_it_twice(making: MakeBackups) -> None:
    """Between any two statements of a send, or while an email is on its way; PRESSRUN_RESTORES tells how often."""
    came_to: Counter[str] = Counter()

    with making() as (backups, counter):
        empty = backups.backup()

        @settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=RESTORES)
        @given(data=st.data())
        def restored(data: st.DataObject) -> None:
            backups.restore(empty)
            with closing(CounterFile(counter.path.with_name(f"sent{next(numbers)}"))) as fresh:
                came_to[restored_once(data, backups, fresh)] += 1

        restored()
    print(", ".join(f"{count} {how}" for how, count in came_to.items()))
    assert came_to["refused"] > came_to["went on"] > 0


def restored_once(data: st.DataObject, backups: Any, counter: CounterFile) -> str:
    """What became of a send after a backup of it was restored, for what *data* draws."""
    addresses = a_crowd(backups.store, data.draw(st.integers(1, 6), "people"))
    server = Server(
        data.draw(st.dictionaries(st.sampled_from(addresses), st.sampled_from(DeliveryVerdict)), "outcomes")
    )
    number = frozen(backups.store)
    moment = Moment(backups, data.draw(st.integers(1, 70), "statement"))
    event.listen(backups.store._engine, "before_cursor_execute", moment)
    server.before = moment  # an email is on its way, too
    lines = data.draw(st.integers(1, 3), "lines")
    for limit in data.draw(st.lists(st.integers(1, 6), max_size=2), "limits of the runs"):
        sent(backups.store, number, server, counter, limit=limit, lines=lines)
    sent(backups.store, number, server, counter, hours=data.draw(st.sampled_from([0, 3])), lines=lines)
    if moment.backup is None:
        moment.backup = backups.backup()
    before = [*server.log]
    backups.restore(moment.backup)
    try:
        sent(backups.store, number, server, counter, hours=9)
        came_to = "went on"
    except OlderStore:
        assert server.log == before
        accept(backups.store, counter, NOON)
        sent(backups.store, number, server, counter, hours=9)
        assert server.log == before
        came_to = "refused"
    found = status(backups.store, SPRING)
    assert found is not None
    assert found.tally.candidates == len(addresses)
    assert found.tally.count(DeliveryState.PLANNED, DeliveryState.CLAIMED) == 0
    assert max(Counter(server.log).values(), default=0) <= 1
    return came_to


# What is noticed, and what is not


def test_the_case_of_300(making: MakeBackups) -> None:
    """208 of 300 got it twice once: a backup in the middle of a send, put back after it."""
    with making() as (backups, counter):
        a_crowd(backups.store, 300)
        number = frozen(backups.store)
        server = Server()
        sent(backups.store, number, server, counter, limit=92)
        backup = backups.backup()
        sent(backups.store, number, server, counter)
        assert len(server.log) == 300
        backups.restore(backup)
        with pytest.raises(OlderStore, match=r"counts 300 attempts, and the store 92.*store accept-backup"):
            sent(backups.store, number, server, counter)
        assert left_open(backups.store) == [Accepted(SPRING, 208)]
        assert accept(backups.store, counter, NOON) == [Accepted(SPRING, 208)]
        assert states(backups.store) == {DeliveryState.ACCEPTED: 92, DeliveryState.UNKNOWN: 208}
        sent(backups.store, number, server, counter, hours=9)
        assert len(server.log) == len(set(server.log)) == 300
        # A later edition goes to everybody, from then on.
        second = frozen(backups.store, SUMMER)
        sent(backups.store, second, server, counter)
        assert Counter(server.log) == dict.fromkeys(server.log, 2)


def test_a_backup_that_nothing_was_sent_after_goes_on(making: MakeBackups) -> None:
    with making() as (backups, counter):
        a_crowd(backups.store, 4)
        number = frozen(backups.store)
        server = Server()
        sent(backups.store, number, server, counter, limit=2)
        backups.restore(backups.backup())
        sent(backups.store, number, server, counter)
        assert Counter(server.log).most_common(1)[0][1] == 1
        assert len(server.log) == 4


def test_a_backup_of_before_the_last_that_was_accepted_is_noticed(making: MakeBackups) -> None:
    with making() as (backups, counter):
        a_crowd(backups.store, 4)
        number = frozen(backups.store)
        server = Server()
        sent(backups.store, number, server, counter, limit=1)
        backup = backups.backup()
        sent(backups.store, number, server, counter, limit=1)
        for _ in range(2):
            backups.restore(backup)
            with pytest.raises(OlderStore):
                sent(backups.store, number, server, counter)
            accept(backups.store, counter, NOON)
            assert is_newest(backups.store, counter)
        assert len(server.log) == 2


def test_a_machine_that_sent_before_another_accepted_a_backup_goes_on_without_asking_again(
    making: MakeBackups, tmp_path: Path
) -> None:
    """Of machines that share a database, each has a counter of its own."""
    other = CounterFile(tmp_path / "other")
    with making() as (backups, counter), closing(other):
        a_crowd(backups.store, 6)
        number = frozen(backups.store)
        server = Server()
        sent(backups.store, number, server, other, limit=1)
        backup = backups.backup()
        sent(backups.store, number, server, counter, limit=1)
        sent(backups.store, number, server, other, limit=1)
        backups.restore(backup)
        with pytest.raises(OlderStore):
            refuse_older(backups.store, counter)
        accept(backups.store, counter, NOON)
        refuse_older(backups.store, other)
        assert states(backups.store) == {DeliveryState.ACCEPTED: 1, DeliveryState.UNKNOWN: 5}


def test_whoever_was_withdrawn_after_the_backup_is_not_sent_to(making: MakeBackups) -> None:
    with making() as (backups, counter):
        a_crowd(backups.store, 3)
        number = frozen(backups.store)
        server = Server()
        sent(backups.store, number, server, counter, limit=1)
        backup = backups.backup()
        with only_run(backups.store, number) as run:
            assert withdraw(run, number, NOON, counter.write) == 2
        backups.restore(backup)
        with pytest.raises(OlderStore):
            sent(backups.store, number, server, counter)
        assert len(server.log) == 1


def test_a_store_that_never_heard_of_the_counter_is_refused(making: MakeBackups) -> None:
    """Such as one of an earlier version of Pressrun, which was upgraded once more after it was restored."""
    with making() as (backups, counter):
        counter.write(Point("f" * 32, 7))
        with pytest.raises(OlderStore, match="never heard of"):
            refuse_older(backups.store, counter)
        accept(backups.store, counter, NOON)
        refuse_older(backups.store, counter)


def test_while_a_run_is_at_work_no_backup_is_accepted(making: MakeBackups) -> None:
    with making() as (backups, counter):
        a_crowd(backups.store, 2)
        with only_run(backups.store, frozen(backups.store)), pytest.raises(Busy):
            accept(backups.store, counter, NOON)
        assert states(backups.store) == {DeliveryState.PLANNED: 2}


def test_an_edition_that_ended_after_the_backup_is_noticed_by_its_receipt(
    making: MakeBackups, edition: Edition
) -> None:
    """On another machine, which has no counter of this store, but the same files."""
    from dataclasses import replace

    with making() as (backups, counter):
        a_crowd(backups.store, 4)
        number = frozen(backups.store)
        server = Server({"r00001@reader.example": DeliveryVerdict.DEFERRED})
        sent(backups.store, number, server, counter, limit=2)
        backup = backups.backup()
        sent(backups.store, number, server, counter, hours=9)
        ended = status(backups.store, SPRING)
        assert ended is not None
        assert (ended.tally.count(*LEFT), ended.attempts) == (0, 5)
        written = replace(edition, sent=replace(receipt_for(ended.mailing), attempts=ended.attempts))
        assert why_not(written, ended) is None
        backups.restore(backup)
        older = status(backups.store, SPRING)
        assert "by 5 attempts, and this store knows of 2: it is older than that" in (why_not(written, older) or "")
        counter.path.unlink()
        accept(backups.store, counter, NOON)
        assert why_not(written, status(backups.store, SPRING)) is None
        # An edition that was sent once, and is sent again to some because a person says so, is no older store.
        with only_run(backups.store, number) as run:
            recover(run, number, NOON, [DeliveryState.UNKNOWN])
        assert why_not(written, status(backups.store, SPRING)) is None


def test_an_edition_that_began_after_the_backup_is_known_by_its_receipt_once_the_backup_is_accepted(
    making: MakeBackups, edition: Edition
) -> None:
    from dataclasses import replace

    with making() as (backups, counter):
        a_crowd(backups.store, 3)
        backup = backups.backup()
        number = frozen(backups.store)
        sent(backups.store, number, Server(), counter, limit=2)
        begun = status(backups.store, SPRING)
        assert begun is not None
        written = replace(edition, sent=receipt_for(begun.mailing))
        backups.restore(backup)
        with pytest.raises(OlderStore):
            refuse_older(backups.store, counter)
        assert accept(backups.store, counter, NOON) == []
        assert "this store knows nothing of that" in (why_not(written, status(backups.store, SPRING)) or "")


@pytest.fixture
def edition() -> Edition:
    return an_edition_as_read(f"---\nid: {SPRING}\ntitle: Spring\ndate: 2026-05-08\n---\nHello.\n")


# The counter


class TestTheCounter:
    """It is on the disk before anything that it counts goes out, and it never counts more than the store."""

    def test_it_knows_of_each_letter_before_the_letter_goes(self, store: Store, tmp_path: Path) -> None:
        a_crowd(store, 9)
        number = frozen(store)
        server = Server()
        known: list[tuple[int, int]] = []
        file = CounterFile(tmp_path / "sent")
        asked = threading.Lock()

        def compare() -> None:
            with asked, store.read() as db:
                counted, here = file.read(), point_of(db)
                assert counted is not None
                known.append((counted.claims, here.claims))

        server.before = compare
        with closing(CounterFile(tmp_path / "sent")) as counter:
            sent(store, number, server, counter, lines=3)
        assert len(known) == 9
        for sending, (counted, here) in enumerate(known, 1):
            assert sending <= counted <= here

    def test_where_it_cannot_be_written_nothing_goes_out_and_nothing_is_lost(
        self, store: Store, tmp_path: Path
    ) -> None:
        a_crowd(store, 5)
        number = frozen(store)
        server = Server()

        class Full(CounterFile):
            def write(self, point: Point, *, anew: bool = False) -> None:
                if point.claims > 2:
                    raise self._failed("write", OSError(28, "No space left on device"))
                super().write(point, anew=anew)

        with closing(Full(tmp_path / "sent")) as full:
            reason = sent(store, number, server, full)
        assert reason is not None
        assert reason.startswith("cannot write the counter")
        assert states(store) == {DeliveryState.ACCEPTED: 2, DeliveryState.PLANNED: 3}
        assert len(server.log) == 2
        with closing(CounterFile(tmp_path / "sent")) as counter:
            sent(store, number, server, counter)
        assert len(set(server.log)) == len(server.log) == 5

    def test_a_run_that_was_killed_before_it_counted_is_no_older_store(self, store: Store, tmp_path: Path) -> None:
        a_crowd(store, 3)
        number = frozen(store)
        server = Server()
        with closing(CounterFile(tmp_path / "sent")) as counter:
            sent(store, number, server, counter, limit=1)
            with only_run(store, number) as run:  # it dies after its claim, and before the counter knows of it
                nothing = CounterFile(tmp_path / "elsewhere")
                assert len(a_sending(run, number, nothing)([], 1, {})) == 1
                nothing.close()
            sent(store, number, server, counter)
        assert states(store) == {DeliveryState.ACCEPTED: 2, DeliveryState.UNKNOWN: 1}

    def test_one_that_is_damaged_is_told_and_can_be_accepted(self, store: Store, tmp_path: Path) -> None:
        file = tmp_path / "sent"
        with closing(CounterFile(file)) as counter:
            accept(store, counter, NOON)
            whole = file.read_bytes()
            for damaged in (whole[:60], whole.replace(b" 0 ", b" 9 "), b"\xff" * 128):
                file.write_bytes(damaged)
                with pytest.raises(StoreError, match=r"sent is damaged.*store accept-backup"):
                    refuse_older(store, counter)
            accept(store, counter, NOON)
            refuse_older(store, counter)
            file.write_bytes(b"")  # as a kill leaves it that comes before the first word
            refuse_older(store, counter)

    def test_of_two_runs_at_once_the_later_point_stays(self, tmp_path: Path) -> None:
        file = tmp_path / "state" / "sent"
        points = [Point("a" * 32, number) for number in range(1, 101)]

        def write(mine: list[Point]) -> None:
            with closing(CounterFile(file)) as counter:
                for point in mine:
                    counter.write(point)

        threads = [threading.Thread(target=write, args=(points[number::2],)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert CounterFile(file).read() == points[-1]
        assert file.stat().st_mode & 0o777 == 0o600
