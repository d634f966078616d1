"""A service that is killed again and again while people subscribe: nobody is lost, and one email a kill waits.

PRESSRUN_KILLS tells how often that is done, 6 times unless told. With -rA, the test tells its figures.
"""

import http.client
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select
from sqlalchemy.engine import URL

from builders import MASTHEAD, a_folder
from faultyserver import FaultyRoom, faulty_server
from mailserver import HOST
from pressrun.circulation.store.engine import Store, engine_for, file_of, open_store, place_from, upgrade
from pressrun.circulation.store.tables import letters
from pressrun.circulation.subscribers.tokens import SignedTokens

KILLS = int(os.environ.get("PRESSRUN_KILLS", "6"))
EACH = 15  # people who subscribe between two kills
SECONDS = 60
SERVICE = f"{MASTHEAD}service:\n  address: http://127.0.0.1:8125/\n  proxies: 127.0.0.1\n  emails_per_hour: 100000\n"
KEY = "k" * 32


@dataclass
class KillingRoom(FaultyRoom):
    """Kills the service at the *deadline*th command that it sends after the last start: MAIL, RCPT, DATA or the letter.

    *before* says whether it does so before it has taken the command; the answer never arrives.
    """

    deadline: int = -1
    before: bool = False
    service: "subprocess.Popen[str] | None" = None
    kills: int = 0
    commands: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)

    def _counted(self) -> bool:
        self.commands += 1
        return self.commands == self.deadline

    def _kill(self) -> None:
        assert self.service is not None
        self.service.send_signal(signal.SIGKILL)
        self.kills += 1

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._counted():
            self._kill()
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        is_time = self._counted()
        if is_time and self.before:
            self._kill()
        answer = await super().handle_DATA(server, session, envelope)
        if is_time and not self.before:
            self._kill()
        with self.news:
            self.news.notify_all()
        return answer


def started(folder: Path, database: str, port: int) -> tuple["subprocess.Popen[str]", int]:
    environment = {name: value for name, value in os.environ.items() if "SMTP_" not in name}
    environment |= {"PRESSRUN_DATABASE": database, "PRESSRUN_SECRET_KEYS": KEY}
    environment |= {"SMTP_HOST": HOST, "SMTP_PORT": str(port), "SMTP_TLS": "none"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pressrun", "service", "--port", "0"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.match(r"http://127\.0\.0\.1:(\d+)/ for ", said)
    assert found, said + process.stdout.read()
    threading.Thread(target=read_to_the_end, args=(process.stdout,)).start()
    return process, int(found[1])


def read_to_the_end(said: IO[str]) -> None:
    """Read whatever a service says until it ends, or it would wait for ever."""
    with said:
        said.read()


def subscribed(port: int, stamp: str, number: int) -> bool:
    """Whether the service answered that reader *number* should look into their inbox; a dead one answers nothing."""
    line = http.client.HTTPConnection(HOST, port, timeout=SECONDS)
    fields = urlencode({"email": f"reader{number}@domain{number % 97}.example", "list": "newsletter", "stamp": stamp})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": f"2001:db8:{number:x}::1",
    }
    try:
        line.request("POST", "/subscribe", fields, headers)
        return line.getresponse().status == 303
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def states(store: Store) -> Counter[str]:
    """How many letters are posted, are due, and wait in doubt: tried, and not due before an hour has passed."""
    with store.read() as db:
        rows = db.execute(select(letters.c.posted, letters.c.attempts, letters.c.claimer)).all()
    return Counter("posted" if row.posted else "in doubt" if row.attempts else "due" for row in rows)


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
def test_a_service_that_is_killed_again_and_again_loses_nobody_and_no_time(database: URL, tmp_path: Path) -> None:
    """attack-11: of 308 emails, 201 waited for an hour, and 194 of these had never been tried."""
    a_folder(tmp_path, {"content/publication.yaml": SERVICE})
    engine = engine_for(database)
    upgrade(engine)
    engine.dispose()
    place = str(file_of(database) or database.render_as_string(hide_password=False))
    # As a form that was opened a while ago has it.
    stamp = SignedTokens([KEY], timedelta(days=7)).stamp(datetime.now(UTC) - timedelta(minutes=1))
    chance = random.Random(KILLS)
    answered: set[int] = set()
    room = KillingRoom()
    number = 0
    with faulty_server({}, room=room):
        for _ in range(KILLS):
            room.commands, room.before = 0, chance.random() < 0.5
            room.deadline = chance.randrange(1, 2 * EACH)
            room.service, port = started(tmp_path, place, room.port)
            while room.service.poll() is None and number < EACH * KILLS * 4:
                number += 1
                if subscribed(port, stamp, number):
                    answered.add(number)
            room.service.wait(SECONDS)
        room.deadline = -1
        room.service, port = started(tmp_path, place, room.port)
        store = open_store(place_from(place))
        try:
            with room.news:
                assert room.news.wait_for(lambda: not states(store)["due"], SECONDS), states(store)
            # What was posted last is written down a moment later.
            room.service.send_signal(signal.SIGTERM)
            room.service.wait(SECONDS)
            found = states(store)
        finally:
            store.close()
            room.service.kill()
            room.service.wait(SECONDS)
    taken: Counter[str] = Counter(room.log)
    waiting = found["in doubt"]
    print(f"{room.kills} kills: {len(answered)} answered, {len(taken)} emails taken, {waiting} in doubt, {found}")
    assert room.kills == KILLS
    assert waiting <= KILLS
    assert found["due"] == 0
    assert max(taken.values()) == 1
    assert found["posted"] + waiting >= len(answered)
