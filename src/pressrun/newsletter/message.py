"""The letter as a message (RFC 5322) that any mail program opens: text first, HTML second (RFC 2046)."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.quoprimime import body_encode
from email.utils import format_datetime

from pressrun.model.addresses import rfc3339
from pressrun.model.edition import RenderedEdition
from pressrun.model.publication import Mailbox, Publication
from pressrun.model.recipient import Recipient
from pressrun.model.slots import filled
from pressrun.newsletter.compose import Newsletter
from pressrun.newsletter.headers import CRLF, LINE_LIMIT, list_headers, mailbox_value, text_value, unsubscribe_url

TEST_MARK = "[TEST] "


def message(
    publication: Publication,
    edition: RenderedEdition,
    newsletter: Newsletter,
    sender: Mailbox,
    recipient: Recipient | None = None,
    *,
    date: datetime | None = None,
    test: bool = False,
) -> bytes:
    """*newsletter* as a message from *sender* to *recipient*, its slots filled for them.

    Without a recipient it is unaddressed: it goes back to whoever opens it and presses send. *date* is when it
    is sent, else the edition's; a *test* says so in its subject. The same arguments give the same bytes:
    Message-ID and boundary come from the edition, the person and the text.
    """
    letter = personal(newsletter, values_for(publication, edition, recipient))
    if test:
        letter = replace(letter, subject=TEST_MARK + letter.subject)
    # What quoted-printable never makes: a sign of equality before an underscore.
    boundary = f"=_{_mark(edition.id, letter.html, letter.text)}"
    mail = publication.mail
    to = Mailbox(recipient.name, recipient.address.written) if recipient is not None else sender
    headers = [
        ("From", mailbox_value(sender)),
        *([("Reply-To", mailbox_value(mail.reply_to))] if mail.reply_to else []),
        ("To", mailbox_value(to)),
        ("Subject", text_value(letter.subject, "Subject")),
        ("Date", format_datetime(rfc3339(date or edition.date))),
        ("Message-ID", message_id(edition, letter, sender, recipient, test=test)),
        *list_headers(publication, recipient),
        ("Content-Language", publication.language),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;{CRLF} boundary="{boundary}"'),
    ]
    lines = [f"{name}: {value}" for name, value in headers]
    lines.append("")
    parts = [('text/plain; charset="utf-8"; format=flowed', flowed(letter.text))]
    parts.append(('text/html; charset="utf-8"', letter.html))
    for media_type, text in parts:
        lines += [f"--{boundary}", f"Content-Type: {media_type}", "Content-Transfer-Encoding: quoted-printable", ""]
        lines.append(quoted_printable(text))
    lines += [f"--{boundary}--", ""]
    return CRLF.join(lines).encode("ascii")


def values_for(publication: Publication, edition: RenderedEdition, recipient: Recipient | None) -> dict[str, str]:
    """What fills the slots of *edition*'s letter for *recipient*; an empty value leaves a slot to its fallback.

    An address for which nothing else is known is the home page: a link has to lead somewhere.
    """
    home = publication.home
    return {
        "name": recipient.name if recipient is not None else "",
        "first_name": recipient.first_name if recipient is not None else "",
        "email": recipient.address.written if recipient is not None else "",
        "unsubscribe_url": unsubscribe_url(publication, recipient) or home,
        "preferences_url": (recipient.preferences_url if recipient is not None else None) or home,
        "browser_url": edition.link or home,
    }


def personal(newsletter: Newsletter, values: Mapping[str, str]) -> Newsletter:
    """*newsletter* with its slots filled from *values*, each escaped for the part that it stands in."""
    text = "\n".join(_filled_line(line, values) for line in newsletter.text.split("\n"))
    return replace(newsletter.filled(values), text=text)


def _filled_line(line: str, values: Mapping[str, str]) -> str:
    """*line* of the plain text, filled; a slot that stays empty at its end leaves no space, which would be a promise
    that the line goes on.
    """
    result = filled(line, values)
    return result if line.endswith(" ") else result.rstrip(" ")


def message_id(
    edition: RenderedEdition,
    letter: Newsletter,
    sender: Mailbox,
    recipient: Recipient | None = None,
    *,
    test: bool = False,
) -> str:
    """The Message-ID of *edition* for *recipient*: the same on every attempt, for it is the same letter.

    That of a test is of its text too: mail programs hide a letter whose id they have met, and would hide the next
    test, or the edition itself.
    """
    what = [edition.id, *([recipient.address.identity] if recipient is not None else [])]
    if test:
        what += ["test", letter.subject, letter.html, letter.text]
    return f"<{_mark(*what)}@{sender.address.rpartition('@')[2]}>"


def _mark(*texts: str) -> str:
    """What stands for *texts*, of which only the last may have several lines, in 32 digits."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


def flowed(text: str) -> str:
    """*text* as format=flowed has it (RFC 3676, section 4.4): its lines end in a space where they go on already,
    and what mail programs would take for quoting or for the beginning of another message gets one before it.

    Lines that begin with ">" are quotes of the writer's, and stay.
    """
    return "\n".join(f" {line}" if line.startswith((" ", "From ")) else line for line in text.split("\n"))


def quoted_printable(text: str) -> str:
    """*text* in lines of at most 76 ASCII characters (RFC 2045, section 6.7), CRLF between them."""
    # body_encode takes each character for a byte, and escapes all beyond ASCII.
    return body_encode(text.encode().decode("latin-1"), LINE_LIMIT, CRLF).removesuffix(CRLF)
