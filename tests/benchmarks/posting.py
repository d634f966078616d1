"""How fast an edition goes out, everybody written down, beside other senders: python tests/benchmarks/posting.py

`pressrun send` sends a letter of 55 KB to each of 10,000 people, and of 100,000, with the ledger on: nobody's letter is
tried before its claim is on the disk. Postfix's smtp-sink takes them and throws them away. What smtp-source sends in
the same minutes, the same bytes to everybody, from C, is the limit. The other senders take their turns between, with
fewer letters, for some would take hours. After each run the ledger has to say that everybody's letter was accepted.

Needs Postfix's smtp-sink and smtp-source (Debian: postfix; it need not run). Node.js and Django are installed into a
temporary folder where npm and pip can; a sender that cannot be had is left out. What comes out is a table in Markdown.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.mailing import HOST, SENDER, SIGNED, Gazette
from benchmarks.senders import NODE

LETTER = 55_000
LIMIT, NODEMAILER = "smtp-source (the limit)", "nodemailer, a pool"
KINDS = {"none": "", "rsa": ", DKIM by RSA-2048", "ed25519": ", DKIM by Ed25519", "both": ", DKIM by both"}


@dataclass(frozen=True)
class Took:
    """What a sender took for *letters*: seconds in which they went, seconds of its whole process, its largest memory
    in MB, and how many processes wanted to work on the machine in the minute before its end.
    """

    letters: int
    seconds: float
    whole: float
    memory: float
    load: float

    @property
    def rate(self) -> float:
        """Letters in a second."""
        return self.letters / self.seconds


Sender = Callable[[], Took]


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        sys.exit(f"{name} is missing: install postfix, which need not run.")
    return found


@contextmanager
def sink() -> Iterator[int]:
    """The port of a server that takes everything, and keeps nothing."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([program("smtp-sink"), *as_nobody, f"{HOST}:{port}", "1000"])
    try:
        for _ in range(100):
            try:
                socket.create_connection((HOST, port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait()


def run(command: Sequence[str], letters: int, folder: Path, environment: Mapping[str, str] | None = None) -> Took:
    """What *command* took for so many *letters*, from its beginning to its end."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said.read().decode()[-3000:]}")
    return Took(letters, seconds, seconds, usage.ru_maxrss / 1024, os.getloadavg()[0])


def sent_by_pressrun(gazette: Gazette, port: int, people: int, lines: int, signed: str = "none") -> Took:
    """What `pressrun send` took for an edition to the list of *people*; its letters went while the ledger says so.

    Ends the program where the ledger does not say that all of them were accepted.
    """
    slug = gazette.edition(people)
    took = run(gazette.command(slug, lines), people, gazette.folder, gazette.surroundings(port, signed))
    ledger = gazette.sent(slug)
    if ledger.accepted != people:
        sys.exit(f"{slug} was accepted {ledger.accepted:,} times, and not {people:,} times")
    return Took(people, ledger.seconds, took.whole, took.memory, took.load)


def senders(gazette: Gazette, port: int, people: int, asked: argparse.Namespace) -> Iterator[tuple[str, Sender]]:
    """Who takes part, by name, in turn."""
    folder, lines, peers = gazette.folder, asked.lines, min(asked.peers, people)
    source = [program("smtp-source"), "-s", str(lines), "-l", str(LETTER), "-f", SENDER, "-t", "r@reader.example"]
    yield LIMIT, lambda: run([*source, "-m", str(people), f"{HOST}:{port}"], people, folder)
    for kind in asked.dkim:
        yield f"Pressrun{KINDS[kind]}", lambda kind=kind: sent_by_pressrun(gazette, port, people, lines, kind)  # type: ignore[misc]
    if not peers:
        return
    if (folder / "node_modules").exists():
        pool = ["node", "pool.js", str(folder), str(port), str(peers), str(lines)]
        yield NODEMAILER, lambda: run(pool, peers, folder)
    python = [sys.executable, str(Path(__file__).with_name("senders.py"))]
    words = [str(port), str(peers), str(folder)]
    if (folder / "django").exists():
        paths = os.pathsep.join([str(folder / "django"), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": paths}
        yield "Django's mail", lambda: run([*python, "django", *words], peers, folder, environment)
    yield "smtplib and EmailMessage", lambda: run([*python, "smtplib", *words], peers, folder)


# What is told


def ratio(took: Sequence[Took], others: Sequence[Took] | None) -> str:
    """How many times the others' rate it is: the median of the same rounds, for the machine's other work changes."""
    if others is None:
        return ""
    return f"{statistics.median(one.rate / other.rate for one, other in zip(took, others, strict=True)):.2f}"


def table(results: Mapping[str, Sequence[Took]]) -> str:
    """*results*, the rounds of each sender, as a table in Markdown: medians, and in brackets the least and the most."""
    rows = [
        ["Sender", "Letters", "Letters a second", "Of the limit", "Of nodemailer's", "Whole command", "Memory", "Load"],
        ["---", *["---:"] * 7],
    ]
    for name, rounds in results.items():
        rates = [took.rate for took in rounds]
        whole, memory, load = (
            statistics.median(each) for each in zip(*[(t.whole, t.memory, t.load) for t in rounds], strict=True)
        )
        rows.append(
            [
                name,
                f"{rounds[0].letters:,}",
                f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})",
                ratio(rounds, results.get(LIMIT)),
                ratio(rounds, results.get(NODEMAILER)),
                f"{whole:,.1f} s",
                f"{memory:,.0f} MB",
                f"{load:.1f}",
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def commit_of(folder: Path) -> float:
    """How many milliseconds the disk below *folder* takes to keep 4 KB for good; it is waited for at every commit."""
    taken = []
    with (folder / "disk").open("wb", buffering=0) as file:
        for _ in range(100):
            started = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


# The race


def installed(folder: Path, command: Sequence[str], name: str) -> None:
    """Have *name* lie in *folder*, by *command*, where that works."""
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False) if shutil.which(command[0]) else None
    if done is None or done.returncode:
        print(f"{name} cannot be had here, and is left out.")


def race(asked: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(dir=asked.folder) as name, sink() as port:
        folder = Path(name)
        gazette = Gazette(folder, asked.counts, asked.database)
        gazette.settle(asked.counts)
        if asked.peers:
            parts = gazette.parts(gazette.edition(asked.counts[0]))
            for file, text in (("pool.js", NODE), ("page", parts[0]), ("text", parts[1])):
                (folder / file).write_text(text, encoding="utf-8")
            installed(folder, ["npm", "install", "--silent", "--prefix", name, "nodemailer"], "nodemailer")
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder / "django"), "django"]
            installed(folder, pip, "Django")
        for count in asked.counts:
            results: dict[str, list[Took]] = {}
            for _ in range(asked.rounds):
                for sender, post in senders(gazette, port, count, asked):
                    os.sync()  # what one leaves to be written to the disk must not be paid for by the next one
                    results.setdefault(sender, []).append(post())
                    print(f"{sender}: {results[sender][-1]}", file=sys.stderr, flush=True)
            print(f"\n{count:,} people, {asked.lines} lines, the median of {asked.rounds} rounds; ", end="")
            print(f"the disk takes {commit_of(folder):.1f} ms to keep 4 KB:\n\n{table(results)}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    options.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000], help="how many people there are")
    options.add_argument("--peers", type=int, default=2_000, help="how many letters others send; 0 leaves them out")
    options.add_argument("--lines", type=int, default=32, help="how many connections each sender makes that can")
    options.add_argument("--rounds", type=int, default=3, help="how often everybody takes a turn")
    options.add_argument("--dkim", nargs="+", choices=SIGNED, default=["none", "rsa"], help="how letters are signed")
    options.add_argument("--database", metavar="URL", help="an empty database of PostgreSQL instead of SQLite's file")
    options.add_argument("--folder", type=Path, help="on which disk all of it lies, else the system's for such things")
    race(options.parse_args())


if __name__ == "__main__":
    main()
