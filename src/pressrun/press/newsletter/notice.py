"""A letter of the service's own as a message (RFC 5322): to one person, about nothing but their subscription."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from pressrun.model.addresses import rfc3339
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import Mailbox, Mailboxes
from pressrun.press.newsletter.headers import CRLF, mailbox_value, mailboxes_value, text_value
from pressrun.press.newsletter.message import AddressedLetter, Lines, flowed, quoted_printable


@dataclass(frozen=True, slots=True)
class Note:
    """What such a letter says: *html* is inlined, *text* flows."""

    subject: str
    html: str
    text: str
    language: str


def note_letter(
    note: Note, sender: Mailbox, reply_to: Mailboxes, recipient: EmailAddress, *, name: str, date: datetime
) -> AddressedLetter:
    """*note* as a message from *sender* to *recipient*, written on *date*.

    *name* is what this letter is known by: its Message-ID is the same on every attempt.
    """
    # What quoted-printable never makes: a sign of equality before an underscore.
    boundary = f"=_{_mark(note.html, note.text)}"
    headers = [
        ("From", mailbox_value(sender)),
        *([("Reply-To", mailboxes_value(reply_to))] if reply_to else []),
        ("To", recipient.written),
        ("Subject", text_value(note.subject, "Subject")),
        ("Date", format_datetime(rfc3339(date))),
        ("Message-ID", f"<{_mark(name)}@{sender.address.rpartition('@')[2]}>"),
        # Nobody's holiday answers it (RFC 3834, section 5).
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", note.language),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;{CRLF} boundary="{boundary}"'),
    ]
    lines = []
    for media_type, text in (
        ('text/plain; charset="utf-8"; format=flowed', flowed(note.text)),
        ('text/html; charset="utf-8"', note.html),
    ):
        lines += [f"--{boundary}", f"Content-Type: {media_type}", "Content-Transfer-Encoding: quoted-printable", ""]
        lines.append(quoted_printable(text))
    body = CRLF.join([*lines, f"--{boundary}--", ""]).encode("ascii")
    return AddressedLetter(tuple(headers), (Lines.of(body),))


def _mark(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]
