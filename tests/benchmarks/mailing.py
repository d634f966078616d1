"""A publication with an edition whose letter has 55 KB, its list, its store, and what the ledger says of a send.

Everything goes the way that it goes for whoever uses it: people are imported by `pressrun subscribers import`, keys are
made by `pressrun keys dkim`, and letters are sent by `pressrun send`, each a process of its own.
"""

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.newsroom import Words

HOST = "127.0.0.1"
SENDER = "news@gazette.example"
SIGNED = {"none": "", "rsa": "rsa", "ed25519": "ed25519", "both": "rsa, ed25519"}
WAIVED = (
    "test",
    "page",
    "one-click",
    "unsubscribe-link",
)  # nobody has looked at this letter, and nothing answers at these addresses
OF_OTHERS = ("CI", "DKIM_", "GIT_", "PRESSRUN_", "SMTP_")  # variables that are for another publication
# As many as make a letter of 55 KB, for each is in it twice.
PARAGRAPHS = 42

MASTHEAD = f"""\
title: The Gazette
home: https://gazette.example/
language: en
timezone: UTC
ids: gazette.example,2020
author: The Gazette
mail:
  from: The Gazette <{SENDER}>
  postal_address: 1 Example Street, Example Town
  unsubscribe: mailto:news@gazette.example?subject=unsubscribe
service:
  address: https://letters.gazette.example/
lists:
"""
STORY = """\
---
id: tag:gazette.example,2020:stories/1
title: What happened
date: 2020-05-08
---
"""
EDITION = """\
---
id: {id}
title: The news
subject: News for {{name, "you"}}
date: 2020-05-09
list: {list}
lead: what-happened
---
Dear {{name, "reader"}},

this is what happened. Whoever has had enough of it [leaves]({{unsubscribe_url}}).
"""


@dataclass(frozen=True)
class Sent:
    """What the ledger says of an edition: how many were accepted, and seconds from the freeze to the last settlement.

    A settlement has the moment in which its commit begins, so the last commit of all is not counted.
    """

    accepted: int
    seconds: float


class Gazette:
    """The publication in *folder*, with a list for each of *counts*; its store is *database*, else the usual file."""

    def __init__(self, folder: Path, counts: Sequence[int], database: str | None = None) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(OF_OTHERS)},
            "PRESSRUN_SECRET_KEYS": "key-of-this-benchmark-and-of-nobody-else",
            **({"PRESSRUN_DATABASE": database} if database else {}),
        }
        self._editions = 0
        words = Words(random.Random(2026))
        lists = "".join(f"  - id: {list_of(count)}\n" for count in counts)
        self._write("publication.yaml", MASTHEAD + lists)
        paragraphs = [" ".join(words.sentence() for _ in range(5)) for _ in range(PARAGRAPHS)]
        self._write("stories/what-happened.md", STORY + "\n\n".join(paragraphs) + "\n")

    def _write(self, name: str, text: str) -> None:
        file = self.folder / "content" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(self, *words: str) -> None:
        """Have Pressrun do *words*."""
        command = [sys.executable, "-m", "pressrun", *words]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    def settle(self, counts: Sequence[int]) -> None:
        """Make the store with all people, and the keys."""
        self.run("store", "init")
        for count in counts:
            people = self.folder / "people.csv"
            with people.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["email", "name", "status"])
                writer.writerows([reader(number, count), name_of(number), "confirmed"] for number in range(count))
            self.run("subscribers", "import", "--list", list_of(count), people.name)
        for kind in ("rsa", "ed25519"):
            self.run("keys", "dkim", kind, "--kind", kind)
        self.run("keys", "add")

    def edition(self, count: int) -> str:
        """The slug of a new edition for the list of *count* people: what was sent once is not sent again."""
        self._editions += 1
        slug = f"edition-{self._editions}"
        self._write(f"editions/{slug}.md", EDITION.format(id=id_of(slug), list=list_of(count)))
        return slug

    def command(self, slug: str, lines: int) -> list[str]:
        """What sends the edition *slug* to its list."""
        waived = [word for check in WAIVED for word in ("--ignore", check)]
        return [sys.executable, "-m", "pressrun", "send", slug, "--yes", "--connections", str(lines), *waived]

    def surroundings(self, port: int, signed: str) -> Mapping[str, str]:
        """The environment in which that goes to the server at *port*, *signed* as SIGNED has it."""
        server = {"SMTP_HOST": HOST, "SMTP_PORT": str(port), "SMTP_TLS": "none"}
        return {**self.environment, **server, "DKIM_SELECTOR": SIGNED[signed]}

    def sent(self, slug: str) -> Sent:
        """What the ledger says of the edition *slug*."""
        return Sent(**self._asked("ledger", slug))

    def parts(self, slug: str) -> tuple[str, str]:
        """HTML and text of its letter, with {name} and {id} where they are each reader's own."""
        found = self._asked("letter", slug)
        return found["html"], found["text"]

    def _asked(self, what: str, slug: str) -> dict[str, str]:
        # In a process of its own: the largest memory of a process counts from what the one was that began it.
        command = [sys.executable, __file__, what, slug]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, check=True)
        found: dict[str, str] = json.loads(done.stdout)
        return found


def list_of(count: int) -> str:
    return f"list-{count}"


def id_of(slug: str) -> str:
    return f"tag:gazette.example,2020:{slug}"


def reader(number: int, count: int) -> str:
    """The address of a reader of the list of *count* people."""
    return f"r{number}.{count}@mail{number % 50}.example"


def name_of(number: int) -> str:
    return f"Ada Lovelace {number}"


def ledger_of(slug: str) -> dict[str, float]:
    from sqlalchemy import func, select

    from pressrun.circulation.store.tables import attempts
    from pressrun.model.delivery import DeliveryState
    from pressrun.post.sending.dispatch import status
    from pressrun.settings.database import opened_store

    with opened_store(Path()) as store:
        known = status(store, id_of(slug))
        assert known is not None
        with store.read() as db:
            last = db.execute(select(func.max(attempts.c.at)).where(attempts.c.edition == known.number)).scalar_one()
    seconds = (last - known.mailing.frozen).total_seconds()
    return {"accepted": known.tally.count(DeliveryState.ACCEPTED), "seconds": seconds}


def letter_of(slug: str) -> dict[str, str]:
    from pressrun.model.buildrequest import BuildRequest
    from pressrun.post.sending.letter import ready

    way_out = "https://letters.gazette.example/unsubscribe/" + "x" * 60 + "{id}"
    made = ready(Path(), slug, BuildRequest(now=datetime.now(UTC)))
    values = {"name": "{name}", "unsubscribe_url": way_out, "preferences_url": way_out, "browser_url": way_out}
    filled = made.newsletter.filled(values)
    return {"html": filled.html, "text": filled.text}


if __name__ == "__main__":
    print(json.dumps({"ledger": ledger_of, "letter": letter_of}[sys.argv[1]](sys.argv[2])))
