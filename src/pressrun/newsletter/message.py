"""The letter as a message (RFC 5322) that any mail program opens: text first, HTML second (RFC 2046)."""

import hashlib
import re
from email.charset import Charset
from email.header import Header
from email.quoprimime import body_encode
from email.utils import format_datetime, quote

from pressrun.model.addresses import rfc3339
from pressrun.model.edition import RenderedEdition
from pressrun.model.publication import Mailbox, Publication
from pressrun.newsletter.compose import Newsletter

CRLF = "\r\n"
LINE_LIMIT = 76
LONGEST_NAME = 60  # beyond it, encoded words fold where a quoted name cannot
_UTF_8 = Charset("utf-8")


def message(publication: Publication, edition: RenderedEdition, newsletter: Newsletter, sender: Mailbox) -> bytes:
    """*newsletter* as an unaddressed message from *sender*: it goes back to whoever opens it and presses send.

    The same letter is the same bytes: date, Message-ID and boundary come from the edition.
    """
    mark = hashlib.sha256("\n".join((edition.id, newsletter.html, newsletter.text)).encode()).hexdigest()
    boundary = f"=_{mark[:32]}"
    mail = publication.mail
    headers = [
        ("From", mailbox_value(sender)),
        *([("Reply-To", mailbox_value(mail.reply_to))] if mail.reply_to else []),
        ("To", mailbox_value(sender)),
        ("Subject", text_value(newsletter.subject, "Subject")),
        ("Date", format_datetime(rfc3339(edition.date))),
        ("Message-ID", message_id(edition, sender)),
        *([("List-Unsubscribe", f"<{mail.unsubscribe}>")] if mail.unsubscribe else []),
        ("Content-Language", publication.language),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;{CRLF} boundary="{boundary}"'),
    ]
    parts = [("text/plain", newsletter.text), ("text/html", newsletter.html)]
    lines = [f"{name}: {value}" for name, value in headers]
    lines.append("")
    for media_type, text in parts:
        lines += [
            f"--{boundary}",
            f'Content-Type: {media_type}; charset="utf-8"',
            "Content-Transfer-Encoding: quoted-printable",
            "",
            quoted_printable(text),
        ]
    lines += [f"--{boundary}--", ""]
    return CRLF.join(lines).encode("ascii")


def message_id(edition: RenderedEdition, sender: Mailbox) -> str:
    """The Message-ID of *edition*: the same on every build, for it is the same letter."""
    return f"<{hashlib.sha256(edition.id.encode()).hexdigest()[:32]}@{sender.address.rpartition('@')[2]}>"


def text_value(text: str, name: str) -> str:
    """*text* as the value of the header *name*: as it is where ASCII allows, else encoded as a whole (RFC 2047).

    A subject that mixes plain and encoded words counts against its sender with spam filters. No line
    break survives, so that nothing in *text* can begin another header.
    """
    line = " ".join(text.split())
    fits = line.isascii() and line.isprintable() and "=?" not in line
    if fits and all(len(word) < LINE_LIMIT - len(name) - 2 for word in line.split()):
        return Header(line, "us-ascii", LINE_LIMIT, name).encode(linesep=CRLF)
    return Header(line, _UTF_8, LINE_LIMIT, name).encode(linesep=CRLF)


def mailbox_value(mailbox: Mailbox) -> str:
    """*mailbox* as From and To show it; the address itself is never encoded."""
    if not mailbox.name:
        return mailbox.address
    name = " ".join(mailbox.name.split())
    if not name.isascii() or not name.isprintable() or "=?" in name or len(name) > LONGEST_NAME:
        words = Header(name, _UTF_8, LINE_LIMIT, "Reply-To").encode(linesep=CRLF)
        fits = len(words.rpartition(CRLF)[2]) + len(mailbox.address) + len("Reply-To:  <>") <= LINE_LIMIT
        return f"{words}{' ' if fits else f'{CRLF} '}<{mailbox.address}>"
    if re.search(r'[()<>\[\]:;@\\,."]', name):
        name = f'"{quote(name)}"'
    return f"{name} <{mailbox.address}>"


def quoted_printable(text: str) -> str:
    """*text* in lines of at most 76 ASCII characters (RFC 2045, section 6.7), CRLF between them."""
    # body_encode takes each character for a byte, and escapes all beyond ASCII.
    return body_encode(text.encode().decode("latin-1"), LINE_LIMIT, CRLF).removesuffix(CRLF)
