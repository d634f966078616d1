"""The other senders of posting.py, each in a process of its own: senders.py NAME PORT COUNT FOLDER

FOLDER holds the letter as `page` and `text`, with {name} and {id} where each reader has their own.
"""

import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

HOST = "127.0.0.1"
SENDER = "The Gazette <news@gazette.example>"

# senders.py cannot be read by it, so it is a file of its own: node FILE FOLDER PORT COUNT LINES
NODE = """
const [, , folder, port, count, lines] = process.argv;
const nodemailer = require(folder + "/node_modules/nodemailer");
const fs = require("fs");
const [page, words] = ["page", "text"].map((name) => fs.readFileSync(`${folder}/${name}`, "utf8"));
const pool = nodemailer.createTransport({
  host: "127.0.0.1", port: +port, pool: true, maxConnections: +lines, maxMessages: Infinity, ignoreTLS: true,
});
let next = 0, done = 0;
function send() {
  if (next >= +count) return;
  const number = next++;
  const mine = (letter) => letter.replaceAll("{name}", "Ada Lovelace " + number).replaceAll("{id}", number);
  pool.sendMail({
    from: "The Gazette <news@gazette.example>", to: `r${number}@reader.example`, subject: mine("News for {name}"),
    html: mine(page), text: mine(words), textEncoding: "quoted-printable",
  }, (error) => { if (error) throw error; if (++done === +count) pool.close(); else send(); });
}
for (let i = 0; i < 2 * +lines; i++) send();
"""


def letters(folder: Path, count: int) -> Iterator[tuple[str, str, str, str]]:
    """Address, subject, HTML and text for each of *count* readers."""
    page, text = ((folder / name).read_text(encoding="utf-8") for name in ("page", "text"))
    for number in range(count):
        name = f"Ada Lovelace {number}"
        mine = [part.replace("{name}", name).replace("{id}", str(number)) for part in (page, text)]
        yield f"r{number}@reader.example", f"News for {name}", mine[0], mine[1]


def by_smtplib(port: int, count: int, folder: Path) -> None:
    """The obvious loop."""
    with smtplib.SMTP(HOST, port) as line:
        for address, subject, page, text in letters(folder, count):
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = SENDER, address, subject
            message.set_content(text)
            message.add_alternative(page, "html")
            line.send_message(message)


def by_django(port: int, count: int, folder: Path) -> None:
    """Django's mail, over one connection that stays open."""
    import django
    from django.conf import settings
    from django.core.mail import EmailMultiAlternatives, get_connection

    settings.configure(EMAIL_HOST=HOST, EMAIL_PORT=port)
    django.setup()
    with get_connection("django.core.mail.backends.smtp.EmailBackend") as connection:
        for address, subject, page, text in letters(folder, count):
            message = EmailMultiAlternatives(subject, text, SENDER, [address], connection=connection)
            message.attach_alternative(page, "text/html")
            message.send()


if __name__ == "__main__":
    post = {"smtplib": by_smtplib, "django": by_django}[sys.argv[1]]
    post(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
