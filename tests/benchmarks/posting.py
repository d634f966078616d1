"""How fast letters go to a mail server on this machine, beside other senders: python tests/benchmarks/posting.py

A letter of 55 KB goes to each of 10,000 readers, and to 100,000, each with its own name and addresses. Postfix's
smtp-sink takes them and throws them away. What smtp-source sends, the same bytes to everybody, from C, is the limit.
The other senders take their turns between, with fewer letters, for some would take hours. Everything is a process of
its own, whose largest memory the system tells. There is no ledger here: nothing is written down before an attempt.

Needs Postfix's smtp-sink and smtp-source (Debian: postfix; it need not run). Node.js and Django are installed into a
temporary folder where npm and pip can; a sender that cannot be had is left out.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

HOST = "127.0.0.1"
SENDER = "news@gazette.example"
LETTER = 55_000

NODE = """
const nodemailer = require(process.argv[2] + "/node_modules/nodemailer");
const [, , , port, count, lines, html, text] = process.argv;
const fs = require("fs");
const [page, words] = [fs.readFileSync(html, "utf8"), fs.readFileSync(text, "utf8")];
const pool = nodemailer.createTransport({
  host: "127.0.0.1", port: +port, pool: true, maxConnections: +lines, maxMessages: Infinity, ignoreTLS: true,
});
let next = 0, done = 0;
function send() {
  if (next >= +count) return;
  const number = next++;
  const mine = (letter) => letter.replaceAll("{name}", "Ada " + number).replaceAll("{id}", number);
  pool.sendMail({
    from: "The Gazette <news@gazette.example>", to: `r${number}@reader.example`, subject: "News for Ada " + number,
    html: mine(page), text: mine(words), textEncoding: "quoted-printable",
  }, (error) => { if (error) throw error; if (++done === +count) pool.close(); else send(); });
}
for (let i = 0; i < 2 * +lines; i++) send();
"""


def parts() -> tuple[str, str]:
    """HTML and text with {name} and {id} where they are each reader's own: the sample's letter, made longer."""
    folder = next((Path(__file__).parents[1] / "golden/letter-sample/expected/outbox").iterdir())
    page = (folder / "newsletter.html").read_text(encoding="utf-8")
    text = (folder / "newsletter.txt").read_text(encoding="utf-8")
    way_out = "https://gazette.example/out/{id}"
    first, footer = page.index("</head>"), page.index('<td class="section footer"')
    start, stories, end = page[:first], page[first:footer], page[footer:]
    html = f'{start}<p>Dear {{name}},</p>\n{stories}{stories}<a href="{way_out}">Unsubscribe</a>\n{end}'
    return html, f"Dear {{name}},\n\n{text}\n{text}\nUnsubscribe: {way_out}\n"


# The senders, each in a process of its own


def by_pressrun(port: int, count: int, lines: int, kinds: Sequence[str]) -> None:
    from builders import a_publication, an_edition
    from pressrun.delivery.interface import Envelope, Verdict
    from pressrun.delivery.pool import Claimed, Pool, Settled
    from pressrun.delivery.rates import Clock
    from pressrun.delivery.smtp import SmtpTransport
    from pressrun.model.mailaddress import EmailAddress
    from pressrun.model.mailserver import MailServer, Tls
    from pressrun.model.publication import Mailbox, MailSettings
    from pressrun.model.recipient import Recipient
    from pressrun.model.slots import slotted
    from pressrun.newsletter.compose import Newsletter
    from pressrun.newsletter.message import compiled

    html, text = (slotted(part.replace("https://gazette.example/out/{id}", "{unsubscribe_url}")) for part in parts())
    sender, address = Mailbox("The Gazette", SENDER), EmailAddress.parse(SENDER)
    publication = a_publication(mail=MailSettings(sender=sender))
    letter = compiled(publication, an_edition(), Newsletter(slotted("News for {name}"), "", html, text), sender)
    signed = signer(kinds)
    numbers = iter(range(count))

    def envelope(number: int, recipient: EmailAddress) -> Envelope:
        way_out = f"https://gazette.example/out/{number}"
        reader = Recipient(recipient, f"Ada {number}", way_out, way_out)
        return Envelope(address, recipient, signed(letter.to(reader)).wire())

    def claims(settled: Sequence[Settled[int]], room: int, held: object) -> list[Claimed[int]]:
        assert all(each.outcome.verdict is Verdict.ACCEPTED for each in settled)
        claimed = []
        for number in (number for _, number in zip(range(room), numbers, strict=False)):
            recipient = EmailAddress.parse(f"r{number}@reader.example")
            claimed.append(Claimed(number, recipient, partial(envelope, number, recipient)))
        return claimed

    server = MailServer(HOST, port, Tls.NONE)
    pool = Pool(lambda: SmtpTransport(server), lines, Clock(time.monotonic, time.sleep))
    assert pool.post(claims) is None


def signer(kinds: Sequence[str]):  # type: ignore[no-untyped-def]
    if not kinds:
        return lambda letter: letter
    from pressrun.delivery.dkim import PrivateKey, Signer

    return Signer("gazette.example", [PrivateKey.new(kind, kind) for kind in kinds])


def by_smtplib(port: int, count: int) -> None:
    import smtplib
    from email.message import EmailMessage

    html, text = parts()
    with smtplib.SMTP(HOST, port) as line:
        for number in range(count):
            message = EmailMessage()
            message["From"], message["To"] = f"The Gazette <{SENDER}>", f"r{number}@reader.example"
            message["Subject"] = f"News for Ada {number}"
            message.set_content(text.replace("{name}", f"Ada {number}").replace("{id}", str(number)))
            message.add_alternative(html.replace("{name}", f"Ada {number}").replace("{id}", str(number)), "html")
            line.send_message(message)


def by_django(port: int, count: int) -> None:
    import django
    from django.conf import settings
    from django.core.mail import EmailMultiAlternatives, get_connection

    settings.configure(EMAIL_HOST=HOST, EMAIL_PORT=port)
    django.setup()
    html, text = parts()
    with get_connection("django.core.mail.backends.smtp.EmailBackend") as connection:
        for number in range(count):
            message = EmailMultiAlternatives(
                f"News for Ada {number}",
                text.replace("{name}", f"Ada {number}").replace("{id}", str(number)),
                f"The Gazette <{SENDER}>",
                [f"r{number}@reader.example"],
                connection=connection,
            )
            page = html.replace("{name}", f"Ada {number}").replace("{id}", str(number))
            message.attach_alternative(page, "text/html")
            message.send()


# The race


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


def run(command: Sequence[str], count: int) -> tuple[float, float]:
    """Letters per second, from the start of the process to its end, and its largest memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return count / seconds, usage.ru_maxrss / 1024


def installed(folder: Path, command: Sequence[str], name: str) -> bool:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False) if shutil.which(command[0]) else None
    if done is None or done.returncode != 0:
        print(f"{name} cannot be had here, and is left out.")
        return False
    return True


def senders(folder: Path, port: int, lines: int, count: int, peers: int) -> Iterator[tuple[str, list[str], int]]:
    """What takes part: a name, a command, and the number of letters."""
    ours = [sys.executable, __file__, "--port", str(port), "--lines", str(lines), "--count"]
    source = [program("smtp-source"), "-s", str(lines), "-l", str(LETTER), "-f", SENDER, "-t", "r@reader.example"]
    yield "smtp-source (the limit)", [*source, "-m", str(count), f"{HOST}:{port}"], count
    yield "Pressrun", [*ours, str(count), "--as", "pressrun"], count
    yield "Pressrun, DKIM by RSA-2048", [*ours, str(count), "--as", "rsa"], count
    yield "Pressrun, DKIM by Ed25519", [*ours, str(count), "--as", "ed25519"], count
    yield "Pressrun, DKIM by both", [*ours, str(count), "--as", "both"], count
    if (folder / "node_modules").exists():
        names = [str(folder / "pool.js"), str(folder), str(port), str(peers), str(lines)]
        yield "nodemailer, a pool", ["node", *names, str(folder / "page"), str(folder / "text")], peers
    if (folder / "django").exists():
        # Its folder is handed over by the environment of this process.
        yield "Django's mail", [*ours, str(peers), "--as", "django"], peers
    yield "smtplib and EmailMessage", [*ours, str(peers), "--as", "smtplib"], peers


def race(counts: Sequence[int], peers: int, lines: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name, sink() as port:
        folder = Path(name)
        for file, text in (("pool.js", NODE), ("page", parts()[0]), ("text", parts()[1])):
            (folder / file).write_text(text, encoding="utf-8")
        installed(folder, ["npm", "install", "--silent", "--prefix", name, "nodemailer"], "nodemailer")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder / "django"), "django"]
        installed(folder, pip, "Django")
        os.environ["PYTHONPATH"] = os.pathsep.join([str(folder / "django"), os.environ.get("PYTHONPATH", "")])
        for count in counts:
            print(f"\n{count:,} readers, {lines} lines, the median of {rounds}:")
            results: dict[str, list[tuple[float, float]]] = {}
            for _ in range(rounds):
                for sender, command, letters in senders(folder, port, lines, count, min(peers, count)):
                    results.setdefault(sender, []).append(run(command, letters))
            limit = statistics.median(rate for rate, _ in next(iter(results.values())))
            for sender, runs in results.items():
                rate, memory = (statistics.median(column) for column in zip(*runs, strict=True))
                print(f"{sender:28} {rate:8,.0f} a second  {rate / limit:5.2f} of the limit  {memory:6,.0f} MB")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    options.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000], help="how many readers there are")
    options.add_argument("--peers", type=int, default=2_000, help="how many letters the slower senders send")
    options.add_argument("--lines", type=int, default=4, help="how many connections each sender makes that can")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--as", dest="sender", help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options.add_argument("--count", type=int, help=argparse.SUPPRESS)
    asked = options.parse_args()
    match asked.sender:
        case None:
            race(asked.counts, asked.peers, asked.lines, asked.rounds)
        case "django":
            by_django(asked.port, asked.count)
        case "smtplib":
            by_smtplib(asked.port, asked.count)
        case _:
            kinds = {"pressrun": [], "both": ["rsa", "ed25519"]}.get(asked.sender, [asked.sender])
            by_pressrun(asked.port, asked.count, asked.lines, kinds)


if __name__ == "__main__":
    main()
