"""A send that is killed at any moment, and resumed: everybody is accounted for, and nobody gets it twice.

PRESSRUN_KILLS tells how often that is done, a dozen times in each send; once a dozen, unless told. With -rA, each send
tells its figures.
"""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from builders import a_folder, a_story_file
from database import fresh_database
from faultyserver import FaultyRoom, faulty_server
from mailserver import HOST
from people import a_crowd
from pressrun.circulation.store.engine import Store, create_store, engine_for, place_from, upgrade
from pressrun.model.delivery import DeliveryState
from pressrun.model.publication import MailingList
from pressrun.post.sending.dispatch import deliveries_of, status

PEOPLE = 2_000
KILLS = 12
SENDS = range(-(-int(os.environ.get("PRESSRUN_KILLS", "12")) // KILLS))
SPRING = "tag:gazette.example,2020:editions/spring"
EDITION = f"---\nid: {SPRING}\ntitle: Spring\ndate: 2026-05-08\nlead: first-snow\n---\nHello.\n"
WAIVED = [word for name in ("test", "page", "one-click") for word in ("--ignore", name)]
SEND = ["send", "spring", "--yes", "--now", "2026-05-12T12:00Z", "--connections", "8", *WAIVED]


@dataclass
class KillingRoom(FaultyRoom):
    """Kills whoever sends when so many letters are taken as *deadline* says, before or after the answer."""

    deadline: int = -1
    before: bool = False
    sender: "subprocess.Popen[bytes] | None" = None
    kills: list[int] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        is_time = len(self.log) >= self.deadline >= 0 and self.sender is not None
        if is_time and self.before:
            self._kill()
        answer = await super().handle_DATA(server, session, envelope)
        if is_time and not self.before:
            self._kill()
        return answer

    def _kill(self) -> None:
        if self.sender is not None:
            self.sender.send_signal(signal.SIGKILL)
            self.kills.append(len(self.log))
            self.sender = None


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, send: int, tmp_path: Path) -> Iterator[str]:
    """The address of an empty store."""
    if request.param == "sqlite":
        yield str(tmp_path / "var" / "pressrun.db")
        return
    url = fresh_database(request.getfixturevalue("server"), f"killed{send}")
    place = place_from(url.render_as_string(hide_password=False))
    engine = engine_for(place)
    upgrade(engine)
    engine.dispose()
    yield url.render_as_string(hide_password=False)


@pytest.mark.slow
@pytest.mark.parametrize("send", SENDS)
@pytest.mark.usefixtures("unmeasured")
def test_killed_at_any_moment_and_resumed_it_loses_nobody_and_sends_to_nobody_twice(
    database: str, send: int, tmp_path: Path
) -> None:
    files = {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": EDITION}
    a_folder(tmp_path, files)
    store = create_store(place_from(database))
    addresses = a_crowd(store, PEOPLE, MailingList("newsletter"))
    chance = random.Random(send)
    moments = sorted(chance.sample(range(PEOPLE - 100), KILLS))
    room = KillingRoom()
    with faulty_server({}, room=room):
        for moment in moments:
            room.deadline, room.before = moment, chance.random() < 0.5
            room.sender = begun(tmp_path, database, room.port)
            room.sender.wait(120)
        last = begun(tmp_path, database, room.port)
        assert last.wait(120) == (4 if unknown(store) else 0)
        assert len(room.kills) >= KILLS * 3 // 4  # some ended before their moment came, with all in doubt
        found = status(store, SPRING)
        assert found is not None
        states = found.tally.states
        taken = Counter(room.log)
        lost = set(addresses) - set(taken) - unknown(store)
        doubled = sum(count > 1 for count in taken.values())
        print(f"{len(room.kills)} kills, {len(lost)} lost, {doubled} doubled, {len(unknown(store))} unknown")
        assert (lost, doubled) == (set(), 0)
        assert found.tally.candidates == PEOPLE
        assert set(states) <= {DeliveryState.ACCEPTED, DeliveryState.UNKNOWN}
        assert states.get(DeliveryState.UNKNOWN, 0) <= 8 * KILLS

        again = begun(tmp_path, database, room.port, "--retry", "unknown")
        assert again.wait(120) == 0
        assert set(room.log) == set(addresses)
    store.close()


def begun(root: Path, database: str, port: int, *options: str) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if "SMTP_" not in name}
    environment |= {"PRESSRUN_DATABASE": database, "SMTP_HOST": HOST, "SMTP_PORT": str(port), "SMTP_TLS": "none"}
    return subprocess.Popen(
        [sys.executable, "-m", "pressrun", *SEND, *options],
        cwd=root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def unknown(store: Store) -> set[str]:
    found = status(store, SPRING)
    assert found is not None
    each = deliveries_of(store, found.number, [DeliveryState.UNKNOWN])
    return {delivery.address or "" for delivery in each}
